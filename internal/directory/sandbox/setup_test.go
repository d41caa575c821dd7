package sandbox

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"techbiz/internal/database"
	"techbiz/internal/database/databasetest"
	"techbiz/internal/directory"
	"techbiz/internal/fault"
)

// start is the machine's time in tests.
var start = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

// fixture is a sandbox over an empty database, and what it told.
type fixture struct {
	*Sandbox
	db     *database.DB
	clock  *Clock
	people int // made by in

	mu      sync.Mutex
	changed []string
	moved   []time.Time
}

// each runs a test on both databases, each with a clock of its own.
func each(t *testing.T, test func(t *testing.T, s *fixture)) {
	t.Helper()
	for name, options := range databasetest.Options(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, setup(t, options(t)))
		})
	}
}

// eachBench is each for benchmarks.
func eachBench(b *testing.B, bench func(b *testing.B, s *fixture)) {
	b.Helper()
	for name, options := range databasetest.Options(b) {
		b.Run(name, func(b *testing.B) { bench(b, setup(b, options(b))) })
	}
}

func setup(t testing.TB, o database.Options) *fixture {
	t.Helper()
	s := &fixture{clock: NewClock(func() time.Time { return start })}
	s.db = databasetest.Open(t, o, s.clock.Now)
	s.Sandbox = New(Options{
		DB: s.db, Clock: s.clock, BaseURL: "https://portal.example/",
		Changed: func(_ context.Context, _ *database.Tx, refs []string) error {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.changed = append(s.changed, refs...)
			return nil
		},
		Moved: func(_ context.Context, tx *database.Tx) error {
			s.moved = append(s.moved, tx.Now)
			return nil
		},
	})
	return s
}

func account(n int) directory.Account {
	return directory.Account{
		Key: fmt.Sprintf("key-%d", n), Email: fmt.Sprintf("person.%d@vendor.example", n), Username: fmt.Sprintf("person.%d", n),
		FirstName: "Mei Ling", LastName: "Tan", Number: fmt.Sprintf("+65%d", 80_000_000+n),
	}
}

func (s *fixture) create(t testing.TB, a directory.Account) directory.Result {
	t.Helper()
	r, err := s.Create(t.Context(), []directory.Account{a})
	if err != nil {
		t.Fatal(err)
	}
	return r[0]
}

func (s *fixture) invite(t testing.TB, key, email string, round int) directory.Result {
	t.Helper()
	r, err := s.Invite(t.Context(), []directory.Invitation{{Key: key, Email: email, Round: round}})
	if err != nil {
		t.Fatal(err)
	}
	return r[0]
}

func (s *fixture) advance(t testing.TB, days int) time.Time {
	t.Helper()
	now, err := s.Advance(t.Context(), days)
	if err != nil {
		t.Fatal(err)
	}
	return now
}

func (s *fixture) act(t testing.TB, email string, act Act) Person {
	t.Helper()
	p, err := s.Act(t.Context(), email, act, Details{})
	if err != nil {
		t.Fatalf("%s by %s: %v", act, email, err)
	}
	return p
}

func (s *fixture) state(t testing.TB, ref string) directory.State {
	t.Helper()
	p, err := s.Status(t.Context(), []string{ref})
	if err != nil {
		t.Fatal(err)
	}
	return p[0].State
}

func equal(t testing.TB, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("-want +got\n%s", diff)
	}
}

func hasCode(t testing.TB, err error, want fault.Code) {
	t.Helper()
	if err == nil || fault.CodeOf(err) != want {
		t.Fatalf("got %v, want %s", err, want)
	}
}
