package ui

import (
	"net/http"
	"strconv"

	"techbiz/ui/component"
	"techbiz/ui/operation"
)

// stop holds what has not run.
func (p *portal) stop(w http.ResponseWriter, r *http.Request) error {
	answer, err := operation.StopBatch(r.Context(), p.gql, r.PathValue("id"))
	if err != nil {
		return err
	}
	return p.ran(w, r, answer.StopBatch.Errors)
}

// goOn goes on with a list that was stopped.
func (p *portal) goOn(w http.ResponseWriter, r *http.Request) error {
	answer, err := operation.ContinueBatch(r.Context(), p.gql, r.PathValue("id"))
	if err != nil {
		return err
	}
	return p.ran(w, r, answer.ContinueBatch.Errors)
}

// retry tries one failed user again, or all.
func (p *portal) retry(w http.ResponseWriter, r *http.Request) error {
	var rows []string
	if row := r.PostForm.Get("row"); row != "" {
		rows = []string{row}
	}
	answer, err := operation.RetryBatchRows(r.Context(), p.gql, r.PathValue("id"), rows)
	if err != nil {
		return err
	}
	return p.ran(w, r, answer.RetryBatchRows.Errors)
}

// ran shows the list as it stands after a change of its work, with why the change
// was refused. What another tab has done already is no reason to complain.
func (p *portal) ran(w http.ResponseWriter, r *http.Request, problems []operation.Problem) error {
	if hasCode(problems, operation.ErrorCodeNotFound) {
		return faultOf(problems)
	}
	if len(problems) > 0 && !hasCode(problems, operation.ErrorCodeNotCancellable) && !hasCode(problems, operation.ErrorCodeBatchEmpty) {
		return p.outcomeWith(w, r, http.StatusUnprocessableEntity, problemsOf(problems))
	}
	return seeOther(w, r, batchAddress(r.PathValue("id")))
}

// undoView is what undoing a list ends, before it does.
type undoView struct {
	component.Form
	Batch   operation.BatchSummary
	Recall  bool // nothing of it has run
	Undone  int
	LeftOut []operation.LeftOut
}

// confirmUndo says how many invitations would end, and which can't.
func (p *portal) confirmUndo(w http.ResponseWriter, r *http.Request) error {
	return p.showUndo(w, r, http.StatusOK, nil)
}

// undo ends what nobody has redeemed. The receipt stands on the list's page.
func (p *portal) undo(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	answer, err := operation.UndoBatch(r.Context(), p.gql, id, false)
	if err != nil {
		return err
	}
	done := answer.UndoBatch
	switch {
	case hasCode(done.Errors, operation.ErrorCodeNotFound):
		return noBatch()
	case len(done.Errors) > 0:
		return p.showUndo(w, r, http.StatusUnprocessableEntity, problemsOf(done.Errors))
	case done.Batch != nil && done.Batch.State == operation.BatchStateDraft:
		return seeOther(w, r, withDone(batchAddress(id), "recalled-"+strconv.Itoa(done.Undone)))
	}
	return seeOther(w, r, batchAddress(id))
}

func (p *portal) showUndo(w http.ResponseWriter, r *http.Request, status int, problems []component.Problem) error {
	answer, err := operation.UndoBatch(r.Context(), p.gql, r.PathValue("id"), true)
	if err != nil {
		return err
	}
	found := answer.UndoBatch
	if len(found.Errors) > 0 || found.Batch == nil {
		return faultOf(found.Errors)
	}
	v := undoView{Form: component.Form{Problems: problems}, Batch: *found.Batch, Undone: found.Undone, LeftOut: found.LeftOut}
	v.Recall = recallLeft(v.Batch, p.Clock()) > 0
	return p.show(w, r, status, undoPage(p.batchFrame(r, "Undo", nil), v), "dialog")
}
