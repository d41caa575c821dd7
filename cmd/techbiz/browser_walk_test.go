package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// A walk goes through every page and state of the portal, with people of the
// sandbox whose statuses differ, and hands each to visit by its name.
type walk struct {
	*page
	visit func(name string, widths ...int64)
	past  []account // of lists in the weeks before
	list  []account // of the list that is reviewed
}

const walker = "tan.wei.ling@tech.gov.sg"

// atWalkersPace slows the directory down, so that a list's progress can be seen.
const atWalkersPace = "--sandbox-faults=latency=150ms"

func (w *walk) everyState(t *testing.T) {
	t.Helper()
	people := sample()
	w.past, w.list = people[:15], append(toFix(people[15]), people[15:]...)
	w.signingIn()
	w.emptyPages()
	w.weeksBefore()
	w.forms()
	w.listUnderReview()
	w.listAtWork()
	w.statuses()
	w.sandboxPages()
	w.wrongTurns()
}

func (w *walk) signingIn() {
	w.t.Helper()
	w.open("/")
	w.heading("Sign in")
	w.visit("sign-in")
	w.fill("Email address", "mei.ling@vendor.com")
	w.click("button", "Send code")
	w.heading("This module is for public officers")
	w.visit("vendor")
	w.click("link", "Back to sign-in")
	w.fill("Email address", "tan.wei.ling")
	w.click("button", "Send code")
	w.invalid("Email address", "name@agency.gov.sg")
	w.visit("sign-in-error")
	w.fill("Email address", walker)
	w.click("button", "Send code")
	w.heading("Enter your code")
	w.visit("code")
	w.fill("One-time code", w.code(walker))
	w.click("button", "Sign in")
	w.heading("Create TechPass account")
}

func (w *walk) emptyPages() {
	w.t.Helper()
	w.visit("landing")
	w.resize(phoneWidth, 844)
	w.click("button", "Menu")
	w.in("navigation", "Main").find("link", "Email invitation")
	w.visit("menu", phoneWidth)
	w.resize(desktopWidth, 900)
	w.open("/status")
	w.sees("No invitation yet")
	w.visit("status-empty")
	w.menu("Create multiple accounts")
	w.visit("upload")
}

// weeksBefore sends off a list a week, most of whose users onboard.
func (w *walk) weeksBefore() {
	w.t.Helper()
	for week, n := range []int{4, 6, 5} {
		list := w.past[:n]
		w.past = w.past[n:]
		w.menu("Create multiple accounts")
		w.upload("Choose a file", workbookOf(w.t, list...))
		w.click("button", "Submit")
		w.click("button", "Confirm")
		w.sees(fmt.Sprintf("%d accounts created", n))
		w.on.request(w.t, http.MethodPost, "/sandbox/clock/advance?days=7")
		for i, a := range list {
			if i != week {
				w.on.act(w.t, a.email, "activate")
			}
		}
	}
}

func (w *walk) forms() {
	w.t.Helper()
	w.menu("Email invitation")
	w.visit("email")
	w.fill("Email address", "lee.hui.min@vendor.com")
	w.click("button", "Submit")
	w.sees("There are 2 problems")
	w.visit("email-errors")
	for _, email := range []string{"nurul.aisyah@moh.gov.sg", "ong.kah.seng@hdb.gov.sg"} {
		w.menu("Email invitation")
		w.fill("Email address", email)
		w.fill("Reason", "Reviews the licensing service for the agency")
		w.click("button", "Submit")
		w.sees("Invitation accepted for " + email)
	}
	w.visit("status-invited")
	w.menu("Create single account")
	w.visit("single")
	w.wrongAccount()
	w.visit("single-errors")
	w.menu("Create single account")
	w.fill("Email address", "goh.li.wen@lta.gov.sg")
	w.click(field, "First name")
	w.sees("a public officer’s TechPass ID is the email address")
	w.visit("single-officer")
}

