package ui

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"techbiz/internal/directory/sandbox"
	"techbiz/ui/component"
	"techbiz/ui/operation"
)

// word is how a status is shown: its text and the tone of its tag.
type word struct {
	tone, text string
}

var techPassStatuses = map[operation.TechPassStatus]word{
	operation.TechPassStatusNotOnboarded: {"warn", "Not Onboarded"},
	operation.TechPassStatusOnboarded:    {"ok", "Onboarded"},
	operation.TechPassStatusUserNotFound: {"bad", "User Not Found"},
}

var seedStatuses = map[operation.SeedStatus]word{
	operation.SeedStatusNotRequired:     {"none", "Not Required"},
	operation.SeedStatusLicenseAssigned: {"info", "License Assigned"},
	operation.SeedStatusFullyOnboarded:  {"ok", "Fully Onboarded"},
	operation.SeedStatusIneligible:      {"none", "Ineligible"},
}

var batchStates = map[operation.BatchState]word{
	operation.BatchStateDraft:     {"warn", "Under review"},
	operation.BatchStateSubmitted: {"info", "Creating"},
	operation.BatchStateStopped:   {"warn", "Stopped"},
	operation.BatchStateCompleted: {"ok", "Completed"},
}

// batchState is where a list stands, in a word.
func batchState(b operation.BatchSummary) word {
	if b.State == operation.BatchStateSubmitted && b.Queued > 0 && b.Scheduled == b.Queued {
		return word{"info", "Scheduled"}
	}
	return batchStates[b.State]
}

// statusWord is where an invitation stands: what waits for its day has no status
// in the directory yet.
func statusWord(i operation.InvitationRow) word {
	if i.Provisioning != operation.ProvisioningStateScheduled {
		return techPassStatuses[i.TechPassStatus]
	}
	if day := dayText(i.StartOn); day != "" {
		return word{"info", "Starts on " + day}
	}
	return word{"info", "Starts soon"}
}

// dayOf reads a day of the API, nil where there is none.
func dayOf(s *string) *time.Time {
	if at, err := day(text(s)); err == nil {
		return &at
	}
	return nil
}

// dayText shows a day of the API as people write it, dd-mm-yyyy.
func dayText(s *string) string {
	if at := dayOf(s); at != nil {
		return at.Format("02-01-2006")
	}
	return ""
}

// startText is a row's start date, or what stands in the cell instead.
func startText(row operation.BatchRowFields) string {
	if day := dayText(row.StartOn); day != "" {
		return day
	}
	return text(row.StartText)
}

// remarkOn says in words what the status alone does not: what the work or the
// mail stumbled over, "" where all is well.
func remarkOn(i operation.InvitationRow) string {
	switch {
	case i.Failure != nil:
		return *i.Failure
	case i.Provisioning == operation.ProvisioningStateCancelled:
		return "Cancelled"
	case i.TechPassStatus == operation.TechPassStatusOnboarded:
		return "" // what became of the mail is of no interest any more
	case i.Mail == operation.MailStateRefused:
		return strings.TrimSuffix("Mail refused: "+text(i.MailFailure), ": ")
	case i.Mail == operation.MailStateBounced:
		return strings.TrimSuffix("Mail came back: "+text(i.MailFailure), ": ")
	case i.Mail == operation.MailStateInDoubt:
		return "The mail may or may not have arrived"
	case i.Provisioning == operation.ProvisioningStateQueued:
		return "In progress"
	}
	return ""
}

// person is a name and an address, or the address alone.
func person(i operation.InvitationRow) string {
	name := joined(text(i.FirstName), text(i.LastName))
	if name == "" {
		return component.ShownAddress(i.Email)
	}
	return name + " (" + i.Email + ")"
}

// joined puts a blank between two words, where there are two.
func joined(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + " " + b
}

// orHyphen shows a hyphen where there is nothing.
func orHyphen(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// batchName is a list's file, or a word for a list without one.
func batchName(b operation.BatchSummary) string {
	if name := text(b.FileName); name != "" {
		return name
	}
	return "List of " + component.Plural(b.TotalRows, "user", "users")
}

func batchAddress(id string) string { return "/invite/multiple/" + url.PathEscape(id) }

// ready is how many accounts Confirm creates.
func ready(b operation.BatchSummary) int {
	if b.State == operation.BatchStateDraft {
		return b.ValidRows
	}
	return corrected(b)
}

// leftOut is how many users Confirm leaves behind.
func leftOut(b operation.BatchSummary) int { return b.FlaggedRows }

func submitQuestion(b operation.BatchSummary) string {
	if ready(b) == 0 {
		return "Nothing to create yet"
	}
	return "Create " + component.Plural(ready(b), "account", "accounts") + "?"
}

func undoQuestion(v undoView) string {
	switch {
	case v.Undone == 0:
		return "There is nothing to undo"
	case v.Recall:
		return "Call back " + component.Plural(v.Undone, "user", "users") + "?"
	}
	return "Undo " + component.Plural(v.Undone, "invitation", "invitations") + "?"
}

func startOrStarts(n int) string {
	if n == 1 {
		return "starts"
	}
	return "start"
}

func isOrAre(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// rowName names a user of a list for whoever hears and does not see the row.
func rowName(row operation.BatchRowFields) string {
	if name := joined(text(row.FirstName), text(row.LastName)); name != "" {
		return name
	}
	if row.Email != "" {
		return row.Email
	}
	return rowLabel(row)
}

func rowLabel(row operation.BatchRowFields) string { return "Row " + strconv.Itoa(row.Number) }

// seedText is Yes, No, or what stands in the cell instead.
func seedText(row operation.BatchRowFields) string {
	switch {
	case row.SeedRequired == nil:
		return text(row.SeedText)
	case *row.SeedRequired:
		return "Yes"
	}
	return "No"
}

// rowAddress is the page of one user; back is the query of the list's page.
func rowAddress(batch, row string, back url.Values) string {
	address := batchAddress(batch) + "/rows/" + url.PathEscape(row)
	if len(back) == 0 {
		return address
	}
	return address + "?" + url.Values{"back": {back.Encode()}}.Encode()
}

func rowPath(v rowView) string { return rowAddress(v.Batch.Id, v.ID, nil) }

// reviewAddress is the review with another filter and the same search.
func reviewAddress(v reviewView, show string) string {
	q := url.Values{}
	if s := v.Query.Get("q"); s != "" {
		q.Set("q", s)
	}
	if show != "" {
		q.Set("show", show)
	}
	if len(q) == 0 {
		return batchAddress(v.Batch.Id)
	}
	return batchAddress(v.Batch.Id) + "?" + q.Encode()
}

// actWord is an act of the sandbox and its button.
type actWord struct {
	act  sandbox.Act
	text string
}

// actsOf are the buttons that a person's state allows.
func actsOf(p sandbox.Person) []actWord {
	terminate := actWord{sandbox.Terminate, "Terminate"}
	switch p.State {
	case "INVITED":
		return []actWord{{sandbox.CompleteRegistration, "Complete registration"}, terminate}
	case "CREATED":
		return []actWord{{sandbox.Activate, "Activate"}, terminate}
	case "ACTIVE":
		if p.Seed == "LICENSED" {
			return []actWord{{sandbox.OnboardDevice, "Onboard device"}, terminate}
		}
		return []actWord{terminate}
	}
	return nil
}

// sentence makes a code readable: ONBOARDED becomes Onboarded.
func sentence(code string) string {
	if code == "" || code == "NONE" {
		return "-"
	}
	return code[:1] + strings.ToLower(code[1:])
}
