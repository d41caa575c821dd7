package ui

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"net/http"
	"strings"
	"time"

	"github.com/a-h/templ"

	"techbiz/internal/fault"
)

const (
	// streamPace is the least time between two messages: what changes more often
	// is shown as it stands then.
	streamPace = time.Second
	// streamBeat is how often a silent stream says that it is still there.
	streamBeat = 15 * time.Second
	// streamLife is how long one connection lives. The browser connects again, and
	// whose session has ended meanwhile gets nothing more.
	streamLife = time.Minute
	// streamRetry is how long the browser waits before it connects again.
	streamRetry = 2 * time.Second
)

// Streams says of a request for a page that a stream answers it, if anything does.
func Streams(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/events") }

// stream answers with server-sent events: HTML that htmx swaps into the target of
// the element that connects (hx-sse:connect), or into those of its hx-partial.
//
// The first message is show(ctx, nil), the whole state, so that a browser that
// connects again has missed nothing. After that show is called with the newest of
// what source yielded, at most once a second; a nil component sends nothing. An
// event "alive" goes first and every 15 seconds, by which the page knows that the
// stream gets through and need not poll; an event "done" is the last one where
// source ends by itself, and none of it comes back. An error of either ends the
// connection, and the browser comes again.
//
// The handler decides first whether there is anything to stream and answers 204
// otherwise. The address ends in /events, which makes it [Background], and one that
// [Streams]: a stream at another one would outlive its session, and is refused.
func stream[T any](p *portal, w http.ResponseWriter, r *http.Request, source iter.Seq2[*T, error], show func(context.Context, *T) (templ.Component, error)) error {
	if !Streams(r) {
		return fmt.Errorf("ui: a stream at an address that does not end in /events: %s", r.Pattern)
	}
	ctx, cancel := context.WithTimeout(r.Context(), streamLife)
	defer cancel()
	s := &eventWriter{ctx: ctx, w: w, out: http.NewResponseController(w)}
	s.begin()
	s.show(show(ctx, nil))
	newest := follow(ctx, source)
	beat := time.NewTicker(streamBeat)
	defer beat.Stop()
	for s.err == nil {
		select {
		case <-ctx.Done():
			return nil
		case <-beat.C:
			s.send("alive", "")
		case n, more := <-newest:
			switch {
			case !more:
				s.send("done", "")
				return nil
			case n.err != nil:
				s.err = n.err
			default:
				s.show(show(ctx, n.value))
				rest(ctx, streamPace)
			}
		}
	}
	if r.Context().Err() == nil && fault.CodeOf(s.err) != fault.Unauthenticated {
		p.Log.WarnContext(r.Context(), "stream ended", "route", r.Pattern, "error", s.err)
	}
	return nil // the answer has begun: no page can follow
}

// item is what a source yielded.
type item[T any] struct {
	value *T
	err   error
}

// follow ranges over a source and hands out the newest item that nobody took; the
// channel is closed when the source ends by itself.
func follow[T any](ctx context.Context, source iter.Seq2[*T, error]) <-chan item[T] {
	newest := make(chan item[T], 1)
	go func() {
		for value, err := range source {
			select {
			case <-newest: // overtaken
			default:
			}
			newest <- item[T]{value, err} // the only sender, and the place is free
		}
		if ctx.Err() == nil {
			close(newest)
		}
	}()
	return newest
}

func rest(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// eventWriter writes events until the first error.
type eventWriter struct {
	ctx context.Context
	w   http.ResponseWriter
	out *http.ResponseController
	err error
}

func (s *eventWriter) begin() {
	h := s.w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no") // for a proxy that would hold it back
	s.send("alive", "")
}

func (s *eventWriter) show(c templ.Component, err error) {
	if s.err == nil {
		s.err = err
	}
	if s.err != nil || c == nil {
		return
	}
	var b bytes.Buffer
	if s.err = c.Render(s.ctx, &b); s.err == nil {
		s.send("", b.String())
	}
}

// send writes one event; without a name its data is HTML to swap.
func (s *eventWriter) send(name, data string) {
	if s.err != nil {
		return
	}
	var b bytes.Buffer
	if name != "" {
		fmt.Fprintf(&b, "event: %s\nretry: %d\n", name, streamRetry.Milliseconds())
	}
	for line := range bytes.Lines([]byte(data)) {
		fmt.Fprintf(&b, "data: %s\n", bytes.TrimRight(line, "\r\n"))
	}
	b.WriteByte('\n')
	if _, s.err = s.w.Write(b.Bytes()); s.err == nil {
		s.err = s.out.Flush()
	}
}
