package ui

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"techbiz/internal/fault"
	"techbiz/ui/component"
	"techbiz/ui/operation"
)

// reviewView is a list under review: one page of its users.
type reviewView struct {
	Batch   operation.BatchSummary
	Review  operation.BatchReview
	Rows    []operation.BatchRowFields
	Query   url.Values // search and filter
	Back    url.Values // the query that leads back to this very page
	Live    string     // address that gives news of this very page
	Pager   component.Pager
	Done    string // what was just done
	Changed string // the row to which it was done, "" for more than one
}

// batch shows a list as its state asks for: the review of a draft, the progress
// of what was submitted, what came of it.
func (p *portal) batch(w http.ResponseWriter, r *http.Request) error {
	answer, err := operation.Batch(r.Context(), p.gql, r.PathValue("id"))
	if err != nil {
		return err
	}
	if answer.Batch == nil {
		return noBatch()
	}
	if answer.Batch.State != operation.BatchStateDraft {
		return p.outcome(w, r)
	}
	q := r.URL.Query()
	done, changed := justDone(q.Get("done"), *answer.Batch), q.Get("row")
	for _, name := range []string{"done", "row"} { // said once, and no part of the page's address
		q.Del(name)
	}
	r.URL.RawQuery = q.Encode()
	v, err := p.reviewView(r)
	v.Done, v.Changed = done, changed
	if fault.CodeOf(err) == fault.BadRequest && isPage(r.URL.Query()) {
		return seeOther(w, r, withoutPage(r.URL))
	}
	if err != nil {
		return err
	}
	return p.show(w, r, http.StatusOK, reviewPage(p.batchFrame(r, "Review", reviewActions(v.Batch)), v), "results")
}

