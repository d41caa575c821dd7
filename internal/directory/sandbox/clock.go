package sandbox

import (
	"context"
	"database/sql"
	"fmt"
	"sync/atomic"
	"time"

	"techbiz/internal/access"
	"techbiz/internal/clock"
	"techbiz/internal/database"
	"techbiz/internal/fault"
)

// Clock is the machine's clock and what the sandbox runs ahead of it. It only
// goes forward, and is safe for concurrent use.
type Clock struct {
	machine clock.Clock
	ahead   atomic.Int64 // seconds
}

// NewClock returns a clock that shows the machine's time, until [Clock.Follow] or
// [Sandbox.Advance] moves it.
func NewClock(machine clock.Clock) *Clock { return &Clock{machine: machine} }

// Now is the sandbox's time.
func (c *Clock) Now() time.Time { return c.at(c.ahead.Load()) }

func (c *Clock) at(ahead int64) time.Time {
	return c.machine().Add(time.Duration(ahead) * time.Second)
}

// raise moves the clock to so many seconds ahead, unless it is there already.
func (c *Clock) raise(ahead int64) {
	for {
		old := c.ahead.Load()
		if ahead <= old || c.ahead.CompareAndSwap(old, ahead) {
			return
		}
	}
}

// followEvery is how soon a replica sees that another one moved the clock.
const followEvery = time.Second

// Follow moves the clock to where the database has it, and then keeps following
// it in the background until ctx ends. It fails when the first look does; later
// ones that fail are tried again.
func (c *Clock) Follow(ctx context.Context, db *database.DB) error {
	ctx = access.System(ctx)
	if err := c.load(ctx, db); err != nil {
		return err
	}
	tick := time.NewTicker(followEvery)
	go func() {
		defer tick.Stop()
		c.follow(ctx, db, tick.C)
	}()
	return nil
}

func (c *Clock) follow(ctx context.Context, db *database.DB, tick <-chan time.Time) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick:
			// The clock stays where it is while the database does not answer,
			// which the readiness check reports.
			_ = c.load(ctx, db)
		}
	}
}

func (c *Clock) load(ctx context.Context, db *database.DB) error {
	ahead, err := readAhead(ctx, db)
	if err != nil {
		return err
	}
	c.raise(ahead)
	return nil
}

// queryer is a database or a transaction.
type queryer interface {
	Query(ctx context.Context, query string, args []any, scan func(*sql.Rows) error) error
}

func readAhead(ctx context.Context, q queryer) (int64, error) {
	var ahead int64
	err := q.Query(ctx, "SELECT ahead_seconds FROM sandbox_clocks WHERE id = 1", nil,
		func(r *sql.Rows) error { return r.Scan(&ahead) })
	if err != nil {
		return 0, fmt.Errorf("read the sandbox's clock: %w", err)
	}
	return ahead, nil
}

const (
	// maxStep is the most days by which the clock moves at once.
	maxStep = 366
	// maxAhead is as far as the clock goes, so that times stay within what both
	// databases and a time.Duration hold.
	maxAhead = 100 * 366 * day
)

// Advance moves the sandbox's clock forward by whole days and returns the new
// time. Codes: BAD_REQUEST for days outside 1 to 366, and for a clock that is 100
// years ahead.
func (s *Sandbox) Advance(ctx context.Context, days int) (time.Time, error) {
	if days < 1 || days > maxStep {
		return time.Time{}, fault.New(fault.BadRequest, "Choose between 1 and %d days.", maxStep)
	}
	var ahead int64
	err := s.o.DB.WithTx(access.System(ctx), func(ctx context.Context, tx *database.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO sandbox_clocks (id, ahead_seconds) VALUES (1, $1)
			ON CONFLICT (id) DO UPDATE SET ahead_seconds = sandbox_clocks.ahead_seconds + excluded.ahead_seconds`,
			int64(days)*int64(day/time.Second))
		if err != nil {
			return fmt.Errorf("move the sandbox's clock: %w", err)
		}
		if ahead, err = readAhead(ctx, tx); err != nil {
			return err
		}
		if ahead > int64(maxAhead/time.Second) {
			return fault.New(fault.BadRequest, "The sandbox's clock is 100 years ahead and goes no further.")
		}
		tx.Now = s.o.Clock.at(ahead)
		if err := sweep(ctx, tx); err != nil || s.o.Moved == nil {
			return err
		}
		return s.o.Moved(ctx, tx)
	})
	if err != nil {
		return time.Time{}, err
	}
	s.o.Clock.raise(ahead)
	return s.Now(), nil
}
