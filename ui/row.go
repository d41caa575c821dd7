package ui

import (
	"net/http"
	"strconv"

	"techbiz/internal/fault"
	"techbiz/ui/component"
	"techbiz/ui/operation"
)

// rowView is one user of a list, to view and edit.
type rowView struct {
	component.Form
	Batch   operation.BatchSummary
	ID      string
	Number  int
	Officer bool
	Back    string // query of the page of the list
	Address string // of the list's page
	Saved   bool   // stored, with something left to fix
	Hints   []operation.Problem
}

// row shows one user of a list.
func (p *portal) row(w http.ResponseWriter, r *http.Request) error {
	v, err := p.rowView(r)
	if err != nil {
		return err
	}
	return p.showRow(w, r, http.StatusOK, v)
}

// updateRow stores one user. What is still wrong is shown; the row is stored all
// the same.
func (p *portal) updateRow(w http.ResponseWriter, r *http.Request) error {
	v, err := p.rowView(r)
	if err != nil {
		return err
	}
	v.Values, v.Problems = readValues(r, accountFields...), nil
	if v.Value("seedRequired") == "" {
		v.Problems = []component.Problem{{Field: "seedRequired", Message: "Choose Yes or No."}}
		return p.showRow(w, r, http.StatusUnprocessableEntity, v)
	}
	answer, err := operation.UpdateBatchRow(r.Context(), p.gql, v.ID, accountInput(v.Values))
	if err != nil {
		return err
	}
	if problems := answer.UpdateBatchRow.Errors; len(problems) > 0 || answer.UpdateBatchRow.Row == nil {
		v.Problems = problemsOf(problems)
		return p.showRow(w, r, http.StatusUnprocessableEntity, v)
	}
	if issues := answer.UpdateBatchRow.Row.Issues; len(issues) > 0 {
		v.Problems, v.Saved = problemsOf(issues), true
		return p.showRow(w, r, http.StatusUnprocessableEntity, v)
	}
	return seeOther(w, r, withDone(v.Address, "saved-"+strconv.Itoa(v.Number)))
}

// newRow is the form of a user who is added by hand.
func (p *portal) newRow(w http.ResponseWriter, r *http.Request) error {
	v, err := p.newRowView(r)
	if err != nil {
		return err
	}
	v.Values = map[string]string{"countryCode": "65", "seedRequired": "no"}
	return p.showRow(w, r, http.StatusOK, v)
}

// addRow adds a user to the list. What is wrong with it is shown; the user is on
// the list all the same.
func (p *portal) addRow(w http.ResponseWriter, r *http.Request) error {
	v, err := p.newRowView(r)
	if err != nil {
		return err
	}
	v.Values = readValues(r, accountFields...)
	answer, err := operation.AddBatchRow(r.Context(), p.gql, v.Batch.Id, accountInput(v.Values))
	if err != nil {
		return err
	}
	added := answer.AddBatchRow
	if len(added.Errors) > 0 || added.Row == nil {
		v.Problems = problemsOf(added.Errors)
		return p.showRow(w, r, http.StatusUnprocessableEntity, v)
	}
	v.ID, v.Number, v.Hints = added.Row.Id, added.Row.Number, added.Row.Hints
	if len(added.Row.Issues) > 0 {
		v.Problems, v.Saved = problemsOf(added.Row.Issues), true
		return p.showRow(w, r, http.StatusUnprocessableEntity, v)
	}
	return seeOther(w, r, withDone(v.Address, "added-"+strconv.Itoa(v.Number)))
}

func (p *portal) newRowView(r *http.Request) (rowView, error) {
	b, err := p.summary(r)
	return rowView{Batch: b, ID: "new", Back: r.FormValue("back"), Address: p.backTo(r)}, err
}

// title is the heading of the dialog.
func (v rowView) title() string {
	if v.ID == "new" {
		return "Add a user"
	}
	return "Details of row " + strconv.Itoa(v.Number)
}

func (p *portal) rowView(r *http.Request) (rowView, error) {
	answer, err := operation.BatchRow(r.Context(), p.gql, r.PathValue("id"), r.PathValue("row"))
	if err != nil {
		return rowView{}, err
	}
	if answer.Batch == nil || answer.Batch.Row == nil {
		return rowView{}, fault.New(fault.NotFound, "This user is not on the list any more.")
	}
	row := answer.Batch.Row
	return rowView{
		Form:    component.Form{Values: rowValues(*row), Problems: problemsOf(row.Issues)},
		Batch:   answer.Batch.BatchSummary,
		ID:      row.Id,
		Number:  row.Number,
		Hints:   row.Hints,
		Back:    r.FormValue("back"),
		Address: p.backTo(r),
	}, nil
}

func (p *portal) showRow(w http.ResponseWriter, r *http.Request, status int, v rowView) error {
	_, officer, err := p.checkAccount(r.Context(), v.Values)
	if err != nil {
		return err
	}
	v.Officer = officer && v.Value("techPassUsername") == ""
	v.CheckURL = batchAddress(v.Batch.Id) + "/rows/" + v.ID + "/check"
	return p.show(w, r, status, rowPage(p.batchFrame(r, "Details", nil), v), "dialog")
}

// checkRowField answers with one field of the form, as it is left. Duplicates
// within the list are found on saving.
func (p *portal) checkRowField(w http.ResponseWriter, r *http.Request) error {
	form := component.Form{Values: readValues(r, accountFields...), CheckURL: r.URL.Path}
	problems, officer, err := p.checkAccount(r.Context(), form.Values)
	if err != nil {
		return err
	}
	form.Problems = problems
	return p.write(w, r, http.StatusOK, accountField(form, r.URL.Query().Get("field"), officer))
}

// rowValues are a row's cells, as typed; a SEED cell that is neither Yes nor No
// chooses neither.
func rowValues(row operation.BatchRowFields) map[string]string {
	seed := ""
	if row.SeedRequired != nil {
		seed = yesNo(*row.SeedRequired)
	}
	code := text(row.CountryCode)
	if code == "" {
		code = "65"
	}
	return map[string]string{
		"email": row.Email, "techPassUsername": text(row.TechPassUsername),
		"firstName": text(row.FirstName), "lastName": text(row.LastName),
		"countryCode": code, "contactNumber": text(row.ContactNumber),
		"organisation": text(row.Organisation), "department": text(row.Department),
		"seedRequired": seed, "reason": text(row.Reason),
		"startOn": startText(row),
	}
}
