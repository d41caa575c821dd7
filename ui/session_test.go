package ui

import (
	"net/http"
	"strings"
	"testing"
)

func TestSession(t *testing.T) {
	t.Parallel()
	h := setup(t, nil)
	w := serve(h, signedIn(get("/session/live")))
	if got := strings.TrimSpace(w.Body.String()); w.Code != http.StatusOK || !strings.HasPrefix(got, `{"officer":"tan@tech.gov.sg",`) {
		t.Errorf("live: %d %s", w.Code, got)
	}
	w = serve(h, get("/session/live"))
	if w.Code != http.StatusNoContent {
		t.Errorf("live without a session: %d", w.Code)
	}
	w = serve(h, signedIn(byHTMX(post("/session/keep", nil), "session")))
	if w.Code != http.StatusNoContent || w.Header().Get("HX-Trigger") != "session-kept" {
		t.Errorf("keep: %d, %v", w.Code, w.Header())
	}
	w = serve(h, byHTMX(post("/session/keep", nil), "session"))
	if w.Code != http.StatusUnauthorized || w.Header().Get("HX-Retarget") != "#signin" {
		t.Errorf("keep without a session: %d, %v", w.Code, w.Header())
	}
	for path, want := range map[string]bool{"/session/live": true, "/session/keep": false, "/invite/multiple/b1/events": true} {
		if got := Background(get(path)); got != want {
			t.Errorf("%s is in the background: %t", path, got)
		}
	}
}

func TestForms_FilledInFromAnInvitation(t *testing.T) {
	t.Parallel()
	earlier := map[string]any{
		"email": "tan@vendor.com", "techPassUsername": "tan.mei.ling", "firstName": "Mei Ling", "contactNumber": "+6581234567",
		"seedRequired": true, "reason": "Operates", "invitedAt": "2026-11-01T00:00:00Z",
	}
	h := setup(t, answers{
		"InvitationToRepeat": func(v map[string]any) any {
			if v["id"] != "i1" {
				return map[string]any{"invitation": nil}
			}
			return map[string]any{"invitation": earlier}
		},
		"CheckAccounts": func(map[string]any) any {
			return map[string]any{"validateAccounts": []any{map[string]any{"errors": []any{}}, map[string]any{"errors": []any{}}}}
		},
	})
	w := serve(h, signedIn(get("/invite/single?from=i1")))
	for id, want := range map[string]string{
		"email": "tan@vendor.com", "techPassUsername": "tan.mei.ling", "firstName": "Mei Ling", "lastName": "", "countryCode": "65", "contactNumber": "81234567",
	} {
		if got := attribute(element(t, w, id), "value"); got != want {
			t.Errorf("%s: got %q, want %q", id, got, want)
		}
	}
	w = serve(h, signedIn(get("/invite/email?from=i1")))
	if got := attribute(element(t, w, "email"), "value"); got != "tan@vendor.com" {
		t.Errorf("email: %q", got)
	}
	w = serve(h, signedIn(get("/invite/email?from=another")))
	if got := attribute(element(t, w, "email"), "value"); w.Code != http.StatusOK || got != "" {
		t.Errorf("an invitation that is not there: %d, %q", w.Code, got)
	}
}
