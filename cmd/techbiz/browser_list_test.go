package main

import (
	"fmt"
	"strings"
	"testing"
)

// shows waits until the rows of the table are so many.
func (p *page) shows(rows int) {
	p.t.Helper()
	p.await(fmt.Sprintf("%d rows", rows), func() bool {
		n, ok := evaluate[int](p, `document.querySelectorAll('#results tbody tr').length`)
		return ok && n == rows
	})
}

// at waits until the address bar has a path and query.
func (p *page) at(path string) {
	p.t.Helper()
	p.await("the address "+path, func() bool { return p.path() == path })
}

// people are so many vendors, and last one whom searches find.
func (on *portal) people(n int) []account {
	users := make([]account, n)
	for i := range users {
		users[i] = on.vendor("Tay " + strings.Repeat("a", i%7+1))
	}
	users[n-1] = on.vendor("Zubaidah Ismail")
	users[n-1].organisation = "Quayside Works"
	return users
}

func searchAndPages(t *testing.T, c *chromium, on *portal) {
	p, users := c.page(t, on), on.people(23)
	p.enter("leong.sook.yee@tech.gov.sg", "/invite/multiple")
	p.upload("Choose a file", workbookOf(t, users...))
	p.sees("1 to 10 of 23")
	p.click("button", "Submit")
	p.click("button", "Confirm")
	p.sees("23 accounts created")

	p.open("/status")
	p.sees("Total no. of invitations: 23", "1 to 10 of 23")
	p.shows(10)
	p.click("link", "Next")
	p.sees("11 to 20 of 23")
	second := p.path()
	p.click("link", "Next")
	p.sees("21 to 23 of 23")
	p.shows(3)
	if p.has("link", "Next") {
		t.Error("there is a next page behind the last")
	}
	p.click("link", "Previous")
	p.sees("11 to 20 of 23")
	p.back()
	p.sees("21 to 23 of 23")
	p.back()
	p.sees("11 to 20 of 23")
	p.at(second)
	p.forward()
	p.sees("21 to 23 of 23")
	p.open(second)
	p.sees("11 to 20 of 23")

	p.searchStatus(users[22])
	p.filterStatus(users[21])
}

// searchStatus searches as one types: a name, the beginning of an organisation,
// nobody.
func (p *page) searchStatus(a account) {
	p.t.Helper()
	p.open("/status")
	p.keyIn("Search", "zubai")
	p.sees("Total no. of invitations: 1", "1 to 1 of 1")
	p.at("/status?q=zubai")
	p.awaitFocus(field, "Search")
	p.rowSays(a.email, "Quayside Works")
	p.reload()
	p.sees("Total no. of invitations: 1")
	p.holds("Search", "zubai")
	p.keyIn("Search", "quays")
	p.sees("Total no. of invitations: 1")
	p.keyIn("Search", "nobody%")
	p.sees("No invitation matches")
	p.click("link", "Clear search and filters")
	p.sees("Total no. of invitations: 23")
}

// filterStatus filters, and finds the filter in the address.
func (p *page) filterStatus(a account) {
	p.t.Helper()
	p.rowSays(a.email, "Not Onboarded")
	p.on.act(p.t, a.email, "activate")
	p.choose("TechPass Status", "Onboarded")
	p.at("/status?techpass=ONBOARDED")
	p.sees("Total no. of invitations: 1")
	p.rowSays(a.email, "Onboarded")
	p.choose("SEED Status", "License Assigned")
	p.at("/status?seed=LICENSE_ASSIGNED&techpass=ONBOARDED")
	p.sees("No invitation matches")
	p.back()
	p.at("/status?techpass=ONBOARDED")
	p.sees("Total no. of invitations: 1")
	p.holds("TechPass Status", "ONBOARDED")
	p.back()
	p.sees("Total no. of invitations: 23")
	p.forward()
	p.sees("Total no. of invitations: 1")
}

func reviewOfList(t *testing.T, c *chromium, on *portal) {
	p, users := c.page(t, on), on.people(12)
	users[3].number, users[7].email = "12", "nobody"
	p.enter("chan.pei.shan@tech.gov.sg", "/invite/multiple")
	p.upload("Choose a file", workbookOf(t, users...))
	p.sees("2 of 12 users to fix.", "1 to 10 of 12")
	review := p.path()
	p.click("link", "To fix 2")
	p.sees("1 to 2 of 2")
	p.at(review + "?show=to-fix")
	p.back()
	p.sees("1 to 10 of 12")
	p.keyIn("Search users", "zubai")
	p.sees("1 to 1 of 1")
	p.at(review + "?q=zubai")

	// Leaving and coming back finds the list as it was.
	p.open("/")
	p.sees("You have a list under review.")
	p.click("link", "Continue")
	p.at(review)
	p.click("checkbox", "Select all on this page")
	p.click("button", "Remove selected")
	p.sees("1 to 2 of 2")
	p.click("button", "Reset")
	p.sees("Remove all users?")
	p.click("link", "Cancel")
	p.missing("Remove all users?")
	p.awaitFocus("button", "Reset")
	p.click("button", "Reset")
	p.click("button", "Confirm")
	p.at("/invite/multiple")
	p.sees("Drag your Excel or CSV file here")
	if strings.Contains(p.text(), "You have a list under review.") {
		t.Error("the list stands there after Reset")
	}
}
