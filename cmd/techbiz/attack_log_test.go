package main

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"techbiz/cmd/techbiz/hostile"
	"techbiz/cmd/techbiz/programtest"
	"techbiz/internal/mail/mailtest"
)

// TestAttack_Logs puts marked texts wherever somebody may type, with a relay that
// refuses and falls silent. The logs of this program, as those of every one that a test
// starts, are looked through when the run ends: there the run fails.
func TestAttack_Logs(t *testing.T) {
	t.Parallel()
	const password, word, number = "relay-Passw0rd-zqlog", "zqlogword", "88776655"
	programtest.Confide("the relay's password", password)
	programtest.Confide("a search word", word)
	programtest.Confide("a contact number", number)
	relay := mailtest.New(t, mailtest.Options{User: "techbiz", Password: password})
	for _, format := range []string{"text", "json"} {
		a := newAttack(t, databases["SQLite"](t), "--smtp-url="+relay.URL(), "--log-format="+format, "--sandbox-faults=fail=0.3")
		o := a.attacker(t, 1)
		relay.Misbehave(mailtest.Trouble{At: mailtest.AtRecipient, Code: 550, Text: word + " unknown"})
		account := o.fill(`{"email":"`+word+`.@@n@@@vendor.com","techPassUsername":"`+word+`.@@n@@","firstName":"`+word+`","lastName":"`+word+`","contactNumber":"`) + number + `","organisation":"` + word + `","reason":"` + word + `"}`
		o.post(t, "an account", hostile.Document(`mutation($a: AccountInput!) { createAccount(input: {account: $a}) { errors { code } } }`, hostile.Raw(`{"a":`+account+`}`)), false)
		a.submit(t, "/sign-in", "", url.Values{"email": {word + "@agency.gov.sg"}})
		relay.Behave()
		for i, r := range routes(t) {
			if r.Method == http.MethodPost {
				a.submit(t, o.address(r)+"?q="+word, "techbiz="+word, url.Values{"email": {word + "@agency.gov.sg"}, "code": {"123456"}, "q": {word}})
				continue
			}
			header := http.Header{"Authorization": {"Bearer " + o.token}, "Referer": {"http://" + word}, "User-Agent": {word}, "X-Forwarded-For": {word}, "X-Request-Id": {fmt.Sprint(i) + "-" + word[:2]}}
			if _, _, _, err := a.exchange(t.Context(), http.MethodGet, o.address(r)+"?q="+word+"&to="+word+"@vendor.com", header, ""); err != nil {
				t.Errorf("%s: %v", r.Path, err)
			}
		}
		for _, body := range []string{`{"query":"{ invitations(filter: {search: \"` + word + `\"}) { totalCount } }"}`, `{"query":"{ ` + word + ` }"}`, `{"query":"` + word, `{"query":"mutation { cancelInvitation(id: \"` + word + `\") { errors { code } } }"}`} {
			o.post(t, "a search", body, false)
			o.post(t, "a search", body, true)
		}
	}
	if lines := programtest.LogLines(); lines < 50 {
		t.Errorf("only %d lines were looked through", lines)
	}
	if found := programtest.Leaks("msg=x word=" + word); len(found) != 0 || !strings.Contains(fmt.Sprint(programtest.Leaks("msg=x word="+word, [2]string{"a search word", word})), "a search word") {
		t.Errorf("a marked text would not be found: %v", found)
	}
}
