package main

import (
	"context"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"techbiz/cmd/techbiz/programtest"
	"techbiz/internal/mail/mailtest"
)

// delivery is what an invitation says of its mail.
type delivery struct {
	Provisioning, TechPassStatus, Mail string
	MailFailure, Failure               string
	SendCount                          int
	CanResend                          bool
}

func deliveryOf(s *programtest.Server, id string) delivery {
	var answer struct{ Invitation delivery }
	s.Query(&answer, `query($id: ID!) { invitation(id: $id) {
		provisioning techPassStatus mail mailFailure failure sendCount canResend } }`, map[string]any{"id": id})
	return answer.Invitation
}

// awaitDelivery waits until the invitation's mail has this fate, and returns what
// the invitation then says.
func awaitDelivery(s *programtest.Server, id string, fate func(delivery) bool) delivery {
	var d delivery
	s.Await("the fate of a mail", func() bool {
		d = deliveryOf(s, id)
		return fate(d)
	})
	return d
}

func isSent(d delivery) bool      { return d.Mail == "ACCEPTED" }
func isInDoubt(d delivery) bool   { return d.Mail == "IN_DOUBT" }
func isRefused(d delivery) bool   { return d.Mail == "REFUSED" }
func hasStumbled(d delivery) bool { return d.Failure != "" }

// sent is a delivery that nothing went wrong with.
var sent = delivery{Provisioning: "SUCCEEDED", TechPassStatus: "NOT_ONBOARDED", Mail: "ACCEPTED", SendCount: 1, CanResend: true}

func inviteByEmail(t *testing.T, s *programtest.Server, email string) string {
	t.Helper()
	var answer struct{ InviteByEmail programtest.Made }
	s.Query(&answer, `mutation($e: String!) { inviteByEmail(input: {email: $e, reason: "Runs the service."}) { invitation { id } errors { code message } } }`,
		map[string]any{"e": email})
	return answer.InviteByEmail.ID(t)
}

// resend returns the code of the refusal, "" where there was none.
func resend(s *programtest.Server, id string) string {
	var answer struct{ ResendInvitation programtest.Made }
	s.Query(&answer, `mutation($id: ID!) { resendInvitation(id: $id) { invitation { id } errors { code message } } }`, map[string]any{"id": id})
	if len(answer.ResendInvitation.Errors) > 0 {
		return answer.ResendInvitation.Errors[0].Code
	}
	return ""
}

// withRelay starts a server whose mails go to a relay of the test's own.
func withRelay(t *testing.T) (*programtest.Server, *mailtest.Server) {
	t.Helper()
	relay := mailtest.New(t, mailtest.Options{User: "techbiz", Password: "p@ss"})
	p := programtest.New(t, "TECHBIZ_SMTP_URL="+relay.URL())
	return p.ServeReady(p.Token()), relay
}

// awaitMails returns the relay's messages as soon as there are n.
func awaitMails(t *testing.T, relay *mailtest.Server, n int) []mailtest.Message {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	messages, err := relay.Wait(ctx, n)
	if err != nil {
		t.Fatal(err)
	}
	return messages
}

func TestSMTP_Arrives(t *testing.T) {
	t.Parallel()
	s, relay := withRelay(t)
	account := s.CreateAccount(1)
	awaitMails(t, relay, 1)
	invitation := inviteByEmail(t, s, "siti@agency.gov.sg")
	awaitMails(t, relay, 2)
	for _, id := range []string{account, invitation} {
		if diff := cmp.Diff(sent, awaitDelivery(s, id, isSent)); diff != "" {
			t.Error(diff)
		}
	}
	if code := resend(s, invitation); code != "" {
		t.Errorf("resend: %s", code)
	}
	var got []string
	for _, m := range awaitMails(t, relay, 3) {
		got = append(got, m.To+" "+m.ID)
	}
	want := []string{
		"mei.1@vendor.com " + account + ".1@127.0.0.1",
		"siti@agency.gov.sg " + invitation + ".1@127.0.0.1",
		"siti@agency.gov.sg " + invitation + ".2@127.0.0.1",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestSMTP_Refused(t *testing.T) {
	t.Parallel()
	s, relay := withRelay(t)
	relay.Refuse("No such user here")
	id := s.CreateAccount(1)
	want := delivery{
		Provisioning: "SUCCEEDED", TechPassStatus: "NOT_ONBOARDED", Mail: "REFUSED",
		MailFailure: "The mail relay refused this mail and said: 550 No such user here.",
	}
	if diff := cmp.Diff(want, awaitDelivery(s, id, isRefused)); diff != "" {
		t.Error(diff)
	}
	if code := resend(s, id); code != "NOT_RESENDABLE" {
		t.Errorf("resend: %q", code)
	}
	if n := len(relay.Messages()); n != 0 {
		t.Errorf("%d messages", n)
	}
}

func TestSMTP_TemporaryTrouble(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name    string
		trouble mailtest.Trouble
		failure string
		kept    bool // the relay has the message of each try
	}{
		{"put off", mailtest.Trouble{At: mailtest.AtRecipient, Code: 451, Text: "Greylisted"},
			"The mail relay put this mail off and said: 451 Greylisted. It is tried again by itself.", false},
		{"put off after the message", mailtest.Trouble{At: mailtest.AtContent, Code: 452, Text: "Disk full", Keep: true},
			"The mail relay put this mail off and said: 452 Disk full. It is tried again by itself.", true},
		{"breaks off", mailtest.Trouble{At: mailtest.AtSender},
			"The mail relay cannot be reached. It is tried again by itself.", false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s, relay := withRelay(t)
			relay.Misbehave(c.trouble)
			id := s.CreateAccount(1)
			waiting := delivery{Provisioning: "QUEUED", TechPassStatus: "NOT_ONBOARDED", Mail: "NONE", Failure: c.failure}
			if diff := cmp.Diff(waiting, awaitDelivery(s, id, hasStumbled)); diff != "" {
				t.Error(diff)
			}
			relay.Behave()
			if diff := cmp.Diff(sent, awaitDelivery(s, id, isSent)); diff != "" {
				t.Error(diff)
			}
			messages := relay.Messages()
			for _, m := range messages {
				if m.ID != id+".1@127.0.0.1" {
					t.Errorf("Message-ID %s", m.ID)
				}
			}
			if len(messages) != 1 && !c.kept {
				t.Errorf("%d messages", len(messages))
			}
		})
	}
}

