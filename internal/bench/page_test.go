package bench

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"slices"
	"testing"
	"time"

	"techbiz/cmd/techbiz/programtest"
)

// officer is whom [programtest.Place.Token] makes the token for.
const officer = "tan.ah.kow@agency.gov.sg"

// benchPage measures a page as a browser asks for it, and reports the median,
// which a busy machine disturbs least.
func benchPage(b *testing.B, s *programtest.Server, path string) {
	browser := signIn(b, s)
	var took []time.Duration
	for b.Loop() {
		begin := time.Now()
		res, err := browser.Get(s.URL.String() + path)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, res.Body); err != nil {
			b.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != http.StatusOK || res.Request.URL.Path == "/sign-in" {
			b.Fatalf("%s: %d", res.Request.URL, res.StatusCode)
		}
		took = append(took, time.Since(begin))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "median-ms")
}

var sixDigits = regexp.MustCompile(`\b\d{6}\b`)

// signIn signs the officer in with a one-time code from the sandbox's mailbox.
func signIn(b *testing.B, s *programtest.Server) *http.Client {
	b.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		b.Fatal(err)
	}
	browser := &http.Client{Jar: jar}
	post := func(path string, form url.Values) {
		res, err := browser.PostForm(s.URL.String()+path, form)
		if err != nil || res.StatusCode != http.StatusOK {
			b.Fatalf("%s: %v, %v", path, res, err)
		}
		_ = res.Body.Close()
	}
	post("/sign-in", url.Values{"email": {officer}})
	_, body := s.Get("/sandbox/mail.json?limit=1&to=" + officer)
	var box struct{ Mails []struct{ Text string } }
	if err := json.Unmarshal(body, &box); err != nil || len(box.Mails) == 0 {
		b.Fatalf("no mail with a code: %s, %v", body, err)
	}
	post("/sign-in/code", url.Values{"code": {sixDigits.FindString(box.Mails[0].Text)}})
	return browser
}
