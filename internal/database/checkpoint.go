package database

import (
	"context"
	"database/sql"
	"time"
)

// On SQLite what is committed stands in a log first, and a checkpoint moves it into the
// file. SQLite lets a commit do that, which then waits for the disk with all that wants to
// write. Here a connection of its own does it, beside the writer; a commit does it only
// when the log has grown long, so that it stays bounded. Nothing is less durable: the log
// is what survives a crash.

const (
	// longLog is at how many pages of the log a commit moves them itself.
	longLog = "wal_autocheckpoint(8000)"
	// checkpointPause is how long the log gathers: what is written again meanwhile is
	// moved once.
	checkpointPause = 200 * time.Millisecond
)

// checkpointer moves the log into the file. The zero value does nothing.
type checkpointer struct {
	pool *sql.DB
	wake chan struct{}
	stop context.CancelFunc
	done chan struct{}
}

// start begins to listen for commits.
func (c *checkpointer) start(pool *sql.DB) {
	pool.SetMaxOpenConns(1)
	pool.SetConnMaxIdleTime(time.Minute)
	ctx, stop := context.WithCancel(context.Background())
	*c = checkpointer{pool: pool, wake: make(chan struct{}, 1), stop: stop, done: make(chan struct{})}
	go c.run(ctx)
}

// committed tells of a commit.
func (c *checkpointer) committed() {
	select {
	case c.wake <- struct{}{}:
	default: // it knows already, or there is none
	}
}

func (c *checkpointer) run(ctx context.Context) {
	defer close(c.done)
	pause := time.NewTimer(0)
	defer pause.Stop()
	for received(ctx, pause.C) && received(ctx, c.wake) {
		// What it cannot move, for somebody still reads what was before, waits for the
		// next time, as what it fails at does.
		_, _ = c.pool.ExecContext(ctx, "PRAGMA wal_checkpoint(PASSIVE)")
		pause.Reset(checkpointPause)
	}
}

// received waits for a value, and says whether one came before the end.
func received[T any](ctx context.Context, from <-chan T) bool {
	select {
	case <-from:
		return true
	case <-ctx.Done():
		return false
	}
}

// close ends it.
func (c *checkpointer) close() error {
	if c.pool == nil {
		return nil
	}
	c.stop()
	<-c.done
	return c.pool.Close()
}
