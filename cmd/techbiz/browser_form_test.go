package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// invalid waits until a field says that it is wrong and why.
func (p *page) invalid(label, why string) {
	p.t.Helper()
	p.await(label+" to be invalid: "+why, func() bool {
		found := p.controls(field, label)
		if len(found) != 1 || !strings.Contains(found[0].description, why) {
			return false
		}
		said, err := call[string](p, found[0], `function () { return this.getAttribute('aria-invalid') }`)
		return err == nil && said == "true"
	})
}

// holds fails the test unless a field has a value.
func (p *page) holds(label, want string) {
	p.t.Helper()
	if got := p.value(label); got != want {
		p.t.Errorf("%s holds %q, want %q", label, got, want)
	}
}

// wrongAccount is filled in wrongly, and comes back with words on each mistake.
func (p *page) wrongAccount() {
	p.t.Helper()
	p.fill("Email address", "someone@elsewhere.example")
	p.fill("TechPass username", "two..periods")
	p.fill("First name", "Wei Ling")
	p.fill("Contact number", "71234567")
	p.click("button", "Submit")
	p.sees("There are 6 problems")
	for label, value := range map[string]string{
		"Email address": "someone@elsewhere.example", "TechPass username": "two..periods", "First name": "Wei Ling", "Contact number": "71234567",
	} {
		p.holds(label, value)
	}
	for label, why := range map[string]string{
		"Email address": "allow", "TechPass username": "period", "Last name": "Enter", "Contact number": "8 or 9", "Organisation": "Enter", "Reason": "Enter",
	} {
		p.invalid(label, why)
	}
}

func errorsBesideFields(t *testing.T, c *chromium, on *portal) {
	p := c.page(t, on)
	p.enter("yeo.siew.hoon@tech.gov.sg", "/invite/single")
	p.wrongAccount()
	p.awaitFocus("alert", "There are 6 problems")
	p.in("alert", "There are 6 problems").click("link", "Enter the last name*")
	p.awaitFocus(field, "Last name")

	// A field is checked as it is left, and is right again as soon as it is.
	p.fill("Contact number", on.vendor("Yeo").number)
	p.click(field, "Organisation")
	p.await("the number to be right", func() bool {
		found := p.controls(field, "Contact number")
		return len(found) == 1 && !strings.Contains(found[0].description, "Error")
	})
	p.sees("Characters Remaining: 255 / 255")
	p.keyIn("Reason", "Why not")
	p.sees("Characters Remaining: 248 / 255")
	p.holds("First name", "Wei Ling")

	p.menu("Email invitation")
	p.fill("Email address", "someone@vendor.com")
	p.click("button", "Submit")
	p.invalid("Email address", "officer")
	p.invalid("Reason", "Enter")
	p.holds("Email address", "someone@vendor.com")

	p.menu("Create multiple accounts")
	p.upload("Choose a file", textFile(t))
	p.awaitFocus("alert", "There is a problem")
}

func errorsPlainly(t *testing.T, c *chromium, on *portal) {
	p := c.plainPage(t, on)
	p.enter("koh.ah.beng@tech.gov.sg", "/invite/single")
	p.wrongAccount()
	p.menu("Create multiple accounts")
	p.click("button", "Upload")
	p.sees("There is a problem", "Choose a file")
	p.upload("Choose a file", textFile(t))
	p.click("button", "Upload")
	p.sees("There is a problem")
}

