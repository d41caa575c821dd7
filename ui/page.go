package ui

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"techbiz/internal/access"
	"techbiz/internal/clock"
	"techbiz/internal/fault"
	"techbiz/ui/component"
)

// Bodies that are no file: forms and the sandbox's JSON.
const maxForm = 64 << 10

// Every browser knows report-uri. Its successor report-to silences it, and is not
// heard where the portal is not reached by HTTPS.
const contentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; report-uri /csp-report"

// handler answers a request, or says why not.
type handler func(w http.ResponseWriter, r *http.Request) error

// serve answers by a handler, and turns a fault into a page, and a panic into the
// one for INTERNAL.
func (p *portal) serve(h handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if cause := recover(); cause != nil {
				if cause == http.ErrAbortHandler {
					panic(cause)
				}
				p.fail(w, r, fmt.Errorf("panic: %v\n%s", cause, debug.Stack()))
			}
		}()
		err := access.Refused(r.Context())
		if err == nil {
			err = h(w, r)
		}
		if err != nil {
			p.fail(w, r, err)
		}
	}
}

// open serves a handler to anybody, with a form that is bounded and read.
func (p *portal) open(h handler) http.HandlerFunc { return p.serve(withForm(h)) }

// officer serves a handler to whoever is signed in, and leads others to sign-in
// and back.
func (p *portal) officer(h handler) http.HandlerFunc { return p.serve(withForm(signedInOnly(h))) }

// officerFile is officer for a handler that bounds and reads its body itself.
func (p *portal) officerFile(h handler) http.HandlerFunc { return p.serve(signedInOnly(h)) }

// limited counts each request, before anything is spent on it.
func (p *portal) limited(next http.Handler) http.Handler {
	if p.Take == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		reads, changes := 0, 1
		if r.Method == http.MethodGet || r.Method == http.MethodHead {
			reads, changes = 1, 0
		}
		if err := p.Take(r.Context(), reads, changes); err != nil {
			p.fail(w, r, err)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func signedInOnly(h handler) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if _, err := access.Require(r.Context()); err != nil {
			return err
		}
		return h(w, r)
	}
}

func withForm(h handler) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		if !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
			err := r.ParseForm()
			if m := r.ParseMultipartForm(maxForm); err == nil && !errors.Is(m, http.ErrNotMultipart) { // #nosec G120 -- bounded above
				err = m
			}
			if err != nil {
				return fault.Wrap(err, fault.BadRequest, "The form could not be read.")
			}
		}
		return h(w, r)
	}
}

// headers says how pages may be used and kept.
func headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", contentSecurityPolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		h.Add("Vary", "HX-Request")
		next.ServeHTTP(w, r)
	})
}

// frame fills in what is the same on every page.
func (p *portal) frame(r *http.Request, f component.Frame) component.Frame {
	if a, ok := access.From(r.Context()); ok {
		f.Officer, f.Name, f.Session = a.Email, a.Name, sessionTime(r)
		f.Admin = a.May(access.AllowDomain)
	}
	f.Links = p.Links
	f.Year = p.year()
	f.Partial = isHTMX(r)
	return f
}

// year is the one in the footer.
func (p *portal) year() int { return p.Clock().In(clock.Singapore).Year() }

func isHTMX(r *http.Request) bool {
	return r.Header.Get("HX-Request") == "true" && r.Header.Get("HX-History-Restore-Request") == ""
}

// target is the id of the element that htmx will replace.
func target(r *http.Request) string {
	_, id, _ := strings.Cut(r.Header.Get("HX-Target"), "#")
	return id
}

// show answers with a page. To htmx only the part that the request targets goes
// out, if the page has it; otherwise everything between header and footer.
func (p *portal) show(w http.ResponseWriter, r *http.Request, status int, page templ.Component, parts ...string) error {
	if !isHTMX(r) {
		return p.write(w, r, status, page)
	}
	part := target(r)
	if slices.Contains(parts, part) {
		pushResults(w, r, part)
	} else {
		part = "shell"
		w.Header().Set("HX-Retarget", "#shell")
		w.Header().Set("HX-Reswap", "outerHTML show:window:top")
		if r.Method == http.MethodGet && status == http.StatusOK && r.URL.RequestURI() != localPath(r.Header.Get("HX-Current-URL")) {
			w.Header().Set("HX-Push-Url", r.URL.RequestURI())
		}
	}
	return p.write(w, r, status, templ.ComponentFunc(func(ctx context.Context, out io.Writer) error {
		return templ.RenderFragments(ctx, out, page, part)
	}))
}

// write renders first and answers then, so that a template's error is a page,
// too, and not half of one.
func (p *portal) write(w http.ResponseWriter, r *http.Request, status int, c templ.Component) error {
	var b bytes.Buffer
	if err := c.Render(r.Context(), &b); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = b.WriteTo(w) // the browser went away
	return nil
}

// pushResults keeps the address in step with a list: a new entry of the history
// for a filter or a page, none for each pause in typing.
func pushResults(w http.ResponseWriter, r *http.Request, part string) {
	if part != "results" || r.Method != http.MethodGet || Background(r) {
		return
	}
	q := r.URL.Query()
	clean(q)
	address := (&url.URL{Path: r.URL.Path, RawQuery: q.Encode()}).RequestURI()
	before, err := url.Parse(r.Header.Get("HX-Current-URL"))
	if err == nil && onlySearchDiffers(before.Query(), q) {
		w.Header().Set("HX-Replace-Url", address)
		return
	}
	w.Header().Set("HX-Push-Url", address)
}

// clean drops empty parameters.
func clean(q url.Values) {
	for name, values := range q {
		if len(values) == 0 || values[0] == "" {
			delete(q, name)
		}
	}
}

func onlySearchDiffers(a, b url.Values) bool {
	for _, q := range []url.Values{a, b} {
		q.Del("q")
	}
	return a.Encode() == b.Encode()
}

// seeOther answers a form that was accepted.
func seeOther(w http.ResponseWriter, r *http.Request, address string) error {
	http.Redirect(w, r, address, http.StatusSeeOther) // #nosec G710 -- each caller makes the address itself
	return nil
}
