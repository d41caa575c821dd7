package ui

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/google/uuid"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"golang.org/x/net/html"

	"techbiz/internal/access"
	"techbiz/internal/fault"
	"techbiz/internal/signin"
)

// answers are what the schema says, by the operation's name.
type answers map[string]func(variables map[string]any) any

// several are the answers of a subscription, one after the other.
type several []any

// canned is a schema that answers as told.
type canned struct {
	schema  *ast.Schema
	answers answers
}

func (c canned) Schema() *ast.Schema { return c.schema }

func (c canned) Complexity(context.Context, string, string, int, map[string]any) (int, bool) {
	return 0, false
}

func (c canned) Exec(ctx context.Context) graphql.ResponseHandler {
	op := graphql.GetOperationContext(ctx)
	answer, ok := c.answers[op.OperationName]
	if !ok {
		return graphql.OneShot(graphql.ErrorResponse(ctx, "no answer to %s", op.OperationName))
	}
	said := answer(op.Variables)
	all, is := said.(several)
	if !is {
		all = several{said}
	}
	return func(ctx context.Context) *graphql.Response {
		if len(all) == 0 {
			return nil
		}
		data, err := json.Marshal(all[0])
		all = all[1:]
		if err != nil {
			return graphql.ErrorResponse(ctx, "%v", err)
		}
		return &graphql.Response{Data: data}
	}
}

// setup returns the portal over a schema that answers as told.
func setup(t *testing.T, a answers) http.Handler {
	t.Helper()
	var sources []*ast.Source
	files, err := filepath.Glob("../graph/*.graphqls")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		sources = append(sources, &ast.Source{Name: name, Input: string(text)})
	}
	h, err := New(Config{
		Executor: executor.New(canned{gqlparser.MustLoadSchema(sources...), a}),
		SignIn:   &signin.Service{},
		Template: func(w io.Writer) error { _, err := io.WriteString(w, "PK"); return err },
		Corrections: func(_ context.Context, _ uuid.UUID, w io.Writer) error {
			_, err := io.WriteString(w, "PK corrections")
			return err
		},
		Report: func(context.Context, uuid.UUID, io.Writer) error {
			return fault.New(fault.NotFound, "This list is not there any more.")
		},
		Clock:     func() time.Time { return time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC) },
		MaxUpload: 1 << 10,
		MaxRows:   10000,
		Log:       slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// signedIn puts an officer into the request's context.
func signedIn(r *http.Request) *http.Request {
	return r.WithContext(access.With(r.Context(), access.Actor{OfficerID: uuid.Max, Email: "tan@tech.gov.sg", Role: access.Officer}))
}

func get(target string) *http.Request { return httptest.NewRequest(http.MethodGet, target, nil) }

func post(target string, values url.Values) *http.Request {
	r := httptest.NewRequest(http.MethodPost, target, strings.NewReader(values.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r
}

// byHTMX makes it a request for the element with this id.
func byHTMX(r *http.Request, id string) *http.Request {
	r.Header.Set("HX-Request", "true")
	r.Header.Set("HX-Target", "div#"+id)
	return r
}

func serve(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// element returns the first element with this id, or nil.
func element(t *testing.T, w *httptest.ResponseRecorder, id string) *html.Node {
	t.Helper()
	root, err := html.Parse(bytes.NewReader(w.Body.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	for n := range root.Descendants() {
		if attribute(n, "id") == id {
			return n
		}
	}
	return nil
}

func attribute(n *html.Node, name string) string {
	if n == nil {
		return ""
	}
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func problem(code, field, message string) map[string]any {
	return map[string]any{"code": code, "field": []string{field}, "message": message}
}

func emptyList() map[string]any {
	return map[string]any{
		"nodes": []any{}, "totalCount": 0, "totalIsExact": true,
		"pageInfo": map[string]any{"hasNextPage": false, "hasPreviousPage": false},
	}
}

func crossSite(r *http.Request) *http.Request {
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	return r
}

func uploadRequest(t *testing.T, name, content string) *http.Request {
	t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	part, err := m.CreateFormFile("file", name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(part, content); err != nil {
		t.Fatal(err)
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, "/invite/multiple", &b)
	r.Header.Set("Content-Type", m.FormDataContentType())
	return r
}
