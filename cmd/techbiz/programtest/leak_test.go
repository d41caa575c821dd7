package programtest

import (
	"strings"
	"testing"
)

func TestLeaks(t *testing.T) {
	t.Parallel()
	secret := [2]string{"a search word", "zqx"}
	cases := []struct{ name, line, what string }{
		{"an address", `level=INFO msg=x to=tan.ah.kow@agency.gov.sg`, "an e-mail address"},
		{"an address in JSON", `{"msg":"x","detail":{"to":"tan@agency.gov.sg"}}`, "an e-mail address"},
		{"an address in an address", `msg=x path=/sandbox/people/tan%40agency.gov.sg`, "an e-mail address"},
		{"a module is no address", `msg=x stack="github.com/jackc/pgx@v5.1.0/conn.go:12"`, ""},
		{"a code", `msg="code 123456 sent"`, "a one-time code"},
		{"a code as typed", `msg=x code="123 456"`, "a one-time code"},
		{"a code as a number", `{"msg":"x","code":123456}`, "a one-time code"},
		{"a number of bytes is no code", `{"msg":"x","bytes":123456,"duration":91234567}`, ""},
		{"a number of bytes is no code in text", `msg=x duration=1.234567ms bytes=91234567`, ""},
		{"an average is no number", `{"msg":"x","average_run_duration":91234567}`, ""},
		{"an average is no number in text", `msg=x average_run_duration=91234567`, ""},
		{"a time is no code", `time=2026-11-23T09:00:00.123456+08:00 msg=x`, ""},
		{"an id is no code", `msg=x id=019a8f3e-1c2d-7e4f-8a9b-0c1d2e3f4a5b`, ""},
		{"a number", `msg=x number=+6591234567`, "a contact number"},
		{"a number as typed", `{"msg":"call 9123 4567"}`, "a contact number"},
		{"a token", `msg=x token=tbz_` + strings.Repeat("0aA", 16), "an API token"},
		{"a header", `msg=x authorization="Bearer abcdefgh"`, "what stands behind Bearer"},
		{"a cookie", `msg=x cookie="techbiz=MTcxabcdefg"`, "a cookie"},
		{"a password", `msg=x url=postgres://u:secret@db/x`, "a password in an address"},
		{"a link", `msg=x path=/sandbox/register/` + strings.Repeat("aB3", 15), "the secret of a link or a session"},
		{"a key", `msg=x key=` + strings.Repeat("0a", 32), "a key"},
		{"the head of the activity log is no key", `{"msg":"head of the activity log","head":"12:` + strings.Repeat("0a", 32) + `"}`, ""},
		{"a masked link", `msg=request method=GET path=/sandbox/register/*** status=200`, ""},
		{"a query", `msg=x path=/status?q=tan`, "the query of an address"},
		{"what the test says itself", `msg=x query=zqx`, "a search word"},
		{"an access log's line", `time=2026-11-23T09:00:00.000+08:00 level=INFO msg=request method=GET path=/status status=200 duration=3.51ms bytes=83471 request_id=MVXW6Y3PNVZWKZLTMVXW6Y3PNV`, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			found := strings.Join(Leaks(c.line, secret), "\n")
			if c.what == "" && found != "" || !strings.Contains(found, c.what) {
				t.Errorf("found %q, want %q", found, c.what)
			}
			if c.what != "" && strings.Contains(found, strings.TrimPrefix(c.line, "msg=x ")) {
				t.Errorf("the line is not masked: %s", found)
			}
		})
	}
}
