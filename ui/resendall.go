package ui

import (
	"cmp"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"techbiz/ui/component"
	"techbiz/ui/operation"
)

// resendAllView is the question before, or the receipt after, a resend to all
// that match.
type resendAllView struct {
	Query   url.Values // filters
	Back    url.Values // query of the list
	Resent  int
	LeftOut []leftOutCount
}

// leftOutCount is how many were left out for one reason.
type leftOutCount struct {
	reason string
	count  int
}

// leftOutReasons are the reasons in words, as they follow a number of people.
var leftOutReasons = map[operation.ErrorCode]string{
	operation.ErrorCodeResendTooSoon: "resent in the last 24 hours",
	operation.ErrorCodeNotResendable: "onboarded already, ended, or still waiting for the first mail",
}

// confirmResendAll says to how many the mail would go, and who is left out.
func (p *portal) confirmResendAll(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	answer, err := operation.ResendInvitations(r.Context(), p.gql, invitationFilter(q), true)
	if err != nil {
		return err
	}
	found := answer.ResendInvitations
	v := resendAllView{Query: filters(q), Back: listQuery(q), Resent: found.Resent}
	for _, l := range found.LeftOut {
		v.LeftOut = append(v.LeftOut, leftOutCount{cmp.Or(leftOutReasons[l.Code], l.Message), l.Count})
	}
	return p.show(w, r, http.StatusOK, resendAllPage(p.resendAllFrame(r, v), v), "dialog")
}

// resendAll sends the mail again to all that match and can be resent. The receipt
// is a page of its own, so that a reload does not send anew.
func (p *portal) resendAll(w http.ResponseWriter, r *http.Request) error {
	answer, err := operation.ResendInvitations(r.Context(), p.gql, invitationFilter(r.PostForm), false)
	if err != nil {
		return err
	}
	sent := answer.ResendInvitations
	q := listQuery(r.PostForm)
	q.Set("sent", strconv.Itoa(sent.Resent))
	for _, l := range sent.LeftOut {
		q.Set(string(l.Code), strconv.Itoa(l.Count))
	}
	return seeOther(w, r, address("/status/resend/done", q))
}

// resentAll is the receipt.
func (p *portal) resentAll(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	v := resendAllView{Query: filters(q), Back: listQuery(q), Resent: number(q.Get("sent"))}
	for _, code := range slices.Sorted(maps.Keys(leftOutReasons)) {
		if n := number(q.Get(string(code))); n > 0 {
			v.LeftOut = append(v.LeftOut, leftOutCount{leftOutReasons[code], n})
		}
	}
	return p.show(w, r, http.StatusOK, resentAllPage(p.resendAllFrame(r, v), v), "dialog")
}

func (p *portal) resendAllFrame(r *http.Request, v resendAllView) component.Frame {
	way := crumbs("User creation status", "Resend to all")
	way[1].Path = address("/status", v.Back)
	return p.frame(r, component.Frame{Title: "Resend to all – User creation status", Heading: "Resend to all", Nav: "/status", Crumbs: way})
}

// number reads a count of an address, 0 for what is none.
func number(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return 0
	}
	return max(0, n)
}

// leftOutTotal is how many were left out altogether.
func leftOutTotal(v resendAllView) int {
	n := 0
	for _, l := range v.LeftOut {
		n += l.count
	}
	return n
}

func resendAllQuestion(v resendAllView) string {
	if v.Resent == 0 {
		return "Nobody can be resent now"
	}
	return "Resend to " + component.Plural(v.Resent, "person", "people") + "?"
}

func resendAllReceipt(v resendAllView) string {
	return "Sent again to " + component.Plural(v.Resent, "person", "people")
}
