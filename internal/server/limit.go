package server

import (
	"errors"
	"io"
	"mime"
	"net/http"
)

// Limits of a request's body in bytes; above them the answer is 413.
const (
	// MaxBody is for everything but uploads.
	MaxBody = 1 << 20
	// MaxUploadBody is for multipart bodies on the paths that take uploads.
	MaxUploadBody = 32 << 20
)

// limitBodies answers 413 for a body above its limit: at once where the length
// is declared, otherwise in place of whatever the handler answers after it read
// past the limit.
func limitBodies(next http.Handler, upload func(path string) bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		limit := int64(MaxBody)
		if isMultipart(r) && upload(r.URL.Path) {
			limit = MaxUploadBody
		}
		if r.ContentLength > limit {
			w.Header().Set("Connection", "close")
			http.Error(w, "The request is larger than this address takes.", http.StatusRequestEntityTooLarge)
			return
		}
		if r.Body == nil || r.Body == http.NoBody {
			next.ServeHTTP(w, r)
			return
		}
		body := &watchedBody{ReadCloser: http.MaxBytesReader(w, r.Body, limit)}
		r.Body = body
		next.ServeHTTP(&recorder{ResponseWriter: w, before: func(status int) int {
			if body.exceeded {
				return http.StatusRequestEntityTooLarge
			}
			return status
		}}, r)
	})
}

func isMultipart(r *http.Request) bool {
	mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return err == nil && mediaType == "multipart/form-data"
}

// watchedBody notes that the limit was met.
type watchedBody struct {
	io.ReadCloser
	exceeded bool
}

func (b *watchedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		b.exceeded = true
	}
	return n, err
}
