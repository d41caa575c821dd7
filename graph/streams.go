package graph

import (
	"context"
	"sync"

	"github.com/google/uuid"

	"techbiz/internal/access"
	"techbiz/internal/fault"
)

// maxStreams is how many subscriptions one officer may have open on one replica, pages
// included; a browser's tab has one.
const maxStreams = 100

// streams counts the open subscriptions of each officer. The zero value is ready.
type streams struct {
	mu   sync.Mutex
	open map[uuid.UUID]int
}

// take counts a subscription until its context ends. Codes: RATE_LIMITED where the
// officer has as many as one may have.
func (s *streams) take(ctx context.Context) error {
	a, _ := access.From(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open[a.OfficerID] >= maxStreams {
		return fault.New(fault.RateLimited, "You have %d subscriptions open, and can't have more. End some.", maxStreams)
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
