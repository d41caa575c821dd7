package programtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
)

// Error is an error of a whole operation.
type Error struct {
	Message    string
	Extensions struct{ Code string }
}

// Query runs one GraphQL operation and decodes its data.
func (s *Server) Query(into any, query string, variables map[string]any) {
	s.tb.Helper()
	if errs := s.TryQuery(into, query, variables); errs != nil {
		s.tb.Fatal(errs)
	}
}

// TryQuery is Query where the operation as a whole may fail.
func (s *Server) TryQuery(into any, query string, variables map[string]any) []Error {
	s.tb.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		s.tb.Fatal(err)
	}
	return s.post(into, "application/json", bytes.NewReader(body))
}

func (s *Server) post(into any, contentType string, body io.Reader) []Error {
	s.tb.Helper()
	req, err := http.NewRequestWithContext(s.tb.Context(), http.MethodPost, s.URL.String()+"/graphql", body)
	if err != nil {
		s.tb.Fatal(err)
	}
	req.Header.Set("Content-Type", contentType)
	req.Header.Set("Authorization", "Bearer "+s.Token)
	res, err := client.Do(req)
	if err != nil {
		s.tb.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	answer := struct {
		Data   any
		Errors []Error
	}{Data: into}
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil {
		s.tb.Fatalf("%s: %v", res.Status, err)
	}
	return answer.Errors
}

// Made is the answer to what makes an invitation or a batch.
type Made struct {
	Invitation, Batch *struct{ ID string }
	Errors            []struct{ Code, Message string }
}

// ID is the identifier of what was made; the test fails where nothing was.
func (m Made) ID(tb testing.TB) string {
	tb.Helper()
	switch {
	case m.Invitation != nil:
		return m.Invitation.ID
	case m.Batch != nil:
		return m.Batch.ID
	}
	tb.Fatalf("refused: %+v", m.Errors)
	return ""
}

// Account is the input for the n-th of many accounts, none like another.
func Account(n int) map[string]any {
	return map[string]any{
		"email": fmt.Sprintf("mei.%d@vendor.com", n), "techPassUsername": fmt.Sprintf("mei.%d", n), "firstName": "Mei", "lastName": "Tan",
		"contactNumber": fmt.Sprintf("9%07d", n), "organisation": "Vendor Pte Ltd", "seedRequired": n%2 == 0,
		"reason": "Maintains the payment service.",
	}
}

// CreateAccount asks for the n-th of many accounts and returns the invitation.
func (s *Server) CreateAccount(n int) string {
	s.tb.Helper()
	var answer struct{ CreateAccount Made }
	s.Query(&answer, `mutation($a: AccountInput!) { createAccount(input: {account: $a}) { invitation { id } errors { code message } } }`,
		map[string]any{"a": Account(n)})
	return answer.CreateAccount.ID(s.tb)
}

// Upload sends a workbook and returns the batch.
func (s *Server) Upload(workbook []byte) string {
	s.tb.Helper()
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	err := errors.Join(
		w.WriteField("operations", `{"query": "mutation($f: Upload!) { uploadBatch(file: $f) { batch { id } errors { code message } } }", "variables": {"f": null}}`),
		w.WriteField("map", `{"0": ["variables.f"]}`))
	if err != nil {
		s.tb.Fatal(err)
	}
	file, err := w.CreateFormFile("0", "users.xlsx")
	if err == nil {
		_, err = file.Write(workbook)
	}
	if err = errors.Join(err, w.Close()); err != nil {
		s.tb.Fatal(err)
	}
	var answer struct{ UploadBatch Made }
	if errs := s.post(&answer, w.FormDataContentType(), &form); errs != nil {
		s.tb.Fatal(errs)
	}
	return answer.UploadBatch.ID(s.tb)
}

// Submit confirms a batch.
func (s *Server) Submit(batch string) {
	s.tb.Helper()
	var answer struct{ SubmitBatch Made }
	s.Query(&answer, `mutation($id: ID!) { submitBatch(id: $id) { batch { id } errors { code message } } }`, map[string]any{"id": batch})
	answer.SubmitBatch.ID(s.tb)
}

// Stop holds a batch.
func (s *Server) Stop(batch string) {
	s.tb.Helper()
	var answer struct{ StopBatch Made }
	s.Query(&answer, `mutation($id: ID!) { stopBatch(id: $id) { batch { id } errors { code message } } }`, map[string]any{"id": batch})
	answer.StopBatch.ID(s.tb)
}

// Continue goes on with a stopped batch.
func (s *Server) Continue(batch string) {
	s.tb.Helper()
	var answer struct{ ContinueBatch Made }
	s.Query(&answer, `mutation($id: ID!) { continueBatch(id: $id) { batch { id } errors { code message } } }`, map[string]any{"id": batch})
	answer.ContinueBatch.ID(s.tb)
}

// Undo ends what nobody has redeemed of a batch, and returns how many that were.
func (s *Server) Undo(batch string) (undone int) {
	s.tb.Helper()
	var answer struct {
		UndoBatch struct {
			Made
			Undone int
		}
	}
	s.Query(&answer, `mutation($id: ID!) { undoBatch(id: $id) { batch { id } undone errors { code message } } }`, map[string]any{"id": batch})
	answer.UndoBatch.ID(s.tb)
	return answer.UndoBatch.Undone
}

// Progress is where a batch stands.
type Progress struct {
	State                                           string
	TotalRows, Queued, Succeeded, Failed, Cancelled int
}

// Progress returns where a batch stands.
func (s *Server) Progress(batch string) Progress {
	s.tb.Helper()
	var answer struct{ Batch Progress }
	s.Query(&answer, `query($id: ID!) { batch(id: $id) { state totalRows queued succeeded failed cancelled } }`, map[string]any{"id": batch})
	return answer.Batch
}

// AwaitCompletion waits until a batch is completed. It looks seldom, for each look takes
// from the processors that the work needs.
func (s *Server) AwaitCompletion(batch string) {
	s.tb.Helper()
	s.await("the batch to be completed", 25*time.Millisecond, func() bool {
		var answer struct{ Batch struct{ State string } } // without the counts, which cost
		s.Query(&answer, `query($id: ID!) { batch(id: $id) { state } }`, map[string]any{"id": batch})
		return answer.Batch.State == "COMPLETED"
	})
}

// Mailbox is the sandbox's.
type Mailbox struct {
	Total int
	Mails []struct{ To string }
}

// Mailbox returns how many mails there are, and the newest 10,000.
func (s *Server) Mailbox() (box Mailbox) {
	s.tb.Helper()
	status, body := s.Get("/sandbox/mail.json?limit=10000")
	if err := json.Unmarshal(body, &box); err != nil {
		s.tb.Fatalf("mailbox: %d %v", status, err)
	}
	return box
}

// Workbook is a list of valid users, numbered from first on and unlike those of
// other numbers; each second one needs SEED.
func Workbook(tb testing.TB, first, users int) []byte {
	tb.Helper()
	f := excelize.NewFile()
	defer func() { _ = f.Close() }()
	w, err := f.NewStreamWriter("Sheet1")
	if err != nil {
		tb.Fatal(err)
	}
	err = w.SetRow("A4", []any{
		"S/N", "Email", "Username", "First Name", "Last Name", "Country Code", "Contact Number",
		"Organisation", "Department", "Onboarding to SEED required?", "Reason for creation",
	})
	for n := first; n < first+users && err == nil; n++ {
		err = w.SetRow(fmt.Sprintf("A%d", n-first+5), []any{
			n - first + 1, fmt.Sprintf("user.%d@vendor.com", n), fmt.Sprintf("user.%d", n), "Mei Ling", fmt.Sprintf("Tan %d", n), "65",
			fmt.Sprintf("8%07d", n), "Vendor Pte Ltd", "Cloud", []string{"Yes", "No"}[n%2], "Maintains the payment service.",
		})
	}
	var b bytes.Buffer
	if err == nil {
		err = w.Flush()
	}
	if err == nil {
		err = f.Write(&b)
	}
	if err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}
