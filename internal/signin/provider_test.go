package signin

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"techbiz/internal/access"
	"techbiz/internal/clock"
	"techbiz/internal/fault"
	"techbiz/internal/oidc"
	"techbiz/internal/oidc/oidctest"
)

// behind is a world whose officers sign in at a real provider.
type behind struct {
	*world
	provider *oidctest.Provider
}

// eachBehind runs a test on both databases, each with a provider of its own.
func eachBehind(t *testing.T, test func(t *testing.T, w *behind), change ...func(*oidc.Options)) {
	t.Helper()
	each(t, func(t *testing.T, w *world) {
		p := oidctest.New(t)
		p.SendBack(w.url+"/callback", w.url+"/")
		w.clock.set(clock.Machine()) // the provider has the machine's
		o := oidc.Options{
			Issuer: p.Issuer(), ClientID: oidctest.ClientID, ClientSecret: oidctest.ClientSecret,
			RedirectURL: w.url + "/callback", AfterSignOut: w.url + "/", Scopes: []string{"email", "profile"}, Clock: w.clock.now,
		}
		for _, c := range change {
			c(&o)
		}
		w.provider = oidc.New(o)
		p.Be(oidctest.Person{Subject: "tan-1", Email: tan})
		test(t, &behind{w, p})
	})
}

// atProvider goes to the provider and back, and returns our answer.
func (b *browser) atProvider() answer {
	b.t.Helper()
	return b.do("GET", "/begin?next=/status", nil)
}

// back goes to the provider and returns the address at which the browser would
// come back, without going there.
func (b *browser) back() *url.URL {
	b.t.Helper()
	client := *b.w.tls.Client()
	client.Jar = b.jar
	var at *url.URL
	client.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		if r.URL.Path == "/callback" {
			at = r.URL
			return http.ErrUseLastResponse
		}
		return nil
	}
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, b.w.url+"/begin?next=/status", nil)
	if err != nil {
		b.t.Fatal(err)
	}
	res, err := client.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	body, _ := io.ReadAll(res.Body)
	_ = res.Body.Close()
	if at == nil {
		b.t.Fatalf("the browser was not sent back: %s %s", res.Status, body)
	}
	return at
}

// comeBack opens the address at which the provider sent the browser back.
func (b *browser) comeBack(q url.Values) answer {
	b.t.Helper()
	return b.do("GET", "/callback?"+q.Encode(), nil)
}

// wantIn fails where the provider's answer signed nobody in.
func wantIn(t testing.TB, a answer) {
	t.Helper()
	if a.Fault != nil || a.Failed != "" || a.Next != "/status" {
		t.Errorf("signing in: %v %s, then to %q", a.Fault, a.Failed, a.Next)
	}
}

func TestProvider_WholeWay(t *testing.T) {
	t.Parallel()
	eachBehind(t, func(t *testing.T, w *behind) {
		b := w.browser(t)
		at := b.back()
		before := b.cookie().Value
		if a := b.look(); a.Email != "" {
			t.Errorf("before the way back: acts as %q", a.Email)
		}
		for _, secret := range []string{"nonce", "code_verifier"} {
			if at.Query().Get(secret) != "" {
				t.Errorf("the address has the %s", secret)
			}
		}
		wantIn(t, b.comeBack(at.Query()))
		if b.cookie().Value == before {
			t.Error("the session's id is the one before sign-in")
		}
		if a := b.look(); a.Email != tan || a.Role != access.Officer || a.Write != "" {
			t.Errorf("after the way back: %+v", a)
		}
		old := w.browser(t)
		old.plant(&http.Cookie{Name: w.store.name, Value: before, Path: "/"})
		if a := old.look(); a.Email != "" {
			t.Error("the id from before sign-in signs somebody in")
		}
		again := w.browser(t)
		wantIn(t, again.atProvider())
		ctx := access.System(t.Context())
		if o, i := w.db.Officer.Query().CountX(ctx), w.db.OfficerIdentity.Query().CountX(ctx); o != 1 || i != 1 {
			t.Errorf("%d officers, %d identities", o, i)
		}
		for _, secret := range []string{tan, "tan-1", at.Query().Get("code"), at.Query().Get("state"), b.cookie().Value, oidctest.ClientSecret} {
			if strings.Contains(w.log.String(), secret) {
				t.Errorf("the log has %q: %s", secret, w.log)
			}
		}
	})
}

