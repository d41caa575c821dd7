package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	cdpage "github.com/chromedp/cdproto/page"

	"techbiz/cmd/techbiz/hostile"
)

// watchMarkup runs in every page before anything else, and notes what must not be: the
// canary that ran, and what the Content-Security-Policy had to stop.
const watchMarkup = `
	window.ran = [];
	window.` + hostile.Canary + ` = (n) => window.ran.push('script ' + n);
	document.addEventListener('securitypolicyviolation', (e) => window.ran.push('policy ' + e.violatedDirective + ' ' + e.blockedURI + ' ' + e.sample));
`

// lookAtMarkup says what ran on a page, which of its elements come from markup that
// was typed, and what can be read on it.
const lookAtMarkup = `(() => {
	const odd = [];
	for (const e of document.querySelectorAll('*')) {
		for (const a of e.attributes) {
			if (/^on/i.test(a.name)) odd.push(e.tagName + ' ' + a.name);
			if (/^(href|src|action|formaction|xlink:href)$/i.test(a.name) && /^\s*(javascript|data|vbscript):/i.test(a.value)) odd.push(e.tagName + ' ' + a.value);
			if (/^hx-/.test(a.name) && /xss/.test(a.value) && !/^\//.test(a.value)) odd.push(e.tagName + ' ' + a.name + '=' + a.value);
		}
		if (['IFRAME', 'OBJECT', 'EMBED', 'BASE', 'MATH', 'STYLE'].includes(e.tagName.toUpperCase()) || e.tagName === 'SCRIPT' && !e.src || e.tagName === 'IMG' && !e.src.startsWith(location.origin)) odd.push(e.tagName);
		if (e.tagName === 'FORM' && new URL(e.getAttribute('action') || '', location).origin !== location.origin) odd.push('a form to ' + e.getAttribute('action'));
	}
	const values = [...document.querySelectorAll('input, textarea')].map((e) => e.value).join('\n');
	return {ran: window.ran || ['the watcher is not there'], odd, text: document.body.textContent + '\n' + values + '\n' + document.title};
})()`

// TestAttack_Markup stores markup in every field and opens every page in a real
// browser, then sends markup to every form and shows the answer: no script runs, the
// policy has nothing to stop, and what was typed stands there as text.
func TestAttack_Markup(t *testing.T) {
	t.Parallel()
	c := startChromium(t)
	a := newAttack(t, databases["SQLite"](t))
	v := a.administrator(t)
	marks := v.storeMarkup(t)
	v.storeElsewhere(t)
	p := c.page(t, &portal{base: a.base})
	do(p, cdpage.AddScriptToEvaluateOnNewDocument, cdpage.AddScriptToEvaluateOnNewDocumentParams{Source: watchMarkup})
	name, value, _ := strings.Cut(v.cookie, "=")
	do(p, network.SetCookie, network.SetCookieParams{Name: name, Value: value, URL: a.base.String()})

	p.wouldTell()
	seen, shown := map[string]bool{}, 0
	for _, path := range v.markupPages(t) {
		p.open(path)
		p.inspect(path, seen)
		shown++
	}
	for _, m := range marks {
		if !seen[m] {
			t.Errorf("no page shows %s as it was typed", m)
		}
	}
	for i, r := range routes(t) {
		if r.Method != http.MethodPost || r.Path == "/sign-out" || strings.HasPrefix(r.Path, "/sandbox/clock") {
			continue
		}
		path := v.address(r)
		p.open("/sandbox") // a page that all see, with the policy of all
		p.sendForm(path, i)
		p.inspect("the answer to a form for "+path, seen)
		shown++
	}
	t.Logf("%d pages showed %d texts with markup", shown, len(seen))
	stated(t, "pages in a browser with markup", shown)
}

// wouldTell fails the test where markup that was taken for markup would not be found.
func (p *page) wouldTell() {
	p.t.Helper()
	p.open("/sign-in")
	odd, _ := evaluate[[]string](p, `(() => {
		const link = document.createElement('a'), frame = document.createElement('iframe');
		link.href = 'javascript:xss(0)';
		document.body.append(link, frame);
		window.xss(0);
		const found = `+lookAtMarkup+`;
		return [...found.ran, ...found.odd];
	})()`)
	if len(odd) != 3 {
		p.t.Fatalf("of three things that are odd it finds %v", odd)
	}
}

