package graph

import (
	"context"
	"net/http"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"techbiz/internal/access"
	"techbiz/internal/fault"
)

type countedKey struct{}

// countRequest counts a request as something that is read, before anything is spent
// on it and whatever comes of it. In the context that it returns the operation that
// the request brings does not count again; of a websocket each one does.
func (o Options) countRequest(r *http.Request) (context.Context, error) {
	ctx := r.Context()
	if o.Take == nil {
		return ctx, nil
	}
	if err := o.Take(ctx, 1, 0); err != nil {
		return nil, err
	}
	if r.Header.Get("Upgrade") == "" {
		ctx = context.WithValue(ctx, countedKey{}, true)
	}
	return ctx, nil
}

// rateLimit counts operations: each as something that is read, unless its request was
// counted, and each change in it as a change.
type rateLimit struct {
	take func(ctx context.Context, reads, changes int) error
}

var _ interface {
	graphql.HandlerExtension
	graphql.OperationParameterMutator
	graphql.OperationContextMutator
} = rateLimit{}

// ExtensionName is gqlgen's name for it.
func (rateLimit) ExtensionName() string { return "RateLimit" }

// Validate is gqlgen's check of the schema.
func (rateLimit) Validate(graphql.ExecutableSchema) error { return nil }

// MutateOperationParameters counts the operation.
func (l rateLimit) MutateOperationParameters(ctx context.Context, _ *graphql.RawParams) *gqlerror.Error {
	if ctx.Value(countedKey{}) != nil {
		return nil
	}
	return refusal(l.take(ctx, 1, 0))
}

// MutateOperationContext counts the changes in it.
func (l rateLimit) MutateOperationContext(ctx context.Context, op *graphql.OperationContext) *gqlerror.Error {
	if op.Operation.Operation != ast.Mutation {
		return nil
	}
	return refusal(l.take(ctx, 0, len(graphql.CollectFields(op, op.Operation.SelectionSet, []string{"Mutation"}))))
}

// knownOnly refuses whoever is not signed in, before the query is parsed.
type knownOnly struct{}

var _ interface {
	graphql.HandlerExtension
	graphql.OperationParameterMutator
} = knownOnly{}

// ExtensionName is gqlgen's name for it.
func (knownOnly) ExtensionName() string { return "KnownOnly" }

// Validate is gqlgen's check of the schema.
func (knownOnly) Validate(graphql.ExecutableSchema) error { return nil }

// MutateOperationParameters asks who acts.
func (knownOnly) MutateOperationParameters(ctx context.Context, _ *graphql.RawParams) *gqlerror.Error {
	_, err := access.Require(ctx)
	return refusal(err)
}

// refusal is a fault about access, as gqlgen's hooks before an operation return it.
func refusal(err error) *gqlerror.Error {
	if err == nil {
		return nil
	}
	out := gqlerror.Wrap(err)
	if f := fault.Of(err); len(f) > 0 {
		out.Message = f[0].Message
		errcode.Set(out, string(f[0].Code))
	}
	return out
}
