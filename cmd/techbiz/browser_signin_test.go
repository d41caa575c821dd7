package main

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"techbiz/internal/oidc/oidctest"
)

// serveBehind serves a portal whose officers sign in at a provider.
func serveBehind(t *testing.T, settings ...string) (*portal, *oidctest.Provider) {
	t.Helper()
	p := oidctest.New(t)
	on := servePortal(t, databases["SQLite"](t), append([]string{
		"--oidc-issuer=" + p.Issuer(), "--oidc-client-id=" + oidctest.ClientID, "--oidc-client-secret=" + oidctest.ClientSecret,
	}, settings...)...)
	p.SendBack(on.base.JoinPath("/sign-in/callback").String(), on.base.JoinPath("/signed-out").String())
	p.Be(oidctest.Person{Subject: "1", Email: "goh.li.na@tech.gov.sg", Claims: map[string]any{"name": "Goh Li Na"}})
	return on, p
}

// providerSignIn goes to the provider and back to where the officer was going, and
// signs out at both.
func providerSignIn(t *testing.T, c *chromium, _ *portal) {
	on, provider := serveBehind(t)
	p := c.page(t, on)
	p.open("/status?q=tan")
	p.heading("Sign in")
	p.everyWidth("sign in with a provider")
	p.find("button", "Send code")
	p.click("link", "Sign in with TechPass")
	p.heading("User creation status")
	p.holds("Search", "tan")
	p.sees("Goh Li Na")
	if cookies, _ := evaluate[string](p, `document.cookie`); cookies != "" {
		t.Errorf("a script reads %q", cookies)
	}
	p.click("button", "Sign out")
	p.heading("You are signed out")
	p.sees("You are signed out of TechBiz and of TechPass.")
	p.everyWidth("signed out")
	if ended := provider.Ended(); !slices.Equal(ended, []string{"1"}) {
		t.Errorf("the provider signed out %v", ended)
	}
	p.open("/status")
	p.heading("Sign in")

	provider.GoAway(true)
	away, _ := serveBehind(t, "--oidc-issuer="+provider.Issuer())
	q := c.page(t, away)
	q.open("/")
	q.sees("TechPass does not answer at the moment")
	q.everyWidth("a provider that is away")
	q.signIn("goh.li.na@tech.gov.sg")
	q.heading("Create TechPass account")
}

// providerOverForm keeps what is filled in while the officer signs in again in
// another tab.
func providerOverForm(t *testing.T, c *chromium, _ *portal) {
	on, _ := serveBehind(t)
	p, invitee := c.page(t, on), on.officer("Nurul Huda")
	p.open("/invite/email")
	p.click("link", "Sign in with TechPass")
	p.fill("Email address", invitee.email)
	p.fill("Reason", invitee.reason)
	other := p.tab()
	other.open("/")
	other.click("button", "Sign out")
	other.heading("You are signed out")
	p.click("button", "Submit")
	dialog := p.in("dialog", "Your session has ended")
	if link := dialog.find("link", "Sign in with TechPass (opens in a new tab)"); of[string](p, link, `function () { return this.target }`) != "_blank" {
		t.Error("the way to the provider leads away from the form")
	}
	p.everyWidth("signing in with a provider over a form")
	dialog.click("button", "I have signed in: continue")
	dialog = p.in("dialog", "Your session has ended") // not yet
	other.open("/sign-in/provider?next=%2Fsign-in%2Fdone")
	other.heading("You are signed in")
	other.everyWidth("signed in beside a form")
	dialog.click("button", "I have signed in: continue")
	p.sees("Invitation accepted for " + invitee.email)
}

func providerOverFormPlainly(t *testing.T, c *chromium, _ *portal) {
	on, _ := serveBehind(t)
	p, invitee := c.plainPage(t, on), on.officer("Siti Aminah")
	p.open("/invite/email")
	p.click("link", "Sign in with TechPass")
	p.fill("Email address", invitee.email)
	p.fill("Reason", invitee.reason)
	other := p.tab()
	other.open("/")
	other.click("button", "Sign out")
	other.heading("You are signed out")
	p.click("button", "Submit")
	p.find("link", "Sign in with TechPass (opens in a new tab)")
	other.open("/sign-in/provider?next=%2Fsign-in%2Fdone")
	other.heading("You are signed in")
	p.click("button", "I have signed in: continue")
	p.heading("Email invitation")
	p.holds("Email address", invitee.email)
	p.holds("Reason", invitee.reason)
	p.click("button", "Submit")
	p.sees("Invitation accepted for " + invitee.email)
	p.click("button", "Sign out")
	p.heading("You are signed out of TechBiz")
	p.everyWidth("signed out of TechBiz only")
	p.click("button", "Sign out of TechPass")
	p.heading("You are signed out")
}

