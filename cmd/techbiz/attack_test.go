package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"techbiz/cmd/techbiz/hostile"
)

// answerInTime is how long any answer may take, with the race detector on a busy
// machine; what an attack provokes takes far longer.
const answerInTime = 20 * time.Second

// foreign marks what only another officer may see.
const foreign = "Zqxforeign"

// attack is a running server that is attacked.
type attack struct {
	*apiServer
	sent     atomic.Int64
	networks atomic.Int64 // that signed in
	last     atomic.Int64
	mu       sync.Mutex
	slowest  time.Duration
	slow     string
	others   map[string][]string // what another officer has, by type
}

// newAttack serves a database with something of another officer's in it.
func newAttack(t testing.TB, place []string, settings ...string) *attack {
	t.Helper()
	// The limits of requests have tests of their own; here they would hide the rest.
	// And each sign-in comes from another network, for an hour has only so many.
	base := []string{"--limit-reads=off", "--limit-changes=off", "--limit-strangers=off", "--trusted-proxies=127.0.0.1/32"}
	a := &attack{apiServer: serveAPI(t, place, append(base, settings...)...), others: map[string][]string{}}
	a.last.Store(1_000_000)
	other := a.attacker(t, 1)
	other.officer = "other.officer@lta.gov.sg"
	other.token = a.token(t, other.officer)
	other.marker = foreign
	other.prepare(t)
	a.others = other.ids
	return a
}

// attacker is an officer who attacks.
type attacker struct {
	*attack
	officer, token, marker string
	ids                    map[string][]string // what the officer has, by type
}

// attacker returns the n-th officer; the even ones are administrators.
func (a *attack) attacker(t testing.TB, n int) *attacker {
	t.Helper()
	officer := fmt.Sprintf("officer.%d@agency%d.gov.sg", n, n)
	if n%2 == 0 {
		officer = "admin." + officer
	}
	return &attacker{attack: a, officer: officer, token: a.apiServer.token(t, officer), marker: "Vendor Pte Ltd", ids: map[string][]string{}}
}

// prepare makes a list and invitations, and finds what else there is.
func (o *attacker) prepare(t testing.TB) {
	t.Helper()
	account := func() string {
		return o.fill(`{email: "a.@@n@@@vendor.com", techPassUsername: "a.@@n@@", firstName: "Mei", lastName: "Tan", contactNumber: "8@@n@@", organisation: "` + o.marker + `", reason: "x"}`)
	}
	clear(o.ids)
	o.discover(t, `mutation { createBatch(accounts: [`+account()+`, `+account()+`]) { batch { __typename id rows { nodes { __typename id } } } } }`)
	o.discover(t, `mutation { createAccount(input: {account: `+account()+`}) { invitation { __typename id } } }`)
	for _, op := range attackedSchema() {
		if op.Kind == "query" && !strings.Contains(op.Name, ".") && len(op.Inputs) > 1 && !strings.Contains(string(op.Inputs[0].Variables), "@@") {
			o.discover(t, op.Query)
		}
	}
	if len(o.ids["Batch"]) == 0 || len(o.ids["BatchRow"]) == 0 || len(o.ids["Invitation"]) == 0 {
		t.Fatalf("nothing to attack: %v", o.ids)
	}
}

// discover runs an operation and keeps the identifiers in its answer.
func (o *attacker) discover(t testing.TB, query string) {
	t.Helper()
	o.keep(o.post(t, query, hostile.Document(query, ""), false))
	o.sent.Add(-1) // no attack
}

// keep keeps the identifiers in an answer.
func (o *attacker) keep(answer string) {
	var all any
	_ = json.Unmarshal([]byte(answer), &all) // an answer that is none has none
	var look func(any)
	look = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			kind, _ := v["__typename"].(string)
			if id, ok := v["id"].(string); ok {
				o.ids[kind] = append(o.ids[kind], id)
			}
			for _, e := range v {
				look(e)
			}
		case []any:
			for _, e := range v {
				look(e)
			}
		}
	}
	look(all)
}

var slot = regexp.MustCompile(`@@(n|id:[^@]*|others:[^@]*)@@`)

// fill puts numbers and identifiers where a text wants them.
func (o *attacker) fill(text string) string {
	number := fmt.Sprint(o.last.Add(1))
	return slot.ReplaceAllStringFunc(text, func(p string) string {
		p = strings.Trim(p, "@")
		kind, types, _ := strings.Cut(p, ":")
		from := o.ids
		switch kind {
		case "n":
			return number
		case "others":
			from = o.others
		}
		for _, t := range strings.Split(types, "|") {
			if ids := from[t]; len(ids) > 0 {
				return ids[0]
			}
		}
		return "019a8f3e-1c2d-7e4f-8a9b-0c1d2e3f4a5b"
	})
}

