package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"testing"
)

// A program downloads the workbooks of its officer's lists with a bearer token.
func TestDownload_ByToken(t *testing.T) {
	t.Parallel()
	s := serveAPI(t, databases["SQLite"](t))
	owner, other := s.token(t, "tan@agency.gov.sg"), s.token(t, "lim@agency.gov.sg")
	query, err := json.Marshal(map[string]any{"query": `mutation { createBatch(accounts: [{
		email: "mei.ling@vendr.com", techPassUsername: "mei.ling", firstName: "Mei Ling", lastName: "Tan", contactNumber: "91234567",
		organisation: "Vendor Pte Ltd", seedRequired: false, reason: "Operates the service"}]) { batch { id } } }`})
	if err != nil {
		t.Fatal(err)
	}
	var made struct {
		Data struct {
			CreateBatch struct{ Batch struct{ ID string } }
		}
	}
	_, body := s.send(t, http.MethodPost, "/graphql", "application/json", owner, query)
	if err := json.Unmarshal(body, &made); err != nil || made.Data.CreateBatch.Batch.ID == "" {
		t.Fatalf("%v: %s", err, body)
	}
	list := "/invite/multiple/" + made.Data.CreateBatch.Batch.ID
	for name, tt := range map[string]struct {
		path, token string
		status      int
	}{
		"the rows to fix":                    {list + "/corrections.xlsx", owner, http.StatusOK},
		"the report":                         {list + "/report.xlsx", owner, http.StatusOK},
		"another officer's list":             {list + "/report.xlsx", other, http.StatusNotFound},
		"a token that signs nobody in":       {list + "/report.xlsx", "tbz_unknown", http.StatusUnauthorized},
		"a list that is not there":           {"/invite/multiple/none/corrections.xlsx", owner, http.StatusNotFound},
		"a status list, by the same officer": {"/status/export.csv", owner, http.StatusOK},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			status, answer := s.send(t, http.MethodGet, tt.path, "", tt.token, nil)
			if status != tt.status {
				t.Errorf("got %d: %.200s", status, answer)
			}
			if isZip := bytes.HasPrefix(answer, []byte("PK")); isZip != (status == http.StatusOK && tt.path != "/status/export.csv") {
				t.Errorf("a workbook: %t", isZip)
			}
		})
	}
}
