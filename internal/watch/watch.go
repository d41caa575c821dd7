// Package watch tells subscribers of this process what changes in the database,
// whichever replica changed it.
//
// One poll a beat serves all subscribers; without any, nothing is polled. A
// subscriber that is slow gets the latest state of each invitation, not each step
// on the way. It decides nothing about who may see a row: it is told whose
// invitations a subscriber follows.
package watch

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"

	"techbiz/ent"
	"techbiz/ent/invitation"
	"techbiz/ent/officer"
	"techbiz/internal/access"
	"techbiz/internal/database"
)

const (
	// beat is the time between two looks.
	beat = 500 * time.Millisecond
	// overlap is how far each look reaches back: a transaction carries the time of
	// its start and may be seen later, and replicas' clocks differ a little.
	overlap = 5 * time.Second
	// most bounds one look.
	most = 2_000
)

// Hub polls and tells.
type Hub struct {
	db  *database.DB
	log *slog.Logger

	mu          sync.Mutex
	subscribers map[*subscriber]struct{}
	polling     bool
}

// New returns a hub.
func New(db *database.DB, log *slog.Logger) *Hub {
	return &Hub{db: db, log: log, subscribers: map[*subscriber]struct{}{}}
}

// Whose says whose invitations are followed: one officer's, those of all officers
// of an agency, or everybody's.
type Whose struct {
	Officer   uuid.UUID
	Agency    string
	Everybody bool
}

func (w Whose) has(i *ent.Invitation) bool {
	return w.Everybody || i.InviterID == w.Officer || w.Agency != "" && i.Edges.Inviter != nil && i.Edges.Inviter.Agency == w.Agency
}

// subscriber is one who wants to know of some officers' invitations.
type subscriber struct {
	whose Whose
	wake  chan struct{}

	mu      sync.Mutex
	pending map[uuid.UUID]*ent.Invitation
	order   []uuid.UUID
}

func (s *subscriber) tell(i *ent.Invitation) {
	s.mu.Lock()
	if _, waits := s.pending[i.ID]; !waits {
		s.order = append(s.order, i.ID)
	}
	s.pending[i.ID] = i
	s.mu.Unlock()
	select {
	case s.wake <- struct{}{}:
	default: // it is awake
	}
}

func (s *subscriber) next() *ent.Invitation {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.order) == 0 {
		return nil
	}
	id := s.order[0]
	s.order = s.order[1:]
	i := s.pending[id]
	delete(s.pending, id)
	return i
}

// Invitations sends these officers' invitations as they change, until ctx ends.
func (h *Hub) Invitations(ctx context.Context, whose Whose) <-chan *ent.Invitation {
	s := &subscriber{whose: whose, wake: make(chan struct{}, 1), pending: map[uuid.UUID]*ent.Invitation{}}
	h.mu.Lock()
	h.subscribers[s] = struct{}{}
	if !h.polling {
		h.polling = true
		go h.poll(access.System(context.WithoutCancel(ctx)), h.db.Now())
	}
	h.mu.Unlock()
	out := make(chan *ent.Invitation)
	go func() {
		defer close(out)
		defer h.leave(s)
		for {
			select {
			case <-ctx.Done():
				return
			case <-s.wake:
			}
			for i := s.next(); i != nil; i = s.next() {
				select {
				case <-ctx.Done():
					return
				case out <- i:
				}
			}
		}
	}()
	return out
}

func (h *Hub) leave(s *subscriber) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.subscribers, s)
}

// poll looks until nobody listens any more.
func (h *Hub) poll(ctx context.Context, since time.Time) {
	tick := time.NewTicker(beat)
	defer tick.Stop()
	seen := map[uuid.UUID]time.Time{}
	for range tick.C {
		if h.idle() {
			return
		}
		changed, err := h.changed(ctx, since, seen)
		if err != nil {
			h.log.WarnContext(ctx, "watch", "error", err)
			continue
		}
		for _, i := range changed {
			if i.UpdatedAt.After(since) {
				since = i.UpdatedAt
			}
			h.tell(i)
		}
		for id, at := range seen {
			if at.Before(since.Add(-2 * overlap)) {
				delete(seen, id)
			}
		}
	}
}

// idle ends the polling when nobody listens.
func (h *Hub) idle() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.polling = len(h.subscribers) > 0
	return !h.polling
}

// changed returns the invitations of those who listen that changed since, but for
// what was seen, and notes them as seen. A subscriber may so be told of what
// changed just before it came: the state it gets is the present one all the same.
func (h *Hub) changed(ctx context.Context, since time.Time, seen map[uuid.UUID]time.Time) ([]*ent.Invitation, error) {
	q := h.db.Invitation.Query().Where(invitation.UpdatedAtGTE(since.Add(-overlap)))
	officers, agencies, everybody := h.followed()
	if len(agencies) > 0 {
		q.WithInviter()
	}
	switch {
	case everybody:
	case len(agencies) > 0:
		q.Where(invitation.Or(invitation.InviterIDIn(officers...), invitation.HasInviterWith(officer.AgencyIn(agencies...))))
	default:
		q.Where(invitation.InviterIDIn(officers...))
	}
	rows, err := q.Order(ent.Desc(invitation.FieldUpdatedAt)).Limit(most).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("look for changes: %w", err)
	}
	var changed []*ent.Invitation
	for n := len(rows) - 1; n >= 0; n-- {
		i := rows[n]
		if at, known := seen[i.ID]; known && at.Equal(i.UpdatedAt) {
			continue
		}
		seen[i.ID] = i.UpdatedAt
		changed = append(changed, i)
	}
	return changed, nil
}

// followed is what all subscribers together follow.
func (h *Hub) followed() (officers []uuid.UUID, agencies []string, everybody bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for s := range h.subscribers {
		officers = append(officers, s.whose.Officer)
		if s.whose.Agency != "" {
			agencies = append(agencies, s.whose.Agency)
		}
		everybody = everybody || s.whose.Everybody
	}
	return officers, agencies, everybody
}

func (h *Hub) tell(i *ent.Invitation) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for s := range h.subscribers {
		if s.whose.has(i) {
			s.tell(i)
		}
	}
}

// Until calls look at every beat, at once for the first time, and sends what it
// returns when it differs from what was sent before, until ctx ends or look says
// that there is no more. A look that fails ends it.
func Until[T any](ctx context.Context, log *slog.Logger, same func(a, b T) bool, look func(context.Context) (v T, last bool, err error)) <-chan T {
	out := make(chan T)
	go func() {
		defer close(out)
		tick := time.NewTicker(beat)
		defer tick.Stop()
		var before T
		for first := true; ; first = false {
			v, last, err := look(ctx)
			if err != nil {
				if ctx.Err() == nil {
					log.WarnContext(ctx, "watch", "error", err)
				}
				return
			}
			if first || !same(before, v) {
				select {
				case <-ctx.Done():
					return
				case out <- v:
				}
				before = v
			}
			if last {
				return
			}
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
		}
	}()
	return out
}
