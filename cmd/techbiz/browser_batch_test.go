package main

import (
	"slices"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// listGoesOn submits a list to a directory that takes its time, leaves and comes
// back, and sees the work end without a reload.
func listGoesOn(t *testing.T, c *chromium, _ *portal) {
	on := servePortal(t, databases["SQLite"](t), "--sandbox-faults=latency=10s")
	p, users := c.page(t, on), on.people(23)
	users[3].number = "123"
	p.enter("lim.hui.min@tech.gov.sg", "/invite/multiple")
	p.everyWidth("upload")
	p.upload("Choose a file", workbookOf(t, users...))
	p.sees("1 of 23 users to fix.", "Row")
	list := p.path()
	p.everyWidth("review")
	p.click("button", "Submit")
	p.sees("22 accounts will be created.", "1 user with something to fix is left out")
	p.accessible("what Confirm will do")
	p.press(kb.Escape)
	p.awaitFocus("button", "Submit")
	p.click("button", "Submit")
	p.click("button", "Confirm")
	p.heading("Creating accounts")
	p.everyWidth("progress")

	p.menu("Create multiple accounts")
	p.sees("Earlier lists", "Creating")
	p.everyWidth("earlier lists")
	p.click("link", "users.xlsx")
	p.at(list)
	p.sees("22 accounts created", "1 user left out")
	p.heading("Accounts created")
	p.await("the focus on what came of it", func() bool {
		at, _ := evaluate[string](p, `document.activeElement.className`)
		return at == "done"
	})
	if n, _ := evaluate[int](p, `performance.getEntriesByType('navigation').length + history.length`); n > 10 {
		t.Errorf("the live page filled the history: %d", n)
	}
	p.everyWidth("what came of it")
}

// listWithoutStream loses the stream, and polls instead.
func listWithoutStream(t *testing.T, c *chromium, _ *portal) {
	on := servePortal(t, databases["SQLite"](t), "--sandbox-faults=latency=1s")
	p := c.page(t, on)
	p.enter("lim.hui.min@tech.gov.sg", "/invite/multiple")
	p.upload("Choose a file", workbookOf(t, on.people(9)...))
	p.sees("1 to 9 of 9")
	p.click("button", "Submit")
	p.click("button", "Confirm")
	p.heading("Creating accounts")
	if _, ok := evaluate[bool](p, `(document.getElementById('stream').remove(), true)`); !ok {
		t.Fatal("there is no stream")
	}
	p.sees("9 accounts created")
}

// listPlainly goes the same way without JavaScript.
func listPlainly(t *testing.T, c *chromium, on *portal) {
	p, users := c.plainPage(t, on), on.people(12)
	users[0].number = "123"
	p.enter("lim.siew.eng@tech.gov.sg", "/invite/multiple")
	p.upload("Choose a file", workbookOf(t, users...))
	p.click("button", "Upload")
	p.sees("1 of 12 users to fix.")
	p.everyWidth("review")
	p.click("link", "To fix*")
	p.sees("1 to 1 of 1")
	p.rowMenu(users[0], "View details")
	p.sees("Details of row 5")
	p.fill("Contact number", on.vendor("Tay").number)
	p.click("button", "Save")
	p.sees("Row 5 saved.", "Nothing to fix")
	p.click("link", "All*")
	p.click("button", "Submit")
	p.sees("12 accounts will be created.")
	p.click("button", "Confirm")
	p.missing("will be created.")
	p.await("the end", func() bool { p.open(p.path()); return p.has("heading", "Accounts created") })
	p.sees("12 accounts created", "What happens next")
}

// rowsAreRemoved selects rows, removes them, and edits one.
func rowsAreRemoved(t *testing.T, c *chromium, on *portal) {
	p := c.page(t, on)
	var users []account
	for _, name := range append(slices.Clone(twelve), "Mani Raj") {
		users = append(users, on.vendor(name))
	}
	users[12].number = "123"
	p.enter("lim.teck.huat@tech.gov.sg", "/invite/multiple")
	p.upload("Choose a file", workbookOf(t, users...))
	p.sees("1 to 10 of 13", "Select users to remove several at once.")
	p.resize(phoneWidth, 844)
	p.click("checkbox", "Select all on this page")
	p.sees("10 selected")
	p.resize(desktopWidth, 900)
	p.accessible("all selected")
	p.click("checkbox", "Select all on this page")
	p.click("checkbox", "Select "+users[8].name())
	p.click("checkbox", "Select "+users[9].name())
	p.sees("2 selected")
	p.click("button", "Remove selected")
	p.sees("2 users removed.", "1 to 10 of 11")

	p.click("link", "To fix*")
	p.sees("1 to 1 of 1")
	p.click("button", "Actions for "+users[12].name())
	p.awaitFocus("menuitem", "View details")
	p.press(kb.ArrowDown)
	p.awaitFocus("menuitem", "Remove")
	p.press(kb.ArrowDown)
	p.awaitFocus("menuitem", "View details")
	p.press(kb.End)
	p.awaitFocus("menuitem", "Remove")
	p.accessible("the row's menu")
	p.press(kb.Escape)
	p.awaitFocus("button", "Actions for "+users[12].name())
	p.press(kb.Enter)
	p.awaitFocus("menuitem", "View details")
	p.press(kb.Enter)
	p.sees("Details of row 17")
	p.everyWidth("a row's details")
	for _, width := range []int64{phoneWidth, desktopWidth} {
		p.resize(width, 900)
		p.inView("link", "Cancel")
		p.inView("button", "Save")
	}
	p.fill("Contact number", "123")
	p.click("button", "Save")
	p.sees("Saved. What is named below is still to fix.") // what was wrong before is shown all along
	p.invalid("Contact number", "8 or 9")
	p.fill("Contact number", on.vendor("Tay").number)
	p.click("button", "Save")
	p.sees("Row 17 saved.", "Nothing to fix")
}
