package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// ask is a request with these headers and no others.
type ask struct {
	method, path, body string
	header             map[string]string
	host               string
}

// reply is the answer to an ask.
type reply struct {
	status int
	header http.Header
	body   string
}

// send sends it and follows no redirect.
func (c ask) send(t *testing.T, base *url.URL) reply {
	t.Helper()
	to, err := base.Parse(c.path)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), c.method, to.String(), strings.NewReader(c.body))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range c.header {
		req.Header.Set(name, value)
	}
	if c.host != "" {
		req.Host = c.host
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{res.StatusCode, res.Header, string(body)}
}

// graphQL is an ask of the API from a network address, "" for this machine's.
func graphQL(token, from, query string) ask {
	body, _ := json.Marshal(map[string]string{"query": query}) // strings
	c := ask{method: http.MethodPost, path: "/graphql", body: string(body), header: map[string]string{"Content-Type": "application/json"}}
	return c.by(token, from)
}

// by is it with a token and from a network address, where there are.
func (c ask) by(token, from string) ask {
	if c.header == nil {
		c.header = map[string]string{}
	}
	if token != "" {
		c.header["Authorization"] = "Bearer " + token
	}
	if from != "" {
		c.header["X-Forwarded-For"] = from
	}
	return c
}

func TestLimits(t *testing.T) {
	t.Parallel()
	s := serveAPI(t, databases["SQLite"](t), "--trusted-proxies=127.0.0.0/8", "--limit-reads=3/h", "--limit-changes=2/h", "--limit-strangers=2/h")
	token := func() string {
		t.Helper()
		made := runProgram(t, nil, append([]string{"token", "create", "--name=test", "--officer=tan@tech.gov.sg"}, s.place...)...)
		return strings.TrimSpace(made.stdout)
	}
	const (
		elsewhere = "192.0.2.1"
		viewer    = `{ viewer { email } }`
		unknown   = "tbz_unknown"
	)
	change := func(name string, n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, `m%d: inviteByEmail(input: {email: "%s%d@lta.gov.sg", reason: "x"}) { invitation { id } errors { code } } `, i, name, i)
		}
		return "mutation { " + b.String() + "}"
	}
	page := func(path string) ask { return ask{method: http.MethodGet, path: path} }
	one, two, three, four, five := token(), token(), token(), token(), token()
	for _, story := range []struct {
		name  string
		calls []ask
		last  int // what the last one answers; the others answer 200
	}{
		{"a token reads as often as it may, and no more", repeat(4, graphQL(one, elsewhere, viewer)), 429},
		{"another token of the same officer has its own", repeat(3, graphQL(two, elsewhere, viewer)), 200},
		{"from this machine one reads without limit", repeat(20, graphQL(three, "", viewer)), 200},
		{"and changes by the limit", []ask{graphQL(three, "", change("a", 1)), graphQL(three, "", change("b", 1)), graphQL(three, "", change("c", 1))}, 429},
		{"each change of an operation counts", []ask{graphQL(four, "", change("d", 1)), graphQL(four, "", change("e", 2))}, 429},
		{"a page is one thing to read, whatever it asks of the API", repeat(4, page("/status").by(five, elsewhere)), 429},
		{"what cannot be read counts", append(repeat(2, page("/sign-in").by("", "192.0.2.2")), graphQL("", "192.0.2.2", "{")), 429},
		{"who is not signed in shares with the network", append(repeat(2, page("/sign-in").by("", "2001:db8::1")), page("/sign-in").by("", "2001:db8::2")), 429},
		{"another network has its own", repeat(2, page("/sign-in").by("", "2001:db8:0:1::1")), 200},
		{"a token that is none belongs to the network", append(repeat(2, graphQL(unknown, "192.0.2.4", viewer)), graphQL(unknown+"2", "192.0.2.4", viewer)), 429},
		{"probes are never refused", repeat(10, page("/healthz").by("", "192.0.2.2")), 200},
	} {
		t.Run(story.name, func(t *testing.T) {
			t.Parallel()
			for i, c := range story.calls {
				got := c.send(t, s.base)
				want := http.StatusOK
				if i == len(story.calls)-1 {
					want = story.last
				}
				if got.status != want {
					t.Fatalf("call %d: got %d, not %d: %.300s", i+1, got.status, want, got.body)
				}
				if want == http.StatusTooManyRequests {
					checkRefused(t, c, got)
				}
			}
		})
	}
	t.Run("nothing was done of what was refused", func(t *testing.T) {
		t.Parallel()
		got := graphQL(token(), "", `{ invitations(filter: {search: "e0@lta.gov.sg"}) { totalCount } }`).send(t, s.base)
		if !strings.Contains(got.body, `"totalCount":0`) {
			t.Error(got.body)
		}
	})
}

