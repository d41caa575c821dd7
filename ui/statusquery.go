package ui

import (
	"net/url"
	"slices"
	"time"

	"techbiz/internal/clock"
	"techbiz/ui/operation"
)

// sorting is one order of the status list: its name in addresses and its text.
type sorting struct {
	name, text string
	field      operation.InvitationOrderField
	direction  operation.OrderDirection
}

// sortings are the orders on offer; the first one goes without a name.
var sortings = []sorting{
	{"", "Newest invitation", operation.InvitationOrderFieldInvitedAt, operation.OrderDirectionDesc},
	{"oldest", "Oldest invitation", operation.InvitationOrderFieldInvitedAt, operation.OrderDirectionAsc},
	{"changed", "Last changed", operation.InvitationOrderFieldUpdatedAt, operation.OrderDirectionDesc},
	{"unchanged", "Longest unchanged", operation.InvitationOrderFieldUpdatedAt, operation.OrderDirectionAsc},
	{"email", "Email, A to Z", operation.InvitationOrderFieldEmail, operation.OrderDirectionAsc},
	{"email-z", "Email, Z to A", operation.InvitationOrderFieldEmail, operation.OrderDirectionDesc},
	{"status", "Not Onboarded first", operation.InvitationOrderFieldTechpassStatus, operation.OrderDirectionAsc},
	{"status-z", "User Not Found first", operation.InvitationOrderFieldTechpassStatus, operation.OrderDirectionDesc},
}

// sortingOf is the order that an address asks for, the first one where it asks
// for none on offer.
func sortingOf(q url.Values) sorting {
	i := slices.IndexFunc(sortings, func(s sorting) bool { return s.name == q.Get("sort") })
	return sortings[max(0, i)]
}

func (s sorting) order() *operation.InvitationOrder {
	return &operation.InvitationOrder{Field: s.field, Direction: s.direction}
}

// column is one column of the list; the sortings, where it has any, are the ones
// that its heading switches between, the usual one first.
type column struct {
	id, text      string
	usual, turned string
	sorted        bool // whether the heading sorts
}

var columns = []column{
	{text: "First Name"},
	{text: "Last Name"},
	{id: "sort-email", text: "Email", usual: "email", turned: "email-z", sorted: true},
	{text: "Organisation"},
	{text: "Department"},
	{id: "sort-invited", text: "Date of Invite", usual: "", turned: "oldest", sorted: true},
	{id: "sort-status", text: "TechPass Status", usual: "status", turned: "status-z", sorted: true},
	{text: "SEED Status"},
	{text: "Resend Invite"},
}

// aria is the column's aria-sort under an order, "" where it is not sorted by.
func (c column) aria(s sorting) string {
	if !c.sorted || s.name != c.usual && s.name != c.turned {
		return ""
	}
	if s.direction == operation.OrderDirectionAsc {
		return "ascending"
	}
	return "descending"
}

// next is the order that a click on the heading leads to.
func (c column) next(s sorting) string {
	if s.name == c.usual {
		return c.turned
	}
	return c.usual
}

// methods and userTypes are choices of the list, in the order of the menu.
var (
	methods = []choice{
		{string(operation.InvitationMethodEmailInvitation), "Email invitation"},
		{string(operation.InvitationMethodSingleAccount), "Single account"},
		{string(operation.InvitationMethodMultipleAccounts), "Multiple accounts"},
	}
	userTypes = []choice{
		{string(operation.UserTypePublicOfficer), "Public officer"},
		{string(operation.UserTypeVendor), "Vendor"},
	}
	techPassChoices = choices(operation.AllTechPassStatus, techPassStatuses)
	seedChoices     = choices(operation.AllSeedStatus, seedStatuses)
)

// choice is a value of a filter and its text.
type choice struct{ value, text string }

func choices[T ~string](all []T, words map[T]word) []choice {
	list := make([]choice, len(all))
	for i, v := range all {
		list[i] = choice{string(v), words[v].text}
	}
	return list
}

func textOf(list []choice, value string) string {
	for _, c := range list {
		if c.value == value {
			return c.text
		}
	}
	return ""
}

