package server

import "net/http"

// recorder notes what is answered. before, if set, runs once, when the header is
// about to be sent, and may change the status.
type recorder struct {
	http.ResponseWriter
	status int // 0 until the header is sent
	bytes  int64
	before func(status int) int
}

func (w *recorder) WriteHeader(status int) {
	if w.status == 0 && status >= http.StatusOK {
		if w.before != nil {
			status = w.before(status)
		}
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *recorder) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	n, err := w.ResponseWriter.Write(b)
	w.bytes += int64(n)
	return n, err
}

// Flush is here for handlers that ask for an http.Flusher.
func (w *recorder) Flush() { _ = http.NewResponseController(w.ResponseWriter).Flush() }

// Unwrap lets http.ResponseController reach the connection.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }
