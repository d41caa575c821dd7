package graph

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/99designs/gqlgen/graphql/handler/extension"
	"github.com/google/uuid"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"techbiz/ent/domainrequest"
	"techbiz/graph/generated"
	"techbiz/graph/model"
	"techbiz/internal/access"
	"techbiz/internal/fault"
	"techbiz/internal/signin"
)

// complexityLimit lets 200 invitations with every scalar, inviter and batch
// through, twice over (as nodes and as edges), and not the rows of their batches.
const complexityLimit = 40_000

// Options configure the API.
type Options struct {
	// Introspection lets callers read the schema and be given suggestions.
	Introspection bool
	// Take counts what an operation reads and changes, and returns RATE_LIMITED
	// where that is too much. Nil counts nothing: the pages count their requests
	// themselves.
	Take func(ctx context.Context, reads, changes int) error
	// Timeout is how long a query or a change may take; 0 means 45 seconds.
	Timeout time.Duration
	Log     *slog.Logger
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
	to.SetQueryCache(newQueryCache())
	show := present(o.Log)
	to.SetErrorPresenter(func(ctx context.Context, err error) *gqlerror.Error {
		r.refused(ctx, err)
		return show(ctx, err)
	})
	to.SetRecoverFunc(func(ctx context.Context, p any) error {
		o.Log.ErrorContext(ctx, "graphql panic", "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
		return fault.New(fault.Internal, "panic")
	})
	to.SetDisableSuggestion(!o.Introspection)
	if o.Introspection {
		to.Use(extension.Introspection{})
	}
	// The order counts: each stops what would cost more behind it.
	if o.Take != nil {
		to.Use(rateLimit{o.Take})
	}
	to.Use(knownOnly{})
	to.Use(persisted())
	to.Use(sizeLimit{})
	to.Use(extension.FixedComplexityLimit(complexityLimit))
	to.AroundOperations(func(ctx context.Context, next graphql.OperationHandler) graphql.ResponseHandler {
		begun, err := authorise(ctx)
		if err == nil {
			err = signin.Still(ctx)
		}
		if err == nil {
			err = discloses(ctx)
		}
		if err == nil {
			err = r.oneStream(ctx)
		}
		if err != nil {
			r.refused(ctx, err)
			return graphql.OneShot(&graphql.Response{Errors: graphqlErrors(ctx, err, o.Log)})
		}
		return timed(begun, o, next)
	})
	// A subscription has many answers, and each reads anew.
	to.AroundResponses(func(ctx context.Context, next graphql.ResponseHandler) *graphql.Response {
		return next(r.withLoaders(ctx))
	})
	// Each field of a query or a mutation is an act of its own, with loaders of its
	// own: changes run one after the other, and each answers with what it left behind.
	to.AroundRootFields(func(ctx context.Context, next graphql.RootResolver) graphql.Marshaler {
		ctx, err := begin(r.withLoaders(ctx), graphql.GetRootFieldContext(ctx).Field.Field)
		if err != nil {
			graphql.AddError(ctx, err)
			return graphql.Null
		}
		return next(ctx)
	})
}

// What a list of accounts costs, whatever is asked of it: each account is checked
// against all that is stored, and a file is read besides. One list of 10,000 fits
// into the limit with all that is told of it, and a second one in the same request
// does not. Of a file nobody knows yet how many accounts it has.
const (
	accountCost = 3
	uploadCost  = 15_000
)

// issueKindsCost is the price of going through the issues of a list.
const issueKindsCost = 500

// authorise lets an operation run when whoever acts may do all that it asks for;
// otherwise nothing of it is done. It returns the context of a subscription, whose
// one field is its act.
func authorise(ctx context.Context) (context.Context, error) {
	if _, err := access.Require(ctx); err != nil {
		return ctx, err
	}
	op := graphql.GetOperationContext(ctx)
	if op.Operation == nil {
		return ctx, nil
	}
	begun := ctx
	for _, f := range graphql.CollectFields(op, op.Operation.SelectionSet, []string{rootOf(op.Operation.Operation)}) {
		var err error
		if begun, err = begin(ctx, f.Field); err != nil {
			return ctx, err
		}
	}
	if op.Operation.Operation != ast.Subscription {
		return ctx, nil
	}
	return begun, nil
}

func rootOf(op ast.Operation) string {
	switch op {
	case ast.Mutation:
		return "Mutation"
	case ast.Subscription:
		return "Subscription"
	case ast.Query:
	}
	return "Query"
}

// begin begins the act that a root field is; what GraphQL itself answers, of the
// schema, is none.
func begin(ctx context.Context, f *ast.Field) (context.Context, error) {
	if strings.HasPrefix(f.Name, "__") {
		return ctx, nil
	}
	ctx, _, err := access.Begin(ctx, access.Act(f.ObjectDefinition.Name+"."+f.Name))
	return ctx, err
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
	c.Query.Batches = func(child int, first *int, _ *string, last *int, _ *string, _ *bool) int {
		return page(child, first, last, batchesPage)
	}
	c.Query.Activity = func(child int, first *int, _ *string, last *int, _ *string, _ *model.ActivityFilter) int {
		return page(child, first, last, activityPage)
	}
	c.Query.Officers = func(child int, first *int, _ *string, last *int, _, _ *string, _ *access.Role) int {
		return page(child, first, last, officersPage)
	}
	c.Query.Tokens = func(child int) int { return 1 + maxPage*child }
	c.Query.DomainRequests = func(child int, _ *domainrequest.State) int { return 1 + maxPage*child }
	c.Query.AllowedDomains = func(child int) int { return 1 + maxPage*child }
	c.Batch.Rows = func(child int, first *int, _ *string, last *int, _ *string, _, _, _, _ *bool, _ *string) int {
		return page(child, first, last, rowsPage)
	}
	c.Batch.IssueKinds = func(child int) int { return issueKindsCost + child }
	c.Query.ValidateAccounts = func(child int, accounts []*model.AccountInput, _ *bool) int {
		return 1 + child*(1+len(accounts)/10) + accountCost*len(accounts)
	}
	c.Mutation.CreateBatch = func(child int, accounts []*model.AccountInput, _ *string) int {
		return 1 + child + accountCost*len(accounts)
	}
	c.Mutation.UploadBatch = func(child int, _ graphql.Upload, _ *uuid.UUID) int { return 1 + child + uploadCost }
}
