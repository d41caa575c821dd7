package ui

import (
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"techbiz/internal/access"
	"techbiz/internal/fault"
	"techbiz/ui/component"
)

// signInView is a step of signing in.
type signInView struct {
	component.Form
	Next    string // local path to go to afterwards
	Keep    string // fields of a form that was refused, encoded
	Ended   bool   // a session has ended
	SentTo  string // the address that the code went to
	Sandbox bool   // whether the mail is to be found in the sandbox

	Provider     string // what people call the OpenID provider; "" for none
	ProviderDown bool
	Codes        bool   // whether one-time codes are sent
	Alert        string // what went wrong at the provider
}

// signInForm shows the first step: whose code is wanted.
func (p *portal) signInForm(w http.ResponseWriter, r *http.Request) error {
	v := p.signInView(r)
	if _, err := access.Require(r.Context()); err == nil {
		return seeOther(w, r, v.Next)
	}
	return p.showSignIn(w, r, http.StatusOK, "Sign in", v)
}

// sendCode sends a one-time code and goes on to the second step.
func (p *portal) sendCode(w http.ResponseWriter, r *http.Request) error {
	v := p.signInView(r)
	email := strings.TrimSpace(r.PostForm.Get("email"))
	v.Values["email"] = email
	if err := p.SignIn.SendCode(w, r, email); err != nil {
		return p.signInFault(w, r, v, "Sign in", err)
	}
	v.SentTo = email
	if isHTMX(r) || v.Keep != "" {
		return p.showSignIn(w, r, http.StatusOK, "Enter your code", v)
	}
	return seeOther(w, r, "/sign-in/code"+strings.TrimPrefix(signInAddress(v.Next), "/sign-in"))
}

// codeForm shows the second step, to a browser that has asked for a code.
func (p *portal) codeForm(w http.ResponseWriter, r *http.Request) error {
	v := p.signInView(r)
	if v.SentTo = p.SignIn.PendingEmail(r); v.SentTo == "" {
		return seeOther(w, r, signInAddress(v.Next))
	}
	return p.showSignIn(w, r, http.StatusOK, "Enter your code", v)
}

// signIn checks the code and goes to where the person came from.
func (p *portal) signIn(w http.ResponseWriter, r *http.Request) error {
	v := p.signInView(r)
	v.SentTo = p.SignIn.PendingEmail(r)
	code := strings.TrimSpace(r.PostForm.Get("code"))
	v.Values["code"] = code
	if err := p.SignIn.SignIn(w, r, code); err != nil {
		return p.signInFault(w, r, v, "Enter your code", err)
	}
	switch {
	case isHTMX(r):
		w.Header().Set("HX-Trigger", "signed-in")
		w.WriteHeader(http.StatusNoContent)
		return nil
	case v.Keep != "":
		kept, err := url.ParseQuery(v.Keep)
		if err != nil || !resumable[v.Next] {
			return fault.Wrap(err, fault.BadRequest, "The kept form could not be read.")
		}
		return p.write(w, r, http.StatusOK, resumePage(p.frame(r, component.Frame{Title: "You are signed in"}), v.Next, kept))
	}
	return seeOther(w, r, v.Next)
}

// signOut ends the session.
func (p *portal) signOut(w http.ResponseWriter, r *http.Request) error {
	out, err := p.SignIn.SignOut(w, r)
	if err != nil {
		return err
	}
	// What the browser kept of the pages goes as well; it heeds this under HTTPS.
	w.Header().Set("Clear-Site-Data", `"cache", "storage"`)
	if out != nil {
		return p.signOutThere(w, r, out)
	}
	return seeOther(w, r, "/sign-in")
}

func (p *portal) signInView(r *http.Request) signInView {
	v := p.newSignInView()
	v.Values = map[string]string{}
	v.Next, v.Keep = localPath(r.FormValue("next")), r.PostForm.Get("keep")
	if !resumable[v.Next] {
		v.Keep = ""
	}
	return v
}

// newSignInView is the first step of nobody in particular.
func (p *portal) newSignInView() signInView {
	return signInView{Next: "/", Sandbox: p.hasMailbox(), Provider: p.SignIn.ProviderName(), Codes: p.SignIn.OffersCodes()}
}

// hasMailbox says whether mails are to be found in the sandbox.
func (p *portal) hasMailbox() bool { return p.Sandbox != nil && !p.MailLeaves }

// signInFault shows a step again with what is wrong.
func (p *portal) signInFault(w http.ResponseWriter, r *http.Request, v signInView, title string, err error) error {
	faults := fault.Of(err)
	inDialog := isHTMX(r) && target(r) == "signin"
	if code := fault.CodeOf(err); code == fault.Forbidden || code == fault.NotPublicOfficer && !inDialog {
		return p.turnAway(w, r, err)
	}
	if len(faults) == 0 || faults[0].Code == fault.Internal {
		return err
	}
	field := "email"
	if v.SentTo != "" {
		field = "code"
	}
	status := http.StatusUnprocessableEntity
	for _, f := range faults {
		switch f.Code {
		case fault.RateLimited:
			status = http.StatusTooManyRequests
			if f.RetryAt != nil {
				w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(p.SignIn.Until(*f.RetryAt).Seconds()))))
			}
		case fault.Unavailable:
			status = http.StatusServiceUnavailable
		}
		v.Problems = append(v.Problems, component.Problem{Field: field, Message: f.Message})
	}
	return p.showSignIn(w, r, status, title, v)
}

// showSignIn answers with a step: as a page, or to htmx as a dialog over the
// page whose session has ended.
func (p *portal) showSignIn(w http.ResponseWriter, r *http.Request, status int, title string, v signInView) error {
	if v.Provider != "" && v.SentTo == "" {
		v.ProviderDown = p.SignIn.ProviderDown(r.Context())
	}
	if isHTMX(r) && target(r) == "signin" {
		v.Prefix = "signin-"
		return p.write(w, r, status, signInDialog(v))
	}
	if isHTMX(r) {
		return p.redirectHTMX(w, r, v)
	}
	return p.write(w, r, status, signInPage(p.frame(r, component.Frame{Title: title}), v))
}

// redirectHTMX makes the browser load the address itself, where a part of a page
// was asked for and the whole page is another one. Steps of signing in are sent by
// the dialog's form alone: whatever else sent one begins again.
func (p *portal) redirectHTMX(w http.ResponseWriter, r *http.Request, v signInView) error {
	address := r.URL.RequestURI()
	if r.Method != http.MethodGet {
		address = signInAddress(v.Next)
	}
	w.Header().Set("HX-Redirect", address)
	w.WriteHeader(http.StatusNoContent)
	return nil
}
