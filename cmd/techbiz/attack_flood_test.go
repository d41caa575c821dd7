package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"
	"golang.org/x/sync/errgroup"

	"techbiz/cmd/techbiz/hostile"
)

// alive fails the test where the server does not answer somebody else at once.
func (a *attack) alive(t *testing.T) {
	t.Helper()
	res, _, took, err := a.exchange(t.Context(), http.MethodGet, "/healthz", http.Header{}, "")
	a.sent.Add(-1) // no attack
	if err != nil || res.StatusCode != http.StatusOK || took > answerInTime/4 {
		t.Errorf("somebody else waits for %s: %v, %v", took, res, err)
	}
}

// TestAttack_SlowLoris dribbles headers and bodies over many connections, and keeps
// others silent: the server cuts each off in its time, and serves others meanwhile.
func TestAttack_SlowLoris(t *testing.T) {
	t.Parallel()
	a := newAttack(t, databases["SQLite"](t))
	const headersWithin, bodyWithin = 5 * time.Second, 60 * time.Second
	slack := answerInTime
	cases := []struct {
		name, begin, drop string
		pace, within      time.Duration
		connections       int
	}{
		{"silence", "", "", time.Second, headersWithin, 100},
		{"a request line that does not end", "GET /", "a", time.Second, headersWithin, 50},
		{"headers that do not end", "GET / HTTP/1.1\r\nHost: x\r\n", "X-A: b\r\n", time.Second, headersWithin, 50},
		{"a body that does not end", "POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 50000\r\n\r\n", "a", time.Second, bodyWithin, 20},
		{"chunks that do not end", "POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\n \r\n", time.Second, bodyWithin, 20},
	}
	var group errgroup.Group
	for _, c := range cases {
		for range c.connections {
			group.Go(func() error {
				took, err := a.dribble(t.Context(), c.begin, c.drop, c.pace, c.within+slack)
				if err != nil {
					return fmt.Errorf("%s: after %s: %w", c.name, took.Round(time.Second), err)
				}
				return nil
			})
		}
	}
	ended := make(chan error, 1)
	go func() { ended <- group.Wait() }()
	for {
		select {
		case err := <-ended:
			if err != nil {
				t.Error(err)
			}
			return
		case <-time.After(500 * time.Millisecond):
			a.alive(t)
		}
	}
}

// dribble sends bit by bit until the server ends the connection, and says how long
// that took.
func (a *attack) dribble(ctx context.Context, begin, drop string, pace, limit time.Duration) (time.Duration, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", a.base.Host)
	if err != nil {
		return 0, err
	}
	defer func() { _ = conn.Close() }()
	start := time.Now()
	if _, err := io.WriteString(conn, begin); err != nil {
		return 0, err
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = io.Copy(io.Discard, conn) // until the server ends it
	}()
	tick := time.NewTicker(pace)
	defer tick.Stop()
	for {
		select {
		case <-ended:
			return time.Since(start), nil
		case <-tick.C:
			if time.Since(start) > limit {
				return time.Since(start), errors.New("the connection is still open")
			}
			_, _ = io.WriteString(conn, drop) // fails once the server has ended it
		}
	}
}

