package ui

import (
	"context"
	"encoding/csv"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

	"techbiz/internal/clock"
	"techbiz/internal/formula"
	"techbiz/ui/component"
	"techbiz/ui/operation"
)

const (
	// exportPage is how many invitations are read at a time.
	exportPage = 200
	// exportPatience is how long the browser may take for each such page.
	exportPatience = time.Minute
)

// workbookType is the media type of .xlsx.
const workbookType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

// exportColumn is one column of the exported list: a text, or a day.
type exportColumn struct {
	heading string
	width   float64 // in characters
	text    func(operation.InvitationExport) string
	day     func(operation.InvitationExport) *time.Time
}

// exportColumns begin as the table on the page does.
var exportColumns = []exportColumn{
	{heading: "First Name", width: 18, text: func(i operation.InvitationExport) string { return text(i.FirstName) }},
	{heading: "Last Name", width: 18, text: func(i operation.InvitationExport) string { return text(i.LastName) }},
	{heading: "Email", width: 34, text: func(i operation.InvitationExport) string { return component.ShownAddress(i.Email) }},
	{heading: "Organisation", width: 24, text: func(i operation.InvitationExport) string { return text(i.Organisation) }},
	{heading: "Department", width: 20, text: func(i operation.InvitationExport) string { return text(i.Department) }},
	{heading: "Date of Invite", width: 14, day: func(i operation.InvitationExport) *time.Time { return &i.InvitedAt }},
	{heading: "TechPass Status", width: 16, text: func(i operation.InvitationExport) string { return techPassStatuses[i.TechPassStatus].text }},
	{heading: "SEED Status", width: 16, text: seedStatusText},
	{heading: "Username", width: 20, text: func(i operation.InvitationExport) string { return text(i.TechPassUsername) }},
	{heading: "Country Code", width: 13, text: func(i operation.InvitationExport) string { return countryCode(text(i.ContactNumber)) }},
	{heading: "Contact Number", width: 15, text: func(i operation.InvitationExport) string { return strings.TrimPrefix(text(i.ContactNumber), "+65") }},
	{heading: "User Type", width: 14, text: func(i operation.InvitationExport) string { return textOf(userTypes, string(i.UserType)) }},
	{heading: "Method", width: 18, text: func(i operation.InvitationExport) string { return textOf(methods, string(i.Method)) }},
	{heading: "Onboarding to SEED required?", width: 28, text: func(i operation.InvitationExport) string { return yesOrNo(i.SeedRequired) }},
	{heading: "Reason for creation", width: 36, text: func(i operation.InvitationExport) string { return i.Reason }},
	{heading: "Processing", width: 12, text: func(i operation.InvitationExport) string { return progressWords[i.Provisioning] }},
	{heading: "Failure", width: 36, text: func(i operation.InvitationExport) string { return text(i.Failure) }},
	{heading: "Last Mail", width: 26, text: func(i operation.InvitationExport) string { return mailWords[i.Mail] }},
	{heading: "Mail Failure", width: 36, text: func(i operation.InvitationExport) string { return text(i.MailFailure) }},
	{heading: "Date of Last Mail", width: 17, day: func(i operation.InvitationExport) *time.Time { return i.LastSentAt }},
	{heading: "Start Date", width: 14, day: func(i operation.InvitationExport) *time.Time { return dayOf(i.StartOn) }},
	{heading: "Valid Until", width: 14, day: func(i operation.InvitationExport) *time.Time { return i.ExpiresAt }},
	{heading: "Last Changed", width: 14, day: func(i operation.InvitationExport) *time.Time { return &i.UpdatedAt }},
	{heading: "Invited By", width: 30, text: func(i operation.InvitationExport) string { return i.Inviter.Email }},
}

func seedStatusText(i operation.InvitationExport) string {
	if i.SeedStatus == nil {
		return ""
	}
	return seedStatuses[*i.SeedStatus].text
}

func countryCode(number string) string {
	if strings.HasPrefix(number, "+65") {
		return "65"
	}
	return ""
}

// sheet takes the exported list row by row.
type sheet interface {
	row(operation.InvitationExport) error
	// finish writes what is left.
	finish() error
	// release lets go of what the sheet holds.
	release()
}

// exportCSV sends the list as comma-separated values, which leave as they are
// read.
func (p *portal) exportCSV(w http.ResponseWriter, r *http.Request) error {
	return p.export(w, r, "text/csv; charset=utf-8", "csv", newCSV)
}

// exportXLSX sends the list as a workbook.
func (p *portal) exportXLSX(w http.ResponseWriter, r *http.Request) error {
	return p.export(w, r, workbookType, "xlsx", newXLSX)
}