// textFile is no workbook.
func textFile(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "users.xlsx")
	if err := os.WriteFile(path, []byte("Email,Username\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func vendorTurnedAway(t *testing.T, c *chromium, on *portal) {
	p := c.page(t, on)
	for _, path := range []string{"/", "/invite/email", "/invite/single", "/invite/multiple", "/status"} {
		p.open(path)
		p.heading("Sign in")
	}
	for _, email := range []string{"mei.ling@vendor.com", "mei.ling@techpass.gov.sg"} {
		p.fill("Email address", email)
		p.click("button", "Send code")
		p.heading("This module is for public officers")
		p.sees("ask the public officer you work with")
		p.click("link", "Back to sign-in")
	}
	p.fill("Email address", "toh.yi.xuan@tech.gov.sg")
	p.click("button", "Send code")
	p.heading("Enter your code")
	p.code("toh.yi.xuan@tech.gov.sg")
	p.fill("One-time code", "12345")
	p.click("button", "Sign in")
	p.invalid("One-time code", "6 digits")
}

// sessionEnds: the officer signs out in another tab, and finds the form as it was
// after signing in again.
func sessionEnds(t *testing.T, c *chromium, on *portal) {
	const officer = "ho.kai.ming@tech.gov.sg"
	p, invitee := c.page(t, on), on.officer("Aisyah Yusof")
	p.enter(officer, "/invite/email")
	p.fill("Email address", invitee.email)
	p.fill("Reason", invitee.reason)
	signOutElsewhere(p)
	p.click("button", "Submit")
	dialog := p.in("dialog", "Your session has ended")
	dialog.find(field, "Email address")
	if got, _ := evaluate[string](p, `document.querySelector('#invite [name=reason]').value`); got != invitee.reason {
		t.Errorf("the form behind the dialog holds %q", got)
	}
	p.accessible("the session has ended")
	dialog.signIn(officer)
	p.sees("Invitation accepted for "+invitee.email, "Total no. of invitations: 1")
}

func sessionEndsPlainly(t *testing.T, c *chromium, on *portal) {
	const officer = "seah.min.hui@tech.gov.sg"
	p, a := c.plainPage(t, on), on.vendor("Muthu Samy")
	p.enter(officer, "/invite/single")
	p.fill("Email address", a.email)
	p.fillAccount(a)
	signOutElsewhere(p)
	p.click("button", "Submit")
	p.sees("Your session has ended.")
	p.signIn(officer)
	p.click("button", "Continue")
	p.heading("Create single account")
	for label, value := range map[string]string{"Email address": a.email, "TechPass username": a.username, "Last name": a.last, "Contact number": a.number, "Reason": a.reason} {
		p.holds(label, value)
	}
	p.click("button", "Submit")
	p.sees("Account accepted for " + a.name())
}

func signOutElsewhere(p *page) {
	p.t.Helper()
	other := p.tab()
	other.open("/")
	other.click("button", "Sign out")
	other.heading("Sign in")
}

func impatientClick(t *testing.T, c *chromium, on *portal) {
	p := c.page(t, on)
	p.enter("quek.jun.wei@tech.gov.sg", "/invite/email")
	p.submitImpatiently(on.officer("Farah Hassan"))
}

func impatientClickPlainly(t *testing.T, c *chromium, on *portal) {
	p := c.plainPage(t, on)
	p.enter("sim.hwee.ling@tech.gov.sg", "/invite/email")
	p.submitImpatiently(on.officer("Haziq Osman"))
}

// submitImpatiently clicks three times and gets one invitation, not an error.
func (p *page) submitImpatiently(a account) {
	p.t.Helper()
	p.fill("Email address", a.email)
	p.fill("Reason", a.reason)
	p.clickTimes("button", "Submit", 3)
	// On a slow machine the last click falls on the next page, and may lead on.
	p.await("the next page", func() bool { return p.path() != "/invite/email" })
	p.open("/status")
	p.sees("Total no. of invitations: 1")
	p.await("the mail", func() bool { return len(p.on.mails(p.t, a.email)) > 0 })
	if n := len(p.on.mails(p.t, a.email)); n != 1 {
		p.t.Errorf("%d mails went out", n)
	}
}

// markupIsText puts markup into every field that takes it.
func markupIsText(t *testing.T, c *chromium, on *portal) {
	const markup = `<img src=x onerror=alert(1)>"'&amp;`
	p, a := c.page(t, on), on.vendor("Chia Yong Sheng")
	a.first, a.last, a.organisation, a.department, a.reason = "F"+markup, "L"+markup, "O"+markup, "D"+markup, "R"+markup
	p.enter("pang.shi.min@tech.gov.sg", "/invite/single")
	p.fill("Email address", markup)
	p.fillAccount(a)
	p.click("button", "Submit")
	p.sees("There is a problem")
	p.holds("Email address", markup)
	p.holds("Reason", a.reason)
	p.fill("Email address", a.email)
	p.click("button", "Submit")
	p.heading("User creation status")
	p.sees("Account accepted for "+a.name(), a.organisation, a.department)

	inList := on.vendor("Chia Yong Sheng")
	inList.first, inList.last, inList.username = a.first, a.last, markup
	file := filepath.Join(t.TempDir(), "<img src=x onerror=alert(1)>.xlsx")
	if err := os.Rename(workbookOf(t, inList), file); err != nil {
		t.Fatal(err)
	}
	p.menu("Create multiple accounts")
	p.upload("Choose a file", file)
	p.sees("1 of 1 user to fix.", "<img src=x onerror=alert(1)>.xlsx", a.first, markup)
	p.rowMenu(inList, "View details")
	p.sees("Details of row 5")
	p.holds("TechPass username", markup)

	p.open("/status?q=" + "%22%3E%3Cscript%3Ealert(1)%3C/script%3E")
	p.sees("No invitation matches")
	p.holds("Search", `"><script>alert(1)</script>`)
	p.open("/sandbox?q=" + a.email)
	p.sees(a.name())
	if n, _ := evaluate[int](p, `document.querySelectorAll('img, script:not([src])').length`); n != 0 {
		t.Errorf("%d elements came from the markup", n)
	}
}