func TestProvider_KeysAreRotated(t *testing.T) {
	t.Parallel()
	eachBehind(t, func(t *testing.T, w *behind) {
		wantIn(t, w.browser(t).atProvider())
		withdrawn := ""
		w.provider.Forge(func(claims map[string]any) string {
			withdrawn = w.provider.Sign(claims)
			return withdrawn
		})
		wantIn(t, w.browser(t).atProvider())
		w.provider.Forge(nil)
		forge := func() { // as a token of a service client
			t.Helper()
			if _, err := w.Service.provider.AccessToken(t.Context(), w.provider.SignAlien(nil), oidctest.ClientID); err == nil {
				t.Error("a forged token is taken")
			}
		}
		forge() // has the keys read, which holds up nobody's sign-in
		w.provider.Rotate()
		wantIn(t, w.browser(t).atProvider())
		// The key from before signs nobody in any more, once the keys were read again.
		w.clock.move(time.Minute)
		forge()
		if _, err := w.Service.provider.AccessToken(t.Context(), withdrawn, oidctest.ClientID); fault.CodeOf(err) != fault.Unauthenticated {
			t.Errorf("a token under the withdrawn key: %v", err)
		}
	})
}

func TestProvider_HostileTokens(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name  string
		forge func(p *oidctest.Provider, claims map[string]any) string
	}{
		{"of another nonce", with("nonce", "another")},
		{"without a nonce", with("nonce", nil)},
		{"for another audience", with("aud", []string{"another"})},
		{"without an audience", with("aud", nil)},
		{"for several audiences and no party", func(p *oidctest.Provider, c map[string]any) string {
			delete(c, "azp")
			c["aud"] = []string{oidctest.ClientID, "another"}
			return p.Sign(c)
		}},
		{"issued to another party", with("azp", "another")},
		{"that has expired", with("exp", clock.Machine().Add(-3*time.Minute).Unix())},
		{"without an end", with("exp", nil)},
		{"of the future", with("iat", clock.Machine().Add(time.Hour).Unix())},
		{"that does not count yet", with("nbf", clock.Machine().Add(time.Hour).Unix())},
		{"of another issuer", with("iss", "https://evil.example")},
		{"of an issuer that only looks like it", with("iss", "/")},
		{"without a subject", with("sub", "")},
		{"for another access token", with("at_hash", "AAAAAAAAAAAAAAAAAAAAAA")},
		{"that nobody signed", func(_ *oidctest.Provider, c map[string]any) string { return oidctest.Unsigned(c) }},
		{"that another key signed", func(p *oidctest.Provider, c map[string]any) string { return p.SignAlien(c) }},
		{"that the public key signed", func(p *oidctest.Provider, c map[string]any) string { return p.SignHMAC(c) }},
		{"whose claims were changed", func(p *oidctest.Provider, c map[string]any) string {
			parts := strings.Split(p.Sign(c), ".")
			c["email"] = "lim@agency.gov.sg"
			parts[1] = strings.Split(oidctest.Unsigned(c), ".")[1]
			return strings.Join(parts, ".")
		}},
		{"that is none", func(*oidctest.Provider, map[string]any) string { return "e30" }},
		{"that is not there", func(*oidctest.Provider, map[string]any) string { return "" }},
	}
	eachBehind(t, func(t *testing.T, w *behind) {
		for _, c := range cases {
			t.Run(c.name, func(t *testing.T) {
				w.provider.Forge(func(claims map[string]any) string { return c.forge(w.provider, maps.Clone(claims)) })
				b := w.browser(t)
				a := b.atProvider()
				if a.Fault == nil || a.Fault.Code != fault.BadRequest {
					t.Errorf("answered %v %s", a.Fault, a.Failed)
				}
				if b.look().Email != "" {
					t.Error("signed in all the same")
				}
			})
		}
		w.provider.Forge(nil)
		if n := w.db.Officer.Query().CountX(access.System(t.Context())); n != 0 {
			t.Errorf("%d officers were made", n)
		}
		wantIn(t, w.browser(t).atProvider())
	})
}

