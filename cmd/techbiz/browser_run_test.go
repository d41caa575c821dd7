package main

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// listStopsAndGoesOn stops a list that waits for its day, goes on, and undoes it.
func listStopsAndGoesOn(t *testing.T, c *chromium, _ *portal) {
	on := servePortal(t, databases["SQLite"](t), "--sandbox-faults=latency=10s")
	p, users := c.page(t, on), on.people(7)
	p.enter("mok.siew.choo@tech.gov.sg", "/invite/multiple")
	p.upload("Choose a file", workbookOf(t, users...))
	p.startsLater(users[6], 3)
	p.click("button", "Submit")
	p.sees("7 accounts will be created.", "1 of them starts later, at 09:00 of the start date.")
	p.click("button", "Confirm")
	p.heading("Creating accounts")
	p.sees("1 user waits until the start date")
	p.click("button", "Stop")
	p.heading("Creation stopped")
	p.sees("Stopped.", "nothing runs until somebody continues.")
	p.everyWidth("a list that is stopped")
	p.open("/invite/multiple")
	p.sees("Earlier lists", "Stopped")
	p.click("link", "users.xlsx")
	p.click("button", "Continue")
	p.heading("Creating accounts")
	p.sees("6 of 7 done")
	p.open("/invite/multiple")
	p.sees("Scheduled")
	p.open("/status")
	p.rowSays(users[6].email, "Starts on "+time.Now().AddDate(0, 0, 3).Format("02-01-2006"))
	p.click("link", users[6].email)
	p.sees("Start date", "Waits until it is time to start")

	p.undoes(users[0])
}

// undoes ends the list, of which one user has onboarded.
func (p *page) undoes(onboards account) {
	p.t.Helper()
	p.on.act(p.t, onboards.email, "activate")
	p.open("/status")
	p.await("one to be onboarded", func() bool { return onboarded(p.row(onboards.email)) })
	p.open("/invite/multiple")
	p.click("link", "users.xlsx")
	p.more("Undo the list")
	p.sees("Undo 6 invitations?", "1: The person has onboarded")
	p.everyWidth("the preview of an undo")
	p.click("button", "Confirm")
	p.sees("Undone: 6 invitations ended", "The person has onboarded")
	p.everyWidth("the receipt of an undo")
}

// startsLater gives a user of the list a start date so many days ahead.
func (p *page) startsLater(a account, days int) {
	p.t.Helper()
	p.rowMenu(a, "View details")
	p.fill("Start date", time.Now().AddDate(0, 0, days).Format("02-01-2006"))
	p.click("button", "Save")
	p.rowSays(a.email, time.Now().AddDate(0, 0, days).Format("02-01-2006"))
}

// listIsCalledBack calls a list back within its recall window.
func listIsCalledBack(t *testing.T, c *chromium, _ *portal) {
	on := servePortal(t, databases["SQLite"](t), "--recall=10m")
	for name, p := range map[string]*page{"with": c.page(t, on), "without": c.plainPage(t, on)} {
		p.enter(name+"@tech.gov.sg", "/invite/multiple")
		p.upload("Choose a file", workbookOf(t, on.people(3)...))
		if p.plain {
			p.click("button", "Upload")
		}
		p.sees("1 to 3 of 3")
		p.click("button", "Submit")
		p.sees("Nothing runs for 10 minutes")
		p.click("button", "Confirm")
		p.sees("Nothing has run yet.", "You can call the whole list back until", "Time left: 10 minutes")
		p.everyWidth("a list that can be called back")
		p.click("button", "Call back")
		p.sees("Call back 3 users?")
		if !p.plain {
			p.accessible("the question before a list is called back")
		}
		p.click("button", "Confirm")
		p.sees("Called back: 3 users stand on the list again", "1 to 3 of 3")
	}
}

// failedUsersAreRetried makes a number taken between the submission and the day
// on which the account starts, and tries again when it is free.
func failedUsersAreRetried(t *testing.T, c *chromium, _ *portal) {
	for name, open := range map[string]func(*testing.T, *portal) *page{"with": c.page, "without": c.plainPage} {
		on := servePortal(t, databases["SQLite"](t)) // its clock moves
		p := open(t, on)
		p.enter(name+"@tech.gov.sg", "/invite/email")
		taker := on.officer("Taker " + name)
		p.fill("Email address", taker.email)
		p.fill("Reason", taker.reason)
		p.click("button", "Submit")
		p.sees("Invitation accepted for " + taker.email)

		users := on.people(2)
		p.open("/invite/multiple")
		p.upload("Choose a file", workbookOf(t, users...))
		if p.plain {
			p.click("button", "Upload")
		}
		p.sees("1 to 2 of 2")
		for _, u := range users {
			p.startsLater(u, 2)
		}
		p.click("button", "Submit")
		p.click("button", "Confirm")
		p.sees("2 users wait until the start date")
		list := p.path()

		c.page(t, on).registers(taker, users[0].number)
		on.request(t, http.MethodPost, "/sandbox/clock/advance?days=3")

		p.await("one to fail", func() bool { p.open(list); return strings.Contains(p.text(), "1 account created") })
		p.sees("1 user failed", "1 user to correct.")
		p.everyWidth("an outcome with a failure")
		p.sends("Retry " + users[0].email)
		p.await("it to fail again", func() bool { p.open(list); return strings.Contains(p.text(), "1 account created") })
		p.sees("1 user failed")
		on.act(t, taker.email, "terminate")
		p.sends("Retry all failed")
		p.await("both to be created", func() bool { p.open(list); return strings.Contains(p.text(), "2 accounts created") })
	}
}

// registers completes the registration of an invitation with a number.
func (p *page) registers(invited account, number string) {
	p.t.Helper()
	p.openMail(invited.email)
	p.followLink("Complete registration")
	p.fill("First name", invited.first)
	p.fill("Last name", invited.last)
	p.fill("Contact number", number)
	p.click("button", "Complete registration")
	p.sees("Registration complete")
}

// sends clicks a button that sends a form, and waits for the answer.
func (p *page) sends(button string) {
	p.t.Helper()
	evaluate[bool](p, `window.waiting = true`)
	p.click("button", button)
	p.await("the answer to "+button, func() bool {
		waiting, ok := evaluate[bool](p, `document.readyState !== 'complete' || Boolean(document.querySelector('.htmx-request')) || `+
			`Boolean(window.waiting && !window.htmx)`)
		return ok && !waiting
	})
}
