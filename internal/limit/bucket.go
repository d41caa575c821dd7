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
	refused time.Time // before this nothing is to be had, whoever asks
	alone   int64     // full_at of the bucket that is used without the database
}

// Allow takes one of the key's bucket, and says when to try again where it is
// empty. A key is of one rate: name the kind in it, such as "read token …". It
// must not be called inside a transaction.
func (l *Limiter) Allow(ctx context.Context, key string, r Rate) (retryAt time.Time, ok bool) {
	if r.Off() {
		return time.Time{}, true
	}
	id := l.id(key)
	s := l.lease(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	now := l.now()
	switch {
	case now.Before(s.refused):
		return s.refused, false
	case s.left > 0 && now.Before(s.until):
		s.left--
		return time.Time{}, true
	}
	granted, retryAt := l.slice(ctx, id, r, s, now)
	if granted == 0 {
		s.left, s.refused = 0, retryAt
		return retryAt, false
	}
	s.left, s.until = granted-1, now.Add(leaseLife)
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

// slice takes the next slice from the database; where that does not answer, one
// from a bucket of this process's own.
func (l *Limiter) slice(ctx context.Context, id uuid.UUID, r Rate, s *lease, now time.Time) (granted int, retryAt time.Time) {
	if now.UnixNano() >= l.alone.Load() {
		// Whoever asked may go away; the others who wait for the slice do not.
		asking, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
		defer cancel()
		err := l.change(asking, id, func(row *row) bool {
			granted, retryAt = draw(&row.fullAt, r, r.slice(), now)
			return granted > 0
		})
		if err == nil {
			return granted, retryAt
		}
		l.alone.Store(now.Add(aloneFor).UnixNano())
		l.log.LogAttrs(ctx, slog.LevelWarn, "rate limits are kept by this process alone for a moment", slog.Any("error", err))
	}
	return draw(&s.alone, r, 1, now)
}

// draw takes up to most from a bucket, which is full at fullAt (nanoseconds), and
// says when one is to be had where none is.
func draw(fullAt *int64, r Rate, most int, now time.Time) (granted int, retryAt time.Time) {
	each, at := int64(r.each()), now.UnixNano()
	empty := at + int64(r.burst())*each // full_at of an empty bucket
	full := min(max(*fullAt, at), empty)
	granted = min(most, int((empty-full)/each))
	if granted == 0 {
		return 0, now.Add(time.Duration(full + each - empty))
	}
	*fullAt = full + int64(granted)*each
	return granted, time.Time{}
}
