package server

import (
	"context"
	"mime"
	"net/http"
	"sync"
	"time"
)

// streams are the answers of type text/event-stream that are open: they have no
// deadline, and would hold up a shutdown for ever if nobody ended them.
type streams struct {
	mu    sync.Mutex
	open  map[*http.Request]context.CancelFunc
	ended bool
}

func newStreams() *streams {
	return &streams{open: map[*http.Request]context.CancelFunc{}}
}

// track finds out from its header whether an answer is a stream.
func (s *streams) track(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithCancel(r.Context())
		defer cancel()
		r = r.WithContext(ctx)
		defer s.remove(r)
		next.ServeHTTP(&recorder{ResponseWriter: w, before: func(status int) int {
			if isStream(w.Header()) {
				unbound(w)
				s.add(r, cancel)
			}
			return status
		}}, r)
	})
}

// unbound lifts the deadlines of the connection; where there is none, as in a
// test's recorder, there is nothing to lift.
func unbound(w http.ResponseWriter) {
	c := http.NewResponseController(w)
	_ = c.SetReadDeadline(time.Time{})
	_ = c.SetWriteDeadline(time.Time{})
}

func isStream(h http.Header) bool {
	mediaType, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	return err == nil && mediaType == "text/event-stream"
}

func (s *streams) add(r *http.Request, cancel context.CancelFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		cancel()
		return
	}
	s.open[r] = cancel
}

func (s *streams) remove(r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, r)
}

// end cancels the open streams and those that begin later.
func (s *streams) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
	for _, cancel := range s.open {
		cancel()
	}
}
