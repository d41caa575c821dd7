package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
)

// person is a browser without a window.
type person struct {
	t    *testing.T
	on   *portal
	http http.Client
}

func (on *portal) person(t *testing.T) *person {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &person{t: t, on: on, http: http.Client{Jar: jar}}
}

// send sends a body from one of our own pages, and returns status and answer.
func (p *person) send(path, contentType, body string) (int, string, http.Header) {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), http.MethodPost, p.on.base.JoinPath(path).String(), strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header.Set("Content-Type", contentType)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	res, err := p.http.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return res.StatusCode, string(answer), res.Header
}

func (p *person) form(path string, values url.Values) (int, string, http.Header) {
	p.t.Helper()
	return p.send(path, "application/x-www-form-urlencoded", values.Encode())
}

func (p *person) graphQL(query string, into any) {
	p.t.Helper()
	body, _ := json.Marshal(map[string]string{"query": query}) // strings
	_, answer, _ := p.send("/graphql", "application/json", string(body))
	if err := json.Unmarshal([]byte(answer), into); err != nil {
		p.t.Fatalf("%v: %s", err, answer)
	}
}

// signIn signs in by a code.
func (p *person) signIn(email string) {
	p.t.Helper()
	if status, answer, _ := p.form("/sign-in", url.Values{"email": {email}}); status != http.StatusOK {
		p.t.Fatalf("send a code: %d %.500s", status, answer)
	}
	code := sixDigits.FindString(p.on.mails(p.t, email)[0].Text)
	if status, answer, _ := p.form("/sign-in/code", url.Values{"code": {code}}); status != http.StatusOK {
		p.t.Fatalf("sign in: %d %.500s", status, answer)
	}
}

func TestSessions_API(t *testing.T) {
	t.Parallel()
	for name, place := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			where := place(t)
			on := servePortal(t, where)
			one, two := on.person(t), on.person(t)
			one.signIn("tan@agency.gov.sg")
			two.signIn("tan@agency.gov.sg")
			type errs []struct{ Extensions struct{ Code string } }
			type sessions []struct {
				ID, Method, Address, Browser string
				Current                      bool
			}
			var list struct {
				Data   struct{ Sessions sessions }
				Errors errs
			}
			const query = `{ sessions { id signedInAt lastSeenAt expiresAt method address browser current } }`
			one.graphQL(query, &list)
			all := list.Data.Sessions
			if len(all) != 2 || all[0].Current == all[1].Current || all[0].Method != "CODE" || all[0].Address != "127.0.0.1" || all[0].Browser != "Another program" {
				t.Fatalf("%+v", list)
			}
			other := all[0]
			if other.Current {
				other = all[1]
			}
			var ended struct {
				Data struct {
					EndSession struct {
						Sessions sessions
						Errors   []struct{ Code string }
					}
				}
			}
			end := `mutation { endSession(id: "` + other.ID + `") { sessions { id current } errors { code } } }`
			one.graphQL(end, &ended)
			if left := ended.Data.EndSession.Sessions; len(left) != 1 || !left[0].Current {
				t.Errorf("%+v", ended)
			}
			two.graphQL(query, &list)
			if len(list.Errors) != 1 || list.Errors[0].Extensions.Code != "UNAUTHENTICATED" {
				t.Errorf("in an ended session: %+v", list)
			}
			one.graphQL(end, &ended)
			if e := ended.Data.EndSession.Errors; len(e) != 1 || e[0].Code != "NOT_FOUND" {
				t.Errorf("again: %+v", ended)
			}
			token := strings.TrimSpace(runProgram(t, nil, append([]string{"token", "create", "--name=x", "--officer=tan@agency.gov.sg"}, where...)...).stdout)
			for _, q := range []string{query, end, `mutation { endSessions { errors { code } } }`} {
				if got := graphQL(token, "", q).send(t, on.base); !strings.Contains(got.body, `"FORBIDDEN"`) {
					t.Errorf("%s by a token: %s", q, got.body)
				}
			}
			list.Errors = nil
			one.graphQL(`mutation { endSessions { sessions { id } errors { code } } }`, &list)
			one.graphQL(query, &list)
			if len(list.Errors) != 1 || list.Errors[0].Extensions.Code != "UNAUTHENTICATED" {
				t.Errorf("after signing out everywhere: %+v", list)
			}
		})
	}
}

func TestNetworkRule_API(t *testing.T) {
	t.Parallel()
	where := databases["SQLite"](t)
	on := servePortal(t, where, "--allowed-networks=192.0.2.0/24,127.0.0.1/32", "--trusted-proxies=127.0.0.0/8")
	token := strings.TrimSpace(runProgram(t, nil, append([]string{"token", "create", "--name=x", "--officer=tan@agency.gov.sg"}, where...)...).stdout)
	inside := graphQL(token, "192.0.2.1", `{ viewer { email } }`).send(t, on.base)
	if !strings.Contains(inside.body, "tan@agency.gov.sg") {
		t.Errorf("inside: %s", inside.body)
	}
	for _, who := range []string{token, ""} {
		got := graphQL(who, "198.51.100.1", `{ viewer { email } }`).send(t, on.base)
		if !strings.Contains(got.body, `"FORBIDDEN"`) || !strings.Contains(got.body, "Network rule: ") || !strings.Contains(got.body, "198.51.100.1") {
			t.Errorf("outside: %s", got.body)
		}
	}
	for _, path := range []string{"/", "/sign-in", "/sign-in/provider", "/sign-in/callback", "/status/export.csv", "/sandbox", "/sandbox/mail.json", "/sessions", "/nowhere"} {
		if got := (ask{method: http.MethodGet, path: path}).by(token, "198.51.100.1").send(t, on.base); got.status != http.StatusForbidden || !strings.Contains(got.body, "Network rule: ") {
			t.Errorf("GET %s from outside: %d %.200s", path, got.status, got.body)
		}
	}
	if got := (ask{method: http.MethodPost, path: "/sign-in", body: "email=tan@agency.gov.sg", header: map[string]string{"Content-Type": "application/x-www-form-urlencoded"}}).by("", "198.51.100.1").send(t, on.base); got.status != http.StatusForbidden || len(on.mails(t, "tan@agency.gov.sg")) > 0 {
		t.Errorf("asking for a code from outside: %d", got.status)
	}
}

func TestCodes_AreLimited(t *testing.T) {
	t.Parallel()
	on := servePortal(t, databases["SQLite"](t), "--code-interval=1m")
	p := on.person(t)
	if status, _, _ := p.form("/sign-in", url.Values{"email": {"tan@agency.gov.sg"}}); status != http.StatusOK {
		t.Fatalf("the first code: %d", status)
	}
	status, answer, header := p.form("/sign-in", url.Values{"email": {"tan@agency.gov.sg"}})
	if after := header.Get("Retry-After"); status != http.StatusTooManyRequests || after != "60" && after != "59" && after != "58" || !strings.Contains(answer, "A code was sent to this address a moment ago") {
		t.Errorf("the second code: %d, after %s s", status, after)
	}
	for _, vendor := range []string{"mei.ling@vendor.com", "mei.ling@techpass.gov.sg"} {
		if status, answer, _ := p.form("/sign-in", url.Values{"email": {vendor}}); status != http.StatusForbidden || !strings.Contains(answer, "This module is for public officers") {
			t.Errorf("%s: %d %.300s", vendor, status, answer)
		}
	}
}
