package main

import (
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// sessionIsKept hears that the session is about to end, keeps it, hears it again,
// lets it end, and signs in again over the same form.
func sessionIsKept(t *testing.T, c *chromium, _ *portal) {
	const officer = "ng.pei.shan@tech.gov.sg"
	on := servePortal(t, databases["SQLite"](t), "--session-idle=20s")
	p, invitee := c.page(t, on), on.officer("Syafiq Rahim")
	p.enter(officer, "/invite/email")
	p.fill("Email address", invitee.email)
	p.fill("Reason", invitee.reason)

	p.find("alertdialog", "Your session is about to end")
	p.sees("You will be signed out in")
	p.awaitFocus("button", "Stay signed in")
	p.everyWidth("a session about to end")
	p.press(kb.Enter)
	p.missing("Your session is about to end")
	p.awaitFocus(field, "Reason")
	p.holds("Email address", invitee.email)

	p.find("alertdialog", "Your session is about to end")
	p.find("alertdialog", "You have been signed out")
	p.everyWidth("a session that has ended")
	p.click("button", "Sign in")
	dialog := p.in("dialog", "Your session has ended")
	if mailbox := dialog.find("link", "the sandbox’s mailbox (opens in a new tab)"); of[string](p, mailbox, `function () { return this.target }`) != "_blank" {
		t.Error("the way to the mailbox leads away from the form")
	}
	dialog.signIn(officer)
	p.missing("Your session has ended")
	p.holds("Email address", invitee.email)
	p.holds("Reason", invitee.reason)
	p.click("button", "Submit")
	p.sees("Invitation accepted for " + invitee.email)
}

// sessionElsewhere: what happens to the session in one tab is seen in another.
func sessionElsewhere(t *testing.T, c *chromium, on *portal) {
	p := c.page(t, on)
	p.enter("ng.choon.hwee@tech.gov.sg", "/invite/email")
	p.fill("Reason", "A form that is kept")
	p.click(field, "Email address")
	signOutElsewhere(p)
	p.comesBack()
	p.find("alertdialog", "You have been signed out")

	other := p.tab()
	other.enter("ng.choon.hwee@tech.gov.sg", "/")
	p.comesBack()
	p.missing("You have been signed out")
	p.holds("Reason", "A form that is kept")

	other.click("button", "Sign out")
	other.heading("Sign in")
	other.signIn("ng.siok.tin@tech.gov.sg")
	other.heading("Create TechPass account")
	p.comesBack()
	p.find("alertdialog", "Somebody else has signed in")
	p.accessible("another officer signed in")
	p.click("link", "Open the page anew")
	p.sees("ng.siok.tin@tech.gov.sg")
}

// comesBack tells the page that its window is in front again.
func (p *page) comesBack() {
	p.t.Helper()
	if _, ok := evaluate[bool](p, `window.dispatchEvent(new Event('focus'))`); !ok {
		p.t.Fatal("there is no page")
	}
}

// formIsFilledIn: usernames are suggested from the names, officers need none, and
// an earlier invitation fills in a form.
func formIsFilledIn(t *testing.T, c *chromium, on *portal) {
	p, a := c.page(t, on), on.vendor("Mei.Ling Tan")
	a.first, a.last = "Hui Xin", "Koh"
	p.enter("ng.li.ting@tech.gov.sg", "/invite/single")
	p.fill("Email address", a.email)
	p.keyIn("First name", a.first)
	p.keyIn("Last name", a.last)
	p.find("button", "Use hui.xin.koh")
	p.everyWidth("suggestions")
	p.click("button", "Use koh.hui.xin")
	p.holds("TechPass username", "koh.hui.xin")
	if p.has("button", "Use koh.hui.xin") {
		t.Error("the suggestion stays")
	}
	p.fill("Contact number", a.number)
	p.fill("Organisation", a.organisation)
	p.fill("Reason", a.reason)
	p.click("button", "Submit")
	p.sees("Account accepted for Hui Xin Koh")

	id, _ := evaluate[string](p, `new URL(location).searchParams.get('invited')`)
	p.open("/invite/single?from=" + id)
	p.sees("Filled in from the invitation of")
	p.holds("TechPass username", "koh.hui.xin")
	p.holds("Contact number", a.number)
	p.everyWidth("filled in")
	p.fill("Email address", "koh.hui.xin@agency.gov.sg")
	p.click(field, "Organisation")
	p.sees("Not needed: a public officer’s TechPass ID is the email address")
	p.everyWidth("greyed out")
}
