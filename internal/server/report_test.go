package server

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"techbiz/internal/clock"
	"techbiz/internal/database"
	"techbiz/internal/database/databasetest"
	"techbiz/internal/limit"
)

func TestReports(t *testing.T) {
	t.Parallel()
	const secret = "Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6"
	for _, c := range []struct {
		name, kind, body, line string // "" where nothing is logged
	}{
		{"by report-uri", "application/csp-report", `{"csp-report":{"document-uri":"https://portal.example.sg/status?q=tan%40x.sg","effective-directive":"script-src-elem","blocked-uri":"https://evil.example/a.js?u=tan@agency.gov.sg"}}`,
			`directive=script-src-elem blocked=https://evil.example page=/status`},
		{"by report-to", "application/reports+json", `[{"type":"csp-violation","body":{"documentURL":"https://portal.example.sg/","effectiveDirective":"img-src","blockedURL":"inline"}}]`,
			`directive=img-src blocked=inline page=/`},
		{"the secret of a link", "application/csp-report", `{"csp-report":{"document-uri":"https://portal.example.sg/sandbox/activate/` + secret + `","violated-directive":"style-src","blocked-uri":"data:text/css,x"}}`,
			`directive=style-src blocked=data page=/sandbox/activate/***`},
		{"lines of its own", "application/csp-report", `{"csp-report":{"effective-directive":"a\nlevel=ERROR \u001b[31m","blocked-uri":"http://a b","document-uri":"%zz"}}`,
			`directive="a?level?ERROR ?[31m" blocked="(no address)" page="(no address)"`},
		{"somebody's address", "application/csp-report", `{"csp-report":{"effective-directive":"tan@agency.gov.sg"}}`, `directive=*** blocked="" page=""`},
		{"of another type", "application/json", `{"csp-report":{"effective-directive":"img-src"}}`, ""},
		{"no JSON", "application/csp-report", `{`, ""},
		{"too long", "application/csp-report", `{"csp-report":{"effective-directive":"` + strings.Repeat("a", maxReport) + `"}}`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s, log := setup(t, func(http.ResponseWriter, *http.Request) { t.Error("the handler was asked") })
			r := httptest.NewRequest(http.MethodPost, ReportPath, strings.NewReader(c.body))
			r.Header.Set("Content-Type", c.kind)
			if got := serve(s, r).Code; got != http.StatusNoContent {
				t.Errorf("got %d", got)
			}
			_, line, found := strings.Cut(log.String(), "stopped something\" ")
			if found != (c.line != "") || !strings.HasPrefix(line, c.line) {
				t.Errorf("logged %s", log.String())
			}
			if strings.Contains(log.String(), secret) || strings.Contains(log.String(), "tan@") {
				t.Error("a secret or an address is in the log")
			}
		})
	}
}

func TestReports_MethodsAndSize(t *testing.T) {
	t.Parallel()
	s, log := setup(t, func(http.ResponseWriter, *http.Request) {})
	if got := serve(s, httptest.NewRequest(http.MethodGet, ReportPath, nil)); got.Code != 405 || got.Header().Get("Allow") != "POST" {
		t.Errorf("GET: %d", got.Code)
	}
	r := httptest.NewRequest(http.MethodPost, ReportPath, strings.NewReader("["+strings.Repeat(`{"body":{"effectiveDirective":"img-src"}},`, 50)+`{}]`))
	r.Header.Set("Content-Type", "application/reports+json")
	serve(s, r)
	if got := strings.Count(log.String(), "stopped something"); got != maxReports {
		t.Errorf("%d lines of one request", got)
	}
}

// A stranger cannot fill the log.
func TestReports_AreLimited(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, nil, func(t *testing.T, db *database.DB) {
		limits, err := limit.New(limit.Options{DB: db, Clock: clock.Machine, Secret: []byte(strings.Repeat("s", 32))})
		if err != nil {
			t.Fatal(err)
		}
		s, log := setup(t, func(http.ResponseWriter, *http.Request) {}, func(o *Options) { o.Limits = limits })
		for range 40 {
			r := httptest.NewRequest(http.MethodPost, ReportPath, strings.NewReader(`{"csp-report":{"effective-directive":"img-src"}}`))
			r.Header.Set("Content-Type", "application/csp-report")
			serve(s, r)
		}
		if got := strings.Count(log.String(), "stopped something"); got < 10 || got > 12 {
			t.Errorf("%d lines of 40 requests", got)
		}
	})
}
