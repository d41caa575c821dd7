package signin

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"techbiz/internal/access"
	"techbiz/internal/address"
	"techbiz/internal/clock"
	"techbiz/internal/database"
	"techbiz/internal/database/databasetest"
	"techbiz/internal/fault"
	"techbiz/internal/mail"
	"techbiz/internal/oidc"
	"techbiz/internal/origin"
)

const tan = "tan.ah.kow@agency.gov.sg"

// hand is a clock that only the test moves.
type hand struct {
	mu sync.Mutex
	at time.Time
}

func (h *hand) now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.at
}

func (h *hand) move(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.at = h.at.Add(d)
}

func (h *hand) set(at time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.at = at
}

// mailbox keeps what was posted, or fails with err.
type mailbox struct {
	mu    sync.Mutex
	mails []mail.Message
	err   error
}

func (m *mailbox) post(_ context.Context, msg mail.Message) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err == nil {
		m.mails = append(m.mails, msg)
	}
	return m.err
}

func (m *mailbox) fail(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.err = err
}

var sixDigits = regexp.MustCompile(`\b\d{6}\b`)

// code is the one in the newest mail.
func (m *mailbox) code(t testing.TB) string {
	t.Helper()
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.mails) == 0 {
		t.Fatal("no mail was sent")
	}
	return sixDigits.FindString(m.mails[len(m.mails)-1].Text)
}

// world is a server with the sign-in pages reduced to their calls.
type world struct {
	*Service
	clock *hand
	mails *mailbox
	log   *bytes.Buffer
	url   string
	tls   *httptest.Server
}

// each runs a test on both databases, at most with the options it changes.
func each(t *testing.T, test func(t *testing.T, w *world), change ...func(*Options)) {
	t.Helper()
	databasetest.Each(t, clock.Machine, func(t *testing.T, db *database.DB) { test(t, newWorld(t, db, change...)) })
}

func newWorld(t testing.TB, db *database.DB, change ...func(*Options)) *world {
	t.Helper()
	w := &world{
		clock: &hand{at: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)},
		mails: &mailbox{}, log: &bytes.Buffer{},
	}
	o := Options{
		DB: db, Machine: w.clock.now, Post: w.mails.post,
		IsOfficer: func(email string) bool {
			return address.Government{Parent: "gov.sg"}.Officer(address.Domain(email))
		},
		Keys: bytes.Repeat([]byte{7}, MinKeys),
		Log:  slog.New(slog.NewTextHandler(&lockedWriter{w: w.log}, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	for _, c := range change {
		c(&o)
	}
	w.Service = New(o)
	server := httptest.NewServer
	if o.Secure {
		server = httptest.NewTLSServer
	}
	w.tls = server(origin.Proxies{netip.MustParsePrefix("127.0.0.0/8")}.Middleware(w.Middleware(w.pages())))
	t.Cleanup(w.tls.Close)
	w.url = w.tls.URL
	return w
}

type lockedWriter struct {
	mu sync.Mutex
	w  *bytes.Buffer
}

func (l *lockedWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}

// answer is what the pages say about a request.
type answer struct {
	Email    string
	Role     access.Role
	Write    string // the code of the refusal to write, or ""
	BadToken bool
	Pending  string
	Fault    *fault.Error
	Failed   string
	Life     *Life // of the session
	Next     string
	Out      *oidc.SignOut
	Refused  string    // why nobody may act
	Current  uuid.UUID // the session that signs the request in
	cookies  []*http.Cookie
}

func (w *world) pages() http.Handler {
	act := func(call func(http.ResponseWriter, *http.Request, *answer) error) http.HandlerFunc {
		return func(rw http.ResponseWriter, r *http.Request) {
			var a answer
			if err := call(rw, r, &a); err != nil {
				if l := fault.Of(err); len(l) > 0 {
					a.Fault = l[0]
				} else {
					a.Failed = err.Error()
				}
			}
			a.Pending = w.PendingEmail(r)
			a.BadToken = BadToken(r.Context())
			a.Current, _ = r.Context().Value(sessionKey{}).(uuid.UUID)
			if err := access.Refused(r.Context()); err != nil {
				a.Refused = err.Error()
			}
			if l, ok := LifeOf(r.Context()); ok {
				a.Life = &l
			}
			if actor, err := access.Require(r.Context()); err == nil {
				a.Email, a.Role = actor.Email, actor.Role
			}
			if _, err := access.RequireWrite(r.Context()); err != nil {
				a.Write = string(fault.CodeOf(err))
			}
			_ = json.NewEncoder(rw).Encode(a)
		}
	}
	mux := http.NewServeMux()
	mux.Handle("POST /send", act(func(rw http.ResponseWriter, r *http.Request, _ *answer) error {
		return w.SendCode(rw, r, r.PostFormValue("email"))
	}))
	mux.Handle("POST /sign-in", act(func(rw http.ResponseWriter, r *http.Request, _ *answer) error {
		return w.SignIn(rw, r, r.PostFormValue("code"))
	}))
	mux.Handle("POST /sign-out", act(func(rw http.ResponseWriter, r *http.Request, a *answer) error {
		var err error
		a.Out, err = w.SignOut(rw, r)
		return err
	}))
	mux.HandleFunc("GET /begin", func(rw http.ResponseWriter, r *http.Request) {
		address, err := w.BeginProvider(rw, r, r.FormValue("next"))
		if err == nil {
			http.Redirect(rw, r, address, http.StatusSeeOther)
			return
		}
		act(func(http.ResponseWriter, *http.Request, *answer) error { return err })(rw, r)
	})
	mux.Handle("GET /callback", act(func(rw http.ResponseWriter, r *http.Request, a *answer) error {
		var err error
		a.Next, err = w.FinishProvider(rw, r)
		return err
	}))
	mux.Handle("GET /", act(func(http.ResponseWriter, *http.Request, *answer) error { return nil }))
	return mux
}

// browser is a person's browser, with cookies of its own.
type browser struct {
	t   testing.TB
	w   *world
	jar http.CookieJar
}

func (w *world) browser(t testing.TB) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t: t, w: w, jar: jar}
}

