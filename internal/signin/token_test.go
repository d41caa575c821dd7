package signin

import (
	"context"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"techbiz/ent/officer"
	"techbiz/internal/access"
	"techbiz/internal/clock"
	"techbiz/internal/database"
	"techbiz/internal/database/databasetest"
	"techbiz/internal/fault"
)

const day = 24 * time.Hour

func (w *world) token(t testing.TB, admin bool) string {
	t.Helper()
	secret, err := w.CreateToken(t.Context(), tan, "script", admin, 90*day)
	if err != nil {
		t.Fatal(err)
	}
	return secret
}

func TestToken_Acts(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		b := w.browser(t)
		secret := w.token(t, false)
		for _, scheme := range []string{"Bearer ", "bearer ", "BEARER  "} {
			if a := b.look("Authorization", scheme+secret); a.Email != tan || a.Role != access.Officer || a.Write != "" || a.BadToken {
				t.Errorf("%s: %+v", scheme, a)
			}
		}
		if a := b.look("Authorization", "Bearer "+w.token(t, true)); a.Role != access.Admin {
			t.Errorf("an admin's token: %+v", a)
		}
		if a := b.look("Authorization", "Bearer "+secret); a.Role != access.Admin {
			t.Errorf("the role is the officer's, on every token: %+v", a)
		}
		if strings.Contains(w.log.String(), secret) {
			t.Error("the log has the token")
		}
	})
}

func TestToken_ReadOnly(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := access.System(t.Context())
		w.token(t, false)
		secret := newToken()
		err := w.db.WithTx(ctx, func(ctx context.Context, tx *database.Tx) error {
			o := tx.Officer.Query().Where(officer.Email(tan)).OnlyX(ctx)
			now := w.clock.now()
			return tx.Token.Create().SetOfficer(o).SetName("reader").SetPrefix(secret[:shownLength]).SetHash(hash(secret)).
				SetWrite(false).SetCreatedAt(now).SetExpiresAt(now.Add(day)).Exec(ctx)
		})
		if err != nil {
			t.Fatal(err)
		}
		if a := w.browser(t).look("Authorization", "Bearer "+secret); a.Email != tan || a.Write != string(fault.Forbidden) {
			t.Errorf("answered %+v", a)
		}
	})
}

func TestToken_Refused(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		header func(t *testing.T, w *world) string
	}{
		{"it has expired", func(t *testing.T, w *world) string {
			secret, err := w.CreateToken(t.Context(), tan, "short", false, time.Minute)
			if err != nil {
				t.Fatal(err)
			}
			w.clock.move(time.Minute)
			return "Bearer " + secret
		}},
		{"it was revoked", func(t *testing.T, w *world) string {
			secret := w.token(t, false)
			if w.browser(t).look("Authorization", "Bearer "+secret).Email != tan {
				t.Error("it did not work before")
			}
			for range 2 {
				if err := w.RevokeToken(t.Context(), " "+secret+"\n"); err != nil {
					t.Error(err)
				}
			}
			return "Bearer " + secret
		}},
		{"it is not known", func(*testing.T, *world) string { return "Bearer " + newToken() }},
		{"it is mistyped", func(t *testing.T, w *world) string {
			secret := w.token(t, false)
			return "Bearer " + secret[:20] + strings.ToUpper(secret[20:21]) + strings.ToLower(secret[21:])
		}},
		{"there is none", func(*testing.T, *world) string { return "Bearer" }},
		{"it is empty", func(*testing.T, *world) string { return "Bearer  " }},
		{"its scheme is in capitals", func(*testing.T, *world) string { return "BEARER x" }},
	}
	each(t, func(t *testing.T, w *world) {
		b := w.browser(t)
		b.signIn(tan)
		for _, c := range cases {
			t.Run(c.name, func(t *testing.T) {
				a := b.look("Authorization", c.header(t, w))
				if a.Email != "" || !a.BadToken || a.Write != string(fault.Unauthenticated) {
					t.Errorf("with the cookie of a session: %+v", a)
				}
			})
		}
		if a := b.look(); a.Email != tan || a.BadToken {
			t.Errorf("without the header: %+v", a)
		}
		if a := b.look("Authorization", "Basic eDp5"); a.Email != tan || a.BadToken {
			t.Errorf("with another scheme: %+v", a)
		}
	})
}

func TestRevokeToken_Unknown(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		for _, secret := range []string{"", "x", newToken()} {
			if err := w.RevokeToken(t.Context(), secret); fault.CodeOf(err) != fault.NotFound {
				t.Errorf("revoke %q: %v", secret, err)
			}
		}
	})
}

