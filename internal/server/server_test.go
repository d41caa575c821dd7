package server

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"techbiz/internal/clock"
	"techbiz/internal/requestid"
)

// syncBuffer is a log that a test reads while the server writes.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// setup returns a server around h whose address is https://portal.example.sg.
func setup(t *testing.T, h http.HandlerFunc, change ...func(*Options)) (*Server, *syncBuffer) {
	t.Helper()
	log := &syncBuffer{}
	o := Options{
		Log:     slog.New(requestid.LogHandler(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))),
		Clock:   clock.Machine,
		Ready:   func(context.Context) error { return nil },
		BaseURL: &url.URL{Scheme: "https", Host: "portal.example.sg"},
		AnyHost: true, // httptest asks for example.com
		Upload:  func(path string) bool { return path == "/graphql" },
	}
	for _, c := range change {
		c(&o)
	}
	s, err := New(h, o)
	if err != nil {
		t.Fatal(err)
	}
	return s, log
}

func serve(s *Server, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	s, _ := setup(t, func(w http.ResponseWriter, r *http.Request) { http.NotFound(w, r) })
	got := serve(s, httptest.NewRequest(http.MethodGet, "/nowhere", nil)).Header()
	want := map[string]string{
		"Content-Security-Policy":           "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
		"X-Content-Type-Options":            "nosniff",
		"X-Frame-Options":                   "DENY",
		"X-Permitted-Cross-Domain-Policies": "none",
		"X-DNS-Prefetch-Control":            "off",
		"Referrer-Policy":                   "same-origin",
		"Cross-Origin-Opener-Policy":        "same-origin",
		"Cross-Origin-Embedder-Policy":      "require-corp",
		"Cross-Origin-Resource-Policy":      "same-origin",
		"Cache-Control":                     "no-store",
		"Strict-Transport-Security":         "max-age=63072000; includeSubDomains",
		"Server":                            "",
		"X-Powered-By":                      "",
	}
	for name, value := range want {
		if got.Get(name) != value {
			t.Errorf("%s: %q, want %q", name, got.Get(name), value)
		}
	}
	for _, off := range []string{"camera=()", "geolocation=()", "microphone=()", "payment=()", "usb=()", "serial=()", "clipboard-read=()"} {
		if !strings.Contains(got.Get("Permissions-Policy"), off) {
			t.Errorf("no %s in %s", off, got.Get("Permissions-Policy"))
		}
	}
	plain, _ := setup(t, func(w http.ResponseWriter, r *http.Request) {}, func(o *Options) { o.BaseURL = &url.URL{Scheme: "http", Host: "localhost:8080"} })
	if hsts := serve(plain, httptest.NewRequest(http.MethodGet, "/", nil)).Header().Get("Strict-Transport-Security"); hsts != "" {
		t.Errorf("without HTTPS: %q", hsts)
	}
	if got.Get("Permissions-Policy") == "" || got.Get(requestid.Header) == "" {
		t.Errorf("headers %v", got)
	}
}

func TestAccessLog(t *testing.T) {
	t.Parallel()
	s, log := setup(t, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusTeapot)
		_, _ = io.WriteString(w, "tea")
	})
	r := httptest.NewRequest(http.MethodGet, "/status?search=tan.ah.kow@agency.gov.sg", nil)
	r.Header.Set(requestid.Header, "gateway-0001")
	r.Header.Set("Authorization", "Bearer tb_secret")
	if got := serve(s, r).Header().Get(requestid.Header); got != "gateway-0001" {
		t.Errorf("answered id %q", got)
	}
	line := log.String()
	for _, want := range []string{"method=GET", "path=/status ", "status=418", "bytes=3", "request_id=gateway-0001"} {
		if !strings.Contains(line, want) {
			t.Errorf("no %q in %s", want, line)
		}
	}
	for _, never := range []string{"agency", "tb_secret"} {
		if strings.Contains(line, never) {
			t.Errorf("%q in %s", never, line)
		}
	}
}

