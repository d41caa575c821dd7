package main

import "testing"

// activityFound looks for what was done: search, events, days, pages, on a desktop
// and on a phone.
func activityFound(t *testing.T, c *chromium, on *portal) {
	p, users := c.page(t, on), on.people(12)
	p.enter("goh.siew.ling@tech.gov.sg", "/activity")
	p.sees("Records can’t be changed or removed.", "Total no. of records: 1") // the sign-in
	p.accessible("activity, at first")
	p.open("/invite/multiple")
	p.upload("Choose a file", workbookOf(t, users...))
	p.sees("1 to 10 of 12")
	p.click("button", "Submit")
	p.click("button", "Confirm")
	p.sees("12 accounts created")
	invited := on.officer("Ong Kah Seng")
	p.open("/invite/email")
	p.fill("Email address", invited.email)
	p.fill("Reason", "Runs the service")
	p.click("button", "Submit")
	p.sees("Invitation accepted")

	p.menu("Activity")
	p.heading("Activity")
	p.sees("List submitted", "users.xlsx, 12 users", "Invitation sent", "List completed", "12 of 12")
	p.accessible("activity")
	p.pictured("activity")
	p.keyIn("Search", invited.email)
	p.sees("Total no. of records: 1", "Invitation sent")
	p.missing("users.xlsx")
	p.awaitFocus(field, "Search")
	p.keyIn("Search", "nobody@agency.gov.sg")
	p.sees("No record matches")
	p.accessible("activity, nothing found")
	p.click("link", "Clear search and filters")
	p.sees("users.xlsx")
	p.choose("Event", "List submitted")
	p.sees("Total no. of records: 1", "users.xlsx, 12 users")
	p.at("/activity?event=LIST_SUBMITTED")
	if to, ok := evaluate[string](p, `document.querySelector('#download').getAttribute('href')`); !ok || to != "/activity/export.csv?event=LIST_SUBMITTED" {
		t.Errorf("the download leads to %q", to)
	}
	p.tabTo("combobox", "Event")
	p.open("/activity?from=2030-01-02&to=2030-01-01")
	p.sees("No record matches", "lies before")
	p.resize(phoneWidth, 844)
	p.open("/activity")
	p.sees("users.xlsx, 12 users")
	p.accessible("activity on a phone")
	if wide, ok := evaluate[bool](p, `document.documentElement.scrollWidth > innerWidth`); !ok || wide {
		t.Error("the page scrolls sideways on a phone")
	}
}

// activityPlainly is the same without JavaScript.
func activityPlainly(t *testing.T, c *chromium, on *portal) {
	p := c.plainPage(t, on)
	p.enter("toh.bee.hwa@tech.gov.sg", "/invite/email")
	invited := on.officer("Ho Wai Mun")
	p.fill("Email address", invited.email)
	p.fill("Reason", "Runs the service")
	p.click("button", "Submit")
	p.sees("Invitation accepted")
	p.open("/activity")
	p.sees("Invitation sent", invited.email)
	p.choose("Event", "List submitted")
	p.click("button", "Search")
	p.sees("No record matches")
	p.at("/activity?event=LIST_SUBMITTED")
	p.click("link", "Clear search and filters")
	p.sees("Invitation sent")
}
