package signin

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"

	"techbiz/ent/officer"
	"techbiz/ent/session"
	"techbiz/internal/access"
	"techbiz/internal/fault"
)

const chrome = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"

// as returns a context in which an officer acts.
func (w *world) as(t *testing.T, email string) context.Context {
	t.Helper()
	o := w.db.Officer.Query().Where(officer.Email(email)).OnlyX(access.System(t.Context()))
	return access.With(t.Context(), access.Actor{OfficerID: o.ID, Email: o.Email, Role: o.Role})
}

func TestSessions(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		desk, phone, other := w.browser(t), w.browser(t), w.browser(t)
		desk.send(tan, "User-Agent", chrome)
		desk.do("POST", "/sign-in", map[string][]string{"code": {w.mails.code(t)}}, "User-Agent", chrome, "X-Forwarded-For", "192.0.2.1")
		w.clock.move(2 * time.Minute)
		phone.signIn(tan)
		other.signIn("lim@agency.gov.sg")
		w.browser(t).send("tan.waits@agency.gov.sg") // is nobody's session yet

		mine, err := w.Sessions(w.as(t, tan))
		if err != nil || len(mine) != 2 {
			t.Fatalf("%d sessions, %v", len(mine), err)
		}
		// The last used first.
		if s := mine[1]; s.Browser != "Chrome on Windows" || s.Address != "192.0.2.1" || *s.Method != session.MethodCODE || !s.SeenAt.Equal(s.CreatedAt) {
			t.Errorf("the first session: %+v", s)
		}
		desk.look("X-Forwarded-For", "192.0.2.2")
		if mine, err = w.Sessions(w.as(t, tan)); err != nil || mine[0].Address != "192.0.2.2" {
			t.Errorf("after a use: %+v, %v", mine[0], err)
		}
		if got := desk.look().Current; got != mine[0].ID {
			t.Errorf("the present session is %s, want %s", got, mine[0].ID)
		}

		if err := w.EndSession(w.as(t, "lim@agency.gov.sg"), mine[0].ID); fault.CodeOf(err) != fault.NotFound || desk.look().Email != tan {
			t.Errorf("another officer's session: %v", err)
		}
		if err := w.EndSession(w.as(t, tan), mine[0].ID); err != nil || desk.look().Email != "" || phone.look().Email != tan {
			t.Errorf("end one: %v", err)
		}
		if err := w.EndSession(w.as(t, tan), mine[0].ID); fault.CodeOf(err) != fault.NotFound {
			t.Errorf("end it again: %v", err)
		}
		desk.signIn(tan)
		if err := w.EndSessions(w.as(t, tan)); err != nil || desk.look().Email != "" || phone.look().Email != "" || other.look().Email == "" {
			t.Errorf("end all: %v", err)
		}
	})
}

func TestSessions_ListsWhatLives(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.browser(t).signIn(tan)
		w.clock.move(10 * time.Minute)
		w.browser(t).signIn(tan)
		w.clock.move(10 * time.Minute)
		if mine, err := w.Sessions(w.as(t, tan)); err != nil || len(mine) != 1 {
			t.Errorf("%d sessions, %v; one has idled out", len(mine), err)
		}
	})
}

func TestSessions_NotByAToken(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.browser(t).signIn(tan)
		a, _ := access.From(w.as(t, tan))
		a.ByToken, a.Write = true, true
		ctx := access.With(t.Context(), a)
		for name, call := range map[string]func() error{
			"list":    func() error { _, err := w.Sessions(ctx); return err },
			"end one": func() error { return w.EndSession(ctx, uuid.New()) },
			"end all": func() error { return w.EndSessions(ctx) },
		} {
			if err := call(); fault.CodeOf(err) != fault.Forbidden {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, err := w.Sessions(t.Context()); fault.CodeOf(err) != fault.Unauthenticated {
			t.Errorf("nobody: %v", err)
		}
		if n := w.db.Session.Query().Where(session.HasOfficer()).CountX(access.System(t.Context())); n != 1 {
			t.Errorf("%d sessions", n)
		}
	})
}

func TestBrowserOf(t *testing.T) {
	t.Parallel()
	for agent, want := range map[string]string{
		chrome:                "Chrome on Windows",
		chrome + " Edg/142.0": "Edge on Windows",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15":                  "Safari on macOS",
		"Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0":                                                                 "Firefox on Linux",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/142.0 Mobile/15E148 Safari/604.1": "Chrome on iPhone",
		"Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36":       "Samsung Internet on Android",
		"curl/8.5.0": "curl",
		"":           "Another program",
		"<script>":   "Another program",
	} {
		if got := browserOf(agent); got != want {
			t.Errorf("%s: got %q, want %q", agent, got, want)
		}
	}
}
