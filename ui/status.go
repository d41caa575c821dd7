package ui

import (
	"encoding/json"
	"hash/fnv"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"techbiz/internal/fault"
	"techbiz/ui/component"
	"techbiz/ui/operation"
)

// statusView is User creation status: a page of invitations, and what was asked.
type statusView struct {
	Query    url.Values // search and filters
	Back     url.Values // the query that leads back to this very page
	Live     string     // address that gives news of this very page
	Rows     []operation.InvitationRow
	Total    int
	Exact    bool
	Pager    component.Pager
	Invited  *operation.InvitationRow // who was just invited
	Resent   *operation.InvitationRow // whose mail was just sent again
	Problems []component.Problem
}

// status lists the officer's invitations.
func (p *portal) status(w http.ResponseWriter, r *http.Request) error {
	v, err := p.statusView(r)
	if fault.CodeOf(err) == fault.BadRequest && isPage(r.URL.Query()) {
		return seeOther(w, r, withoutPage(r.URL))
	}
	if err != nil {
		return err
	}
	if err := p.addNews(r, &v); err != nil {
		return err
	}
	return p.showStatus(w, r, http.StatusOK, v)
}

// statusLive answers with the list as it now stands, or with nothing when it
// stands as the page shows it.
func (p *portal) statusLive(w http.ResponseWriter, r *http.Request) error {
	v, err := p.statusView(r)
	if err != nil {
		return err
	}
	if v.Live == r.URL.RequestURI() {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	return p.write(w, r, http.StatusOK, statusResults(v))
}

// resend sends the mail again. To htmx the row goes back, to other browsers the
// list.
func (p *portal) resend(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	answer, err := operation.ResendInvitation(r.Context(), p.gql, id)
	if err != nil {
		return err
	}
	problems := answer.ResendInvitation.Errors
	if hasCode(problems, operation.ErrorCodeNotFound) {
		return fault.New(fault.NotFound, "No such invitation.")
	}
	back, err := url.ParseQuery(r.PostForm.Get("back"))
	if err != nil {
		back = url.Values{}
	}
	if isHTMX(r) {
		return p.resentRow(w, r, id, back, answer.ResendInvitation)
	}
	if len(problems) == 0 {
		back.Set("resent", id)
		return seeOther(w, r, "/status?"+back.Encode())
	}
	r.URL = &url.URL{Path: "/status", RawQuery: back.Encode()}
	v, err := p.statusView(r)
	if err != nil {
		return err
	}
	v.Problems = problemsOf(problems)
	return p.showStatus(w, r, http.StatusUnprocessableEntity, v)
}

// resentRow answers with the row as it now stands and what came of the resend.
func (p *portal) resentRow(w http.ResponseWriter, r *http.Request, id string, back url.Values, answer operation.ResendInvitationResendInvitationInvitationPayload) error {
	if answer.Invitation != nil {
		return p.write(w, r, http.StatusOK, invitationRow(*answer.Invitation, back, "Sent."))
	}
	now, err := operation.Invitation(r.Context(), p.gql, id)
	if err != nil {
		return err
	}
	if now.Invitation == nil || len(answer.Errors) == 0 {
		return fault.New(fault.NotFound, "No such invitation.")
	}
	return p.write(w, r, http.StatusUnprocessableEntity, invitationRow(*now.Invitation, back, answer.Errors[0].Message))
}

func (p *portal) statusView(r *http.Request) (statusView, error) {
	q := r.URL.Query()
	clean(q)
	page := readPage(q)
	answer, err := operation.Invitations(r.Context(), p.gql, page.First, page.After, page.Last, page.Before, invitationFilter(q))
	if err != nil {
		return statusView{}, err
	}
	list := answer.Invitations
	v := statusView{
		Query: filters(q),
		Back:  withoutNews(q),
		Rows:  list.Nodes,
		Total: list.TotalCount,
		Exact: list.TotalIsExact,
		Pager: page.pager("/status", filters(q), list.PageInfo, len(list.Nodes), list.TotalCount),
	}
	v.Pager.Exact = list.TotalIsExact
	v.Live = liveAddress("/status/live", q, v.Rows, v.Total)
	return v, nil
}

// addNews adds what was just done, where the address says so.
func (p *portal) addNews(r *http.Request, v *statusView) error {
	for name, at := range map[string]**operation.InvitationRow{"invited": &v.Invited, "resent": &v.Resent} {
		id := r.URL.Query().Get(name)
		if id == "" {
			continue
		}
		answer, err := operation.Invitation(r.Context(), p.gql, id)
		if err != nil {
			return err
		}
		*at = answer.Invitation
	}
	return nil
}

func (p *portal) showStatus(w http.ResponseWriter, r *http.Request, status int, v statusView) error {
	f := p.frame(r, component.Frame{
		Title:   "User creation status",
		Nav:     "/status",
		Crumbs:  crumbs("User creation status"),
		Actions: statusActions(),
	})
	return p.show(w, r, status, statusPage(f, v), "results")
}

// filters keeps what belongs to the list and not to one page of it.
func filters(q url.Values) url.Values {
	kept := url.Values{}
	for _, name := range []string{"q", "techpass", "seed"} {
		if v := q.Get(name); v != "" {
			kept.Set(name, v)
		}
	}
	return kept
}

// invitationFilter reads the filters; a status that there is none of does not
// filter.
func invitationFilter(q url.Values) *operation.InvitationFilter {
	f := &operation.InvitationFilter{Search: optional(q.Get("q"))}
	if s := operation.TechPassStatus(q.Get("techpass")); slices.Contains(operation.AllTechPassStatus, s) {
		f.TechPassStatus = []operation.TechPassStatus{s}
	}
	if s := operation.SeedStatus(q.Get("seed")); slices.Contains(operation.AllSeedStatus, s) {
		f.SeedStatus = []operation.SeedStatus{s}
	}
	return f
}

// liveAddress is where a page asks for news of itself: the address carries a
// hash of what the page shows.
func liveAddress(path string, q url.Values, shown ...any) string {
	h := fnv.New64a()
	_ = json.NewEncoder(h).Encode(shown) // plain structs and a hash: nothing can fail
	query := withoutNews(q)
	query.Set("seen", strconv.FormatUint(h.Sum64(), 36))
	return path + "?" + query.Encode()
}

// withoutNews is a query without what was just done and seen.
func withoutNews(q url.Values) url.Values {
	kept := maps.Clone(q)
	for _, name := range []string{"invited", "resent", "seen"} {
		kept.Del(name)
	}
	return kept
}
