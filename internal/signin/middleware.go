package signin

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/gorilla/sessions"

	"techbiz/ent"
	"techbiz/internal/access"
)

type badTokenKey struct{}

// BadToken says that the request came with a bearer token that signs nobody in.
// Nobody acts in it, whatever else came with it, and it is to be answered with
// UNAUTHENTICATED even where nobody needs to act.
func BadToken(ctx context.Context) bool { return ctx.Value(badTokenKey{}) != nil }

// Life is how long a session still lives, as of its request.
type Life struct {
	// Idle is the time after which it ends unless it is used before.
	Idle time.Duration
	// End is the time after which it ends in any case.
	End time.Duration
	// Warn is how long before its end the officer is to hear of it.
	Warn time.Duration
}

type lifeKey struct{}

// LifeOf returns the life of the session that signs the request in, and false
// where none does.
func LifeOf(ctx context.Context) (Life, bool) {
	l, ok := ctx.Value(lifeKey{}).(Life)
	return l, ok
}

// Middleware puts whoever acts into the context of the request: the owner of its
// bearer token, or else of its session. A token that is no good never falls back
// to the session, because a request with a token is exempt from the defences
// against cross-site requests. From a network that is not allowed nobody acts
// ([Service.Guard]). A stream ends soon after its session or token does. The answer
// is 503 when the database does not say.
func (s *Service) Middleware(next http.Handler) http.Handler {
	return s.Guard(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if access.Refused(r.Context()) != nil {
			next.ServeHTTP(w, r)
			return
		}
		actor, live, err := s.actor(r)
		if err != nil {
			if r.Context().Err() == nil {
				s.log.LogAttrs(r.Context(), slog.LevelError, "who acts is not known", slog.Any("error", err))
			}
			http.Error(w, "The service cannot check who you are at the moment. Try again in a minute.", http.StatusServiceUnavailable)
			return
		}
		ctx := r.Context()
		if actor != nil {
			ctx = access.With(ctx, *actor)
			if live != nil {
				ctx = context.WithValue(ctx, lifeKey{}, live.life)
				ctx = context.WithValue(ctx, sessionKey{}, live.row)
			}
		} else if _, given := bearer(r); given {
			ctx = context.WithValue(ctx, badTokenKey{}, true)
		}
		r = r.WithContext(ctx)
		if actor != nil && s.lasting(r) {
			s.whileItLasts(next, w, r, *actor)
			return
		}
		next.ServeHTTP(w, r)
	}))
}

// live is what a request knows of the session that signs it in.
type live struct {
	life Life
	row  uuid.UUID
}

// actor returns who acts, nil for nobody, and the session that says so, nil for a
// token.
func (s *Service) actor(r *http.Request) (*access.Actor, *live, error) {
	if secret, given := bearer(r); given {
		actor, ok, err := s.tokenActor(r.Context(), secret)
		if err != nil || !ok {
			return nil, nil, err
		}
		return &actor, nil, nil
	}
	return s.sessionActor(r)
}

// bearer returns what stands behind the scheme Bearer, and whether that is the
// scheme of the request.
func bearer(r *http.Request) (secret string, given bool) {
	scheme, secret, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	return strings.TrimSpace(secret), strings.EqualFold(scheme, "Bearer")
}

func (s *Service) sessionActor(r *http.Request) (*access.Actor, *live, error) {
	session, err := s.store.Get(r, s.store.name)
	if err != nil {
		return nil, nil, err
	}
	actor, err := s.officerOf(r.Context(), session)
	if err != nil || actor == nil {
		return nil, nil, err
	}
	if !s.background(r) {
		ctx := access.System(r.Context())
		s.noteUse(ctx, s.store.touch(ctx, session))
	}
	row, _ := session.Values[rowColumn].(uuid.UUID)
	return actor, &live{s.store.life(session), row}, nil
}

// officerOf returns the officer of a session as who acts, nil where that is nobody, or
// a public officer no more.
func (s *Service) officerOf(ctx context.Context, session *sessions.Session) (*access.Actor, error) {
	id, ok := session.Values[officerColumn].(uuid.UUID)
	if !ok {
		return nil, nil
	}
	o, err := s.db.Officer.Get(access.System(ctx), id)
	if ent.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read officer: %w", err)
	}
	if !s.isOfficer(o.Email) {
		return nil, nil
	}
	actor := access.Actor{OfficerID: o.ID, Email: o.Email, Role: o.Role}
	if o.Name != nil {
		actor.Name = *o.Name
	}
	return &actor, nil
}

// noteUse logs that a last use was not written. The request goes on: the next one
// writes it.
func (s *Service) noteUse(ctx context.Context, err error) {
	if err != nil && ctx.Err() == nil {
		s.log.LogAttrs(ctx, slog.LevelWarn, "last use not written", slog.Any("error", err))
	}
}