// sendForm sends markup in every field to an address, as a form of the page's does.
func (p *page) sendForm(path string, turn int) {
	p.t.Helper()
	s, err := site()
	if err != nil {
		p.t.Fatal(err)
	}
	fields := map[string]string{}
	for i, f := range s.Fields {
		if f != "method" {
			fields[f] = hostile.Markup[(turn+i)%len(hostile.Markup)]
		}
	}
	text, err := json.Marshal([]any{path, fields})
	if err != nil {
		p.t.Fatal(err)
	}
	_, _ = evaluate[bool](p, `((path, fields) => {
		const f = document.createElement('form');
		[f.method, f.action, window.before] = ['POST', path, true];
		for (const [name, value] of Object.entries(fields)) { const e = document.createElement('textarea'); [e.name, e.value] = [name, value]; f.append(e); }
		document.body.append(f);
		HTMLFormElement.prototype.submit.call(f);
		return true;
	})(...`+string(text)+`)`)
	p.await("the answer to a form for "+path, func() bool {
		after, ok := evaluate[bool](p, `!window.before`)
		return ok && after
	})
}

// inspect looks at the page that is open, and adds the marks of the texts that stand
// on it as they were typed.
func (p *page) inspect(path string, seen map[string]bool) {
	p.t.Helper()
	p.await("the page "+path, p.ready)
	got, ok := evaluate[struct {
		Ran, Odd []string
		Text     string
	}](p, lookAtMarkup)
	if !ok {
		p.t.Fatalf("%s can't be read", path)
	}
	if len(got.Ran)+len(got.Odd) > 0 {
		p.t.Errorf("%s: %v, and elements that came from markup: %v", path, got.Ran, got.Odd)
	}
	text := words(got.Text)
	for _, m := range marked.FindAllStringSubmatch(text, -1) {
		if strings.Contains(text, m[0]+words(markupOf(m[1], m[2]))) {
			seen[m[0]] = true
		} else {
			p.t.Errorf("%s: what follows %s is not what was typed, %q", path, m[0], markupOf(m[1], m[2]))
		}
	}
}

// marked are the beginnings of the texts that stand in the fields: they name the
// markup that follows and the field.
var marked = regexp.MustCompile(`zq(\d+)([a-z]+)z`)

func mark(n int, field string) string { return fmt.Sprintf("zq%d%sz", n, strings.ToLower(field)) }

// markupOf is what follows a mark: as much as the field takes.
func markupOf(number, field string) string {
	n, err := strconv.Atoi(number)
	if err != nil {
		return ""
	}
	m := hostile.Markup[n%len(hostile.Markup)]
	if room := 64 - len(mark(n, field)); len(m) > room && !strings.HasSuffix(field, "reason") {
		m = strings.TrimSpace(m[:room])
	}
	return m
}

// markedRecords is how many invitations, and rows of each list, hold markup.
const markedRecords = 5

// storeMarkup fills every field of invitations and of lists with markup, and returns
// the marks that have to be seen.
func (v *visitor) storeMarkup(t *testing.T) []string {
	t.Helper()
	var marks []string
	text := func(n int, field string) string {
		n = (len(marks) + n) % len(hostile.Markup) // each field has others than its neighbour
		m := mark(n, field)
		marks = append(marks, m)
		return m + markupOf(strconv.Itoa(n), strings.ToLower(field))
	}
	var rows []any
	var cells []account
	for n := range markedRecords {
		input, row := map[string]string{}, map[string]string{}
		for _, f := range []string{"firstName", "lastName", "organisation", "department", "reason"} {
			input[f], row[f] = text(n, f), text(n, "row"+f)
		}
		input["email"], input["techPassUsername"], input["contactNumber"] = v.fill("m.@@n@@@vendor.com"), v.fill("m.@@n@@"), v.fill("8@@n@@")
		for _, f := range []string{"email", "techPassUsername", "contactNumber", "countryCode"} {
			row[f] = text(n, "row"+f)
		}
		rows = append(rows, row)
		v.mutate(t, `mutation($a: AccountInput!) { createAccount(input: {account: $a}) { invitation { __typename id } errors { code field } } }`, map[string]any{"a": input})
		cells = append(cells, account{
			email: text(n, "cellemail"), username: text(n, "cellname"), first: text(n, "cellfirst"), last: text(n, "celllast"), number: text(n, "cellnumber"),
			organisation: text(n, "cellorg"), department: text(n, "celldep"), seed: text(n, "cellseed"), reason: text(n, "cellreason"),
		})
	}
	v.mutate(t, `mutation($a: [AccountInput!]!) { createBatch(accounts: $a) { batch { __typename id rows(first: 50) { nodes { __typename id } } } errors { code } } }`, map[string]any{"a": rows})
	file := mark(1, "file") // the only one without a slash, which ends a folder
	kind, body := multipartBody(t,
		[]byte(`{"query": "mutation($file: Upload!) { uploadBatch(file: $file) { batch { __typename id rows(first: 50) { nodes { __typename id } } } errors { code } } }", "variables": {"file": null}}`),
		file+markupOf("1", "file")+".xlsx", readFile(t, workbookOf(t, cells...)))
	status, answer := v.send(t, http.MethodPost, "/graphql", kind, v.token, body)
	if status != http.StatusOK || !strings.Contains(string(answer), "BatchRow") {
		t.Fatalf("upload: %d %s", status, answer)
	}
	v.keep(string(answer))
	return append(marks, file)
}

