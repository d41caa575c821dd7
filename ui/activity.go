package ui

import (
	"context"
	"net/http"
	"net/url"
	"slices"

	"techbiz/internal/fault"
	"techbiz/ui/component"
	"techbiz/ui/operation"
)

// activityView is a page of the activity log, and what was asked.
type activityView struct {
	Query url.Values
	Types []choice
	Rows  []operation.ActivityRow
	Total int
	Exact bool
	Pager component.Pager
}

// activityFilters are the parameters that narrow the log; the first is the search.
var activityFilters = []string{"q", "event", "from", "to"}

// activity lists what was done.
func (p *portal) activity(w http.ResponseWriter, r *http.Request) error {
	if q := r.URL.Query(); !isHTMX(r) && hasEmpty(q) {
		clean(q)
		return seeOther(w, r, address("/activity", q))
	}
	v, err := p.activityView(r.Context(), r.URL.Query())
	if fault.CodeOf(err) == fault.BadRequest && isPage(r.URL.Query()) {
		return seeOther(w, r, withoutPage(r.URL))
	}
	if err != nil {
		return err
	}
	if isHTMX(r) && target(r) == "results" {
		pushResults(w, r, "results")
		return p.write(w, r, http.StatusOK, activityAnswer(v))
	}
	f := p.frame(r, component.Frame{
		Title:   "Activity",
		Nav:     "/activity",
		Crumbs:  crumbs("Activity"),
		Actions: activityActions(v),
	})
	return p.show(w, r, http.StatusOK, activityPage(f, v))
}

func (p *portal) activityView(ctx context.Context, q url.Values) (activityView, error) {
	clean(q)
	page := readPage(q)
	query := activityQuery(q)
	answer, err := operation.Activities(ctx, p.gql, page.First, page.After, page.Last, page.Before, activityFilter(query))
	if err != nil {
		return activityView{}, err
	}
	list := answer.Activity
	v := activityView{
		Query: query, Rows: list.Nodes, Total: list.TotalCount, Exact: list.TotalIsExact,
		Pager: page.pager("/activity", query, list.PageInfo, len(list.Nodes), list.TotalCount),
	}
	v.Pager.Exact = v.Exact
	for _, t := range answer.ActivityTypes {
		v.Types = append(v.Types, choice{t.Type, t.Name})
	}
	return v, nil
}

// activityQuery keeps what narrows the log.
func activityQuery(q url.Values) url.Values {
	kept := url.Values{}
	for _, name := range activityFilters {
		v := q.Get(name)
		if _, err := day(v); v == "" || slices.Contains([]string{"from", "to"}, name) && err != nil {
			continue
		}
		kept.Set(name, v)
	}
	return kept
}

// activityFilter turns filters into the API's; the last day counts as a whole.
func activityFilter(q url.Values) *operation.ActivityFilter {
	f := &operation.ActivityFilter{Search: optional(q.Get("q"))}
	if v := q.Get("event"); v != "" {
		f.Type = []string{v}
	}
	if from, err := day(q.Get("from")); err == nil {
		f.From = pointer(from.UTC())
	}
	if to, err := day(q.Get("to")); err == nil {
		f.To = pointer(to.AddDate(0, 0, 1).UTC())
	}
	return f
}

// activityTone is how a kind of act stands out: what was refused, what brought
// something about, what ended well. The others are plain.
func activityTone(kind string) string {
	switch kind {
	case "ACCESS_REFUSED", "SIGN_IN_REFUSED":
		return "bad"
	case "LIST_COMPLETED":
		return "ok"
	case "INVITATION_CANCELLED", "LIST_STOPPED", "LIST_UNDONE", "TOKEN_REVOKED", "ROLE_CHANGED", "PERSON_ERASED", "DOMAIN_DISALLOWED":
		return "warn"
	case "INVITATION_SENT", "INVITATION_RESENT", "INVITATIONS_RESENT", "ACCOUNT_CREATED", "ADDRESS_CORRECTED", "LIST_SUBMITTED",
		"LIST_RETRIED", "LIST_CONTINUED", "TOKEN_CREATED", "DOMAIN_ALLOWED":
		return "info"
	}
	return "plain"
}

// whoActed names who acted.
func whoActed(a operation.ActivityRow) string {
	switch {
	case a.Actor != nil && text(a.Actor.Name) != "":
		return *a.Actor.Name
	case a.Actor != nil:
		return a.Actor.Email
	case text(a.By) != "":
		return *a.By
	case a.ActorKind == operation.ActorKindSystem:
		return "TechBiz"
	case a.ActorKind == operation.ActorKindNobody:
		return "Unknown"
	}
	return "Erased"
}

// actedBy is whoActed with the way of it where that is a token.
func actedBy(a operation.ActivityRow) string {
	if a.ActorKind == operation.ActorKindToken {
		return whoActed(a) + ", by token"
	}
	return whoActed(a)
}

// onWhom is the subject with what else there is to say.
func onWhom(a operation.ActivityRow) string {
	subject, detail := text(a.Subject), text(a.Detail)
	if subject == "" || detail == "" {
		return subject + detail
	}
	return subject + ", " + detail
}

func activityTotal(v activityView) string {
	if v.Exact {
		return component.Count(v.Total)
	}
	return "more than " + component.Count(v.Total)
}

// activityMatching says aloud how many records match.
func activityMatching(v activityView) string {
	if v.Exact {
		return component.Plural(v.Total, "record", "records")
	}
	return activityTotal(v) + " records"
}
