package access

import (
	"context"

	"techbiz/internal/fault"
)

type refusalKey struct{}

// Refuse returns a context in which nobody acts, whatever a request brings with
// it, because of where it comes from. Why is shown to whoever sent it.
func Refuse(ctx context.Context, why *fault.Error) context.Context {
	return context.WithValue(ctx, refusalKey{}, why)
}

// Refused returns why nobody may act, and nil where somebody may.
func Refused(ctx context.Context) error {
	if why, ok := ctx.Value(refusalKey{}).(*fault.Error); ok {
		return why
	}
	return nil
}
