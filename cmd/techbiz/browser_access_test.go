package main

import (
	"regexp"
	"testing"
)

// administrators is the setting of a server with one administrator.
const administrators = "--admins=siti.aminah@tech.gov.sg"

// accessManaged goes from an officer's wish for a domain to its approval, and
// through tokens and roles.
func accessManaged(t *testing.T, c *chromium, on *portal) {
	p := c.page(t, on)
	p.enter("neo.jia.hui@tech.gov.sg", "/invite/single")
	p.click("link", "send a service request")
	p.heading("Ask for a domain")
	p.accessible("ask for a domain")
	p.fill("Email domain", "mei@straits-software.example")
	p.click("button", "Submit")
	p.sees("There are 2 problems", "Enter only what stands behind the @", "Enter the reason")
	p.accessible("ask for a domain, errors")
	p.fill("Email domain", "straits-software.example")
	p.fill("Reason", "Maintains the licensing service")
	p.click("button", "Submit")
	p.sees("Your request is sent", "straits-software.example", "Waiting")
	p.accessible("ask for a domain, sent")
	p.pictured("request")
	p.open("/admin")
	p.heading("You may not do that")
	if p.has("link", "Administration") {
		t.Error("an officer is led to the administrators' page")
	}

	a := c.page(t, on)
	a.enter("siti.aminah@tech.gov.sg", "/")
	a.menu("Administration")
	a.heading("Administration")
	a.sees("straits-software.example", "Maintains the licensing service", "vendor.com", "A setting", "neo.jia.hui@tech.gov.sg")
	a.accessible("administration")
	a.pictured("admin")
	a.click("link", "Decide straits-software.example")
	a.sees("Allow straits-software.example?")
	a.accessible("deciding a request")
	a.pictured("decide")
	a.fill("Note to the officer (optional)", "For this project")
	a.click("button", "Approve")
	a.sees("The request is approved", "No request waits")
	a.fill("Allow a domain", "com.sg")
	a.click("button", "Allow")
	a.sees("Anybody may have a name below com.sg")
	a.accessible("a domain that cannot be allowed")
	a.fill("Allow a domain", "*.merlion.example")
	a.click("button", "Allow")
	a.sees("The domain is allowed.", "*.merlion.example", "siti.aminah@tech.gov.sg")
	a.click("link", "Remove *.merlion.example")
	a.sees("Remove the domain?")
	a.accessible("removing a domain")
	a.in("dialog", "Remove the domain?").click("button", "Remove")
	a.sees("The domain is removed.")
	a.missing("*.merlion.example")

	a.keyIn("Search", "neo.")
	a.sees("Total no. of officers: 1")
	a.awaitFocus(field, "Search")
	a.click("link", "Change role neo.jia.hui@tech.gov.sg")
	a.sees("Change the role of neo.jia.hui@tech.gov.sg")
	a.accessible("changing a role")
	a.pictured("role")
	a.click("radio", "Agency administrator")
	a.click("button", "Change role")
	a.sees("The role is changed.")
	a.open("/admin?role=AGENCY_ADMIN")
	a.sees("Total no. of officers: 1", "neo.jia.hui@tech.gov.sg")
	a.open("/admin?role=ADMIN")
	a.click("link", "Change role siti.aminah@tech.gov.sg")
	a.click("radio", "Officer")
	a.click("button", "Change role")
	a.sees("This is the last administrator")
	a.accessible("the last administrator")
	a.resize(phoneWidth, 844)
	a.open("/admin")
	a.sees("neo.jia.hui@tech.gov.sg")
	a.accessible("administration on a phone")
	a.narrow("/admin")

	p.open("/domains/request")
	p.sees("Approved", "For this project")
}

// tokensManaged makes a token, uses it, and revokes it.
func tokensManaged(t *testing.T, c *chromium, on *portal) {
	p := c.page(t, on)
	p.enter("low.hui.min@tech.gov.sg", "/")
	p.menu("API tokens")
	p.heading("API tokens")
	p.sees("No token yet")
	p.accessible("no token")
	p.click("button", "Create token")
	p.sees("Enter a name for the token")
	p.accessible("a token without a name")
	p.fill("Name", "onboarding pipeline")
	p.click("radio", "Read and write")
	p.choose("Ends after", "1 year")
	p.click("button", "Create token")
	p.sees("Copy the token now", "Active", "Read and write")
	p.accessible("a token, once")
	p.pictured("tokens")
	secret := p.value("Token")
	if !regexp.MustCompile(`^tbz_[0-9A-Za-z]{49}$`).MatchString(secret) {
		t.Errorf("the secret is %q", secret)
	}
	p.click("button", "Copy")
	p.await("what the copy has come to", func() bool { return p.says("Copied.") || p.says("Press Ctrl+C") })
	s := &apiServer{base: on.base}
	if status, body := s.send(t, "POST", "/graphql", "application/json", secret, []byte(`{"query":"{ viewer { email } }"}`)); status != 200 || !regexp.MustCompile(`low\.hui\.min`).Match(body) {
		t.Errorf("the token does not work: %d %s", status, body)
	}
	p.open("/tokens")
	p.missing(secret)
	p.resize(phoneWidth, 844)
	p.accessible("tokens on a phone")
	p.narrow("/tokens")
	p.resize(desktopWidth, 900)
	p.click("link", "Revoke onboarding pipeline")
	p.sees("Revoke the token?")
	p.accessible("revoking a token")
	p.in("dialog", "Revoke the token?").click("button", "Revoke")
	p.sees("The token is revoked.", "Revoked")
	if status, body := s.send(t, "POST", "/graphql", "application/json", secret, []byte(`{"query":"{ viewer { email } }"}`)); !regexp.MustCompile("UNAUTHENTICATED").Match(body) {
		t.Errorf("the token still works: %d %s", status, body)
	}
}