// TestAttack_Oversize sends what is too large in every way: it is refused, without
// being kept whole, and the server goes on.
func TestAttack_Oversize(t *testing.T) {
	t.Parallel()
	a := newAttack(t, databases["SQLite"](t))
	v := a.visitor(t)
	mib := strings.Repeat("x", 1<<20)
	form := func(part string) string {
		return "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.xlsx\"\r\n" + part + "\r\n--x--\r\n"
	}
	many := strings.Repeat("--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n", 20_000) + "--x--\r\n"
	const json, urlencoded, multi = "application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"
	cases := []struct {
		name, method, path, kind, body string
		header                         http.Header
	}{
		{"an address", http.MethodGet, "/status?q=" + strings.Repeat("x", 60_000), "", "", nil},
		{"a path", http.MethodGet, "/" + strings.Repeat("x/", 30_000), "", "", nil},
		{"a header", http.MethodGet, "/status", "", "", http.Header{"X-Long": {strings.Repeat("x", 60_000)}}},
		{"a cookie", http.MethodGet, "/status", "", "", http.Header{"Cookie": {"techbiz=" + strings.Repeat("x", 60_000)}}},
		{"a token", http.MethodPost, "/graphql", json, `{}`, http.Header{"Authorization": {"Bearer tbz_" + strings.Repeat("x", 60_000)}}},
		{"a body of JSON", http.MethodPost, "/graphql", json, `{"query":"` + mib + `"}`, nil},
		{"a body for events", http.MethodPost, "/graphql", json, `{"query":"` + mib + `"}`, http.Header{"Accept": {"text/event-stream"}}},
		{"a form", http.MethodPost, "/invite/email", urlencoded, "reason=" + mib, nil},
		{"a form of many fields", http.MethodPost, "/invite/email", urlencoded, strings.Repeat("a=b&", 300_000), nil},
		{"a multipart form where none is taken", http.MethodPost, "/invite/email", multi, form("\r\n" + mib), nil},
		{"a file for a page", http.MethodPost, "/invite/multiple", multi, form("\r\n" + strings.Repeat(mib, 33)), nil},
		{"a file for the API", http.MethodPost, "/graphql", multi, "--x\r\nContent-Disposition: form-data; name=\"operations\"\r\n\r\n{}\r\n" + form("\r\n"+strings.Repeat(mib, 33)), nil},
		{"a file of the largest request", http.MethodPost, "/invite/multiple", multi, form("\r\n" + strings.Repeat(mib, 30)), nil},
		{"operations of the largest request", http.MethodPost, "/graphql", multi, "--x\r\nContent-Disposition: form-data; name=\"operations\"\r\n\r\n{\"query\":\"" + strings.Repeat(mib, 30) + "\"}\r\n--x--\r\n", nil},
		{"a map of the largest request", http.MethodPost, "/graphql", multi, "--x\r\nContent-Disposition: form-data; name=\"operations\"\r\n\r\n{}\r\n--x\r\nContent-Disposition: form-data; name=\"map\"\r\n\r\n{\"" + strings.Repeat(mib, 30) + "\":[]}\r\n--x--\r\n", nil},
		{"operations of the largest body", http.MethodPost, "/graphql", json, "{\"query\":\"" + mib[:1<<20-100] + "\"}", nil},
		{"a part's header", http.MethodPost, "/invite/multiple", multi, form(strings.Repeat("X: y\r\n", 100_000) + "\r\na"), nil},
		{"a part's name", http.MethodPost, "/invite/multiple", multi, strings.Replace(form("\r\na"), "a.xlsx", mib, 1), nil},
		{"many parts", http.MethodPost, "/invite/multiple", multi, many, nil},
		{"many parts for the API", http.MethodPost, "/graphql", multi, many, nil},
		{"a body that says that it is packed", http.MethodPost, "/graphql", json, mib[:1000], http.Header{"Content-Encoding": {"gzip"}}},
	}
	for _, c := range cases {
		h := v.ownPage(v.cookie)
		for name, values := range c.header {
			h[name] = values
		}
		if c.kind != "" {
			h.Set("Content-Type", c.kind)
		}
		res, answer, took, err := a.exchange(t.Context(), c.method, c.path, h, c.body)
		if err == nil {
			a.judge(t, c.name, c.body+c.path, answer, res.StatusCode, took)
		}
		// The server may end the connection before it has read all.
		if err == nil && res.StatusCode < 400 && !strings.Contains(answer, `"errors"`) && !signedOut(res) {
			t.Errorf("%s is answered with %s: %.300s", c.name, res.Status, answer)
		}
		a.alive(t)
	}
	a.tried(t, "requests that are too large")
}

