package database_test

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
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

// A log begins anew although somebody writes all the time, and before commits have to
// move it themselves.
func TestCheckpoint_BesideABusyWriter(t *testing.T) {
	t.Parallel()
	const pageSize, long, mostPages = 512, 8_000, 32_000 // small pages, so that little makes a long log
	dir := t.TempDir()
	makeFile(t, dir, pageSize)
	db := databasetest.Open(t, database.Options{DataDir: dir}, clock.Machine)
	write := func(query string) {
		if err := db.WithTx(t.Context(), func(ctx context.Context, tx *database.Tx) error {
			_, err := tx.Exec(ctx, query)
			time.Sleep(time.Millisecond) // a transaction that has more to do than to write
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	write("CREATE TABLE texts (text text)")
	const ten = "INSERT INTO texts VALUES (hex(zeroblob(2000)))" // pages, about
	round, size := logRound(t, dir)
	for range 2 * mostPages / 10 {
		before := round
		write(ten)
		if round, size = logRound(t, dir); round > before && size > long*pageSize {
			return
		}
		if size > mostPages*pageSize {
			t.Fatalf("the log has %d pages, and has not begun anew", size/pageSize)
		}
	}
	t.Logf("the log was moved as fast as it was written; it has %d pages", size/pageSize)
}

// makeFile makes an empty file with pages of a size.
func makeFile(t *testing.T, dir string, pageSize int) {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(dir, "techbiz.db"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.ExecContext(t.Context(), fmt.Sprintf("PRAGMA page_size = %d; VACUUM", pageSize))
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
}

// logRound is how often the log has begun anew, and its size. See
// https://www.sqlite.org/fileformat2.html#walformat.
func logRound(t *testing.T, dir string) (round uint32, size int64) {
	t.Helper()
	f, err := os.Open(filepath.Join(dir, "techbiz.db-wal"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	var field [4]byte
	_, err = f.ReadAt(field[:], 12)
	info, statErr := f.Stat()
	if err := errors.Join(err, statErr); err != nil {
		t.Fatal(err)
	}
	return binary.BigEndian.Uint32(field[:]), info.Size()
}
