package graph_test

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"strings"
	"testing"

	"github.com/google/uuid"

	"techbiz/graph"
	"techbiz/internal/access"
)

// maxText is what an operation may have in these tests.
const maxText = 4 << 10

// serve serves the API to an officer, or to nobody where the header Authorization is
// missing.
func serve(t *testing.T) *httptest.Server {
	t.Helper()
	r := &graph.Resolver{Log: slog.New(slog.DiscardHandler)}
	o := graph.Options{Log: r.Log}
	api := graph.Handler(graph.Schema(r), r, o, graph.Bounds{Operation: maxText, Upload: 1 << 20, Memory: 1 << 20})
	tan := access.Actor{OfficerID: uuid.New(), Role: access.Officer}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") == "tan" {
			r = r.WithContext(access.With(r.Context(), tan))
		}
		api.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

// answer sends a request of tan's, unless its header says otherwise, and returns
// status and body of the answer.
func answer(t *testing.T, s *httptest.Server, method, kind, body string, header map[string]string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.URL, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "tan")
	r.Header.Set("Content-Type", kind)
	for name, value := range header {
		r.Header.Set(name, value)
	}
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	content, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(content)
}

// form is a multipart form of these fields, each with a header line of its own.
func form(t *testing.T, fields ...[3]string) (kind, body string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, f := range fields {
		part, err := w.CreatePart(textproto.MIMEHeader{"Content-Disposition": {fmt.Sprintf(`form-data; name=%q`, f[0])}, "X-More": {f[2]}})
		if err == nil {
			_, err = io.WriteString(part, f[1])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return w.FormDataContentType(), b.String()
}

const typename = `{"query": "{ __typename }"}`

// Of a form only the files may be large, and what is too large before them is not read.
func TestHandler_BoundsForms(t *testing.T) {
	t.Parallel()
	filled := func(n int) string { return typename + strings.Repeat(" ", n-len(typename)) }
	operations := func(n int) [3]string { return [3]string{"operations", filled(n)} }
	files := [3]string{"map", "{}"}
	large := strings.Repeat("x", 500<<10)
	for _, c := range []struct {
		name     string
		fields   [][3]string
		before   string
		status   int
		answered string
	}{
		{"a form", [][3]string{operations(100), files}, "", 200, `"Query"`},
		{"as large as may be", [][3]string{operations(maxText), {"map", "{" + strings.Repeat(" ", maxText-2) + "}"}}, "", 200, `"Query"`},
		{"an operation that is larger", [][3]string{operations(maxText + 1), files}, "", 413, "BAD_REQUEST"},
		{"one that is far larger", [][3]string{operations(len(large)), files}, "", 413, "BAD_REQUEST"},
		{"a map that is larger", [][3]string{operations(100), {"map", "{" + strings.Repeat(" ", maxText) + "}"}}, "", 413, "BAD_REQUEST"},
		{"headers that are larger than all of it", [][3]string{{"operations", typename, large}, files}, "", 413, "BAD_REQUEST"},
		{"much before the first field", [][3]string{operations(100), files}, strings.Repeat("x\r\n", 100_000), 413, "BAD_REQUEST"},
		{"a file that is none of the operation's", [][3]string{operations(100), files, {"0", large}}, "", 422, "key 0"},
		{"fields in another order", [][3]string{files, operations(100)}, "", 422, "first part must be operations"},
		{"nothing", nil, "", 422, "operations"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			kind, body := form(t, c.fields...)
			status, got := answer(t, serve(t), http.MethodPost, kind, c.before+body, nil)
			if status != c.status || !strings.Contains(got, c.answered) {
				t.Errorf("answered with %d: %s", status, got)
			}
		})
	}
}
