package ui

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"

	"techbiz/internal/fault"
	"techbiz/ui/component"
	"techbiz/ui/operation"
)

// inviteView is the form of an e-mail invitation or of a single account.
type inviteView struct {
	component.Form
	Key      string     // idempotency key: one form, one invitation
	Officer  bool       // the address is a public officer's
	Repeated *time.Time // when the invitation was made that fills in the form
}

var emailFields = []string{"email", "seedRequired", "reason"}

// emailForm shows an empty form, or one that an earlier invitation fills in.
func (p *portal) emailForm(w http.ResponseWriter, r *http.Request) error {
	v, err := p.newInvite(r)
	if err != nil {
		return err
	}
	return p.showEmailForm(w, r, http.StatusOK, v)
}

// newInvite is a form before anything was typed. The address's parameter "from"
// names an invitation to repeat; whose it is not gets an empty form.
func (p *portal) newInvite(r *http.Request) (inviteView, error) {
	v := inviteView{Key: newKey(), Form: component.Form{Values: map[string]string{"countryCode": "65", "seedRequired": "no"}}}
	from := r.URL.Query().Get("from")
	if from == "" {
		return v, nil
	}
	answer, err := operation.InvitationToRepeat(r.Context(), p.gql, from)
	if err != nil || answer.Invitation == nil {
		return v, err
	}
	i := answer.Invitation
	v.Repeated = &i.InvitedAt
	v.Values = map[string]string{
		"email": i.Email, "techPassUsername": text(i.TechPassUsername),
		"firstName": text(i.FirstName), "lastName": text(i.LastName),
		"countryCode": "65", "contactNumber": strings.TrimPrefix(text(i.ContactNumber), "+65"),
		"organisation": text(i.Organisation), "department": text(i.Department),
		"seedRequired": yesNo(i.SeedRequired), "reason": i.Reason,
	}
	return v, nil
}

// inviteByEmail sends the invitation, or shows the form again with what to
// correct.
func (p *portal) inviteByEmail(w http.ResponseWriter, r *http.Request) error {
	v := inviteView{Key: keyOf(r), Form: component.Form{Values: readValues(r, emailFields...)}}
	if r.PostForm.Has("resume") {
		return p.showEmailForm(w, r, http.StatusOK, v)
	}
	var id string
	problems, err := withKey(v.Key, func(key string) ([]operation.Problem, error) {
		input := emailInput(v.Values)
		input.IdempotencyKey = &key
		answer, err := operation.InviteByEmail(r.Context(), p.gql, input)
		if err != nil {
			return nil, err
		}
		if i := answer.InviteByEmail.Invitation; i != nil {
			id = i.Id
		}
		return answer.InviteByEmail.Errors, nil
	})
	if err != nil {
		return err
	}
	if len(problems) > 0 {
		v.Problems = problemsOf(problems)
		return p.showEmailForm(w, r, http.StatusUnprocessableEntity, v)
	}
	return seeOther(w, r, "/status?invited="+id)
}

// checkEmailField answers with one field of the form, as it is left.
func (p *portal) checkEmailField(w http.ResponseWriter, r *http.Request) error {
	v := inviteView{Form: component.Form{Values: readValues(r, emailFields...), CheckURL: "/invite/email/check"}}
	name := r.URL.Query().Get("field")
	answer, err := operation.CheckEmailInvitation(r.Context(), p.gql, emailInput(v.Values))
	if err != nil {
		return err
	}
	v.Problems = problemsOf(answer.ValidateEmailInvitation)
	return p.write(w, r, http.StatusOK, emailField(v.Form, name))
}

func (p *portal) showEmailForm(w http.ResponseWriter, r *http.Request, status int, v inviteView) error {
	v.CheckURL = "/invite/email/check"
	f := p.frame(r, component.Frame{
		Title:   "Email invitation",
		Nav:     "/invite/email",
		Crumbs:  crumbs("Email invitation"),
		Actions: component.FormActions("/", "invite"),
	})
	return p.show(w, r, status, emailPage(f, v))
}

func emailInput(values map[string]string) operation.InviteByEmailInput {
	return operation.InviteByEmailInput{
		Email:        values["email"],
		SeedRequired: pointer(values["seedRequired"] == "yes"),
		Reason:       values["reason"],
	}
}

// singleForm shows an empty form, or one that an earlier invitation fills in.
func (p *portal) singleForm(w http.ResponseWriter, r *http.Request) error {
	v, err := p.newInvite(r)
	if err != nil {
		return err
	}
	return p.showSingleForm(w, r, http.StatusOK, v)
}

