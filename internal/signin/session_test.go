package signin

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/sessions"

	"techbiz/ent/officer"
	"techbiz/internal/access"
)

func TestSession_Idle(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		b := w.browser(t)
		b.signIn(tan)
		for range 10 {
			w.clock.move(14 * time.Minute)
			if b.look().Email != tan {
				t.Fatal("a session in use ended")
			}
		}
		w.clock.move(15 * time.Minute)
		if b.look().Email != "" {
			t.Error("an idle session went on")
		}
		w.clock.move(-time.Minute)
		if b.look().Email != tan {
			t.Error("a look at an idle session changed it")
		}
	})
}

func TestSession_BackgroundRequestsDoNotKeepIt(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		b := w.browser(t)
		b.signIn(tan)
		w.clock.move(10 * time.Minute)
		if b.look("X-Poll", "1").Email != tan {
			t.Fatal("a poll is not signed in")
		}
		w.clock.move(5 * time.Minute)
		if b.look().Email != "" {
			t.Error("a poll kept the session")
		}
	}, func(o *Options) {
		o.Background = func(r *http.Request) bool { return r.Header.Get("X-Poll") != "" }
	})
}

func TestSession_Absolute(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		b := w.browser(t)
		b.signIn(tan)
		for range 8*6 - 1 {
			w.clock.move(10 * time.Minute)
			if b.look().Email != tan {
				t.Fatal("a session in use ended before its time")
			}
		}
		w.clock.move(10 * time.Minute)
		if b.look().Email != "" {
			t.Error("a session went on after eight hours")
		}
	})
}

func TestSession_ShortIdleTimeIsFollowed(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		b := w.browser(t)
		b.signIn(tan)
		for range 10 {
			w.clock.move(900 * time.Millisecond)
			if b.look().Email != tan {
				t.Fatal("a session in use ended")
			}
		}
		w.clock.move(time.Second)
		if b.look().Email != "" {
			t.Error("an idle session went on")
		}
	}, func(o *Options) { o.Idle = time.Second })
}

func TestLifeOf(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		b := w.browser(t)
		if a := b.look(); a.Life != nil {
			t.Errorf("a stranger's session lives for %v", a.Life)
		}
		b.signIn(tan)
		life := func(what string, want Life, header ...string) {
			t.Helper()
			if got := b.look(header...).Life; got == nil || *got != want {
				t.Errorf("%s: got %+v, want %+v", what, got, want)
			}
		}
		life("signed in", Life{15 * time.Minute, 8 * time.Hour, 2 * time.Minute})
		w.clock.move(10 * time.Minute)
		life("a poll later", Life{5 * time.Minute, 8*time.Hour - 10*time.Minute, 2 * time.Minute}, "X-Poll", "1")
		life("kept", Life{15 * time.Minute, 8*time.Hour - 10*time.Minute, 2 * time.Minute})
		w.clock.move(30 * time.Second)
		life("used within a minute", Life{14*time.Minute + 30*time.Second, 8*time.Hour - 10*time.Minute - 30*time.Second, 2 * time.Minute})
	}, func(o *Options) {
		o.Background = func(r *http.Request) bool { return r.Header.Get("X-Poll") != "" }
	})
}

func TestSession_LastUseIsWrittenOnceAMinute(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := access.System(t.Context())
		b := w.browser(t)
		b.signIn(tan)
		began := w.clock.now()
		w.clock.move(59 * time.Second)
		b.look()
		if seen := w.db.Session.Query().OnlyX(ctx).SeenAt; !seen.Equal(began) {
			t.Errorf("seen at %v within the first minute", seen)
		}
		w.clock.move(time.Second)
		b.look()
		if seen := w.db.Session.Query().OnlyX(ctx).SeenAt; !seen.Equal(w.clock.now()) {
			t.Errorf("seen at %v after a minute", seen)
		}
	})
}

func TestSession_Fixation(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		attacker := w.browser(t)
		attacker.send("eve@agency.gov.sg")
		victim := w.browser(t)
		victim.plant(attacker.cookie())
		w.clock.move(time.Minute)
		victim.signIn(tan)
		if victim.look().Email != tan {
			t.Fatal("the victim is not signed in")
		}
		if victim.cookie().Value == attacker.cookie().Value {
			t.Error("the id stayed the same")
		}
		if a := attacker.look(); a.Email != "" || a.Pending != "" {
			t.Errorf("the planted id still works: %+v", a)
		}
	})
}

func TestSession_SigningInAgainEndsTheOneBefore(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		b, copied := w.browser(t), w.browser(t)
		b.signIn(tan)
		copied.plant(b.cookie())
		b.signIn("lim@agency.gov.sg")
		if got := b.look().Email; got != "lim@agency.gov.sg" {
			t.Errorf("acts as %q", got)
		}
		if copied.look().Email != "" {
			t.Error("the session before goes on")
		}
	})
}

func TestSignOut_EndsTheSessionWhereverItIsUsed(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		b, copied, other := w.browser(t), w.browser(t), w.browser(t)
		b.signIn(tan)
		copied.plant(b.cookie())
		other.signIn(tan)
		if copied.look().Email != tan {
			t.Fatal("the copied cookie is not signed in")
		}
		if a := b.signOut(); a.Failed != "" || len(a.cookies) != 1 || a.cookies[0].MaxAge >= 0 {
			t.Errorf("signing out: %s, cookies %v", a.Failed, a.cookies)
		}
		if b.look().Email != "" || copied.look().Email != "" {
			t.Error("the session goes on")
		}
		if other.look().Email != tan {
			t.Error("another session of the officer ended as well")
		}
		if a := w.browser(t).signOut(); a.Failed != "" {
			t.Errorf("signing out without a session: %s", a.Failed)
		}
	})
}

