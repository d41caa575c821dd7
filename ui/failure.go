package ui

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/a-h/templ"

	"techbiz/internal/fault"
	"techbiz/internal/requestid"
	"techbiz/ui/component"
)

// failure is how a fault is shown as a page.
type failure struct {
	status      int
	title, text string
}

// errorView is what an error page says beside its title.
type errorView struct {
	Reason    string // of this very fault, "" where there is no better one
	Text      string // what to do
	RequestID string
}

// failures is the one table from faults to pages.
var failures = map[fault.Code]failure{
	fault.BadRequest:      {http.StatusBadRequest, "We could not read that request", "Go back and try again."},
	fault.QueryTooComplex: {http.StatusBadRequest, "We could not read that request", "Go back and try again."},
	fault.Forbidden:       {http.StatusForbidden, "You may not do that", "Your account does not allow it. Ask an administrator if you need it."},
	fault.NotFound:        {http.StatusNotFound, "Page not found", "Check the address. What you look for may have been removed, or belong to another officer."},
	fault.Conflict:        {http.StatusConflict, "That is not possible now", "The state has changed in the meantime. Go back and look again."},
	fault.FileTooLarge:    {http.StatusRequestEntityTooLarge, "That is too large", "Send less at once."},
	fault.Required:        invalid,
	fault.TooLong:         invalid,
	fault.InvalidFormat:   invalid,
	fault.RateLimited:     {http.StatusTooManyRequests, "Too many requests", "Wait a moment and try again."},
	fault.Unavailable:     {http.StatusServiceUnavailable, "Something does not answer", "Try again in a few minutes."},
	fault.Throttled:       {http.StatusServiceUnavailable, "Something does not answer", "Try again in a few minutes."},
	methodNotAllowed:      {http.StatusMethodNotAllowed, "That is not how this page works", "Start again from the menu."},
	fault.Internal:        {http.StatusInternalServerError, "Something went wrong", "It was our fault and has been logged. Nobody was invited twice. Try again; if it happens again, name the id below."},
}

// invalid is an input that stands in no form.
var invalid = failure{http.StatusUnprocessableEntity, "That cannot be taken", "Go back and correct it."}

// methodNotAllowed is a failure of HTTP alone.
const methodNotAllowed fault.Code = "METHOD_NOT_ALLOWED"

// fail answers a request whose handler returned err.
func (p *portal) fail(w http.ResponseWriter, r *http.Request, err error) {
	code := fault.CodeOf(err)
	if code == fault.Unauthenticated {
		p.askSignIn(w, r)
		return
	}
	f, ok := failures[code]
	if !ok {
		f = failures[fault.Internal]
	}
	if f.status >= http.StatusInternalServerError && r.Context().Err() == nil {
		p.Log.ErrorContext(r.Context(), "page failed", "method", r.Method, "path", r.URL.Path, "error", err)
	}
	frame := p.frame(r, component.Frame{Title: f.title})
	v := errorView{Text: f.text, RequestID: w.Header().Get(requestid.Header)}
	if l := fault.Of(err); len(l) > 0 && f.status < http.StatusInternalServerError {
		v.Reason = l[0].Message
	}
	if err := p.show(w, r, f.status, errorPage(frame, v)); err != nil {
		p.Log.ErrorContext(r.Context(), "error page failed", "path", r.URL.Path, "error", err)
		http.Error(w, f.title, f.status)
	}
}

// askSignIn leads to sign-in and back. What was being sent is not lost: htmx
// keeps the form and gets a dialog, other browsers get the fields back after
// sign-in. A live region just rests.
func (p *portal) askSignIn(w http.ResponseWriter, r *http.Request) {
	read := r.Method == http.MethodGet || r.Method == http.MethodHead
	switch {
	case Background(r):
		w.WriteHeader(http.StatusNoContent)
	case isHTMX(r) && !read:
		w.Header().Set("HX-Retarget", "#signin")
		w.Header().Set("HX-Reswap", "innerHTML")
		p.mustWrite(w, r, http.StatusUnauthorized, signInDialog(signInView{Form: component.Form{Prefix: "signin-"}, Sandbox: p.hasMailbox()}))
	case isHTMX(r):
		w.Header().Set("HX-Redirect", signInAddress(localPath(r.Header.Get("HX-Current-URL"))))
		w.WriteHeader(http.StatusNoContent)
	case read:
		http.Redirect(w, r, signInAddress(r.URL.RequestURI()), http.StatusSeeOther)
	case resumable[r.URL.Path]:
		v := signInView{Next: r.URL.Path, Keep: r.PostForm.Encode(), Ended: true, Sandbox: p.hasMailbox()}
		p.mustWrite(w, r, http.StatusUnauthorized, signInPage(p.frame(r, component.Frame{Title: "Sign in"}), v))
	default:
		http.Redirect(w, r, signInAddress(localPath(r.Referer())), http.StatusSeeOther)
	}
}

// Background says of a request that a page made it by itself, for its live
// regions: it should not keep a session from idling out.
func Background(r *http.Request) bool {
	return strings.HasSuffix(r.URL.Path, "/live") || strings.HasSuffix(r.URL.Path, "/events")
}

// mustWrite answers where nothing better is left to say.
func (p *portal) mustWrite(w http.ResponseWriter, r *http.Request, status int, c templ.Component) {
	if err := p.write(w, r, status, c); err != nil {
		p.Log.ErrorContext(r.Context(), "page failed", "path", r.URL.Path, "error", err)
		http.Error(w, failures[fault.Internal].title, http.StatusInternalServerError)
	}
}

// resumable are the forms whose fields come back after sign-in.
var resumable = map[string]bool{"/invite/email": true, "/invite/single": true}

func signInAddress(next string) string {
	if next == "/" {
		return "/sign-in"
	}
	return "/sign-in?" + url.Values{"next": {next}}.Encode()
}

// localPath returns the path and query of an address, "/" for what is no
// address of this site: a link must not lead elsewhere after sign-in.
func localPath(address string) string {
	u, err := url.Parse(address)
	if err != nil || !strings.HasPrefix(u.Path, "/") || strings.HasPrefix(u.Path, "//") || strings.Contains(address, `\`) {
		return "/"
	}
	return u.RequestURI()
}