func (w *walk) listUnderReview() {
	w.t.Helper()
	w.menu("Create multiple accounts")
	w.upload("Choose a file", textFile(w.t))
	w.sees("There is a problem")
	w.visit("upload-error")
	w.upload("Choose a file", workbookOf(w.t, w.list...))
	w.sees(fmt.Sprintf("2 of %d users to fix.", len(w.list)))
	w.await("the directory's word on the list", func() bool { return !strings.Contains(w.text(), "Checking the directory") })
	w.visit("review")
	w.click("button", "Actions for "+w.list[0].name())
	w.find("menuitem", "Remove")
	w.visit("review-menu")
	w.in("menu", "Actions for "+w.list[0].name()).click("menuitem", "View details")
	w.sees("Details of row 5")
	w.visit("row")
	w.click("link", "Cancel")
	w.missing("Details of row 5")
	w.click("button", "Reset")
	w.sees("Remove all users?")
	w.visit("reset")
	w.in("dialog", "Remove all users?").click("link", "Cancel")
	w.missing("Remove all users?")
	w.click("link", "To fix 2")
	w.sees("1 to 2 of 2")
	w.visit("review-to-fix")
	w.keyIn("Search users", "nobody")
	w.sees("No user matches")
	w.visit("review-none")
	w.keyIn("Search users", "")
	w.sees("1 to 2 of 2") // the search follows after a moment; the link is of the page before it until then
	w.click("link", "All*")
	w.sees(fmt.Sprintf("1 to 10 of %d", len(w.list)))
}

func (w *walk) listAtWork() {
	w.t.Helper()
	w.click("button", "Submit")
	w.sees("will be created.")
	w.visit("confirm")
	w.click("button", "Confirm")
	w.missing("will be created.")
	w.visit("progress")
	w.sees(fmt.Sprintf("%d accounts created", len(w.list)-2))
	w.visit("done")
	w.menu("Create multiple accounts")
	w.sees("Earlier lists")
	w.visit("upload-earlier")
}

// statuses plays the people, so that the list has some of each status.
func (w *walk) statuses() {
	w.t.Helper()
	w.on.act(w.t, "nurul.aisyah@moh.gov.sg", "complete-registration")
	for i, a := range w.list[2:] {
		switch i % 8 {
		case 0, 1, 4, 6:
			w.on.act(w.t, a.email, "activate")
			if i%4 == 0 && a.seed == "Yes" {
				w.on.act(w.t, a.email, "onboard-device")
			}
		case 5:
			w.on.act(w.t, a.email, "terminate")
		}
	}
	w.menu("User creation status")
	w.choose("TechPass Status", "User Not Found")
	w.sees("Total no. of invitations: 2")
	w.choose("TechPass Status", "All")
	w.sees("Total no. of invitations: 36")
	w.visit("status")
	last := w.list[len(w.list)-1].email
	w.click("link", last)
	w.sees("TechPass ID", "History")
	w.visit("status-drawer")
	w.click("link", "Correct the address and send")
	w.sees("The address that was meant")
	w.visit("status-correct")
	w.press(kb.Escape)
	w.missing("The address that was meant")
	w.click("link", "Resend to all who can be resent")
	w.sees("people are left out:")
	w.visit("status-resend-all")
	w.click("link", "Cancel")
	w.missing("people are left out:")
	w.click("button", "Resend to "+last)
	w.rowSays(last, "Again from")
	w.visit("status-resent")
	w.keyIn("Search", "nobody")
	w.sees("No invitation matches")
	w.visit("status-none")
	w.menu("Activity")
	w.sees("Total no. of records")
	w.visit("activity")
	w.keyIn("Search", "nobody@agency.gov.sg")
	w.sees("No record matches")
	w.visit("activity-none")
}

func (w *walk) sandboxPages() {
	w.t.Helper()
	w.open("/sandbox")
	w.sees("Mailbox")
	w.visit("sandbox")
	const invited = "ong.kah.seng@hdb.gov.sg"
	w.openMail(invited)
	w.visit("mail")
	w.followLink("Complete registration")
	w.visit("register")
	w.fill("First name", "Kah Seng")
	w.fill("Last name", "Ong")
	w.click("button", "Complete registration")
	w.sees("Registration complete")
	w.visit("registered")
	w.openMail(w.list[4].email)
	w.followLink("Activate")
	w.visit("activate")
}

func (w *walk) wrongTurns() {
	w.t.Helper()
	w.open("/nowhere")
	w.heading("Page not found")
	w.visit("not-found")
	w.open("/sessions")
	w.heading("Where you are signed in")
	w.visit("sessions")
	w.open("/invite/email")
	w.fill("Email address", "koh.jia.en@nea.gov.sg")
	w.fill("Reason", "Runs the dengue dashboard")
	signOutElsewhere(w.page)
	w.click("button", "Submit")
	w.in("dialog", "Your session has ended").find(field, "Email address")
	w.visit("session-ended")
}

