package graph

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"sync"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/99designs/gqlgen/graphql/handler/transport"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"techbiz/internal/fault"
)

// Events is gqlgen's transport over server-sent events, but for two things. Bodies
// that are no request gqlgen writes whole into the log of the process. And its pings
// go on beside the answer, also when that has ended and the connection may be another
// answer's.
type Events struct{ transport.SSE }

var _ graphql.Transport = Events{}

// Do answers a request whose body can be read as gqlgen does, and others itself.
func (e Events) Do(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	body, err := io.ReadAll(r.Body)
	if err == nil {
		var p graphql.RawParams
		err = json.NewDecoder(bytes.NewReader(body)).Decode(&p)
	}
	if err != nil {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		refused := gqlerror.Errorf("%s", unreadable)
		errcode.Set(refused, string(fault.BadRequest))
		_ = json.NewEncoder(w).Encode(exec.DispatchError(r.Context(), gqlerror.List{refused})) // the client went away
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	until := &untilEnd{ResponseWriter: w}
	defer until.end()
	e.SSE.Do(until, r, exec)
}

// untilEnd takes what is written to an answer until that ends.
type untilEnd struct {
	http.ResponseWriter
	mu    sync.Mutex
	ended bool
}

func (u *untilEnd) Write(b []byte) (int, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.ended {
		return 0, io.ErrClosedPipe
	}
	return u.ResponseWriter.Write(b)
}

// Flush is asked for by gqlgen.
func (u *untilEnd) Flush() {
	u.mu.Lock()
	defer u.mu.Unlock()
	if !u.ended {
		_ = http.NewResponseController(u.ResponseWriter).Flush() // the client went away
	}
}

// end returns when nothing is being written any more.
func (u *untilEnd) end() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.ended = true
}

// unreadable is what a body that is no request is answered with.
const unreadable = `The body of the request is not JSON such as {"query": "{ viewer { email } }"}.`

// inputError is an error that gqlgen met where it read an argument: a value that its
// type does not take. Our own faults keep their sentence. What a resolver answers has
// the place of its field in the query (AddFieldLocationToError), what was met before
// it ran has none.
func inputError(err error) (message string, is bool) {
	g, ok := err.(*gqlerror.Error)
	if !ok || g.Err == nil || len(fault.Of(g.Err)) > 0 {
		return "", false
	}
	return "A value is not of the type that its place takes.", len(g.Path) > 0 && len(g.Locations) == 0
}