// keptOutByRules: each page names the rule and where to get help.
func keptOutByRules(t *testing.T, c *chromium, _ *portal) {
	on, provider := serveBehind(t, "--required-claims=device_compliant=true", "--no-sign-in-code", "--help-url=mailto:help@tech.gov.sg")
	p := c.page(t, on)
	p.open("/status")
	p.heading("Sign in")
	if p.has("button", "Send code") {
		t.Error("codes are offered")
	}
	p.click("link", "Sign in with TechPass")
	p.heading("You can’t sign in")
	p.sees("Device rule: TechPass has to say that device_compliant is true")
	if help := p.find("link", "Get help"); of[string](p, help, `function () { return this.href }`) != "mailto:help@tech.gov.sg" {
		t.Error("help is elsewhere")
	}
	p.everyWidth("kept out by the device rule")
	provider.Be(oidctest.Person{Subject: "2", Email: "mei.ling@techpass.gov.sg", Claims: map[string]any{"device_compliant": true}})
	p.click("link", "Back to sign-in")
	p.click("link", "Sign in with TechPass")
	p.heading("This module is for public officers")
	provider.Be(oidctest.Person{Subject: "3", Absent: true})
	p.click("link", "Back to sign-in")
	p.click("link", "Sign in with TechPass")
	p.heading("Sign in")
	p.sees("You did not sign in at TechPass.")
	p.everyWidth("somebody who turned back")

	closed := servePortal(t, databases["SQLite"](t), "--allowed-networks=192.0.2.0/24", "--help-url=https://help.example/techbiz", "--trusted-proxies=127.0.0.0/8")
	q := c.page(t, closed)
	for _, path := range []string{"/", "/sign-in", "/status", "/sandbox", "/nowhere"} {
		q.open(path)
		q.heading("This service can’t be used from here")
		q.sees("Your request came from 127.0.0.1")
	}
	q.find("link", "Get help")
	q.everyWidth("another network")
	for from, want := range map[string]int{"192.0.2.9": http.StatusOK, "198.51.100.1": http.StatusForbidden, "192.0.2.9, 198.51.100.1": http.StatusForbidden} {
		if got := statusFrom(t, closed.base, from); got != want {
			t.Errorf("from %s: status %d, want %d", from, got, want)
		}
	}
}

// statusFrom is the status of the sign-in page to a request behind our proxy.
func statusFrom(t *testing.T, base *url.URL, from string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base.JoinPath("/sign-in").String(), nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Forwarded-For", from)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	return res.StatusCode
}

// whereSignedIn lists the officer's sessions, ends one from another, and all.
func whereSignedIn(t *testing.T, c *chromium, on *portal) {
	const officer = "yeo.zhi.hao@tech.gov.sg"
	p, other, third := c.page(t, on), c.page(t, on), c.plainPage(t, on)
	p.enter(officer, "/")
	other.enter(officer, "/status")
	third.enter(officer, "/")
	p.click("link", "Sessions")
	p.heading("Where you are signed in")
	p.everyWidth("sessions")
	p.sees("This browser", "Chrome on Linux", "127.0.0.1", "by one-time code")
	third.open("/sessions")
	if _, ok := evaluate[bool](third, `document.querySelector('tbody form[action^="/sessions/"] button').click() ?? true`); !ok {
		t.Error("there is no other session")
	}
	third.await("what was done", func() bool { return strings.Contains(third.state(), "ended=1") })
	p.reload()
	p.await("a session less", func() bool {
		n, _ := evaluate[int](p, `document.querySelectorAll('tbody tr').length`)
		return n == 2
	})
	p.click("button", "Sign out everywhere")
	p.heading("Sign in")
	for _, q := range []*page{other, third} {
		q.open("/status")
		q.heading("Sign in")
	}
}
