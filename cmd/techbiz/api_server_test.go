package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/xuri/excelize/v2"

	"techbiz/internal/workbook"
)

// apiServer is a running server and the tokens of its officers.
type apiServer struct {
	base  *url.URL
	place []string

	mu     sync.Mutex
	tokens map[string]string
}

// serveAPI serves a database until the test ends, with vendor.com allowed.
func serveAPI(t testing.TB, place []string, settings ...string) *apiServer {
	t.Helper()
	args := append([]string{"--allowed-domains=vendor.com,supplier.sg"}, settings...)
	return &apiServer{base: start(t, append(args, place...)...), place: place, tokens: map[string]string{}}
}

// token returns the token of an officer, made when it is first needed; an officer
// whose name begins with admin is an administrator.
func (s *apiServer) token(t testing.TB, email string) string {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tokens[email] == "" {
		args := []string{"token", "create", "--name=test", "--officer=" + email}
		if strings.HasPrefix(email, "admin") {
			args = append(args, "--admin")
		}
		made := runProgram(t, nil, append(args, s.place...)...)
		if made.status != 0 {
			t.Fatalf("token create: %+v", made)
		}
		s.tokens[email] = strings.TrimSpace(made.stdout)
	}
	return s.tokens[email]
}

// do sends the request of a step and returns status and body of the answer.
func (s *apiServer) do(t *testing.T, c *apiCase, st step) (int, []byte) {
	t.Helper()
	method, path, kind, body := http.MethodPost, "/graphql", "application/json", []byte(nil)
	switch {
	case st.raw:
		var rest string
		method, path, rest = methodOf(c.fill(t, st.body))
		body = []byte(rest)
	case st.file != nil:
		kind, body = multipartBody(t, operation(t, c, st), st.file.name, fileContent(t, c, st.file))
	default:
		body = operation(t, c, st)
	}
	token := ""
	switch st.actor {
	case "nobody", "sandbox":
	case "stranger":
		token = "tbz_" + strings.Repeat("0", 49)
	default:
		token = s.token(t, c.officer(st.actor))
	}
	return s.send(t, method, path, kind, token, body)
}

// send sends one request and returns status and body of the answer.
func (s *apiServer) send(t *testing.T, method, path, kind, token string, body []byte) (int, []byte) {
	t.Helper()
	status, answer, err := s.request(t.Context(), method, path, kind, token, body)
	if err != nil {
		t.Fatal(err)
	}
	return status, answer
}

func (s *apiServer) request(ctx context.Context, method, path, kind, token string, body []byte) (int, []byte, error) {
	to, err := s.base.Parse(path)
	if err != nil {
		return 0, nil, err
	}
	req, err := http.NewRequestWithContext(ctx, method, to.String(), bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Content-Type", kind)
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(res.Body)
	return res.StatusCode, answer, err
}

// operation is the GraphQL request of a step.
func operation(t *testing.T, c *apiCase, st step) []byte {
	t.Helper()
	request := map[string]any{"query": c.fill(t, st.body)}
	if st.variables != "" {
		request["variables"] = json.RawMessage(c.fill(t, st.variables))
	}
	raw, err := json.Marshal(request)
	if err != nil {
		t.Fatalf("%s: %v", st.title, err)
	}
	return raw
}

// multipartBody is an upload by the GraphQL multipart request specification: the
// file is the variable "file".
func multipartBody(t *testing.T, operation []byte, name string, content []byte) (kind string, body []byte) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, field := range [][2]string{{"operations", string(operation)}, {"map", `{"0": ["variables.file"]}`}} {
		if err := w.WriteField(field[0], field[1]); err != nil {
			t.Fatal(err)
		}
	}
	header := textproto.MIMEHeader{}
	header.Set("Content-Disposition", fmt.Sprintf(`form-data; name="0"; filename=%q`, name))
	header.Set("Content-Type", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
	part, err := w.CreatePart(header)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := part.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return w.FormDataContentType(), b.Bytes()
}

// fileContent is the file that a step sends: the product's template with users
// from row 5 on, a workbook of one sheet, or the text itself.
func fileContent(t *testing.T, c *apiCase, u *upload) []byte {
	t.Helper()
	text := c.fill(t, u.content)
	sheet, first := "Sheet1", 1
	var f *excelize.File
	switch u.form {
	case "template":
		var b bytes.Buffer
		if err := workbook.WriteTemplate(&b); err != nil {
			t.Fatal(err)
		}
		var err error
		if f, err = excelize.OpenReader(&b); err != nil {
			t.Fatal(err)
		}
		sheet, first = "Users", 5
	case "workbook":
		f = excelize.NewFile()
	default:
		return []byte(text)
	}
	defer func() { _ = f.Close() }()
	for i, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		for j, cell := range strings.Split(line, "|") {
			setCell(t, f, sheet, j+1, first+i, strings.TrimSpace(cell))
		}
	}
	b, err := f.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// setCell fills a cell as a person does: digits become a number.
func setCell(t *testing.T, f *excelize.File, sheet string, column, row int, text string) {
	t.Helper()
	if text == "" {
		return
	}
	var value any = text
	if n, err := strconv.Atoi(text); err == nil {
		value = n
	}
	at, err := excelize.CoordinatesToCellName(column, row)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.SetCellValue(sheet, at, value); err != nil {
		t.Fatal(err)
	}
}
