package ui

import (
	"cmp"
	"context"
	"net/http"
	"net/url"

	"techbiz/internal/access"
	"techbiz/internal/fault"
	"techbiz/ui/component"
	"techbiz/ui/operation"
)

// adminView is the administrators' page: allowed domains, requests for more, and
// people with their roles.
type adminView struct {
	component.Form
	Domains  []operation.AllowedDomainRow
	Requests []operation.RequestRow
	Query    url.Values // search and role
	People   []operation.OfficerRow
	Total    int
	Pager    component.Pager
	Done     string
}

// roles are the roles in words, lowest first.
var roles = []choice{
	{string(operation.RoleOfficer), "Officer"},
	{string(operation.RoleAgencyAdmin), "Agency administrator"},
	{string(operation.RoleAdmin), "Administrator"},
}

// adminDone is what the page says was done.
var adminDone = map[string]string{
	"allowed": "The domain is allowed.", "removed": "The domain is removed.",
	"approved": "The request is approved, and the domain allowed.", "refused": "The request is refused.", "role": "The role is changed.",
}

// administrator serves a handler to administrators.
func (p *portal) administrator(h handler) http.HandlerFunc {
	return p.officer(func(w http.ResponseWriter, r *http.Request) error {
		if a, _ := access.From(r.Context()); !a.May(access.AllowDomain) {
			return fault.New(fault.Forbidden, "This page is for administrators.")
		}
		return h(w, r)
	})
}

// admin shows the page.
func (p *portal) admin(w http.ResponseWriter, r *http.Request) error {
	if q := r.URL.Query(); !isHTMX(r) && hasEmpty(q) {
		clean(q)
		return seeOther(w, r, address("/admin", q))
	}
	v, err := p.adminView(r.Context(), r.URL.Query())
	if fault.CodeOf(err) == fault.BadRequest && isPage(r.URL.Query()) {
		return seeOther(w, r, withoutPage(r.URL))
	}
	if err != nil {
		return err
	}
	v.Done = adminDone[r.URL.Query().Get("done")]
	return p.showAdmin(w, r, http.StatusOK, v)
}

func (p *portal) adminView(ctx context.Context, q url.Values) (adminView, error) {
	clean(q)
	page := readPage(q)
	query := url.Values{}
	var of *operation.Role
	if v := q.Get("role"); textOf(roles, v) != "" {
		query.Set("role", v)
		of = pointer(operation.Role(v))
	}
	if v := q.Get("q"); v != "" {
		query.Set("q", v)
	}
	answer, err := operation.Administration(ctx, p.gql, page.First, page.After, page.Last, page.Before, optional(q.Get("q")), of)
	if err != nil {
		return adminView{}, err
	}
	people := answer.Officers
	return adminView{
		Domains: answer.AllowedDomains, Requests: answer.DomainRequests, Query: query,
		People: people.Nodes, Total: people.TotalCount,
		Pager: page.pager("/admin", query, people.PageInfo, len(people.Nodes), people.TotalCount),
	}, nil
}

func (p *portal) showAdmin(w http.ResponseWriter, r *http.Request, status int, v adminView) error {
	return p.show(w, r, status, adminPage(p.adminFrame(r, "Administration"), v), "results")
}

func (p *portal) adminFrame(r *http.Request, title string) component.Frame {
	return p.frame(r, component.Frame{Title: title, Heading: "Administration", Nav: "/admin", Crumbs: crumbs("Administration")})
}

// allowDomain adds a domain.
func (p *portal) allowDomain(w http.ResponseWriter, r *http.Request) error {
	typed := readValues(r, "domain")
	answer, err := operation.AllowDomain(r.Context(), p.gql, typed["domain"])
	if err != nil {
		return err
	}
	if e := answer.AllowDomain.Errors; len(e) > 0 {
		v, err := p.adminView(r.Context(), url.Values{})
		if err != nil {
			return err
		}
		v.Form = component.Form{Values: typed, Problems: onlyField(problemsOf(e), "domain")}
		return p.showAdmin(w, r, http.StatusUnprocessableEntity, v)
	}
	return seeOther(w, r, "/admin?done=allowed")
}

// confirmRemoval asks before a domain is removed.
func (p *portal) confirmRemoval(w http.ResponseWriter, r *http.Request) error {
	f := p.adminFrame(r, "Remove a domain – Administration")
	return p.show(w, r, http.StatusOK, removalPage(f, r.URL.Query().Get("domain")), "dialog")
}