func TestSMTP_InDoubt(t *testing.T) {
	t.Parallel()
	for name, kept := range map[string]bool{"the relay had the message": true, "the relay had it not": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, relay := withRelay(t)
			relay.DropAfterContent(kept)
			doubtful := s.CreateAccount(1)
			want := sent
			want.Mail = "IN_DOUBT"
			want.MailFailure = "The mail relay fell silent after the mail was handed over, so the mail may or may not have been sent."
			got := awaitDelivery(s, doubtful, func(d delivery) bool { return isInDoubt(d) && d.MailFailure == want.MailFailure })
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
			relay.Behave()
			awaitDelivery(s, s.CreateAccount(2), isSent)
			if diff := cmp.Diff(want, deliveryOf(s, doubtful)); diff != "" {
				t.Error(diff)
			}
			messages := relay.Messages()
			if kept {
				messages = messages[1:]
			}
			if len(messages) != 1 || messages[0].To != "mei.2@vendor.com" {
				t.Errorf("%d messages", len(messages))
			}
		})
	}
}

// TestSMTP_KilledWhileSending kills the server while the relay holds a message and
// keeps silent.
func TestSMTP_KilledWhileSending(t *testing.T) {
	t.Parallel()
	programtest.OnEach(t, func(t *testing.T, p *programtest.Place) {
		relay := mailtest.New(t, mailtest.Options{})
		p.Set("TECHBIZ_SMTP_URL=" + relay.URL())
		token := p.Token()
		s := p.ServeReady(token)
		relay.Misbehave(mailtest.Trouble{At: mailtest.AtContent, Silent: true, Keep: true})
		var ids []string
		for n := range 20 {
			ids = append(ids, s.CreateAccount(n))
		}
		batch := startBatch(t, s, 20)
		first := awaitMails(t, relay, 1)[0]
		s.Kill()
		relay.Behave()

		s = p.ServeReady(token)
		s.Await("all mails", func() bool { return len(relay.Messages()) >= 41 && s.Progress(batch).State == "COMPLETED" })
		for _, id := range ids {
			d := awaitDelivery(s, id, func(d delivery) bool { return isSent(d) || isInDoubt(d) && strings.HasPrefix(first.ID, id) })
			if isInDoubt(d) && (d.MailFailure == "" || d.Provisioning != "SUCCEEDED") {
				t.Errorf("in doubt: %+v", d)
			}
		}
		if n := p.Count(`SELECT count(*) FROM invitations WHERE mail = 'IN_DOUBT'`); n != 1 {
			t.Errorf("%d mails are in doubt, want 1", n)
		}
		times := map[string]int{}
		for _, m := range relay.Messages() {
			times[m.ID]++
		}
		for id, n := range times {
			if n != 1 {
				t.Errorf("%s was sent %d times", id, n)
			}
		}
		if len(times) != 41 {
			t.Errorf("%d mails, want 40 and one about the list", len(times))
		}
	})
}

func TestSMTP_SignInCode(t *testing.T) {
	t.Parallel()
	s, relay := withRelay(t)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := http.Client{Jar: jar}
	submit := func(path string, form url.Values) *http.Response {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL.JoinPath(path).String(), strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		res, err := browser.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		return res
	}
	submit("sign-in", url.Values{"email": {"tan@agency.gov.sg"}})
	m := awaitMails(t, relay, 1)[0]
	code := regexp.MustCompile(`\b\d{6}\b`).FindString(m.Text)
	if m.To != "tan@agency.gov.sg" || code == "" || m.ID == "" {
		t.Fatalf("a mail to %s with the code %q", m.To, code)
	}
	if res := submit("sign-in/code", url.Values{"code": {code}}); res.Request.URL.Path != "/" || res.StatusCode != http.StatusOK {
		t.Errorf("signing in led to %s: %s", res.Request.URL, res.Status)
	}
}

// The mail about a finished list goes through the relay as all do, and once.
func TestSMTP_ListDone(t *testing.T) {
	t.Parallel()
	s, relay := withRelay(t)
	id := s.Upload(programtest.Workbook(t, 0, 3))
	s.Submit(id)
	s.AwaitCompletion(id)
	var got []string
	for _, m := range awaitMails(t, relay, 4) {
		if m.To == programtest.Officer {
			got = append(got, m.Subject)
			if !strings.Contains(m.Text, "Accounts created: 3 users") || !strings.Contains(m.Text, "/invite/multiple/"+id) {
				t.Errorf("got %s", m.Text)
			}
		}
	}
	if diff := cmp.Diff([]string{"Your list of users is done"}, got); diff != "" {
		t.Error(diff)
	}
}
