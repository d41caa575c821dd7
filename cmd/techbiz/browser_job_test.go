package main

import (
	"strings"
	"testing"
	"time"
)

// The main job: sign in, invite in all three ways, follow it, resend, sign out.
// It is done once with JavaScript and once without; a job is what both share.
type job struct {
	*page
	invited, vendor, officer account
	list                     []account // of the workbook: one to fix, one to remove
}

// soon is how long the portal may take to show a changed status.
const soon = 5 * time.Second

func newJob(p *page) *job {
	on := p.on
	toFix, toRemove := on.vendor("Siti Rahman"), on.vendor("Ravi Pillai")
	toFix.number = "71234567"
	return &job{
		page: p, invited: on.officer("Ong Li Ting"), vendor: on.vendor("Tan Mei Ling"), officer: on.officer("Lim Wei Jie"),
		list: []account{on.vendor("Goh Jia Hao"), toFix, toRemove, on.officer("Chua Hui Min")},
	}
}

// menu follows a link of the side navigation.
func (p *page) menu(entry string) {
	p.t.Helper()
	p.in("navigation", "Main").click("link", entry)
	p.heading(entry)
}

func mainJobSmoothly(t *testing.T, c *chromium, on *portal) {
	j := newJob(c.page(t, on))
	j.enter("tan.wei.ling@tech.gov.sg", "/")
	j.heading("Create TechPass account")
	j.inviteByEmail()
	j.createVendor()
	j.createOfficer()
	j.uploadList()
	j.fixRow()
	j.removeRow()
	j.addFile()
	j.submitList("5 accounts created")
	j.followStatuses()
	j.resendOnce()
	j.signOut()
}

func mainJobPlainly(t *testing.T, c *chromium, on *portal) {
	j := newJob(c.plainPage(t, on))
	j.enter("lee.kok.wah@tech.gov.sg", "/")
	j.heading("Create TechPass account")
	j.inviteByEmail()
	j.createVendor()
	j.createOfficer()
	j.uploadList()
	j.fixRow()
	j.removeRow()
	j.submitList("3 accounts created")
	j.followStatuses()
	j.resendOnce()
	j.signOut()
}

func (j *job) inviteByEmail() {
	j.t.Helper()
	j.menu("Email invitation")
	j.fill("Email address", j.invited.email)
	j.fill("Reason", j.invited.reason)
	j.click("button", "Submit")
	j.heading("User creation status")
	j.sees("Invitation accepted for "+j.invited.email, "Total no. of invitations: 1")
}

func (j *job) createVendor() {
	j.t.Helper()
	j.menu("Create single account")
	j.fill("Email address", j.vendor.email)
	j.click("radio", "Yes")
	j.fillAccount(j.vendor)
	j.click("button", "Submit")
	j.heading("User creation status")
	j.sees("Account accepted for "+j.vendor.name(), "Total no. of invitations: 2")
}

// createOfficer types the address first: with JavaScript the username is then
// greyed out, and says why.
func (j *job) createOfficer() {
	j.t.Helper()
	j.menu("Create single account")
	j.fill("Email address", j.officer.email)
	if !j.plain {
		j.click(field, "First name")
		j.sees("a public officer’s TechPass ID is the email address")
		if username := j.find(field, "TechPass username"); !of[bool](j.page, username, `function () { return this.disabled }`) {
			j.t.Error("the username is not greyed out for a public officer")
		}
	}
	j.fillAccount(j.officer)
	j.click("button", "Submit")
	j.heading("User creation status")
	j.sees("Account accepted for "+j.officer.name(), "Total no. of invitations: 3")
}

func (j *job) uploadList() {
	j.t.Helper()
	j.menu("Create multiple accounts")
	j.upload("Choose a file", workbookOf(j.t, j.list...))
	if j.plain {
		j.click("button", "Upload")
	}
	j.sees("Uploaded users.xlsx", "1 of 4 users to fix.", "1 to 4 of 4")
}

func (j *job) fixRow() {
	j.t.Helper()
	j.rowMenu(j.list[1], "View details")
	j.sees("Details of row 6")
	j.fill("Contact number", j.on.vendor("Siti Rahman").number)
	j.click("button", "Save")
	j.missing("Details of row 6")
	j.rowSays(j.list[1].email, "Ready")
}