// removeDomain removes a domain; one that is gone is as it was meant to be.
func (p *portal) removeDomain(w http.ResponseWriter, r *http.Request) error {
	answer, err := operation.DisallowDomain(r.Context(), p.gql, r.PostForm.Get("domain"))
	if err != nil {
		return err
	}
	if e := answer.DisallowDomain.Errors; len(e) > 0 && !hasCode(e, operation.ErrorCodeNotFound) {
		return fault.New(fault.Code(e[0].Code), "%s", e[0].Message)
	}
	return seeOther(w, r, "/admin?done=removed")
}

// decisionView is a request that is being decided.
type decisionView struct {
	component.Form
	Request operation.RequestRow
}

// decisionForm asks for the decision on a request.
func (p *portal) decisionForm(w http.ResponseWriter, r *http.Request) error {
	v, err := p.openRequest(r)
	if err != nil {
		return err
	}
	return p.showDecision(w, r, http.StatusOK, v)
}

func (p *portal) openRequest(r *http.Request) (decisionView, error) {
	answer, err := operation.DomainRequests(r.Context(), p.gql)
	if err != nil {
		return decisionView{}, err
	}
	for _, d := range answer.DomainRequests {
		if d.Id == r.PathValue("id") && d.State == operation.DomainRequestStateOpen {
			return decisionView{Request: d}, nil
		}
	}
	return decisionView{}, fault.New(fault.NotFound, "This request is not there, or has been decided already.")
}

func (p *portal) showDecision(w http.ResponseWriter, r *http.Request, status int, v decisionView) error {
	return p.show(w, r, status, decisionPage(p.adminFrame(r, "Decide a request – Administration"), v), "dialog")
}

// decide approves or refuses a request.
func (p *portal) decide(w http.ResponseWriter, r *http.Request) error {
	v, err := p.openRequest(r)
	if err != nil {
		return err
	}
	v.Form = component.Form{Values: readValues(r, "note", "decision")}
	approve := v.Value("decision") == "approve"
	answer, err := operation.DecideDomainRequest(r.Context(), p.gql, v.Request.Id, approve, optional(v.Value("note")))
	if err != nil {
		return err
	}
	if e := answer.DecideDomainRequest.Errors; len(e) > 0 {
		v.Problems = onlyField(problemsOf(e), "note")
		return p.showDecision(w, r, http.StatusUnprocessableEntity, v)
	}
	return seeOther(w, r, "/admin?done="+map[bool]string{true: "approved", false: "refused"}[approve])
}

// roleView is an officer whose role is being changed.
type roleView struct {
	component.Form
	Officer operation.OfficerRow
}

// roleForm asks for an officer's role.
func (p *portal) roleForm(w http.ResponseWriter, r *http.Request) error {
	v, err := p.roleView(r)
	if err != nil {
		return err
	}
	return p.showRole(w, r, http.StatusOK, v)
}

func (p *portal) roleView(r *http.Request) (roleView, error) {
	answer, err := operation.Officer(r.Context(), p.gql, r.PathValue("id"))
	if err != nil {
		return roleView{}, err
	}
	if answer.Officer == nil {
		return roleView{}, fault.New(fault.NotFound, "There is no such officer.")
	}
	v := roleView{Officer: *answer.Officer}
	v.Values = map[string]string{"role": string(v.Officer.Role)}
	return v, nil
}

func (p *portal) showRole(w http.ResponseWriter, r *http.Request, status int, v roleView) error {
	return p.show(w, r, status, rolePage(p.adminFrame(r, "Change a role – Administration"), v), "dialog")
}

// setRole gives an officer a role.
func (p *portal) setRole(w http.ResponseWriter, r *http.Request) error {
	v, err := p.roleView(r)
	if err != nil {
		return err
	}
	v.Values = readValues(r, "role")
	to := v.Value("role")
	if textOf(roles, to) == "" {
		return fault.New(fault.BadRequest, "There is no such role.")
	}
	answer, err := operation.SetRole(r.Context(), p.gql, v.Officer.Id, operation.Role(to))
	if err != nil {
		return err
	}
	if e := answer.SetRole.Errors; len(e) > 0 {
		v.Problems = onlyField(problemsOf(e), "role")
		return p.showRole(w, r, http.StatusUnprocessableEntity, v)
	}
	if a, _ := access.From(r.Context()); a.OfficerID.String() == v.Officer.Id && to != string(operation.RoleAdmin) {
		return seeOther(w, r, "/") // the page is no longer for this officer
	}
	return seeOther(w, r, "/admin?done=role")
}

// nameOf is how a person is called.
func nameOf(o operation.OfficerRow) string { return cmp.Or(text(o.Name), o.Email) }
