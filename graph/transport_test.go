package graph

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// held is an answer that is written to as long as nobody lets go of it.
type held struct {
	*httptest.ResponseRecorder
	begun, release chan struct{}
}

func (h held) Write(b []byte) (int, error) {
	close(h.begun)
	<-h.release
	return h.ResponseRecorder.Write(b)
}

// A ping that comes as a stream ends is not written into the next answer over the
// same connection, and one that is being written is waited for.
func TestUntilEnd(t *testing.T) {
	t.Parallel()
	answer := held{httptest.NewRecorder(), make(chan struct{}), make(chan struct{})}
	until := &untilEnd{ResponseWriter: answer}
	ended := make(chan struct{})
	go func() { _, _ = until.Write([]byte("ping")) }()
	<-answer.begun
	go func() { until.end(); close(ended) }()
	select {
	case <-ended:
		t.Error("it ended in the middle of a ping")
	default:
	}
	close(answer.release)
	<-ended
	if got := answer.Body.String(); got != "ping" {
		t.Errorf("%q was written before the end", got)
	}
	if _, err := until.Write([]byte("late")); err == nil || answer.Body.String() != "ping" {
		t.Errorf("%q was written behind the end, %v", answer.Body.String(), err)
	}
	until.Flush()
	if answer.Flushed {
		t.Error("it was flushed behind the end")
	}
	var _ http.Flusher = until // which gqlgen asks for
}
