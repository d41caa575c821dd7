package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"

	"techbiz/internal/access"
)

// lastingCase is a server with streams, and a replica at which they are ended.
type lastingCase struct {
	*accessWalk
	place []string
	// elsewhere is another replica where the database can have several.
	elsewhere *accessWalk
	admin     *caller
}

const lastingAdmin = "admin@agency.gov.sg"

func serveLasting(t *testing.T, database, check string) *lastingCase {
	t.Helper()
	place := databases[database](t)
	settings := append(place, "--stream-check="+check, "--admins="+lastingAdmin, "--code-interval=0s")
	c := &lastingCase{accessWalk: &accessWalk{base: start(t, settings...)}, place: place}
	c.elsewhere = c.accessWalk
	if database == "PostgreSQL" {
		c.elsewhere = &accessWalk{base: start(t, settings...)}
	}
	c.admin = c.signIn(t, "admin", lastingAdmin, access.Admin)
	return c
}

// Every kind of stream ends when its session or token ends or its officer gets another
// role, on whichever replica that happened, and nothing is taken of it any more.
func TestStreams_EndWithTheirSessionOrToken(t *testing.T) {
	t.Parallel()
	for database := range databases {
		t.Run(database, func(t *testing.T) {
			t.Parallel()
			c := serveLasting(t, database, "10ms")
			for _, end := range []struct {
				name    string
				byToken bool
				goesOn  bool // with the next request
				do      func(who *caller)
			}{
				{"the token is revoked", true, false, func(who *caller) {
					runProgram(t, nil, append([]string{"token", "revoke", "--token=" + who.token}, c.place...)...)
				}},
				{"signed out", false, false, func(who *caller) {
					res := c.elsewhere.do(t.Context(), t, who, http.MethodPost, "/sign-out", "application/x-www-form-urlencoded", nil)
					_ = res.Body.Close()
				}},
				{"signed out everywhere", false, false, func(*caller) {
					phone := c.signIn(t, "tan's phone", "tan@agency.gov.sg", access.Officer)
					c.elsewhere.ask(t, phone, `mutation { endSessions { errors { code } } }`, nil)
				}},
				{"another role", false, true, func(who *caller) { c.setRole(t, who, access.AgencyAdmin) }},
				{"another role of a token's officer", true, true, func(who *caller) { c.setRole(t, who, access.Officer) }},
			} {
				who := c.signIn(t, "tan", "tan@agency.gov.sg", access.Officer)
				if end.byToken {
					who = c.withToken(t, who, true)
				}
				c.streamsEnd(t, end.name, who, end.goesOn, end.do)
			}
		})
	}
}

// streamsEnd opens a stream of each kind, does what ends them, and waits for that.
func (c *lastingCase) streamsEnd(t *testing.T, name string, who *caller, goesOn bool, end func(*caller)) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	const query = `subscription { invitationUpdated { email } }`
	conn, told := c.dial(ctx, t, who, query)
	defer func() { _ = conn.CloseNow() }()
	streams := map[string]<-chan string{"server-sent events": c.follow(ctx, t, who, query), "a websocket": told}
	if who.token == "" {
		streams["a page"] = c.page(ctx, t, who)
	}
	email := fmt.Sprintf("v%d@lta.gov.sg", c.next())
	c.ask(t, who, fmt.Sprintf(`mutation { inviteByEmail(input: {email: %q, reason: "x"}) { errors { code } } }`, email), nil)
	for kind, stream := range streams {
		for text := ""; !strings.Contains(text, email); {
			var open bool
			if text, open = <-stream; !open {
				t.Fatalf("%s: %s ended before", name, kind)
			}
		}
	}
	end(who)
	for kind, stream := range streams {
		last := ""
		for text := range stream {
			last = text
		}
		if ctx.Err() != nil {
			t.Errorf("%s: %s went on", name, kind)
		}
		if kind == "server-sent events" && !strings.Contains(last, "UNAUTHENTICATED") {
			t.Errorf("%s: the last event does not say why it is: %s", name, last)
		}
	}
	if err := wsjson.Write(ctx, conn, map[string]any{"id": "2", "type": "subscribe"}); err == nil {
		t.Errorf("%s: the websocket takes more", name)
	}
	_, code := c.viewer(t, who)
	if goesOn != (code == "") {
		t.Errorf("%s: the next request is answered %q", name, code)
	}
}