func TestLoggablePath(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, path, want string }{
		{"a page stays", "/invite/multiple/template.xlsx", "/invite/multiple/template.xlsx"},
		{"an id stays", "/status/019a8f3e-1c2d-7e4f-8a9b-0c1d2e3f4a5b", "/status/019a8f3e-1c2d-7e4f-8a9b-0c1d2e3f4a5b"},
		{"an asset stays", "/static/application.3f2a9c1d7e5b.css", "/static/application.3f2a9c1d7e5b.css"},
		{"an address of mail is masked", "/sandbox/people/tan@agency.gov.sg/activate", "/sandbox/people/***/activate"},
		{"a number is masked", "/status/9123-4567", "/status/***"},
		{"an id of digits stays", "/status/01234567-1234-1234-1234-012345678901", "/status/01234567-1234-1234-1234-012345678901"},
		{"a query in the path is masked", "/status/?q=tan", "/status/***"},
		{"the secret of a link is masked", "/registration/Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6", "/registration/***"},
		{"a long path is cut", "/" + strings.Repeat("a.", 150), "/" + strings.Repeat("a.", 99) + "a..."},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, loggablePath(c.path)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRecover(t *testing.T) {
	t.Parallel()
	s, log := setup(t, func(http.ResponseWriter, *http.Request) { panic("the database's password is hunter2") })
	w := serve(s, httptest.NewRequest(http.MethodGet, "/", nil))
	id := w.Header().Get(requestid.Header)
	if w.Code != http.StatusInternalServerError || !strings.Contains(w.Body.String(), id) || strings.Contains(w.Body.String(), "hunter2") {
		t.Errorf("answered %d %s", w.Code, w.Body)
	}
	if out := log.String(); !strings.Contains(out, "server_test.go") || !strings.Contains(out, "request_id="+id) || !strings.Contains(out, "status=500") {
		t.Errorf("logged %s", out)
	}
}

func TestHealth(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, path string
		ready      error
		status     int
		body       string
	}{
		{"the process is alive though not ready", "/healthz", errors.New("no migrations"), 200, "ok"},
		{"ready", "/readyz", nil, 200, "ready"},
		{"not ready says no reason", "/readyz", errors.New("no migrations"), 503, "not ready\n"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s, log := setup(t, http.NotFound, func(o *Options) { o.Ready = func(context.Context) error { return c.ready } })
			w := serve(s, httptest.NewRequest(http.MethodGet, c.path, nil))
			if w.Code != c.status || w.Body.String() != c.body {
				t.Errorf("answered %d %q", w.Code, w.Body)
			}
			if c.status == 503 && !strings.Contains(log.String(), "no migrations") {
				t.Errorf("the reason is not logged: %s", log)
			}
		})
	}
}

func TestSameOrigin(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name    string
		headers map[string]string
		status  int
	}{
		{"a script without a cookie", map[string]string{}, 200},
		{"our own page", map[string]string{"Cookie": "s=1", "Sec-Fetch-Site": "same-origin"}, 200},
		{"our own page in an old browser behind a proxy", map[string]string{"Cookie": "s=1", "Origin": "https://portal.example.sg"}, 200},
		{"a foreign page with our cookie", map[string]string{"Cookie": "s=1", "Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}, 403},
		{"a foreign page in an old browser", map[string]string{"Cookie": "s=1", "Origin": "https://evil.example"}, 403},
		{"a bearer token is enough", map[string]string{"Cookie": "s=1", "Origin": "https://tool.example", "Authorization": "bearer tb_x"}, 200},
		{"another kind of authorization is not", map[string]string{"Cookie": "s=1", "Origin": "https://evil.example", "Authorization": "Basic eA=="}, 403},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			heard := 0
			s, _ := setup(t, func(http.ResponseWriter, *http.Request) {}, func(o *Options) { o.Foreign = func(*http.Request) { heard++ } })
			r := httptest.NewRequest(http.MethodPost, "http://internal:8080/graphql", strings.NewReader("{}"))
			for name, value := range c.headers {
				r.Header.Set(name, value)
			}
			if got := serve(s, r).Code; got != c.status || (heard == 1) != (got == 403) {
				t.Errorf("answered %d, want %d; heard of %d times", got, c.status, heard)
			}
		})
	}
}

