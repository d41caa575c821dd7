package graph

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"techbiz/internal/fault"
)

// What goes wrong in a resolver is ours; what goes wrong before it, with an argument,
// is the caller's.
func TestPresent(t *testing.T) {
	t.Parallel()
	broken := errors.New("the database is broken")
	cases := []struct {
		name   string
		err    func(ctx context.Context) error
		code   fault.Code
		logged bool
	}{
		{"a resolver fails", func(ctx context.Context) error { return graphql.AddFieldLocationToError(ctx, broken) }, fault.Internal, true},
		{"an argument is of another type", func(ctx context.Context) error { return graphql.ErrorOnPath(ctx, broken) }, fault.BadRequest, false},
		{"a resolver refuses", func(ctx context.Context) error {
			return graphql.AddFieldLocationToError(ctx, fault.New(fault.Forbidden, "No."))
		}, fault.Forbidden, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var log strings.Builder
			ctx := graphql.WithFieldContext(t.Context(), &graphql.FieldContext{Field: graphql.CollectedField{
				Field: &ast.Field{Alias: "viewer", Position: &ast.Position{Line: 1, Column: 3}},
			}})
			got := present(slog.New(slog.NewTextHandler(&log, nil)))(ctx, graphql.ErrorOnPath(ctx, c.err(ctx)))
			if got.Extensions["code"] != c.code || strings.Contains(got.Message, "broken") {
				t.Errorf("answered %q with %v", got.Message, got.Extensions)
			}
			if logged := strings.Contains(log.String(), broken.Error()); logged != c.logged {
				t.Errorf("logged %q", log.String())
			}
		})
	}
}