// What is asked over a websocket after its token was revoked, or with a role that was
// taken away, is refused at once: the stream itself is not looked at within this test.
func TestStreams_WhatBeginsWithinIsRefused(t *testing.T) {
	t.Parallel()
	for database := range databases {
		t.Run(database, func(t *testing.T) {
			t.Parallel()
			c := serveLasting(t, database, "1m")
			tan := c.signIn(t, "tan", "tan@agency.gov.sg", access.Officer)
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Second)
			defer cancel()
			for name, end := range map[string]func(who *caller){
				"a revoked token": func(who *caller) {
					runProgram(t, nil, append([]string{"token", "revoke", "--token=" + who.token}, c.place...)...)
				},
				"another role": func(who *caller) { c.setRole(t, who, access.AgencyAdmin) },
			} {
				who := c.withToken(t, tan, true)
				conn, told := c.dial(ctx, t, who, `{ viewer { email } }`)
				if text := <-told; !strings.Contains(text, tan.email) {
					t.Errorf("%s: before: %s", name, text)
				}
				end(who)
				change := `mutation { inviteByEmail(input: {email: "lee@lta.gov.sg", reason: "x"}) { invitation { id } } }`
				if err := wsjson.Write(ctx, conn, operationOver("2", change)); err != nil {
					t.Fatal(err)
				}
				if text := <-told; !strings.Contains(text, "UNAUTHENTICATED") {
					t.Errorf("%s: %s", name, text)
				}
				_ = conn.CloseNow()
			}
		})
	}
}

func (c *lastingCase) setRole(t *testing.T, of *caller, role access.Role) {
	t.Helper()
	c.elsewhere.ask(t, c.admin, fmt.Sprintf(`mutation { setRole(officerId: %q, role: %s) { officer { role } errors { code } } }`, of.id, role), nil)
}

// viewer asks who somebody is, and returns the code of the refusal.
func (c *lastingCase) viewer(t *testing.T, who *caller) (email, code string) {
	t.Helper()
	res := c.do(t.Context(), t, who, http.MethodPost, "/graphql", "application/json", []byte(`{"query": "{ viewer { email } }"}`))
	defer func() { _ = res.Body.Close() }()
	var answer struct {
		Data   struct{ Viewer struct{ Email string } }
		Errors []struct{ Extensions struct{ Code string } }
	}
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil {
		t.Fatal(err)
	}
	if len(answer.Errors) > 0 {
		return "", answer.Errors[0].Extensions.Code
	}
	return answer.Data.Viewer.Email, ""
}

// page opens the stream of the page of User creation status and returns its lines.
func (c *lastingCase) page(ctx context.Context, t *testing.T, who *caller) <-chan string {
	t.Helper()
	res := c.do(ctx, t, who, http.MethodGet, "/status/events", "", nil)
	if kind := res.Header.Get("Content-Type"); kind != "text/event-stream" {
		t.Fatalf("%s: %s", res.Status, kind)
	}
	lines := make(chan string, 10_000)
	go func() {
		defer close(lines)
		defer func() { _ = res.Body.Close() }()
		for s := bufio.NewScanner(res.Body); s.Scan(); {
			lines <- s.Text()
		}
	}()
	return lines
}

func operationOver(id, query string) map[string]any {
	return map[string]any{"id": id, "type": "subscribe", "payload": map[string]any{"query": query}}
}

// dial opens a websocket with a session or a token, sends an operation, and returns
// what is answered, until the connection ends.
func (c *lastingCase) dial(ctx context.Context, t *testing.T, who *caller, query string) (*websocket.Conn, <-chan string) {
	t.Helper()
	header := http.Header{"Origin": {c.base.String()}}
	if who.token != "" {
		header.Set("Authorization", "Bearer "+who.token)
	} else {
		at, _ := url.Parse(c.base.String())
		for _, cookie := range who.client.Jar.Cookies(at) {
			header.Add("Cookie", cookie.String())
		}
	}
	conn, _, err := websocket.Dial(ctx, strings.Replace(c.base.String(), "http", "ws", 1)+"/graphql", &websocket.DialOptions{
		Subprotocols: []string{"graphql-transport-ws"}, HTTPHeader: header,
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, message := range []map[string]any{{"type": "connection_init"}, operationOver("1", query)} {
		if err := wsjson.Write(ctx, conn, message); err != nil {
			t.Fatal(err)
		}
	}
	told := make(chan string, 100)
	go func() {
		defer close(told)
		for {
			var m struct {
				Type    string
				Payload json.RawMessage
			}
			if wsjson.Read(ctx, conn, &m) != nil {
				return
			}
			if m.Type == "next" || m.Type == "error" {
				told <- string(m.Payload)
			}
		}
	}()
	return conn, told
}