func (j *job) removeRow() {
	j.t.Helper()
	j.rowMenu(j.list[2], "Remove")
	j.sees("1 to 3 of 3")
}

// rowMenu uses the menu ⋮ of a row.
func (p *page) rowMenu(a account, item string) {
	p.t.Helper()
	p.click("button", "Actions for "+a.name())
	p.in("menu", "Actions for "+a.name()).click("menuitem", item)
}

// addFile adds a workbook that LibreOffice wrote, and takes the start date out of
// it, whose day comes or has passed when the test runs.
func (j *job) addFile() {
	j.t.Helper()
	j.more("Add the users of another file")
	j.upload("Choose a file", "../../internal/workbook/testdata/template-libreoffice.xlsx")
	j.sees("1 to 5 of 5")
	j.rowSays("meiling@vendor.example", "01-02-2027")
	j.rowMenu(account{first: "Mei Ling", last: "Tan"}, "View details")
	j.fill("Start date", "")
	j.click("button", "Save")
	j.missing("Details of row")
	j.rowSays("meiling@vendor.example", "Ready")
}

func (j *job) submitList(done string) {
	j.t.Helper()
	j.click("button", "Submit")
	j.sees("will be created.")
	j.click("button", "Confirm")
	j.missing("will be created.")
	j.whole(done, func() bool { return strings.Contains(j.text(), done) })
}

// followStatuses plays the invitees and sees the rows follow, with JavaScript
// without a reload.
func (j *job) followStatuses() {
	j.t.Helper()
	total := "Total no. of invitations: 6"
	if !j.plain {
		total = "Total no. of invitations: 8"
	}
	j.menu("User creation status")
	j.sees(total)
	j.whole("the accounts to be made", func() bool { return !strings.Contains(j.text(), "In progress") })
	for email, act := range map[string]string{
		j.invited.email: "complete-registration", j.vendor.email: "activate", j.list[0].email: "activate", j.list[3].email: "activate",
	} {
		if row := j.row(email); !strings.Contains(row, "Not Onboarded") {
			j.t.Errorf("before: %s", row)
		}
		j.on.act(j.t, email, act)
		begin := time.Now()
		j.whole(email+" to be onboarded", func() bool { return onboarded(j.row(email)) })
		if took := time.Since(begin); took > soon {
			j.t.Errorf("%s was shown as onboarded after %s, want %s at most", email, took, soon)
		}
	}
	if row := j.row(j.officer.email); !strings.Contains(row, "Not Onboarded") {
		j.t.Errorf("nobody activated it: %s", row)
	}
	j.rowSays(j.vendor.email, "License Assigned")
}

func onboarded(row string) bool {
	return strings.Contains(row, "Onboarded") && !strings.Contains(row, "Not Onboarded")
}

// whole waits for a change of the page, which comes by itself with JavaScript and
// by a reload without.
func (j *job) whole(what string, done func() bool) {
	j.t.Helper()
	j.await(what, func() bool {
		if j.plain {
			j.reload()
		}
		return done()
	})
}

func (j *job) resendOnce() {
	j.t.Helper()
	before := len(j.on.mails(j.t, j.officer.email))
	j.click("button", "Resend to "+j.officer.email)
	j.rowSays(j.officer.email, "Again from")
	if j.has("button", "Resend to "+j.officer.email) {
		j.t.Error("Resend stands there a second time")
	}
	j.await("the second mail", func() bool { return len(j.on.mails(j.t, j.officer.email)) == before+1 })
}

// signOut ends the session: the back button leads to sign-in.
func (j *job) signOut() {
	j.t.Helper()
	j.click("button", "Sign out")
	j.heading("Sign in")
	j.back()
	j.heading("Sign in")
	if text := j.text(); strings.Contains(text, j.officer.email) {
		j.t.Error("the list can be read after sign-out")
	}
	if path := j.path(); !strings.HasPrefix(path, "/sign-in?next=%2Fstatus") {
		j.t.Errorf("back leads to %s", path)
	}
}
