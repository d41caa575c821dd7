package database

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"

	"entgo.io/ent/dialect"
)

// sampleless makes ANALYZE count only: without a limit it keeps samples of every
// indexed column.
const sampleless = "PRAGMA analysis_limit = 10000"

// Tidy removes what is left of deleted and changed rows as far as that is possible
// while the product runs: from the statistics, on SQLite from the log of changes,
// and on PostgreSQL from the tables that are named.
func (db *DB) Tidy(ctx context.Context, tables ...string) error {
	statements := []string{"VACUUM (ANALYZE) " + strings.Join(tables, ", ")}
	if db.dialect == dialect.SQLite {
		statements = []string{sampleless, "ANALYZE"}
	}
	conn, err := db.write.Conn(ctx)
	if err != nil {
		return fmt.Errorf("tidy: %w", err)
	}
	defer func() { _ = conn.Close() }()
	for _, q := range statements {
		if _, err := conn.ExecContext(ctx, q); err != nil {
			return fmt.Errorf("tidy: %w", err)
		}
	}
	return db.emptyLog(ctx, conn)
}

// emptyLog leaves nothing in SQLite's log of changes. Somebody who reads what was before,
// or moves the log at this moment, in this program or another one, is waited for.
func (db *DB) emptyLog(ctx context.Context, conn *sql.Conn) error {
	if db.dialect != dialect.SQLite {
		return nil
	}
	err := whileBusy(ctx, func() error {
		var busy, all, moved int
		if err := conn.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &all, &moved); err != nil {
			return err
		}
		if busy != 0 {
			return errLogInUse
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("empty the log of changes, techbiz.db-wal, which may still hold what was removed; run this once more: %w", err)
	}
	return nil
}

// errLogInUse is SQLite's answer where it cannot empty its log.
var errLogInUse = errors.New("database: somebody else uses the log")

// Rewrite writes the database anew, so that nothing of what was changed or deleted
// stays behind in its files or its statistics: SQLite as a whole, of PostgreSQL the
// tables that are named. It needs room for a second copy, and nobody works meanwhile.
func (db *DB) Rewrite(ctx context.Context, tables ...string) error {
	// It takes longer than a statement of the service may, so that it has a
	// connection of its own, which is not given back to the pool.
	conn, err := db.write.Conn(ctx)
	if err != nil {
		return fmt.Errorf("rewrite: %w", err)
	}
	defer func() { _ = conn.Raw(func(any) error { return driver.ErrBadConn }) }() // makes the pool drop it
	statements := []string{"SET statement_timeout = 0", "VACUUM (FULL, ANALYZE) " + strings.Join(tables, ", ")}
	if db.dialect == dialect.SQLite {
		statements = []string{sampleless, "ANALYZE", "VACUUM"}
	}
	for _, q := range statements {
		if _, err := conn.ExecContext(ctx, q); err != nil {
			return fmt.Errorf("rewrite: %w", err)
		}
	}
	return db.emptyLog(ctx, conn)
}