func TestLimitBodies(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, path string
		multipart  bool
		size       int
		chunked    bool
		status     int
	}{
		{"a megabyte passes", "/graphql", false, MaxBody, false, 200},
		{"a byte more does not", "/graphql", false, MaxBody + 1, false, 413},
		{"nor without a declared length", "/graphql", false, MaxBody + 1, true, 413},
		{"an upload may be larger", "/graphql", true, 11 << 20, false, 200},
		{"an upload without a declared length, too", "/graphql", true, 11 << 20, true, 200},
		{"an upload ends somewhere", "/graphql", true, MaxUploadBody, false, 413},
		{"and without a declared length, too", "/graphql", true, MaxUploadBody, true, 413},
		{"other paths take no upload", "/sign-in", true, 2 << 20, false, 413},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s, _ := setup(t, func(w http.ResponseWriter, r *http.Request) {
				if _, err := io.Copy(io.Discard, r.Body); err != nil {
					w.WriteHeader(http.StatusUnprocessableEntity)
				}
			})
			body, contentType := payload(t, c.multipart, c.size)
			r := httptest.NewRequest(http.MethodPost, c.path, body)
			r.Header.Set("Content-Type", contentType)
			if c.chunked {
				r.ContentLength = -1
			}
			if got := serve(s, r).Code; got != c.status {
				t.Errorf("answered %d, want %d", got, c.status)
			}
		})
	}
}

func payload(t *testing.T, asMultipart bool, size int) (io.Reader, string) {
	t.Helper()
	if !asMultipart {
		return bytes.NewReader(make([]byte, size)), "application/json"
	}
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	part, err := m.CreateFormFile("file", "users.xlsx")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := part.Write(make([]byte, size)); err != nil {
		t.Fatal(err)
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	return &b, m.FormDataContentType()
}

func TestCompress(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, contentType string
		size              int
		want              string
	}{
		{"a page", "text/html; charset=utf-8", 20_000, "gzip"},
		{"an answer of the API", "application/json", 20_000, "gzip"},
		{"a short answer stays", "text/html; charset=utf-8", 200, ""},
		{"a workbook stays", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", 20_000, ""},
		{"an event stream stays", "text/event-stream", 20_000, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s, _ := setup(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", c.contentType)
				_, _ = w.Write(bytes.Repeat([]byte("word "), c.size/5))
			})
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.Header.Set("Accept-Encoding", "gzip, br, zstd")
			if got := serve(s, r).Header().Get("Content-Encoding"); got != c.want {
				t.Errorf("encoding %q, want %q", got, c.want)
			}
		})
	}
}

// run serves s on a free port until the test calls stop, which returns Run's error.
func run(t *testing.T, s *Server) (base string, stop func() error) {
	t.Helper()
	ln, err := Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx, ln) }()
	t.Cleanup(cancel)
	return "http://" + ln.Addr().String(), func() error { cancel(); return <-ended }
}

func TestRun_FinishesWhatRuns(t *testing.T) {
	t.Parallel()
	entered, release := make(chan struct{}), make(chan struct{})
	s, _ := setup(t, func(w http.ResponseWriter, _ *http.Request) {
		close(entered)
		<-release
		_, _ = io.WriteString(w, "finished")
	})
	base, stop := run(t, s)
	answered := make(chan string, 1)
	go func() { answered <- get(t, base+"/slow") }()
	<-entered
	stopped := make(chan error, 1)
	go func() { stopped <- stop() }()
	for { // the listener closes at once
		c, err := net.Dial("tcp", strings.TrimPrefix(base, "http://"))
		if err != nil {
			break
		}
		_ = c.Close()
	}
	close(release)
	if got := <-answered; got != "finished" {
		t.Errorf("the running request got %q", got)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}

func TestRun_EndsStreams(t *testing.T) {
	t.Parallel()
	entered := make(chan struct{})
	s, _ := setup(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, "data: first\n\n")
		_ = http.NewResponseController(w).Flush()
		close(entered)
		<-r.Context().Done()
	})
	base, stop := run(t, s)
	answered := make(chan string, 1)
	go func() { answered <- get(t, base+"/events") }()
	<-entered
	if err := stop(); err != nil {
		t.Error(err)
	}
	if got := <-answered; got != "data: first\n\n" {
		t.Errorf("the stream held %q", got)
	}
}

func get(t *testing.T, address string) string {
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		return err.Error()
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err.Error()
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return err.Error()
	}
	return string(body)
}

func TestListen_Taken(t *testing.T) {
	t.Parallel()
	ln, err := Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	if _, err := Listen(t.Context(), ln.Addr().String()); err == nil {
		t.Error("the same address was opened twice")
	}
}
