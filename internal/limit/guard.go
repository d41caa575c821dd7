package limit

import (
	"context"
	"math"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"techbiz/internal/access"
	"techbiz/internal/fault"
	"techbiz/internal/origin"
)

// Guard limits what each caller asks of the pages and the API: each token for
// itself, each person over all sessions, and who is not signed in together with
// everybody of the same network address.
type Guard struct {
	*Limiter
	// Reads and Changes are for whoever is signed in, Strangers for all that others
	// ask.
	Reads, Changes, Strangers Rate
	// FreeLoopback lifts the limits on reading for this machine itself.
	FreeLoopback bool
}

type callerKey struct{}

// caller is who sent a request, and whether it was refused something.
type caller struct {
	name     string // "" for a stranger, whose network counts
	network  string
	loopback bool
	refused  atomic.Pointer[time.Time]
}

// Middleware notes who sent a request, for [Guard.Check], and answers 429 with
// Retry-After where Check refused. It comes after sign-in.
func (g *Guard) Middleware(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		from := origin.From(r.Context())
		c := &caller{network: Network(from), loopback: from.IsLoopback()}
		if a, ok := access.From(r.Context()); ok {
			c.name = "person " + a.OfficerID.String()
			if a.Client != "" { // which gets itself a new token whenever it likes
				c.name = "client " + a.Client
			} else if a.ByToken {
				_, secret, _ := strings.Cut(r.Header.Get("Authorization"), " ")
				c.name = "token " + strings.TrimSpace(secret) // stored as a keyed hash
			}
		}
		next.ServeHTTP(&answer{ResponseWriter: w, caller: c, limiter: g.Limiter}, r.WithContext(context.WithValue(r.Context(), callerKey{}, c)))
	})
}

// Check counts what a request asks for, and returns RATE_LIMITED with the time to
// try again where that is too much. Outside of a request nothing is counted.
func (g *Guard) Check(ctx context.Context, reads, changes int) error {
	c, ok := ctx.Value(callerKey{}).(*caller)
	if !ok {
		return nil
	}
	if c.loopback && g.FreeLoopback {
		reads = 0
	}
	for _, use := range []struct {
		kind string
		rate Rate
		n    int
	}{{"read ", g.Reads, reads}, {"change ", g.Changes, changes}} {
		key, rate := use.kind+c.name, use.rate
		if c.name == "" {
			key, rate = "stranger "+c.network, g.Strangers
		}
		retryAt, ok := g.AllowN(ctx, key, rate, use.n)
		if !ok {
			c.refused.Store(&retryAt)
			f := fault.New(fault.RateLimited, "More came from you at once than we take. Try again in %s.", seconds(g.wait(retryAt)))
			f.RetryAt = &retryAt
			return f
		}
	}
	return nil
}

// wait is how many whole seconds are left until then, at least one.
func (l *Limiter) wait(until time.Time) int {
	return max(1, int(math.Ceil(until.Sub(l.now()).Seconds())))
}

func seconds(n int) string {
	if n == 1 {
		return "a second"
	}
	return strconv.Itoa(n) + " seconds"
}

// answer makes the status of a refused request 429, whatever the handler answers.
type answer struct {
	http.ResponseWriter
	caller  *caller
	limiter *Limiter
	begun   bool
}

// WriteHeader sends the status.
func (w *answer) WriteHeader(status int) {
	if retryAt := w.caller.refused.Load(); retryAt != nil && !w.begun {
		w.Header().Set("Retry-After", strconv.Itoa(w.limiter.wait(*retryAt)))
		status = http.StatusTooManyRequests
	}
	w.begun = w.begun || status >= http.StatusOK
	w.ResponseWriter.WriteHeader(status)
}

// Write sends a part of the answer.
func (w *answer) Write(b []byte) (int, error) {
	if !w.begun {
		w.WriteHeader(http.StatusOK)
	}
	return w.ResponseWriter.Write(b)
}

// Flush is here for handlers that ask for an http.Flusher.
func (w *answer) Flush() { _ = http.NewResponseController(w.ResponseWriter).Flush() }

// Unwrap lets http.ResponseController reach the connection.
func (w *answer) Unwrap() http.ResponseWriter { return w.ResponseWriter }
