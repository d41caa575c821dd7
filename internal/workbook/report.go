package workbook

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"time"

	"github.com/xuri/excelize/v2"

	"techbiz/internal/formula"
)

// ReportRow is one user of a batch with what became of it, in words for a person.
type ReportRow struct {
	Row
	Outcome        string
	TechPassStatus string
	SeedStatus     string
	Mail           string
	Failure        string // why it failed, or its issues
}

const reportSheet = "Report"

// reportColumns are the report's, in its order. A value that is no text is a number.
var reportColumns = []struct {
	title string
	width float64
	value func(ReportRow) any
}{
	{"Row", 8, func(r ReportRow) any { return rowNumber(r.Number) }},
	{"Sheet", 16, func(r ReportRow) any { return r.Sheet }},
	{"Email", 34, func(r ReportRow) any { return r.Email }},
	{"Username", 20, func(r ReportRow) any { return r.Username }},
	{"First Name", 18, func(r ReportRow) any { return r.FirstName }},
	{"Last Name", 18, func(r ReportRow) any { return r.LastName }},
	{"Organisation", 24, func(r ReportRow) any { return r.Organisation }},
	{"Department", 20, func(r ReportRow) any { return r.Department }},
	{"Outcome", 16, func(r ReportRow) any { return r.Outcome }},
	{"TechPass Status", 16, func(r ReportRow) any { return r.TechPassStatus }},
	{"SEED Status", 16, func(r ReportRow) any { return r.SeedStatus }},
	{"Last Mail", 26, func(r ReportRow) any { return r.Mail }},
	{"Failure or Issues", 60, func(r ReportRow) any { return r.Failure }},
	{"Start Date", 14, func(r ReportRow) any { return dayOrText(r.StartOn) }},
}

// rowNumber leaves the cell empty where there is no number.
func rowNumber(n int) any {
	if n == 0 {
		return nil
	}
	return n
}

// dayOrText makes a date of what is one.
func dayOrText(s string) any {
	if day, err := time.Parse(dayLayout, s); err == nil {
		return day
	}
	return s
}

// WriteReport writes every row with its outcome, in one pass; large reports wait
// in a temporary file until the last row is there. The first error of rows ends
// it, and nothing is written then. Texts that a spreadsheet would take for a
// formula get an apostrophe in front.
func WriteReport(w io.Writer, rows iter.Seq2[ReportRow, error]) error {
	f := excelize.NewFile()
	defer func() { _ = f.Close() }() // removes the temporary file, at worst later
	s, day, err := startReport(f)
	if err != nil {
		return fmt.Errorf("build the report: %w", err)
	}
	at := 2
	for r, err := range rows {
		if err != nil {
			return err
		}
		if err := s.SetRow(cellName(1, at), reportCells(r, day)); err != nil {
			return fmt.Errorf("report row %d: %w", at, err)
		}
		at++
	}
	if err := s.Flush(); err != nil {
		return fmt.Errorf("build the report: %w", err)
	}
	if _, err := f.WriteTo(w); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}

// startReport writes the header and returns the style of a day.
func startReport(f *excelize.File) (s *excelize.StreamWriter, day int, err error) {
	format := "dd-mm-yyyy"
	bold, err1 := f.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}})
	day, err2 := f.NewStyle(&excelize.Style{CustomNumFmt: &format})
	if err := errors.Join(err1, err2, f.SetSheetName("Sheet1", reportSheet)); err != nil {
		return nil, 0, err
	}
	if s, err = f.NewStreamWriter(reportSheet); err != nil {
		return nil, 0, err
	}
	titles := make([]any, len(reportColumns))
	for i, c := range reportColumns {
		titles[i] = excelize.Cell{StyleID: bold, Value: c.title}
		if err := s.SetColWidth(i+1, i+1, c.width); err != nil {
			return nil, 0, err
		}
	}
	frozen := &excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}
	return s, day, errors.Join(s.SetPanes(frozen), s.SetRow("A1", titles))
}

func reportCells(r ReportRow, day int) []any {
	cells := make([]any, len(reportColumns))
	for i, c := range reportColumns {
		switch v := c.value(r).(type) {
		case string:
			if v != "" {
				cells[i] = formula.Neutral(v)
			}
		case time.Time:
			cells[i] = excelize.Cell{StyleID: day, Value: v}
		default:
			cells[i] = v
		}
	}
	return cells
}