func TestSession_ForgedCookies(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		b := w.browser(t)
		b.signIn(tan)
		genuine := b.cookie()
		otherKey := New(Options{DB: w.db, Machine: w.clock.now, Keys: bytes.Repeat([]byte{8}, MinKeys)})
		id, ok := w.store.readCookie(&http.Request{Header: http.Header{"Cookie": {genuine.String()}}}, genuine.Name)
		if !ok {
			t.Fatal("the cookie cannot be read")
		}
		forged, err := otherKey.store.cookie.Encode(genuine.Name, id)
		if err != nil {
			t.Fatal(err)
		}
		cases := []struct{ name, value string }{
			{"the id under another key", forged},
			{"the bare id", id},
			{"a changed cookie", "A" + genuine.Value[1:]},
			{"a cut cookie", genuine.Value[:len(genuine.Value)-2]},
			{"a huge cookie", strings.Repeat("A", 8000)},
			{"an empty cookie", ""},
		}
		for _, c := range cases {
			t.Run(c.name, func(t *testing.T) {
				other := w.browser(t)
				if a := other.look("Cookie", genuine.Name+"="+c.value); a.Email != "" || a.Failed != "" {
					t.Errorf("answered %+v", a)
				}
			})
		}
	})
}

func TestSession_Cookie(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		cookie string
		secure bool
	}{
		{"over HTTP", "techbiz", false},
		{"over HTTPS", "__Host-techbiz", true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			each(t, func(t *testing.T, w *world) {
				b := w.browser(t)
				b.send(tan)
				a := b.enter(w.mails.code(t))
				if len(a.cookies) != 1 {
					t.Fatalf("%d cookies", len(a.cookies))
				}
				got := a.cookies[0]
				if got.Name != c.cookie || got.Secure != c.secure || !got.HttpOnly || got.SameSite != http.SameSiteLaxMode ||
					got.Path != "/" || got.Domain != "" || got.MaxAge != 0 || !got.Expires.IsZero() {
					t.Errorf("cookie %s", got)
				}
				if b.look().Email != tan {
					t.Error("the browser does not keep it")
				}
			}, func(o *Options) { o.Secure = c.secure })
		})
	}
}

func TestSession_KeepsNoSecretInTheDatabase(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := access.System(t.Context())
		b := w.browser(t)
		b.send(tan)
		row, code := w.db.Session.Query().OnlyX(ctx), w.db.SignInCode.Query().OnlyX(ctx)
		id, _ := w.store.readCookie(&http.Request{Header: http.Header{"Cookie": {b.cookie().String()}}}, "techbiz")
		for _, column := range [][]byte{row.Hash, row.Data, code.Hash, code.Browser} {
			for _, secret := range []string{id, w.mails.code(t), tan} {
				if bytes.Contains(column, []byte(secret)) {
					t.Errorf("%q holds %q", column, secret)
				}
			}
		}
	})
}

func TestSession_OfOneWhoIsNoOfficerAnyMore(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		b := w.browser(t)
		b.signIn(tan)
		w.isOfficer = func(string) bool { return false }
		if b.look().Email != "" {
			t.Error("still acts")
		}
	})
}

func TestStore_KeepsValues(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		b := w.browser(t)
		b.signIn(tan)
		request := func() *http.Request {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
			if err != nil {
				t.Fatal(err)
			}
			r.AddCookie(b.cookie())
			return r
		}
		change := func(r *http.Request, value string) {
			s, err := w.store.Get(r, w.store.name)
			if err != nil {
				t.Fatal(err)
			}
			s.AddFlash(value)
			if err := sessions.Save(r, discard{}); err != nil {
				t.Fatal(err)
			}
		}
		change(request(), "one")
		change(request(), "two")
		s, err := w.store.New(request(), w.store.name)
		if flashes := s.Flashes(); err != nil || len(flashes) != 2 || flashes[1] != "two" {
			t.Errorf("flashes %v, %v", flashes, err)
		}
		if b.look().Email != tan {
			t.Error("saving values signed the officer out")
		}
		stale := request()
		if _, err := w.store.Get(stale, w.store.name); err != nil {
			t.Fatal(err)
		}
		b2 := w.browser(t)
		b2.plant(b.cookie())
		b2.signOut()
		if err := sessions.Save(stale, discard{}); err == nil {
			t.Error("saving brought an ended session back")
		}
	})
}

type discard struct{}

func (discard) Header() http.Header         { return http.Header{} }
func (discard) Write(p []byte) (int, error) { return len(p), nil }
func (discard) WriteHeader(int)             {}

func TestSweep(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := access.System(t.Context())
		count := func() [2]int {
			return [2]int{w.db.Session.Query().CountX(ctx), w.db.SignInCode.Query().CountX(ctx)}
		}
		sweep := func() {
			if err := w.Sweep(t.Context()); err != nil {
				t.Error(err)
			}
		}
		w.browser(t).signIn(tan)
		w.clock.move(4 * time.Minute)
		b := w.browser(t)
		b.send(tan)
		if sweep(); count() != [2]int{2, 2} {
			t.Errorf("sessions and codes in use: %v", count())
		}
		w.clock.move(11 * time.Minute)
		if sweep(); count() != [2]int{1, 2} {
			t.Errorf("sessions after one idled out, and codes that still count: %v", count())
		}
		w.clock.move(8 * time.Hour)
		if sweep(); count() != [2]int{0, 0} {
			t.Errorf("sessions and codes at the end: %v", count())
		}
		if n := w.db.Officer.Query().Where(officer.Email(tan)).CountX(ctx); n != 1 {
			t.Error("the officer was swept away")
		}
	})
}
