package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"techbiz/cmd/techbiz/hostile"
	"techbiz/internal/mail/mailtest"
)

// mailHeaders are all that a mail of ours has.
var mailHeaders = regexp.MustCompile(`^(From|To|Subject|Date|Message-Id|Mime-Version|Content-Type|Content-Transfer-Encoding|User-Agent|X-Mailer|Auto-Submitted|X-Auto-Response-Suppress|Reply-To|List-[A-Za-z-]+|Feedback-Id)$`)

// TestAttack_Mails puts line breaks and markup into every field of every input that a
// change takes, with a real relay behind: what leaves has one recipient, who was
// meant, the headers of our mails and no other, and no markup but ours.
func TestAttack_Mails(t *testing.T) {
	t.Parallel()
	relay := mailtest.New(t, mailtest.Options{User: "techbiz", Password: "relay-Passw0rd"})
	a := newAttack(t, databases["SQLite"](t), "--smtp-url="+relay.URL())
	o := a.attacker(t, 3)
	o.prepare(t)
	texts := append(slices.Clone(hostile.LineBreaks), hostile.Markup...)
	sent := 0
	for _, op := range attackedSchema() {
		if op.Kind != "mutation" || len(op.Inputs) < 2 {
			continue
		}
		valid := string(op.Inputs[0].Variables)
		for i, field := range textsOf(valid) {
			for j, text := range texts {
				if (i+j)%3 != 0 {
					continue // each text in every third field
				}
				quoted, err := json.Marshal(text)
				if err != nil {
					t.Fatal(err)
				}
				name := fmt.Sprintf("%s, %s: %q", op.Name, field, text)
				o.post(t, name, hostile.Document(op.Query, hostile.Raw(o.fill(strings.Replace(valid, field, string(quoted), 1)))), false)
				sent++
			}
		}
		o.prepare(t)
	}
	for _, text := range texts {
		a.submit(t, "/sign-in", "", url.Values{"email": {text}, "next": {text}})
		a.submit(t, "/sign-in", "", url.Values{"email": {"tan@agency.gov.sg" + text}})
		sent += 2
	}
	// Who is invited last gets a mail when all others have theirs.
	id := o.invite(t)
	awaitMail(t, relay, id)
	for _, m := range relay.Messages() {
		checkMail(t, m)
	}
	t.Logf("%d inputs led to %d mails", sent, len(relay.Messages()))
	if len(relay.Messages()) < 20 {
		t.Errorf("only %d mails left", len(relay.Messages()))
	}
	stated(t, "inputs that reach mails", sent)
}

var quotedText = regexp.MustCompile(`"[A-Za-z]+":("(?:[^"@\\]|\\.|@@n@@|@@@)*")`)

// textsOf are the texts among variables, as they are written there; identifiers are
// none.
func textsOf(variables string) []string {
	found := map[string]bool{}
	for _, m := range quotedText.FindAllStringSubmatch(variables, -1) {
		found[m[1]] = true
	}
	return slices.Sorted(maps.Keys(found))
}

// invite invites an officer by mail and returns the address.
func (o *attacker) invite(t *testing.T) string {
	t.Helper()
	email := o.fill("last.@@n@@@agency.gov.sg")
	o.mutate(t, `mutation($e: String!) { inviteByEmail(input: {email: $e, reason: "last"}) { invitation { __typename id } errors { code } } }`, map[string]any{"e": email})
	return email
}

func awaitMail(t *testing.T, relay *mailtest.Server, to string) {
	t.Helper()
	for range 2_000 {
		if slices.ContainsFunc(relay.Messages(), func(m mailtest.Message) bool { return m.To == to }) {
			return
		}
		pauseFor(t, waitStep)
	}
	t.Fatal("the last mail does not come")
}

var plainAddress = regexp.MustCompile(`^[^\s<>,;:"()\[\]\\\x00-\x1f]+@[a-z0-9.-]+\.(sg|com)$`)

// checkMail fails the test for a mail that an input has changed beyond its text.
func checkMail(t *testing.T, m mailtest.Message) {
	t.Helper()
	if !plainAddress.MatchString(strings.ToLower(m.To)) || strings.Contains(m.To, "evil") {
		t.Errorf("a mail to %q", m.To)
	}
	if to := strings.Trim(m.Header.Get("To"), "<>"); to != m.To || strings.ContainsAny(m.Subject, "\r\n") {
		t.Errorf("a mail to %q says that it is to %q, about %q", m.To, to, m.Subject)
	}
	for name, values := range m.Header {
		if !mailHeaders.MatchString(name) || len(values) != 1 {
			t.Errorf("a mail to %s has the header %s: %q", m.To, name, values)
		}
	}
	if strings.Contains(m.Text, "\nBcc:") || strings.Contains(m.Text, "\n.\n") {
		t.Errorf("an input made a line of the mail to %s: %s", m.To, m.Text)
	}
	for token := range tokensOf(t, m.HTML) {
		for _, attr := range token.Attr {
			value := strings.ToLower(strings.TrimSpace(attr.Val))
			if strings.HasPrefix(attr.Key, "on") || strings.HasPrefix(value, "javascript:") || strings.HasPrefix(value, "data:") || strings.Contains(value, "evil.example") {
				t.Errorf("the mail to %s has <%s %s=%q>", m.To, token.Data, attr.Key, attr.Val)
			}
		}
		if slices.Contains([]string{"script", "img", "svg", "iframe", "form", "base", "math", "object"}, token.Data) {
			t.Errorf("the mail to %s has the element %s", m.To, token.Data)
		}
	}
}

// tokensOf are the elements of a text of HTML, as they begin.
func tokensOf(t *testing.T, text string) func(func(html.Token) bool) {
	t.Helper()
	return func(yield func(html.Token) bool) {
		z := html.NewTokenizer(strings.NewReader(text))
		for {
			switch kind := z.Next(); kind {
			case html.ErrorToken:
				return
			case html.StartTagToken, html.SelfClosingTagToken:
				if !yield(z.Token()) {
					return
				}
			}
		}
	}
}
