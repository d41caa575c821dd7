package server

import (
	"context"
	"net/http"
	"time"
)

const (
	alivePath    = "/healthz"
	readyPath    = "/readyz"
	readyTimeout = 2 * time.Second
)

func isProbe(path string) bool { return path == alivePath || path == readyPath }

// health answers the two probes: alive while the process answers at all, ready
// while the given check passes in time. Why it did not pass is only logged.
func health(next http.Handler, o Options) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !isProbe(r.URL.Path) || (r.Method != http.MethodGet && r.Method != http.MethodHead) {
			next.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		if r.URL.Path == alivePath {
			_, _ = w.Write([]byte("ok"))
			return
		}
		ctx, cancel := context.WithTimeout(r.Context(), readyTimeout)
		defer cancel()
		if err := o.Ready(ctx); err != nil {
			o.Log.WarnContext(r.Context(), "not ready", "error", err)
			http.Error(w, "not ready", http.StatusServiceUnavailable)
			return
		}
		_, _ = w.Write([]byte("ready"))
	})
}
