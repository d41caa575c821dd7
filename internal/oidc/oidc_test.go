package oidc

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"techbiz/internal/clock"
	"techbiz/internal/fault"
)

// document serves a discovery document that the test writes, and counts.
type document struct {
	*httptest.Server
	asked  atomic.Int32
	status atomic.Int32
	more   map[string]any
}

func serve(t *testing.T, more map[string]any) *document {
	t.Helper()
	d := &document{more: more}
	d.status.Store(http.StatusOK)
	d.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d.asked.Add(1)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(int(d.status.Load()))
		said := map[string]any{
			"issuer": d.URL, "authorization_endpoint": d.URL + "/a", "token_endpoint": d.URL + "/t", "jwks_uri": d.URL + "/k",
		}
		for name, value := range d.more {
			said[name] = value
		}
		_ = json.NewEncoder(w).Encode(said)
	}))
	t.Cleanup(d.Close)
	return d
}

func TestDiscovery_IsAskedOnceAndAgainLater(t *testing.T) {
	t.Parallel()
	d := serve(t, nil)
	var mu sync.Mutex
	now := clock.Machine()
	move := func(by time.Duration) { mu.Lock(); defer mu.Unlock(); now = now.Add(by) }
	p := New(Options{Issuer: d.URL, Clock: func() time.Time { mu.Lock(); defer mu.Unlock(); return now }})
	if d.asked.Load() != 0 {
		t.Error("the provider was asked before it was needed")
	}
	d.status.Store(http.StatusBadGateway)
	for range 5 {
		if err := p.Ready(t.Context()); fault.CodeOf(err) != fault.Unavailable {
			t.Errorf("away: %v", err)
		}
	}
	if n := d.asked.Load(); n != 1 {
		t.Errorf("a provider that is away was asked %d times at once", n)
	}
	d.status.Store(http.StatusOK)
	move(retryAfter)
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if err := p.Ready(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := d.asked.Load(); n != 2 {
		t.Errorf("asked %d times, want 2", n)
	}
	d.status.Store(http.StatusBadGateway)
	move(discoveryLife)
	for range 3 {
		if err := p.Ready(t.Context()); err != nil {
			t.Errorf("away, with what is known: %v", err)
		}
	}
	if n := d.asked.Load(); n != 3 {
		t.Errorf("asked %d times, want 3", n)
	}
}

func TestDiscovery_RefusesWhatIsNotSafe(t *testing.T) {
	t.Parallel()
	for name, more := range map[string]map[string]any{
		"another issuer":                {"issuer": "https://evil.example"},
		"a token endpoint over ftp":     {"token_endpoint": "ftp://x/t"},
		"an endpoint with a user":       {"jwks_uri": "http://user@x/k"},
		"no authorization endpoint":     {"authorization_endpoint": ""},
		"an end of session by a script": {"end_session_endpoint": "javascript:alert(1)"},
		"userinfo that is no address":   {"userinfo_endpoint": "/me"},
		"too long a document":           {"filler": strings.Repeat("x", maxAnswer)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := serve(t, more)
			if err := New(Options{Issuer: d.URL, Clock: clock.Machine}).Ready(t.Context()); fault.CodeOf(err) != fault.Unavailable {
				t.Errorf("answered %v", err)
			}
		})
	}
	t.Run("a redirect", func(t *testing.T) {
		t.Parallel()
		d := serve(t, nil)
		from := httptest.NewServer(http.RedirectHandler(d.URL+"/.well-known/openid-configuration", http.StatusFound))
		t.Cleanup(from.Close)
		if err := New(Options{Issuer: from.URL, Clock: clock.Machine}).Ready(t.Context()); err == nil || d.asked.Load() != 0 {
			t.Errorf("a redirect was followed: %v", err)
		}
	})
}

func TestSafe_HTTPSIsNotLeft(t *testing.T) {
	t.Parallel()
	p := New(Options{Issuer: "https://login.example", Clock: clock.Machine})
	for address, want := range map[string]bool{
		"https://login.example/t": true, "https://keys.example/k": true, "http://login.example/t": false, "//login.example/t": false, "": false,
	} {
		if got := p.safe(address); got != want {
			t.Errorf("%s: got %t", address, got)
		}
	}
}

func TestCheckIssuer(t *testing.T) {
	t.Parallel()
	for issuer, ok := range map[string]bool{
		"https://login.microsoftonline.com/0f0f/v2.0":          true,
		"https://accounts.example":                             true,
		"http://127.0.0.1:9000":                                true,
		"http://localhost:9000/tenant":                         true,
		"http://login.example":                                 false,
		"https://login.microsoftonline.com/common/v2.0":        false,
		"https://login.microsoftonline.com/organizations/v2.0": false,
		"https://login.microsoftonline.us/consumers/v2.0":      false,
		"https://user@login.example":                           false,
		"https://login.example?tenant=x":                       false,
		"login.example":                                        false,
		"":                                                     false,
	} {
		if err := CheckIssuer(issuer); (err == nil) != ok {
			t.Errorf("%s: %v", issuer, err)
		}
	}
}

func TestRequirement(t *testing.T) {
	t.Parallel()
	var said Claims
	err := json.Unmarshal([]byte(`{"word": "gmd", "yes": true, "number": 3, "list": ["a", "gmd", 7], "empty": [], "object": {"gmd": 1}, "null": null}`), &said)
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]bool{
		"word=gmd": true, "word=gsib|gmd": true, " word = gsib | gmd ": true, "word=gm": false, "word=GMD": false,
		"yes=true": true, "yes=1": false, "number=3": true, "list=gmd": true, "list=7": true, "list=b|c": false,
		"empty=gmd": false, "object=gmd": false, "null=null": false, "missing=gmd": false,
	} {
		r, err := ParseRequirement(text)
		if err != nil || r.Met(said) != want {
			t.Errorf("%s: got %t, %v", text, !want, err)
		}
	}
	for _, text := range []string{"", "word", "=gmd", "word=", "word=|", " = "} {
		if r, err := ParseRequirement(text); err == nil {
			t.Errorf("%q was taken as %v", text, r)
		}
	}
}

func TestPlain(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]string{"access_denied": "access_denied", "a\nb": "something else", "": "", strings.Repeat("a", 65): "something else"} {
		if got := plain(code); got != want {
			t.Errorf("%q: got %q", code, got)
		}
	}
}
