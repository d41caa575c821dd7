package signin

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"techbiz/ent/officer"
	"techbiz/internal/access"
	"techbiz/internal/database"
	"techbiz/internal/fault"
	"techbiz/internal/mail"
)

func TestSignIn_WholeWay(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		b := w.browser(t)
		if a := b.look(); a.Email != "" || a.BadToken {
			t.Fatalf("a new browser acts as %q", a.Email)
		}
		if a := b.send("  Tan.Ah.Kow@Agency.gov.sg "); a.Fault != nil || a.Failed != "" {
			t.Fatalf("send: %v %s", a.Fault, a.Failed)
		}
		if a := b.look(); a.Email != "" || a.Pending != tan {
			t.Errorf("before the code: acts as %q, pending %q", a.Email, a.Pending)
		}
		code := w.mails.code(t)
		if a := b.enter(" " + code[:3] + " " + code[3:]); a.Fault != nil || a.Failed != "" {
			t.Fatalf("sign in: %v %s", a.Fault, a.Failed)
		}
		if a := b.look(); a.Email != tan || a.Role != access.Officer || a.Write != "" || a.Pending != "" {
			t.Errorf("after the code: %+v", a)
		}
		o, err := w.db.Officer.Query().Where(officer.Email(tan)).Only(access.System(t.Context()))
		if err != nil || o.Agency != "agency.gov.sg" {
			t.Errorf("officer: %+v, %v", o, err)
		}
		again := w.browser(t)
		again.signIn(tan)
		if n := w.db.Officer.Query().CountX(access.System(t.Context())); n != 1 {
			t.Errorf("%d officers after signing in twice", n)
		}
		for _, secret := range []string{code, tan, b.cookie().Value} {
			if strings.Contains(w.log.String(), secret) {
				t.Errorf("the log has %q", secret)
			}
		}
	})
}

func TestSendCode_ChecksTheAddress(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, email string
		code        fault.Code
	}{
		{"nothing is typed", "  ", fault.Required},
		{"it is longer than 255 characters", strings.Repeat("a", 250) + "@a.gov.sg", fault.TooLong},
		{"it has no @", "tan.agency.gov.sg", fault.InvalidFormat},
		{"it has two @", "tan@x@agency.gov.sg", fault.InvalidFormat},
		{"it has a quoted @", `"tan@x"@agency.gov.sg`, fault.InvalidFormat},
		{"it has a display name", "Tan <tan@agency.gov.sg>", fault.InvalidFormat},
		{"it stands in angle brackets", "<tan@agency.gov.sg>", fault.InvalidFormat},
		{"it is two addresses", "tan@agency.gov.sg, lim@agency.gov.sg", fault.InvalidFormat},
		{"it breaks the header", "tan@agency.gov.sg\r\nBcc: x@agency.gov.sg", fault.InvalidFormat},
		{"it has a letter that folds to an ASCII one", "tan.ah.\u212aow@agency.gov.sg", fault.InvalidFormat},
		{"its domain has an empty label", "tan@agency..gov.sg", fault.InvalidFormat},
		{"its domain has a label that begins with a hyphen", "tan@-agency.gov.sg", fault.InvalidFormat},
		{"its domain has an underscore", "tan@my_agency.gov.sg", fault.InvalidFormat},
		{"it is a vendor's", "mei.ling@vendor.com", fault.NotPublicOfficer},
		{"it only looks like an officer's", "tan@agency.gov.sg.vendor.com", fault.NotPublicOfficer},
	}
	each(t, func(t *testing.T, w *world) {
		for _, c := range cases {
			t.Run(c.name, func(t *testing.T) {
				b := w.browser(t)
				a := b.send(c.email)
				wantFault(t, a, "email", c.code)
				if len(a.cookies) > 0 || len(w.mails.mails) > 0 {
					t.Error("a refused address got a cookie or a mail")
				}
			})
		}
	})
}

