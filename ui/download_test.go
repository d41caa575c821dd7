package ui

import (
	"net/http"
	"testing"
)

const aList = "0198a5b0-0000-7000-8000-000000000001"

func TestDownload(t *testing.T) {
	t.Parallel()
	h := setup(t, answers{"Batch": func(v map[string]any) any {
		if v["id"] != aList {
			return map[string]any{"batch": nil}
		}
		batch := batchIn("COMPLETED", 1)
		batch["id"], batch["fileName"] = aList, "Ministry – users.csv"
		return map[string]any{"batch": batch}
	}})
	w := serve(h, signedIn(get("/invite/multiple/"+aList+"/corrections.xlsx")))
	if got := w.Header().Get("Content-Disposition"); w.Code != http.StatusOK || got != `attachment; filename*=utf-8''to-fix-2026-11-23-Ministry%20%E2%80%93%20users.xlsx` {
		t.Errorf("got %d, %s", w.Code, got)
	}
	if got := w.Header().Get("Content-Type"); got != workbookType || w.Body.String() != "PK corrections" {
		t.Errorf("got %s: %s", got, w.Body)
	}
	for name, path := range map[string]string{
		"what fails before the first byte is a page": "/invite/multiple/" + aList + "/report.xlsx",
		"a list of somebody else's is not there":     "/invite/multiple/other/report.xlsx",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := serve(h, signedIn(get(path)))
			if got := w.Header().Get("Content-Disposition"); w.Code != http.StatusNotFound || got != "" {
				t.Errorf("got %d, %q", w.Code, got)
			}
		})
	}
	if w := serve(h, get("/invite/multiple/"+aList+"/report.xlsx")); w.Code != http.StatusSeeOther {
		t.Errorf("nobody is signed in: got %d", w.Code)
	}
}
