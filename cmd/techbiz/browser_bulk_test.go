package main

import (
	"io"
	"mime"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/xuri/excelize/v2"
)

// download fetches a file as the page's officer, keeps it under the name that the
// portal gives it, and returns where.
func (p *page) download(path string) string {
	p.t.Helper()
	to, err := p.on.base.Parse(path)
	p.must(err)
	req, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, to.String(), nil)
	p.must(err)
	for _, c := range do(p, network.GetCookies, network.GetCookiesParams{}).Cookies {
		req.AddCookie(&http.Cookie{Name: c.Name, Value: c.Value})
	}
	res, err := http.DefaultClient.Do(req)
	p.must(err)
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	p.must(err)
	_, params, err := mime.ParseMediaType(res.Header.Get("Content-Disposition"))
	if err != nil || res.StatusCode != http.StatusOK {
		p.t.Fatalf("%s: %s, %v: %.300s", path, res.Status, err, body)
	}
	file := filepath.Join(p.t.TempDir(), filepath.Base(params["filename"]))
	p.must(os.WriteFile(file, body, 0o600))
	return file
}

// link is where a link leads.
func (p *page) link(role, name string) string {
	p.t.Helper()
	return of[string](p, p.find(role, name), `function () { return this.getAttribute('href') }`)
}