func TestSignIn_RefusesACode(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name string
		try  func(w *world, b *browser, code string) answer
		code fault.Code
	}{
		{"nothing is typed", func(_ *world, b *browser, _ string) answer { return b.enter(" ") }, fault.Required},
		{"it has seven digits", func(_ *world, b *browser, code string) answer { return b.enter(code + "1") }, fault.InvalidFormat},
		{"it is wrong", func(_ *world, b *browser, code string) answer { return b.enter(wrong(code)) }, fault.InvalidFormat},
		{"it has expired", func(w *world, b *browser, code string) answer {
			w.clock.move(codeLife)
			return b.enter(code)
		}, fault.NotFound},
		{"it comes from another browser", func(w *world, b *browser, code string) answer {
			return w.browser(b.t).enter(code)
		}, fault.NotFound},
		{"it comes from another browser that waits for a code", func(w *world, b *browser, code string) answer {
			other := w.browser(b.t)
			other.send(tan)
			if w.mails.code(b.t) == code {
				b.t.Skip("the same code was drawn twice")
			}
			return other.enter(code)
		}, fault.InvalidFormat},
		{"a newer one was sent to this browser", func(w *world, b *browser, code string) answer {
			w.clock.move(time.Minute)
			b.send(tan)
			if w.mails.code(b.t) == code {
				b.t.Skip("the same code was drawn twice")
			}
			return b.enter(code)
		}, fault.InvalidFormat},
		{"it was used", func(_ *world, b *browser, code string) answer {
			before := *b.cookie()
			b.enter(code)
			b.plant(&before)
			return b.enter(code)
		}, fault.NotFound},
	}
	each(t, func(t *testing.T, w *world) {
		for i, c := range cases {
			t.Run(c.name, func(t *testing.T) {
				b := w.browser(t)
				b.send(fmt.Sprintf("officer%d@agency.gov.sg", i))
				a := c.try(w, b, w.mails.code(t))
				wantFault(t, a, "code", c.code)
				if b.look().Email != "" {
					t.Error("signed in all the same")
				}
			})
		}
	})
}

func TestSignIn_FiveTries(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		b := w.browser(t)
		b.send(tan)
		code := w.mails.code(t)
		for _, want := range []string{"4 tries left", "3 tries left", "2 tries left", "1 try left"} {
			a := b.enter(wrong(code))
			wantFault(t, a, "code", fault.InvalidFormat)
			if a.Fault != nil && !strings.Contains(a.Fault.Message, want) {
				t.Errorf("message %q, want %q", a.Fault.Message, want)
			}
		}
		wantFault(t, b.enter(wrong(code)), "code", fault.NotFound)
		wantFault(t, b.enter(code), "code", fault.NotFound)
		w.clock.move(time.Minute)
		b.signIn(tan)
	})
}

func TestSignIn_ManyAtOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		b := w.browser(t)
		b.send(tan)
		code, requests := w.mails.code(t), b.waiting(20)
		var in atomic.Int32
		w.at20(t, func(i int) {
			switch err := w.SignIn(httptest.NewRecorder(), requests[i], code); {
			case err == nil:
				in.Add(1)
			case fault.CodeOf(err) != fault.NotFound:
				t.Errorf("refused with %v", err)
			}
		})
		if in.Load() != 1 {
			t.Errorf("one code signed in %d times", in.Load())
		}
		if n := w.db.Session.Query().CountX(access.System(t.Context())); n != 1 {
			t.Errorf("%d sessions", n)
		}
	})
}

func TestSignIn_ManyWrongTriesAtOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		b := w.browser(t)
		b.send(tan)
		code, requests := w.mails.code(t), b.waiting(20)
		var counted atomic.Int32
		w.at20(t, func(i int) {
			err := w.SignIn(httptest.NewRecorder(), requests[i], wrong(code))
			if l := fault.Of(err); len(l) == 1 && strings.HasPrefix(l[0].Message, "The code is wrong") {
				counted.Add(1)
			}
		})
		if counted.Load() != codeTries {
			t.Errorf("%d tries were counted, want %d", counted.Load(), codeTries)
		}
		wantFault(t, b.enter(code), "code", fault.NotFound)
	})
}

func TestSignIn_MakesOneOfficer(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		browsers := make([]*browser, 10)
		codes := make([]string, len(browsers))
		for i := range browsers {
			browsers[i] = w.browser(t)
			browsers[i].send(tan)
			codes[i] = w.mails.code(t)
		}
		var wg sync.WaitGroup
		for i, b := range browsers {
			wg.Go(func() {
				if a := b.enter(codes[i]); a.Fault != nil || a.Failed != "" {
					t.Errorf("sign in: %v %s", a.Fault, a.Failed)
				}
			})
		}
		wg.Wait()
		if n := w.db.Officer.Query().CountX(access.System(t.Context())); n != 1 {
			t.Errorf("%d officers", n)
		}
	})
}

func TestSendCode_MailFails(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name string
		err  error
		code fault.Code
	}{
		{"the relay is away", fault.Wrap(errDown, fault.Unavailable, "Away: 450 <%s> busy.", strings.ToUpper(tan)), fault.Unavailable},
		{"the mail cannot be stored", errDown, ""},
	}
	each(t, func(t *testing.T, w *world) {
		for _, c := range cases {
			t.Run(c.name, func(t *testing.T) {
				b := w.browser(t)
				w.mails.fail(c.err)
				a := b.send(tan)
				if c.code != "" {
					wantFault(t, a, "email", c.code)
				} else if a.Fault != nil || a.Failed == "" {
					t.Errorf("answered %v %q, want an error without a code", a.Fault, a.Failed)
				}
				w.mails.fail(nil)
				b.signIn(tan) // without any wait
			})
		}
		if strings.Contains(strings.ToLower(w.log.String()), tan) {
			t.Error("the log has the address")
		}
	})
}

