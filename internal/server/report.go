package server

import (
	"encoding/json"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"techbiz/internal/limit"
	"techbiz/internal/origin"
)

const (
	// ReportPath is where browsers report what the Content-Security-Policy of a page
	// stopped.
	ReportPath = "/csp-report"

	maxReport      = 16 << 10
	maxReports     = 5 // of one request
	maxReportField = 100
)

// Reports are logged at most this often for a network address, and for all.
var (
	reportsOfOne = limit.Rate{Count: 10, Per: time.Minute}
	reportsOfAll = limit.Rate{Count: 100, Per: time.Minute}
)

// violation is what we read of a report: by report-to, and by the older
// report-uri.
type violation struct {
	Body struct {
		Directive string `json:"effectiveDirective"`
		Blocked   string `json:"blockedURL"`
		Page      string `json:"documentURL"`
	} `json:"body"`
	Old struct {
		Directive string `json:"effective-directive"`
		Violated  string `json:"violated-directive"`
		Blocked   string `json:"blocked-uri"`
		Page      string `json:"document-uri"`
	} `json:"csp-report"`
}

// reports logs what browsers report, and answers 204 to whatever comes: anybody
// may send anything, so that little of it is logged, and seldom.
func reports(next http.Handler, o Options) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != ReportPath {
			next.ServeHTTP(w, r)
			return
		}
		if r.Method != http.MethodPost {
			w.Header().Set("Allow", http.MethodPost)
			http.Error(w, "Reports are sent by POST.", http.StatusMethodNotAllowed)
			return
		}
		if o.Limits == nil || allowsReport(r, o.Limits) {
			for _, v := range readReports(r) {
				o.Log.LogAttrs(r.Context(), slog.LevelWarn, "a page's policy stopped something", v.attributes()...)
			}
		}
		w.WriteHeader(http.StatusNoContent)
	})
}

func allowsReport(r *http.Request, limits *limit.Limiter) bool {
	_, one := limits.Allow(r.Context(), "report "+limit.Network(origin.From(r.Context())), reportsOfOne)
	if !one {
		return false
	}
	_, all := limits.Allow(r.Context(), "reports", reportsOfAll)
	return all
}

// readReports reads the reports of a request, none of what is none.
func readReports(r *http.Request) []violation {
	mediaType, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	body, err := io.ReadAll(io.LimitReader(r.Body, maxReport+1))
	if err != nil || len(body) > maxReport {
		return nil
	}
	switch mediaType {
	case "application/csp-report":
		var one violation
		if json.Unmarshal(body, &one) != nil {
			return nil
		}
		one.Body.Directive, one.Body.Blocked, one.Body.Page = one.Old.Directive, one.Old.Blocked, one.Old.Page
		if one.Body.Directive == "" {
			one.Body.Directive = one.Old.Violated
		}
		return []violation{one}
	case "application/reports+json":
		var all []violation
		if json.Unmarshal(body, &all) != nil {
			return nil
		}
		return all[:min(len(all), maxReports)]
	}
	return nil
}

// attributes are what is logged of a report: of an address that was blocked its
// origin, of the page its path, and of neither what stands behind.
func (v violation) attributes() []slog.Attr {
	blocked := v.Body.Blocked
	if u, err := url.Parse(blocked); err != nil {
		blocked = "(no address)"
	} else if u.Host != "" {
		blocked = u.Scheme + "://" + u.Host
	} else if u.Scheme != "" {
		blocked = u.Scheme
	}
	page := "(no address)"
	if u, err := url.Parse(v.Body.Page); err == nil {
		page = loggablePath(u.Path)
	}
	return []slog.Attr{
		slog.String("directive", plain(v.Body.Directive)), slog.String("blocked", plain(blocked)), slog.String("page", plain(page)),
	}
}

// plain keeps a short text of letters, digits and the signs of addresses.
func plain(text string) string {
	if strings.Contains(text, "@") || looksSecret(text) {
		return maskedSegment
	}
	return strings.Map(func(c rune) rune {
		if c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || strings.ContainsRune("-._~:/[]()* ", c) {
			return c
		}
		return '?'
	}, text[:min(len(text), maxReportField)])
}
