package signin

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"techbiz/ent/officer"
	"techbiz/internal/access"
	"techbiz/internal/fault"
)

// session returns a context in which an officer acts who is signed in.
func (w *world) session(t *testing.T, email string) context.Context {
	t.Helper()
	o, err := w.db.Officer.Query().Where(officer.Email(email)).Only(access.System(t.Context()))
	if err != nil {
		w.browser(t).signIn(email)
		o = w.db.Officer.Query().Where(officer.Email(email)).OnlyX(access.System(t.Context()))
	}
	return access.With(t.Context(), access.Actor{OfficerID: o.ID, Email: o.Email, Role: o.Role})
}

func TestMakeToken(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := w.session(t, tan)
		now := w.clock.now()
		at := func(d time.Time) *time.Time { return &d }
		for _, c := range []struct {
			name, token string
			expires     *time.Time
			field       string
			code        fault.Code
		}{
			{"no name", " ", nil, "name", fault.Required},
			{"a long name", strings.Repeat("字", 101), nil, "name", fault.TooLong},
			{"a name that cannot be shown", "a\x00b", nil, "name", fault.InvalidFormat},
			{"a name that turns round", "a\u202eb", nil, "name", fault.InvalidFormat},
			{"an end that has been", "x", at(now), "expiresAt", fault.InvalidFormat},
			{"an end beyond a year", "x", at(now.AddDate(1, 0, 1)), "expiresAt", fault.InvalidFormat},
		} {
			_, secret, err := w.MakeToken(ctx, c.token, false, c.expires)
			if l := fault.Of(err); len(l) != 1 || l[0].Code != c.code || l[0].Field[0] != c.field || secret != "" {
				t.Errorf("%s: %v", c.name, err)
			}
		}
		made, secret, err := w.MakeToken(ctx, strings.Repeat("字", 100), false, at(now.AddDate(1, 0, 0)))
		if err != nil || !strings.HasPrefix(secret, made.Prefix) || strings.Contains(fmt.Sprint(made), secret) || string(made.Hash) == secret {
			t.Fatalf("made %v, %v", made, err)
		}
		if a := w.browser(t).look("Authorization", "Bearer "+secret); a.Email != tan || a.Write != "FORBIDDEN" {
			t.Errorf("a token that may read: %+v", a)
		}
		usual, write, err := w.MakeToken(ctx, "usual", true, nil)
		if err != nil || !usual.ExpiresAt.Equal(now.Add(defaultTokenLife)) {
			t.Fatalf("the usual end: %v, %v", usual, err)
		}
		if a := w.browser(t).look("Authorization", "Bearer "+write); a.Email != tan || a.Write != "" {
			t.Errorf("a token that may write: %+v", a)
		}
		for i := 2; i < mostTokens; i++ {
			if _, _, err := w.MakeToken(ctx, "x", false, nil); err != nil {
				t.Fatal(err)
			}
		}
		if _, _, err := w.MakeToken(ctx, "one more", false, nil); fault.CodeOf(err) != fault.Conflict {
			t.Errorf("token %d: %v", mostTokens+1, err)
		}
	})
}

func TestEndToken(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx, other := w.session(t, tan), w.session(t, "lim@agency.gov.sg")
		made, secret, err := w.MakeToken(ctx, "x", true, nil)
		if err != nil {
			t.Fatal(err)
		}
		for name, id := range map[string]uuid.UUID{"another's": made.ID, "none": uuid.New()} {
			if _, err := w.EndToken(other, id); fault.CodeOf(err) != fault.NotFound {
				t.Errorf("%s token: %v", name, err)
			}
		}
		if all, err := w.Tokens(other); err != nil || len(all) != 0 {
			t.Errorf("another officer sees %v, %v", all, err)
		}
		ended, err := w.EndToken(ctx, made.ID)
		if err != nil || ended.RevokedAt == nil {
			t.Fatalf("ended: %v, %v", ended, err)
		}
		w.clock.move(time.Hour)
		if again, err := w.EndToken(ctx, made.ID); err != nil || !again.RevokedAt.Equal(*ended.RevokedAt) {
			t.Errorf("ended again: %v, %v", again, err)
		}
		if a := w.browser(t).look("Authorization", "Bearer "+secret); a.Email != "" || !a.BadToken {
			t.Errorf("still acts as %q", a.Email)
		}
		if all, err := w.Tokens(ctx); err != nil || len(all) != 1 {
			t.Errorf("the list has %v, %v", all, err)
		}
	})
}