// post sends a GraphQL request and judges the answer; of a stream it takes what comes
// at once. Where a limit of requests is met, it waits and tries again.
func (o *attacker) post(t testing.TB, name, body string, stream bool) string {
	t.Helper()
	for {
		header := http.Header{"Content-Type": {"application/json"}, "Authorization": {"Bearer " + o.token}}
		if stream {
			header.Set("Accept", "text/event-stream")
		}
		res, answer, took, err := o.exchange(t.Context(), http.MethodPost, "/graphql", header, body)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			return ""
		}
		status := res.StatusCode
		switch {
		case status == http.StatusTooManyRequests || strings.Contains(answer, `"RATE_LIMITED"`):
			pauseFor(t, time.Second)
			continue
		case strings.Contains(answer, `"UNAUTHENTICATED"`):
			o.renew(t)
			continue
		}
		o.judge(t, name, body, answer, status, took)
		return answer
	}
}

// renew makes another token where an attack has revoked the one before.
func (o *attacker) renew(t testing.TB) {
	t.Helper()
	o.mu.Lock()
	delete(o.tokens, o.officer)
	o.mu.Unlock()
	o.token = o.apiServer.token(t, o.officer)
}

func pauseFor(t testing.TB, d time.Duration) {
	t.Helper()
	select {
	case <-time.After(d):
	case <-t.Context().Done():
		t.Fatal("the test has ended")
	}
}

// waitStep is the time between two looks at what works in the background.
const waitStep = 50 * time.Millisecond

// streamFor is how long a stream may stay silent before it is left.
const streamFor = 150 * time.Millisecond

// exchange sends one request as it is given.
func (a *attack) exchange(ctx context.Context, method, path string, header http.Header, body string) (res *http.Response, answer string, took time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, 2*answerInTime)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, a.base.String(), strings.NewReader(body))
	if err != nil {
		return nil, "", 0, err
	}
	req.URL.Opaque = "//" + a.base.Host + path // as it is, whatever that is
	req.Header = header
	if host := header.Get("Host"); host != "" {
		req.Host = host
	}
	a.sent.Add(1)
	begin := time.Now()
	res, err = plainClient.Do(req)
	if err != nil {
		return nil, "", 0, err
	}
	defer func() { _ = res.Body.Close() }()
	if strings.HasPrefix(res.Header.Get("Content-Type"), "text/event-stream") {
		took = time.Since(begin)
		time.AfterFunc(streamFor, cancel)
		first, err := bufio.NewReader(res.Body).ReadString('}')
		if errors.Is(err, context.Canceled) || errors.Is(err, io.EOF) {
			err = nil
		}
		return res, first, took, err
	}
	content, err := io.ReadAll(res.Body)
	return res, string(content), time.Since(begin), err
}

// plainClient follows no redirect and keeps no cookie.
var plainClient = &http.Client{
	Transport:     &http.Transport{MaxIdleConnsPerHost: 16, DisableCompression: true},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// inner are words of our own machinery, in small letters, that no answer may hold.
var inner = []string{"pq: ", "sqlstate", "sqlite", "goroutine ", ".go:", "runtime error", "/tmp/", "database/sql", "strconv.", "json: cannot", "unmarshal", "ent: "}

// said returns the inner word that an answer holds and its request does not.
func said(answer, request string) string {
	answer = strings.ToLower(answer)
	for _, word := range inner {
		// Of words that end in these letters one is ours.
		if at := strings.Index(answer, word); at < 0 || word == "ent: " && at > 0 && answer[at-1] >= 'a' && answer[at-1] <= 'z' {
			continue
		}
		if !strings.Contains(strings.ToLower(request), word) {
			return word
		}
	}
	return ""
}

// judge fails the test for an answer that is a fault of ours, that comes late, or
// that says what it should not.
func (a *attack) judge(t testing.TB, name, body, answer string, status int, took time.Duration) {
	t.Helper()
	a.mu.Lock()
	if took > a.slowest {
		a.slowest, a.slow = took, name
	}
	a.mu.Unlock()
	switch {
	case status >= http.StatusInternalServerError:
		t.Errorf("%s is answered with %d: %.500s\nof %.300q", name, status, answer, body)
	case strings.Contains(answer, `"INTERNAL"`):
		t.Errorf("%s is answered with INTERNAL: %.500s\nof %.300q", name, answer, body)
	case took > answerInTime:
		t.Errorf("%s took %s", name, took)
	}
	if word := said(answer, body); word != "" {
		t.Errorf("%s: the answer says %q: %.500s", name, word, answer)
	}
}

// tried logs how many requests were sent, and fails the test where those are fewer
// than docs/security.md says.
func (a *attack) tried(t *testing.T, area string) {
	t.Helper()
	t.Logf("%d %s; the slowest answer took %s: %s", a.sent.Load(), area, a.slowest.Round(time.Millisecond), a.slow)
	stated(t, area, int(a.sent.Load()))
}