func (b *browser) do(method, path string, form url.Values, header ...string) answer {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), method, b.w.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	client := *b.w.tls.Client()
	client.Jar = b.jar
	res, err := client.Do(r)
	if err != nil {
		b.t.Error(err)
		return answer{}
	}
	defer func() { _ = res.Body.Close() }()
	a := answer{cookies: res.Cookies()}
	if err := json.NewDecoder(res.Body).Decode(&a); err != nil {
		b.t.Errorf("%s %s: status %d: %v", method, path, res.StatusCode, err)
	}
	return a
}

func (b *browser) send(email string, header ...string) answer {
	b.t.Helper()
	return b.do("POST", "/send", url.Values{"email": {email}}, header...)
}
func (b *browser) enter(code string) answer {
	b.t.Helper()
	return b.do("POST", "/sign-in", url.Values{"code": {code}})
}
func (b *browser) look(header ...string) answer {
	b.t.Helper()
	return b.do("GET", "/", nil, header...)
}
func (b *browser) signOut() answer { b.t.Helper(); return b.do("POST", "/sign-out", nil) }

// signIn goes the whole way.
func (b *browser) signIn(email string) {
	b.t.Helper()
	if a := b.send(email); a.Fault != nil || a.Failed != "" {
		b.t.Fatalf("send code: %v %s", a.Fault, a.Failed)
	}
	if a := b.enter(b.w.mails.code(b.t)); a.Fault != nil || a.Failed != "" {
		b.t.Fatalf("sign in: %v %s", a.Fault, a.Failed)
	}
}

func (b *browser) cookie() *http.Cookie {
	b.t.Helper()
	u, err := url.Parse(b.w.url)
	if err != nil {
		b.t.Fatal(err)
	}
	cookies := b.jar.Cookies(u)
	if len(cookies) != 1 {
		b.t.Fatalf("the browser has %d cookies, want 1", len(cookies))
	}
	return cookies[0]
}

func (b *browser) plant(c *http.Cookie) {
	b.t.Helper()
	u, err := url.Parse(b.w.url)
	if err != nil {
		b.t.Fatal(err)
	}
	b.jar.SetCookies(u, []*http.Cookie{c})
}

func wantFault(t testing.TB, a answer, field string, code fault.Code) {
	t.Helper()
	if a.Failed != "" || a.Fault == nil || a.Fault.Code != code || len(a.Fault.Field) != 1 || a.Fault.Field[0] != field {
		t.Errorf("answered %v %s, want %s on %s", a.Fault, a.Failed, code, field)
	}
}

// wrong returns six digits other than these.
func wrong(code string) string {
	if code == "000000" {
		return "000001"
	}
	return "000000"
}

var errDown = errors.New("down")
