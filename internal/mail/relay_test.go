package mail

import (
	"context"
	"errors"
	"fmt"
	"net"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"techbiz/internal/fault"
	"techbiz/internal/mail/mailtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const sender = "TechBiz <techbiz@tech.gov.sg>"

// hello is a message that needs every kind of encoding.
var hello = Message{
	ID: "0199a1b2-1@techbiz", To: "tan.mei.ling@tech.gov.sg", Subject: "Activate your TechPass account",
	Text: "Dear 陈美玲,\n.\n" + strings.Repeat("long ", 300) + "\nend\n", HTML: `<p style="color:#1f4e8c">Dear 陈美玲 = ok</p>` + "\n",
}

func relayTo(t *testing.T, s *mailtest.Server) *Relay {
	t.Helper()
	r, err := NewRelay(s.URL(), sender)
	if err != nil {
		t.Fatal(err)
	}
	r.target.tls.RootCAs = s.Roots()
	t.Cleanup(r.Close)
	return r
}

// outcome names the four ways in which a send can end.
func outcome(err error) string {
	var refused *RefusedError
	var doubt *InDoubtError
	switch {
	case err == nil:
		return "accepted"
	case errors.As(err, &refused):
		return "refused"
	case errors.As(err, &doubt):
		return "in doubt"
	case fault.CodeOf(err) == fault.Unavailable:
		return "unavailable"
	}
	return "unknown: " + err.Error()
}

func TestRelay_Arrives(t *testing.T) {
	t.Parallel()
	cases := map[string]mailtest.Options{
		"plain on this machine":  {},
		"with a login":           {User: "techbiz", Password: "p@ss/word"},
		"STARTTLS with a login":  {User: "techbiz", Password: "p@ss/word", StartTLS: true},
		"TLS from the beginning": {User: "techbiz", Password: "p@ss/word", TLS: true},
	}
	for name, o := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := mailtest.New(t, o)
			r := relayTo(t, s)
			for range 3 {
				if err := r.Send(t.Context(), hello); err != nil {
					t.Fatal(err)
				}
			}
			got := s.Messages()
			if len(got) != 3 || s.Connections() != 1 {
				t.Fatalf("%d messages over %d connections, want 3 over 1", len(got), s.Connections())
			}
			m := got[2]
			want := []string{"techbiz@tech.gov.sg", hello.To, hello.ID, hello.Subject, hello.Text, hello.HTML}
			if diff := cmp.Diff(want, []string{m.From, m.To, m.ID, m.Subject, m.Text, m.HTML}); diff != "" {
				t.Errorf("message (-want +got):\n%s", diff)
			}
			if m.Header.Get("From") != `"TechBiz" <techbiz@tech.gov.sg>` || m.Header.Get("Auto-Submitted") != "auto-generated" {
				t.Errorf("header: %v", m.Header)
			}
			if _, err := m.Header.Date(); err != nil {
				t.Errorf("date: %v", err)
			}
		})
	}
}

func TestRelay_Outcomes(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		trouble   mailtest.Trouble
		want      string
		delivered int
	}{
		"5xx to the sender":                         {mailtest.Trouble{At: mailtest.AtSender, Code: 553, Text: "Not allowed"}, "refused", 0},
		"5xx to the recipient":                      {mailtest.Trouble{At: mailtest.AtRecipient, Code: 550, Text: "No such user"}, "refused", 0},
		"5xx to the content":                        {mailtest.Trouble{At: mailtest.AtContent, Code: 554, Text: "Spam"}, "refused", 0},
		"a login asked for is not the mail's fault": {mailtest.Trouble{At: mailtest.AtSender, Code: 530, Text: "Log in"}, "unavailable", 0},
		"4xx to the sender":                         {mailtest.Trouble{At: mailtest.AtSender, Code: 421, Text: "Closing"}, "unavailable", 0},
		"4xx to the recipient":                      {mailtest.Trouble{At: mailtest.AtRecipient, Code: 450, Text: "Greylisted"}, "unavailable", 0},
		"4xx to the content":                        {mailtest.Trouble{At: mailtest.AtContent, Code: 452, Text: "Full"}, "unavailable", 0},
		"421 to the content":                        {mailtest.Trouble{At: mailtest.AtContent, Code: 421, Text: "Closing"}, "unavailable", 0},
		"broken off at the sender":                  {mailtest.Trouble{At: mailtest.AtSender}, "unavailable", 0},
		"broken off at the recipient":               {mailtest.Trouble{At: mailtest.AtRecipient}, "unavailable", 0},
		"broken off after the content, lost":        {mailtest.Trouble{At: mailtest.AtContent}, "in doubt", 0},
		"broken off after the content, taken on":    {mailtest.Trouble{At: mailtest.AtContent, Keep: true}, "in doubt", 1},
		"another 2xx to the content":                {mailtest.Trouble{At: mailtest.AtContent, Code: 251, Text: "Forwarded", Keep: true}, "accepted", 1},
		"no known reply to the content":             {mailtest.Trouble{At: mailtest.AtContent, Code: 354, Text: "Go on", Keep: true}, "in doubt", 1},
	}
	for name, c := range cases {
		for _, o := range []mailtest.Options{{}, {StartTLS: true}, {TLS: true}} {
			t.Run(fmt.Sprintf("%s, StartTLS %t, TLS %t", name, o.StartTLS, o.TLS), func(t *testing.T) {
				t.Parallel()
				s := mailtest.New(t, o)
				r := relayTo(t, s)
				s.Misbehave(c.trouble)
				if got := outcome(r.Send(t.Context(), hello)); got != c.want {
					t.Errorf("outcome %s, want %s", got, c.want)
				}
				if got := len(s.Messages()); got != c.delivered {
					t.Errorf("%d messages, want %d", got, c.delivered)
				}
				s.Behave()
				if err := r.Send(t.Context(), hello); err != nil {
					t.Errorf("the next message: %v", err)
				}
			})
		}
	}
}

