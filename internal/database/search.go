package database

import (
	"strings"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
)

// HasPrefix matches rows in which any of the columns, which hold folded text,
// begins with prefix. It is written so that the columns' indexes serve it on both
// databases; every character of the prefix stands for itself.
func HasPrefix(s *entsql.Selector, prefix string, columns ...string) *entsql.Predicate {
	any := make([]*entsql.Predicate, len(columns))
	for i, c := range columns {
		c = s.C(c)
		if s.Dialect() == dialect.Postgres {
			any[i] = entsql.P(func(b *entsql.Builder) {
				b.Ident(c).WriteString(" LIKE ").Arg(likeEscape.Replace(prefix) + "%")
			})
		} else {
			any[i] = entsql.And(entsql.GTE(c, prefix), entsql.LT(c, prefix+lastRune))
		}
	}
	return entsql.Or(any...)
}

// lastRune sorts behind every character that text has.
const lastRune = "\U0010FFFF"

var likeEscape = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)
