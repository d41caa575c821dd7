package database

import (
	"context"
	"fmt"
	"strings"

	"entgo.io/ent/dialect"
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
	quoted := make([]string, len(columns))
	for i, c := range columns {
		quoted[i] = fmt.Sprintf("%q", c)
	}
	head := fmt.Sprintf("INSERT INTO %s (%s) ", table, strings.Join(quoted, ", "))
	for step := maxParams / len(columns); len(rows) > 0; {
		n := min(step, len(rows))
		var args []any
		values := Values(&args, nil, rows[:n])
		if _, err := tx.Exec(ctx, head+values+end, args...); err != nil {
			return fmt.Errorf("insert into %s: %w", table, err)
		}
		rows = rows[n:]
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
			fmt.Fprintf(&b, "$%d", n)
			if i == 0 && types != nil {
				b.WriteString("::" + types[j])
			}
			*args = append(*args, v)
		}
		b.WriteByte(')')
	}
	return b.String()
}
