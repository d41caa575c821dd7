package database_test

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"testing"

	"entgo.io/ent/dialect"
	"github.com/google/uuid"

	"techbiz/ent/marker"
	"techbiz/ent/schema"
	"techbiz/internal/access"
	"techbiz/internal/clock"
	"techbiz/internal/database"
	"techbiz/internal/database/databasetest"
)

var markerColumns = []string{"name", "id", "created_at"}

// insertNew adds markers of these names and returns the names of those that were.
func insertNew(t *testing.T, db *database.DB, names ...string) (added []string) {
	t.Helper()
	if err := db.WithTx(t.Context(), func(ctx context.Context, tx *database.Tx) (err error) {
		rows := make([][]any, len(names))
		for i, n := range names {
			rows[i] = []any{n, schema.NewID(), tx.Now}
		}
		added, err = tx.InsertNew(ctx, marker.Table, markerColumns, rows)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return added
}

func TestInsertNew_PassesOverWhatStandsAlready(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, clock.Machine, func(t *testing.T, db *database.DB) {
		if got := insertNew(t, db, "a", "b"); !slices.Equal(got, []string{"a", "b"}) {
			t.Errorf("added %v", got)
		}
		if got := insertNew(t, db, "c", "b", "d", "c"); !slices.Equal(got, []string{"c", "d"}) {
			t.Errorf("added beside others %v", got)
		}
		if got := insertNew(t, db, "a"); got != nil {
			t.Errorf("added again %v", got)
		}
	})
}

// A row that is refused takes the whole transaction with it, also what came before.
func TestInsert_FailsWithItsTransaction(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, clock.Machine, func(t *testing.T, db *database.DB) {
		insertNew(t, db, "a")
		err := db.WithTx(t.Context(), func(ctx context.Context, tx *database.Tx) error {
			if err := mark(ctx, tx, "before"); err != nil {
				return err
			}
			return tx.Insert(ctx, marker.Table, markerColumns, "", [][]any{{"b", schema.NewID(), tx.Now}, {"a", schema.NewID(), tx.Now}})
		})
		if err == nil {
			t.Error("stored a name twice")
		}
		if got := insertNew(t, db, "before", "b", "a"); !slices.Equal(got, []string{"before", "b"}) {
			t.Errorf("added after it %v", got)
		}
	})
}

// count counts what a query's FROM names.
func count(t *testing.T, db *database.DB, from string) (n int) {
	t.Helper()
	if err := db.Query(t.Context(), "SELECT count(*) FROM "+from, nil, func(r *sql.Rows) error { return r.Scan(&n) }); err != nil {
		t.Fatal(err)
	}
	return n
}

// A column with one value in all rows is written once on SQLite; the rows come out as
// they went in all the same, in one statement and in several.
func TestInsert_ConstantAndVaryingColumns(t *testing.T) {
	t.Parallel()
	const rows = 600
	databasetest.Each(t, clock.Machine, func(t *testing.T, db *database.DB) {
		err := db.WithTx(t.Context(), func(ctx context.Context, tx *database.Tx) error {
			if _, err := tx.Exec(ctx, "CREATE TABLE things (n bigint, word text, flag boolean, whose uuid, missing text)"); err != nil {
				return err
			}
			whose, values := schema.NewID(), make([][]any, rows)
			for i := range values {
				var sometimes any
				if i > rows/2 {
					sometimes = fmt.Sprint(i)
				}
				values[i] = []any{i, "same", i%2 == 0, whose, sometimes}
			}
			if err := tx.Insert(ctx, "things", []string{"n", "word", "flag", "whose", "missing"}, "", values); err != nil {
				return err
			}
			alike := [][]any{{1, "alike", true, whose, nil}, {1, "alike", true, whose, nil}}
			return tx.Insert(ctx, "things", []string{"n", "word", "flag", "whose", "missing"}, "", alike)
		})
		if err != nil {
			t.Fatal(err)
		}
		for what, want := range map[string]int{
			"word = 'same'": rows, "word = 'same' AND flag": rows / 2, "missing IS NULL": rows/2 + 1 + 2,
			"missing = '599' AND n = 599": 1, "word = 'alike' AND n = 1 AND flag": 2,
		} {
			if got := count(t, db, "things WHERE "+what); got != want {
				t.Errorf("%s: %d rows, want %d", what, got, want)
			}
		}
		if got := count(t, db, "(SELECT DISTINCT n, whose FROM things WHERE word = 'same') AS d"); got != rows {
			t.Errorf("%d different rows", got)
		}
	})
}

func TestOneOf_ManyValuesOfAnyKind(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, clock.Machine, func(t *testing.T, db *database.DB) {
		odd := []string{`with "quotes" and 'others'`, `back\slash`, "José", "a,b{}", "<&>", ""}
		insertNew(t, db, append([]string{"other"}, odd...)...)
		var many []string
		for i := range 40_000 { // more than a statement takes parameters
			many = append(many, fmt.Sprint("nobody", i))
		}
		find := func(names []string) []string {
			got, err := db.Marker.Query().Where(database.OneOf(marker.FieldName, names)).Select(marker.FieldName).Strings(access.System(t.Context()))
			if err != nil {
				t.Fatal(err)
			}
			slices.Sort(got)
			return got
		}
		want := slices.Sorted(slices.Values(odd))
		if got := find(append(many, odd...)); !slices.Equal(got, want) {
			t.Errorf("found %q, want %q", got, want)
		}
		if got := find(nil); got != nil {
			t.Errorf("none of nothing: %q", got)
		}
		ids := db.Marker.Query().Where(marker.NameIn("other", "<&>")).IDsX(access.System(t.Context()))
		n, err := db.Marker.Query().Where(database.OneOfIDs(marker.FieldID, append(ids, uuid.New()))).Count(access.System(t.Context()))
		if n != 2 || err != nil {
			t.Errorf("by id: %d, %v", n, err)
		}
		n, err = db.Marker.Query().Where(marker.Not(database.OneOfIDs(marker.FieldID, nil))).Count(access.System(t.Context()))
		if n != len(odd)+1 || err != nil {
			t.Errorf("not one of nothing: %d, %v", n, err)
		}
	})
}

// The driver decides in which order pragmas are set, and a page's size counts before
// the journal is chosen only.
func TestOpen_PagesOfSQLite(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, clock.Machine, func(t *testing.T, db *database.DB) {
		if db.Dialect() != dialect.SQLite {
			t.Skip("SQLite's")
		}
		for pragma, want := range map[string]string{"page_size": "8192", "journal_mode": "wal", "cache_size": "-8000"} {
			var got string
			if err := db.Writer().QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got); err != nil || got != want {
				t.Errorf("%s is %s, want %s: %v", pragma, got, want, err)
			}
		}
	})
}