// accessPlainly is the same without JavaScript.
func accessPlainly(t *testing.T, c *chromium, on *portal) {
	p := c.plainPage(t, on)
	p.enter("siti.aminah@tech.gov.sg", "/tokens")
	p.fill("Name", "report")
	p.click("button", "Create token")
	p.sees("Copy the token now", "report")
	p.click("link", "Revoke report")
	p.sees("Revoke the token?")
	p.in("dialog", "Revoke the token?").click("button", "Revoke")
	p.sees("Revoked")
	p.open("/domains/request")
	p.fill("Email domain", "plain.example")
	p.fill("Reason", "Runs the service")
	p.click("button", "Submit")
	p.sees("Your request is sent")
	p.open("/admin")
	p.click("link", "Decide plain.example")
	p.fill("Note to the officer (optional)", "No")
	p.click("button", "Refuse")
	p.sees("The request is refused.")
	p.fill("Allow a domain", "plain-vendor.example")
	p.click("button", "Allow")
	p.sees("The domain is allowed.")
	p.click("link", "Remove plain-vendor.example")
	p.click("button", "Remove")
	p.sees("The domain is removed.")
	p.fill("Search", "siti")
	p.click("button", "Search")
	p.click("link", "Change role siti.aminah@tech.gov.sg")
	p.click("radio", "Officer")
	p.click("button", "Change role")
	p.sees("This is the last administrator")
}

// narrow fails the test where a page scrolls sideways.
func (p *page) narrow(path string) {
	p.t.Helper()
	if wide, ok := evaluate[bool](p, `document.documentElement.scrollWidth > innerWidth`); !ok || wide {
		p.t.Errorf("%s scrolls sideways", path)
	}
}

// says whether a text can be read on the page now.
func (p *page) says(text string) bool {
	return regexp.MustCompile(regexp.QuoteMeta(text)).MatchString(p.text())
}

// colleagueIsAway goes on with what another officer has begun: the list, its news,
// and an act on one of its invitations.
func colleagueIsAway(t *testing.T, c *chromium, on *portal) {
	p := c.page(t, on)
	invite := func(a account) {
		p.open("/invite/email")
		p.fill("Email address", a.email)
		p.fill("Reason", a.reason)
		p.click("button", "Submit")
		p.sees("Invitation accepted for " + a.email)
	}
	p.enter("quek.mei.fen@lta.gov.sg", "/status?officers=all") // which an officer may not ask for
	p.heading("You may not do that")
	p.open("/status")
	if p.has("checkbox", "Invitations of all officers") {
		t.Error("an officer is offered other officers' invitations")
	}
	first, second := on.officer("Yeo Kim Hock"), on.officer("Ng Pei Shan")
	invite(first)

	a := c.page(t, on)
	a.enter("siti.aminah@tech.gov.sg", "/status")
	a.sees("No invitation yet")
	a.click("checkbox", "Invitations of all officers")
	a.sees("Total no. of invitations: 1", first.email, "Invited by quek.mei.fen@lta.gov.sg")
	a.at("/status?officers=all")
	a.accessible("all officers' invitations")
	a.pictured("status-all")
	invite(second)
	a.sees("Total no. of invitations: 2", second.email)
	a.click("link", first.email)
	a.sees("quek.mei.fen@lta.gov.sg")
	a.click("link", "Cancel the invitation")
	a.click("button", "Confirm")
	a.sees("The invitation was cancelled", "Cancelled by")

	p.open("/invite/multiple")
	p.upload("Choose a file", workbookOf(t, on.vendor("Tay Boon Leong")))
	p.sees("1 to 1 of 1")
	a.open("/invite/multiple")
	a.click("link", "Lists of all officers")
	a.sees("users.xlsx", "quek.mei.fen@lta.gov.sg")
	a.accessible("all officers' lists")
	a.pictured("upload-all")
	a.click("link", "users.xlsx")
	a.sees("Tay", "1 to 1 of 1")
}
