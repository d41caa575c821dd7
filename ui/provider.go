package ui

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"techbiz/internal/access"
	"techbiz/internal/fault"
	"techbiz/internal/requestid"
	"techbiz/internal/signin"
	"techbiz/ui/component"
)

const (
	// CallbackPath is where the OpenID provider sends people back to.
	CallbackPath = "/sign-in/callback"
	// SignedOutPath is where it does so once it has signed them out.
	SignedOutPath = "/signed-out"

	providerPath = "/sign-in/provider"
	donePath     = "/sign-in/done"
)

// toProvider leads to the OpenID provider. It is a link: a form may be redirected
// only where our content security policy says so.
func (p *portal) toProvider(w http.ResponseWriter, r *http.Request) error {
	next := localPath(r.FormValue("next"))
	if _, err := access.Require(r.Context()); err == nil {
		return seeOther(w, r, next)
	}
	to, err := p.SignIn.BeginProvider(w, r, next)
	if err != nil {
		return p.providerFault(w, r, next, err)
	}
	return seeOther(w, r, to)
}

// fromProvider signs in whom the provider names, and goes to where the person was
// going.
func (p *portal) fromProvider(w http.ResponseWriter, r *http.Request) error {
	next, err := p.SignIn.FinishProvider(w, r)
	if err != nil {
		return p.providerFault(w, r, next, err)
	}
	return seeOther(w, r, localPath(next))
}

// providerFault shows the sign-in page with what went wrong, and turns away whom a
// rule keeps out.
func (p *portal) providerFault(w http.ResponseWriter, r *http.Request, next string, err error) error {
	code := fault.CodeOf(err)
	status, known := map[fault.Code]int{fault.BadRequest: http.StatusBadRequest, fault.Unavailable: http.StatusServiceUnavailable}[code]
	if !known {
		return p.turnAway(w, r, err)
	}
	v := p.newSignInView()
	v.Next, v.Alert = localPath(next), fault.Of(err)[0].Message
	return p.showSignIn(w, r, status, "Sign in", v)
}

// doneAtProvider is for who signed in in a tab beside the page that waits.
func (p *portal) doneAtProvider(w http.ResponseWriter, r *http.Request) error {
	return p.write(w, r, http.StatusOK, donePage(p.frame(r, component.Frame{Title: "You are signed in"})))
}

// signedOut is where the provider leads after it has signed somebody out.
func (p *portal) signedOut(w http.ResponseWriter, r *http.Request) error {
	return p.write(w, r, http.StatusOK, signedOutPage(component.Frame{Title: "You are signed out", Links: p.Links, Year: p.year()}, p.SignIn.ProviderName()))
}

// signOutThere lets the browser sign out at the provider as well. What names the
// person is posted, and stands in no address.
func (p *portal) signOutThere(w http.ResponseWriter, r *http.Request, out *signin.ProviderSignOut) error {
	to, err := url.Parse(out.Address)
	if err != nil {
		return err
	}
	h := w.Header()
	policy := h.Get("Content-Security-Policy")
	h.Set("Content-Security-Policy", strings.Replace(policy, "form-action 'self'", "form-action 'self' "+to.Scheme+"://"+to.Host, 1))
	f := component.Frame{Title: "You are signed out", Links: p.Links, Year: p.year()}
	return p.write(w, r, http.StatusOK, signOutTherePage(f, p.SignIn.ProviderName(), out))
}

// signOutFields are the fields to post, always in the same order.
func signOutFields(out *signin.ProviderSignOut) []string { return slices.Sorted(maps.Keys(out.Fields)) }

// The pages for whom a rule keeps out.
var (
	vendor = failure{http.StatusForbidden, "This module is for public officers", "", []string{
		"If you are a vendor, ask the public officer you work with to create your TechPass account. You need nothing from here.",
		"If you are a public officer, sign in with your agency’s email address, not with a TechPass ID that ends in @techpass.gov.sg.",
	}}
	keptOut = failure{http.StatusForbidden, "You can’t sign in", "", []string{
		"If the rule speaks of your device, use a non-SE GSIB, or a Government Managed Device with SEED that meets your agency’s policies.",
		"If you think that you should get in, ask who runs TechBiz in your agency, and name the rule above and the request id below.",
	}}
	outside = failure{http.StatusForbidden, "This service can’t be used from here", "", []string{
		"Use a device and a network that are meant for it, such as a non-SE GSIB on your agency’s network.",
		"If you do, ask who runs TechBiz in your agency, and name the network address above and the request id below.",
	}}
)

// turnAway says which rule keeps somebody out, and where to get help. Other errors
// go on.
func (p *portal) turnAway(w http.ResponseWriter, r *http.Request, err error) error {
	f, back := keptOut, true
	switch {
	case access.Refused(r.Context()) != nil:
		f, back = outside, false
	case fault.CodeOf(err) == fault.NotPublicOfficer:
		f = vendor
	case fault.CodeOf(err) != fault.Forbidden:
		return err
	}
	v := errorView{Happened: fault.Of(err)[0].Message, Todo: f.todo, RequestID: w.Header().Get(requestid.Header), Away: true, Back: back}
	return p.show(w, r, f.status, errorPage(p.frame(r, component.Frame{Title: f.title}), v))
}

// refused answers a request that nobody may make from where it comes.
func (p *portal) refused(w http.ResponseWriter, r *http.Request) error {
	if Background(r) {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	return p.turnAway(w, r, access.Refused(r.Context()))
}
