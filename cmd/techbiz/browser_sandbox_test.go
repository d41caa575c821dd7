package main

import (
	"strings"
	"testing"
)

// otherSide plays the invitees by hand: it reads mails, follows their links, and
// moves the clock.
func otherSide(t *testing.T, c *chromium, on *portal) {
	p, invited, created := c.page(t, on), on.officer("Rajesh Kumar"), on.vendor("Phua Li Ying")
	p.enter("tan.hock.seng@tech.gov.sg", "/invite/email")
	p.fill("Email address", invited.email)
	p.fill("Reason", invited.reason)
	p.click("button", "Submit")
	p.sees("Invitation accepted for " + invited.email)
	p.menu("Create single account")
	p.fill("Email address", created.email)
	p.fillAccount(created)
	p.click("button", "Submit")
	p.sees("Account accepted for " + created.name())
	p.await("the mail with the activation link", func() bool { return len(on.mails(t, created.email)) > 0 })

	sandbox := p.tab()
	sandbox.openMail(invited.email)
	sandbox.accessible("a mail")
	sandbox.followLink("Complete registration")
	sandbox.accessible("the registration")
	sandbox.fill("First name", "Rajesh")
	sandbox.fill("Last name", "Kumar")
	sandbox.fill("Contact number", on.vendor("Rajesh Kumar").number)
	sandbox.click("button", "Complete registration")
	sandbox.sees("Registration complete", invited.email+" now has an active TechPass account.")
	sandbox.openMail(created.email)
	sandbox.followLink("Activate")
	sandbox.accessible("the activation")
	sandbox.click("button", "Activate")
	sandbox.sees("Account activated")

	p.menu("User creation status")
	p.await("both to be onboarded", func() bool { return onboarded(p.row(invited.email)) && onboarded(p.row(created.email)) })
	p.rowSays(invited.email, "Rajesh Kumar")

	sandbox.timePasses(p, on.officer("Wee Xiu Ting"))
}

// timePasses: the link of an invitation lapses when the clock has moved six days.
func (p *page) timePasses(portal *page, invited account) {
	p.t.Helper()
	portal.menu("Email invitation")
	portal.fill("Email address", invited.email)
	portal.fill("Reason", invited.reason)
	portal.click("button", "Submit")
	portal.sees("Invitation accepted for " + invited.email)
	p.open("/sandbox")
	for range 6 {
		before := p.clock()
		p.click("button", "Move the clock a day")
		p.await("the clock to move", func() bool { return p.ready() && p.clock() != before && p.clock() != "" })
	}
	portal.rowSays(invited.email, "User Not Found")
}

func (p *page) clock() string {
	s, _ := evaluate[string](p, `document.querySelector('.page-head time')?.dateTime ?? ''`)
	return s
}

// openMail opens the only mail to an address, from the mailbox.
func (p *page) openMail(to string) {
	p.t.Helper()
	p.open("/sandbox")
	p.fill("Mails to", to)
	p.in("search", "Mails to").click("button", "Search")
	p.await("the mailbox of "+to, func() bool { return strings.Contains(p.path(), "to=") && p.ready() })
	subject := p.on.mails(p.t, to)[0].Subject
	p.click("link", subject)
	p.heading(subject)
}

// followLink follows the mail's link into the portal, to the page that offers
// what the person is to do.
func (p *page) followLink(offer string) {
	p.t.Helper()
	p.click("link", p.on.base.JoinPath("sandbox").String()+"/*")
	p.find("button", offer)
}
