package ui

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/a-h/templ"

	"techbiz/internal/access"
	"techbiz/internal/fault"
	"techbiz/internal/requestid"
	"techbiz/internal/signin"
	"techbiz/ui/component"
)

// failure is how a fault is shown as a page: what happened, where the fault says
// nothing better, and what to do.
type failure struct {
	status          int
	title, happened string
	todo            []string
}

// errorView is what an error page says below its title.
type errorView struct {
	Happened  string
	Todo      []string
	Again     string // address to try again, "" where that may not help
	Away      bool   // somebody is turned away: there is nothing to go on to
	Back      bool   // but signing in as somebody else
	RequestID string
}

// failures is the one table from faults to pages.
var failures = map[fault.Code]failure{
	fault.BadRequest:      unreadable,
	fault.QueryTooComplex: unreadable,
	fault.Forbidden: {http.StatusForbidden, "You may not do that", "Your account does not allow it.", []string{
		"If you came from a link or a bookmark, begin again from the menu.",
		"If your work needs it, ask who runs TechBiz in your agency to allow it.",
	}},
	fault.NotFound: {http.StatusNotFound, "Page not found", "No page has this address.", []string{
		"If you typed the address, check that it is right and whole.",
		"If you followed a link or a bookmark, what it led to may have been removed, or belong to another officer.",
		"Whom you invited stands in User creation status.",
	}},
	fault.BatchEmpty:     impossible,
	fault.NotCancellable: impossible,
	fault.Conflict:       impossible,
	fault.FileTooLarge: {http.StatusRequestEntityTooLarge, "That is too large", "More was sent than we can take at once.", []string{
		"Split it, and send the parts one after the other.",
	}},
	fault.Required:      invalid,
	fault.TooLong:       invalid,
	fault.InvalidFormat: invalid,
	fault.RateLimited: {http.StatusTooManyRequests, "Too many requests", "More came from you at once than we can answer.", []string{
		"Wait a minute, and try again.",
	}},
	fault.Unavailable: unavailable,
	fault.Throttled:   unavailable,
	methodNotAllowed: {http.StatusMethodNotAllowed, "That is not how this page works", "It was asked in a way that it does not know.", []string{
		"Begin again from the menu.",
	}},
	fault.Internal: {http.StatusInternalServerError, "Something went wrong", "It was our fault, not yours, and it has been logged. What you did before is kept, and nobody was invited twice.", []string{
		"Try again in a minute.",
		"If it happens again, tell who runs TechBiz in your agency, and name the request id below.",
	}},
}

var (
	unreadable = failure{http.StatusBadRequest, "We could not read that request", "Something in it was missing or damaged on its way.", []string{
		"Go back, and try again.",
	}}
	impossible = failure{http.StatusConflict, "That is not possible now", "Something has changed in the meantime.", []string{
		"Go back, and look at how it stands now.",
	}}
	// invalid is an input that stands in no form.
	invalid = failure{http.StatusUnprocessableEntity, "That cannot be taken", "Something in it is not as it has to be.", []string{
		"Go back, and correct it.",
	}}
	unavailable = failure{http.StatusServiceUnavailable, "Something does not answer", "A service that this page needs does not answer at the moment. What you did before is kept.", []string{
		"Try again in a few minutes.",
		"If it lasts, tell who runs TechBiz in your agency, and name the request id below.",
	}}
)

// methodNotAllowed is a failure of HTTP alone.
const methodNotAllowed fault.Code = "METHOD_NOT_ALLOWED"

// clientClosed is the status by which proxies log a request that its browser
// cancelled; HTTP has none.
const clientClosed = 499

