package main

import (
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/coder/websocket"
	"github.com/google/go-cmp/cmp"

	"techbiz/cmd/techbiz/hostile"
	"techbiz/internal/database"
)

// foreignPages are the headers of a request that a page of somebody else's makes a
// browser send, with our cookie.
func foreignPages(base *url.URL) map[string]http.Header {
	return map[string]http.Header{
		"another site":                 {"Sec-Fetch-Site": {"cross-site"}, "Origin": {"https://evil.example"}},
		"another site, an old browser": {"Origin": {"https://evil.example"}},
		"a page without an origin":     {"Origin": {"null"}},
		"a sub-domain":                 {"Sec-Fetch-Site": {"same-site"}, "Origin": {"http://evil." + base.Host}},
		"another port":                 {"Sec-Fetch-Site": {"same-site"}, "Origin": {"http://" + base.Hostname() + ":1"}},
		"a name that ends in ours":     {"Origin": {"http://" + base.Host + ".evil.example"}},
		"another scheme":               {"Sec-Fetch-Site": {"cross-site"}, "Origin": {"https://" + base.Host}},
	}
}

// TestAttack_ForeignPages sends every change, as page and as API, from pages of others
// with an officer's cookie: each is refused, and nothing changes.
func TestAttack_ForeignPages(t *testing.T) {
	t.Parallel()
	place := databases["SQLite"](t)
	a := newAttack(t, place)
	v := a.visitor(t)
	a.settle(t, place)
	before := rowCounts(t, place)
	for from, headers := range foreignPages(a.base) {
		for _, kind := range []string{"application/x-www-form-urlencoded", "text/plain", "multipart/form-data; boundary=x", "application/json"} {
			send := func(method, path, body string) {
				header := headers.Clone()
				header.Set("Cookie", v.cookie)
				header.Set("Content-Type", kind)
				res, answer, _, err := a.exchange(t.Context(), method, path, header, body)
				if err != nil || res.StatusCode != http.StatusForbidden {
					t.Errorf("%s %s from %s as %s: %v, %v: %.200s", method, path, from, kind, res, err, answer)
				}
			}
			for _, r := range routes(t) {
				if r.Method != "" && r.Method != http.MethodGet {
					send(r.Method, v.address(r), "email=x%40vendor.com&reason=x&code=123456")
				}
			}
			for _, op := range attackedSchema() {
				if op.Kind == "mutation" {
					send(http.MethodPost, "/graphql", hostile.Document(op.Query, hostile.Raw(v.fill(string(op.Inputs[0].Variables)))))
				}
			}
		}
	}
	after := rowCounts(t, place)
	// The log has the first ones of each minute.
	if n := after["audit_records"] - before["audit_records"]; n < 1 || n > 100 {
		t.Errorf("%d refusals are recorded", n)
	}
	for _, table := range []string{"audit_records", "audit_pending", "audit_seals", "audit_blocks"} {
		delete(before, table)
		delete(after, table)
	}
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("something changed: %s", diff)
	}
	// The same from our own page is done, so that the requests above were whole.
	res := a.submit(t, v.address(hostile.Route{Method: http.MethodPost, Path: "/status/{id}/cancel"}), v.cookie, url.Values{})
	if res.StatusCode != http.StatusSeeOther {
		t.Errorf("cancelling from our own page: %s", res.Status)
	}
	a.tried(t, "changes from foreign pages")
}

