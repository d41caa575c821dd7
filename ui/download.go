package ui

import (
	"context"
	"io"
	"mime"
	"net/http"
	"path"
	"strings"

	"github.com/google/uuid"

	"techbiz/internal/clock"
	"techbiz/ui/operation"
)

// downloadCorrections sends the workbook of a list's rows to fix, which can be
// corrected and uploaded again.
func (p *portal) downloadCorrections(w http.ResponseWriter, r *http.Request) error {
	return p.download(w, r, "to-fix", p.Corrections)
}

// downloadReport sends the workbook that says what became of every row.
func (p *portal) downloadReport(w http.ResponseWriter, r *http.Request) error {
	return p.download(w, r, "report", p.Report)
}

// download sends a workbook about a list. What fails before the first byte is a
// page; what fails later ends the connection.
func (p *portal) download(w http.ResponseWriter, r *http.Request, what string, write func(context.Context, uuid.UUID, io.Writer) error) error {
	b, err := p.summary(r)
	if err != nil {
		return err
	}
	id, err := uuid.Parse(b.Id)
	if err != nil {
		return err
	}
	// A large workbook takes its time before the first byte leaves.
	_ = http.NewResponseController(w).SetWriteDeadline(clock.Machine().Add(2 * exportPatience))
	begin := func() error {
		return p.recordExport(r.Context(), Export{What: recordedAs[what], Format: "xlsx", List: b.Id})
	}
	out := &attachment{ResponseWriter: w, name: p.downloadName(what, b), begin: begin}
	err = write(r.Context(), id, out)
	if err != nil && out.begun {
		if r.Context().Err() == nil {
			p.Log.ErrorContext(r.Context(), "download ended early", "route", r.Pattern, "error", err)
		}
		panic(http.ErrAbortHandler)
	}
	return err
}

// downloadName sorts by kind and day.
func (p *portal) downloadName(what string, b operation.BatchSummary) string {
	name := what + "-" + p.Clock().In(clock.Singapore).Format("2006-01-02")
	if file := text(b.FileName); file != "" {
		name += "-" + strings.TrimSuffix(file, path.Ext(file))
	}
	return name + ".xlsx"
}

// recordedAs is how the activity log calls the downloads about a list.
var recordedAs = map[string]string{"to-fix": "corrections", "report": "report"}

// attachment is an answer that becomes a workbook to keep with its first byte.
type attachment struct {
	http.ResponseWriter
	name  string
	begin func() error // comes before the first byte
	begun bool
}

// Write sends a part of the workbook.
func (a *attachment) Write(b []byte) (int, error) {
	if !a.begun {
		if err := a.begin(); err != nil {
			return 0, err
		}
		a.begun = true
		a.Header().Set("Content-Type", workbookType)
		a.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": a.name}))
	}
	return a.ResponseWriter.Write(b)
}
