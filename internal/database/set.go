package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"strconv"
	"strings"
	"time"

	"entgo.io/ent/dialect"
	"github.com/google/uuid"
)

// maxParams is how many parameters one statement may have: SQLite's limit, the
// lower of the two.
const maxParams = 32_766

// Insert adds rows set-wise, in as few statements as the databases' limit on
// parameters allows. Each row has a value for each column. A row that stands
// already by its conflict column is passed over; without one it is an error.
func (tx *Tx) Insert(ctx context.Context, table string, columns []string, conflict string, rows [][]any) error {
	end := ""
	if conflict != "" {
		end = fmt.Sprintf(" ON CONFLICT (%q) DO NOTHING", conflict)
	}
	into := target(table, columns)
	if tx.dialect == dialect.Postgres && conflict == "" && len(rows) >= worthCopy {
		return tx.copy(ctx, into, func(yield func([][]any, error) bool) { yield(rows, nil) })
	}
	for step := min(insertAtOnce, maxParams/len(columns)); len(rows) > 0; {
		n := min(step, len(rows))
		query, args := tx.insertion(into, len(columns), end, rows[:n])
		if _, err := tx.SQL.ExecContext(ctx, query, args...); err != nil {
			return fmt.Errorf("insert into %s: %w", table, err)
		}
		rows = rows[n:]
	}
	return nil
}

// InsertAll adds many rows, which come in parts, as [Tx.Insert] does. The next part is
// taken while the database still works on those before. An error among the parts ends
// it.
func (tx *Tx) InsertAll(ctx context.Context, table string, columns []string, parts iter.Seq2[[][]any, error]) error {
	if tx.dialect == dialect.Postgres {
		return tx.copy(ctx, target(table, columns), parts)
	}
	for rows, err := range parts {
		if err != nil {
			return err
		}
		if err := tx.Insert(ctx, table, columns, "", rows); err != nil {
			return err
		}
	}
	return nil
}

// target names a table with its columns.
func target(table string, columns []string) string {
	return table + ` ("` + strings.Join(columns, `", "`) + `")`
}

// insertion is the statement that adds rows. On SQLite each parameter costs almost as
// much as the value in its place, so a column with one value in all rows has one. A
// statement that fails ends the whole transaction, as on PostgreSQL: to be able to take
// back only what the statement did, SQLite would first copy each page that it changes.
func (tx *Tx) insertion(into string, columns int, end string, rows [][]any) (query string, args []any) {
	args = make([]any, 0, len(rows)*columns)
	if tx.dialect == dialect.Postgres {
		values := Values(&args, nil, rows)
		return "INSERT INTO " + into + " " + values + end, args
	}
	chosen := make([]string, columns)
	var varying []int
	for c := range columns {
		// Something has to vary, or there would be no table of values.
		if last := c == columns-1 && varying == nil; !last && constant(rows, c) {
			chosen[c] = "?"
			args = append(args, rows[0][c])
			continue
		}
		varying = append(varying, c)
		chosen[c] = "column" + strconv.Itoa(len(varying))
	}
	for _, row := range rows {
		for _, c := range varying {
			args = append(args, row[c])
		}
	}
	one := "(?" + strings.Repeat(",?", len(varying)-1) + ")"
	// WHERE true: else SQLite takes what follows ON for a join's.
	return "INSERT OR ROLLBACK INTO " + into + " SELECT " + strings.Join(chosen, ", ") +
		" FROM (VALUES " + one + strings.Repeat(","+one, len(rows)-1) + ") WHERE true" + end, args
}

// constant says whether a column has the same value in all rows.
func constant(rows [][]any, column int) bool {
	first := rows[0][column]
	switch first.(type) {
	case nil, string, bool, int, uuid.UUID, time.Time: // what can be compared
	default:
		return false
	}
	for _, row := range rows[1:] {
		if row[column] != first {
			return false
		}
	}
	return true
}

// InsertNew adds rows set-wise, passes over those that something unique stands
// against, also another one of them, and returns the first column's values, which
// are text, of those that were added.
func (tx *Tx) InsertNew(ctx context.Context, table string, columns []string, rows [][]any) (added []string, err error) {
	into := target(table, columns)
	end := fmt.Sprintf(" ON CONFLICT DO NOTHING RETURNING %q", columns[0])
	for step := min(insertAtOnce, maxParams/len(columns)); len(rows) > 0; {
		n := min(step, len(rows))
		query, args := tx.insertion(into, len(columns), end, rows[:n])
		found, err := tx.SQL.QueryContext(ctx, query, args...)
		if err := each(found, err, func(r *sql.Rows) error {
			var first string
			err := r.Scan(&first)
			added = append(added, first)
			return err
		}); err != nil {
			return nil, fmt.Errorf("insert into %s: %w", table, err)
		}
		rows = rows[n:]
	}
	return added, nil
}

// insertAtOnce is how many rows one statement inserts: enough to be quick, and
// short enough to be kept ([keptLength]).
const insertAtOnce = 250

// worthCopy is from how many rows on PostgreSQL's COPY is quicker than INSERT.
const worthCopy = 100

// copy adds rows by COPY, which PostgreSQL takes several times faster than INSERT
// and which knows no conflicts.
func (tx *Tx) copy(ctx context.Context, into string, parts iter.Seq2[[][]any, error]) (err error) {
	stmt, err := tx.SQL.PrepareContext(ctx, "COPY "+into+" FROM STDIN")
	if err != nil {
		return fmt.Errorf("copy into %s: %w", into, err)
	}
	defer func() { err = errors.Join(err, stmt.Close()) }()
	for rows, err := range parts {
		if err != nil {
			return err
		}
		for _, row := range rows {
			if _, err := stmt.ExecContext(ctx, row...); err != nil {
				return fmt.Errorf("copy into %s: %w", into, err)
			}
		}
	}
	if _, err := stmt.ExecContext(ctx); err != nil { // without values it ends the copy
		return fmt.Errorf("copy into %s: %w", into, err)
	}
	return nil
}

// Table is a table of values for a statement that changes many rows at once:
// the text of VALUES with its parameters appended to args. PostgreSQL has to be
// told the types of a table that stands alone; SQLite takes values as they are.
func (tx *Tx) Table(args *[]any, types []string, rows [][]any) string {
	if tx.dialect == dialect.SQLite {
		types = nil
	}
	return Values(args, types, rows)
}

// Values writes VALUES ($1, $2), ($3, $4) … for the rows and appends them to
// args; types, if any, are cast to in the first row.
func Values(args *[]any, types []string, rows [][]any) string {
	var b strings.Builder
	b.Grow(len(rows) * 8)
	b.WriteString("VALUES ")
	n := len(*args)
	for i, row := range rows {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('(')
		for j, v := range row {
			if j > 0 {
				b.WriteByte(',')
			}
			n++
			b.WriteByte('$')
			b.WriteString(strconv.Itoa(n))
			if i == 0 && types != nil {
				b.WriteString("::" + types[j])
			}
			*args = append(*args, v)
		}
		b.WriteByte(')')
	}
	return b.String()
}