// rowsOf are the rows of a workbook's sheet.
func rowsOf(t *testing.T, path, sheet string) [][]string {
	t.Helper()
	f, err := excelize.OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	rows, err := f.GetRows(sheet)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// replaceIn changes a cell's text everywhere in the users of a workbook, and says
// how often.
func replaceIn(t *testing.T, path, old, text string) int {
	t.Helper()
	f, err := excelize.OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	cells, err := f.SearchSheet("Users", old)
	if err != nil {
		t.Fatal(err)
	}
	for _, cell := range cells {
		if err := f.SetCellStr("Users", cell, text); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Save(); err != nil {
		t.Fatal(err)
	}
	return len(cells)
}

// misspelt are users of whom some have an address one letter off, one has a number
// that is none, and the last looks like the one before.
func (on *portal) misspelt() []account {
	users := on.people(9)
	for _, i := range []int{0, 1, 2} {
		users[i].email = strings.Replace(users[i].email, "@vendor.com", "@vendr.com", 1)
	}
	users[3].number = "123"
	users[7], users[8] = on.vendor("Quah Jin Hao"), on.vendor("Quah Jin Hao")
	users[7].email, users[8].email = "quah.jin.hao@vendor.com", "quah.jin.hoa@vendor.com"
	return users
}

// suggestionsApplied applies a suggestion to one row, to all of its kind, and sees
// what is to check.
func suggestionsApplied(t *testing.T, c *chromium, on *portal) {
	p, users := c.page(t, on), on.misspelt()
	p.enter("pereira.anne@tech.gov.sg", "/invite/multiple")
	p.upload("Choose a file", workbookOf(t, users...))
	p.sees("4 of 9 users to fix.", "Email address: domain not allowed", "Did you mean", "To check 1")
	p.missing("Checking the directory")
	review := p.path()
	p.everyWidth("a review with suggestions and hints")
	corrected := strings.Replace(users[0].email, "vendr", "vendor", 1)
	p.click("button", "Apply "+corrected+" to Row 5")
	p.rowSays(corrected, "Ready")
	p.sees("3 of 9 users to fix.", "1 user corrected as suggested.")
	p.awaitFocus("button", "Actions for "+users[0].name())
	p.click("button", "Apply suggestion to all 2*")
	p.sees("2 users corrected as suggested.", "1 of 9 users to fix.")
	p.awaitFocus("heading", "1 of 9 users to fix.")
	if p.has("button", "Apply all suggestions") {
		t.Error("there is nothing left to apply, and yet the button is there")
	}
	p.at(review)
	p.click("link", "To check 1")
	p.at(review + "?show=to-check")
	p.rowSays(users[8].email, "almost the same email address")
	p.rowSays(users[8].email, "Ready")
	p.click("link", "All*")

	soon := time.Now().AddDate(0, 0, 20).Format("02-01-2006")
	p.rowMenu(users[5], "View details")
	p.fill("Start date", "soon")
	p.click("button", "Save")
	p.invalid("Start date", "dd-mm-yyyy")
	p.fill("Start date", soon)
	p.click("button", "Save")
	p.rowSays(users[5].email, soon)
	p.everyWidth("a review with start dates")
}

// correctionRoundTrip takes the rows to fix out to Excel and back, before and
// after the submission.
func correctionRoundTrip(t *testing.T, c *chromium, on *portal) {
	p, users := c.page(t, on), on.people(6)
	users[1].number, users[4].number = "123", "456"
	p.enter("koh.bee.lian@tech.gov.sg", "/invite/multiple")
	p.upload("Choose a file", workbookOf(t, users...))
	p.sees("2 of 6 users to fix.", "Contact number: not in the right form")
	file := p.download(p.link("link", "Download the rows to fix"))
	if name := filepath.Base(file); !strings.HasPrefix(name, "to-fix-20") || !strings.HasSuffix(name, "-users.xlsx") {
		t.Errorf("the file is called %s", name)
	}
	if n := replaceIn(t, file, "123", on.vendor("Tay").number); n != 1 {
		t.Fatalf("the wrong number stands %d times in the workbook", n)
	}
	p.click("link", "Upload the corrected file")
	p.sees("takes the place of the one that it was")
	p.everyWidth("the dialog for the corrected file")
	p.upload("Choose a file", textFile(t))
	p.in("dialog", "Upload the corrected file").sees("There is a problem")
	p.accessible("a corrected file that can't be read")
	p.upload("Choose a file", file)
	p.sees("1 of 6 users to fix.", filepath.Base(file)+": 1 user corrected, 1 as before.")
	p.missing("takes the place of the one that it was")
	p.rowSays(users[1].email, "Ready")

	p.correctsAfterwards()
	p.click("button", "More")
	report := rowsOf(t, p.download(p.link("menuitem", "Download report (.xlsx)")), "Report")
	created := 0
	for _, row := range report[1:] {
		if strings.Contains(strings.Join(row, "\t"), "Created") {
			created++
		}
	}
	if len(report) != 7 || created != 6 {
		t.Errorf("the report says of %d users that %d were created", len(report)-1, created)
	}
}

// correctsAfterwards submits six users of whom one has the number 456, and corrects
// that one then.
func (p *page) correctsAfterwards() {
	p.t.Helper()
	p.click("button", "Submit")
	p.click("button", "Confirm")
	p.sees("5 accounts created", "1 user to correct.", "1 user left out")
	p.everyWidth("an outcome with a row left out")
	file := p.download(p.link("link", "Download the rows to fix"))
	if n := replaceIn(p.t, file, "456", p.on.vendor("Tay").number); n != 1 {
		p.t.Fatalf("the wrong number stands %d times in the second workbook", n)
	}
	p.click("link", "Upload the corrected file")
	p.upload("Choose a file", file)
	p.sees("1 user is ready to be created.", "1 user corrected.")
	p.click("button", "Submit")
	p.click("button", "Confirm")
	p.sees("6 accounts created")
}

// accountStartsLater creates a single account that waits for its day.
func accountStartsLater(t *testing.T, c *chromium, on *portal) {
	for name, p := range map[string]*page{"late.start": c.page(t, on), "late.start.plain": c.plainPage(t, on)} {
		user, day := on.vendor("Yeo Kim Huat"), time.Now().AddDate(0, 0, 9).Format("02-01-2006")
		p.enter(name+"@tech.gov.sg", "/invite/single")
		p.fill("Email address", user.email)
		p.fillAccount(user)
		p.fill("Start date", "31-02-2027")
		p.click("button", "Submit")
		p.invalid("Start date", "dd-mm-yyyy")
		p.fill("Start date", day)
		p.click("button", "Submit")
		p.sees("The account is created on "+day+" at 09:00", "Starts on "+day)
	}
}

// listByHand adds a user by hand and a second file, and hands the list over.
func listByHand(t *testing.T, c *chromium, on *portal) {
	p, users := c.page(t, on), on.people(3)
	p.enter("foo.chee.meng@tech.gov.sg", "/invite/multiple")
	p.upload("Choose a file", workbookOf(t, users...))
	p.grows(users[0])
	p.handsOver("yap.swee.lian@tech.gov.sg")
	colleague := c.page(t, on)
	colleague.enter("yap.swee.lian@tech.gov.sg", "/invite/multiple")
	colleague.sees("You have a list under review.", "5 users", "Expires on")
}

// listByHandPlainly is listByHand without JavaScript, and suggestions applied.
func listByHandPlainly(t *testing.T, c *chromium, on *portal) {
	p, users := c.plainPage(t, on), on.people(3)
	users[1].email = strings.Replace(users[1].email, "@vendor.com", "@vendr.com", 1)
	users[2].email = strings.Replace(users[2].email, "@vendor.com", "@vendr.com", 1)
	p.enter("foo.lee.hoon@tech.gov.sg", "/invite/multiple")
	p.upload("Choose a file", workbookOf(t, users...))
	p.click("button", "Upload")
	p.sees("2 of 3 users to fix.")
	p.click("button", "Apply "+strings.Replace(users[1].email, "vendr", "vendor", 1)+" to Row 6")
	p.sees("1 of 3 users to fix.")
	p.click("button", "Apply all suggestions")
	p.sees("1 user corrected as suggested.")
	p.grows(users[0])
	p.handsOver("yap.hong.meng@tech.gov.sg")
}

// grows adds to the list of three a user by hand, and a file.
func (p *page) grows(double account) {
	p.t.Helper()
	p.more("Add a user by hand")
	p.heading("Create multiple accounts")
	added := p.on.vendor("Gopal Nathan")
	p.fill("Email address", added.email)
	added.username, added.number = "gopal.nathan", "123"
	p.fillAccount(added)
	if !p.plain {
		p.accessible("a user who is added by hand")
	}
	p.click("button", "Save")
	p.sees("Saved. What is named below is still to fix.")
	p.fill("Contact number", p.on.vendor("Tay").number)
	p.click("button", "Save")
	p.missing("Saved. What is named below is still to fix.")
	p.rowSays(added.email, "Ready")

	second := p.on.vendor("Second File")
	p.more("Add the users of another file")
	p.upload("Choose a file", workbookOf(p.t, second))
	if p.plain {
		p.click("button", "Upload")
	}
	p.sees("1 to 5 of 5", "The users of the file stand in the list now.")
	p.rowSays(second.email, "Ready")
	p.rowSays(double.email, "Ready")
}

// more chooses an item of the menu More.
func (p *page) more(item string) {
	p.t.Helper()
	p.click("button", "More")
	p.in("menu", "More").click("menuitem", item)
}

// handsOver gives the list to a colleague, after an address that is none.
func (p *page) handsOver(to string) {
	p.t.Helper()
	list := p.path()
	p.more("Hand over to a colleague")
	p.fill("Colleague’s email address", "somebody@moh.gov.sg")
	p.click("button", "Hand over")
	p.invalid("Colleague’s email address", "within its agency")
	if !p.plain {
		p.accessible("a list that can't be handed over")
	}
	p.fill("Colleague’s email address", to)
	p.click("button", "Hand over")
	p.sees("Handed over to " + to)
	if !p.plain {
		p.everyWidth("a list that was handed over")
	}
	p.open(list)
	p.heading("Page not found")
}