// storeElsewhere puts markup into every text of every other change, one at a time, as
// the page itself does: some changes take no token.
func (v *visitor) storeElsewhere(t *testing.T) {
	t.Helper()
	for i, op := range attackedSchema() {
		valid := string(op.Inputs[0].Variables)
		if op.Kind != "mutation" || strings.Contains(op.Name, "Batch") || strings.Contains(op.Name, "nvit") {
			continue
		}
		for j, field := range textsOf(valid) {
			header := v.ownPage(v.cookie)
			header.Set("Content-Type", "application/json")
			m := mark(i+j, "other")
			text, err := json.Marshal(m + markupOf(strconv.Itoa(i+j), "other"))
			if err != nil {
				t.Fatal(err)
			}
			body := hostile.Document(op.Query, hostile.Raw(v.fill(strings.Replace(valid, field, string(text), 1))))
			res, answer, took, err := v.exchange(t.Context(), http.MethodPost, "/graphql", header, body)
			if err != nil {
				t.Fatal(err)
			}
			v.judge(t, op.Name, body, answer, res.StatusCode, took)
			v.keep(answer)
		}
	}
}

// mutate runs a change, which has to succeed, and keeps the identifiers.
func (o *attacker) mutate(t *testing.T, query string, variables map[string]any) {
	t.Helper()
	text, err := json.Marshal(variables)
	if err != nil {
		t.Fatal(err)
	}
	answer := o.post(t, query, hostile.Document(query, hostile.Raw(text)), false)
	if !strings.Contains(answer, `"errors":[]`) {
		t.Fatalf("%s: %s", query, answer)
	}
	o.keep(answer)
}

var download = regexp.MustCompile(`\.(xlsx|csv|json)$|/(events|live)$|^/static/`)

// markupPages are the addresses of all pages that are read, for what there is, and
// with markup in every parameter and in the path.
func (v *visitor) markupPages(t *testing.T) []string {
	t.Helper()
	s, err := site()
	if err != nil {
		t.Fatal(err)
	}
	pages := v.mailPages(t)
	for i, r := range s.Routes {
		if r.Method != http.MethodGet || download.MatchString(r.Path) {
			continue
		}
		pages = append(pages, v.addresses(t, r)...)
		query := url.Values{}
		for j, f := range s.Fields {
			if f != "sort" { // a table that can't be sorted so shows nothing else
				query.Set(f, hostile.Markup[(i+j)%len(hostile.Markup)])
			}
		}
		pages = append(pages, v.address(r)+"?"+query.Encode())
		if len(r.Wildcards()) > 0 {
			pages = append(pages, r.Fill(func(string) string { return url.PathEscape(hostile.Markup[i%len(hostile.Markup)]) }))
		}
	}
	slices.Sort(pages)
	return slices.Compact(pages)
}

// addresses are those of a route for all that the officer has, or for one thing where
// the page asks whether one is sure.
func (v *visitor) addresses(t *testing.T, r hostile.Route) []string {
	t.Helper()
	batches := slices.Compact(slices.Clone(v.ids["Batch"]))
	var all []string
	switch r.Path {
	case "/status":
		return []string{"/status?size=50", "/status"}
	case "/status/{id}":
		for _, id := range v.ids["Invitation"] {
			all = append(all, r.Fill(func(string) string { return id }))
		}
	case "/invite/multiple/{id}":
		for _, id := range batches {
			all = append(all, "/invite/multiple/"+id+"?size=50", "/invite/multiple/"+id)
		}
	case "/invite/multiple/{id}/rows/{row}":
		for _, batch := range batches {
			for _, row := range v.rowsOf(t, batch) {
				all = append(all, "/invite/multiple/"+batch+"/rows/"+row)
			}
		}
	default:
		return []string{v.address(r)}
	}
	return all
}

// rowsOf are the rows of a list.
func (v *visitor) rowsOf(t *testing.T, batch string) []string {
	t.Helper()
	o := &attacker{attack: v.attack, token: v.token, ids: map[string][]string{}}
	o.discover(t, `{ batch(id: "`+batch+`") { rows(first: 50) { nodes { __typename id } } } }`)
	return o.ids["BatchRow"]
}

// mailPages are the sandbox's pages of the mails that are there once every account
// that was asked for is created.
func (v *visitor) mailPages(t *testing.T) []string {
	t.Helper()
	var box struct{ Mails []struct{ ID string } }
	for range 500 {
		_, answer, _, err := v.exchange(t.Context(), http.MethodGet, "/sandbox/mail.json?limit=100", http.Header{}, "")
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(answer), &box); err == nil && len(box.Mails) > markedRecords {
			break
		}
		pauseFor(t, 50*time.Millisecond)
	}
	var pages []string
	for _, m := range box.Mails {
		pages = append(pages, "/sandbox/mail/"+m.ID)
	}
	return pages
}
