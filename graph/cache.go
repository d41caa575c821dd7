package graph

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler/extension"
	"github.com/99designs/gqlgen/graphql/handler/lru"
	"github.com/vektah/gqlparser/v2/ast"
)

// Queries are remembered so that a program need not send one again (persisted) and
// we need not parse it again. Longer ones are not: many of them would take a lot
// of memory, and nobody needs that.
const (
	parsedQueries    = 500
	persistedQueries = 500
	rememberedQuery  = 16 << 10 // bytes
)

// queryCache remembers what was parsed, by its text.
type queryCache struct {
	graphql.Cache[*ast.QueryDocument]
}

func newQueryCache() queryCache { return queryCache{lru.New[*ast.QueryDocument](parsedQueries)} }

// Add remembers a query that is short enough.
func (c queryCache) Add(ctx context.Context, query string, parsed *ast.QueryDocument) {
	if len(query) <= rememberedQuery {
		c.Cache.Add(ctx, query, parsed)
	}
}

// persistedCache remembers queries by their SHA-256, which is checked before.
type persistedCache struct{ graphql.Cache[string] }

// persisted lets programs send a query's SHA-256 in its place, after they sent the
// query itself once.
func persisted() extension.AutomaticPersistedQuery {
	return extension.AutomaticPersistedQuery{Cache: persistedCache{lru.New[string](persistedQueries)}}
}

// Add remembers a query that is short enough.
func (c persistedCache) Add(ctx context.Context, hash, query string) {
	if len(query) <= rememberedQuery {
		c.Cache.Add(ctx, hash, query)
	}
}
