package graph_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"
	"github.com/google/uuid"

	"techbiz/graph"
	"techbiz/internal/access"
	"techbiz/internal/fault"
)

// maxText is what an operation may have in these tests.
const maxText = 4 << 10

// serve serves the API to an officer, or to nobody where the header Authorization is
// missing. take may be nil.
func serve(t *testing.T, take func(reads, changes int) error) *httptest.Server {
	t.Helper()
	r := &graph.Resolver{Log: slog.New(slog.DiscardHandler)}
	o := graph.Options{Log: r.Log}
	if take != nil {
		o.Take = func(_ context.Context, reads, changes int) error { return take(reads, changes) }
	}
	api := graph.Handler(graph.Schema(r), r, o, graph.Bounds{Operation: maxText, Upload: 1 << 20, Memory: 1 << 20})
	tan, lim := access.Actor{OfficerID: uuid.New(), Role: access.Officer}, access.Actor{OfficerID: uuid.New(), Role: access.Officer}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.Header.Get("Authorization") {
		case "tan":
			r = r.WithContext(access.With(r.Context(), tan))
		case "lim":
			r = r.WithContext(access.With(r.Context(), lim))
		}
		api.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

// answer sends a request of tan's, unless its header says otherwise, and returns
// status and body of the answer.
func answer(t *testing.T, s *httptest.Server, method, kind, body string, header map[string]string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.URL, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "tan")
	r.Header.Set("Content-Type", kind)
	for name, value := range header {
		r.Header.Set(name, value)
	}
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	content, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(content)
}

// form is a multipart form of these fields, each with a header line of its own.
func form(t *testing.T, fields ...[3]string) (kind, body string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, f := range fields {
		part, err := w.CreatePart(textproto.MIMEHeader{"Content-Disposition": {fmt.Sprintf(`form-data; name=%q`, f[0])}, "X-More": {f[2]}})
		if err == nil {
			_, err = io.WriteString(part, f[1])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return w.FormDataContentType(), b.String()
}

const typename = `{"query": "{ __typename }"}`

// Each request counts once, whatever comes of it.
func TestHandler_CountsEachRequest(t *testing.T) {
	t.Parallel()
	formKind, formBody := form(t, [3]string{"operations", typename}, [3]string{"map", "{}"})
	for _, c := range []struct {
		name, method, kind, body string
		header                   map[string]string
		status                   int
		answered                 string // a part of it
	}{
		{"an operation", http.MethodPost, "application/json", typename, nil, 200, `"Query"`},
		{"one over events", http.MethodPost, "application/json", typename, map[string]string{"Accept": "text/event-stream"}, 200, `"Query"`},
		{"one in a form", http.MethodPost, formKind, formBody, nil, 200, `"Query"`},
		{"one of nobody", http.MethodPost, "application/json", typename, map[string]string{"Authorization": "tbz_made_up"}, 200, "UNAUTHENTICATED"},
		{"a body that is none", http.MethodPost, "application/json", "{", nil, 400, "BAD_REQUEST"},
		{"a form that is none", http.MethodPost, formKind, "x", nil, 422, "operations"},
		{"another method", http.MethodGet, "", "", nil, 405, "BAD_REQUEST"},
		{"another type", http.MethodPost, "text/plain", typename, nil, 415, "BAD_REQUEST"},
		{"a websocket of nobody", http.MethodGet, "", "", map[string]string{"Authorization": "tbz_made_up", "Connection": "Upgrade", "Upgrade": "websocket"}, 401, "UNAUTHENTICATED"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var reads, changes atomic.Int64
			s := serve(t, func(r, c int) error {
				reads.Add(int64(r))
				changes.Add(int64(c))
				return nil
			})
			if status, got := answer(t, s, c.method, c.kind, c.body, c.header); status != c.status || !strings.Contains(got, c.answered) {
				t.Errorf("answered with %d: %s", status, got)
			}
			if reads.Load() != 1 || changes.Load() != 0 {
				t.Errorf("%d reads and %d changes were counted", reads.Load(), changes.Load())
			}
			again := time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC)
			s = serve(t, func(int, int) error {
				return &fault.Error{Code: fault.RateLimited, Message: "Too much.", RetryAt: &again}
			})
			status, got := answer(t, s, c.method, c.kind, c.body, c.header)
			if status != http.StatusTooManyRequests || !strings.Contains(got, "RATE_LIMITED") || !strings.Contains(got, "2026-11-23T01:00:00Z") {
				t.Errorf("where that is too much it is answered with %d: %s", status, got)
			}
		})
	}
}