// filter is one parameter by which the list is narrowed.
type filter struct {
	name, label string
	list        []choice // what it can be; nil for a text or a day
	day         bool
}

// listFilters are the filters in the order of the page; the first is the search.
var listFilters = []filter{
	{name: "q", label: "Search"},
	{name: "techpass", label: "TechPass Status", list: techPassChoices},
	{name: "seed", label: "SEED Status", list: seedChoices},
	{name: "stuck", label: "Stuck", list: []choice{{"yes", "Yes"}}},
	{name: "method", label: "Method", list: methods},
	{name: "type", label: "User type", list: userTypes},
	{name: "from", label: "Invited from", day: true},
	{name: "to", label: "Invited to", day: true},
	{name: officersFilter, label: "Officers", list: []choice{{"all", "All"}}},
}

// officersFilter shows the invitations of all officers whom the caller's role
// reaches, in place of the caller's own.
const officersFilter = "officers"

// moreFilters are those that stand under "More filters".
var moreFilters = []string{"method", "type", "from", "to"}

// filters keeps what narrows the list; a value that there is none of does not
// filter.
func filters(q url.Values) url.Values {
	kept := url.Values{}
	for _, f := range listFilters {
		v := q.Get(f.name)
		if _, err := day(v); v == "" || f.list != nil && textOf(f.list, v) == "" || f.day && err != nil {
			continue
		}
		kept.Set(f.name, v)
	}
	return kept
}

// listQuery is what belongs to the list and not to one page of it: filters and
// order.
func listQuery(q url.Values) url.Values {
	kept := filters(q)
	if s := sortingOf(q); s.name != "" {
		kept.Set("sort", s.name)
	}
	return kept
}

// filterWords says in words what filters ask for.
func filterWords(q url.Values) []string {
	var words []string
	for _, f := range listFilters {
		v := q.Get(f.name)
		switch at, err := day(v); {
		case v == "":
		case f.name == "stuck":
			words = append(words, "Stuck")
		case f.list != nil:
			words = append(words, f.label+": "+textOf(f.list, v))
		case f.day && err == nil:
			words = append(words, f.label+": "+at.Format("02-01-2006"))
		default:
			words = append(words, f.label+": "+v)
		}
	}
	return words
}

// day reads a day as date fields send it, at its beginning in Singapore.
func day(s string) (time.Time, error) { return time.ParseInLocation(time.DateOnly, s, clock.Singapore) }

// invitationFilter turns filters into the API's; the last day counts as a whole.
func invitationFilter(q url.Values) *operation.InvitationFilter {
	q = filters(q)
	f := &operation.InvitationFilter{Search: optional(q.Get("q"))}
	if v := q.Get("techpass"); v != "" {
		f.TechPassStatus = []operation.TechPassStatus{operation.TechPassStatus(v)}
	}
	if v := q.Get("seed"); v != "" {
		f.SeedStatus = []operation.SeedStatus{operation.SeedStatus(v)}
	}
	if v := q.Get("method"); v != "" {
		f.Method = pointer(operation.InvitationMethod(v))
	}
	if v := q.Get("type"); v != "" {
		f.UserType = pointer(operation.UserType(v))
	}
	if q.Get("stuck") != "" {
		f.Stuck = pointer(true)
	}
	if q.Has(officersFilter) {
		f.AllOfficers = pointer(true)
	}
	if from, err := day(q.Get("from")); err == nil {
		f.InvitedFrom = pointer(from.UTC())
	}
	if to, err := day(q.Get("to")); err == nil {
		f.InvitedTo = pointer(to.AddDate(0, 0, 1).UTC())
	}
	return f
}

// turnedRound says that the last day lies before the first, so that nothing can
// match.
func turnedRound(q url.Values) bool {
	from, err := day(q.Get("from"))
	to, err2 := day(q.Get("to"))
	return err == nil && err2 == nil && to.Before(from)
}

// address is a path with a query, without a bare question mark.
func address(path string, q url.Values) string {
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}