// batchLive answers with a list as it now stands, or with nothing when it stands
// as the page shows it.
func (p *portal) batchLive(w http.ResponseWriter, r *http.Request) error {
	answer, err := operation.Batch(r.Context(), p.gql, r.PathValue("id"))
	if err != nil {
		return err
	}
	if answer.Batch == nil {
		return noBatch()
	}
	if answer.Batch.State != operation.BatchStateDraft {
		return p.progressLive(w, r, *answer.Batch)
	}
	v, err := p.reviewView(r)
	if err != nil {
		return err
	}
	if v.Live == r.URL.RequestURI() {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	return p.write(w, r, http.StatusOK, reviewResults(v))
}

func (p *portal) reviewView(r *http.Request) (reviewView, error) {
	q := r.URL.Query()
	clean(q)
	id := r.PathValue("id")
	pg := readPage(q)
	query := url.Values{}
	var flagged, hinted *bool
	switch show := q.Get("show"); show {
	case showToFix:
		flagged = pointer(true)
		query.Set("show", show)
	case showToCheck:
		hinted = pointer(true)
		query.Set("show", show)
	}
	if s := q.Get("q"); s != "" {
		query.Set("q", s)
	}
	answer, err := operation.BatchRows(r.Context(), p.gql, id, pg.First, pg.After, pg.Last, pg.Before, flagged, hinted, optional(q.Get("q")))
	if err != nil {
		return reviewView{}, err
	}
	if answer.Batch == nil {
		return reviewView{}, noBatch()
	}
	rows := answer.Batch.Rows
	v := reviewView{
		Batch:  answer.Batch.BatchSummary,
		Review: answer.Batch.BatchReview,
		Rows:   rows.Nodes,
		Query:  query,
		Back:   withoutNews(q),
		Pager:  pg.pager(batchAddress(id), query, rows.PageInfo, len(rows.Nodes), rows.TotalCount),
	}
	v.Live = liveAddress(batchAddress(id)+"/live", q, v.Batch, v.Review, v.Rows)
	return v, nil
}

// What the filter of the review shows besides all.
const (
	showToFix   = "to-fix"   // rows with an issue
	showToCheck = "to-check" // rows with a hint
)

// removeRows removes the users that were selected, or the one whose menu was
// used.
func (p *portal) removeRows(w http.ResponseWriter, r *http.Request) error {
	ids := r.PostForm["ids"]
	if only := r.PostForm.Get("only"); only != "" {
		ids = []string{only}
	}
	if len(ids) > 0 {
		answer, err := operation.RemoveBatchRows(r.Context(), p.gql, ids)
		if err != nil {
			return err
		}
		// Whoever removes what is gone already has what was wanted.
		if problems := answer.RemoveBatchRows.Errors; len(problems) > 0 && !hasCode(problems, operation.ErrorCodeNotFound) {
			return faultOf(problems)
		}
		return seeOther(w, r, withDone(p.backTo(r), "removed-"+strconv.Itoa(len(ids))))
	}
	return seeOther(w, r, p.backTo(r))
}

// withDone adds to the address of a list what was just done.
func withDone(address, done string) string {
	mark := "?"
	if strings.Contains(address, mark) {
		mark = "&"
	}
	return address + mark + "done=" + done
}

// justDone says in words what the address says was done to a list.
func justDone(done string, b operation.BatchSummary) string {
	what, number, _ := strings.Cut(done, "-")
	n, err := strconv.Atoi(number)
	if err != nil || n < 1 {
		return ""
	}
	switch what {
	case "removed":
		return component.Plural(n, "user", "users") + " removed."
	case "saved":
		return "Row " + number + " saved. It is ready to be created."
	case "added":
		return "Row " + number + " added. It is ready to be created."
	case "applied":
		return component.Plural(n, "user", "users") + " corrected as suggested."
	case "read":
		return "The users of the file stand in the list now."
	case "notice":
		if n <= len(b.Notices) {
			return b.Notices[n-1]
		}
	case "recalled":
		return "Called back: " + component.Plural(n, "user stands", "users stand") + " on the list again, and nothing was created."
	}
	return ""
}

// confirmReset asks whether every user is to be removed.
func (p *portal) confirmReset(w http.ResponseWriter, r *http.Request) error {
	b, err := p.summary(r)
	if err != nil {
		return err
	}
	return p.show(w, r, http.StatusOK, resetPage(p.batchFrame(r, "Reset", nil), b), "dialog")
}

// reset removes every user and starts over.
func (p *portal) reset(w http.ResponseWriter, r *http.Request) error {
	answer, err := operation.ResetBatch(r.Context(), p.gql, r.PathValue("id"))
	if err != nil {
		return err
	}
	if problems := answer.ResetBatch.Errors; len(problems) > 0 && !hasCode(problems, operation.ErrorCodeBatchNotDraft) {
		return faultOf(problems)
	}
	return seeOther(w, r, "/invite/multiple")
}

// confirmSubmit says what will be created and what is left out.
func (p *portal) confirmSubmit(w http.ResponseWriter, r *http.Request) error {
	b, err := p.summary(r)
	if err != nil {
		return err
	}
	return p.showConfirmSubmit(w, r, http.StatusOK, b, nil)
}

// submit starts the creation of the accounts. A second Confirm finds it started.
func (p *portal) submit(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	answer, err := operation.SubmitBatch(r.Context(), p.gql, id, true)
	if err != nil {
		return err
	}
	problems := answer.SubmitBatch.Errors
	if len(problems) == 0 || hasCode(problems, operation.ErrorCodeBatchNotDraft) {
		return seeOther(w, r, batchAddress(id))
	}
	if hasCode(problems, operation.ErrorCodeNotFound) {
		return noBatch()
	}
	b, err := p.summary(r)
	if err != nil {
		return err
	}
	return p.showConfirmSubmit(w, r, http.StatusUnprocessableEntity, b, problemsOf(problems))
}

func (p *portal) showConfirmSubmit(w http.ResponseWriter, r *http.Request, status int, b operation.BatchSummary, problems []component.Problem) error {
	return p.show(w, r, status, submitPage(p.batchFrame(r, "Submit", nil), b, component.Form{Problems: problems}, p.Recall), "dialog")
}

func (p *portal) summary(r *http.Request) (operation.BatchSummary, error) {
	answer, err := operation.Batch(r.Context(), p.gql, r.PathValue("id"))
	if err != nil {
		return operation.BatchSummary{}, err
	}
	if answer.Batch == nil {
		return operation.BatchSummary{}, noBatch()
	}
	return *answer.Batch, nil
}

// backTo is the page of the list from which a form came.
func (p *portal) backTo(r *http.Request) string {
	address := batchAddress(r.PathValue("id"))
	q, err := url.ParseQuery(r.FormValue("back"))
	if err != nil || len(q) == 0 {
		return address
	}
	return address + "?" + q.Encode()
}

func noBatch() error {
	return fault.New(fault.NotFound, "This list is not there any more, or belongs to another officer.")
}

// faultOf makes a page of errors that no form can show.
func faultOf(problems []operation.Problem) error {
	switch problems[0].Code {
	case operation.ErrorCodeNotFound:
		return fault.New(fault.NotFound, "%s", problems[0].Message)
	default:
		return fault.New(fault.Conflict, "%s", problems[0].Message)
	}
}
