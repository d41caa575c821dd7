package signin

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/uuid"

	"techbiz/ent"
	"techbiz/ent/officer"
	"techbiz/internal/access"
	"techbiz/internal/clock"
	"techbiz/internal/database"
	"techbiz/internal/database/databasetest"
	"techbiz/internal/fault"
)

// streaming makes requests for /stream lasting ones, and tells of each look at the
// clock.
func streaming(looks chan<- struct{}) func(*Options) {
	return func(o *Options) {
		machine := o.Machine
		o.Machine = func() time.Time {
			select {
			case looks <- struct{}{}:
			default:
			}
			return machine()
		}
		o.Recheck = time.Millisecond
		o.Lasting = func(r *http.Request) bool { return r.URL.Path == "/stream" }
	}
}

// open serves a stream, and returns its context and its end.
func (w *world) open(t *testing.T, path string, b *browser, bearer string) (context.Context, <-chan struct{}) {
	t.Helper()
	ctx, leave := context.WithCancel(t.Context())
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, path, nil)
	if bearer != "" {
		r.Header.Set("Authorization", "Bearer "+bearer)
	} else {
		r.AddCookie(b.cookie())
	}
	began, ended := make(chan context.Context, 1), make(chan struct{})
	go func() {
		defer close(ended)
		w.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			began <- r.Context()
			<-r.Context().Done()
		})).ServeHTTP(httptest.NewRecorder(), r)
	}()
	t.Cleanup(func() { leave(); <-ended })
	select {
	case streams := <-began:
		return streams, ended
	case <-ended:
		t.Fatal("it did not begin")
		return nil, nil
	}
}

// A stream goes on while its session or token counts, and ends when it does no more,
// whoever ended it where.
func TestMiddleware_StreamsEnd(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, clock.Machine, func(t *testing.T, db *database.DB) {
		looks := make(chan struct{})
		w := newWorld(t, db, streaming(looks))
		o := w.officer(t, tan)
		change := func(what func(*ent.OfficerUpdateOne)) error {
			return w.db.WithTx(access.System(t.Context()), func(ctx context.Context, tx *database.Tx) error {
				update := tx.Officer.UpdateOneID(o)
				what(update)
				return update.Exec(ctx)
			})
		}
		secret := func() string {
			s, err := w.CreateToken(t.Context(), tan, "script", false, 4*time.Hour)
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
		for _, c := range []struct {
			name    string
			byToken bool
			end     func(b *browser, token string) error
		}{
			{"sign-out", false, func(b *browser, _ string) error { b.signOut(); return nil }},
			{"sign-out everywhere", false, func(*browser, string) error { return w.EndSessions(w.as(t, tan)) }},
			{"the session idles out", false, func(*browser, string) error { w.clock.move(defaultIdle); return nil }},
			{"revoking the token", true, func(_ *browser, token string) error { return w.RevokeToken(t.Context(), token) }},
			{"the token expires", true, func(*browser, string) error { w.clock.move(4 * time.Hour); return nil }},
			{"another role", false, func(*browser, string) error { return w.EnsureAdmins(t.Context(), []string{tan}) }},
			{"another role of the token's", true, func(*browser, string) error {
				return change(func(o *ent.OfficerUpdateOne) { o.SetRole(access.AgencyAdmin) })
			}},
			{"another agency", false, func(*browser, string) error {
				return change(func(o *ent.OfficerUpdateOne) { o.SetEmail("tan@lta.gov.sg") })
			}},
		} {
			b, bearer := w.browser(t), ""
			if c.byToken {
				bearer = secret()
			} else {
				b.signIn(tan)
			}
			ctx, ended := w.open(t, "/stream", b, bearer)
			for range 20 {
				<-looks
			}
			if err := Still(ctx); ctx.Err() != nil || Ended(ctx) != nil || err != nil {
				t.Fatalf("%s: it ended before: %v, %v", c.name, context.Cause(ctx), err)
			}
			if err := c.end(b, bearer); err != nil {
				t.Fatalf("%s: %v", c.name, err)
			}
			<-ended
			if why := Ended(ctx); fault.CodeOf(why) != fault.Unauthenticated {
				t.Errorf("%s: it ended by %v", c.name, context.Cause(ctx))
			}
		}
	})
}

// What begins within a stream is refused before anybody looked at the stream; a
// request that is none is nobody's to end.
func TestStill(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		b := w.browser(t)
		b.signIn(tan)
		stream, _ := w.open(t, "/stream", b, "")
		other, _ := w.open(t, "/", b, "")
		if err := Still(stream); err != nil {
			t.Error(err)
		}
		b.signOut()
		if err := Still(stream); fault.CodeOf(err) != fault.Unauthenticated {
			t.Errorf("within the stream: %v", err)
		}
		if err := Still(other); err != nil {
			t.Errorf("within another request: %v", err)
		}
	}, streaming(nil), func(o *Options) { o.Recheck = time.Hour })
}

// While the database does not say, a stream goes on for a minute and no longer.
func TestMiddleware_StreamsEndWhereNobodyKnows(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, clock.Machine, func(t *testing.T, db *database.DB) {
		looks := make(chan struct{})
		w := newWorld(t, db, streaming(looks))
		b := w.browser(t)
		b.signIn(tan)
		ctx, ended := w.open(t, "/stream", b, "")
		if _, err := db.Writer().ExecContext(t.Context(), `ALTER TABLE sessions RENAME TO away`); err != nil {
			t.Fatal(err)
		}
		w.clock.move(patience - time.Second)
		for range 20 {
			<-looks
		}
		if ctx.Err() != nil {
			t.Fatal("it ended at once")
		}
		w.clock.move(2 * time.Second)
		<-ended
	})
}

// officer returns the id of an officer who has signed in once.
func (w *world) officer(t *testing.T, email string) uuid.UUID {
	t.Helper()
	w.browser(t).signIn(email)
	return w.db.Officer.Query().Where(officer.Email(email)).OnlyIDX(access.System(t.Context()))
}