// with signs a token in which one claim is another, or missing.
func with(claim string, value any) func(*oidctest.Provider, map[string]any) string {
	return func(p *oidctest.Provider, claims map[string]any) string {
		if claims[claim] = value; value == nil {
			delete(claims, claim)
		}
		return p.Sign(claims)
	}
}

func TestProvider_ClocksMayDifferALittle(t *testing.T) {
	t.Parallel()
	eachBehind(t, func(t *testing.T, w *behind) {
		for name, forge := range map[string]func(*oidctest.Provider, map[string]any) string{
			"ended a minute ago":      with("exp", clock.Machine().Add(-time.Minute).Unix()),
			"issued in a minute":      with("iat", clock.Machine().Add(time.Minute).Unix()),
			"counts from in a minute": with("nbf", clock.Machine().Add(time.Minute).Unix()),
		} {
			w.provider.Forge(func(claims map[string]any) string { return forge(w.provider, claims) })
			if a := w.browser(t).atProvider(); a.Fault != nil {
				t.Errorf("%s: %v", name, a.Fault)
			}
		}
	})
}

func TestProvider_AnswersThatAreNone(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		change func(w *behind, b *browser, q url.Values) *browser
	}{
		{"another state", func(_ *behind, b *browser, q url.Values) *browser { q.Set("state", "x"+q.Get("state")); return b }},
		{"no state", func(_ *behind, b *browser, q url.Values) *browser { q.Del("state"); return b }},
		{"no code", func(_ *behind, b *browser, q url.Values) *browser { q.Del("code"); return b }},
		{"another code", func(_ *behind, b *browser, q url.Values) *browser { q.Set("code", "guessed"); return b }},
		{"another issuer", func(_ *behind, b *browser, q url.Values) *browser { q.Set("iss", "https://evil.example"); return b }},
		{"an error", func(_ *behind, b *browser, q url.Values) *browser {
			q.Set("error", "server_error\nlevel=INFO msg=forged")
			return b
		}},
		{"another browser", func(w *behind, b *browser, _ url.Values) *browser { return w.browser(b.t) }},
		{"another browser that has a way of its own", func(w *behind, b *browser, _ url.Values) *browser {
			other := w.browser(b.t)
			other.back()
			return other
		}},
		{"the code of another's way", func(w *behind, b *browser, q url.Values) *browser {
			q.Set("code", w.browser(b.t).back().Query().Get("code"))
			return b
		}},
		{"too late", func(w *behind, b *browser, _ url.Values) *browser { w.clock.move(attemptLife); return b }},
	}
	eachBehind(t, func(t *testing.T, w *behind) {
		for _, c := range cases {
			t.Run(c.name, func(t *testing.T) {
				b := w.browser(t)
				q := b.back().Query()
				b = c.change(w, b, q)
				a := b.comeBack(q)
				if a.Fault == nil || a.Fault.Code != fault.BadRequest || b.look().Email != "" {
					t.Errorf("answered %v %s", a.Fault, a.Failed)
				}
				if a := b.comeBack(q); a.Fault == nil || b.look().Email != "" {
					t.Error("the second try went better")
				}
				w.clock.set(clock.Machine())
			})
		}
		if strings.Contains(w.log.String(), "msg=forged") {
			t.Error("an answer wrote into the log")
		}
	})
}

