package main

import (
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/dom"
	cdpage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// write goes to a field by Tab and types.
func (p *page) write(label, text string) {
	p.t.Helper()
	p.tabTo(field, label)
	p.replace(text)
}

// pressOn goes to a control by Tab and presses a key.
func (p *page) pressOn(role, name, key string) {
	p.t.Helper()
	p.tabTo(role, name)
	p.press(key)
}

// mainJobByKeyboard does the main job without a mouse. Swaps must not lose the
// focus, so that each step begins where the last one ended.
func mainJobByKeyboard(t *testing.T, c *chromium, on *portal) {
	p := c.page(t, on)
	p.open("/status")
	p.press(kb.Tab)
	p.awaitFocus("link", "Skip to main content")
	p.write("Email address", "wong.xin.yi@tech.gov.sg")
	p.press(kb.Enter)
	p.find(field, "One-time code")
	p.write("One-time code", p.code("wong.xin.yi@tech.gov.sg"))
	p.press(kb.Enter)
	p.heading("User creation status")

	invitee, vendor := on.officer("Nurul Huda"), on.vendor("Tan Boon Keng")
	p.followMenu("Email invitation")
	p.emailByKeyboard(invitee)
	p.followMenu("Create single account")
	p.singleByKeyboard(vendor)
	p.followMenu("Create multiple accounts")
	toFix, toRemove := on.vendor("Kavitha Raj"), on.vendor("Lau Zhi Hao")
	toFix.first = ""
	p.listByKeyboard(toFix, toRemove)

	p.followMenu("User creation status")
	p.sees("Total no. of invitations: 3")
	p.rowSays(vendor.email, "Not Onboarded")
	p.await("the mail to be out", func() bool { return p.has("button", "Resend to "+vendor.email) })
	p.pressOn("button", "Resend to "+vendor.email, kb.Enter)
	p.rowSays(vendor.email, "Sent. Again from")
	p.focusKept("Resend")
	p.pressOn("button", "Sign out", " ")
	p.heading("Sign in")
}

// followMenu follows a link of the side navigation, past the skip link.
func (p *page) followMenu(entry string) {
	p.t.Helper()
	link := p.in("navigation", "Main").find("link", entry)
	for range 60 {
		if p.focused().node == link.node {
			p.press(kb.Enter)
			p.heading(entry)
			return
		}
		p.press(kb.Tab)
	}
	p.t.Fatalf("Tab never comes to %s in the navigation", entry)
}

func (p *page) emailByKeyboard(a account) {
	p.t.Helper()
	p.write("Email address", a.email)
	p.tabTo("radio", "No")
	p.press(kb.ArrowUp)
	p.awaitFocus("radio", "Yes")
	p.write("Reason", a.reason)
	p.pressOn("button", "Submit", kb.Enter)
	p.sees("Invitation accepted for " + a.email)
	p.focusKept("the invitation")
}

func (p *page) singleByKeyboard(a account) {
	p.t.Helper()
	p.write("Email address", a.email)
	p.write("First name", a.first)
	p.write("Last name", a.last)
	p.write("Contact number", a.number)
	p.write("Organisation", a.organisation)
	p.write("Reason", a.reason)
	// The username is left out: the summary says so and leads to it.
	p.pressOn("button", "Submit", kb.Enter)
	p.awaitFocus("alert", "There is a problem")
	p.press(kb.Tab)
	p.press(kb.Enter)
	p.awaitFocus(field, "TechPass username")
	p.replace(a.username)
	p.pressOn("button", "Submit", " ")
	p.sees("Account accepted for " + a.name())
	p.focusKept("the account")
}

// listByKeyboard uploads a list, corrects one user, removes the other, submits.
func (p *page) listByKeyboard(toFix, toRemove account) {
	p.t.Helper()
	p.chooseFileByKeyboard(workbookOf(p.t, toFix, toRemove))
	p.sees("1 of 2 users to fix.")
	p.focusKept("the upload")

	p.pressOn("button", "Actions for "+toFix.last, kb.Enter)
	p.awaitFocus("menuitem", "View details")
	p.press(kb.Escape)
	p.awaitFocus("button", "Actions for "+toFix.last)
	p.press(" ")
	p.awaitFocus("menuitem", "View details")
	p.press(kb.Enter)
	p.sees("Details of row 5")
	p.write("First name", "Kavitha")
	p.pressOn("button", "Save", kb.Enter)
	p.missing("Details of row 5")
	p.rowSays(toFix.email, "Ready")
	p.focusKept("saving a row")

	p.pressOn("button", "Actions for "+toRemove.name(), kb.Enter)
	p.awaitFocus("menuitem", "View details")
	p.press(kb.ArrowDown)
	p.awaitFocus("menuitem", "Remove")
	p.press(kb.Enter)
	p.sees("1 to 1 of 1")
	p.focusKept("removing a row")

	p.pressOn("button", "Submit", kb.Enter)
	p.sees("Create 1 account?")
	p.press(kb.Escape)
	p.missing("Create 1 account?")
	p.awaitFocus("button", "Submit")
	p.press(kb.Enter)
	p.sees("Create 1 account?")
	p.pressOn("button", "Confirm", kb.Enter)
	p.sees("1 account created")
	p.focusKept("the last row")
}

// chooseFileByKeyboard opens the file chooser by a key and picks a file in it.
func (p *page) chooseFileByKeyboard(path string) {
	p.t.Helper()
	do(p, cdpage.SetInterceptFileChooserDialog, cdpage.SetInterceptFileChooserDialogParams{Enabled: true})
	opened := make(chan cdp.BackendNodeID, 1)
	p.must(chromedp.Listen(p.ctx, func(event any) {
		if e, ok := event.(*cdpage.EventFileChooserOpened); ok {
			opened <- e.BackendNodeID
		}
	}))
	p.pressOn("button", "Choose a file*", kb.Enter)
	var file cdp.BackendNodeID
	p.await("the file chooser", func() bool {
		select {
		case file = <-opened:
			return true
		default:
			return false
		}
	})
	do(p, dom.SetFileInputFiles, dom.SetFileInputFilesParams{Files: []string{path}, BackendNodeID: file})
	do(p, cdpage.SetInterceptFileChooserDialog, cdpage.SetInterceptFileChooserDialogParams{})
}

// focusKept fails the test when the focus has fallen to the page's body.
func (p *page) focusKept(after string) {
	p.t.Helper()
	p.await("the page to load", p.ready)
	if lost, _ := evaluate[bool](p, `document.activeElement === document.body`); lost {
		p.t.Errorf("the focus is lost after %s", after)
	}
}
