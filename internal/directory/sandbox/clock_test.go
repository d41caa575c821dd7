package sandbox

import (
	"context"
	"sync"
	"testing"
	"time"

	"techbiz/internal/fault"
)

func TestAdvance_MovesTheClockForward(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *fixture) {
		equal(t, start, s.Now())
		equal(t, start.Add(24*time.Hour), s.advance(t, 1))
		equal(t, start.Add(367*24*time.Hour), s.advance(t, 366))
		equal(t, start.Add(367*24*time.Hour), s.db.Now())
		equal(t, []time.Time{start.Add(24 * time.Hour), start.Add(367 * 24 * time.Hour)}, s.moved)
	})
}

func TestAdvance_RefusesOtherSteps(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *fixture) {
		for _, days := range []int{-1, 0, 367} {
			_, err := s.Advance(t.Context(), days)
			hasCode(t, err, fault.BadRequest)
		}
		for range 100 {
			s.advance(t, 366)
		}
		far := s.Now()
		_, err := s.Advance(t.Context(), 1)
		hasCode(t, err, fault.BadRequest)
		equal(t, far, s.Now())
		equal(t, 100, len(s.moved))
	})
}

func TestAdvance_AtTheSameTimeLosesNothing(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *fixture) {
		s.o.Moved = nil
		var all sync.WaitGroup
		for range 10 {
			all.Go(func() {
				if _, err := s.Advance(t.Context(), 1); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		equal(t, start.Add(10*24*time.Hour), s.Now())
	})
}

func TestClock_FollowsAnotherReplica(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *fixture) {
		s.advance(t, 1)
		ctx, stop := context.WithCancel(t.Context())
		other := NewClock(func() time.Time { return start })
		if err := other.Follow(ctx, s.db); err != nil {
			t.Fatal(err)
		}
		stop()
		equal(t, start.Add(24*time.Hour), other.Now())

		ctx, stop = context.WithCancel(t.Context())
		defer stop()
		tick, done := make(chan time.Time), make(chan struct{})
		go func() {
			defer close(done)
			other.follow(ctx, s.db, tick)
		}()
		now := s.advance(t, 2)
		tick <- now
		tick <- now // taken when the look of the first tick is over
		equal(t, now, other.Now())
		stop()
		<-done
	})
}

func TestClock_NeverGoesBack(t *testing.T) {
	t.Parallel()
	c := NewClock(func() time.Time { return start })
	c.raise(60)
	c.raise(30)
	equal(t, start.Add(time.Minute), c.Now())
}