// A websocket counts when it is opened, and each operation over it does.
func TestHandler_CountsOverAWebsocket(t *testing.T) {
	t.Parallel()
	var reads atomic.Int64
	s := serve(t, func(r, _ int) error { reads.Add(int64(r)); return nil })
	conn, _, err := dial(t, s, "tan")
	if err != nil {
		t.Fatal(err)
	}
	if reads.Load() != 1 {
		t.Errorf("the opening counted %d times", reads.Load())
	}
	send := func(message string) {
		t.Helper()
		if err := conn.Write(t.Context(), websocket.MessageText, []byte(message)); err != nil {
			t.Fatal(err)
		}
	}
	send(`{"type": "connection_init"}`)
	send(`{"id": "1", "type": "subscribe", "payload": ` + typename + `}`)
	send(`{"id": "2", "type": "subscribe", "payload": ` + typename + `}`)
	for completed := 0; completed < 2; {
		var m struct{ Type string }
		if err := wsjson.Read(t.Context(), conn, &m); err != nil {
			t.Fatal(err)
		}
		if m.Type == "complete" {
			completed++
		}
	}
	if reads.Load() != 3 {
		t.Errorf("with two operations it counted %d times", reads.Load())
	}
}

// dial opens a websocket, which stays open until the test ends.
func dial(t *testing.T, s *httptest.Server, who string) (*websocket.Conn, *http.Response, error) {
	t.Helper()
	conn, res, err := websocket.Dial(t.Context(), s.URL, &websocket.DialOptions{
		Subprotocols: []string{"graphql-transport-ws"}, HTTPHeader: http.Header{"Authorization": {who}},
	})
	if err == nil {
		t.Cleanup(func() { _ = conn.CloseNow() })
	}
	return conn, res, err
}

// An officer has at most 100 connections open that stay so, even silent ones; others
// are served meanwhile, and when one ends there is place again.
func TestHandler_BoundsConnections(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	var first *websocket.Conn
	for i := range 100 {
		conn, _, err := dial(t, s, "tan")
		if err != nil {
			t.Fatalf("connection %d: %v", i+1, err)
		}
		if first == nil {
			first = conn
		}
	}
	if _, res, err := dial(t, s, "tan"); err == nil || res == nil || res.StatusCode != http.StatusTooManyRequests {
		t.Errorf("one more is answered with %+v, %v", res, err)
	}
	if status, got := answer(t, s, http.MethodPost, "application/json", typename, map[string]string{"Accept": "text/event-stream"}); status != http.StatusTooManyRequests || !strings.Contains(got, "RATE_LIMITED") {
		t.Errorf("one more over events is answered with %d: %s", status, got)
	}
	if status, got := answer(t, s, http.MethodPost, "application/json", typename, nil); status != http.StatusOK {
		t.Errorf("what does not stay open is answered with %d: %s", status, got)
	}
	if _, _, err := dial(t, s, "lim"); err != nil {
		t.Errorf("somebody else: %v", err)
	}
	_ = first.CloseNow()
	for deadline := time.Now().Add(10 * time.Second); ; {
		if _, _, err := dial(t, s, "tan"); err == nil {
			return
		} else if time.Now().After(deadline) {
			t.Fatalf("what has ended still counts: %v", err)
		}
		time.Sleep(time.Millisecond)
	}
}

// Of a form only the files may be large, and what is too large before them is not read.
func TestHandler_BoundsForms(t *testing.T) {
	t.Parallel()
	filled := func(n int) string { return typename + strings.Repeat(" ", n-len(typename)) }
	operations := func(n int) [3]string { return [3]string{"operations", filled(n)} }
	files := [3]string{"map", "{}"}
	large := strings.Repeat("x", 500<<10)
	for _, c := range []struct {
		name     string
		fields   [][3]string
		before   string
		status   int
		answered string
	}{
		{"a form", [][3]string{operations(100), files}, "", 200, `"Query"`},
		{"as large as may be", [][3]string{operations(maxText), {"map", "{" + strings.Repeat(" ", maxText-2) + "}"}}, "", 200, `"Query"`},
		{"an operation that is larger", [][3]string{operations(maxText + 1), files}, "", 413, "BAD_REQUEST"},
		{"one that is far larger", [][3]string{operations(len(large)), files}, "", 413, "BAD_REQUEST"},
		{"a map that is larger", [][3]string{operations(100), {"map", "{" + strings.Repeat(" ", maxText) + "}"}}, "", 413, "BAD_REQUEST"},
		{"headers that are larger than all of it", [][3]string{{"operations", typename, large}, files}, "", 413, "BAD_REQUEST"},
		{"much before the first field", [][3]string{operations(100), files}, strings.Repeat("x\r\n", 100_000), 413, "BAD_REQUEST"},
		{"a file that is none of the operation's", [][3]string{operations(100), files, {"0", large}}, "", 422, "key 0"},
		{"fields in another order", [][3]string{files, operations(100)}, "", 422, "first part must be operations"},
		{"nothing", nil, "", 422, "operations"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			kind, body := form(t, c.fields...)
			status, got := answer(t, serve(t, nil), http.MethodPost, kind, c.before+body, nil)
			if status != c.status || !strings.Contains(got, c.answered) {
				t.Errorf("answered with %d: %s", status, got)
			}
		})
	}
}
