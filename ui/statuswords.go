package ui

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"techbiz/ui/component"
	"techbiz/ui/operation"
)

// total is how many match, as far as it was counted.
func total(v statusView) string {
	if !v.Exact {
		return "more than " + component.Count(v.Total)
	}
	return component.Count(v.Total)
}

// matching says aloud how many match.
func matching(v statusView) string {
	if v.Total == 0 {
		return "No invitation matches."
	}
	if v.Exact {
		return component.Plural(v.Total, "invitation matches.", "invitations match.")
	}
	return "More than " + component.Count(v.Total) + " invitations match."
}

// sortedBy is the list in another order, from its first page.
func sortedBy(v statusView, name string) string {
	q := url.Values{}
	for k, values := range v.List {
		q[k] = values
	}
	q.Del("sort")
	if name != "" {
		q.Set("sort", name)
	}
	if size := v.Back.Get("size"); size != "" {
		q.Set("size", size)
	}
	return address("/status", q)
}

// statusTrigger is what makes the search ask anew.
func statusTrigger(v statusView) string {
	const always = "submit, input changed delay:250ms from:#q, change from:#techpass, change from:#seed, change from:#stuck, change from:#method, change from:#type, change delay:500ms from:#from, change delay:500ms from:#to"
	if v.Whose == "" {
		return always
	}
	return always + ", change from:#officers"
}

func hasMore(q url.Values) bool { return slices.ContainsFunc(moreFilters, q.Has) }

// over says that an invitation has ended without an account: only another
// invitation helps.
func over(i operation.InvitationRow) bool {
	return i.TechPassStatus == operation.TechPassStatusUserNotFound && !component.IsRemoved(i.Email)
}

// nothingToDo says that a row's last cell is empty.
func nothingToDo(i operation.InvitationRow, l listed, news string) bool {
	return !i.CanResend && i.ResendAvailableAt == nil && news == "" && !l.Back.Has("stuck")
}

// stuckWord says why an invitation is stuck, where its remark does not.
func stuckWord(i operation.InvitationRow, now time.Time) string {
	if remarkOn(i) != "" || over(i) {
		return ""
	}
	return "No answer for " + component.Plural(int(now.Sub(i.InvitedAt).Hours()/24), "day", "days")
}

var mailWords = map[operation.MailState]string{
	operation.MailStateNone:     "No mail sent yet",
	operation.MailStateAccepted: "Accepted by the mail relay",
	operation.MailStateRefused:  "Refused by the mail relay",
	operation.MailStateBounced:  "Came back undelivered",
	operation.MailStateInDoubt:  "In doubt: the mail relay fell silent, so it may or may not arrive",
}

var progressWords = map[operation.ProvisioningState]string{
	operation.ProvisioningStateScheduled: "Waits until it is time to start",
	operation.ProvisioningStateQueued:    "In progress",
	operation.ProvisioningStateSucceeded: "Done",
	operation.ProvisioningStateFailed:    "Failed",
	operation.ProvisioningStateCancelled: "Cancelled",
}

var eventWords = map[string]string{
	"INVITED":         "Invited",
	"ACCOUNT_CREATED": "Account created in TechPass",
	"MAIL_SENT":       "Mail sent",
	"MAIL_REFUSED":    "Mail refused by the mail relay",
	"MAIL_BOUNCED":    "Mail came back undelivered",
	"MAIL_IN_DOUBT":   "Mail in doubt",
	"RESENT":          "Invitation resent",
	"STARTED":         "Started",
	"RETRIED":         "Tried again",
	"FAILED":          "Failed",
	"CANCELLED":       "Cancelled",
	"CORRECTED":       "Address corrected",
	"ONBOARDED":       "Onboarded",
	"LAPSED":          "Registration link lapsed",
	"NOT_FOUND":       "Not found in TechPass any more",
}

// eventText is a step of the history in words; one that is new to these pages is
// shown as it is named.
func eventText(what string) string {
	if text, ok := eventWords[what]; ok {
		return text
	}
	return sentence(strings.ReplaceAll(what, "_", " "))
}

// officerName is a name where it is known, and the address otherwise.
func officerName(p operation.Person) string {
	if name := text(p.Name); name != "" {
		return name
	}
	if strings.HasSuffix(p.Email, "@removed.invalid") {
		return "(removed)"
	}
	return p.Email
}

// techPassID is by what a person signs in to TechPass.
func techPassID(i operation.InvitationDetails) string {
	if name := text(i.TechPassUsername); name != "" {
		return name + "@techpass.gov.sg"
	}
	return component.ShownAddress(i.Email)
}

// fullName is the name of an invitee, and the address where none is known.
func fullName(i operation.InvitationRow) string {
	if name := joined(text(i.FirstName), text(i.LastName)); name != "" {
		return name
	}
	return component.ShownAddress(i.Email)
}

func yesOrNo(b bool) string {
	if b {
		return "Yes"
	}
	return "No"
}

// phone sets a Singapore number as people write it: +65 9123 4567.
func phone(number string) string {
	local, ok := strings.CutPrefix(number, "+65")
	if !ok || len(local) != 8 {
		return number
	}
	return "+65 " + local[:4] + " " + local[4:]
}

// detailsAddress, correctAddress and cancelAddress are pages of one invitation,
// reached from a page of the list.
func detailsAddress(id string, back url.Values) string { return invitationPage(id, "", back) }

func correctAddress(id string, back url.Values) string { return invitationPage(id, "/correct", back) }

func cancelAddress(id string, back url.Values) string { return invitationPage(id, "/cancel", back) }

func invitationPage(id, page string, back url.Values) string {
	q := url.Values{}
	if len(back) > 0 {
		q.Set("back", back.Encode())
	}
	return address("/status/"+url.PathEscape(id)+page, q)
}

// againAddress is the form that is filled in from an invitation.
func againAddress(i operation.InvitationRow) string {
	path := "/invite/single"
	if i.Method == operation.InvitationMethodEmailInvitation {
		path = "/invite/email"
	}
	return address(path, url.Values{"from": {i.Id}})
}
