package graph

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/99designs/gqlgen/graphql/handler/transport"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"techbiz/internal/fault"
)

// Events is gqlgen's transport over server-sent events, but for bodies that are no
// request: gqlgen writes them whole into the log of the process.
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
	e.SSE.Do(w, r, exec)
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
