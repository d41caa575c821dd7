package ui

import (
	"context"
	"encoding/json"
	"hash/fnv"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/Khan/genqlient/graphql"
	"github.com/a-h/templ"

	"techbiz/internal/access"
	"techbiz/internal/fault"
	"techbiz/ui/component"
	"techbiz/ui/operation"
)

// statusView is User creation status: a page of invitations, and what was asked.
type statusView struct {
	Query url.Values // search and filters
	List  url.Values // Query and the order
	listed
	Sorting  sorting
	Whose    string // whose invitations can be shown besides the officer's own; "" for nobody's
	Live     string // address that gives news of this very page
	Events   string // address of the stream of such news
	Rows     []operation.InvitationRow
	Total    int
	Exact    bool
	Pager    component.Pager
	Chart    *component.Chart         // nil where it is fetched later
	Invited  *operation.InvitationRow // who was just invited
	Resent   *operation.InvitationRow // whose mail was just sent again
	Problems []component.Problem
}

// listed is what a row of the list needs to know of its page.
type listed struct {
	Back url.Values // the query that leads back to this very page
	Now  time.Time
}

// status lists the officer's invitations.
func (p *portal) status(w http.ResponseWriter, r *http.Request) error {
	if q := r.URL.Query(); !isHTMX(r) && hasEmpty(q) {
		clean(q)
		return seeOther(w, r, address("/status", q))
	}
	v, err := p.statusView(r.Context(), r.URL.Query())
	if fault.CodeOf(err) == fault.BadRequest && isPage(r.URL.Query()) {
		return seeOther(w, r, withoutPage(r.URL))
	}
	if err != nil {
		return err
	}
	if isHTMX(r) && target(r) == "results" {
		pushResults(w, r, "results")
		return p.write(w, r, http.StatusOK, statusAnswer(v))
	}
	if err := p.addNews(r, &v); err != nil {
		return err
	}
	return p.showStatus(w, r, http.StatusOK, v)
}

