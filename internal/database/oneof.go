package database

import (
	"encoding/json"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"github.com/google/uuid"
	"github.com/lib/pq"
)

// OneOf is true where a column of text has one of the values. However many there
// are, they are one parameter: the statement stays short and the same, so that it
// is planned once, and thousands of values cost little more than the look for them.
// Values are UTF-8.
func OneOf(column string, values []string) func(*entsql.Selector) {
	return oneOf(column, values, "")
}

// OneOfIDs is [OneOf] for a column of identifiers.
func OneOfIDs(column string, ids []uuid.UUID) func(*entsql.Selector) {
	values := make([]string, len(ids))
	for i, id := range ids {
		values[i] = id.String()
	}
	return oneOf(column, values, "::uuid[]")
}

func oneOf(column string, values []string, postgresType string) func(*entsql.Selector) {
	values = append([]string{}, values...) // never null
	return func(s *entsql.Selector) {
		name := s.C(column)
		s.Where(entsql.P(func(b *entsql.Builder) {
			b.Ident(name)
			if b.Dialect() == dialect.Postgres {
				b.WriteString(" = ANY(").Arg(pq.Array(values)).WriteString(postgresType + ")")
				return
			}
			list, err := json.Marshal(values)
			if err != nil { // strings always have a form
				b.AddError(err)
			}
			b.WriteString(" IN (SELECT value FROM json_each(").Arg(string(list)).WriteString("))")
		}))
	}
}
