package ui

import (
	"net/http"

	"techbiz/ui/component"
	"techbiz/ui/operation"
)

// domainsView is the form with which an officer asks for a domain, and what became
// of the officer's requests.
type domainsView struct {
	component.Form
	Requests []operation.RequestRow
	Sent     bool
}

// requestForm shows the form and the officer's requests.
func (p *portal) requestForm(w http.ResponseWriter, r *http.Request) error {
	return p.showRequests(w, r, http.StatusOK, domainsView{Sent: r.URL.Query().Has("sent")})
}

// requestDomain asks for a domain.
func (p *portal) requestDomain(w http.ResponseWriter, r *http.Request) error {
	v := domainsView{Form: component.Form{Values: readValues(r, "domain", "reason")}}
	answer, err := operation.RequestDomain(r.Context(), p.gql, v.Value("domain"), v.Value("reason"))
	if err != nil {
		return err
	}
	if e := answer.RequestDomain.Errors; len(e) > 0 {
		v.Problems = problemsOf(e)
		return p.showRequests(w, r, http.StatusUnprocessableEntity, v)
	}
	return seeOther(w, r, "/domains/request?sent=1")
}

func (p *portal) showRequests(w http.ResponseWriter, r *http.Request, status int, v domainsView) error {
	answer, err := operation.DomainRequests(r.Context(), p.gql)
	if err != nil {
		return err
	}
	for _, d := range answer.DomainRequests {
		if d.RequestedBy.Email == p.frame(r, component.Frame{}).Officer { // an administrator gets everybody's
			v.Requests = append(v.Requests, d)
		}
	}
	f := p.frame(r, component.Frame{Title: "Ask for a domain", Crumbs: crumbs("Ask for a domain"), Actions: component.FormActions("/", "request")})
	return p.show(w, r, status, domainsPage(f, v))
}

// requestStates are the words for where a request stands.
var requestStates = map[operation.DomainRequestState]word{
	operation.DomainRequestStateOpen:     {text: "Waiting", tone: "warn"},
	operation.DomainRequestStateApproved: {text: "Approved", tone: "ok"},
	operation.DomainRequestStateRefused:  {text: "Refused", tone: "bad"},
}
