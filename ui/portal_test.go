package ui

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/uuid"
)

func TestPortal_WithoutSession(t *testing.T) {
	t.Parallel()
	h := setup(t, nil)
	form := url.Values{"email": {"a@moh.gov.sg"}, "reason": {"x"}}
	tests := map[string]struct {
		request  *http.Request
		status   int
		location string
	}{
		"a page leads to sign-in and back":          {get("/status?q=a"), http.StatusSeeOther, "/sign-in?next=%2Fstatus%3Fq%3Da"},
		"the landing page leads to bare sign-in":    {get("/"), http.StatusSeeOther, "/sign-in"},
		"sign-in itself is open":                    {get("/sign-in"), http.StatusOK, ""},
		"a live region rests":                       {byHTMX(get("/status/live"), "results"), http.StatusNoContent, ""},
		"a form is kept by its page":                {post("/invite/email", form), http.StatusUnauthorized, ""},
		"a form sent by htmx gets a dialog":         {byHTMX(post("/invite/email", form), "shell"), http.StatusUnauthorized, ""},
		"without the sandbox its page is not there": {get("/sandbox"), http.StatusNotFound, ""},
		"what is not there is not found":            {get("/nothing"), http.StatusNotFound, ""},
		"a method that an address does not know":    {httptest.NewRequest(http.MethodPut, "/status", nil), http.StatusMethodNotAllowed, ""},
		"an address of another site is no way back": {get("/sign-in?next=//evil.example"), http.StatusOK, ""},
		"a form from another site is refused":       {crossSite(post("/invite/email", form)), http.StatusForbidden, ""},
		"a form that is too large is a bad request": {post("/invite/email", url.Values{"reason": {strings.Repeat("x", maxForm)}}), http.StatusBadRequest, ""},
		"a file without its hash is not there":      {get("/static/none.css"), http.StatusNotFound, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := serve(h, tt.request)
			if w.Code != tt.status || w.Header().Get("Location") != tt.location {
				t.Errorf("got %d to %q, want %d to %q", w.Code, w.Header().Get("Location"), tt.status, tt.location)
			}
		})
	}
}

func TestPortal_KeepsFieldsThroughSignIn(t *testing.T) {
	t.Parallel()
	h := setup(t, nil)
	w := serve(h, post("/invite/email", url.Values{"email": {"a@moh.gov.sg"}, "reason": {"a <b>"}}))
	for _, want := range []string{`name="next" value="/invite/email"`, "reason=a+%3Cb%3E"} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("no %s in the page", want)
		}
	}
	w = serve(h, byHTMX(post("/invite/email", nil), "shell"))
	if got := w.Header().Get("HX-Retarget"); got != "#signin" {
		t.Errorf("the dialog goes to %q", got)
	}
}

func TestPortal_BoundsFilesWhereNoneIsWanted(t *testing.T) {
	t.Parallel()
	r := uploadRequest(t, "a.xlsx", strings.Repeat("x", maxForm))
	r.URL.Path = "/sign-in"
	if w := serve(setup(t, nil), r); w.Code != http.StatusBadRequest {
		t.Errorf("got %d", w.Code)
	}
}

func TestPortal_Headers(t *testing.T) {
	t.Parallel()
	w := serve(setup(t, nil), get("/sign-in"))
	for name, want := range map[string]string{
		"Content-Security-Policy": contentSecurityPolicy,
		"X-Content-Type-Options":  "nosniff",
		"Referrer-Policy":         "same-origin",
		"Cache-Control":           "no-store",
		"Vary":                    "HX-Request",
	} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

func TestPortal_CancelledRequestIsNoError(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	h := setup(t, answers{"InvitationSummary": func(map[string]any) any {
		cancel() // the browser goes away while the answer is made
		return map[string]any{"invitationSummary": "damaged"}
	}})
	if w := serve(h, signedIn(byHTMX(get("/status/overview"), "chart").WithContext(ctx))); w.Code != clientClosed || w.Body.Len() > 0 {
		t.Errorf("got %d and %d bytes", w.Code, w.Body.Len())
	}
}

func TestInviteByEmail_ShowsErrorsBesideFields(t *testing.T) {
	t.Parallel()
	h := setup(t, answers{"InviteByEmail": func(map[string]any) any {
		return map[string]any{"inviteByEmail": map[string]any{"errors": []any{problem("REQUIRED", "reason", "Enter the reason.")}}}
	}})
	form := url.Values{"email": {`"><script>@moh.gov.sg`}, "seedRequired": {"yes"}}
	for name, r := range map[string]*http.Request{
		"as a page":       post("/invite/email", form),
		"as a part of it": byHTMX(post("/invite/email", form), "shell"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := serve(h, signedIn(r))
			if w.Code != http.StatusUnprocessableEntity {
				t.Fatalf("got %d", w.Code)
			}
			reason := element(t, w, "reason")
			if attribute(reason, "aria-invalid") != "true" || !strings.Contains(attribute(reason, "aria-describedby"), "reason-error") {
				t.Errorf("the field does not say what is wrong: %v", reason)
			}
			if got := attribute(element(t, w, "email"), "value"); got != form.Get("email") {
				t.Errorf("the typed address came back as %q", got)
			}
			if whole := strings.Contains(w.Body.String(), "<!doctype"); whole != (r.Header.Get("HX-Request") == "") {
				t.Errorf("whole page: %t", whole)
			}
		})
	}
}

