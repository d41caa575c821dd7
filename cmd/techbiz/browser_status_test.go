package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// invites creates accounts for people with these names by a workbook, and waits
// until the mails are out.
func (p *page) invites(names ...string) []account {
	p.t.Helper()
	var all []account
	for _, name := range names {
		all = append(all, p.on.vendor(name))
	}
	p.open("/invite/multiple")
	p.upload("Choose a file", workbookOf(p.t, all...))
	if p.plain {
		p.click("button", "Upload")
	}
	p.sees("Uploaded users.xlsx")
	p.click("button", "Submit")
	p.sees("will be created.")
	p.click("button", "Confirm")
	p.missing("will be created.")
	p.await("the accounts", func() bool {
		if p.plain {
			p.reload()
		}
		return strings.Contains(p.text(), fmt.Sprintf("%d accounts created", len(all)))
	})
	p.await("the mails", func() bool { return len(p.on.mails(p.t, all[len(all)-1].email)) > 0 })
	return all
}

// emails are the addresses of the rows that are shown, from the top.
func (p *page) emails() []string {
	p.t.Helper()
	all, _ := evaluate[[]string](p, `[...document.querySelectorAll('#results tbody th')].map((th) => th.textContent.trim())`)
	return all
}

// said is what a screen reader was last told of the list.
func (p *page) said() string {
	p.t.Helper()
	text, _ := evaluate[string](p, `document.querySelector('#status-said').textContent.trim()`)
	return text
}

// arrives waits for an address.
func (p *page) arrives(path string) {
	p.t.Helper()
	p.await("the address "+path, func() bool { return p.path() == path && p.ready() })
}

// everyWidth checks a state at the three widths that count; axe needs JavaScript.
func (p *page) everyWidth(state string) {
	p.t.Helper()
	for _, width := range []int64{phoneWidth, 320, desktopWidth} {
		p.resize(width, 900)
		if !p.plain {
			p.accessible(fmt.Sprintf("%s at %d", state, width))
		}
		if wide, _ := evaluate[int64](p, `document.documentElement.scrollWidth`); wide > width {
			p.t.Errorf("%s at %d scrolls sideways to %d", state, width, wide)
		}
	}
}

var twelve = []string{
	"Adam Goh", "Bala Nair", "Chen Ong", "Devi Pillai", "Elias Tan", "Farah Yusof",
	"Grace Lim", "Hana Rahman", "Ivan Chua", "Joon Lee", "Kavya Kumar", "Lena Teo",
}

func statusFound(t *testing.T, c *chromium, on *portal) {
	p := c.page(t, on)
	p.enter("status.found@tech.gov.sg", "/status")
	p.sees("No invitation yet")
	p.everyWidth("no invitation")
	all := p.invites(twelve...)
	p.open("/status")
	p.sees("Total no. of invitations: 12", "1 to 10 of 12", "Overview")
	p.everyWidth("a list")
	p.overviewFolds()
	p.pagesOfTheList()
	p.searchTheList(all)
	p.sortTheList()
	p.exportTheList()
}

// overviewFolds: a phone shows the numbers when they are asked for, and keeps them
// open as news come; a wider screen shows them always.
func (p *page) overviewFolds() {
	p.t.Helper()
	shown := func() bool {
		yes, _ := evaluate[bool](p, `document.querySelector('#chart').checkVisibility()`)
		return yes
	}
	if !shown() {
		p.t.Error("a desktop does not show the overview")
	}
	p.resize(phoneWidth, 844)
	if shown() {
		p.t.Error("a phone shows the overview before it is asked for")
	}
	p.click("DisclosureTriangle", "Overview")
	p.await("the overview", shown)
	p.accessible("the overview on a phone")
	p.fits("the overview on a phone", phoneWidth)
	p.resize(desktopWidth, 900)
}

// pagesOfTheList goes to the second page and back by the browser's buttons.
func (p *page) pagesOfTheList() {
	p.t.Helper()
	p.click("link", "Next")
	p.sees("11 to 12 of 12")
	p.reload()
	p.sees("11 to 12 of 12")
	p.back()
	p.sees("1 to 10 of 12")
	p.forward()
	p.sees("11 to 12 of 12")
	p.choose("Show", "20")
	p.sees("1 to 12 of 12")
	p.arrives("/status?size=20")
}

