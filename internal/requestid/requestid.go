// Package requestid names one request from its arrival to the last log line.
//
// The id travels in the context, stands on every line that is logged with that
// context through [LogHandler], goes back in the header X-Request-Id and may be
// shown to a person who asks for help. It is no secret and proves nothing.
package requestid

import (
	"context"
	"crypto/rand"
	"log/slog"
)

// Header is the header in which an id comes in and goes back.
const Header = "X-Request-Id"

// Bounds of an id that comes from outside.
const (
	minLength = 8
	maxLength = 64
)

type key struct{}

// With returns a context that carries id.
func With(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, key{}, id)
}

// From returns the id of the request, or "" outside of one.
func From(ctx context.Context) string {
	id, _ := ctx.Value(key{}).(string)
	return id
}

// Choose returns the id that came from outside if it is 8 to 64 letters,
// digits, dots, hyphens and underscores, and a new one otherwise.
func Choose(outside string) string {
	if wellFormed(outside) {
		return outside
	}
	return rand.Text()
}

func wellFormed(id string) bool {
	if len(id) < minLength || len(id) > maxLength {
		return false
	}
	for _, c := range []byte(id) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case c == '.', c == '-', c == '_':
		default:
			return false
		}
	}
	return true
}

// LogHandler adds the attribute request_id to every record that is logged with
// the context of a request.
func LogHandler(next slog.Handler) slog.Handler { return logHandler{next} }

type logHandler struct{ slog.Handler }

func (h logHandler) Handle(ctx context.Context, r slog.Record) error {
	if id := From(ctx); id != "" {
		r = r.Clone()
		r.AddAttrs(slog.String("request_id", id))
	}
	return h.Handler.Handle(ctx, r)
}

func (h logHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return logHandler{h.Handler.WithAttrs(attrs)}
}

func (h logHandler) WithGroup(name string) slog.Handler {
	return logHandler{h.Handler.WithGroup(name)}
}
