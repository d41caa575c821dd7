// Package sandbox is a directory, a mailbox and a clock for one's own machine,
// in tables of their own.
//
// [Sandbox] behaves as the real directory does: e-mail, username and number are
// unique among the people who are there, an account that nobody activates is
// terminated 30 days after its creation, and a registration link lapses after
// 5 days. A terminated person holds nothing any more, but the key of the request
// stays used: what was withdrawn or has lapsed never comes back by a late
// repetition. [Faults] make the directory's calls, and nothing else, misbehave.
//
// A person plays the other side by [Sandbox.Act]. The package sends nothing and
// knows no invitation; what changed it tells in the transaction ([Options]).
package sandbox

import (
	"context"
	"strings"
	"time"

	"techbiz/internal/access"
	"techbiz/internal/clock"
	"techbiz/internal/database"
	"techbiz/internal/directory"
	"techbiz/internal/fault"
)

const (
	day = 24 * time.Hour
	// linkLife is how long a registration link works.
	linkLife = 5 * day
	// accountLife is how long after its creation an account is terminated unless
	// somebody activates it.
	accountLife = 30 * day
)

// Options are what a sandbox is made of.
type Options struct {
	DB *database.DB
	// Clock is the sandbox's own, by which DB was opened.
	Clock *Clock
	// Machine counts the calls a second; nil means the machine's clock.
	Machine clock.Clock
	// BaseURL is the address of the portal, before /sandbox.
	BaseURL string
	Faults  Faults
	// Changed is told, inside the transaction, about people whose state a person
	// changed by an act; it may be nil.
	Changed func(ctx context.Context, tx *database.Tx, refs []string) error
	// Moved is told that the clock moves forward, inside the transaction, whose
	// time is the new one already; it may be nil. Until the transaction is
	// through, and for a second on other replicas, clocks show the time before.
	Moved func(ctx context.Context, tx *database.Tx) error
}

// Sandbox is a [directory.Directory]. It is safe for concurrent use.
type Sandbox struct {
	o    Options
	gate *gate
}

var (
	_ directory.Directory   = (*Sandbox)(nil)
	_ directory.Remembering = (*Sandbox)(nil)
)

// New returns the sandbox over an open database.
func New(o Options) *Sandbox {
	if o.Machine == nil {
		o.Machine = clock.Machine
	}
	o.BaseURL = strings.TrimRight(o.BaseURL, "/")
	return &Sandbox{o: o, gate: newGate(o.Faults, o.Machine)}
}

// Now is the sandbox's time.
func (s *Sandbox) Now() time.Time { return s.o.Clock.Now() }

// call runs one call of the directory, for n people, with the faults that were
// asked for. Codes: BAD_REQUEST for too many people, THROTTLED, UNAVAILABLE.
func (s *Sandbox) call(ctx context.Context, n int, work func(ctx context.Context) error) error {
	if n > directory.MaxPeople {
		return fault.New(fault.BadRequest, "One call takes at most %d people, not %d.", directory.MaxPeople, n)
	}
	return s.gate.pass(ctx, func() error { return work(access.System(ctx)) })
}

// change runs one call of the directory that changes something.
func (s *Sandbox) change(ctx context.Context, n int, work func(ctx context.Context, tx *database.Tx) error) error {
	return s.call(ctx, n, func(ctx context.Context) error { return s.o.DB.WithTx(ctx, work) })
}

func (s *Sandbox) registerLink(token string) string {
	return s.o.BaseURL + "/sandbox/register/" + token
}
func (s *Sandbox) activateLink(token string) string {
	return s.o.BaseURL + "/sandbox/activate/" + token
}
