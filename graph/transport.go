package graph

import (
	"bytes"
	"encoding/json"
	"io"
	"mime"
	"mime/multipart"
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

// Uploads is gqlgen's transport of multipart forms, but that only files are large.
// gqlgen would read an operation of any size.
type Uploads struct {
	transport.MultipartForm
	// MaxText bounds the operation, and the map of its files.
	MaxText int64
}

var _ graphql.Transport = Uploads{}

// maxFraming is more than the headers of two fields, and what is read ahead of the
// third, take.
const maxFraming = 64 << 10

// Do reads the operation and the map, and hands a form on in which they are not too
// large.
func (u Uploads) Do(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	body := r.Body
	head, fits := u.head(r)
	if !fits {
		refuse(w, http.StatusRequestEntityTooLarge, fault.New(fault.BadRequest,
			"The fields operations and map of a form may have %d KiB each. Only files may be larger.", u.MaxText>>10))
		return
	}
	r.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(head, body), body}
	u.MultipartForm.Do(w, r, exec)
}

// head reads a form as far as its files, and says whether what it read may be so
// large. What is no form there gqlgen refuses.
func (u Uploads) head(r *http.Request) (head *bytes.Buffer, fits bool) {
	head = new(bytes.Buffer)
	_, kind, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind["boundary"] == "" {
		return head, true
	}
	most := 2*u.MaxText + maxFraming
	form := multipart.NewReader(io.TeeReader(io.LimitReader(r.Body, most), head), kind["boundary"])
	for range 2 { // operations and map
		part, err := form.NextPart()
		if err != nil {
			break
		}
		if n, _ := io.Copy(io.Discard, io.LimitReader(part, u.MaxText+1)); n > u.MaxText {
			return nil, false
		}
	}
	return head, int64(head.Len()) < most
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
