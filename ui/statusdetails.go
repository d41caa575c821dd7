package ui

import (
	"context"
	"maps"
	"net/http"
	"net/url"

	"github.com/a-h/templ"

	"techbiz/ui/component"
	"techbiz/ui/operation"
)

// detailsView is one invitation with its history.
type detailsView struct {
	component.Form // of the corrected address
	I              operation.InvitationDetails
	Back           url.Values // query of the page of the list
	Drawer         bool       // over the list, and not a page of its own
	Done           string     // what was just done: resent, cancelled or corrected
	Live           string     // address that gives news of the drawer
}

// details shows one invitation: as a drawer over the list, or as a page.
func (p *portal) details(w http.ResponseWriter, r *http.Request) error {
	v, err := p.detailsView(r)
	if err != nil {
		return err
	}
	v.Done = r.URL.Query().Get("done")
	return p.showDetails(w, r, http.StatusOK, v)
}

// detailsLive answers with the drawer as it now stands, or with nothing when it
// stands as the page shows it.
func (p *portal) detailsLive(w http.ResponseWriter, r *http.Request) error {
	v, err := p.detailsView(r)
	if err != nil {
		return err
	}
	if v.Live == r.URL.RequestURI() {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	v.Drawer = true
	return p.write(w, r, http.StatusOK, drawerLive(v))
}

// confirmCancel asks before an invitation is called off.
func (p *portal) confirmCancel(w http.ResponseWriter, r *http.Request) error {
	v, err := p.detailsView(r)
	if err != nil {
		return err
	}
	return p.show(w, r, http.StatusOK, cancelPage(p.detailsFrame(r, v, "Cancel the invitation"), v), "dialog")
}

// cancelInvitation calls an invitation off.
func (p *portal) cancelInvitation(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	answer, err := operation.CancelInvitation(r.Context(), p.gql, id)
	if err != nil {
		return err
	}
	return p.changed(w, r, id, "cancelled", answer.CancelInvitation.Errors)
}

// correctForm asks for the address that was meant.
func (p *portal) correctForm(w http.ResponseWriter, r *http.Request) error {
	v, err := p.detailsView(r)
	if err != nil {
		return err
	}
	v.Values = map[string]string{"email": v.I.Email}
	return p.showCorrect(w, r, http.StatusOK, v)
}

// correct ends an invitation and starts another one at the address that was
// meant, or shows the form again with what to correct.
func (p *portal) correct(w http.ResponseWriter, r *http.Request) error {
	v, err := p.detailsView(r)
	if err != nil {
		return err
	}
	v.Values = readValues(r, "email")
	answer, err := operation.CorrectAddress(r.Context(), p.gql, v.I.Id, v.Value("email"))
	if err != nil {
		return err
	}
	if made := answer.CorrectAddress.Invitation; made != nil && len(answer.CorrectAddress.Errors) == 0 {
		return p.changed(w, r, made.Id, "corrected", nil)
	}
	v.Problems = onlyField(problemsOf(answer.CorrectAddress.Errors), "email")
	return p.showCorrect(w, r, http.StatusUnprocessableEntity, v)
}

// checkCorrect answers with the field of the address, as it is left.
func (p *portal) checkCorrect(w http.ResponseWriter, r *http.Request) error {
	v, err := p.detailsView(r)
	if err != nil {
		return err
	}
	v.Values, v.CheckURL = readValues(r, "email"), r.URL.Path
	problems, err := p.checkAddress(r.Context(), v.I, v.Value("email"))
	if err != nil {
		return err
	}
	for _, problem := range problems {
		if problem.Field == "email" {
			v.Problems = append(v.Problems, problem)
		}
	}
	return p.write(w, r, http.StatusOK, addressField(v.Form))
}

// checkAddress asks what would be wrong with an invitation at another address.
func (p *portal) checkAddress(ctx context.Context, i operation.InvitationDetails, email string) ([]component.Problem, error) {
	if i.Method == operation.InvitationMethodEmailInvitation {
		answer, err := operation.CheckEmailInvitation(ctx, p.gql, operation.InviteByEmailInput{
			Email: email, SeedRequired: &i.SeedRequired, Reason: i.Reason,
		})
		if err != nil {
			return nil, err
		}
		return problemsOf(answer.ValidateEmailInvitation), nil
	}
	problems, _, err := p.checkAccount(ctx, map[string]string{"email": email, "seedRequired": map[bool]string{true: "yes"}[i.SeedRequired]})
	return problems, err
}

func (p *portal) detailsView(r *http.Request) (detailsView, error) {
	answer, err := operation.InvitationInFull(r.Context(), p.gql, r.PathValue("id"))
	if err != nil {
		return detailsView{}, err
	}
	if answer.Invitation == nil {
		return detailsView{}, noInvitation()
	}
	i := *answer.Invitation
	q := url.Values{}
	if back := r.FormValue("back"); back != "" {
		q.Set("back", back)
	}
	return detailsView{
		I:      i,
		Back:   backOf(r),
		Drawer: isHTMX(r),
		Live:   liveAddress("/status/"+url.PathEscape(i.Id)+"/live", q, i),
	}, nil
}

func (p *portal) showDetails(w http.ResponseWriter, r *http.Request, status int, v detailsView) error {
	if v.Drawer {
		return p.write(w, r, status, drawer(v))
	}
	return p.show(w, r, status, detailsPage(p.detailsFrame(r, v, fullName(v.I.InvitationRow)), v))
}

func (p *portal) showCorrect(w http.ResponseWriter, r *http.Request, status int, v detailsView) error {
	v.CheckURL = "/status/" + url.PathEscape(v.I.Id) + "/correct/check"
	return p.show(w, r, status, correctPage(p.detailsFrame(r, v, "Correct the address"), v), "dialog")
}

// changed answers a change of an invitation: with its details, and what was done
// or why not.
func (p *portal) changed(w http.ResponseWriter, r *http.Request, id, done string, problems []operation.Problem) error {
	if hasCode(problems, operation.ErrorCodeNotFound) {
		return noInvitation()
	}
	if len(problems) == 0 {
		q := url.Values{"done": {done}}
		if back := backOf(r); len(back) > 0 {
			q.Set("back", back.Encode())
		}
		return seeOther(w, r, address("/status/"+url.PathEscape(id), q))
	}
	v, err := p.detailsView(r)
	if err != nil {
		return err
	}
	v.Problems = onlyField(problemsOf(problems), "")
	return p.showDetails(w, r, http.StatusUnprocessableEntity, v)
}

// detailsFrame is the frame of a page of one invitation.
func (p *portal) detailsFrame(r *http.Request, v detailsView, title string) component.Frame {
	way := crumbs("User creation status", title)
	way[1].Path = address("/status", v.Back)
	return p.frame(r, component.Frame{Title: title + " – User creation status", Heading: title, Nav: "/status", Crumbs: way})
}

// onlyField lets problems of other fields stand for the whole form: the page has
// no control for them.
func onlyField(problems []component.Problem, name string) []component.Problem {
	for i := range problems {
		if problems[i].Field != name {
			problems[i].Field = ""
		}
	}
	return problems
}

// doneText says what was just done with an invitation, "" for nothing.
func doneText(v detailsView) (title, text string) {
	switch v.Done {
	case "resent":
		return "Sent again to " + v.I.Email, "The mail is on its way. It can be sent again in 24 hours."
	case "cancelled":
		return "The invitation was cancelled", "The address is free for another invitation at once."
	case "corrected":
		return "Invited at " + v.I.Email, "The invitation at the old address has ended. Its history says so."
	}
	return "", ""
}

// dialogPost makes a form in the drawer answer there; on a page it is plain.
func dialogPost(v detailsView, to string) templ.Attributes {
	a := templ.Attributes{"action": to}
	if v.Drawer {
		maps.Copy(a, dialogForm(true, "dialog", to))
	}
	return a
}

// endLabel says what ends, where an invitation has an end.
func endLabel(i operation.InvitationDetails) string {
	if i.Method == operation.InvitationMethodEmailInvitation {
		return "Link valid until"
	}
	return "To be activated by"
}

// hasActions says that something can be done with an invitation, or will be.
func hasActions(i operation.InvitationDetails) bool {
	return i.CanResend || i.ResendAvailableAt != nil || i.CanCancel || over(i.InvitationRow)
}
