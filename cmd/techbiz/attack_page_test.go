package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"techbiz/cmd/techbiz/hostile"
)

// site is what the source says of the pages.
var site = sync.OnceValues(func() (hostile.Site, error) { return hostile.ReadSite("../..") })

func routes(t testing.TB) []hostile.Route {
	t.Helper()
	s, err := site()
	if err != nil || len(s.Routes) == 0 {
		t.Fatalf("no routes: %v", err)
	}
	return s.Routes
}

// visitor is an officer who is signed in with a browser.
type visitor struct {
	*attacker
	cookie string // as the browser sends it
}

// visitor signs an officer in whom nobody else is.
func (a *attack) visitor(t testing.TB) *visitor {
	t.Helper()
	n := int(a.last.Add(1))
	v := &visitor{attacker: a.attacker(t, 2*n+1)}
	v.prepare(t)
	v.cookie = v.signIn(t, v.officer, "")
	return v
}

// signIn signs an officer in from a browser that has a cookie already, or none, and
// returns the one that it has then.
func (a *attack) signIn(t testing.TB, officer, cookie string) string {
	t.Helper()
	sent := a.submit(t, "/sign-in", cookie, url.Values{"email": {officer}})
	cookie = cookieOf(sent, cookie)
	code := a.code(t, officer)
	in := a.submit(t, "/sign-in/code", cookie, url.Values{"code": {code}})
	a.sent.Add(-2) // no attacks
	if in.StatusCode != http.StatusSeeOther {
		t.Fatalf("signing %s in: %s", officer, in.Status)
	}
	return cookieOf(in, cookie)
}

// code is the newest one-time code of an officer.
func (a *attack) code(t testing.TB, officer string) string {
	t.Helper()
	for range 200 {
		_, answer, _, err := a.exchange(t.Context(), http.MethodGet, "/sandbox/mail.json?to="+url.QueryEscape(officer), http.Header{}, "")
		a.sent.Add(-1)
		var box struct{ Mails []letter }
		if err == nil && json.Unmarshal([]byte(answer), &box) == nil && len(box.Mails) > 0 {
			if code := sixDigits.FindString(box.Mails[0].Text); code != "" {
				return code
			}
		}
		pauseFor(t, 20*time.Millisecond)
	}
	t.Fatalf("no code for %s", officer)
	return ""
}

// submit sends a form as a browser on the portal's own page does.
func (a *attack) submit(t testing.TB, path, cookie string, form url.Values) *http.Response {
	t.Helper()
	header := a.ownPage(cookie)
	header.Set("Content-Type", "application/x-www-form-urlencoded")
	n := a.networks.Add(1)
	header.Set("X-Forwarded-For", fmt.Sprintf("10.%d.%d.1", n>>8&255, n&255))
	res, _, _, err := a.exchange(t.Context(), http.MethodPost, path, header, form.Encode())
	if err != nil {
		t.Fatal(err)
	}
	return res
}

// ownPage are the headers that a browser sends from a page of the portal.
func (a *attack) ownPage(cookie string) http.Header {
	h := http.Header{"Sec-Fetch-Site": {"same-origin"}, "Origin": {a.base.Scheme + "://" + a.base.Host}, "Accept": {"text/html"}}
	if cookie != "" {
		h.Set("Cookie", cookie)
	}
	return h
}

// cookieOf is what the browser sends after an answer.
func cookieOf(res *http.Response, before string) string {
	for _, c := range res.Cookies() {
		before = c.Name + "=" + c.Value
	}
	return before
}

// address fills a route's wildcards with what is there.
func (o *attacker) address(r hostile.Route) string {
	return r.Fill(func(name string) string {
		switch {
		case name == "row":
			return o.fill("@@id:BatchRow@@")
		case name == "id" && strings.Contains(r.Path, "/multiple/"):
			return o.fill("@@id:Batch@@")
		case name == "id" && strings.Contains(r.Path, "/status/"):
			return o.fill("@@id:Invitation@@")
		case name == "email":
			return "nobody@vendor.com"
		case name == "act":
			return "activate"
		}
		for kind, ids := range o.ids {
			if strings.Contains(r.Path, "/"+strings.ToLower(kind)) {
				return ids[0]
			}
		}
		return o.fill("@@id:@@")
	})
}

// visit sends a request of a page and judges the answer.
func (v *visitor) visit(t testing.TB, name, method, path string, header http.Header, body string) *http.Response {
	t.Helper()
	for k, values := range v.ownPage(v.cookie) {
		if _, set := header[k]; !set {
			header[k] = values
		}
	}
	name = fmt.Sprintf("%s %s, %s", method, path, name)
	res, answer, took, err := v.exchange(t.Context(), method, path, header, body)
	if err != nil && t.Context().Err() == nil {
		t.Errorf("%s: %v", name, err)
		return nil
	}
	v.judge(t, name, body+path+fmt.Sprint(header), answer, res.StatusCode, took)
	checkHeaders(t, name, v.base, res)
	if strings.Contains(answer, foreign) {
		t.Errorf("%s: the answer tells what another officer has", name)
	}
	return res
}