// A mailbox that the relay refuses is answered as any other, and counts as one.
func TestSendCode_DoesNotSayWhoExists(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.browser(t).signIn("known@agency.gov.sg")
		w.clock.move(time.Minute)
		w.mails.fail(&mail.RefusedError{Reason: "550 <nobody@agency.gov.sg> unknown"})
		refused, again := w.browser(t).send("nobody@agency.gov.sg"), w.browser(t).send("nobody@agency.gov.sg")
		w.mails.fail(nil)
		for name, pair := range map[string][2]answer{
			"an officer who is known": {w.browser(t).send("known@agency.gov.sg"), w.browser(t).send("known@agency.gov.sg")},
			"one who is not":          {w.browser(t).send("other@agency.gov.sg"), w.browser(t).send("other@agency.gov.sg")},
			"a mailbox that is none":  {refused, again},
		} {
			if pair[0].Fault != nil || pair[0].Failed != "" || len(pair[0].cookies) != 1 {
				t.Errorf("%s: %+v", name, pair[0])
			}
			wantFault(t, pair[1], "email", fault.RateLimited)
		}
		if strings.Contains(w.log.String(), "nobody@") {
			t.Error("the log has the address")
		}
	}, limits)
}

func TestSendCode_InDoubtCountsAsSent(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		b := w.browser(t)
		w.mails.fail(fmt.Errorf("send: %w", &mail.InDoubtError{Reason: "silent"}))
		if a := b.send(tan); a.Fault != nil || a.Failed != "" || a.Pending != tan {
			t.Errorf("answered %+v", a)
		}
	})
}

func TestNewCode_KeepsLeadingZeros(t *testing.T) {
	t.Parallel()
	zeros := 0
	for range 2000 {
		code, err := newCode()
		if err != nil || len(code) != codeDigits {
			t.Fatalf("code %q, %v", code, err)
		}
		if code[0] == '0' {
			zeros++
		}
	}
	if zeros < 100 || zeros > 320 { // 200 are expected; eight standard deviations
		t.Errorf("%d of 2000 codes begin with 0", zeros)
	}
}

func TestNew_RefusesAShortSecret(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("a secret of 31 bytes was taken")
		}
	}()
	New(Options{Keys: make([]byte, MinKeys-1)})
}

func TestEnsureAdmins(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		b := w.browser(t)
		b.signIn(tan)
		err := w.EnsureAdmins(t.Context(), []string{tan, "mei.ling@vendor.com", "x"})
		if l := fault.Of(err); len(l) != 2 || l[0].Code != fault.NotPublicOfficer || l[1].Code != fault.InvalidFormat {
			t.Errorf("two addresses at fault: %v", err)
		}
		if b.look().Role != access.Officer {
			t.Error("a list with faults made an admin")
		}
		w.at20(t, func(int) {
			if err := w.EnsureAdmins(t.Context(), []string{"  " + strings.ToUpper(tan), "new@agency.gov.sg"}); err != nil {
				t.Error(err)
			}
		})
		if role := b.look().Role; role != access.Admin {
			t.Errorf("the signed-in officer has role %s", role)
		}
		n, err := w.db.Officer.Query().Where(officer.RoleEQ(access.Admin)).Count(access.System(t.Context()))
		if err != nil || n != 2 {
			t.Errorf("%d admins, %v", n, err)
		}
	})
}

// at20 runs f twenty times at once, with as many connections open beforehand:
// opening them would line the calls up.
func (w *world) at20(t *testing.T, f func(i int)) {
	t.Helper()
	ctx := access.System(t.Context())
	ready, start := new(sync.WaitGroup), make(chan struct{})
	var wg sync.WaitGroup
	for i := range 20 {
		ready.Add(1)
		wg.Go(func() {
			err := w.db.WithTx(ctx, func(ctx context.Context, tx *database.Tx) error {
				_, err := tx.Officer.Query().Count(ctx)
				return err
			})
			if err != nil {
				t.Error(err)
			}
			ready.Done()
			<-start
			f(i)
		})
	}
	ready.Wait()
	close(start)
	wg.Wait()
}

// waiting returns requests of the browser, each of which has read its session
// already, as requests do that arrive at the same moment.
func (b *browser) waiting(n int) []*http.Request {
	b.t.Helper()
	requests := make([]*http.Request, n)
	for i := range requests {
		r, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, "/sign-in", nil)
		if err != nil {
			b.t.Fatal(err)
		}
		r.AddCookie(b.cookie())
		if _, err := b.w.store.Get(r, b.w.store.name); err != nil {
			b.t.Fatal(err)
		}
		requests[i] = r
	}
	return requests
}
