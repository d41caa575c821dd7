package server

import (
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"

	"techbiz/internal/requestid"
)

// recoverPanics answers 500 where the handler panicked, and logs the stack. Once
// the answer has begun only the connection can be cut.
func recoverPanics(next http.Handler, log *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec := &recorder{ResponseWriter: w}
		defer func() {
			cause := recover()
			if cause == nil {
				return
			}
			if cause == http.ErrAbortHandler {
				panic(cause)
			}
			log.ErrorContext(r.Context(), "panic in a request", "panic", fmt.Sprint(cause), "stack", string(debug.Stack()))
			if rec.status != 0 {
				panic(http.ErrAbortHandler)
			}
			http.Error(rec, "Something went wrong on our side. Try again; if it stays, quote the request id "+
				requestid.From(r.Context())+".", http.StatusInternalServerError)
		}()
		next.ServeHTTP(rec, r)
	})
}