func TestRelay_RefusalIsASentence(t *testing.T) {
	t.Parallel()
	s := mailtest.New(t, mailtest.Options{})
	r := relayTo(t, s)
	s.Refuse("No such\nuser \x1b[31mhere " + strings.Repeat("x", 500))
	var refused *RefusedError
	if err := r.Send(t.Context(), hello); !errors.As(err, &refused) {
		t.Fatal(err)
	}
	if got := refused.Reason; !strings.HasPrefix(got, "The mail relay refused this mail and said: 550 No such user [31mhere xxx") || len(got) > 260 {
		t.Errorf("reason: %s", got)
	}
	if got := s.Connections(); got != 1 {
		t.Errorf("%d connections", got)
	}
}

func TestRelay_Unreachable(t *testing.T) {
	t.Parallel()
	t.Run("nobody listens", func(t *testing.T) {
		t.Parallel()
		s := mailtest.New(t, mailtest.Options{})
		r := relayTo(t, s)
		s.Close()
		if got := outcome(r.Send(t.Context(), hello)); got != "unavailable" {
			t.Error(got)
		}
	})
	t.Run("the password is wrong", func(t *testing.T) {
		t.Parallel()
		s := mailtest.New(t, mailtest.Options{User: "u", Password: "right"})
		r := relayTo(t, s)
		r.target.password = "s3cret"
		err := r.Send(t.Context(), hello)
		if got := outcome(err); got != "unavailable" || strings.Contains(err.Error(), "s3cret") || !strings.Contains(err.Error(), "535") {
			t.Error(got, err)
		}
	})
	t.Run("the certificate is not trusted", func(t *testing.T) {
		t.Parallel()
		for _, o := range []mailtest.Options{{StartTLS: true}, {TLS: true}} {
			r := relayTo(t, mailtest.New(t, o))
			r.target.tls.RootCAs = nil
			if got := outcome(r.Send(t.Context(), hello)); got != "unavailable" {
				t.Error(got)
			}
		}
	})
	t.Run("STARTTLS is not offered", func(t *testing.T) {
		t.Parallel()
		s := mailtest.New(t, mailtest.Options{})
		r := relayTo(t, s)
		r.target.startTLS = true
		if got := outcome(r.Send(t.Context(), hello)); got != "unavailable" || len(s.Messages()) != 0 {
			t.Error(got)
		}
	})
	t.Run("the greeting never comes", func(t *testing.T) {
		t.Parallel()
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		r, err := NewRelay("smtp://"+l.Addr().String(), sender)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			if c, err := l.Accept(); err == nil {
				defer c.Close()
				cancel()
				<-t.Context().Done()
			}
		}()
		err = r.Send(ctx, hello)
		if got := outcome(err); got != "unavailable" || !errors.Is(err, context.Canceled) {
			t.Error(got, err)
		}
	})
}

func TestRelay_CancelledContext(t *testing.T) {
	t.Parallel()
	t.Run("before anything is sent nothing is handed over", func(t *testing.T) {
		t.Parallel()
		s := mailtest.New(t, mailtest.Options{})
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if got := outcome(relayTo(t, s).Send(ctx, hello)); got != "unavailable" || s.Connections() != 0 {
			t.Error(got)
		}
	})
	for _, o := range []mailtest.Options{{}, {StartTLS: true}, {TLS: true}} {
		t.Run(fmt.Sprintf("while the answer to the content is awaited it is in doubt %+v", o), func(t *testing.T) {
			t.Parallel()
			s := mailtest.New(t, o)
			r := relayTo(t, s)
			s.Misbehave(mailtest.Trouble{At: mailtest.AtContent, Silent: true, Keep: true})
			ctx, cancel := context.WithCancel(t.Context())
			go func() {
				defer cancel()
				_, _ = s.Wait(t.Context(), 1)
			}()
			if got := outcome(r.Send(ctx, hello)); got != "in doubt" {
				t.Error(got)
			}
		})
	}
}