// searchTheList types a name, and narrows by filters that are bookmarked.
func (p *page) searchTheList(all []account) {
	p.t.Helper()
	p.open("/status")
	p.keyIn("Search", "goh")
	p.sees("Total no. of invitations: 1")
	p.arrives("/status?q=goh")
	p.awaitFocus(field, "Search")
	p.await("the number to be said", func() bool { return p.said() == "1 invitation matches." })
	p.choose("TechPass Status", "Onboarded")
	p.sees("No invitation matches", "Nothing stands under “goh”")
	p.everyWidth("nothing matches")
	p.back()
	p.sees("Total no. of invitations: 1")
	p.click("link", "Clear filters")
	p.sees("Total no. of invitations: 12")
	p.on.act(p.t, all[3].email, "activate")
	p.await("the row to follow", func() bool { return onboarded(p.row(all[3].email)) })
	p.choose("TechPass Status", "Onboarded")
	p.sees("Total no. of invitations: 1")
	p.arrives("/status?techpass=ONBOARDED")
	p.click("DisclosureTriangle", "More filters")
	p.choose("User type", "Public officer")
	p.sees("No invitation matches", "Choose other filters, or clear them.")
	p.reload()
	p.sees("No invitation matches")
	if got := p.value("User type"); got != "PUBLIC_OFFICER" {
		p.t.Errorf("after a reload the user type is %q", got)
	}
	p.click("link", "Clear search and filters")
	p.click("checkbox", "Stuck")
	p.sees("Nothing is stuck")
	p.arrives("/status?stuck=yes")
}

// sortTheList sorts by a heading and by the menu, which agree.
func (p *page) sortTheList() {
	p.t.Helper()
	p.open("/status?size=20")
	for _, order := range []string{"email", "email-z"} {
		p.click("link", "Email")
		p.arrives("/status?size=20&sort=" + order)
		p.awaitFocus("link", "Email")
		p.await("the rows in the order "+order, func() bool {
			got := p.emails()
			if order == "email-z" {
				slices.Reverse(got)
			}
			return len(got) == 12 && slices.IsSorted(got) && p.value("Sort by") == order
		})
	}
	p.everyWidth("a sorted list")
	p.choose("Sort by", "Oldest invitation")
	p.arrives("/status?size=20&sort=oldest")
}

// exportTheList takes the list as comma-separated values and as a workbook.
func (p *page) exportTheList() {
	p.t.Helper()
	p.open("/status?techpass=NOT_ONBOARDED")
	for _, format := range []string{"csv", "xlsx"} {
		to := of[string](p, p.find("link", "Export ."+format), `function () { return this.href }`)
		got, err := run(p, chromedp.Evaluate[string](fmt.Sprintf(
			`fetch(%q).then(async (r) => r.status + ' ' + r.headers.get('Content-Type') + ' ' + (await r.text()).trim().split('\r\n').length)`, to,
		), chromedp.EvalAwaitPromise))
		p.must(err)
		if want := "200 text/csv; charset=utf-8 12"; format == "csv" && got != want {
			p.t.Errorf("csv: got %s, want %s", got, want)
		}
		if want := "200 application/vnd.openxmlformats-officedocument.spreadsheetml.sheet "; format == "xlsx" && !strings.HasPrefix(got, want) {
			p.t.Errorf("xlsx: got %s, want %s", got, want)
		}
	}
}

func statusChanged(t *testing.T, c *chromium, on *portal) {
	p := c.page(t, on)
	p.enter("status.changed@tech.gov.sg", "/")
	all := p.invites("Mina Ho", "Noel Sim", "Olga Wee", "Peng Yeo")
	p.open("/status")
	p.click("link", all[0].email)
	p.sees("TechPass ID", all[0].username+"@techpass.gov.sg", "Accepted by the mail relay", "History", "Account created in TechPass")
	p.everyWidth("details")
	p.in("dialog", all[0].name()).click("button", "Resend")
	p.sees("Sent again to "+all[0].email, "Invitation resent", "Resend again from")
	p.everyWidth("a receipt in the details")
	p.press(kb.Escape)
	p.awaitFocus("link", all[0].email)
	p.rowSays(all[0].email, "Again from")
	p.correctAddress(all[1])
	p.cancelOne(all[2])
	p.resendAll()
}

// correctAddress sends an invitation to the address that was meant.
func (p *page) correctAddress(a account) {
	p.t.Helper()
	meant := "right." + a.email
	p.click("link", a.email)
	p.click("link", "Correct the address and send")
	p.click("button", "Send")
	p.sees("There is a problem", "The invitation has this address already.")
	p.awaitFocus("alert", "There is a problem")
	p.everyWidth("a wrong correction")
	p.fill("Email address", meant)
	p.click("button", "Send")
	p.sees("Invited at "+meant, "The invitation of "+a.email)
	p.click("link", a.email)
	p.sees("Address corrected", "Replaced by an invitation to "+meant)
	p.click("button", "Close")
	p.rowSays(meant, "Not Onboarded")
	p.rowSays(a.email, "User Not Found")
}

// cancelOne calls an invitation off.
func (p *page) cancelOne(a account) {
	p.t.Helper()
	p.click("link", a.email)
	p.click("link", "Cancel the invitation")
	p.sees("Cancel the invitation of " + a.email + "?")
	p.everyWidth("the question before a cancellation")
	p.click("button", "Confirm")
	p.sees("The invitation was cancelled", "Cancelled by")
	p.find("link", "Invite again")
	p.missing("Cancel the invitation of")
	if !p.plain {
		p.click("button", "Close")
		p.rowSays(a.email, "User Not Found")
	}
}

