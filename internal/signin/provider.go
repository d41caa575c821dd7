package signin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/gorilla/sessions"

	"techbiz/ent"
	"techbiz/ent/session"
	"techbiz/ent/signinattempt"
	"techbiz/internal/access"
	"techbiz/internal/address"
	"techbiz/internal/database"
	"techbiz/internal/fault"
	"techbiz/internal/oidc"
)

const (
	byCode     = session.MethodCODE
	byProvider = session.MethodPROVIDER

	// attemptLife is how long a person may take at the provider.
	attemptLife = 10 * time.Minute

	// liveAttempts is from how many tabs of one browser people may be on their way.
	liveAttempts = 10

	// readyTimeout is how long a page waits for the provider where it can do without.
	readyTimeout = 2 * time.Second

	// attemptName sets encoded attempts apart from other values under the same key.
	attemptName = "techbiz sign-in attempt"
)

// errNoProvider is a mistake of ours: no page leads there.
var errNoProvider = errors.New("signin: there is no OpenID provider")

// attempt is what is kept while a person is at the provider.
type attempt struct {
	oidc.Attempt
	Next string // where the person goes afterwards
}

// BeginProvider returns the address of the OpenID provider to which the browser
// has to go, and binds the way back to this browser. Call it before anything of
// the answer is written: it may set the cookie. Codes: UNAVAILABLE where the
// provider does not answer, FORBIDDEN from a network that is not allowed.
func (s *Service) BeginProvider(w http.ResponseWriter, r *http.Request, next string) (string, error) {
	if why := s.refusesNetwork(r.Context()); why != nil {
		return "", why
	}
	if s.provider == nil {
		return "", errNoProvider
	}
	address, way, err := s.provider.Begin(r.Context())
	if err != nil {
		s.logRefusal(r.Context(), err)
		return "", err
	}
	browser, err := s.store.Get(r, s.store.name)
	if err != nil {
		return "", err
	}
	if err := s.keepAttempt(r.Context(), browser, attempt{way, next}); err != nil {
		return "", err
	}
	return address, s.store.sendCookie(w, browser)
}

// keepAttempt stores a way to the provider, for one browser.
func (s *Service) keepAttempt(ctx context.Context, browser *sessions.Session, a attempt) error {
	text, err := json.Marshal(a)
	if err != nil {
		return fmt.Errorf("write the attempt: %w", err)
	}
	data, err := s.store.values.Encode(attemptName, text)
	if err != nil {
		return fmt.Errorf("encode the attempt: %w", err)
	}
	if browser.ID == "" {
		browser.ID = newID()
	}
	return s.db.WithTx(access.System(ctx), func(ctx context.Context, tx *database.Tx) error {
		if browser.IsNew {
			if err := s.store.put(ctx, tx, browser); err != nil {
				return err
			}
		}
		now, id := s.now(), hash(browser.ID)
		n, err := tx.SignInAttempt.Query().Where(signinattempt.Browser(id)).Count(ctx)
		if err != nil {
			return err
		}
		if n >= liveAttempts {
			if _, err := tx.SignInAttempt.Delete().Where(signinattempt.Browser(id)).Exec(ctx); err != nil {
				return err
			}
		}
		return tx.SignInAttempt.Create().SetState(hash(a.State)).SetBrowser(id).SetData([]byte(data)).
			SetCreatedAt(now).SetExpiresAt(now.Add(attemptLife)).Exec(ctx)
	})
}

// FinishProvider signs in whom the provider names in its answer, the query of the
// request, in a session with a new id, and returns where the person was going; it
// does so, too, where it returns an error and that is known. Call it before
// anything of the answer is written.
//
// Codes: BAD_REQUEST where the way has to be gone again, UNAVAILABLE where the
// provider does not answer, NOT_PUBLIC_OFFICER for a vendor, and FORBIDDEN for
// whom a rule keeps out, which the message names.
func (s *Service) FinishProvider(w http.ResponseWriter, r *http.Request) (next string, err error) {
	var person oidc.Person
	defer func() {
		s.logRefusal(r.Context(), err)
		if err != nil {
			s.recordRefusal(r.Context(), address.Fold(person.Email), err)
		}
	}()
	if why := s.refusesNetwork(r.Context()); why != nil {
		return "", why
	}
	if s.provider == nil {
		return "", errNoProvider
	}
	browser, err := s.store.Get(r, s.store.name)
	if err != nil {
		return "", err
	}
	way, err := s.takeAttempt(r.Context(), browser, r.URL.Query().Get("state"))
	if err != nil {
		return "", err
	}
	person, err = s.provider.Finish(r.Context(), way.Attempt, r.URL.Query())
	if err != nil {
		return way.Next, err
	}
	in := s.store.successor(browser, r, byProvider)
	in.Values[idTokenKey] = person.IDToken
	err = s.db.WithTx(access.System(r.Context()), func(ctx context.Context, tx *database.Tx) error {
		o, err := s.identify(ctx, tx, person)
		if err != nil {
			return err
		}
		return s.admit(ctx, tx, o, browser, in)
	})
	if err != nil {
		return way.Next, err
	}
	return way.Next, s.enter(w, r, browser, in)
}

// takeAttempt returns the way with this state that the browser is on, once.
func (s *Service) takeAttempt(ctx context.Context, browser *sessions.Session, state string) (attempt, error) {
	var a attempt
	if browser.IsNew || state == "" {
		return a, beginAgain()
	}
	taken := false
	err := s.db.WithTx(access.System(ctx), func(ctx context.Context, tx *database.Tx) error {
		row, err := tx.SignInAttempt.Query().Where(signinattempt.State(hash(state)), signinattempt.Browser(hash(browser.ID))).Only(ctx)
		if ent.IsNotFound(err) {
			return nil
		}
		if err != nil {
			return err
		}
		n, err := tx.SignInAttempt.Delete().Where(signinattempt.ID(row.ID)).Exec(ctx)
		if err != nil {
			return err
		}
		var text []byte
		if s.store.values.Decode(attemptName, string(row.Data), &text) != nil || json.Unmarshal(text, &a) != nil {
			return nil // written under another key
		}
		taken = n == 1 && s.now().Before(row.ExpiresAt)
		return nil
	})
	if err != nil {
		return attempt{}, fmt.Errorf("take the attempt: %w", err)
	}
	if !taken {
		return attempt{}, beginAgain()
	}
	return a, nil
}

func beginAgain() error {
	return fault.New(fault.BadRequest, "This sign-in was begun in another browser, took more than ten minutes, or has ended already. Begin it again.")
}

// logRefusal logs why somebody was not signed in. Faults that a person sees name
// addresses, so that only their causes are written.
func (s *Service) logRefusal(ctx context.Context, err error) {
	if err == nil || ctx.Err() != nil {
		return
	}
	level := slog.LevelInfo
	if code := fault.CodeOf(err); code == fault.Unavailable || code == fault.Internal {
		level = slog.LevelWarn
	}
	s.log.LogAttrs(ctx, level, "sign-in at the provider refused", slog.String("code", string(fault.CodeOf(err))), slog.String("cause", cause(err)))
}

const maxCause = 300 // bytes; a provider's answer may be long

// cause is what lies behind a fault, "" where nothing does.
func cause(err error) string {
	for len(fault.Of(err)) > 0 {
		if err = errors.Unwrap(fault.Of(err)[0]); err == nil {
			return ""
		}
	}
	text := err.Error()
	return text[:min(len(text), maxCause)]
}