// fail answers a request whose handler returned err.
func (p *portal) fail(w http.ResponseWriter, r *http.Request, err error) {
	code := fault.CodeOf(err)
	if access.Refused(r.Context()) != nil {
		if err := p.refused(w, r); err != nil {
			p.Log.ErrorContext(r.Context(), "error page failed", "path", r.URL.Path, "error", err)
		}
		return
	}
	if code == fault.Unauthenticated {
		p.askSignIn(w, r)
		return
	}
	if r.Context().Err() != nil {
		// The browser has cancelled the request, for a later one or a closed tab: no
		// error, and nobody reads an answer.
		w.WriteHeader(clientClosed)
		return
	}
	f, ok := failures[code]
	if !ok {
		f = failures[fault.Internal]
	}
	if f.status >= http.StatusInternalServerError {
		p.Log.ErrorContext(r.Context(), "page failed", "method", r.Method, "route", r.Pattern, "error", err)
	}
	if Background(r) && code == fault.RateLimited {
		w.Header().Set("HX-Reswap", "none") // what stands there stays, until the next time
		w.WriteHeader(f.status)
		return
	}
	frame := p.frame(r, component.Frame{Title: f.title})
	v := errorView{Happened: f.happened, Todo: f.todo, RequestID: w.Header().Get(requestid.Header)}
	switch l := fault.Of(err); {
	case f.status < http.StatusInternalServerError && len(l) > 0:
		v.Happened = l[0].Message
	case f.status >= http.StatusInternalServerError && r.Method == http.MethodGet:
		v.Again = r.URL.RequestURI()
	}
	if err := p.show(w, r, f.status, errorPage(frame, v)); err != nil {
		p.Log.ErrorContext(r.Context(), "error page failed", "route", r.Pattern, "error", err)
		http.Error(w, f.title, f.status)
	}
}

// askSignIn leads to sign-in and back. What was being sent is not lost: htmx
// keeps the form and gets a dialog, other browsers get the fields back after
// sign-in. A live region just rests, and a program hears that its token is no good.
func (p *portal) askSignIn(w http.ResponseWriter, r *http.Request) {
	read := r.Method == http.MethodGet || r.Method == http.MethodHead
	switch {
	case signin.BadToken(r.Context()):
		w.Header().Set("WWW-Authenticate", "Bearer")
		http.Error(w, "The token signs nobody in. It may have expired or been revoked.", http.StatusUnauthorized)
	case Background(r):
		w.WriteHeader(http.StatusNoContent)
	case isHTMX(r) && !read:
		w.Header().Set("HX-Retarget", "#signin")
		w.Header().Set("HX-Reswap", "innerHTML")
		p.mustWrite(w, r, http.StatusUnauthorized, p.dialogAgain(r))
	case isHTMX(r):
		w.Header().Set("HX-Redirect", signInAddress(localPath(r.Header.Get("HX-Current-URL"))))
		w.WriteHeader(http.StatusNoContent)
	case read:
		http.Redirect(w, r, signInAddress(r.URL.RequestURI()), http.StatusSeeOther)
	case resumable[r.URL.Path]:
		v := p.newSignInView()
		v.Next, v.Keep, v.Ended = r.URL.Path, r.PostForm.Encode(), true
		p.mustWrite(w, r, http.StatusUnauthorized, signInPage(p.frame(r, component.Frame{Title: "Sign in"}), v))
	default:
		http.Redirect(w, r, signInAddress(localPath(r.Referer())), http.StatusSeeOther)
	}
}

// dialogAgain asks to sign in again, over a page whose session has ended.
func (p *portal) dialogAgain(r *http.Request) templ.Component {
	v := p.newSignInView()
	v.Prefix, v.ProviderDown = "signin-", p.SignIn.ProviderDown(r.Context())
	return signInDialog(v)
}

// Background says of a request that a page made it by itself, for its live
// regions: it should not keep a session from idling out.
func Background(r *http.Request) bool {
	return strings.HasSuffix(r.URL.Path, "/live") || Streams(r)
}

// mustWrite answers where nothing better is left to say.
func (p *portal) mustWrite(w http.ResponseWriter, r *http.Request, status int, c templ.Component) {
	if err := p.write(w, r, status, c); err != nil {
		p.Log.ErrorContext(r.Context(), "page failed", "route", r.Pattern, "error", err)
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