// TestAttack_Protocol sends what is no HTTP, and what two servers in a row could
// understand in two ways.
func TestAttack_Protocol(t *testing.T) {
	t.Parallel()
	a := newAttack(t, databases["SQLite"](t))
	const host = "Host: x\r\n"
	var group sync.WaitGroup
	smuggled := "GET /sandbox HTTP/1.1\r\n" + host + "\r\n"
	for _, raw := range []string{
		"\x16\x03\x01\x02\x00\x01\x00", "\x00\x00\x00\x00\r\n\r\n", "GET\r\n\r\n", "GET /\r\n\r\n", "GET / HTTP/0.9\r\n\r\n", "GET / HTTP/2.0\r\n" + host + "\r\n", "GET / HTTP/1.1\r\n\r\n",
		"GET / HTTP/1.1\r\n" + host + host + "\r\n", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", "GET / HTTP/1.1\r\n" + host + "X : y\r\n\r\n", "GET / HTTP/1.1\r\n" + host + " X: y\r\n\r\n", "GET / HTTP/1.1\r\n" + host + "X: y\x00\r\n\r\n",
		"TRACE / HTTP/1.1\r\n" + host + "\r\n", "CONNECT evil.example:443 HTTP/1.1\r\n" + host + "\r\n", "PROPFIND / HTTP/1.1\r\n" + host + "\r\n", "\u202e / HTTP/1.1\r\n" + host + "\r\n", "GET http://evil.example/ HTTP/1.1\r\n" + host + "\r\n", "GET * HTTP/1.1\r\n" + host + "\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
		"POST /sign-in HTTP/1.1\r\n" + host + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", "POST /sign-in HTTP/1.1\r\n" + host + "Content-Length: -1\r\n\r\n", "POST /sign-in HTTP/1.1\r\n" + host + "Content-Length: +3\r\n\r\nabc", "POST /sign-in HTTP/1.1\r\n" + host + "Content-Length: 99999999999999999999\r\n\r\n",
		"POST /sign-in HTTP/1.1\r\n" + host + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + smuggled, "POST /sign-in HTTP/1.1\r\n" + host + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + smuggled, "POST /sign-in HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n" + smuggled,
		"POST /sign-in HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n", "POST /sign-in HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n-1\r\n", "POST /sign-in HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n1;" + strings.Repeat("x", 100_000) + "\r\n", "POST /sign-in HTTP/1.1\r\n" + host + "Expect: 200-ok\r\nContent-Length: 1\r\n\r\n",
		"GET / HTTP/1.1\r\n" + host + "Connection: Upgrade\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n", "GET / HTTP/1.1\r\n" + host + strings.Repeat("A: b\r\n", 20_000) + "\r\n", "GET / HTTP/1.1\r\n" + host + "Range: bytes=" + strings.Repeat("0-1,", 2_000) + "\r\n\r\n",
	} {
		a.sent.Add(1)
		group.Go(func() {
			for _, status := range a.raw(t, raw) {
				// 501 and 505 are net/http's own words for what it does not know.
				if status >= 500 && status != http.StatusNotImplemented && status != http.StatusHTTPVersionNotSupported {
					t.Errorf("%.80q is answered with %d", raw, status)
				}
			}
		})
	}
	group.Wait()
	a.alive(t)
	a.tried(t, "requests that are no HTTP")
}

// raw sends bytes and returns the statuses of the answers.
func (a *attack) raw(t *testing.T, raw string) (statuses []int) {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", a.base.Host)
	if err != nil {
		t.Error(err)
		return nil
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(3 * time.Second)) // some want more to come
	_, _ = io.WriteString(conn, raw)                      // the server may have ended it already
	in := bufio.NewReader(conn)
	for {
		res, err := http.ReadResponse(in, nil)
		if err != nil {
			return statuses
		}
		_, err = io.Copy(io.Discard, res.Body)
		if statuses = append(statuses, res.StatusCode); err != nil || res.Close {
			return statuses
		}
	}
}

