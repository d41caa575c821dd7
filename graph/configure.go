package graph

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/99designs/gqlgen/graphql/handler/extension"
	"github.com/99designs/gqlgen/graphql/handler/lru"
	"github.com/vektah/gqlparser/v2/ast"

	"techbiz/graph/generated"
	"techbiz/graph/model"
	"techbiz/internal/access"
	"techbiz/internal/fault"
)

// complexityLimit lets 200 invitations with every scalar, inviter and batch
// through, twice over (as nodes and as edges), and not the rows of their batches.
const complexityLimit = 40_000

// Options configure the API.
type Options struct {
	// Introspection lets callers read the schema and be given suggestions.
	Introspection bool
	Log           *slog.Logger
}

// configurable is what gqlgen's executor and its HTTP server have in common.
type configurable interface {
	Use(graphql.HandlerExtension)
	AroundOperations(graphql.OperationMiddleware)
	AroundRootFields(graphql.RootFieldMiddleware)
	AroundResponses(graphql.ResponseMiddleware)
	SetErrorPresenter(graphql.ErrorPresenterFunc)
	SetRecoverFunc(graphql.RecoverFunc)
	SetDisableSuggestion(bool)
	SetQueryCache(graphql.Cache[*ast.QueryDocument])
}

var (
	_ configurable = (*executor.Executor)(nil)
)

// Schema returns the executable schema over the services.
func Schema(r *Resolver) graphql.ExecutableSchema {
	c := generated.Config{Resolvers: r}
	costs(&c.Complexity)
	return generated.NewExecutableSchema(c)
}

// Configure sets up an executor or an HTTP server with everything that holds for
// every operation: who acts, the limits, the loaders, and what errors look like.
func Configure(to configurable, r *Resolver, o Options) {
	to.SetQueryCache(lru.New[*ast.QueryDocument](500))
	to.SetErrorPresenter(present(o.Log))
	to.SetRecoverFunc(func(ctx context.Context, p any) error {
		o.Log.ErrorContext(ctx, "graphql panic", "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
		return fault.New(fault.Internal, "panic")
	})
	to.SetDisableSuggestion(!o.Introspection)
	if o.Introspection {
		to.Use(extension.Introspection{})
	}
	to.Use(sizeLimit{})
	to.Use(extension.FixedComplexityLimit(complexityLimit))
	to.AroundOperations(func(ctx context.Context, next graphql.OperationHandler) graphql.ResponseHandler {
		err := authorise(ctx)
		if err == nil {
			err = discloses(ctx)
		}
		if err == nil {
			err = r.oneStream(ctx)
		}
		if err != nil {
			return graphql.OneShot(&graphql.Response{Errors: graphqlErrors(ctx, err, o.Log)})
		}
		return next(ctx)
	})
	// A subscription has many answers, and each reads anew.
	to.AroundResponses(func(ctx context.Context, next graphql.ResponseHandler) *graphql.Response {
		return next(r.withLoaders(ctx))
	})
	// The changes of an operation run one after the other, and each answers with
	// what it left behind.
	to.AroundRootFields(func(ctx context.Context, next graphql.RootResolver) graphql.Marshaler {
		if op := graphql.GetOperationContext(ctx).Operation; op.Operation == ast.Mutation {
			ctx = r.withLoaders(ctx)
		}
		return next(ctx)
	})
}

// issueKindsCost is the price of going through the issues of a list.
const issueKindsCost = 500

// authorise lets officers in, and only those who may write change anything.
func authorise(ctx context.Context) error {
	if op := graphql.GetOperationContext(ctx).Operation; op != nil && op.Operation == ast.Mutation {
		_, err := access.RequireWrite(ctx)
		return err
	}
	_, err := access.Require(ctx)
	return err
}

// discloses refuses to tell the schema where introspection is off; gqlgen itself
// would answer with an error that looks like one of ours.
func discloses(ctx context.Context) error {
	op := graphql.GetOperationContext(ctx)
	if !op.DisableIntrospection || op.Operation == nil {
		return nil
	}
	for _, f := range graphql.CollectFields(op, op.Operation.SelectionSet, []string{"Query"}) {
		if f.Name == "__schema" || f.Name == "__type" {
			return fault.New(fault.BadRequest, "The schema is not told here. It stands in the product's documentation.")
		}
	}
	return nil
}

// oneStream refuses a subscription to several things, where gqlgen would answer with an
// error that looks like one of ours, and one too many.
func (r *Resolver) oneStream(ctx context.Context) error {
	op := graphql.GetOperationContext(ctx)
	if op.Operation == nil || op.Operation.Operation != ast.Subscription {
		return nil
	}
	if len(graphql.CollectFields(op, op.Operation.SelectionSet, []string{"Subscription"})) != 1 {
		return fault.New(fault.BadRequest, "Subscribe to one thing at a time.")
	}
	return r.streams.take(ctx)
}

// costs gives lists the price of what they may hold.
func costs(c *generated.ComplexityRoot) {
	page := func(child int, first, last *int, size int) int {
		n := size
		for _, asked := range []*int{first, last} {
			if asked != nil {
				n = min(max(*asked, 1), maxPage)
			}
		}
		return 1 + n*child
	}
	c.Query.Invitations = func(child int, first *int, _ *string, last *int, _ *string, _ *model.InvitationFilter, _ *model.InvitationOrder) int {
		return page(child, first, last, invitationsPage)
	}
	c.Query.Batches = func(child int, first *int, _ *string, last *int, _ *string) int {
		return page(child, first, last, batchesPage)
	}
	c.Batch.Rows = func(child int, first *int, _ *string, last *int, _ *string, _, _, _, _ *bool, _ *string) int {
		return page(child, first, last, rowsPage)
	}
	c.Batch.IssueKinds = func(child int) int { return issueKindsCost + child }
	c.Query.ValidateAccounts = func(child int, accounts []*model.AccountInput, _ *bool) int {
		return 1 + child*(1+len(accounts)/10)
	}
}
