package graph

import (
	"context"
	"net/http"
	"sync"

	"github.com/google/uuid"

	"techbiz/internal/access"
	"techbiz/internal/fault"
)

// maxStreams is how many subscriptions one officer may have open on one replica, pages
// included, and over how many connections; a browser's tab has one.
const maxStreams = 100

// streams counts what each officer has open. The zero value is ready.
type streams struct {
	mu   sync.Mutex
	open map[uuid.UUID]int
}

// limit serves as many connections of an officer as one may have open that stay so:
// also a silent one is looked at again and again whether it may go on.
func (s *streams) limit(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, known := access.From(r.Context()); !known || !Streams(r) {
			next.ServeHTTP(w, r)
			return
		}
		ctx, end := context.WithCancel(r.Context())
		defer end()
		if err := s.take(ctx); err != nil {
			refuse(w, http.StatusTooManyRequests, err)
			return
		}
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// take counts a stream until its context ends. Codes: RATE_LIMITED where the
// officer has as many as one may have.
func (s *streams) take(ctx context.Context) error {
	a, _ := access.From(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open[a.OfficerID] >= maxStreams {
		return fault.New(fault.RateLimited, "You have %d streams open, and can't have more. End some.", maxStreams)
	}
	if s.open == nil {
		s.open = map[uuid.UUID]int{}
	}
	s.open[a.OfficerID]++
	context.AfterFunc(ctx, func() { s.release(a.OfficerID) })
	return nil
}

func (s *streams) release(officer uuid.UUID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open[officer]--; s.open[officer] <= 0 {
		delete(s.open, officer)
	}
}
