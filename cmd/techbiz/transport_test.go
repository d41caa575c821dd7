package main

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

const viewerQuery = `{"query": "{ viewer { email } }"}`

// A body that a page of another site can send without asking first is not looked
// at, and neither is one with our cookie that comes from there.
func TestGraphQL_CrossSite(t *testing.T) {
	t.Parallel()
	s := serveAPI(t, databases["SQLite"](t))
	token := s.token(t, "tan@tech.gov.sg")
	const form = "--x\r\nContent-Disposition: form-data; name=\"operations\"\r\n\r\n" + viewerQuery +
		"\r\n--x\r\nContent-Disposition: form-data; name=\"map\"\r\n\r\n{}\r\n--x--\r\n"
	foreign := map[string]string{"Cookie": "session=1", "Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
	with := func(more ...map[string]string) map[string]string {
		all := map[string]string{}
		for _, m := range more {
			for k, v := range m {
				all[k] = v
			}
		}
		return all
	}
	kind := func(k string) map[string]string { return map[string]string{"Content-Type": k} }
	bearer := map[string]string{"Authorization": "Bearer " + token}
	for _, c := range []struct {
		name   string
		ask    ask
		status int
	}{
		{"plain text", ask{body: viewerQuery, header: with(bearer, kind("text/plain"))}, 415},
		{"a form", ask{body: "query=%7Bviewer%7Bemail%7D%7D", header: with(bearer, kind("application/x-www-form-urlencoded"))}, 415},
		{"GraphQL's own type", ask{body: "{ viewer { email } }", header: with(bearer, kind("application/graphql"))}, 415},
		{"no type", ask{body: viewerQuery, header: bearer}, 415},
		{"a type that is none", ask{body: viewerQuery, header: with(bearer, kind("application/json;;"))}, 415},
		{"JSON", ask{body: viewerQuery, header: with(bearer, kind("application/json"))}, 200},
		{"JSON in a character set", ask{body: viewerQuery, header: with(bearer, kind("Application/JSON; charset=utf-8"))}, 200},
		{"a multipart form with a token", ask{body: form, header: with(bearer, kind("multipart/form-data; boundary=x"))}, 200},
		{"JSON with a cookie from another site", ask{body: viewerQuery, header: with(foreign, kind("application/json"))}, 403},
		{"a multipart form with a cookie from another site", ask{body: form, header: with(foreign, kind("multipart/form-data; boundary=x"))}, 403},
		{"the same of an old browser", ask{body: form, header: with(kind("multipart/form-data; boundary=x"), map[string]string{"Cookie": "session=1", "Origin": "https://evil.example"})}, 403},
		{"a question whether another site may", ask{method: http.MethodOptions, header: map[string]string{
			"Origin": "https://evil.example", "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}}, 405},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if c.ask.method == "" {
				c.ask.method = http.MethodPost
			}
			c.ask.path = "/graphql"
			got := c.ask.send(t, s.base)
			if got.status != c.status || (got.status == 200) != strings.Contains(got.body, "tan@tech.gov.sg") {
				t.Errorf("got %d: %s", got.status, got.body)
			}
			for name := range got.header {
				if strings.HasPrefix(name, "Access-Control-") {
					t.Errorf("another site is allowed something: %s", name)
				}
			}
			if got.status != 403 && got.header.Get("Cache-Control") != "no-store" {
				t.Errorf("Cache-Control is %q", got.header.Get("Cache-Control"))
			}
		})
	}
}

// A websocket wants somebody who is known, on our own site.
func TestGraphQL_Websocket(t *testing.T) {
	t.Parallel()
	s := serveAPI(t, databases["SQLite"](t))
	token := s.token(t, "tan@tech.gov.sg")
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for _, c := range []struct {
		name   string
		header http.Header
		status int
	}{
		{"nobody", nil, 401},
		{"a wrong token", http.Header{"Authorization": {"Bearer tbz_x"}}, 401},
		{"a program", http.Header{"Authorization": {"Bearer " + token}}, 101},
		{"a page of another site", http.Header{"Authorization": {"Bearer " + token}, "Origin": {"https://evil.example"}}, 403},
		{"our own page", http.Header{"Authorization": {"Bearer " + token}, "Origin": {s.base.String()}}, 101},
	} {
		t.Run(c.name, func(t *testing.T) {
			conn, res, err := websocket.Dial(ctx, strings.Replace(s.base.String(), "http", "ws", 1)+"/graphql",
				&websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}, HTTPHeader: c.header})
			if res == nil || res.StatusCode != c.status {
				t.Fatalf("got %+v, %v", res, err)
			}
			if conn != nil {
				_ = conn.CloseNow()
			}
		})
	}
}
