package workbook

import (
	"slices"
	"strings"
	"unicode"
)

// field is a column of the template.
type field int

// The template's columns, in its order.
const (
	fieldSN field = iota
	fieldEmail
	fieldUsername
	fieldFirstName
	fieldLastName
	fieldCountryCode
	fieldContactNumber
	fieldOrganisation
	fieldDepartment
	fieldSeed
	fieldReason
	fieldStartOn
	fieldIssues // of a correction workbook, which are not read
	fieldID     // of a correction workbook, hidden
	fieldCount

	templateFields = fieldIssues // how many columns the template has
)

// at returns where a row keeps the field, nil for S/N and issues.
func (r *Row) at(f field) *string {
	switch f {
	case fieldEmail:
		return &r.Email
	case fieldUsername:
		return &r.Username
	case fieldFirstName:
		return &r.FirstName
	case fieldLastName:
		return &r.LastName
	case fieldCountryCode:
		return &r.CountryCode
	case fieldContactNumber:
		return &r.ContactNumber
	case fieldOrganisation:
		return &r.Organisation
	case fieldDepartment:
		return &r.Department
	case fieldSeed:
		return &r.Seed
	case fieldReason:
		return &r.Reason
	case fieldStartOn:
		return &r.StartOn
	case fieldID:
		return &r.ID
	}
	return nil
}

// columns are the template's and those of a correction workbook, with what people
// write in their place. Names are compared folded. A file may leave out the
// optional ones.
var columns = [fieldCount]struct {
	title    string
	optional bool
	names    []string
}{
	fieldSN:       {title: "S/N", optional: true, names: []string{"sno", "serialno", "serialnumber", "no"}},
	fieldEmail:    {title: "Email", names: []string{"emailaddress", "emailid", "mail", "mailaddress", "workemail", "officialemail", "useremail"}},
	fieldUsername: {title: "Username", names: []string{"techpassusername", "techpassid", "techpassuser", "user"}},
	fieldFirstName: {title: "First Name", names: []string{
		"first", "givenname", "forename",
	}},
	fieldLastName: {title: "Last Name", names: []string{
		"last", "surname", "familyname",
	}},
	fieldCountryCode: {title: "Country Code", optional: true, names: []string{
		"country", "code", "cc", "callingcode", "dialcode", "diallingcode", "diallingprefix",
	}},
	fieldContactNumber: {title: "Contact Number", names: []string{
		"contact", "contactno", "contactnum", "mobile", "mobileno", "mobilenumber", "mobilephone", "phone", "phoneno",
		"phonenumber", "telephone", "telephonenumber", "handphone", "handphoneno", "handphonenumber", "hp", "hpno",
	}},
	fieldOrganisation: {title: "Organisation", names: []string{
		"organization", "organisationname", "organizationname", "org", "company", "companyname", "agency",
	}},
	fieldDepartment: {title: "Department", optional: true, names: []string{
		"dept", "departmentname", "division",
	}},
	fieldSeed: {title: "Onboarding to SEED required?", names: []string{
		"seed", "isonboardingtoseed", "onboardtoseed", "seedonboarding", "onboardingseed", "toseed",
	}},
	fieldReason: {title: "Reason for creation", names: []string{
		"reason", "creationreason", "reasons", "reasonforrequest", "reasonforaccount", "reasonforaccountcreation", "justification",
	}},
	fieldStartOn: {title: "Start date", optional: true, names: []string{
		"start", "starton", "startingdate", "dateofstart", "effectivedate",
	}},
	fieldIssues: {title: "Issues", optional: true},
	fieldID:     {title: "TechBiz row ID", optional: true},
}

// fieldByName finds a field by its folded name.
var fieldByName = func() map[string]field {
	m := map[string]field{}
	for f, c := range columns {
		m[fold(c.title)] = field(f)
		for _, n := range c.names {
			m[n] = field(f)
		}
	}
	return m
}()

// fold makes header texts comparable: letters and digits only, in lower case,
// without what stands in brackets and without "required" or "optional" at the end.
func fold(title string) string {
	const most = 200
	if len(title) > most {
		return ""
	}
	var b strings.Builder
	inner := 0
	for _, r := range title {
		switch {
		case r == '(' || r == '[':
			inner++
		case r == ')' || r == ']':
			inner--
		case inner <= 0 && (unicode.IsLetter(r) || unicode.IsDigit(r)):
			b.WriteRune(unicode.ToLower(r))
		}
	}
	s := b.String()
	for _, word := range []string{"required", "mandatory", "compulsory", "optional"} {
		s = strings.TrimSuffix(s, word)
	}
	return s
}

// heading is one text of a header row. field is fieldCount where the template has
// no such column.
type heading struct {
	column int
	text   string
	field  field
}

// header says in which row and columns a sheet's list stands.
type header struct {
	row    int
	column [fieldCount]int // 0: absent
	texts  []heading       // all of the row
}

// headings returns the texts of a row.
func headings(row *sheetRow) []heading {
	var hs []heading
	for _, c := range row.cells {
		h := heading{column: c.column, text: oneLine(display(c)), field: fieldCount}
		if h.text == "" {
			continue
		}
		if f, ok := fieldByName[fold(h.text)]; ok {
			h.field = f
		}
		hs = append(hs, h)
	}
	return hs
}

// newHeader takes the row for a header. Of two columns for one field, that with
// the template's own text counts, or else the first. above are the texts of the
// row before: where a header spans two rows, its merged cells have theirs there.
func newHeader(row int, texts, above []heading) header {
	h := header{row: row, texts: texts}
	h.take(texts)
	if h.missing() == nil || h.known() < 2 {
		return h
	}
	both := header{row: row, column: h.column, texts: slices.Clone(texts)}
	for _, t := range above {
		if !slices.ContainsFunc(texts, func(own heading) bool { return own.column == t.column }) {
			both.texts = append(both.texts, t)
		}
	}
	both.take(both.texts)
	if both.missing() == nil {
		return both
	}
	return h
}

// take fills the columns that are still absent.
func (h *header) take(texts []heading) {
	for f := range fieldCount {
		if h.column[f] != 0 {
			continue
		}
		for _, t := range texts {
			if t.field != f {
				continue
			}
			if exact := fold(t.text) == fold(columns[f].title); exact {
				h.column[f] = t.column
				break
			}
			if h.column[f] == 0 {
				h.column[f] = t.column
			}
		}
	}
}

// known counts the columns that were found.
func (h *header) known() int {
	n := 0
	for _, c := range h.column {
		if c != 0 {
			n++
		}
	}
	return n
}

// missing names the required columns that were not found, nil if there are none.
func (h *header) missing() []string {
	var titles []string
	for f, c := range columns {
		if !c.optional && h.column[f] == 0 {
			titles = append(titles, "“"+c.title+"”")
		}
	}
	return titles
}

// fields returns the field of each column, fieldCount where there is none.
func (h *header) fields(columns int) []field {
	fs := slices.Repeat([]field{fieldCount}, columns+1)
	for f, c := range h.column {
		if c != 0 {
			fs[c] = field(f)
		}
	}
	return fs
}
