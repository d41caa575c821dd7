package database_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"techbiz/ent/schema"
	"techbiz/internal/access"
	"techbiz/internal/clock"
	"techbiz/internal/database"
	"techbiz/internal/database/databasetest"
	"techbiz/internal/fault"
)

func mark(ctx context.Context, tx *database.Tx, name string) error {
	return tx.Marker.Create().SetName(name).SetCreatedAt(tx.Now).Exec(access.System(ctx))
}

func marks(t *testing.T, db *database.DB) int {
	t.Helper()
	n, err := db.Marker.Query().Count(access.System(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestWithTx_AllOrNothing(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, clock.Machine, func(t *testing.T, db *database.DB) {
		broken := errors.New("broken")
		err := db.WithTx(t.Context(), func(ctx context.Context, tx *database.Tx) error {
			if err := mark(ctx, tx, "a"); err != nil {
				return err
			}
			return broken
		})
		if !errors.Is(err, broken) || marks(t, db) != 0 {
			t.Errorf("after a failure: %v, %d rows", err, marks(t, db))
		}
		func() {
			defer func() { _ = recover() }()
			_ = db.WithTx(t.Context(), func(ctx context.Context, tx *database.Tx) error {
				if err := mark(ctx, tx, "b"); err != nil {
					return err
				}
				panic("broken")
			})
		}()
		if marks(t, db) != 0 {
			t.Error("a panic left a row")
		}
		err = db.WithTx(t.Context(), func(ctx context.Context, _ *database.Tx) error {
			return db.WithTx(ctx, func(context.Context, *database.Tx) error { return nil })
		})
		if err == nil {
			t.Error("a transaction ran inside another")
		}
	})
}

func TestWithTx_RunsAgainWhenAnotherWon(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, clock.Machine, func(t *testing.T, db *database.DB) {
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				err := db.WithTx(t.Context(), func(ctx context.Context, tx *database.Tx) error {
					n, err := tx.Marker.Query().Count(access.System(ctx))
					if err != nil || n > 0 {
						return err
					}
					return mark(ctx, tx, "only")
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if marks(t, db) != 1 {
			t.Errorf("%d rows", marks(t, db))
		}
	})
}

func TestMigrate_ManyAtOnce(t *testing.T) {
	t.Parallel()
	for name, options := range databasetest.Options(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := options(t)
			var wg sync.WaitGroup
			for range 6 {
				wg.Go(func() {
					db, err := database.Open(t.Context(), o)
					if err != nil {
						t.Error(err)
						return
					}
					defer func() { _ = db.Close() }()
					if err := db.Migrate(t.Context()); err != nil {
						t.Error(err)
					}
					if err := db.Migrated(t.Context()); err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
		})
	}
}

func TestMigrated_SaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	for name, options := range databasetest.Options(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db, err := database.Open(t.Context(), options(t))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = db.Close() })
			if err := db.Migrated(t.Context()); err == nil {
				t.Error("an empty database counts as migrated")
			}
		})
	}
}

func TestInsert_MoreThanOneStatementHolds(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, clock.Machine, func(t *testing.T, db *database.DB) {
		const n = 12_000 // of three columns: above SQLite's limit on parameters
		rows := make([][]any, n)
		for i := range rows {
			rows[i] = []any{schema.NewID(), fmt.Sprint("m", i), clock.Machine()}
		}
		insert := func(ctx context.Context, tx *database.Tx) error {
			return tx.Insert(ctx, "markers", []string{"id", "name", "created_at"}, "name", rows)
		}
		for range 2 { // the second time every name stands already
			if err := db.WithTx(t.Context(), insert); err != nil {
				t.Fatal(err)
			}
		}
		if got := marks(t, db); got != n {
			t.Errorf("%d rows", got)
		}
	})
}

// Many rows go another way into PostgreSQL than a few; what is stored is the same.
func TestInsert_ManyRowsAreKeptAsGiven(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, clock.Machine, func(t *testing.T, db *database.DB) {
		columns := []string{"id", "owner_id", "file_name", "notices", "created_at"}
		texts := []any{"a\tb\\N\nc\r", `\.`, `"quoted", 'too'`, "陈小明 \u00a0", "", nil}
		owner, now := schema.NewID(), clock.Machine().Truncate(time.Microsecond)
		rows := make([][]any, 600)
		for i := range rows {
			rows[i] = []any{schema.NewID(), owner, texts[i%len(texts)], `["it\\t's \"so\""]`, now}
		}
		insert := func(ctx context.Context, tx *database.Tx) error {
			if err := tx.Officer.Create().SetID(owner).SetEmail("a@b.gov.sg").SetAgency("b.gov.sg").SetCreatedAt(now).Exec(access.System(ctx)); err != nil {
				return err
			}
			return tx.Insert(ctx, "batches", columns, "", rows)
		}
		if err := db.WithTx(t.Context(), insert); err != nil {
			t.Fatal(err)
		}
		for i, row := range rows {
			got, err := db.Batch.Get(access.System(t.Context()), row[0].(uuid.UUID))
			if err != nil {
				t.Fatal(err)
			}
			name := any(nil)
			if got.FileName != nil {
				name = *got.FileName
			}
			if name != texts[i%len(texts)] || !slices.Equal(got.Notices, []string{`it\t's "so"`}) || !got.CreatedAt.Equal(now) {
				t.Fatalf("row %d: got %+v", i, got)
			}
		}
		err := db.WithTx(t.Context(), func(ctx context.Context, tx *database.Tx) error {
			return tx.Insert(ctx, "batches", columns, "", rows)
		})
		if !database.IsUnique(err) {
			t.Errorf("rows that stand already: %v", err)
		}
	})
}

