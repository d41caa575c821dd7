package ui

import (
	"net/http"

	"techbiz/ui/component"
	"techbiz/ui/operation"
)

// landing shows the four ways in, and the list that waits for its officer.
func (p *portal) landing(w http.ResponseWriter, r *http.Request) error {
	answer, err := operation.Landing(r.Context(), p.gql)
	if err != nil {
		return err
	}
	f := p.frame(r, component.Frame{Title: "Create TechPass account"})
	return p.show(w, r, http.StatusOK, landingPage(f, firstDraft(answer.Batches.Nodes)))
}

// firstDraft returns the newest list under review that has users, or nil.
func firstDraft(batches []operation.BatchSummary) *operation.BatchSummary {
	for i := range batches {
		if batches[i].State == operation.BatchStateDraft && batches[i].TotalRows > 0 {
			return &batches[i]
		}
	}
	return nil
}
