package limit

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"
)

// lease is what a process holds of one key's bucket.
type lease struct {
	mu      sync.Mutex
	left    int
	until   time.Time // when what is left lapses
	refused time.Time // before this the database has none to give
	alone   int64     // full_at of the bucket that is used without the database
}

// Allow takes one of the key's bucket, and says when to try again where it is
// empty. A key is of one rate: name the kind in it, such as "read token …". It
// must not be called inside a transaction.
func (l *Limiter) Allow(ctx context.Context, key string, r Rate) (retryAt time.Time, ok bool) {
	return l.AllowN(ctx, key, r, 1)
}

// AllowN takes n at once, or none. What is more than the whole burst counts as
// that: it would never be let through.
func (l *Limiter) AllowN(ctx context.Context, key string, r Rate, n int) (retryAt time.Time, ok bool) {
	if r.Off() || n <= 0 {
		return time.Time{}, true
	}
	n = min(n, r.burst())
	id := l.id(key)
	s := l.lease(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	now := l.now()
	if !now.Before(s.until) {
		s.left = 0
	}
	switch {
	case s.left >= n:
		s.left -= n
		return time.Time{}, true
	case now.Before(s.refused):
		return s.refused, false
	}
	least := n - s.left
	granted, retryAt := l.slice(ctx, id, r, least, s, now)
	if granted == 0 {
		if least == 1 {
			s.refused = retryAt
		}
		return retryAt, false
	}
	s.left, s.until = s.left+granted, now.Add(leaseLife)
	s.left -= n
	return time.Time{}, true
}

// lease returns what is held of the key, and makes room for it.
func (l *Limiter) lease(id uuid.UUID) *lease {
	l.mu.Lock()
	defer l.mu.Unlock()
	s, ok := l.leases.Get(id)
	if !ok {
		s = &lease{}
		l.leases.Add(id, s)
	}
	return s
}

// slice takes the next slice from the database, of n at least; where that does not
// answer, n from a bucket of this process's own.
func (l *Limiter) slice(ctx context.Context, id uuid.UUID, r Rate, n int, s *lease, now time.Time) (granted int, retryAt time.Time) {
	if now.UnixNano() >= l.alone.Load() {
		// Whoever asked may go away; the others who wait for the slice do not.
		asking, cancel := context.WithTimeout(context.WithoutCancel(ctx), l.patience)
		defer cancel()
		err := l.change(asking, id, func(row *row) bool {
			granted, retryAt = draw(&row.fullAt, r, n, max(n, r.slice()), now)
			return granted > 0
		})
		if err == nil {
			return granted, retryAt
		}
		l.alone.Store(now.Add(aloneFor).UnixNano())
		l.log.LogAttrs(ctx, slog.LevelWarn, "rate limits are kept by this process alone for a moment", slog.Any("error", err))
	}
	return draw(&s.alone, r, n, n, now)
}

// draw takes between least and most from a bucket, which is full at fullAt
// (nanoseconds), or nothing, and then says when least are to be had.
func draw(fullAt *int64, r Rate, least, most int, now time.Time) (granted int, retryAt time.Time) {
	each, at := int64(r.each()), now.UnixNano()
	empty := at + int64(r.burst())*each // full_at of an empty bucket
	full := min(max(*fullAt, at), empty)
	granted = min(most, int((empty-full)/each))
	if granted < least {
		return 0, now.Add(time.Duration(full + int64(least)*each - empty))
	}
	*fullAt = full + int64(granted)*each
	return granted, time.Time{}
}
