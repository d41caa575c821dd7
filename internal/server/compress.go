package server

import (
	"fmt"
	"net/http"

	"github.com/klauspost/compress/gzhttp"
)

// compressed are the types worth it. Event streams are not among them: they must
// leave at once.
var compressed = []string{
	"text/html", "text/css", "text/plain", "text/csv", "text/javascript",
	"application/javascript", "application/json", "application/graphql-response+json", "image/svg+xml",
}

const (
	compressFrom = 1 << 10
	jitter       = 32
)

// compress sends text answers with gzip. Against BREACH, which reads secrets off
// compressed lengths: pages hold no request-forgery token, the session's cookie
// does not go with foreign sub-requests, and the length is blurred by a few
// bytes that depend on the content. zstd stays off, for its encoders hold
// megabytes each.
func compress(next http.Handler) (http.Handler, error) {
	wrap, err := gzhttp.NewWrapper(
		gzhttp.MinSize(compressFrom),
		gzhttp.ContentTypes(compressed),
		gzhttp.EnableZstd(false),
		gzhttp.RandomJitter(jitter, 0, false),
	)
	if err != nil {
		return nil, fmt.Errorf("compression: %w", err)
	}
	zipped := wrap(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// A connection that is to become a websocket has no answer to compress, and
		// the wrapper would stand between it and its handler.
		if r.Header.Get("Upgrade") != "" {
			next.ServeHTTP(w, r)
			return
		}
		zipped.ServeHTTP(w, r)
	}), nil
}
