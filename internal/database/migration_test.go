package database_test

import (
	"context"
	"database/sql"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"techbiz/ent/schema"
	"techbiz/internal/access"
	"techbiz/internal/database"
	"techbiz/internal/database/databasetest"
)

// onVersion runs a test on each database, with the tables of one of the versions.
func onVersion(t *testing.T, position int, test func(t *testing.T, db *database.DB, versions []int64)) {
	t.Helper()
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
			if err := db.MigrateTo(t.Context(), versions[position]); err != nil {
				t.Fatal(err)
			}
			test(t, db, versions)
		})
	}
}

// Every migration keeps the data of the one before: a parent, its child and its
// grandchild, which a rebuilt table would take along.
func TestMigrate_KeepsTheDataOfTheVersionBefore(t *testing.T) {
	t.Parallel()
	onVersion(t, 0, func(t *testing.T, db *database.DB, versions []int64) {
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

// portal and batch are the positions of two migrations among the versions.
const portal, batch = 1, 2

// The migration batch rebuilds tables that hold lists: what stood in them stays as
// it was, and what is new has its default.
func TestMigrate_BatchKeepsEveryValue(t *testing.T) {
	t.Parallel()
	onVersion(t, portal, func(t *testing.T, db *database.DB, versions []int64) {
		var lists [2]uuid.UUID
		if err := db.WithTx(t.Context(), func(ctx context.Context, tx *database.Tx) error {
			lists = [2]uuid.UUID{schema.NewID(), schema.NewID()}
			return storePortalVersion(ctx, tx, lists[0], lists[1])
		}); err != nil {
			t.Fatal(err)
		}
		before := values(t, db)
		if err := db.MigrateTo(t.Context(), versions[batch]); err != nil {
			t.Fatal(err)
		}
		after := values(t, db)
		if diff := cmp.Diff(before, after); diff != "" || len(before) != 2 {
			t.Errorf("%d lists before; -before +after\n%s", len(before), diff)
		}
		var got []string
		if err := db.Query(t.Context(), `SELECT b.undone, r.suggested, r.looked_up, r.replaced FROM batches b JOIN batch_rows r ON r.batch_id = b.id
			WHERE b.expires_at IS NULL AND b.recall_until IS NULL AND b.resumed_at IS NULL AND b.undone_at IS NULL AND r.start_on IS NULL`, nil,
			func(r *sql.Rows) error {
				var undone int
				var suggested, lookedUp, replaced bool
				err := r.Scan(&undone, &suggested, &lookedUp, &replaced)
				got = append(got, fmt.Sprint(undone, suggested, lookedUp, replaced))
				return err
			}); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"0 false true false", "0 false true false"}, got); diff != "" {
			t.Error(diff)
		}
	})
}

// storePortalVersion writes a draft and a submitted list with every column that
// the migration portal knows of them.
func storePortalVersion(ctx context.Context, tx *database.Tx, draft, submitted uuid.UUID) error {
	officer, row, invitation := schema.NewID(), schema.NewID(), schema.NewID()
	at := time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC)
	rows := []string{
		"id", "batch_id", "position", "number", "sheet", "email", "username", "first_name", "last_name", "country_code", "contact_number",
		"organisation", "department", "seed_text", "reason", "user_type", "seed_required", "email_key", "username_key", "number_key",
		"first_name_key", "last_name_key", "organisation_key", "department_key", "issues", "flagged", "left_out", "submitted",
	}
	user := func(id, list uuid.UUID, n int, flagged bool) []any {
		return []any{
			id, list, n, n + 4, "Users", "A@vendor.com", "A.B", "A", "B", "65", "91234567", "Org", "Dep", "Yes", "r", "VENDOR", true,
			"a@vendor.com", "a.b", "+6591234567", "a", "b", "org", "dep", `[{"code":"TOO_LONG","message":"m"}]`, flagged, flagged, !flagged,
		}
	}
	for _, part := range []struct {
		table   string
		columns []string
		values  [][]any
	}{
		{"officers", []string{"id", "email", "agency", "role", "created_at"}, [][]any{{officer, "tan@tech.gov.sg", "tech.gov.sg", "OFFICER", at}}},
		{"batches", []string{"id", "owner_id", "file_name", "state", "directory_check", "notices", "created_at", "submitted_at", "completed_at"}, [][]any{
			{draft, officer, "users.xlsx", "DRAFT", "UNAVAILABLE", `["hidden rows"]`, at, nil, nil},
			{submitted, officer, nil, "COMPLETED", "DONE", "[]", at, at.Add(time.Hour), at.Add(2 * time.Hour)},
		}},
		{"batch_rows", rows, [][]any{user(row, draft, 1, true), user(invitation, submitted, 2, false)}},
		{"invitations", []string{
			"id", "inviter_id", "batch_id", "method", "user_type", "email", "email_key", "seed_required", "reason", "invited_at", "updated_at", "provisioning",
		}, [][]any{{invitation, officer, submitted, "MULTIPLE_ACCOUNTS", "VENDOR", "A@vendor.com", "a@vendor.com", true, "r", at, at, "SUCCEEDED"}}},
		{"invitation_events", []string{"id", "invitation_id", "at", "what"}, [][]any{{schema.NewID(), invitation, at, "INVITED"}}},
	} {
		if err := tx.Insert(ctx, part.table, part.columns, "", part.values); err != nil {
			return err
		}
	}
	return nil
}

// values are the lists with their rows, invitations and histories, as text.
func values(t *testing.T, db *database.DB) []string {
	t.Helper()
	var all []string
	err := db.Query(t.Context(), `SELECT b.id, b.owner_id, b.file_name, b.state, b.directory_check, b.notices, b.created_at, b.submitted_at, b.completed_at,
			r.id, r.position, r.number, r.sheet, r.email, r.username, r.first_name, r.last_name, r.country_code, r.contact_number, r.organisation,
			r.department, r.seed_text, r.reason, r.user_type, r.seed_required, r.email_key, r.username_key, r.number_key, r.first_name_key,
			r.last_name_key, r.organisation_key, r.department_key, r.issues, r.flagged, r.left_out, r.submitted,
			i.id, i.batch_id, i.email, i.provisioning, e.what
		FROM batches b JOIN batch_rows r ON r.batch_id = b.id LEFT JOIN invitations i ON i.id = r.id LEFT JOIN invitation_events e ON e.invitation_id = i.id
		ORDER BY r.position`, nil, func(r *sql.Rows) error {
		columns, err := r.Columns()
		if err != nil {
			return err
		}
		row := make([]any, len(columns))
		for n := range row {
			row[n] = new(any)
		}
		if err := r.Scan(row...); err != nil {
			return err
		}
		line := ""
		for n, v := range row {
			line += fmt.Sprintf("%d %s: %s\n", n, columns[n], fmt.Sprint(*v.(*any)))
		}
		all = append(all, line)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