func TestInviteByEmail_AnotherRequestUnderAnotherKey(t *testing.T) {
	t.Parallel()
	var keys []any
	h := setup(t, answers{"InviteByEmail": func(v map[string]any) any {
		keys = append(keys, v["input"].(map[string]any)["idempotencyKey"])
		if len(keys) == 1 {
			return map[string]any{"inviteByEmail": map[string]any{"errors": []any{problem("CONFLICT", "idempotencyKey", "Used.")}}}
		}
		return map[string]any{"inviteByEmail": map[string]any{"invitation": map[string]any{"id": "i1"}, "errors": []any{}}}
	}})
	w := serve(h, signedIn(post("/invite/email", url.Values{"idempotencyKey": {uuid.Max.String()}})))
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/status?invited=i1" {
		t.Errorf("got %d to %q", w.Code, w.Header().Get("Location"))
	}
	if len(keys) != 2 || keys[0] != uuid.Max.String() || keys[0] == keys[1] {
		t.Errorf("keys: %v", keys)
	}
}

func TestUpload(t *testing.T) {
	t.Parallel()
	var got string
	h := setup(t, answers{
		"Batches": func(map[string]any) any { return map[string]any{"batches": emptyList()} },
		"UploadBatch": func(v map[string]any) any {
			f := v["file"].(graphql.Upload)
			b, err := io.ReadAll(f.File)
			if err != nil {
				t.Error(err)
			}
			got = f.Filename + ": " + string(b)
			return map[string]any{"uploadBatch": map[string]any{"batch": map[string]any{"id": "b1"}, "errors": []any{}}}
		},
	})
	w := serve(h, signedIn(uploadRequest(t, "users.xlsx", "PK...")))
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/invite/multiple/b1" || got != "users.xlsx: PK..." {
		t.Errorf("got %d to %q with %q", w.Code, w.Header().Get("Location"), got)
	}
	for name, content := range map[string]string{
		"a file above the limit":           strings.Repeat("x", 2<<10),
		"a body far above the limit":       strings.Repeat("x", maxForm+2<<10),
		"no file, as the button allows it": "",
	} {
		file := "users.xlsx"
		if content == "" {
			file = ""
		}
		w := serve(h, signedIn(uploadRequest(t, file, content)))
		if w.Code != http.StatusUnprocessableEntity || attribute(element(t, w, "file"), "aria-invalid") != "true" {
			t.Errorf("%s: %d", name, w.Code)
		}
	}
}

func TestLocalPath(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"/status?q=a":                 "/status?q=a",
		"http://here/status?q=a":      "/status?q=a",
		"":                            "/",
		"//evil.example/x":            "/x",
		"http://here//evil.example/x": "/",
		`/\evil.example`:              "/",
		"javascript:alert(1)":         "/",
	} {
		if got := localPath(address); got != want {
			t.Errorf("localPath(%q) = %q, want %q", address, got, want)
		}
	}
}

// The policy on content forbids what evaluates code or styles in place; each
// would fail in silence.
func TestTemplates_KeepThePolicy(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.templ")
	if err != nil {
		t.Fatal(err)
	}
	more, err := filepath.Glob("component/*.templ")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range append(files, more...) {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			for _, bad := range []string{"hx-on", `"js:`, " style=", "onclick", "<style", "templ.Raw"} {
				if strings.Contains(line, bad) {
					t.Errorf("%s: %s in %s", name, bad, strings.TrimSpace(line))
				}
			}
			if strings.Contains(line, "hx-trigger") && strings.Contains(line, "[") {
				t.Errorf("%s: a filter in %s", name, strings.TrimSpace(line))
			}
		}
	}
}

func TestErrorPage(t *testing.T) {
	t.Parallel()
	h := setup(t, answers{"Batch": func(v map[string]any) any {
		if v["id"] == "damaged" {
			return "damaged"
		}
		return map[string]any{"batch": nil}
	}})
	tests := map[string]struct {
		path   string
		status int
		says   []string
	}{
		"an address that is none":  {"/nothing", http.StatusNotFound, []string{"No page has this address.", "check that it is right", `href="/status"`}},
		"a list that is not there": {"/invite/multiple/none", http.StatusNotFound, []string{"This list is not there any more", `href="/status"`}},
		"a fault of ours":          {"/invite/multiple/damaged", http.StatusInternalServerError, []string{"our fault", `href="/invite/multiple/damaged">Try again`}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := serve(h, signedIn(get(tt.path)))
			if w.Code != tt.status {
				t.Fatalf("got %d", w.Code)
			}
			for _, text := range append(tt.says, "What you can do") {
				if !strings.Contains(w.Body.String(), text) {
					t.Errorf("it does not say %q", text)
				}
			}
		})
	}
}