// leads are the headers by which an answer leads elsewhere.
var leads = []string{"Location", "HX-Redirect", "HX-Location", "HX-Push-Url", "HX-Replace-Url", "Content-Location", "Refresh"}

// checkHeaders fails the test for an answer that leads off the portal, that lacks a
// header which protects, or has one that an input made.
func checkHeaders(t testing.TB, name string, base *url.URL, res *http.Response) {
	t.Helper()
	for _, h := range leads {
		to := res.Header.Get(h)
		if to == "" {
			continue
		}
		u, err := base.Parse(to)
		if err != nil || u.Host != base.Host || u.Scheme != base.Scheme || strings.HasPrefix(to, "//") || strings.Contains(to, `\`) || strings.ContainsAny(to, "\t\r\n") {
			t.Errorf("%s: the header %s leads to %q", name, h, to)
		}
	}
	for _, h := range []string{"Bcc", "X-Injected", "Server", "X-Powered-By", "Access-Control-Allow-Origin", "Access-Control-Allow-Credentials"} {
		if res.Header.Get(h) != "" {
			t.Errorf("%s: the answer has the header %s", name, h)
		}
	}
	if res.Header.Get("X-Content-Type-Options") != "nosniff" || res.Header.Get("Referrer-Policy") == "" || res.Header.Get("X-Frame-Options") == "" {
		t.Errorf("%s: the answer lacks a header that protects: %v", name, res.Header)
	}
	if policy := res.Header.Get("Content-Security-Policy"); strings.HasPrefix(res.Header.Get("Content-Type"), "text/html") {
		if !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") || !strings.Contains(policy, "frame-ancestors 'none'") || !strings.Contains(res.Header.Get("Cache-Control"), "no-store") {
			t.Errorf("%s: a page with the policy %q, kept as %q", name, policy, res.Header.Get("Cache-Control"))
		}
	}
	for _, c := range res.Cookies() {
		if !c.HttpOnly || c.SameSite == http.SameSiteNoneMode || c.SameSite == 0 || c.Domain != "" || c.Path != "/" {
			t.Errorf("%s: the cookie %s", name, strings.Replace(c.String(), c.Value, "...", 1))
		}
	}
}

// signedOut says of an answer that it leads to sign-in.
func signedOut(res *http.Response) bool {
	return res.StatusCode == http.StatusUnauthorized || strings.HasPrefix(res.Header.Get("Location"), "/sign-in")
}

// hostileTexts are as many texts as make a run short, others at each turn.
func hostileTexts(turn, n int) []hostile.Text {
	all := hostile.Texts()
	var some []hostile.Text
	for i := range n {
		some = append(some, all[(turn*n+i)%len(all)])
	}
	return some
}

// TestAttack_Pages sends hostile forms, queries, paths and headers to every route
// that the source has.
func TestAttack_Pages(t *testing.T) {
	t.Parallel()
	s, err := site()
	if err != nil {
		t.Fatal(err)
	}
	for name, place := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAttack(t, place(t))
			queue := make(chan int)
			var group sync.WaitGroup
			for range attackers / 2 {
				group.Go(func() {
					v := a.visitor(t)
					for i := range queue {
						v.assailRoute(t, i, s.Routes[i], s.Fields, textsOfRoute(name))
					}
				})
			}
			for i, r := range s.Routes {
				if r.Path != "/graphql" && !strings.HasPrefix(r.Path, "/static") {
					queue <- i
				}
			}
			close(queue)
			group.Wait()
			a.tried(t, "requests of pages on "+name)
		})
	}
}

// textsOfRoute is how many texts each route gets.
func textsOfRoute(database string) int {
	switch {
	case everything():
		return len(hostile.Texts())
	case database == "SQLite":
		return 9
	}
	return 3
}

// assailRoute sends one route n texts of each kind of place, which turn chooses.
func (v *visitor) assailRoute(t *testing.T, turn int, r hostile.Route, fields []string, n int) {
	if r.Method == "" {
		r.Method = http.MethodGet
	}
	form := map[string][]string{"Content-Type": {"application/x-www-form-urlencoded"}}
	send := func(name, path, query, body string, header http.Header) {
		if r.Method == http.MethodGet {
			body = ""
		}
		if query != "" {
			path += "?" + query
		}
		v.visit(t, name, r.Method, path, header, body)
	}
	for i, text := range hostileTexts(turn, n) {
		all, one := url.Values{}, url.Values{}
		for _, f := range fields {
			all.Set(f, text.Value)
			one.Set(f, map[string]string{"email": "x@vendor.com", "contactNumber": "91234567", "days": "1", "reason": "x"}[f])
		}
		one.Set(fields[(turn*n+i)%len(fields)], text.Value)
		for _, values := range []url.Values{all, one} {
			query := ""
			if r.Method == http.MethodGet && len(values.Encode()) < 25_000 {
				query = values.Encode()
			}
			header := http.Header(form).Clone()
			if i%2 == 0 {
				header.Set("HX-Request", "true")
				header.Set("HX-Target", "div#results")
			}
			send("fields of "+text.String(), v.address(r), query, values.Encode(), header)
		}
		if len(r.Wildcards()) > 0 && len(text.Value) < 8_000 && text.Value != "" {
			send("a path of "+text.String(), r.Fill(func(string) string { return url.PathEscape(text.Value) }), "", "", http.Header(form).Clone())
		}
		hx := http.Header{"HX-Request": {"true"}}
		for _, name := range []string{"HX-Target", "HX-Current-URL", "Referer", "HX-Boosted", "HX-Trigger", "Accept-Language", "X-Request-Id", "X-Forwarded-For", "X-Forwarded-Host", "Last-Event-ID"} {
			if value := strings.Map(printable, text.Value); len(value) < 2_000 {
				hx.Set(name, value)
			}
		}
		send("headers of "+text.String(), v.address(r), "", "", hx)
	}
	if r.Method != http.MethodGet {
		v.assailBody(t, r)
	}
	v.comeBack(t)
}

// comeBack signs another officer in where an attack has ended the session.
func (v *visitor) comeBack(t testing.TB) {
	t.Helper()
	res, _, _, err := v.exchange(t.Context(), http.MethodGet, "/status", v.ownPage(v.cookie), "")
	v.sent.Add(-1) // no attack
	if err == nil && res.StatusCode != http.StatusOK {
		*v = *v.attack.visitor(t)
	}
}

// printable drops what the client of the test itself would refuse in a header.
func printable(r rune) rune {
	if r < ' ' || r == 0x7f {
		return -1
	}
	return r
}

// assailBody sends bodies that are no forms.
func (v *visitor) assailBody(t *testing.T, r hostile.Route) {
	for kind, bodies := range map[string][]string{
		"application/x-www-form-urlencoded": {"%zz=1", "a;b=c", "=&=&&&", strings.Repeat("a=1&", 5_000), "email=" + strings.Repeat("x", 70_000), "\x00\xff"},
		"multipart/form-data":               {"--x\r\n\r\n--x--"},
		"multipart/form-data; boundary=x":   {"", "--x", "--x\r\nContent-Disposition: form-data; name=\"email\"\r\n\r\na\r\n--x--\r\n", "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"../../x\"\r\n\r\na\r\n--x--\r\n", "--x\r\n" + strings.Repeat("X: y\r\n", 20_000) + "\r\n\r\n--x--"},
		"application/json":                  {"{", "[]", `{"firstName":1}`, `{"firstName":"` + strings.Repeat("x", 70_000) + `"}`},
		"text/plain":                        {"email=a@b.sg"},
		"application/xml":                   {`<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>`},
		"\"":                                {"x"},
	} {
		for i, body := range bodies {
			v.visit(t, fmt.Sprintf("body %d of the type %s", i, kind), r.Method, v.address(r), http.Header{"Content-Type": {kind}}, body)
		}
	}
}

// FuzzForm tries fields of the fuzzer's own making on every page.
func FuzzForm(f *testing.F) {
	s, err := site()
	if err != nil {
		f.Fatal(err)
	}
	for i, text := range hostile.Texts() {
		if i%9 == 0 {
			f.Add(uint16(i), uint16(i*3), text.Value, "x")
		}
	}
	v := newAttack(f, databases["SQLite"](f)).visitor(f)
	f.Fuzz(func(t *testing.T, route, field uint16, value, other string) {
		r := s.Routes[int(route)%len(s.Routes)]
		values := url.Values{s.Fields[int(field)%len(s.Fields)]: {value}, s.Fields[int(field>>8)%len(s.Fields)]: {other}}
		if r.Method == http.MethodPost {
			v.visit(t, "the fuzzer's", r.Method, v.address(r), http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, values.Encode())
			v.comeBack(t)
		} else if len(value)+len(other) < 8_000 {
			v.visit(t, "the fuzzer's", http.MethodGet, v.address(r)+"?"+values.Encode(), http.Header{}, "")
		}
	})
}
