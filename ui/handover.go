package ui

import (
	"cmp"
	"net/http"
	"strings"

	"techbiz/ui/component"
	"techbiz/ui/operation"
)

// handOverView is a list that goes to a colleague.
type handOverView struct {
	component.Form
	Batch operation.BatchSummary
	To    string // whose it is now
}

// handOverForm asks for the colleague.
func (p *portal) handOverForm(w http.ResponseWriter, r *http.Request) error {
	b, err := p.summary(r)
	if err != nil {
		return err
	}
	return p.showHandOver(w, r, http.StatusOK, handOverView{Batch: b})
}

// handOver gives the list to a colleague. From then on its page is not the
// officer's any more, so the answer is the receipt itself.
func (p *portal) handOver(w http.ResponseWriter, r *http.Request) error {
	b, err := p.summary(r)
	if err != nil {
		return err
	}
	v := handOverView{Batch: b, Form: component.Form{Values: readValues(r, "to")}}
	answer, err := operation.HandOverBatch(r.Context(), p.gql, b.Id, v.Value("to"))
	if err != nil {
		return err
	}
	done := answer.HandOverBatch
	if hasCode(done.Errors, operation.ErrorCodeNotFound) {
		return noBatch()
	}
	if len(done.Errors) > 0 {
		v.Problems = onlyField(problemsOf(done.Errors), "to")
		return p.showHandOver(w, r, http.StatusUnprocessableEntity, v)
	}
	v.To = strings.TrimSpace(v.Value("to"))
	if done.Batch != nil {
		v.To = cmp.Or(done.Batch.Owner.Email, v.To)
	}
	w.Header().Set("HX-Replace-Url", "/invite/multiple")
	return p.show(w, r, http.StatusOK, handedOverPage(p.batchFrame(r, "Handed over", nil), v))
}

func (p *portal) showHandOver(w http.ResponseWriter, r *http.Request, status int, v handOverView) error {
	return p.show(w, r, status, handOverPage(p.batchFrame(r, "Hand over", nil), v), "dialog")
}