// createAccount creates the account, or shows the form again with what to
// correct.
func (p *portal) createAccount(w http.ResponseWriter, r *http.Request) error {
	v := inviteView{Key: keyOf(r), Form: component.Form{Values: readValues(r, accountFields...)}}
	if r.PostForm.Has("resume") {
		return p.showSingleForm(w, r, http.StatusOK, v)
	}
	var id string
	problems, err := withKey(v.Key, func(key string) ([]operation.Problem, error) {
		input := operation.CreateAccountInput{Account: accountInput(v.Values), IdempotencyKey: &key}
		answer, err := operation.CreateAccount(r.Context(), p.gql, input)
		if err != nil {
			return nil, err
		}
		if i := answer.CreateAccount.Invitation; i != nil {
			id = i.Id
		}
		return answer.CreateAccount.Errors, nil
	})
	if err != nil {
		return err
	}
	if len(problems) > 0 {
		v.Problems = problemsOf(problems)
		return p.showSingleForm(w, r, http.StatusUnprocessableEntity, v)
	}
	return seeOther(w, r, "/status?invited="+id)
}

// checkAccountField answers with one field of the form, as it is left; with the
// address comes the username, which an officer does not need.
func (p *portal) checkAccountField(w http.ResponseWriter, r *http.Request) error {
	form := component.Form{Values: readValues(r, accountFields...), CheckURL: "/invite/single/check"}
	problems, officer, err := p.checkAccount(r.Context(), form.Values)
	if err != nil {
		return err
	}
	form.Problems = problems
	return p.write(w, r, http.StatusOK, accountField(form, r.URL.Query().Get("field"), officer))
}

func (p *portal) showSingleForm(w http.ResponseWriter, r *http.Request, status int, v inviteView) error {
	v.CheckURL = "/invite/single/check"
	if v.Value("email") != "" {
		_, officer, err := p.checkAccount(r.Context(), v.Values)
		if err != nil {
			return err
		}
		v.Officer = officer && v.Value("techPassUsername") == ""
	}
	f := p.frame(r, component.Frame{
		Title:   "Create single account",
		Nav:     "/invite/single",
		Crumbs:  crumbs("Create single account"),
		Actions: component.FormActions("/", "invite"),
	})
	return p.show(w, r, status, singlePage(f, v))
}

// accountFields are the fields of one account, named as in the contract.
var accountFields = []string{
	"email", "techPassUsername", "firstName", "lastName", "countryCode",
	"contactNumber", "organisation", "department", "seedRequired", "reason", "startOn",
}

func accountInput(values map[string]string) operation.AccountInput {
	return operation.AccountInput{
		Email:            values["email"],
		TechPassUsername: optional(values["techPassUsername"]),
		FirstName:        values["firstName"],
		LastName:         values["lastName"],
		CountryCode:      optional(values["countryCode"]),
		ContactNumber:    values["contactNumber"],
		Organisation:     values["organisation"],
		Department:       optional(values["department"]),
		SeedRequired:     pointer(values["seedRequired"] == "yes"),
		Reason:           values["reason"],
		StartOn:          optional(values["startOn"]),
	}
}

// checkAccount asks what is wrong with an account so far, and whether the
// address is an officer's: that is when the API would refuse any username.
func (p *portal) checkAccount(ctx context.Context, values map[string]string) ([]component.Problem, bool, error) {
	asTyped := accountInput(values)
	withUsername := asTyped
	withUsername.TechPassUsername = pointer("username")
	answer, err := operation.CheckAccounts(ctx, p.gql, []operation.AccountInput{asTyped, withUsername})
	if err != nil {
		return nil, false, err
	}
	if len(answer.ValidateAccounts) != 2 {
		return nil, false, fault.New(fault.Internal, "validateAccounts answered %d checks for 2 accounts", len(answer.ValidateAccounts))
	}
	officer := hasCode(answer.ValidateAccounts[1].Errors, operation.ErrorCodeUsernameNotAllowed)
	return problemsOf(answer.ValidateAccounts[0].Errors), officer, nil
}

// withKey runs a change under the form's idempotency key. Whoever goes back to a
// form that was sent and sends it with other values means another request: it
// goes under a key of its own.
func withKey(key string, change func(key string) ([]operation.Problem, error)) ([]operation.Problem, error) {
	problems, err := change(key)
	if err == nil && hasCode(problems, operation.ErrorCodeConflict) {
		return change(newKey())
	}
	return problems, err
}

func newKey() string { return uuid.NewString() }

// keyOf returns the form's key, or a new one where it is not of our making.
func keyOf(r *http.Request) string {
	key := r.PostForm.Get("idempotencyKey")
	if uuid.Validate(key) != nil {
		return newKey()
	}
	return key
}

// crumbs are the way from the landing page to a page below it.
func crumbs(text ...string) []component.Crumb {
	list := []component.Crumb{{Path: "/", Text: "Create TechPass account"}}
	for _, t := range text {
		list = append(list, component.Crumb{Text: t})
	}
	return list
}
