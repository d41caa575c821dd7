package database_test

import (
	"context"
	"testing"
	"time"

	"techbiz/ent/schema"
	"techbiz/internal/access"
	"techbiz/internal/database"
	"techbiz/internal/database/databasetest"
)

// Every migration keeps the data of the one before: a parent, its child and its
// grandchild, which a rebuilt table would take along.
func TestMigrate_KeepsTheDataOfTheVersionBefore(t *testing.T) {
	t.Parallel()
	for name, options := range databasetest.Options(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db, err := database.Open(t.Context(), options(t))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = db.Close() })
			versions, err := db.Versions()
			if err != nil {
				t.Fatal(err)
			}
			if err := db.MigrateTo(t.Context(), versions[0]); err != nil {
				t.Fatal(err)
			}
			if err := db.WithTx(t.Context(), storeFirstVersion); err != nil {
				t.Fatal(err)
			}
			for _, v := range versions[1:] {
				if err := db.MigrateTo(t.Context(), v); err != nil {
					t.Fatal(err)
				}
				stillThere(t, db, v)
			}
			if err := db.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			stillThere(t, db, 0)
		})
	}
}

// storeFirstVersion writes with the columns of the first version only.
func storeFirstVersion(ctx context.Context, tx *database.Tx) error {
	officer, batch, invitation := schema.NewID(), schema.NewID(), schema.NewID()
	at := time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC)
	for _, row := range []struct {
		table   string
		columns []string
		values  []any
	}{
		{"officers", []string{"id", "email", "agency", "role", "created_at"}, []any{officer, "tan@tech.gov.sg", "tech.gov.sg", "OFFICER", at}},
		{"batches", []string{"id", "owner_id", "notices", "created_at"}, []any{batch, officer, "[]", at}},
		{"batch_rows", []string{
			"id", "batch_id", "position", "number", "email", "user_type", "first_name_key", "last_name_key",
			"organisation_key", "department_key", "issues", "flagged",
		}, []any{invitation, batch, 1, 5, "a@vendor.com", "VENDOR", "", "", "", "", "[]", false}},
		{"invitations", []string{
			"id", "inviter_id", "batch_id", "method", "user_type", "email", "email_key", "seed_required", "reason", "invited_at", "updated_at",
		}, []any{invitation, officer, batch, "MULTIPLE_ACCOUNTS", "VENDOR", "a@vendor.com", "a@vendor.com", false, "r", at, at}},
		{"invitation_events", []string{"id", "invitation_id", "at", "what"}, []any{schema.NewID(), invitation, at, "INVITED"}},
	} {
		if err := tx.Insert(ctx, row.table, row.columns, "", [][]any{row.values}); err != nil {
			return err
		}
	}
	return nil
}

func stillThere(t *testing.T, db *database.DB, version int64) {
	t.Helper()
	for _, table := range []string{"officers", "batches", "batch_rows", "invitations", "invitation_events"} {
		var n int
		err := db.WithTx(access.System(t.Context()), func(ctx context.Context, tx *database.Tx) error {
			return tx.SQL.QueryRowContext(ctx, "SELECT count(*) FROM "+table).Scan(&n)
		})
		if err != nil || n != 1 {
			t.Errorf("after %d: %d rows in %s, %v", version, n, table, err)
		}
	}
}
