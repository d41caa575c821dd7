package graph

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"techbiz/internal/access"
	"techbiz/internal/fault"
)

// rateLimit counts operations: each as something that is read, before anything is
// spent on it, and each change in it as a change.
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
