package database

import (
	"context"

	entsql "entgo.io/ent/dialect/sql"
)

// traced is ent's driver over the pool that reads; it tells of each statement.
type traced struct {
	*entsql.Driver
	tell func(query string, args []any)
}

// Query tells of the statement and runs it.
func (d traced) Query(ctx context.Context, query string, args, v any) error {
	list, _ := args.([]any) // what ent always gives
	d.tell(query, list)
	return d.Driver.Query(ctx, query, args, v)
}
