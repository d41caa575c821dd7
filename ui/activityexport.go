package ui

import (
	"context"
	"encoding/csv"
	"errors"
	"io"
	"mime"
	"net/http"

	"techbiz/internal/clock"
	"techbiz/internal/formula"
	"techbiz/ui/operation"
)

// activityColumns are the columns of the exported log.
var activityColumns = []struct {
	heading string
	text    func(operation.ActivityRow) string
}{
	{"When", func(a operation.ActivityRow) string { return a.At.In(clock.Singapore).Format("02-01-2006 15:04:05") }},
	{"Event", func(a operation.ActivityRow) string { return a.Name }},
	{"Type", func(a operation.ActivityRow) string { return a.Type }},
	{"Officer", whoActed},
	{"Officer's Email", func(a operation.ActivityRow) string { return text(a.By) }},
	{"Acted As", func(a operation.ActivityRow) string { return sentence(string(a.ActorKind)) }},
	{"On Whom", func(a operation.ActivityRow) string { return text(a.Subject) }},
	{"Detail", func(a operation.ActivityRow) string { return text(a.Detail) }},
	{"From", func(a operation.ActivityRow) string { return text(a.Address) }},
	{"Request ID", func(a operation.ActivityRow) string { return text(a.RequestId) }},
	{"Record ID", func(a operation.ActivityRow) string { return a.Id }},
}

// exportActivity sends what is filtered as comma-separated values, page by page as
// it is read. What fails before the first byte is a page; what fails later ends the
// connection, so that half a log is not taken for the whole.
func (p *portal) exportActivity(w http.ResponseWriter, r *http.Request) error {
	filter := activityFilter(activityQuery(r.URL.Query()))
	first, err := p.activityPart(r.Context(), filter, nil)
	if err != nil {
		return err
	}
	if err := p.recordExport(r.Context(), Export{What: "activity", Format: "csv", Rows: exactly(first.TotalCount, first.TotalIsExact)}); err != nil {
		return err
	}
	name := "activity-" + p.Clock().In(clock.Singapore).Format("2006-01-02") + ".csv"
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	if err := p.writeActivity(w, r, filter, first); err != nil {
		if r.Context().Err() == nil {
			p.Log.ErrorContext(r.Context(), "export ended early", "path", r.URL.Path, "error", err)
		}
		panic(http.ErrAbortHandler)
	}
	return nil
}

func (p *portal) writeActivity(w http.ResponseWriter, r *http.Request, filter *operation.ActivityFilter, page *operation.ActivitiesExportActivityActivityConnection) error {
	if _, err := io.WriteString(w, "\ufeff"); err != nil { // by which Excel knows UTF-8
		return err
	}
	out := csv.NewWriter(w)
	out.UseCRLF = true
	cells := make([]string, len(activityColumns))
	for n, c := range activityColumns {
		cells[n] = c.heading
	}
	if err := out.Write(cells); err != nil {
		return err
	}
	for {
		err := http.NewResponseController(w).SetWriteDeadline(clock.Machine().Add(exportPatience))
		if err != nil && !errors.Is(err, http.ErrNotSupported) {
			return err
		}
		for _, a := range page.Nodes {
			for n, c := range activityColumns {
				cells[n] = formula.Neutral(c.text(a))
			}
			if err := out.Write(cells); err != nil {
				return err
			}
		}
		if !page.PageInfo.HasNextPage {
			out.Flush()
			return out.Error()
		}
		if page, err = p.activityPart(r.Context(), filter, page.PageInfo.EndCursor); err != nil {
			return err
		}
	}
}

// activityPart reads one page of the log; the first one is counted as well.
func (p *portal) activityPart(ctx context.Context, f *operation.ActivityFilter, after *string) (*operation.ActivitiesExportActivityActivityConnection, error) {
	answer, err := operation.ActivitiesExport(ctx, p.gql, pointer(exportPage), after, f, after == nil)
	if err != nil {
		return nil, err
	}
	return &answer.Activity, nil
}