// TestAttack_Subscriptions opens more subscriptions than anybody needs, over events and
// over one websocket, and more websockets: those beyond the limit are refused, others
// are served, and when they end there is place again.
func TestAttack_Subscriptions(t *testing.T) {
	t.Parallel()
	a := newAttack(t, databases["SQLite"](t))
	o := a.attacker(t, 1)
	o.prepare(t)
	const wanted = 110
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	streams := &http.Client{Transport: &http.Transport{MaxConnsPerHost: 0, MaxIdleConnsPerHost: -1}}
	refused := 0
	for range wanted {
		req := request(ctx, t, a.base.String(), o.token, `subscription { invitationUpdated { id } }`)
		req.Header.Set("Accept", "text/event-stream")
		res, err := streams.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = res.Body.Close() })
		if refusedAtOnce(res.Body) {
			refused++
		}
	}
	if refused == 0 || refused == wanted {
		t.Errorf("of %d streams %d were refused", wanted, refused)
	}
	a.alive(t)
	if answer := a.attacker(t, 3).post(t, "somebody else", hostile.Document(`{ viewer { email } }`, ""), false); !strings.Contains(answer, "agency3") {
		t.Errorf("somebody else is answered: %s", answer)
	}
	o.attackWebsockets(t, wanted)
	cancel()
	for range 200 {
		if !o.websocketRefuses(t, 1) {
			if !o.websocketRefuses(t, wanted) {
				t.Error("one websocket carries any number of subscriptions")
			}
			return
		}
		pauseFor(t, waitStep)
	}
	t.Error("what has ended still counts")
}

// attackWebsockets opens websockets over which nothing is asked: each is looked at again
// and again whether it may go on, so that an officer has only so many.
func (o *attacker) attackWebsockets(t *testing.T, wanted int) {
	t.Helper()
	silent := o.attack.attacker(t, 5)
	refused := 0
	for range wanted {
		conn, res, err := silent.websocket(t.Context())
		switch {
		case err == nil:
			defer func() { _ = conn.CloseNow() }()
		case res != nil && res.StatusCode == http.StatusTooManyRequests:
			refused++
		default:
			t.Fatal(err)
		}
	}
	if refused == 0 || refused == wanted {
		t.Errorf("of %d silent websockets %d were refused", wanted, refused)
	}
	o.alive(t)
}

// websocket opens a websocket.
func (o *attacker) websocket(ctx context.Context) (*websocket.Conn, *http.Response, error) {
	return websocket.Dial(ctx, strings.Replace(o.base.String(), "http", "ws", 1)+"/graphql", &websocket.DialOptions{
		Subprotocols: []string{"graphql-transport-ws"}, HTTPHeader: http.Header{"Authorization": {"Bearer " + o.token}},
	})
}

// refusedAtOnce says whether a stream's first event is an error.
func refusedAtOnce(body io.Reader) bool {
	first := make(chan string, 1)
	go func() {
		text := ""
		for lines := bufio.NewScanner(body); lines.Scan() && !strings.Contains(text, "data: {"); {
			text += lines.Text() + "\n"
		}
		first <- text
	}()
	select {
	case text := <-first:
		return strings.Contains(text, "RATE_LIMITED")
	case <-time.After(streamFor):
		return false
	}
}

// websocketRefuses opens n subscriptions over one websocket and says whether any was
// refused.
func (o *attacker) websocketRefuses(t *testing.T, n int) bool {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	conn, res, err := o.websocket(ctx)
	if err != nil && res != nil && res.StatusCode == http.StatusTooManyRequests {
		return true
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.CloseNow() }()
	type message struct {
		ID      string          `json:"id,omitempty"`
		Type    string          `json:"type"`
		Payload json.RawMessage `json:"payload,omitempty"`
	}
	err = wsjson.Write(ctx, conn, message{Type: "connection_init"})
	for i := range n {
		if err == nil {
			err = wsjson.Write(ctx, conn, message{ID: fmt.Sprint(i), Type: "subscribe", Payload: json.RawMessage(`{"query":"subscription { invitationUpdated { id } }"}`)})
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	for {
		var m message
		if err := wsjson.Read(ctx, conn, &m); err != nil {
			return false // nothing more comes
		}
		if strings.Contains(string(m.Payload), "RATE_LIMITED") {
			return true
		}
	}
}
