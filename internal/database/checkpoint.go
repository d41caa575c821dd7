package database

import (
	"context"
	"database/sql"
	"time"
)

// On SQLite what is committed stands in a log first, and a checkpoint moves it into the
// file. SQLite lets a commit do that, which then waits for the disk with all that wants to
// write. Here a connection of its own does it, beside the writer. Nothing is less durable:
// the log is what survives a crash.
//
// The log begins anew only where all of it has been moved, which beside a busy writer never
// comes: so a long log is moved to its end in the writer's turn, when little is left.

const (
	// longLog is how many pages make a long log.
	longLog = 8000
	// endlessLog is at how many pages a commit moves them itself, so that the log stays
	// bounded whatever happens: more than the largest list writes at once.
	endlessLog = "wal_autocheckpoint(32000)"
	// checkpointPause is how long the log gathers: what is written again meanwhile is
	// moved once.
	checkpointPause = 200 * time.Millisecond
)

// checkpointer moves the log into the file. The zero value does nothing.
type checkpointer struct {
	pool, writer *sql.DB

	wake chan struct{}
	stop context.CancelFunc
	done chan struct{}
}

// start begins to listen for commits.
func (c *checkpointer) start(pool, writer *sql.DB) {
	pool.SetMaxOpenConns(1)
	pool.SetConnMaxIdleTime(time.Minute)
	ctx, stop := context.WithCancel(context.Background())
	*c = checkpointer{pool: pool, writer: writer, wake: make(chan struct{}, 1), stop: stop, done: make(chan struct{})}
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
		if move(ctx, c.pool) > longLog {
			// What was written during the first move, which takes long, would keep the
			// writer as long.
			move(ctx, c.pool)
			move(ctx, c.writer)
		}
		pause.Reset(checkpointPause)
	}
}

// move moves what the log holds by now, and returns how many pages that are, moved before
// or not. What it cannot move, for somebody still reads what was before, waits for the next
// time, as what it fails at does.
func move(ctx context.Context, pool *sql.DB) (pages int) {
	var busy, moved int
	if err := pool.QueryRowContext(ctx, "PRAGMA wal_checkpoint(PASSIVE)").Scan(&busy, &pages, &moved); err != nil {
		return 0
	}
	return pages
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
