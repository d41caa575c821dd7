package signin

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"techbiz/internal/access"
	"techbiz/internal/fault"
)

const (
	// defaultRecheck is how often a stream is looked at.
	defaultRecheck = 5 * time.Second
	// patience is how long a stream goes on while nobody can say whether it may.
	patience = time.Minute
)

var errEnded = fault.New(fault.Unauthenticated, "This stream has ended, since the session or the token behind it has, or since its officer's role has changed. Sign in, or send a valid token, and subscribe again.")

// Ended returns why a stream was ended, UNAUTHENTICATED, and nil where it was not by
// us.
func Ended(ctx context.Context) error {
	if context.Cause(ctx) == error(errEnded) {
		return errEnded
	}
	return nil
}

type lastingKey struct{}

// Still is for what begins within a stream, such as another operation over the same
// websocket: it takes effect at once there that a session or token has ended. Codes:
// UNAUTHENTICATED.
func Still(ctx context.Context) error {
	if ask, ok := ctx.Value(lastingKey{}).(func(context.Context) error); ok {
		return ask(ctx)
	}
	return nil
}

// whileItLasts serves a stream until the session or the token behind it has ended,
// on whichever replica, or until its officer has another role or address: what was
// looked at when it began would count for ever. The database is asked again and
// again, as nothing else knows what other replicas did.
func (s *Service) whileItLasts(next http.Handler, w http.ResponseWriter, r *http.Request, began access.Actor) {
	ctx, cancel := context.WithCancelCause(r.Context())
	ctx = context.WithValue(ctx, lastingKey{}, func(ctx context.Context) error {
		now, err := s.presentActor(r.WithContext(ctx))
		if err == nil && !same(now, began) {
			return errEnded
		}
		return err
	})
	done, known := make(chan struct{}), s.now()
	go func() {
		defer close(done)
		s.watch(r.WithContext(ctx), began, known, cancel)
	}()
	defer func() { // also where the handler panics
		cancel(nil)
		<-done
	}()
	next.ServeHTTP(w, r.WithContext(ctx))
}

// watch ends a stream when it may not go on, as it might at a known time, and returns
// once it has ended.
func (s *Service) watch(r *http.Request, began access.Actor, known time.Time, end context.CancelCauseFunc) {
	ctx := r.Context()
	tick := time.NewTicker(s.recheck)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		asked := s.now()
		now, err := s.presentActor(r)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil && asked.Sub(known) < patience:
			s.log.LogAttrs(ctx, slog.LevelWarn, "whether a stream may go on is not known", slog.Any("error", err))
		case err != nil || !same(now, began):
			end(errEnded)
			return
		default:
			known = asked
		}
	}
}

// presentActor returns who would act if the request came now, nil for nobody. It is no use
// of the session or token.
func (s *Service) presentActor(r *http.Request) (*access.Actor, error) {
	if secret, given := bearer(r); given {
		actor, _, ok, err := s.bearerActor(r.Context(), secret)
		if err != nil || !ok {
			return nil, err
		}
		return &actor, nil
	}
	return s.SessionActor(r)
}

// SessionActor returns as whom the session of a request would act, whatever else the
// request brings, and nil for nobody. It is no use of the session.
func (s *Service) SessionActor(r *http.Request) (*access.Actor, error) {
	session, err := s.store.New(r, s.store.name) // not the one that was read when it began
	if err != nil {
		return nil, err
	}
	return s.officerOf(r.Context(), session)
}

// same says whether somebody is the actor who began, and sees and may do the same. A
// name is no part of that.
func same(now *access.Actor, began access.Actor) bool {
	if now == nil {
		return false
	}
	present := *now
	present.Name, began.Name = "", ""
	return present == began
}