// TestAttack_SimpleRequests sends queries and changes as a foreign page may without
// asking first, to a browser that says nothing of where they come from: by GET, and as
// types that forms have.
func TestAttack_SimpleRequests(t *testing.T) {
	t.Parallel()
	place := databases["SQLite"](t)
	a := newAttack(t, place)
	v := a.visitor(t)
	a.settle(t, place)
	before := rowCounts(t, place)
	for _, op := range attackedSchema() {
		variables := v.fill(string(op.Inputs[0].Variables))
		body := hostile.Document(op.Query, hostile.Raw(variables))
		query := "/graphql?" + url.Values{"query": {op.Query}, "variables": {variables}}.Encode()
		for _, s := range []struct{ method, path, kind, body string }{
			{http.MethodGet, query, "", ""}, {http.MethodGet, query, "application/json", ""}, {http.MethodHead, query, "", ""},
			{http.MethodPost, query, "application/x-www-form-urlencoded", ""}, {http.MethodPost, "/graphql", "", body}, {http.MethodPost, "/graphql", "text/plain", body},
			{http.MethodPost, "/graphql", "application/x-www-form-urlencoded", url.Values{"query": {op.Query}, "variables": {variables}}.Encode()},
			{http.MethodPut, "/graphql", "application/json", body}, {http.MethodDelete, "/graphql", "application/json", body},
		} {
			header := http.Header{"Cookie": {v.cookie}}
			if s.kind != "" {
				header.Set("Content-Type", s.kind)
			}
			res, answer, took, err := a.exchange(t.Context(), s.method, s.path, header, s.body)
			if err != nil || strings.Contains(answer, `"data":{`) || res.StatusCode < 400 && answer != "" && !strings.Contains(answer, `"errors"`) {
				t.Errorf("%s of %s as %q: %v, %v: %.200s", s.method, op.Name, s.kind, res, err, answer)
				continue
			}
			a.judge(t, op.Name, s.path+s.body, answer, res.StatusCode, took)
		}
	}
	res, _, _, err := a.exchange(t.Context(), http.MethodOptions, "/graphql", http.Header{"Origin": {"https://evil.example"}, "Access-Control-Request-Method": {"POST"}, "Access-Control-Request-Headers": {"content-type"}}, "")
	if err != nil || res.Header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("a foreign page that asks first: %v, %v", res, err)
	}
	if diff := cmp.Diff(before, rowCounts(t, place)); diff != "" {
		t.Errorf("something changed: %s", diff)
	}
	a.tried(t, "simple requests to the API")
}

// settle waits until the work in the background is done.
func (a *attack) settle(t *testing.T, place []string) {
	t.Helper()
	last, calm := rowCounts(t, place), 0
	for range 400 {
		pauseFor(t, waitStep)
		now := rowCounts(t, place)
		if calm++; !cmp.Equal(now, last) {
			last, calm = now, 0
		}
		if calm > 10 && now["audit_pending"] == 0 { // what was done before is sealed a second later
			return
		}
	}
	t.Fatal("the work in the background does not end")
}

// rowCounts is how many rows each of the product's tables on SQLite has.
func rowCounts(t *testing.T, place []string) map[string]int {
	t.Helper()
	db, err := database.Open(t.Context(), database.Options{DataDir: place[1]})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	var tables []string
	err = db.Query(t.Context(), `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'river%' AND name NOT LIKE 'sqlite%' AND name NOT LIKE 'goose%'`, nil, func(r *sql.Rows) error {
		var name string
		tables = append(tables, "")
		err := r.Scan(&name)
		tables[len(tables)-1] = name
		return err
	})
	counts := map[string]int{}
	for _, table := range tables {
		if err == nil {
			err = db.Query(t.Context(), `SELECT count(*) FROM "`+table+`"`, nil, func(r *sql.Rows) error {
				var n int
				defer func() { counts[table] = n }()
				return r.Scan(&n)
			})
		}
	}
	if err != nil || len(counts) < 5 {
		t.Fatalf("%v: %v", counts, err)
	}
	return counts
}

// TestAttack_ForeignWebsocket: a page of somebody else's opens no websocket with an
// officer's cookie.
func TestAttack_ForeignWebsocket(t *testing.T) {
	t.Parallel()
	a := newAttack(t, databases["SQLite"](t))
	v := a.visitor(t)
	dial := func(header http.Header) error {
		ctx, cancel := context.WithTimeout(t.Context(), answerInTime)
		defer cancel()
		header.Set("Cookie", v.cookie)
		conn, _, err := websocket.Dial(ctx, strings.Replace(a.base.String(), "http", "ws", 1)+"/graphql", &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}, HTTPHeader: header})
		if err == nil {
			_ = conn.CloseNow()
		}
		return err
	}
	for from, header := range foreignPages(a.base) {
		if err := dial(header.Clone()); err == nil {
			t.Errorf("a websocket opens from %s", from)
		}
	}
	if err := dial(http.Header{"Origin": {a.base.String()}, "Sec-Fetch-Site": {"same-origin"}}); err != nil {
		t.Errorf("no websocket opens from our own page: %v", err)
	}
}