func TestTable_ChangesManyRowsAtOnce(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, clock.Machine, func(t *testing.T, db *database.DB) {
		a, b, now := schema.NewID(), schema.NewID(), clock.Machine()
		later := now.Add(time.Hour)
		var changed []uuid.UUID
		err := db.WithTx(t.Context(), func(ctx context.Context, tx *database.Tx) error {
			err := tx.Insert(ctx, "markers", []string{"id", "name", "created_at"}, "", [][]any{{a, "a", now}, {b, "b", now}})
			if err != nil {
				return err
			}
			var args []any
			values := tx.Table(&args, []string{"uuid", "timestamptz"}, [][]any{{a, later}, {schema.NewID(), later}})
			return tx.Query(ctx, `WITH v(id, at) AS (`+values+`) UPDATE markers SET created_at = v.at FROM v WHERE markers.id = v.id RETURNING markers.id`,
				args, func(r *sql.Rows) error {
					var id uuid.UUID
					err := r.Scan(&id)
					changed = append(changed, id)
					return err
				})
		})
		if err != nil || len(changed) != 1 || changed[0] != a {
			t.Fatalf("changed %v, %v", changed, err)
		}
		got, err := db.Marker.Get(access.System(t.Context()), a)
		if err != nil || !got.CreatedAt.Equal(later) {
			t.Errorf("got %v, %v", got, err)
		}
	})
}

func TestNewWindow_BadArguments(t *testing.T) {
	t.Parallel()
	n := func(i int) *int { return &i }
	c := func(s string) *string { return &s }
	order := database.Order{Column: "invited_at", Desc: true}
	for name, a := range map[string]database.PageArgs{
		"first below one":            {First: n(0)},
		"last above the limit":       {Last: n(201)},
		"first and last":             {First: n(1), Last: n(1)},
		"a cursor that is no base64": {After: c("%")},
		"a cursor of something else": {Before: c("e30")},
		"a cursor without a time":    {After: c("eyJjIjoiaW52aXRlZF9hdCIsInYiOiJ4IiwiaSI6IjAxYTIwNjQ0LWQ5MDQtN2MxNi1hOWNmLTY5YTI1Y2I3MmI4ZCJ9")},
	} {
		if _, err := database.NewWindow(a, order, 10); fault.CodeOf(err) != fault.BadRequest {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The policies of ent/schema deny by default, on the database that is asked.
func TestPolicies_NobodySeesNothing(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, clock.Machine, func(t *testing.T, db *database.DB) {
		for name, count := range map[string]func(context.Context) (int, error){
			"invitations": db.Invitation.Query().Count, "batches": db.Batch.Query().Count, "rows": db.BatchRow.Query().Count,
			"history": db.InvitationEvent.Query().Count, "officers": db.Officer.Query().Count, "tokens": db.Token.Query().Count,
			"sessions": db.Session.Query().Count, "codes": db.SignInCode.Query().Count, "keys": db.IdempotencyKey.Query().Count,
			"sandbox": db.SandboxPerson.Query().Count, "mailbox": db.SandboxMail.Query().Count,
		} {
			if _, err := count(t.Context()); err == nil {
				t.Errorf("%s: nobody acts, and may read", name)
			}
		}
	})
}

func TestSearch_FewAndMany(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, clock.Machine, func(t *testing.T, db *database.DB) {
		const many = 2_500 // above what is collected from the index first
		err := db.WithTx(t.Context(), func(ctx context.Context, tx *database.Tx) error {
			rows := [][]any{{schema.NewID(), "50%_off", tx.Now}, {schema.NewID(), "50 off", tx.Now}}
			for i := range many {
				rows = append(rows, []any{schema.NewID(), fmt.Sprintf("many%d", i), tx.Now})
			}
			return tx.Insert(ctx, "markers", []string{"id", "name", "created_at"}, "", rows)
		})
		if err != nil {
			t.Fatal(err)
		}
		for prefix, want := range map[string]int{"many": many, "many24": 111, "50%": 1, "50": 2, "%": 0, "5__": 0, `\`: 0, "x": 0} {
			found, err := db.Search(t.Context(), "markers", prefix, "name")
			if err != nil {
				t.Fatal(err)
			}
			got, err := db.Marker.Query().Where(found).Count(access.System(t.Context()))
			if err != nil || got != want {
				t.Errorf("%q: %d rows, want %d, %v", prefix, got, want, err)
			}
		}
	})
}