// export reads the list page by page into a sheet. What fails before the first
// byte is a page; what fails later ends the connection, so that half a list is
// not taken for the whole.
func (p *portal) export(w http.ResponseWriter, r *http.Request, contentType, extension string, open func(io.Writer) (sheet, error)) error {
	q := r.URL.Query()
	first, err := p.exported(r.Context(), q, nil)
	if err != nil {
		return err
	}
	if err := p.recordExport(r.Context(), Export{What: "status", Format: extension, Rows: exactly(first.TotalCount, first.TotalIsExact)}); err != nil {
		return err
	}
	name := "user-creation-status-" + p.Clock().In(clock.Singapore).Format("2006-01-02") + "." + extension
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	if err := p.exportAll(w, r, q, first, open); err != nil {
		if r.Context().Err() == nil {
			p.Log.ErrorContext(r.Context(), "export ended early", "route", r.Pattern, "error", err)
		}
		panic(http.ErrAbortHandler)
	}
	return nil
}

func (p *portal) exportAll(w http.ResponseWriter, r *http.Request, q url.Values, page *operation.InvitationsExportInvitationsInvitationConnection, open func(io.Writer) (sheet, error)) error {
	out := http.NewResponseController(w)
	s, err := open(w)
	if err != nil {
		return err
	}
	defer s.release()
	for {
		err := out.SetWriteDeadline(clock.Machine().Add(exportPatience))
		if err != nil && !errors.Is(err, http.ErrNotSupported) {
			return err
		}
		for _, i := range page.Nodes {
			if err := s.row(i); err != nil {
				return err
			}
		}
		if !page.PageInfo.HasNextPage {
			return s.finish()
		}
		if page, err = p.exported(r.Context(), q, page.PageInfo.EndCursor); err != nil {
			return err
		}
	}
}

// exported reads one page of the list; the first one is counted as well.
func (p *portal) exported(ctx context.Context, q url.Values, after *string) (*operation.InvitationsExportInvitationsInvitationConnection, error) {
	answer, err := operation.InvitationsExport(ctx, p.gql, pointer(exportPage), after, invitationFilter(q), sortingOf(q).order(), after == nil)
	if err != nil {
		return nil, err
	}
	return &answer.Invitations, nil
}

// csvSheet writes comma-separated values.
type csvSheet struct{ w *csv.Writer }

// newCSV begins with the mark by which Excel knows UTF-8, and the headings.
func newCSV(w io.Writer) (sheet, error) {
	if _, err := io.WriteString(w, "\ufeff"); err != nil {
		return nil, err
	}
	s := csvSheet{csv.NewWriter(w)}
	s.w.UseCRLF = true
	headings := make([]string, len(exportColumns))
	for n, c := range exportColumns {
		headings[n] = c.heading
	}
	return s, s.w.Write(headings)
}

func (s csvSheet) row(i operation.InvitationExport) error {
	cells := make([]string, len(exportColumns))
	for n, c := range exportColumns {
		if c.day == nil {
			cells[n] = formula.Neutral(c.text(i))
		} else if at := c.day(i); at != nil {
			cells[n] = at.In(clock.Singapore).Format("02-01-2006")
		}
	}
	return s.w.Write(cells)
}

func (s csvSheet) finish() error {
	s.w.Flush()
	return s.w.Error()
}

func (csvSheet) release() {}

// xlsxSheet writes a workbook, which excelize keeps in a temporary file when it
// is large.
type xlsxSheet struct {
	out  io.Writer
	file *excelize.File
	w    *excelize.StreamWriter
	day  int // style of a day
	next int // number of the next row, from 1
}

func newXLSX(out io.Writer) (sheet, error) {
	const name = "Invitations"
	s := &xlsxSheet{out: out, file: excelize.NewFile(), next: 2}
	format := "dd-mm-yyyy"
	bold, err := s.file.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}})
	day, err2 := s.file.NewStyle(&excelize.Style{CustomNumFmt: &format})
	s.day = day
	if err := errors.Join(err, err2, s.file.SetSheetName("Sheet1", name)); err != nil {
		return nil, err
	}
	if s.w, err = s.file.NewStreamWriter(name); err != nil {
		return nil, err
	}
	headings := make([]any, len(exportColumns))
	for n, c := range exportColumns {
		headings[n] = excelize.Cell{StyleID: bold, Value: c.heading}
		if err := s.w.SetColWidth(n+1, n+1, c.width); err != nil {
			return nil, err
		}
	}
	freeze := &excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}
	return s, errors.Join(s.w.SetPanes(freeze), s.w.SetRow("A1", headings))
}

func (s *xlsxSheet) row(i operation.InvitationExport) error {
	cells := make([]any, len(exportColumns))
	for n, c := range exportColumns {
		if c.day == nil {
			cells[n] = formula.Neutral(c.text(i))
		} else if at := c.day(i); at != nil {
			y, m, d := at.In(clock.Singapore).Date()
			cells[n] = excelize.Cell{StyleID: s.day, Value: time.Date(y, m, d, 0, 0, 0, 0, time.UTC)}
		}
	}
	at, err := excelize.CoordinatesToCellName(1, s.next)
	if err != nil {
		return err
	}
	s.next++
	return s.w.SetRow(at, cells)
}

func (s *xlsxSheet) finish() error {
	if err := s.w.Flush(); err != nil {
		return err
	}
	return s.file.Write(s.out)
}

// release removes the temporary file; by then nobody waits for an answer.
func (s *xlsxSheet) release() { _ = s.file.Close() }