// TestAttack_Host sends every page under another name: nothing of that name is in an
// answer or a mail.
func TestAttack_Host(t *testing.T) {
	t.Parallel()
	a := newAttack(t, databases["SQLite"](t))
	v := a.visitor(t)
	const evil = "evil.example"
	for _, header := range []http.Header{
		{"Host": {evil}}, {"Host": {evil + ":80@" + a.base.Host}}, {"X-Forwarded-Host": {evil}}, {"Forwarded": {"host=" + evil + ";proto=https"}},
		{"X-Forwarded-Proto": {"https"}, "X-Forwarded-Server": {evil}, "X-Host": {evil}, "X-HTTP-Host-Override": {evil}},
		{"X-Original-Url": {"//" + evil}, "X-Rewrite-Url": {"//" + evil}, "X-HTTP-Method-Override": {"DELETE"}}, {"Host": {"a\"><script>"}},
	} {
		for _, r := range routes(t) {
			if r.Method != http.MethodGet || strings.HasSuffix(r.Path, "/events") {
				continue
			}
			h := header.Clone()
			h.Set("Cookie", v.cookie)
			res, answer, took, err := a.exchange(t.Context(), http.MethodGet, v.address(r), h, "")
			if err != nil {
				t.Errorf("%s with %v: %v", r.Path, header, err)
				continue
			}
			a.judge(t, r.Path, fmt.Sprint(header), answer, res.StatusCode, took)
			if strings.Contains(answer, evil) || strings.Contains(fmt.Sprint(res.Header), evil) || strings.Contains(answer, `a"><script>`) {
				t.Errorf("%s with %v repeats it", r.Path, header)
			}
		}
		h := header.Clone()
		h.Set("Authorization", "Bearer "+v.token)
		h.Set("Content-Type", "application/json")
		email := v.fill("host.@@n@@@agency.gov.sg")
		if _, answer, _, err := a.exchange(t.Context(), http.MethodPost, "/graphql", h, hostile.Document(`mutation { inviteByEmail(input: {email: "`+email+`", reason: "x"}) { errors { code } } }`, "")); err != nil || !strings.Contains(answer, `"errors":[]`) && !strings.Contains(fmt.Sprint(header), `"><`) && !strings.Contains(fmt.Sprint(header), "@") {
			t.Errorf("inviting with %v: %s, %v", header, answer, err)
		}
	}
	for range 200 {
		_, box, _, err := a.exchange(t.Context(), http.MethodGet, "/sandbox/mail.json?limit=100", http.Header{}, "")
		if err != nil || strings.Contains(box, evil) {
			t.Fatalf("a mail names the other host: %v", err)
		}
		if strings.Count(box, "host.") >= 5 {
			a.tried(t, "requests under other names")
			return
		}
		pauseFor(t, waitStep)
	}
	t.Fatal("the mails do not come")
}

// TestAttack_Paths asks for what lies beside the pages, without being signed in.
func TestAttack_Paths(t *testing.T) {
	t.Parallel()
	a := newAttack(t, databases["SQLite"](t))
	var paths []string
	for _, outside := range []string{"etc/passwd", "go.mod", "app.db", "techbiz.db", "session.key", "status", "sandbox", "graphql", ".git/config", ".env", "cmd/techbiz/main.go"} {
		for _, way := range []string{"../", "../../../../../", "..%2f", "%2e%2e/", "%2e%2e%2f", "..%5c", "..\\", "%252e%252e%252f", "..;/", "./", "/", "%00/", "%2f", ".%2e/", "....//", "%c0%ae%c0%ae/"} {
			for _, from := range []string{"/", "/static/", "/sandbox/", "/static/vendor/", "/sandbox/mail/", "/sandbox/register/"} {
				paths = append(paths, from+way+outside)
			}
		}
	}
	for _, r := range routes(t) {
		if r.Method != http.MethodGet || strings.HasPrefix(r.Path, "/sandbox") || strings.HasPrefix(r.Path, "/sign-in") || strings.HasPrefix(r.Path, "/static") {
			continue
		}
		path := r.Fill(func(string) string { return "019a8f3e-1c2d-7e4f-8a9b-0c1d2e3f4a5b" })
		paths = append(paths, path, path+"/", "/"+path, path+"%2f", path+"%00", path+";x", path+".css", path+"?x.css", strings.ToUpper(path), strings.Replace(path, "s", "%73", 1), "/static/.."+path, "/sandbox/.."+path, "/sign-in/.."+path)
	}
	paths = append(paths, "/debug/pprof/", "/debug/vars", "/metrics", "/static/", "/static", "/vendor/", "/static/app.js", "/.well-known/../status", "*")
	for _, path := range paths {
		res, answer, took, err := a.exchange(t.Context(), http.MethodGet, path, http.Header{}, "")
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		a.judge(t, path, path, answer, res.StatusCode, took)
		public := res.StatusCode != http.StatusOK || strings.Contains(answer, ">Sign in<") || strings.Contains(answer, "<title>Sandbox") || strings.HasPrefix(path, "/metrics")
		if !public || strings.Contains(answer, "root:") || strings.Contains(answer, "package main") || strings.Contains(answer, foreign) && !strings.Contains(answer, "<title>Sandbox") {
			t.Errorf("%s is answered with %s: %.300s", path, res.Status, answer)
		}
	}
	a.tried(t, "paths without being signed in")
}

