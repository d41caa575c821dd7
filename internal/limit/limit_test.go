package limit_test

import (
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"database/sql"

	"techbiz/internal/clock"
	"techbiz/internal/database"
	"techbiz/internal/database/databasetest"
	"techbiz/internal/limit"
)

const slice = 5 // of the burst of 100 in these tests

var rate = limit.PerSecond(10, 100)

// ticker is a clock that stands until it is moved.
type ticker struct{ at atomic.Int64 }

func newTicker() *ticker {
	t := &ticker{}
	t.at.Store(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC).UnixNano())
	return t
}

func (t *ticker) now() time.Time       { return time.Unix(0, t.at.Load()).UTC() }
func (t *ticker) move(d time.Duration) { t.at.Add(int64(d)) }

// replicas returns limiters of several processes on one database.
func replicas(t testing.TB, o database.Options, n int, now clock.Clock) []*limit.Limiter {
	t.Helper()
	all := make([]*limit.Limiter, n)
	for i := range all {
		db, err := database.Open(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		})
		if i == 0 {
			if err := db.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		all[i] = newLimiter(t, db, now)
	}
	return all
}

func newLimiter(t testing.TB, db *database.DB, now clock.Clock) *limit.Limiter {
	t.Helper()
	// A machine that is busy with other tests is no database that does not answer.
	l, err := limit.New(limit.Options{DB: db, Clock: now, Secret: []byte(strings.Repeat("s", 32)), Patience: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func each(t *testing.T, test func(t *testing.T, o database.Options)) {
	t.Helper()
	for name, options := range databasetest.Options(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, options(t))
		})
	}
}

// drain asks until every replica refuses, all at once, and returns how much they
// let through.
func drain(t *testing.T, all []*limit.Limiter, key string) int {
	t.Helper()
	var through atomic.Int64
	var wg sync.WaitGroup
	for _, l := range all {
		for range 3 {
			wg.Go(func() {
				for {
					if _, ok := l.Allow(t.Context(), key, rate); !ok {
						return
					}
					through.Add(1)
				}
			})
		}
	}
	wg.Wait()
	return int(through.Load())
}

func TestAllow_ReplicasShareOneBucket(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, o database.Options) {
		clock := newTicker()
		all := replicas(t, o, 3, clock.now)
		if got := drain(t, all, "read token a"); got != 100 {
			t.Errorf("%d of a full bucket of 100 were let through", got)
		}
		retryAt, ok := all[0].Allow(t.Context(), "read token a", rate)
		if want := clock.now().Add(100 * time.Millisecond); ok || !retryAt.Equal(want) {
			t.Errorf("an empty bucket: %v, try again at %s, not at %s", ok, retryAt, want)
		}
		if got := drain(t, all, "read token b"); got != 100 {
			t.Errorf("%d were let through for another key", got)
		}
		clock.move(time.Second)
		if got := drain(t, all, "read token a"); got != 10 {
			t.Errorf("%d were let through after a second that brings 10", got)
		}
	})
}

func TestAllow_LeftoverSlicesAreTheOnlySlack(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, o database.Options) {
		clock := newTicker()
		all := replicas(t, o, 3, clock.now)
		one := func() {
			for _, l := range all {
				if _, ok := l.Allow(t.Context(), "key", rate); !ok {
					t.Fatal("the first request was refused")
				}
			}
		}
		one()
		clock.move(30 * time.Second) // the bucket is full again, and each holds a slice less one
		if got, most := drain(t, all, "key"), 100+3*(slice-1); got != most {
			t.Errorf("%d were let through, not the burst and what was left of the slices, %d", got, most)
		}
		clock.move(time.Minute)
		one()
		clock.move(time.Minute) // slices have lapsed
		if got := drain(t, all, "key"); got != 100 {
			t.Errorf("%d were let through of a bucket of 100, with slices that have lapsed", got)
		}
	})
}

func TestAllow_HoldsOverTime(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, o database.Options) {
		clock := newTicker()
		all := replicas(t, o, 2, clock.now)
		through := 0
		const steps, step = 60, 500 * time.Millisecond
		for range steps {
			through += drain(t, all, "key")
			clock.move(step)
		}
		if least, most := 100+10*(steps-1)/2-2*slice, 100+10*(steps-1)/2+2*slice; through < least || through > most {
			t.Errorf("%d were let through, not %d to %d", through, least, most)
		}
	})
}

