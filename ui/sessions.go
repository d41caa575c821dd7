package ui

import (
	"net/http"

	"techbiz/ui/component"
	"techbiz/ui/operation"
)

// sessions lists where the officer is signed in.
func (p *portal) sessions(w http.ResponseWriter, r *http.Request) error {
	answer, err := operation.Sessions(r.Context(), p.gql)
	if err != nil {
		return err
	}
	f := p.frame(r, component.Frame{Title: "Where you are signed in", Crumbs: []component.Crumb{{Text: "Create TechPass account", Path: "/"}, {Text: "Where you are signed in"}}, Actions: signOutEverywhere()})
	return p.show(w, r, http.StatusOK, sessionsPage(f, p.SignIn.ProviderName(), answer.Sessions, r.URL.Query().Get("ended") != ""))
}

// endSession signs the officer out in another browser. One that has ended already
// is as the officer wanted it.
func (p *portal) endSession(w http.ResponseWriter, r *http.Request) error {
	answer, err := operation.EndSession(r.Context(), p.gql, r.PathValue("id"))
	if err != nil {
		return err
	}
	if e := answer.EndSession.Errors; len(e) > 0 && !hasCode(e, operation.ErrorCodeNotFound) {
		return faultOf(e)
	}
	return seeOther(w, r, "/sessions?ended=1")
}

// endSessions signs the officer out everywhere, and then here.
func (p *portal) endSessions(w http.ResponseWriter, r *http.Request) error {
	if _, err := operation.EndSessions(r.Context(), p.gql); err != nil {
		return err
	}
	return p.signOut(w, r)
}
