package ui

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

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
	variables, err := toMap(req.Variables)
	if err != nil {
		return fmt.Errorf("variables of %s: %w", req.OpName, err)
	}
	if f, ok := ctx.Value(uploadKey{}).(gqlgen.Upload); ok {
		variables["file"] = f
	}
	ctx = gqlgen.StartOperationTrace(ctx)
	answer := c.run(ctx, &gqlgen.RawParams{
		Query:         req.Query,
		OperationName: req.OpName,
		Variables:     variables,
		ReadTime:      gqlgen.TraceTiming{Start: gqlgen.Now(), End: gqlgen.Now()},
	})
	if len(answer.Errors) > 0 {
		return toFault(req.OpName, answer.Errors)
	}
	if err := json.Unmarshal(answer.Data, resp.Data); err != nil {
		return fmt.Errorf("answer of %s: %w", req.OpName, err)
	}
	return nil
}

func (c inProcess) run(ctx context.Context, params *gqlgen.RawParams) *gqlgen.Response {
	op, errs := c.exec.CreateOperationContext(ctx, params)
	if errs != nil {
		return c.exec.DispatchError(gqlgen.WithOperationContext(ctx, op), errs)
	}
	next, ctx := c.exec.DispatchOperation(ctx, op)
	return next(ctx)
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