func TestAllowN_TakesAllOrNothing(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, o database.Options) {
		clock := newTicker()
		l := replicas(t, o, 1, clock.now)[0]
		for _, c := range []struct {
			n  int
			ok bool
			in time.Duration
		}{
			{n: 60, ok: true},
			{n: 50, in: time.Second}, // 40 are left
			{n: 38, ok: true},
			{n: 2, ok: true},
			{n: 500, in: 10 * time.Second}, // as the whole burst
			{n: 1, in: 100 * time.Millisecond},
		} {
			retryAt, ok := l.AllowN(t.Context(), "key", rate, c.n)
			if in := retryAt.Sub(clock.now()); ok != c.ok || !ok && in != c.in {
				t.Errorf("%d: %v, again in %s", c.n, ok, in)
			}
		}
		clock.move(10 * time.Second)
		if _, ok := l.AllowN(t.Context(), "key", rate, 500); !ok {
			t.Error("a full bucket did not give all it has")
		}
	})
}

func TestTake_IsExactInEveryWindow(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, o database.Options) {
		clock := newTicker()
		all := replicas(t, o, 2, clock.now)
		hour := limit.Rate{Count: 6, Per: time.Hour}
		take := func(times int) (through int) {
			var wg sync.WaitGroup
			var n atomic.Int64
			for i := range times {
				wg.Go(func() {
					_, ok, err := all[i%2].Take(t.Context(), "sign in 192.0.2.1", hour)
					if err != nil {
						t.Error(err)
					}
					if ok {
						n.Add(1)
					}
				})
			}
			wg.Wait()
			return int(n.Load())
		}
		if got := take(2); got != 2 {
			t.Errorf("%d of the first 2 were let through", got)
		}
		clock.move(40 * time.Minute)
		if got := take(12); got != 4 {
			t.Errorf("%d were let through, of 4 that are left", got)
		}
		retryAt, ok, err := all[1].Take(t.Context(), "sign in 192.0.2.1", hour)
		if want := clock.now().Add(20 * time.Minute); ok || err != nil || !retryAt.Equal(want) {
			t.Errorf("a window that is full: %v, try again at %s (%v), not at %s", ok, retryAt, err, want)
		}
		clock.move(20 * time.Minute)
		if got := take(12); got != 2 {
			t.Errorf("%d were let through, of the 2 whose hour is over", got)
		}
	})
}

func TestPutBack(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, o database.Options) {
		l := replicas(t, o, 1, newTicker().now)[0]
		minute := limit.Rate{Count: 1, Per: time.Minute}
		for i, want := range []bool{true, false} {
			if _, ok, err := l.Take(t.Context(), "code a@b.gov.sg", minute); ok != want || err != nil {
				t.Fatalf("call %d: %v, %v", i, ok, err)
			}
		}
		if err := l.PutBack(t.Context(), "code a@b.gov.sg"); err != nil {
			t.Fatal(err)
		}
		if _, ok, err := l.Take(t.Context(), "code a@b.gov.sg", minute); !ok || err != nil {
			t.Errorf("after it was put back: %v, %v", ok, err)
		}
		if err := l.PutBack(t.Context(), "nobody"); err != nil {
			t.Errorf("putting back what was not taken: %v", err)
		}
	})
}

func TestSweep_DeletesWhatSaysNothing(t *testing.T) {
	t.Parallel()
	clock := newTicker()
	databasetest.Each(t, nil, func(t *testing.T, db *database.DB) {
		l := newLimiter(t, db, clock.now)
		start := clock.now()
		now := func() time.Time { return start.Add(10 * time.Minute) }
		later := newLimiter(t, db, now)
		for _, take := range []struct {
			l   *limit.Limiter
			key string
		}{{l, "old"}, {later, "new"}} {
			take.l.Allow(t.Context(), take.key, rate)
			if _, _, err := take.l.Take(t.Context(), take.key+" window", limit.Rate{Count: 5, Per: 5 * time.Minute}); err != nil {
				t.Fatal(err)
			}
		}
		if err := later.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := count(t, db); got != 2 {
			t.Errorf("%d rows are left of 2 that still count", got)
		}
	})
}

