package database_test

import (
	"context"
	"database/sql"
	"fmt"
	"testing"
	"time"

	"entgo.io/ent/dialect"

	"techbiz/ent/schema"
	"techbiz/internal/access"
	"techbiz/internal/clock"
	"techbiz/internal/database"
	"techbiz/internal/database/databasetest"
)

func TestLearn(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, clock.Machine, func(t *testing.T, db *database.DB) {
		ctx := access.System(t.Context())
		err := db.WithTx(ctx, func(ctx context.Context, tx *database.Tx) error {
			rows := make([][]any, 100)
			for n := range rows {
				rows[n] = []any{schema.NewID(), fmt.Sprintf("officer.%d@agency.gov.sg", n), "agency.gov.sg", "OFFICER", time.Now()}
			}
			return tx.Insert(ctx, "officers", []string{"id", "email", "agency", "role", "created_at"}, "", rows)
		})
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := db.Learn(ctx); err != nil {
				t.Fatal(err)
			}
		}
		if db.Dialect() == dialect.Postgres {
			return
		}
		known := 0
		err = db.Query(ctx, `SELECT count(*) FROM sqlite_stat1 WHERE tbl = 'officers' AND idx = 'officer_agency'`, nil,
			func(r *sql.Rows) error { return r.Scan(&known) })
		if err != nil || known != 1 {
			t.Errorf("%d statistics of the index, %v", known, err)
		}
	})
}
