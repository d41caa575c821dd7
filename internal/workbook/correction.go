package workbook

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"techbiz/internal/fault"
)

// CorrectionRow is one user to be corrected: the row as typed, with the ID by
// which it is known again, and what is wrong with it. An issue's field is named
// as in the contract.
type CorrectionRow struct {
	Row
	Issues fault.List
}

// contractFields are the columns by the names that the contract gives the fields.
var contractFields = map[string]field{
	"email": fieldEmail, "techPassUsername": fieldUsername, "firstName": fieldFirstName, "lastName": fieldLastName,
	"countryCode": fieldCountryCode, "contactNumber": fieldContactNumber, "organisation": fieldOrganisation,
	"department": fieldDepartment, "seedRequired": fieldSeed, "reason": fieldReason, "startOn": fieldStartOn,
}

// WriteCorrection writes the template with these rows in it, to be corrected and
// uploaded again: their issues stand in the last column that is seen and as
// comments on the cells, and a hidden column keeps each row's ID, with which it
// is sorted. Values stand as they were typed; all are texts, of which Excel makes
// no formula.
func WriteCorrection(w io.Writer, rows []CorrectionRow) error {
	return writeBook(w, func(t *template) {
		last := max(templateLast, templateFirst+len(rows))
		t.users("Users to correct",
			"Correct the cells in red; the column Issues and the comments say what is wrong. Rows may be sorted, deleted and added. "+
				"Save as .xlsx and upload it to the same list: each row takes the place of the one that it was.",
			fieldCount, 0, last)
		t.corrections(rows)
	})
}

func (t *template) corrections(rows []CorrectionRow) {
	issues, id := columnName(int(fieldIssues)+1), columnName(int(fieldID)+1)
	several := slices.ContainsFunc(rows, func(r CorrectionRow) bool { return r.Sheet != rows[0].Sheet })
	t.do(
		func() error { return t.f.SetColStyle(usersSheet, issues, t.note) },
		func() error { return t.f.SetColVisible(usersSheet, id, false) },
	)
	var comments []comment
	for i, r := range rows {
		comments = append(comments, t.correction(templateFirst+i, i+1, r, several)...)
	}
	t.comments(comments)
	// Sorting by the filter's arrows takes every column along, hidden ones, too.
	area := cellName(1, templateHeader) + ":" + id + strconv.Itoa(templateFirst+max(len(rows), 1)-1)
	t.do(func() error { return t.f.AutoFilter(usersSheet, area, nil) })
}

// correction writes one row, which has that number here, and returns the comments
// on its cells.
func (t *template) correction(at, number int, r CorrectionRow, several bool) (comments []comment) {
	cells := make([]any, fieldCount)
	cells[fieldSN] = number
	for f := fieldEmail; f < fieldCount; f++ {
		if v := r.at(f); v != nil && *v != "" {
			cells[f] = *v
		}
	}
	cells[fieldIssues] = issuesText(r, several)
	t.do(func() error { return t.f.SetSheetRow(usersSheet, cellName(1, at), &cells) })
	said := map[field]string{}
	for _, e := range r.Issues {
		if f, ok := issueField(e); ok {
			said[f] = strings.TrimPrefix(said[f]+"\n"+issueText(e), "\n")
		}
	}
	for f := fieldEmail; f < templateFields; f++ {
		if said[f] == "" {
			continue
		}
		column := int(f) + 1
		name := cellName(column, at)
		t.do(func() error { return t.f.SetCellStyle(usersSheet, name, name, t.wrong) })
		comments = append(comments, comment{column: column, row: at, text: said[f]})
	}
	return comments
}

// issuesText is what the column Issues says: where the row stood, and a line for
// each issue.
func issuesText(r CorrectionRow, several bool) string {
	var lines []string
	switch {
	case r.Number > 0 && several && r.Sheet != "":
		lines = append(lines, fmt.Sprintf("Row %d of the sheet %s:", r.Number, r.Sheet))
	case r.Number > 0:
		lines = append(lines, fmt.Sprintf("Row %d:", r.Number))
	}
	for _, e := range r.Issues {
		line := issueText(e)
		if f, ok := issueField(e); ok {
			line = columns[f].title + ": " + line
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

func issueText(e *fault.Error) string {
	if e.Suggestion != nil && *e.Suggestion != "" {
		return e.Message + " Probably meant: " + *e.Suggestion
	}
	return e.Message
}

func issueField(e *fault.Error) (field, bool) {
	if len(e.Field) == 0 {
		return 0, false
	}
	f, ok := contractFields[e.Field[len(e.Field)-1]]
	return f, ok
}