func count(t *testing.T, db *database.DB) (n int) {
	t.Helper()
	err := db.Query(t.Context(), "SELECT count(*) FROM rate_limits", nil, func(r *sql.Rows) error { return r.Scan(&n) })
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestKeysAreNotStored(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, nil, func(t *testing.T, db *database.DB) {
		l := newLimiter(t, db, newTicker().now)
		other, err := limit.New(limit.Options{DB: db, Clock: newTicker().now, Secret: []byte(strings.Repeat("o", 32)), Patience: time.Minute})
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range []*limit.Limiter{l, other} {
			l.Allow(t.Context(), "a@b.gov.sg", rate)
		}
		if got := count(t, db); got != 2 {
			t.Errorf("%d rows: the hashes don't depend on the secret", got)
		}
	})
}

func TestOff(t *testing.T) {
	t.Parallel()
	l := newLimiter(t, nil, newTicker().now) // no database is asked
	for range 1000 {
		if _, ok := l.Allow(t.Context(), "key", limit.Rate{}); !ok {
			t.Fatal("refused without a limit")
		}
	}
	if _, ok, err := l.Take(t.Context(), "key", limit.Rate{}); !ok || err != nil {
		t.Fatalf("refused without a limit: %v", err)
	}
}

func TestDatabaseThatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	clock := newTicker()
	db, err := database.Open(t.Context(), database.Options{DataDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	l := newLimiter(t, db, clock.now)
	if got := drain(t, []*limit.Limiter{l}, "key"); got != 100 {
		t.Errorf("%d were let through by a process that is alone, not its whole limit of 100", got)
	}
	clock.move(time.Second)
	if got := drain(t, []*limit.Limiter{l}, "key"); got != 10 {
		t.Errorf("%d were let through after a second that brings 10", got)
	}
	if _, ok, err := l.Take(t.Context(), "key", rate); ok || err == nil {
		t.Errorf("Take without a database: %v, %v", ok, err)
	}
}

func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, nil, func(t *testing.T, db *database.DB) {
		l, err := limit.New(limit.Options{DB: db, Clock: newTicker().now, Secret: []byte(strings.Repeat("s", 32)), Keys: 2, Patience: time.Minute})
		if err != nil {
			t.Fatal(err)
		}
		// Two keys in memory, three in use: each request takes a new slice, and the
		// limit of none is passed.
		through := map[string]int{}
		for range 40 {
			for _, key := range []string{"a", "b", "c"} {
				if _, ok := l.Allow(t.Context(), key, rate); ok {
					through[key]++
				}
			}
		}
		for key, n := range through {
			if n != 100/slice {
				t.Errorf("%d were let through for %s, not one for each slice, 20", n, key)
			}
		}
	})
}

func TestNetwork(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"192.0.2.7":            "192.0.2.7",
		"::ffff:192.0.2.7":     "192.0.2.7",
		"2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64",
		"2001:db8:1:2::1":      "2001:db8:1:2::/64",
		"fe80::1%eth0":         "fe80::/64",
	} {
		if got := limit.Network(netip.MustParseAddr(in)); got != want {
			t.Errorf("%s: %s, not %s", in, got, want)
		}
	}
}

func BenchmarkAllow(b *testing.B) {
	for name, options := range databasetest.Options(b) {
		b.Run(name, func(b *testing.B) {
			l := replicas(b, options(b), 1, clock.Machine)[0]
			r := limit.PerSecond(1_000_000, 2_000)
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					l.Allow(b.Context(), "key", r)
				}
			})
		})
	}
}

func BenchmarkTake(b *testing.B) {
	for name, options := range databasetest.Options(b) {
		b.Run(name, func(b *testing.B) {
			l := replicas(b, options(b), 1, clock.Machine)[0]
			r := limit.Rate{Count: 60, Per: time.Hour}
			for b.Loop() {
				if _, _, err := l.Take(b.Context(), "key", r); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
