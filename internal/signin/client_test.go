package signin

import (
	"maps"
	"net/http"
	"testing"
	"time"

	"techbiz/ent/officer"
	"techbiz/internal/access"
	"techbiz/internal/clock"
	"techbiz/internal/database/databasetest"
	"techbiz/internal/oidc"
	"techbiz/internal/oidc/oidctest"
)

const (
	apiAudience = "api://techbiz"
	pipeline    = "6f1c-pipeline"
)

// withClients lets the pipeline in, for which tan answers.
func withClients(p *oidctest.Provider) func(*Options) {
	return func(o *Options) {
		o.Machine = clock.Machine
		o.Provider = oidc.New(oidc.Options{Issuer: p.Issuer(), ClientID: oidctest.ClientID, Clock: clock.Machine})
		o.Clients = Clients{Audience: apiAudience, ReadRole: "TechBiz.Read", WriteRole: "TechBiz.Write", Officers: map[string]string{pipeline: tan}}
	}
}

// clientClaims are those of a good access token, changed.
func clientClaims(p *oidctest.Provider, change map[string]any) map[string]any {
	now := time.Now()
	c := map[string]any{
		"iss": p.Issuer(), "sub": "service-principal", "aud": apiAudience, "azp": pipeline, "roles": []string{"TechBiz.Write"},
		"iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(time.Hour).Unix(), "idtyp": "app",
	}
	maps.Copy(c, change)
	maps.DeleteFunc(c, func(_ string, v any) bool { return v == nil })
	return c
}

func TestClient_ActsForItsOfficer(t *testing.T) {
	t.Parallel()
	p := oidctest.New(t)
	each(t, func(t *testing.T, w *world) {
		b := w.browser(t)
		look := func(token string) answer { return b.look("Authorization", "Bearer "+token) }
		for range 2 { // the first time makes the officer
			if a := look(p.Sign(clientClaims(p, nil))); a.Email != tan || a.Write != "" || a.Role != access.Officer {
				t.Errorf("may write: %+v", a)
			}
		}
		if n := w.db.Officer.Query().Where(officer.Email(tan)).CountX(access.System(t.Context())); n != 1 {
			t.Errorf("%d officers", n)
		}
		if a := look(p.Sign(clientClaims(p, map[string]any{"roles": []string{"TechBiz.Read"}}))); a.Email != tan || a.Write != "FORBIDDEN" {
			t.Errorf("may read: %+v", a)
		}
		for name, change := range map[string]map[string]any{
			"the id as RFC 9068 has it":            {"azp": nil, "client_id": pipeline},
			"the id as Entra ID's first version":   {"azp": nil, "appid": pipeline},
			"a token for several audiences":        {"aud": []string{"api://other", apiAudience}},
			"a provider that says no kind":         {"idtyp": nil},
			"a clock that is a little behind":      {"exp": time.Now().Add(-time.Minute).Unix()},
			"a role among others, and just a word": {"roles": "TechBiz.Write"},
		} {
			if a := look(p.Sign(clientClaims(p, change))); a.Email != tan {
				t.Errorf("%s: %+v", name, a)
			}
		}
	}, withClients(p))
}

func TestClient_RefusesATokenThatIsNoGood(t *testing.T) {
	t.Parallel()
	p, other := oidctest.New(t), oidctest.New(t)
	good := func() map[string]any { return clientClaims(p, nil) }
	cases := map[string]string{
		"another audience":             p.Sign(clientClaims(p, map[string]any{"aud": "api://other"})),
		"an ID token's audience":       p.Sign(clientClaims(p, map[string]any{"aud": oidctest.ClientID})),
		"no audience":                  p.Sign(clientClaims(p, map[string]any{"aud": nil})),
		"another issuer":               p.Sign(clientClaims(p, map[string]any{"iss": other.Issuer()})),
		"another provider":             other.Sign(good()),
		"another provider's own":       other.Sign(clientClaims(other, nil)),
		"a key of somebody else":       p.SignAlien(good()),
		"a symmetric signature":        p.SignHMAC(good()),
		"no signature":                 oidctest.Unsigned(good()),
		"an end in the past":           p.Sign(clientClaims(p, map[string]any{"exp": time.Now().Add(-time.Hour).Unix()})),
		"no end":                       p.Sign(clientClaims(p, map[string]any{"exp": nil})),
		"a beginning in the future":    p.Sign(clientClaims(p, map[string]any{"iat": time.Now().Add(time.Hour).Unix(), "nbf": time.Now().Add(time.Hour).Unix()})),
		"no subject":                   p.Sign(clientClaims(p, map[string]any{"sub": nil})),
		"no role":                      p.Sign(clientClaims(p, map[string]any{"roles": nil})),
		"another role":                 p.Sign(clientClaims(p, map[string]any{"roles": []string{"TechBiz.Admin"}})),
		"a client without an officer":  p.Sign(clientClaims(p, map[string]any{"azp": "somebody"})),
		"no client":                    p.Sign(clientClaims(p, map[string]any{"azp": nil})),
		"two clients":                  p.Sign(clientClaims(p, map[string]any{"client_id": "somebody"})),
		"two clients, the other first": p.Sign(clientClaims(p, map[string]any{"client_id": pipeline, "azp": "somebody"})),
		"a person's scopes":            p.Sign(clientClaims(p, map[string]any{"scp": "access_as_user"})),
		"an ID token's nonce":          p.Sign(clientClaims(p, map[string]any{"nonce": "1"})),
		"a person's kind":              p.Sign(clientClaims(p, map[string]any{"idtyp": "user"})),
		"cut short":                    p.Sign(good())[:80],
		"too long":                     p.Sign(clientClaims(p, map[string]any{"x": string(make([]byte, maxJWT))})),
		"three dots and nothing":       "..",
	}
	each(t, func(t *testing.T, w *world) {
		b := w.browser(t)
		for name, token := range cases {
			if a := b.look("Authorization", "Bearer "+token); a.Email != "" || !a.BadToken {
				t.Errorf("%s: acts as %q", name, a.Email)
			}
		}
	}, withClients(p))
}

