package graph_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/google/uuid"

	"techbiz/graph"
	"techbiz/internal/access"
)

// What takes too long ends, and says so.
func TestTimeout(t *testing.T) {
	t.Parallel()
	for name, timeout := range map[string]time.Duration{"before it begins": time.Nanosecond, "in the middle": 20 * time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			each(t, func(t *testing.T, a *api) {
				r := &graph.Resolver{DB: a.db}
				exec := executor.New(graph.Schema(r))
				var log bytes.Buffer
				graph.Configure(exec, r, graph.Options{Log: slog.New(slog.NewTextHandler(&log, nil)), Timeout: timeout})
				exec.AroundFields(func(ctx context.Context, next graphql.Resolver) (any, error) {
					<-ctx.Done()
					return next(ctx)
				})
				ctx := access.With(t.Context(), access.Actor{OfficerID: uuid.New(), Email: "tan@tech.gov.sg", Role: access.Officer})
				ctx = graphql.StartOperationTrace(ctx)
				op, errs := exec.CreateOperationContext(ctx, &graphql.RawParams{Query: "{ batches { nodes { id } } }"})
				if errs != nil {
					t.Fatal(errs)
				}
				answers, ctx := exec.DispatchOperation(ctx, op)
				got := answers(ctx)
				if got == nil || len(got.Errors) == 0 || fmt.Sprint(got.Errors[0].Extensions["code"]) != "QUERY_TOO_COMPLEX" || !strings.Contains(got.Errors[0].Message, "took longer") {
					t.Fatalf("got %+v", got)
				}
				if log.Len() != 0 {
					t.Errorf("logged as our fault: %s", log.String())
				}
				if again := answers(ctx); again != nil {
					t.Errorf("answered twice: %+v", again)
				}
			})
		})
	}
}