func TestRelay_Connection(t *testing.T) {
	t.Parallel()
	t.Run("one that the relay closed while idle is opened anew", func(t *testing.T) {
		t.Parallel()
		s := mailtest.New(t, mailtest.Options{})
		r := relayTo(t, s)
		for want := range 3 {
			if err := r.Send(t.Context(), hello); err != nil {
				t.Fatal(err)
			}
			s.HangUp()
			if got := s.Connections(); got != want+1 {
				t.Errorf("%d connections, want %d", got, want+1)
			}
		}
		if got := len(s.Messages()); got != 3 {
			t.Errorf("%d messages", got)
		}
	})
	t.Run("it is closed when nobody uses it for a while", func(t *testing.T) {
		t.Parallel()
		s := mailtest.New(t, mailtest.Options{})
		r := relayTo(t, s)
		r.keep = time.Millisecond
		if err := r.Send(t.Context(), hello); err != nil {
			t.Fatal(err)
		}
		select {
		case <-s.Parted():
		case <-t.Context().Done():
			t.Fatal("the connection stays open")
		}
		if err := r.Send(t.Context(), hello); err != nil || s.Connections() != 2 {
			t.Error(err, s.Connections())
		}
	})
	t.Run("after Close nothing is sent", func(t *testing.T) {
		t.Parallel()
		s := mailtest.New(t, mailtest.Options{})
		r := relayTo(t, s)
		if err := r.Send(t.Context(), hello); err != nil {
			t.Fatal(err)
		}
		r.Close()
		r.Close()
		if got := outcome(r.Send(t.Context(), hello)); got != "unavailable" || len(s.Messages()) != 1 {
			t.Error(got)
		}
	})
	t.Run("many at once go one by one over one connection", func(t *testing.T) {
		t.Parallel()
		s := mailtest.New(t, mailtest.Options{})
		r := relayTo(t, s)
		var all sync.WaitGroup
		for i := range 40 {
			all.Go(func() {
				m := hello
				m.ID = fmt.Sprintf("%d@techbiz", i)
				if err := r.Send(t.Context(), m); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		seen := map[string]bool{}
		for _, m := range s.Messages() {
			seen[m.ID] = true
		}
		if len(seen) != 40 || s.Connections() != 1 {
			t.Errorf("%d different messages over %d connections", len(seen), s.Connections())
		}
	})
}

func TestRelay_NoInjection(t *testing.T) {
	t.Parallel()
	s := mailtest.New(t, mailtest.Options{})
	r := relayTo(t, s)
	for _, to := range []string{
		"", "nobody", "a@b.sg\r\nBcc: x@x.sg", "Name <a@b.sg>", "a@b.sg, c@d.sg", "<a@b.sg>", "a@b.sg> SIZE=1", " a@b.sg",
	} {
		m := hello
		m.To = to
		if got := outcome(r.Send(t.Context(), m)); got != "refused" {
			t.Errorf("to %q: %s", to, got)
		}
	}
	for _, change := range []func(*Message){
		func(m *Message) { m.Subject = "Hello\r\nBcc: x@x.sg" },
		func(m *Message) { m.ID = "1@techbiz>\nBcc: x@x.sg" },
		func(m *Message) { m.ID = "1@techbiz x" },
	} {
		m := hello
		change(&m)
		if r.Send(t.Context(), m) == nil {
			t.Errorf("sent with subject %q and ID %q", m.Subject, m.ID)
		}
	}
	if got := len(s.Messages()); got != 0 {
		t.Errorf("%d messages", got)
	}
}

func TestRelay_SignInCodeStaysTheOnlySixDigits(t *testing.T) {
	t.Parallel()
	s := mailtest.New(t, mailtest.Options{})
	r := relayTo(t, s)
	m, err := SignInCode("tan.mei.ling@tech.gov.sg", "048213", 10*time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	for range 20 {
		if err := r.Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	six := regexp.MustCompile(`\d{6}`)
	for _, got := range s.Messages() {
		if diff := cmp.Diff([]string{"048213", "048213"}, six.FindAllString(string(got.Raw), -1)); diff != "" {
			t.Fatalf("numbers of six digits (-want +got):\n%s\n%s", diff, got.Raw)
		}
	}
}
