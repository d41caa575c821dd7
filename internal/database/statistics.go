package database

import (
	"context"
	"fmt"

	"entgo.io/ent/dialect"
)

// Learn lets SQLite look at tables that have grown, so that it knows which index
// serves a query. It is cheap when there is nothing to learn. PostgreSQL does it
// by itself.
func (db *DB) Learn(ctx context.Context) error {
	if db.dialect == dialect.Postgres {
		return nil
	}
	// 0x10002 are all tables whose statistics are missing or far from the truth.
	for _, q := range []string{"PRAGMA analysis_limit = 10000", "PRAGMA optimize = 0x10002"} {
		if _, err := db.write.ExecContext(ctx, q); err != nil {
			return fmt.Errorf("learn statistics: %w", err)
		}
	}
	return nil
}
