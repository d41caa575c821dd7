package ui

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/99designs/gqlgen/graphql"

	"techbiz/internal/access"
	"techbiz/internal/fault"
	"techbiz/ui/component"
	"techbiz/ui/operation"
)

// uploadView is Create multiple accounts before a list is under review.
type uploadView struct {
	component.Form
	MaxUpload int64
	MaxRows   int
	Draft     *operation.BatchSummary // the newest list under review, nil for none
	Batches   []operation.OwnedBatch  // lists under review and submitted ones
	Pager     component.Pager
	Whose     string // whose lists can be shown besides the officer's own; "" for nobody's
	All       bool   // they are shown
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
		return p.refuseFile(w, r, []component.Problem{{Message: faults[0].Message}})
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
		return p.refuseFile(w, r, problemsOf(problems))
	}
	b, done := answer.UploadBatch.Batch, ""
	switch n := len(b.Notices); {
	case r.PathValue("id") == "":
		return seeOther(w, r, batchAddress(b.Id))
	case n > 0 && strings.HasPrefix(b.Notices[n-1], path.Base(file.Filename)+": "):
		done = "notice-" + strconv.Itoa(n)
	default:
		done = "read-1"
	}
	return seeOther(w, r, withDone(batchAddress(b.Id), done))
}

// refuseFile says why a file was not taken, where it was chosen.
func (p *portal) refuseFile(w http.ResponseWriter, r *http.Request, problems []component.Problem) error {
	for i := range problems {
		problems[i].Field = "file"
	}
	form := component.Form{Problems: problems}
	if r.PathValue("id") == "" {
		return p.showUpload(w, r, http.StatusUnprocessableEntity, form)
	}
	return p.showFileForm(w, r, http.StatusUnprocessableEntity, form)
}

// fileView is the dialog that takes another file into a list.
type fileView struct {
	component.Form
	Batch     operation.BatchSummary
	Corrected bool // it is asked for as a correction; the file itself decides
}

func (v fileView) title() string {
	if v.Corrected {
		return "Upload the corrected file"
	}
	return "Add the users of another file"
}

func (v fileView) address() string {
	if v.Corrected {
		return batchAddress(v.Batch.Id) + "/upload?corrected=yes"
	}
	return batchAddress(v.Batch.Id) + "/upload"
}

// fileForm asks for another file.
func (p *portal) fileForm(w http.ResponseWriter, r *http.Request) error {
	return p.showFileForm(w, r, http.StatusOK, component.Form{})
}

func (p *portal) showFileForm(w http.ResponseWriter, r *http.Request, status int, form component.Form) error {
	b, err := p.summary(r)
	if err != nil {
		return err
	}
	v := fileView{Form: form, Batch: b, Corrected: r.URL.Query().Has("corrected")}
	return p.show(w, r, status, filePage(p.batchFrame(r, v.title(), nil), v), "dialog")
}

// readUpload returns the file of the request. Codes: REQUIRED, FILE_TOO_LARGE.
func (p *portal) readUpload(r *http.Request) (graphql.Upload, error) {
	body := r.Body
	r.Body = http.MaxBytesReader(nil, body, p.MaxUpload+maxForm)
	tooLarge := fault.New(fault.FileTooLarge, "Choose a file of at most %s. Split a longer list into several files.", megabytes(p.MaxUpload))
	if err := r.ParseMultipartForm(1 << 20); err != nil { // #nosec G120 -- bounded two lines above
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
	h.Set("Content-Type", workbookType)
	h.Set("Content-Disposition", `attachment; filename="techpass-users.xlsx"`)
	return p.Template(w)
}

func (p *portal) showUpload(w http.ResponseWriter, r *http.Request, status int, form component.Form) error {
	q := r.URL.Query()
	pg := readPage(q)
	query, whose := url.Values{}, colleagues(r.Context())
	if whose != "" && q.Get(officersFilter) == "all" {
		query.Set(officersFilter, "all")
	}
	answer, err := operation.Batches(r.Context(), p.gql, pg.First, pg.After, pg.Last, pg.Before, pointer(len(query) > 0))
	if fault.CodeOf(err) == fault.BadRequest && isPage(q) {
		return seeOther(w, r, withoutPage(r.URL))
	}
	if err != nil {
		return err
	}
	v := uploadView{Form: form, MaxUpload: p.MaxUpload, MaxRows: p.MaxRows, Whose: whose, All: len(query) > 0}
	var own []operation.BatchSummary
	me, _ := access.From(r.Context())
	for _, b := range answer.Batches.Nodes {
		if b.State != operation.BatchStateDraft || b.TotalRows > 0 {
			v.Batches = append(v.Batches, b)
		}
		if b.Owner.Email == me.Email {
			own = append(own, b.BatchSummary)
		}
	}
	v.Draft = firstDraft(own)
	v.Pager = pg.pager("/invite/multiple", query, answer.Batches.PageInfo, len(answer.Batches.Nodes), answer.Batches.TotalCount)
	f := p.frame(r, component.Frame{
		Title:  "Create multiple accounts",
		Nav:    "/invite/multiple",
		Crumbs: crumbs("Create multiple accounts"),
	})
	return p.show(w, r, status, uploadPage(f, v), "results")
}

func megabytes(n int64) string { return strconv.FormatInt(n>>20, 10) + " MB" }

// listColumns are the columns of the earlier lists; all has those of other officers
// among them.
func listColumns(all bool) []string {
	columns := []string{"File", "Submitted", "Users", "Created", "Failed", "State"}
	if all {
		return slices.Insert(columns, 1, "Officer")
	}
	return columns
}
