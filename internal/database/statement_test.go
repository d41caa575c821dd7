package database_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"testing"

	"techbiz/ent/schema"
	"techbiz/internal/clock"
	"techbiz/internal/database"
	"techbiz/internal/database/databasetest"
)

// Statements are prepared once and kept: neither rows that are still open, nor a
// failure, nor a changed table may spoil the next run of the same text.
func TestStatements_RunAgain(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, clock.Machine, func(t *testing.T, db *database.DB) {
		const insert, find = `INSERT INTO markers (id, name, created_at) VALUES ($1, $2, $3)`, `SELECT name FROM markers WHERE name >= $1 ORDER BY name`
		add := func(name string) error {
			return db.WithTx(t.Context(), func(ctx context.Context, tx *database.Tx) error {
				_, err := tx.Exec(ctx, insert, schema.NewID(), name, tx.Now)
				return err
			})
		}
		for i := range 200 { // more texts than are kept
			if err := errors.Join(add(fmt.Sprintf("n%03d", i)), db.Query(t.Context(), fmt.Sprintf("SELECT %d", i), nil, func(*sql.Rows) error { return nil })); err != nil {
				t.Fatal(err)
			}
		}
		if err := add("n000"); !database.IsUnique(err) {
			t.Errorf("a name that stands already: %v", err)
		}
		if err := add("n200"); err != nil {
			t.Errorf("after a failure: %v", err)
		}
		stop := errors.New("stop")
		if err := db.Query(t.Context(), find, []any{"n000"}, func(*sql.Rows) error { return stop }); !errors.Is(err, stop) {
			t.Errorf("rows that were left: %v", err)
		}
		outer, inner := 0, 0
		err := db.WithTx(t.Context(), func(ctx context.Context, tx *database.Tx) error {
			if _, err := tx.Exec(ctx, `ALTER TABLE markers ADD COLUMN remark text`); err != nil {
				return err
			}
			return tx.Query(ctx, find, []any{"n198"}, func(r *sql.Rows) error {
				outer++
				if db.Dialect() == "postgres" { // which has one open result a transaction
					return nil
				}
				return tx.Query(ctx, find, []any{"n199"}, func(*sql.Rows) error { inner++; return nil })
			})
		})
		if err != nil || outer != 3 || db.Dialect() != "postgres" && inner != 6 {
			t.Errorf("rows inside rows: %d and %d, %v", outer, inner, err)
		}
	})
}