// A key that the provider withdraws counts no more once a token of the next one
// was seen, and the next one counts at once, unless the keys were read a moment ago.
func TestClient_KeysAreRotated(t *testing.T) {
	t.Parallel()
	p := oidctest.New(t)
	now := &hand{at: clock.Machine()}
	w := newWorldOn(t, withClients(p), at(p, now))
	b := w.browser(t)
	before := p.Sign(clientClaims(p, nil))
	if a := b.look("Authorization", "Bearer "+before); a.Email != tan {
		t.Fatalf("before: %+v", a)
	}
	p.Rotate()
	now.move(10 * time.Second)
	if a := b.look("Authorization", "Bearer "+p.Sign(clientClaims(p, nil))); a.Email != tan {
		t.Errorf("by the new key: %+v", a)
	}
	if a := b.look("Authorization", "Bearer "+before); a.Email != "" {
		t.Errorf("by the key before: acts as %q", a.Email)
	}
}

// Whoever makes up tokens has the provider asked for its keys once in ten seconds, and
// does not hold up clients whose key is known.
func TestClient_ForgedTokensDoNotHaveTheKeysRead(t *testing.T) {
	t.Parallel()
	p, other := oidctest.New(t), oidctest.New(t)
	now := &hand{at: clock.Machine()}
	w := newWorldOn(t, withClients(p), at(p, now))
	b := w.browser(t)
	forge := func(times, want int) {
		t.Helper()
		for n := range times {
			token := p.SignAlien(clientClaims(p, nil))
			if n%2 == 0 {
				token = other.Sign(clientClaims(p, nil)) // by a key of another name
			}
			if a := b.look("Authorization", "Bearer "+token); !a.BadToken {
				t.Errorf("a forged token acts as %q", a.Email)
			}
		}
		if got := p.KeysRead(); got != want {
			t.Errorf("the keys were read %d times, want %d", got, want)
		}
	}
	forge(10, 1)
	if a := b.look("Authorization", "Bearer "+p.Sign(clientClaims(p, nil))); a.Email != tan {
		t.Errorf("a known key meanwhile: %+v", a)
	}
	p.Rotate()
	forge(1, 1)
	next := p.Sign(clientClaims(p, nil))
	if a := b.look("Authorization", "Bearer "+next); a.Email != "" {
		t.Errorf("a key that nobody has read acts as %q", a.Email)
	}
	now.move(10 * time.Second)
	forge(10, 2)
	if a := b.look("Authorization", "Bearer "+next); a.Email != tan {
		t.Errorf("ten seconds later: %+v", a)
	}
	now.move(10*time.Second - time.Nanosecond)
	forge(10, 2)
}

// at gives the provider's keys a clock that the test moves.
func at(p *oidctest.Provider, now *hand) func(*Options) {
	return func(o *Options) {
		o.Provider = oidc.New(oidc.Options{Issuer: p.Issuer(), ClientID: oidctest.ClientID, Clock: now.now})
	}
}

// Where no client is set up, the provider's tokens sign nobody in; one that is away
// is no reason to take or to refuse a token.
func TestClient_WithoutProvider(t *testing.T) {
	t.Parallel()
	p := oidctest.New(t)
	none := newWorldOn(t, withClients(p), func(o *Options) { o.Clients = Clients{} })
	if a := none.browser(t).look("Authorization", "Bearer "+p.Sign(clientClaims(p, nil))); a.Email != "" || !a.BadToken {
		t.Errorf("no clients: acts as %q", a.Email)
	}
	away := newWorldOn(t, withClients(p))
	p.GoAway(true)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, away.url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+p.Sign(clientClaims(p, nil)))
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("away: %s", res.Status)
	}
}

// newWorldOn is a world on SQLite, for what no database has a part in.
func newWorldOn(t *testing.T, change ...func(*Options)) *world {
	t.Helper()
	return newWorld(t, databasetest.Open(t, databasetest.Options(t)["sqlite"](t), clock.Machine), change...)
}