func TestProvider_AnAnswerCountsOnce(t *testing.T) {
	t.Parallel()
	eachBehind(t, func(t *testing.T, w *behind) {
		b := w.browser(t)
		q := b.back().Query()
		before := *b.cookie()
		wantIn(t, b.comeBack(q))
		for _, cookie := range []*http.Cookie{b.cookie(), {Name: before.Name, Value: before.Value, Path: "/"}} {
			other := w.browser(t)
			other.plant(&http.Cookie{Name: cookie.Name, Value: cookie.Value, Path: "/"})
			if a := other.comeBack(q); a.Fault == nil || a.Fault.Code != fault.BadRequest {
				t.Errorf("a replayed answer: %v %s", a.Fault, a.Failed)
			}
		}
	})
}

func TestProvider_SeveralTabs(t *testing.T) {
	t.Parallel()
	eachBehind(t, func(t *testing.T, w *behind) {
		b := w.browser(t)
		first := b.back().Query()
		b.back()
		wantIn(t, b.comeBack(first))
	})
}

func TestProvider_IsAwayAndComesBack(t *testing.T) {
	t.Parallel()
	eachBehind(t, func(t *testing.T, w *behind) {
		w.provider.GoAway(true)
		b := w.browser(t)
		if a := b.atProvider(); a.Fault == nil || a.Fault.Code != fault.Unavailable {
			t.Errorf("answered %v %s", a.Fault, a.Failed)
		}
		if !w.ProviderDown(t.Context()) {
			t.Error("the provider is said to be there")
		}
		w.provider.GoAway(false)
		w.clock.move(10 * time.Second)
		if w.ProviderDown(t.Context()) {
			t.Error("the provider is said to be away")
		}
		q := b.back().Query()
		w.provider.GoAway(true)
		if a := b.comeBack(q); a.Fault == nil || a.Fault.Code != fault.Unavailable {
			t.Errorf("away on the way back: %v %s", a.Fault, a.Failed)
		}
		w.provider.GoAway(false)
		wantIn(t, b.atProvider())
	})
}

func TestProvider_SignOut(t *testing.T) {
	t.Parallel()
	eachBehind(t, func(t *testing.T, w *behind) {
		b := w.browser(t)
		wantIn(t, b.atProvider())
		out := b.signOut().Out
		if out == nil || strings.Contains(out.Address, "?") {
			t.Fatalf("sign out at the provider by %+v", out)
		}
		form := url.Values{}
		for name, value := range out.Fields {
			form.Set(name, value)
		}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, out.Address, strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		res, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if to := res.Header.Get("Location"); to != w.url+"/" || !slices.Equal(w.provider.Ended(), []string{"tan-1"}) {
			t.Errorf("%s to %q, ended %v", res.Status, to, w.provider.Ended())
		}
		if b.look().Email != "" {
			t.Error("the session went on")
		}
		coded := w.browser(t)
		coded.signIn("lim@agency.gov.sg")
		if out := coded.signOut().Out; out != nil {
			t.Errorf("who came by code is sent to the provider: %+v", out)
		}
	})
}

func TestProvider_NoSecretInTheDatabaseIsReadable(t *testing.T) {
	t.Parallel()
	eachBehind(t, func(t *testing.T, w *behind) {
		ctx := access.System(t.Context())
		q := w.browser(t).back().Query()
		rows := w.db.SignInAttempt.Query().AllX(ctx)
		if len(rows) != 1 || strings.Contains(string(rows[0].Data), "erifier") || strings.Contains(string(rows[0].State), q.Get("state")) {
			t.Errorf("attempts %v", rows)
		}
		b := w.browser(t)
		wantIn(t, b.atProvider())
		for _, s := range w.db.Session.Query().AllX(ctx) {
			if text, _ := json.Marshal(s.Data); strings.Contains(string(text), "eyJ") {
				t.Error("an ID token is readable")
			}
		}
	})
}
