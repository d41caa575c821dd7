package ui

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
)

// exported are two pages of invitations.
func exported() answers {
	pages := map[string][]map[string]any{
		"":  {invited("one", map[string]any{"firstName": "=1+1", "lastName": "陈"})},
		"c": {invited("two", map[string]any{"seedStatus": nil, "contactNumber": nil, "reason": "a, \"b\""})},
	}
	return answers{"InvitationsExport": func(v map[string]any) any {
		after, _ := v["after"].(string)
		return map[string]any{"invitations": map[string]any{
			"nodes": pages[after], "pageInfo": map[string]any{"hasNextPage": after == "", "endCursor": "c"},
		}}
	}}
}

func TestExport_CSV(t *testing.T) {
	t.Parallel()
	w := serve(setup(t, exported()), signedIn(get("/status/export.csv")))
	lines := strings.Split(w.Body.String(), "\r\n")
	if len(lines) != 4 || !strings.HasPrefix(lines[0], "\ufeffFirst Name,Last Name,Email,Organisation,Department,Date of Invite,TechPass Status,SEED Status,") {
		t.Fatalf("got %q", lines)
	}
	if want := "'=1+1,陈,one@vendor.com,Vendor,,21-11-2026,Not Onboarded,Not Required,one,65,91234567,"; !strings.HasPrefix(lines[1], want) {
		t.Errorf("got %s, want it to begin with %s", lines[1], want)
	}
	if want := `"a, ""b"""`; !strings.Contains(lines[2], want) {
		t.Errorf("got %s, want %s in it", lines[2], want)
	}
	if got, want := w.Header().Get("Content-Disposition"), "attachment; filename=user-creation-status-2026-11-23.csv"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestExport_XLSX(t *testing.T) {
	t.Parallel()
	w := serve(setup(t, exported()), signedIn(get("/status/export.xlsx")))
	f, err := excelize.OpenReader(bytes.NewReader(w.Body.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	rows, err := f.GetRows("Invitations")
	if err != nil || len(rows) != 3 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	want := []string{"'=1+1", "陈", "one@vendor.com", "Vendor", "", "21-11-2026", "Not Onboarded", "Not Required"}
	if diff := cmp.Diff(want, rows[1][:len(want)]); diff != "" {
		t.Error(diff)
	}
	if formula, err := f.GetCellFormula("Invitations", "A2"); formula != "" || err != nil {
		t.Errorf("the first cell is the formula %q, %v", formula, err)
	}
}

func TestExport_FailsAsAWhole(t *testing.T) {
	t.Parallel()
	a := exported()
	inner := a["InvitationsExport"]
	a["InvitationsExport"] = func(v map[string]any) any {
		if v["after"] != nil {
			return map[string]any{"invitations": "damaged"}
		}
		return inner(v)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { setup(t, a).ServeHTTP(w, signedIn(r)) }))
	defer server.Close()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/status/export.csv", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := server.Client().Do(r)
	if err == nil {
		_, err = io.Copy(io.Discard, res.Body)
		_ = res.Body.Close()
	}
	if err == nil {
		t.Error("half a list came as a whole one")
	}
}