// accessibleEverywhere runs axe on every state, on a desktop and on a phone, and
// sees that nothing scrolls sideways, down to 320 pixels.
func accessibleEverywhere(t *testing.T, c *chromium, on *portal) {
	p := c.page(t, on)
	w := &walk{page: p, visit: func(name string, widths ...int64) {
		for _, width := range widthsOr(widths) {
			p.resize(width, 900)
			p.accessible(fmt.Sprintf("%s at %d px", name, width))
			p.fits(name, width)
		}
		p.resize(320, 640)
		p.fits(name, 320)
		p.resize(desktopWidth, 900)
	}}
	w.everyState(t)
}

func widthsOr(widths []int64) []int64 {
	if len(widths) == 0 {
		return []int64{desktopWidth, phoneWidth}
	}
	return widths
}

// fits fails the test for a page that scrolls sideways.
func (p *page) fits(state string, width int64) {
	p.t.Helper()
	wide, ok := evaluate[int64](p, `document.scrollingElement.scrollWidth`)
	if !ok || wide > width {
		p.t.Errorf("%s at %d px scrolls sideways: it is %d px wide", state, width, wide)
	}
}

// toFix are two users with something to fix: a number that is none, and a user who
// stands further down again. The first of the two stays valid.
func toFix(double account) []account {
	wrong := double
	wrong.email, wrong.username, wrong.first, wrong.last = "rajesh.kumar@straits-software.example", "rajesh.kumar", "Rajesh", "Kumar"
	wrong.organisation, wrong.number = "Straits Software Pte Ltd", "6123 4567"
	return []account{wrong, double}
}

// sample is people as agencies and vendors have them.
func sample() []account {
	organisations := []struct{ name, domain string }{
		{"Land Transport Authority", "lta.gov.sg"}, {"Ministry of Health", "moh.gov.sg"}, {"Merlion Systems Pte Ltd", "merlion-systems.example"},
		{"Housing & Development Board", "hdb.gov.sg"}, {"GovTech", "tech.gov.sg"}, {"Straits Software Pte Ltd", "straits-software.example"},
		{"CPF Board", "cpf.gov.sg"},
	}
	names := strings.Split("Jia Hao|Goh,Nurhaliza|Salleh,Wei Jie|Lim,Priya|Nair,Hui Min|Chua,Haziq|Rahman,Xin Yi|Wong,Arjun|Pillai,"+
		"Boon Keng|Koh,Farah|Osman,Zhi Hao|Ng,Shi Min|Teo,Kavitha|Raj,Kai Xiang|Low,Aisyah|Yusof,Mei Ling|Tan,Jun Wei|Yeo,Pei Shan|Chan,"+
		"Muhammad Irfan|Aziz,Li Ting|Ong,Suresh|Menon,Yu Xuan|Ho,Siti Aminah|Hassan,Ming Hui|Sim,Deepa|Krishnan,Jun Jie|Seah,Nadia|Ismail,"+
		"Choon Hwee|Ang,Ravi|Chandran,Xiu Ting|Wee,Hui Ling|Quek,Danish|Hakim,Guo Wei|Toh,Min Li|Pang", ",")
	departments := []string{"Digital Services", "Infrastructure", "", "Data and Analytics"}
	people := make([]account, len(names))
	for i, name := range names {
		first, last, _ := strings.Cut(name, "|")
		at := organisations[i%len(organisations)]
		dotted := strings.ReplaceAll(strings.ToLower(first+" "+last), " ", ".")
		people[i] = account{
			email: dotted + "@" + at.domain, first: first, last: last, number: fmt.Sprintf("9%07d", 1203345+i*48611),
			organisation: at.name, department: departments[i%len(departments)], seed: []string{"No", "No", "Yes"}[i%3],
			reason: "Builds and runs the licensing service",
		}
		if !strings.HasSuffix(at.domain, ".gov.sg") {
			people[i].username = dotted
		}
	}
	return people
}

// sampleDomains are the vendors' domains of the sample.
const sampleDomains = "--allowed-domains=vendor.com,merlion-systems.example,straits-software.example"
