package database

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"github.com/google/uuid"
)

// HasPrefix matches rows in which any of the columns, which hold folded text,
// begins with prefix; every character of the prefix stands for itself. It is
// written so that the columns' indexes can serve it on both databases.
func HasPrefix(s *entsql.Selector, prefix string, columns ...string) *entsql.Predicate {
	any := make([]*entsql.Predicate, len(columns))
	for i, c := range columns {
		any[i] = entsql.P(func(b *entsql.Builder) { writePrefix(b, s.C(c), prefix) })
	}
	return entsql.Or(any...)
}

// writePrefix writes that the column begins with the prefix.
func writePrefix(b *entsql.Builder, column, prefix string) {
	if b.Dialect() == dialect.Postgres {
		b.Ident(column).WriteString(" LIKE ").Arg(likeEscape.Replace(prefix) + "%")
		return
	}
	b.Ident(column).WriteString(" >= ").Arg(prefix).WriteString(" AND ").Ident(column).WriteString(" < ").Arg(prefix + lastRune)
}

// lastRune sorts behind every character that text has.
const lastRune = "\U0010FFFF"

var likeEscape = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

// FewRows is up to how many matches it pays to collect them by their own indexes
// first. Beyond, a list in its own order meets enough of them soon.
const FewRows = 2_000

// Search is [HasPrefix] for a page of a large table, whatever else narrows and
// orders it. How many rows match decides how they are found, and only the
// columns' indexes know that: they are asked first, for a bounded number of ids.
func (db *DB) Search(ctx context.Context, table, prefix string, columns ...string) (func(*entsql.Selector), error) {
	b := &entsql.Builder{}
	b.SetDialect(db.dialect)
	b.WriteString("SELECT id FROM (")
	for i, c := range columns {
		if i > 0 {
			b.WriteString(" UNION ALL ")
		}
		b.WriteString("SELECT id FROM ").Ident(table).WriteString(" WHERE ")
		writePrefix(b, c, prefix)
	}
	b.WriteString(fmt.Sprintf(") AS matches LIMIT %d", FewRows+1))
	query, args := b.Query()
	var ids []any
	if err := db.query(ctx, query, args, func(r *sql.Rows) error {
		var id uuid.UUID
		err := r.Scan(&id)
		ids = append(ids, id)
		return err
	}); err != nil {
		return nil, fmt.Errorf("look for matches: %w", err)
	}
	if len(ids) > FewRows {
		return func(s *entsql.Selector) { s.Where(HasPrefix(s, prefix, columns...)) }, nil
	}
	return func(s *entsql.Selector) { s.Where(entsql.In(s.C("id"), ids...)) }, nil
}
