package ui

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"iter"

	gqlgen "github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/Khan/genqlient/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"techbiz/internal/fault"
)

// inProcess runs operations on the schema without HTTP. Who acts is whoever the
// context says; the limits and the error texts are those of the API.
type inProcess struct {
	exec *executor.Executor
}

type uploadKey struct{}

// withUpload returns a context whose operation gets f as its variable "file". A
// file goes beside the JSON of the other variables, which leave a null for it.
func withUpload(ctx context.Context, f gqlgen.Upload) context.Context {
	return context.WithValue(ctx, uploadKey{}, f)
}

// MakeRequest runs one operation. A top-level error comes back as a
// [fault.Error] with the code of its extensions, INTERNAL where it has none.
func (c inProcess) MakeRequest(ctx context.Context, req *graphql.Request, resp *graphql.Response) error {
	next, err := c.begin(ctx, req)
	if err != nil {
		return err
	}
	answer := next()
	if answer == nil { // whoever asked went away
		return fmt.Errorf("%s: %w", req.OpName, context.Cause(ctx))
	}
	return decode(req.OpName, answer, resp.Data)
}

// subscribe runs a subscription and yields its answers as they come, decoded into
// T, the answer's type that genqlient generated:
//
//	news := subscribe[operation.BatchProgressResponse](ctx, p.gql, &graphql.Request{
//		OpName: "BatchProgress", Query: operation.BatchProgress_Operation, Variables: map[string]any{"id": id},
//	})
//
// The subscription has begun when subscribe returns: what is read afterwards
// misses no change. It ends with ctx, without an error, when the schema ends it,
// or with the first error, the last thing to be yielded; the errors are those of
// MakeRequest. The sequence can be ranged over once, and ctx must be cancelled
// for a loop that was left early to let go of its source.
func subscribe[T any](ctx context.Context, c inProcess, req *graphql.Request) iter.Seq2[*T, error] {
	next, err := c.begin(ctx, req)
	return func(yield func(*T, error) bool) {
		if err != nil {
			yield(nil, err)
			return
		}
		for answer := next(); answer != nil && ctx.Err() == nil; answer = next() {
			data := new(T)
			if err := decode(req.OpName, answer, data); err != nil {
				yield(nil, err)
				return
			}
			if !yield(data, nil) {
				return
			}
		}
	}
}

// begin starts an operation. What it returns waits for the next answer and
// returns nil after the last one.
func (c inProcess) begin(ctx context.Context, req *graphql.Request) (next func() *gqlgen.Response, err error) {
	variables, err := toMap(req.Variables)
	if err != nil {
		return nil, fmt.Errorf("variables of %s: %w", req.OpName, err)
	}
	if f, ok := ctx.Value(uploadKey{}).(gqlgen.Upload); ok {
		variables["file"] = f
	}
	ctx = gqlgen.StartOperationTrace(ctx)
	op, errs := c.exec.CreateOperationContext(ctx, &gqlgen.RawParams{
		Query:         req.Query,
		OperationName: req.OpName,
		Variables:     variables,
		ReadTime:      gqlgen.TraceTiming{Start: gqlgen.Now(), End: gqlgen.Now()},
	})
	if errs != nil {
		answer := c.exec.DispatchError(gqlgen.WithOperationContext(ctx, op), errs)
		return func() *gqlgen.Response { return answer }, nil
	}
	answers, ctx := c.exec.DispatchOperation(ctx, op)
	return func() *gqlgen.Response { return answers(ctx) }, nil
}

func decode(operation string, answer *gqlgen.Response, data any) error {
	if len(answer.Errors) > 0 {
		return toFault(operation, answer.Errors)
	}
	if err := json.Unmarshal(answer.Data, data); err != nil {
		return fmt.Errorf("answer of %s: %w", operation, err)
	}
	return nil
}

// toMap gives the variables the form that they have after HTTP.
func toMap(variables any) (map[string]any, error) {
	m := map[string]any{}
	if variables == nil {
		return m, nil
	}
	b, err := json.Marshal(variables)
	if err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	return m, d.Decode(&m)
}

func toFault(operation string, errs gqlerror.List) error {
	first := errs[0]
	code, ok := first.Extensions["code"].(string)
	if !ok {
		return fmt.Errorf("%s: %w", operation, errs)
	}
	return fault.Wrap(errs, fault.Code(code), "%s", first.Message)
}
