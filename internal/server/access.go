package server

import (
	"log/slog"
	"net/http"
	"strings"

	"github.com/google/uuid"

	"techbiz/internal/requestid"
)

// identify gives the request its id.
func identify(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := requestid.Choose(r.Header.Get(requestid.Header))
		w.Header().Set(requestid.Header, id)
		next.ServeHTTP(w, r.WithContext(requestid.With(r.Context(), id)))
	})
}

// logAccess writes one line a request; the health probes only at debug level.
func logAccess(next http.Handler, o Options) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := o.Clock()
		rec := &recorder{ResponseWriter: w}
		defer func() {
			level := slog.LevelInfo
			if isProbe(r.URL.Path) {
				level = slog.LevelDebug
			}
			status := rec.status
			if status == 0 {
				status = http.StatusOK // net/http sends it for a handler that wrote nothing
			}
			o.Log.LogAttrs(r.Context(), level, "request",
				slog.String("method", r.Method),
				slog.String("path", loggablePath(r.URL.Path)),
				slog.Int("status", status),
				slog.Duration("duration", o.Clock().Sub(start)),
				slog.Int64("bytes", rec.bytes),
			)
		}()
		next.ServeHTTP(rec, r)
	})
}

const (
	maxLoggedPath  = 200
	opaqueFrom     = 20 // shorter segments are names of pages, not secrets
	codeDigits     = 6
	maskedSegment  = "***"
	opaqueAlphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=~"
)

// loggablePath masks the segments that look like the secret of a link or like a
// number that somebody has, and all that no address of ours holds, such as an @: in an
// address that was made up may stand anything. Ids (UUIDs) stay.
func loggablePath(path string) string {
	segments := strings.Split(path, "/")
	for i, s := range segments {
		if strings.Trim(s, opaqueAlphabet+".") != "" || looksSecret(s) || looksNumber(s) {
			segments[i] = maskedSegment
		}
	}
	path = strings.Join(segments, "/")
	if len(path) > maxLoggedPath {
		path = path[:maxLoggedPath] + "..."
	}
	return path
}

// looksNumber says of a segment without letters that it has as many digits as a
// one-time code.
func looksNumber(segment string) bool {
	digits := 0
	for _, c := range segment {
		if '0' <= c && c <= '9' {
			digits++
		}
	}
	return digits >= codeDigits && uuid.Validate(segment) != nil && strings.Trim(segment, "0123456789-._~=") == ""
}

func looksSecret(segment string) bool {
	if len(segment) < opaqueFrom || strings.Trim(segment, opaqueAlphabet) != "" {
		return false
	}
	return uuid.Validate(segment) != nil
}
