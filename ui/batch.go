package ui

import (
	"errors"
	"io"
	"net/http"
	"strconv"

	"github.com/99designs/gqlgen/graphql"

	"techbiz/internal/fault"
	"techbiz/ui/component"
	"techbiz/ui/operation"
)

// uploadView is Create multiple accounts before a list is under review.
type uploadView struct {
	component.Form
	MaxUpload int64
	MaxRows   int
	Drafts    []operation.BatchSummary // lists under review
	Batches   []operation.BatchSummary // submitted lists
	Pager     component.Pager
}

// uploadForm shows where to upload a list, and the earlier ones.
func (p *portal) uploadForm(w http.ResponseWriter, r *http.Request) error {
	return p.showUpload(w, r, http.StatusOK, component.Form{})
}

// upload reads a workbook into a new list, or into the one of the address, and
// goes on to its review.
func (p *portal) upload(w http.ResponseWriter, r *http.Request) error {
	file, err := p.readUpload(r)
	if faults := fault.Of(err); len(faults) > 0 {
		form := component.Form{Problems: []component.Problem{{Field: "file", Message: faults[0].Message}}}
		return p.showUpload(w, r, http.StatusUnprocessableEntity, form)
	}
	if err != nil {
		return err
	}
	defer func() { _ = r.MultipartForm.RemoveAll() }() // temporary files; the system's cleaning gets the rest
	answer, err := operation.UploadBatch(withUpload(r.Context(), file), p.gql, nil, optional(r.PathValue("id")))
	if err != nil {
		return err
	}
	if problems := answer.UploadBatch.Errors; len(problems) > 0 || answer.UploadBatch.Batch == nil {
		form := component.Form{Problems: problemsOf(problems)}
		for i := range form.Problems {
			form.Problems[i].Field = "file"
		}
		return p.showUpload(w, r, http.StatusUnprocessableEntity, form)
	}
	return seeOther(w, r, batchAddress(answer.UploadBatch.Batch.Id))
}

// readUpload returns the file of the request. Codes: REQUIRED, FILE_TOO_LARGE.
func (p *portal) readUpload(r *http.Request) (graphql.Upload, error) {
	body := r.Body
	r.Body = http.MaxBytesReader(nil, body, p.MaxUpload+maxForm)
	tooLarge := fault.New(fault.FileTooLarge, "Choose a file of at most %s. Split a longer list into several files.", megabytes(p.MaxUpload))
	if err := r.ParseMultipartForm(1 << 20); err != nil {
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			// A browser shows the answer only if it could send its file, within reason.
			_, _ = io.CopyN(io.Discard, body, 4*p.MaxUpload)
			return graphql.Upload{}, tooLarge
		}
		return graphql.Upload{}, fault.Wrap(err, fault.Required, "Choose a file.")
	}
	file, header, err := r.FormFile("file")
	if err != nil {
		return graphql.Upload{}, fault.Wrap(err, fault.Required, "Choose a file.")
	}
	if header.Size > p.MaxUpload {
		return graphql.Upload{}, tooLarge
	}
	return graphql.Upload{File: file, Filename: header.Filename, Size: header.Size, ContentType: header.Header.Get("Content-Type")}, nil
}

// template sends the Excel template.
func (p *portal) template(w http.ResponseWriter, _ *http.Request) error {
	h := w.Header()
	h.Set("Content-Type", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
	h.Set("Content-Disposition", `attachment; filename="techpass-users.xlsx"`)
	return p.Template(w)
}

func (p *portal) showUpload(w http.ResponseWriter, r *http.Request, status int, form component.Form) error {
	q := r.URL.Query()
	pg := readPage(q)
	answer, err := operation.Batches(r.Context(), p.gql, pg.First, pg.After, pg.Last, pg.Before)
	if fault.CodeOf(err) == fault.BadRequest && isPage(q) {
		return seeOther(w, r, withoutPage(r.URL))
	}
	if err != nil {
		return err
	}
	v := uploadView{Form: form, MaxUpload: p.MaxUpload, MaxRows: p.MaxRows}
	for _, b := range answer.Batches.Nodes {
		switch {
		case b.State != operation.BatchStateDraft:
			v.Batches = append(v.Batches, b)
		case b.TotalRows > 0:
			v.Drafts = append(v.Drafts, b)
		}
	}
	v.Pager = pg.pager("/invite/multiple", nil, answer.Batches.PageInfo, len(answer.Batches.Nodes), answer.Batches.TotalCount)
	f := p.frame(r, component.Frame{
		Title:  "Create multiple accounts",
		Nav:    "/invite/multiple",
		Crumbs: crumbs("Create multiple accounts"),
	})
	return p.show(w, r, status, uploadPage(f, v), "results")
}

func megabytes(n int64) string { return strconv.FormatInt(n>>20, 10) + " MB" }