// elsewhere are addresses that lead off the portal, in ways that browsers understand.
var elsewhere = []string{
	"//evil.example", "///evil.example", "////evil.example", `/\evil.example`, `\\evil.example`, `\/evil.example`, "https://evil.example", "https:evil.example", "https:/evil.example", "http:///evil.example",
	"/\t/evil.example", "\t//evil.example", " //evil.example", "/%09/evil.example", "/%2f/evil.example", "/%5cevil.example", "%2f%2fevil.example", "javascript:xss(1)", "data:text/html,x", "JaVaScRiPt:xss(1)",
	"/..//evil.example", "/.//evil.example", "/sandbox/../..//evil.example", "/\r\nX-Injected: 1", "/\nLocation: //evil.example", "http://evil.example@127.0.0.1", "http://127.0.0.1@evil.example/", "http://evil.example\\@127.0.0.1/",
	"//evil.example/%2e%2e", "/;@evil.example", "///\\;@evil.example", "https://evil.example/status", "//[::1]/", "/\u2028/evil.example", "/\u3002evil.example", "http://①②③", "?next=//evil.example", "#//evil.example", "", strings.Repeat("/", 5_000) + "evil.example",
}

// TestAttack_Redirects asks each page that leads elsewhere to lead off the portal.
func TestAttack_Redirects(t *testing.T) {
	t.Parallel()
	a := newAttack(t, databases["SQLite"](t))
	v := a.visitor(t)
	form := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
	for i, to := range elsewhere {
		next := url.Values{"next": {to}, "back": {to}, "from": {to}, "return": {to}, "redirect": {to}, "url": {to}}.Encode()
		if len(next) > 25_000 {
			next = url.Values{"next": {to}}.Encode()
		}
		for _, cookie := range []string{v.cookie, ""} {
			for j, r := range routes(t) {
				if (i+j)%3 > 0 && !strings.HasPrefix(r.Path, "/sign-in") && !everything() {
					continue // where nobody reads an address any third one is enough
				}
				if r.Path == "/sign-out" || strings.HasSuffix(r.Path, "/events") || r.Method == "" || strings.HasPrefix(r.Path, "/static") || strings.Contains(r.Path, "/multiple/") || r.Path == "/sign-in" && r.Method == http.MethodPost {
					continue
				}
				header := form.Clone()
				header.Set("Cookie", cookie)
				for _, name := range []string{"Referer", "HX-Current-URL"} {
					header.Set(name, strings.Map(printable, to))
				}
				if len(to)%2 == 0 {
					header.Set("HX-Request", "true")
				}
				for name, values := range a.ownPage(cookie) {
					header[name] = values
				}
				body := ""
				path := v.address(r) + "?" + next
				if r.Method == http.MethodPost {
					body = next
				}
				if len(path)+len(to)*3 > 25_000 {
					continue
				}
				res, answer, took, err := a.exchange(t.Context(), r.Method, path, header, body)
				if err != nil {
					t.Errorf("%s %s: %v", r.Method, path, err)
					continue
				}
				a.judge(t, path, path+body+fmt.Sprint(header), answer, res.StatusCode, took)
				checkHeaders(t, path, a.base, res)
			}
		}
	}
	a.tried(t, "ways off the portal")
}

// TestAttack_NextAfterSignIn follows the whole sign-in with an address that leads off.
func TestAttack_NextAfterSignIn(t *testing.T) {
	t.Parallel()
	a := newAttack(t, databases["SQLite"](t))
	for i, to := range []string{"//evil.example", `/\evil.example`, "https://evil.example/status", "/%09/evil.example", "javascript:xss(1)", "/\r\nX-Injected: 1"} {
		officer := fmt.Sprintf("next.%d@agency.gov.sg", i)
		sent := a.submit(t, "/sign-in", "", url.Values{"email": {officer}, "next": {to}})
		checkHeaders(t, to, a.base, sent)
		in := a.submit(t, "/sign-in/code", cookieOf(sent, ""), url.Values{"code": {a.code(t, officer)}, "next": {to}})
		if in.StatusCode != http.StatusSeeOther {
			t.Errorf("%q: %s", to, in.Status)
		}
		checkHeaders(t, to, a.base, in)
	}
}
