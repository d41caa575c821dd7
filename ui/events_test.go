package ui

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// batchIn is a submitted list of ten users.
func batchIn(state string, succeeded int) map[string]any {
	return map[string]any{
		"id": "b1", "fileName": "users.xlsx", "state": state, "createdAt": "2026-11-23T00:00:00Z", "directoryCheck": "DONE",
		"totalRows": 10, "validRows": 10, "succeeded": succeeded, "queued": 10 - succeeded, "notices": []any{},
	}
}

// events are the messages of a stream: the event's name, or the text of the
// progress that its HTML says.
func events(body string) []string {
	var all []string
	for message := range strings.SplitSeq(strings.TrimSpace(body), "\n\n") {
		name, _, _ := strings.Cut(strings.TrimPrefix(message, "event: "), "\n")
		if strings.HasPrefix(message, "data: ") {
			_, name, _ = strings.Cut(message, `<b class="num">`)
			name, _, _ = strings.Cut(name, "</b>")
		}
		all = append(all, name)
	}
	return all
}

func TestBatchEvents(t *testing.T) {
	t.Parallel()
	h := setup(t, answers{
		"Batch": func(map[string]any) any { return map[string]any{"batch": batchIn("SUBMITTED", 1)} },
		"BatchProgress": func(map[string]any) any {
			return several{map[string]any{"batchProgress": batchIn("COMPLETED", 10)}}
		},
	})
	w := serve(h, signedIn(get("/invite/multiple/b1/events")))
	if got := w.Header().Get("Content-Type"); w.Code != http.StatusOK || got != "text/event-stream" {
		t.Fatalf("got %d, %s", w.Code, got)
	}
	if diff := cmp.Diff([]string{"alive", "1 of 10 done", "done"}, events(w.Body.String())); diff != "" {
		t.Error(diff)
	}
	if !w.Flushed {
		t.Error("the events wait in a buffer")
	}
}

func TestBatchEvents_NothingToStream(t *testing.T) {
	t.Parallel()
	for name, batch := range map[string]any{
		"a draft":               batchIn("DRAFT", 0),
		"a list that is done":   batchIn("COMPLETED", 10),
		"a list of another one": nil,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := setup(t, answers{
				"Batch":         func(map[string]any) any { return map[string]any{"batch": batch} },
				"BatchProgress": func(map[string]any) any { return several{} },
			})
			if w := serve(h, signedIn(get("/invite/multiple/b1/events"))); w.Code != http.StatusNoContent {
				t.Errorf("got %d", w.Code)
			}
		})
	}
	if w := serve(setup(t, nil), get("/invite/multiple/b1/events")); w.Code != http.StatusNoContent {
		t.Errorf("without a session: %d", w.Code)
	}
}

// A stream whose source fails ends without the event that says it is done: the
// browser comes again.
func TestBatchEvents_SourceFails(t *testing.T) {
	t.Parallel()
	h := setup(t, answers{"Batch": func(map[string]any) any { return map[string]any{"batch": batchIn("SUBMITTED", 1)} }})
	w := serve(h, signedIn(get("/invite/multiple/b1/events")))
	if diff := cmp.Diff([]string{"alive", "1 of 10 done"}, events(w.Body.String())); diff != "" {
		t.Error(diff)
	}
}

// What failed says why, and leads to a form that is filled in.
func TestOutcome_SaysWhatFailed(t *testing.T) {
	t.Parallel()
	h := setup(t, answers{
		"Batch": func(map[string]any) any { return map[string]any{"batch": batchIn("COMPLETED", 0)} },
		"BatchOutcome": func(map[string]any) any {
			batch := batchIn("COMPLETED", 0)
			batch["rows"] = map[string]any{"nodes": []any{}, "totalCount": 0}
			failed := map[string]any{
				"id": "r1", "number": 5, "email": "tan@vendor.com", "issues": []any{}, "hints": []any{},
				"invitation": map[string]any{"id": "i1", "failure": "The number is taken."},
			}
			batch["failures"] = map[string]any{"nodes": []any{failed}, "totalCount": 1}
			return map[string]any{"batch": batch}
		},
	})
	w := serve(h, signedIn(get("/invite/multiple/b1")))
	for _, want := range []string{"No account was created.", "1 user failed", "The number is taken.", `href="/invite/single?from=i1"`} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("no %s on the page", want)
		}
	}
}
