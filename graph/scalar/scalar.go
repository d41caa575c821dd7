// Package scalar is how GraphQL's scalars are read and written, and what the
// connections carry besides their page. gqlgen calls it; it decides nothing.
package scalar

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/uuid"

	"techbiz/internal/fault"
)

// MarshalID writes an identifier.
func MarshalID(id uuid.UUID) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) { _, _ = io.WriteString(w, strconv.Quote(id.String())) })
}

// UnmarshalID reads an identifier. Text that is no identifier of ours is that of
// nothing, and is answered as what is not there.
func UnmarshalID(v any) (uuid.UUID, error) {
	switch v := v.(type) {
	case string:
		if id, err := uuid.Parse(v); err == nil {
			return id, nil
		}
		return uuid.Nil, nil
	case fmt.Stringer: // a number as JSON has it
		return uuid.Nil, nil
	case int, int64, float64:
		return uuid.Nil, nil
	}
	return uuid.Nil, fault.New(fault.BadRequest, "An ID is a string.")
}

// MarshalTime writes a time in RFC 3339, in UTC.
func MarshalTime(t time.Time) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) {
		_, _ = io.WriteString(w, strconv.Quote(t.UTC().Format(time.RFC3339Nano)))
	})
}

// UnmarshalTime reads RFC 3339.
func UnmarshalTime(v any) (time.Time, error) {
	if s, ok := v.(string); ok {
		if t, err := time.Parse(time.RFC3339Nano, s); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fault.New(fault.BadRequest, "A Time is written like 2026-11-23T09:30:00Z.")
}

// MarshalDate writes a day in Singapore, which is kept as yyyy-mm-dd.
func MarshalDate(day string) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) { _, _ = io.WriteString(w, strconv.Quote(day)) })
}

// UnmarshalDate reads a day as it was written. What is none is told where the
// other faults of the input are, all at once.
func UnmarshalDate(v any) (string, error) {
	if s, ok := v.(string); ok {
		return s, nil
	}
	return "", fault.New(fault.BadRequest, "A Date is a string, written like 2026-11-23.")
}

// Total counts what a list has altogether, when somebody asks. exact is false
// where counting stopped at its limit.
type Total func(ctx context.Context) (n int, exact bool, err error)
