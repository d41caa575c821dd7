package graph

import (
	"context"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"techbiz/internal/fault"
	"techbiz/internal/signin"
)

// operationTimeout is less than the server gives a request, so that the caller is
// told.
const operationTimeout = 45 * time.Second

// timed runs an operation, which ends in time. A subscription does not end, unless
// whoever subscribed may not follow it any more.
func timed(ctx context.Context, o Options, next graphql.OperationHandler) graphql.ResponseHandler {
	if graphql.GetOperationContext(ctx).Operation.Operation == ast.Subscription {
		return lasting(next(ctx), o)
	}
	timeout := o.Timeout
	if timeout == 0 {
		timeout = operationTimeout
	}
	why := fault.New(fault.QueryTooComplex, "This took longer than %s and was stopped. Ask for less at once.", timeout)
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, why)
	answers, answered := next(ctx), false
	return func(ctx context.Context) *graphql.Response {
		defer cancel()
		answer := answers(ctx)
		if answer == nil && !answered && context.Cause(ctx) == error(why) { // it was too late to begin
			answer = &graphql.Response{Errors: graphqlErrors(ctx, why, o.Log)}
		}
		answered = true
		return answer
	}
}

// lasting says in a last answer why a subscription was ended with its session or
// token. Over a websocket the connection ends as well, and may be quicker.
func lasting(answers graphql.ResponseHandler, o Options) graphql.ResponseHandler {
	told := false
	return func(ctx context.Context) *graphql.Response {
		answer := answers(ctx)
		if why := signin.Ended(ctx); answer == nil && why != nil && !told {
			told = true
			answer = &graphql.Response{Errors: graphqlErrors(ctx, why, o.Log)}
		}
		return answer
	}
}
