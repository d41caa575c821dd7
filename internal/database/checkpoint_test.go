package database_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"techbiz/internal/access"
	"techbiz/internal/clock"
	"techbiz/internal/database"
	"techbiz/internal/database/databasetest"
)

// What was committed moves into the file by itself, a little at a time too, while the
// database stays open.
func TestCheckpoint(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	db := databasetest.Open(t, database.Options{DataDir: dir}, clock.Machine)
	for n := 1; n <= 3; n++ {
		if err := db.WithTx(t.Context(), func(ctx context.Context, tx *database.Tx) error {
			return mark(ctx, tx, fmt.Sprintf("mark %d", n))
		}); err != nil {
			t.Fatal(err)
		}
		last := 0
		for deadline := time.Now().Add(time.Minute); last != n; time.Sleep(20 * time.Millisecond) {
			if last = inFile(t, dir); time.Now().After(deadline) {
				t.Fatalf("%d marks in the file, want %d", last, n)
			}
		}
	}
}

// inFile counts the marks in a copy of the file without its log, 0 where the copy was
// made while the file was written.
func inFile(t *testing.T, dir string) int {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(dir, "techbiz.db"))
	if err != nil {
		t.Fatal(err)
	}
	alone := t.TempDir()
	if err := os.WriteFile(filepath.Join(alone, "techbiz.db"), raw, 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := database.Open(t.Context(), database.Options{DataDir: alone})
	if err != nil {
		return 0
	}
	defer func() { _ = db.Close() }()
	n, err := db.Marker.Query().Count(access.System(t.Context()))
	if err != nil {
		return 0
	}
	return n
}
