package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/xuri/excelize/v2"

	"techbiz/internal/workbook"
)

// portal is a running server, with its sandbox.
type portal struct {
	base *url.URL
	last atomic.Int64 // people that were made up
}

// servePortal serves a database until the test ends, with the vendors' domains
// that the tests and the fixtures use.
func servePortal(t *testing.T, place []string, settings ...string) *portal {
	t.Helper()
	args := append([]string{"--allowed-domains=vendor.com,vendor.example", "--code-interval=0s", "--codes-per-hour=0"}, settings...)
	return &portal{base: start(t, append(args, place...)...)}
}

// request sends a script's request to the portal and returns the answer's body.
func (on *portal) request(t *testing.T, method, path string) []byte {
	t.Helper()
	to, err := on.base.Parse(path)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, to.String(), nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%s %s: %s, %v: %s", method, path, res.Status, err, body)
	}
	return body
}

// act plays a person of the sandbox.
func (on *portal) act(t *testing.T, email, act string) {
	t.Helper()
	on.request(t, http.MethodPost, "/sandbox/people/"+url.PathEscape(email)+"/"+act)
}

// letter is a mail in the sandbox's mailbox.
type letter struct {
	Subject, Text string
	Links         []string
}

// mails are the mails to an address, newest first.
func (on *portal) mails(t *testing.T, to string) []letter {
	t.Helper()
	var box struct{ Mails []letter }
	if err := json.Unmarshal(on.request(t, http.MethodGet, "/sandbox/mail.json?to="+url.QueryEscape(to)), &box); err != nil {
		t.Fatal(err)
	}
	return box.Mails
}

var sixDigits = regexp.MustCompile(`\b\d{6}\b`)

// code waits for the newest one-time code of an officer.
func (p *page) code(email string) string {
	p.t.Helper()
	var code string
	p.await("a code for "+email, func() bool {
		mails := p.on.mails(p.t, email)
		if len(mails) > 0 {
			code = sixDigits.FindString(mails[0].Text)
		}
		return code != ""
	})
	return code
}

// signIn signs an officer in, from the sign-in page that is open.
func (p *page) signIn(email string) {
	p.t.Helper()
	p.fill("Email address", email)
	p.click("button", "Send code")
	p.find(field, "One-time code")
	p.fill("One-time code", p.code(email))
	p.click("button", "Sign in")
}

// enter opens an address as an officer who is not signed in yet.
func (p *page) enter(email, path string) {
	p.t.Helper()
	p.open(path)
	p.signIn(email)
	p.await("the page "+path, func() bool { return p.path() == path && p.ready() })
}

// account is what a form or a row of a workbook says of a person.
type account struct {
	email, username, first, last, number, organisation, department, seed, reason string
}

// vendor is an account with all that is required, of a person with this name
// whose address, username and number nobody has.
func (on *portal) vendor(name string) account {
	first, last, _ := strings.Cut(name, " ")
	n := on.last.Add(1)
	dotted := fmt.Sprintf("%s.%d", strings.ToLower(strings.ReplaceAll(name, " ", ".")), n)
	return account{
		email: dotted + "@vendor.com", username: dotted, first: first, last: last, number: fmt.Sprintf("8%07d", n),
		organisation: "Vendor Pte Ltd", department: "Operations", reason: "Operates the licensing service",
	}
}

// officer is vendor for a public officer, who has no username.
func (on *portal) officer(name string) account {
	a := on.vendor(name)
	a.email, a.username, a.organisation = a.username+"@agency.gov.sg", "", "Example Agency"
	return a
}

func (a account) name() string { return a.first + " " + a.last }

// row is what stands in the row of a table that an e-mail address leads, whatever
// small print stands below it.
func (p *page) row(email string) string {
	p.t.Helper()
	text, _ := evaluate[string](p, fmt.Sprintf(`[...document.querySelectorAll('tbody tr')].find((r) => [...r.querySelector('th')?.childNodes ?? []].filter((n) => n.nodeName !== 'SMALL').map((n) => n.textContent).join('').trim() === %q)?.innerText ?? ''`, email))
	return words(text)
}

// rowSays waits until the row of an address has a text.
func (p *page) rowSays(email, text string) {
	p.t.Helper()
	p.await(fmt.Sprintf("%q in the row of %s", text, email), func() bool { return strings.Contains(p.row(email), text) })
}

// fillAccount fills in the form of one account, except its e-mail address.
func (p *page) fillAccount(a account) {
	p.t.Helper()
	for _, f := range [][2]string{
		{"TechPass username", a.username}, {"First name", a.first}, {"Last name", a.last}, {"Contact number", a.number},
		{"Organisation", a.organisation}, {"Department", a.department}, {"Reason", a.reason},
	} {
		if f[1] != "" {
			p.fill(f[0], f[1])
		}
	}
}

// workbookOf writes the product's template, filled in, and returns the file.
func workbookOf(t *testing.T, users ...account) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "users.xlsx")
	blank, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := workbook.WriteTemplate(blank); err != nil {
		t.Fatal(err)
	}
	if err := blank.Close(); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	for i, u := range users {
		cells := []any{i + 1, u.email, u.username, u.first, u.last, 65, u.number, u.organisation, u.department, u.seed, u.reason}
		if err := f.SetSheetRow("Users", fmt.Sprintf("A%d", 5+i), &cells); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Save(); err != nil {
		t.Fatal(err)
	}
	return path
}
