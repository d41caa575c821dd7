package database_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"techbiz/internal/clock"
	"techbiz/internal/database"
	"techbiz/internal/database/databasetest"
)

// Nothing of what was removed stays in SQLite's log of changes, also where another
// program moves the log at the same moment.
func TestTidy_EmptiesTheLog(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	db := databasetest.Open(t, database.Options{DataDir: dir}, clock.Machine)
	file := filepath.Join(dir, "techbiz.db")
	other, err := sql.Open("sqlite", "file:"+file)
	if err != nil {
		t.Fatal(err)
	}
	var mover sync.WaitGroup
	ctx, stop := context.WithCancel(t.Context())
	defer func() {
		stop()
		mover.Wait()
		_ = other.Close()
	}()
	mover.Go(func() {
		for ctx.Err() == nil {
			_, _ = other.ExecContext(ctx, "PRAGMA wal_checkpoint(PASSIVE)") // busy as often as not
		}
	})
	for n := range 20 {
		if err := db.WithTx(ctx, func(ctx context.Context, tx *database.Tx) error {
			return mark(ctx, tx, fmt.Sprintf("mark %d", n))
		}); err != nil {
			t.Fatal(err)
		}
		if err := db.Tidy(ctx); err != nil {
			t.Fatal(err)
		}
		if left, err := os.Stat(file + "-wal"); err != nil || left.Size() > 0 {
			t.Fatalf("the log after change %d: %d bytes, %v", n, left.Size(), err)
		}
	}
}