// statusLive answers with the list as it now stands, or with nothing when it
// stands as the page shows it.
func (p *portal) statusLive(w http.ResponseWriter, r *http.Request) error {
	v, err := p.statusView(r.Context(), r.URL.Query())
	if err != nil {
		return err
	}
	if v.Live == r.URL.RequestURI() {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	return p.write(w, r, http.StatusOK, statusNews(v))
}

// statusEvents is statusLive as a stream: each time an invitation changes, the
// list goes out if it is not what the page shows.
func (p *portal) statusEvents(w http.ResponseWriter, r *http.Request) error {
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	q := r.URL.Query()
	shown := address("/status/live", q)
	changes := subscribe[operation.InvitationUpdatedResponse](ctx, p.gql, &graphql.Request{
		OpName: "InvitationUpdated", Query: operation.InvitationUpdated_Operation,
		Variables: map[string]any{"allOfficers": filters(q).Has(officersFilter)},
	})
	return stream(p, w, r, changes, func(ctx context.Context, _ *operation.InvitationUpdatedResponse) (templ.Component, error) {
		v, err := p.statusView(ctx, q)
		if err != nil || v.Live == shown {
			return nil, err
		}
		shown = v.Live
		return statusNews(v), nil
	})
}

// resend sends the mail again. To htmx the row goes back, or the details where it
// was asked from there; to other browsers the list.
func (p *portal) resend(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	answer, err := operation.ResendInvitation(r.Context(), p.gql, id)
	if err != nil {
		return err
	}
	problems := answer.ResendInvitation.Errors
	if hasCode(problems, operation.ErrorCodeNotFound) {
		return noInvitation()
	}
	back := backOf(r)
	if r.PostForm.Has("details") {
		return p.changed(w, r, id, "resent", problems)
	}
	if isHTMX(r) {
		return p.resentRow(w, r, id, back, answer.ResendInvitation)
	}
	if len(problems) == 0 {
		back.Set("resent", id)
		return seeOther(w, r, address("/status", back))
	}
	r.URL = &url.URL{Path: "/status", RawQuery: back.Encode()}
	v, err := p.statusView(r.Context(), back)
	if err != nil {
		return err
	}
	v.Problems = problemsOf(problems)
	return p.showStatus(w, r, http.StatusUnprocessableEntity, v)
}

// resentRow answers with the row as it now stands and what came of the resend.
func (p *portal) resentRow(w http.ResponseWriter, r *http.Request, id string, back url.Values, answer operation.ResendInvitationResendInvitationInvitationPayload) error {
	if answer.Invitation != nil {
		return p.write(w, r, http.StatusOK, rowNews(*answer.Invitation, listed{back, p.Clock()}, "Sent."))
	}
	now, err := operation.Invitation(r.Context(), p.gql, id)
	if err != nil {
		return err
	}
	if now.Invitation == nil || len(answer.Errors) == 0 {
		return noInvitation()
	}
	return p.write(w, r, http.StatusUnprocessableEntity, rowNews(*now.Invitation, listed{back, p.Clock()}, answer.Errors[0].Message))
}

// statusView reads one page of the list, and the numbers above it where they are
// quickly counted or asked for.
func (p *portal) statusView(ctx context.Context, q url.Values) (statusView, error) {
	clean(q)
	page, sorted := readPage(q), sortingOf(q)
	answer, err := operation.Invitations(ctx, p.gql, page.First, page.After, page.Last, page.Before, invitationFilter(q), sorted.order())
	if err != nil {
		return statusView{}, err
	}
	list := answer.Invitations
	v := statusView{
		Query:   filters(q),
		List:    listQuery(q),
		listed:  listed{withoutNews(q), p.Clock()},
		Sorting: sorted,
		Whose:   colleagues(ctx),
		Rows:    list.Nodes,
		Total:   list.TotalCount,
		Exact:   list.TotalIsExact,
		Pager:   page.pager("/status", listQuery(q), list.PageInfo, len(list.Nodes), list.TotalCount),
	}
	v.Pager.Exact = list.TotalIsExact
	if v.Exact && v.Total <= overviewWithList || q.Has("overview") {
		chart, err := p.chart(ctx, q)
		if err != nil {
			return statusView{}, err
		}
		v.Chart = &chart
	}
	v.Live = liveAddress("/status/live", q, v.Rows, v.Total, v.Chart)
	v.Events = "/status/events" + strings.TrimPrefix(v.Live, "/status/live")
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
	return p.show(w, r, status, statusPage(f, v))
}

// liveAddress is where a page asks for news of itself: the address carries a
// hash of what the page shows.
func liveAddress(path string, q url.Values, shown ...any) string {
	query := withoutNews(q)
	query.Set("seen", digest(shown))
	return path + "?" + query.Encode()
}

// digest is a short hash of plain values.
func digest(v any) string {
	h := fnv.New64a()
	_ = json.NewEncoder(h).Encode(v) // plain structs and a hash: nothing can fail
	return strconv.FormatUint(h.Sum64(), 36)
}

// withoutNews is a query without what was just done and seen.
func withoutNews(q url.Values) url.Values {
	kept := maps.Clone(q)
	for _, name := range []string{"invited", "resent", "seen"} {
		kept.Del(name)
	}
	return kept
}

// hasEmpty says that a form sent parameters that say nothing.
func hasEmpty(q url.Values) bool {
	for _, values := range q {
		if !slices.ContainsFunc(values, func(v string) bool { return v != "" }) {
			return true
		}
	}
	return false
}

// backOf is the query of the page of the list that a form or a link came from.
func backOf(r *http.Request) url.Values {
	back, err := url.ParseQuery(r.FormValue("back"))
	if err != nil {
		return url.Values{}
	}
	return back
}

// colleagues says whose invitations and lists the officer can see besides the own
// ones, "" for nobody's.
func colleagues(ctx context.Context) string {
	switch a, _ := access.From(ctx); a.Role {
	case access.Admin:
		return "all officers"
	case access.AgencyAdmin:
		return "all officers of " + a.Agency()
	case access.Officer:
	}
	return ""
}

// noInvitation is what an address without an invitation answers.
func noInvitation() error {
	return fault.New(fault.NotFound, "This invitation is not there, or belongs to another officer.")
}
