package graph

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"techbiz/internal/fault"
	"techbiz/internal/requestid"
)

// topLevel are the codes that concern access or the request, not an input.
var topLevel = map[fault.Code]bool{
	fault.Unauthenticated: true, fault.Forbidden: true, fault.RateLimited: true,
	fault.BadRequest: true, fault.QueryTooComplex: true, fault.Internal: true,
	fault.Unavailable: true, fault.Throttled: true,
}

// split says where an error belongs: input faults stand in the payload, all
// others at the top level.
func split(err error) ([]*fault.Error, error) {
	faults := fault.Of(err)
	if len(faults) == 0 {
		return nil, err
	}
	for _, f := range faults {
		if topLevel[f.Code] {
			return nil, err
		}
	}
	return faults, nil
}

// orNull turns what is not there into null, for queries.
func orNull[T any](v *T, err error) (*T, error) {
	if fault.CodeOf(err) == fault.NotFound {
		return nil, nil
	}
	return v, err
}

// ours maps gqlgen's own codes to those of the contract.
var ours = map[string]fault.Code{
	"COMPLEXITY_LIMIT_EXCEEDED": fault.QueryTooComplex,
	"GRAPHQL_PARSE_FAILED":      fault.BadRequest,
	"GRAPHQL_VALIDATION_FAILED": fault.BadRequest,
	// Programs that send hashes look for this one, to send the query then.
	"PERSISTED_QUERY_NOT_FOUND": "PERSISTED_QUERY_NOT_FOUND",
}

// unreadableBody is how gqlgen's error of a body that it cannot read begins.
const unreadableBody = "json request body could not be decoded"

// present makes the top-level error that a caller sees. Faults and gqlgen's own
// errors about the request keep their sentence; everything else is INTERNAL with
// the request's id, and its cause goes to the log.
func present(log *slog.Logger) graphql.ErrorPresenterFunc {
	return func(ctx context.Context, err error) *gqlerror.Error {
		if late, ok := errors.AsType[*fault.Error](context.Cause(ctx)); ok && len(fault.Of(err)) == 0 {
			err = gqlerror.WrapPath(graphql.GetPath(ctx), late) // see timed
		}
		out := graphql.DefaultErrorPresenter(ctx, err)
		code, known := out.Extensions["code"].(string)
		switch {
		case known && (ours[code] != "" || topLevel[fault.Code(code)]):
			if c := ours[code]; c != "" {
				code = string(c)
			}
			out.Extensions = withRetry(map[string]any{"code": code}, err)
			return out
		case len(fault.Of(err)) > 0:
			f := fault.Of(err)[0]
			if topLevel[f.Code] && f.Code != fault.Internal {
				out.Message = f.Message
				out.Extensions = withRetry(map[string]any{"code": visible(f.Code)}, err)
				return out
			}
		case isRequestError(err):
			if strings.HasPrefix(out.Message, unreadableBody) {
				out.Message = unreadable // gqlgen's repeats it
			}
			out.Extensions = map[string]any{"code": fault.BadRequest}
			return out
		default:
			if message, is := inputError(err); is {
				out.Message, out.Extensions = message, map[string]any{"code": fault.BadRequest}
				return out
			}
		}
		id := requestid.From(ctx)
		if ctx.Err() == nil {
			log.ErrorContext(ctx, "graphql", "path", out.Path.String(), "error", err)
		}
		out.Message = "Something went wrong on our side. Try again; if it stays, report the request id."
		out.Extensions = map[string]any{"code": fault.Internal, "requestId": id}
		return out
	}
}

// withRetry adds when to try again, where the error says so.
func withRetry(extensions map[string]any, err error) map[string]any {
	if f := fault.Of(err); len(f) > 0 && f[0].RetryAt != nil {
		extensions["retryAt"] = f[0].RetryAt.UTC().Format(time.RFC3339Nano)
	}
	return extensions
}

// visible hides the codes of outside systems behind INTERNAL.
func visible(c fault.Code) fault.Code {
	if c == fault.Unavailable || c == fault.Throttled {
		return fault.Internal
	}
	return c
}

// isRequestError says whether gqlgen made the error itself, about the request:
// such an error wraps no cause of ours.
func isRequestError(err error) bool {
	var g *gqlerror.Error
	return errors.As(err, &g) && g.Err == nil
}