// What the API refuses counts as what it answers does, and so does the opening of a
// websocket.
func TestLimits_OfWhatIsRefused(t *testing.T) {
	t.Parallel()
	s := serveAPI(t, databases["SQLite"](t), "--trusted-proxies=127.0.0.0/8", "--limit-reads=2/h", "--limit-strangers=2/h")
	opening := map[string]string{"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA=="}
	for i, c := range []struct {
		name   string
		ask    ask
		status int
	}{
		{"another method", ask{method: http.MethodGet}, 405},
		{"another type", ask{method: http.MethodPost, body: viewerQuery}, 415},
		{"a body that is none", ask{method: http.MethodPost, body: "{", header: map[string]string{"Content-Type": "application/json"}}, 400},
		{"a websocket with a token that is none", ask{method: http.MethodGet, header: opening}.by("tbz_unknown", ""), 401},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.ask.path = "/graphql"
			c.ask.header = maps.Clone(c.ask.header)
			c.ask = c.ask.by("", fmt.Sprintf("192.0.2.%d", 10+i))
			for range 2 {
				if got := c.ask.send(t, s.base); got.status != c.status {
					t.Fatalf("got %d, not %d: %.300s", got.status, c.status, got.body)
				}
			}
			got := c.ask.send(t, s.base)
			if got.status != http.StatusTooManyRequests {
				t.Fatalf("got %d: %.300s", got.status, got.body)
			}
			checkRefused(t, c.ask, got)
		})
	}
	t.Run("websockets", func(t *testing.T) {
		t.Parallel()
		header := http.Header{"Authorization": {"Bearer " + s.token(t, "tan@tech.gov.sg")}, "X-Forwarded-For": {"192.0.2.1"}}
		for i := range 3 {
			conn, res, err := websocket.Dial(t.Context(), strings.Replace(s.base.String(), "http", "ws", 1)+"/graphql", &websocket.DialOptions{
				Subprotocols: []string{"graphql-transport-ws"}, HTTPHeader: header,
			})
			if conn != nil {
				_ = conn.CloseNow()
			}
			want := http.StatusSwitchingProtocols
			if i == 2 {
				want = http.StatusTooManyRequests
			}
			if res == nil || res.StatusCode != want || i == 2 && res.Header.Get("Retry-After") == "" {
				t.Fatalf("opening %d: %+v, %v", i+1, res, err)
			}
		}
	})
}

func repeat(n int, c ask) []ask {
	all := make([]ask, n)
	for i := range all {
		all[i] = c
	}
	return all
}

// checkRefused checks that a refusal says when to try again.
func checkRefused(t *testing.T, c ask, got reply) {
	t.Helper()
	after, err := strconv.Atoi(got.header.Get("Retry-After"))
	if err != nil || after < 1 || after > 3600 {
		t.Errorf("Retry-After is %q", got.header.Get("Retry-After"))
	}
	if c.path != "/graphql" {
		if !strings.Contains(got.body, "Too many requests") {
			t.Errorf("no page: %.300s", got.body)
		}
		return
	}
	var answer struct {
		Errors []struct {
			Extensions struct {
				Code    string
				RetryAt time.Time
			}
		}
	}
	if err := json.Unmarshal([]byte(got.body), &answer); err != nil || len(answer.Errors) != 1 {
		t.Fatalf("%v: %s", err, got.body)
	}
	e := answer.Errors[0].Extensions
	if in := time.Until(e.RetryAt); e.Code != "RATE_LIMITED" || in > time.Duration(after)*time.Second || in < time.Duration(after-5)*time.Second {
		t.Errorf("%s, again at %s and after %d s", e.Code, e.RetryAt, after)
	}
}