func TestCreateToken_Refuses(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, email, token string
		expires            time.Duration
		want               []string
	}{
		{"an address that is no officer's", "mei.ling@vendor.com", "script", day, []string{"officer NOT_PUBLIC_OFFICER"}},
		{"no name", tan, " ", day, []string{"name REQUIRED"}},
		{"a long name", tan, strings.Repeat("n", 101), day, []string{"name TOO_LONG"}},
		{"no time to live", tan, "script", 0, []string{"expires INVALID_FORMAT"}},
		{"more than a year", tan, "script", 367 * day, []string{"expires INVALID_FORMAT"}},
		{"everything at once", "", "", -day, []string{"officer REQUIRED", "name REQUIRED", "expires INVALID_FORMAT"}},
	}
	each(t, func(t *testing.T, w *world) {
		for _, c := range cases {
			t.Run(c.name, func(t *testing.T) {
				_, err := w.CreateToken(t.Context(), c.email, c.token, true, c.expires)
				var got []string
				for _, f := range fault.Of(err) {
					got = append(got, f.Field[0]+" "+string(f.Code))
				}
				if strings.Join(got, ", ") != strings.Join(c.want, ", ") {
					t.Errorf("refused with %v, want %v", got, c.want)
				}
			})
		}
		if n := w.db.Officer.Query().CountX(access.System(t.Context())); n != 0 {
			t.Errorf("%d officers were made", n)
		}
	})
}

func TestToken_LastUseIsWrittenOnceAMinute(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := access.System(t.Context())
		secret := w.token(t, false)
		header := []string{"Authorization", "Bearer " + secret}
		b := w.browser(t)
		if w.db.Token.Query().OnlyX(ctx).LastUsedAt != nil {
			t.Error("a new token was used")
		}
		first := w.clock.now()
		b.look(header...)
		w.clock.move(59 * time.Second)
		b.look(header...)
		if used := w.db.Token.Query().OnlyX(ctx).LastUsedAt; used == nil || !used.Equal(first) {
			t.Errorf("used at %v within the first minute", used)
		}
		w.clock.move(time.Second)
		b.look(header...)
		if used := w.db.Token.Query().OnlyX(ctx).LastUsedAt; used == nil || !used.Equal(w.clock.now()) {
			t.Errorf("used at %v after a minute", used)
		}
	})
}

func TestToken_Shape(t *testing.T) {
	t.Parallel()
	shape := regexp.MustCompile(`^tbz_[0-9A-Za-z]{49}$`)
	seen := map[string]bool{}
	for range 1000 {
		secret := newToken()
		if !shape.MatchString(secret) || !isToken(secret) || seen[secret] {
			t.Fatalf("token of %d characters is malformed or came twice", len(secret))
		}
		seen[secret] = true
		if other := secret[:10] + string('a'+(secret[10]+1)%26) + secret[11:]; other != secret && isToken(other) {
			t.Fatal("the checksum misses a changed character")
		}
	}
}

func TestMiddleware_DatabaseIsAway(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		b := w.browser(t)
		b.signIn(tan)
		cookie, secret := b.cookie(), w.token(t, false)
		broken, err := database.Open(t.Context(), database.Options{DataDir: t.TempDir()}) // without tables
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = broken.Close() }()
		w.db, w.store.db = broken, broken
		for name, header := range map[string]string{"Cookie": cookie.String(), "Authorization": "Bearer " + secret} {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.url, nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set(name, header)
			res, err := w.tls.Client().Do(r)
			if err != nil {
				t.Fatal(err)
			}
			if err := res.Body.Close(); err != nil || res.StatusCode != http.StatusServiceUnavailable {
				t.Errorf("%s: status %d, %v", name, res.StatusCode, err)
			}
		}
	})
}

// BenchmarkMiddleware says what knowing the actor costs a request.
func BenchmarkMiddleware(b *testing.B) {
	for name, options := range databasetest.Options(b) {
		b.Run(name, func(b *testing.B) {
			o := options(b)
			db, err := database.Open(b.Context(), o)
			if err != nil {
				b.Fatal(err)
			}
			defer func() { _ = db.Close() }()
			if err := db.Migrate(b.Context()); err != nil {
				b.Fatal(err)
			}
			w := newWorld(b, db)
			w.now = clock.Machine
			secret := w.token(b, false)
			h := w.Middleware(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
			for b.Loop() {
				r, err := http.NewRequestWithContext(b.Context(), http.MethodGet, "/", nil)
				if err != nil {
					b.Fatal(err)
				}
				r.Header.Set("Authorization", "Bearer "+secret)
				h.ServeHTTP(discard{}, r)
			}
		})
	}
}