// resendAll resends to who is left: the corrected one and the last one.
func (p *page) resendAll() {
	p.t.Helper()
	p.await("the corrected one to be mailed", func() bool {
		p.open("/status/resend")
		return strings.Contains(p.text(), "Resend to 2 people?")
	})
	p.open("/status")
	p.click("link", "Resend to all who can be resent")
	p.sees("Resend to 2 people?", "3 people are left out:", "1 resent in the last 24 hours")
	p.everyWidth("the question before a resend to all")
	p.click("button", "Confirm")
	p.sees("Sent again to 2 people", "1 resent in the last 24 hours")
	p.everyWidth("the receipt of a resend to all")
	p.click("link", "Done")
	p.missing("Sent again to 2 people")
	p.awaitFocus("link", "Resend to all who can be resent")
}

func statusPlainly(t *testing.T, c *chromium, on *portal) {
	p := c.plainPage(t, on)
	p.resize(phoneWidth, 844)
	p.enter("status.plainly@tech.gov.sg", "/")
	all := p.invites("Qing Koh", "Rosa Ang", "Sara Foo")
	p.open("/status")
	p.fill("Search", "rosa")
	p.click("button", "Search")
	p.arrives("/status?q=rosa")
	p.sees("Total no. of invitations: 1")
	p.click("link", all[1].email)
	p.heading(all[1].name())
	p.sees("History", "Mail sent")
	p.click("button", "Resend")
	p.sees("Sent again to " + all[1].email)
	p.click("link", "Correct the address and send")
	p.fill("Email address", "right."+all[1].email)
	p.click("button", "Send")
	p.sees("Invited at right." + all[1].email)
	p.click("link", "Back to User creation status")
	p.arrives("/status?q=rosa")
	p.sees("Total no. of invitations: 2")
	p.click("link", "Clear filters")
	p.cancelOne(all[2])
	p.open("/status?techpass=NOT_ONBOARDED")
	p.await("the corrected one to be mailed", func() bool {
		p.reload()
		return p.has("button", "Resend to right."+all[1].email)
	})
	p.click("link", "Resend to all who can be resent")
	p.sees("Resend to 2 people?")
	p.click("button", "Confirm")
	p.sees("Sent again to 2 people")
	p.click("link", "Done")
	p.arrives("/status?techpass=NOT_ONBOARDED")
	p.everyWidth("the list without JavaScript")
}

// statusStuck moves the clock, and has a server of its own for that.
func statusStuck(t *testing.T, c *chromium, _ *portal) {
	on := servePortal(t, databases["SQLite"](t))
	p := c.page(t, on)
	p.enter("status.stuck@tech.gov.sg", "/")
	all := p.invites("Tara Quek", "Umar Toh")
	on.act(t, all[1].email, "activate")
	on.request(t, "POST", "/sandbox/clock/advance?"+url.Values{"days": {"8"}}.Encode())
	p.open("/status?stuck=yes")
	p.sees("Total no. of invitations: 1")
	p.rowSays(all[0].email, "No answer for 8 days")
	p.rowSays(all[0].email, "Correct the address")
	p.everyWidth("a stuck invitation")
	p.click("button", "Resend to "+all[0].email)
	p.rowSays(all[0].email, "Again from")
	p.await("the resend to be said", func() bool { return p.said() == all[0].email+": Sent." })
	if at := p.focused(); at.node == 0 || at.role == "RootWebArea" {
		t.Errorf("after a resend the focus is on %s %q", at.role, at.name)
	}
	p.press(kb.Tab, chromedp.ModifierShift)
	p.awaitFocus("link", all[0].email)
}

// statusWithoutStream: where a proxy lets no stream through, the page polls, and
// its rows and numbers follow all the same.
func statusWithoutStream(t *testing.T, c *chromium, _ *portal) {
	on, refused := behindProxy(t, servePortal(t, databases["SQLite"](t)))
	p := c.page(t, on)
	p.enter("status.without@tech.gov.sg", "/")
	all := p.invites("Vera Sim", "Will Foo")
	p.open("/status")
	p.sees("Total no. of invitations: 2")
	p.await("the stream to be refused", func() bool { return refused.Load() > 0 })
	on.act(t, all[0].email, "activate")
	p.await("the row to follow", func() bool { return onboarded(p.row(all[0].email)) })
	p.sees("Onboarded 1 Not Onboarded 1")
	if row := p.row(all[1].email); !strings.Contains(row, "Not Onboarded") {
		t.Errorf("nobody activated it: %s", row)
	}
	p.missing("Not for streams")
}

// behindProxy is a portal as seen through a proxy that refuses streams with a page
// of its own; refused counts them.
func behindProxy(t *testing.T, on *portal) (through *portal, refused *atomic.Int64) {
	t.Helper()
	refused = &atomic.Int64{}
	pass := httputil.NewSingleHostReverseProxy(on.base)
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/events") {
			refused.Add(1)
			http.Error(w, "Not for streams", http.StatusForbidden)
			return
		}
		pass.ServeHTTP(w, r)
	}))
	t.Cleanup(proxy.Close)
	base, err := url.Parse(proxy.URL)
	if err != nil {
		t.Fatal(err)
	}
	return &portal{base: base}, refused
}
