package workbook

import (
	"bytes"
	"errors"
	"iter"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
)

// reported yields the rows, and then the error where there is one.
func reported(err error, rows ...ReportRow) iter.Seq2[ReportRow, error] {
	return func(yield func(ReportRow, error) bool) {
		for _, r := range rows {
			if !yield(r, nil) {
				return
			}
		}
		if err != nil {
			yield(ReportRow{}, err)
		}
	}
}

func TestWriteReport(t *testing.T) {
	t.Parallel()
	first := ReportRow{Row: userRow(7, "a@b.gov.sg"), Outcome: "Created", TechPassStatus: "Not Onboarded", SeedStatus: "Not Required", Mail: "Sent"}
	first.StartOn, first.Organisation, first.Department = "01-02-2027", "=1+1", "+a"
	second := ReportRow{Row: Row{Email: "@x", FirstName: "-1", LastName: "\tz", StartOn: "soon"}, Outcome: "Failed", Failure: "No answer.\nTried 3 times."}
	var b bytes.Buffer
	if err := WriteReport(&b, reported(nil, first, second)); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(&b)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	rows, err := f.GetRows(reportSheet)
	if err != nil {
		t.Fatal(err)
	}
	want := [][]string{
		{"Row", "Sheet", "Email", "Username", "First Name", "Last Name", "Organisation", "Department", "Outcome", "TechPass Status", "SEED Status",
			"Last Mail", "Failure or Issues", "Start Date"},
		{"7", "Users", "a@b.gov.sg", "", "Wei Jie", "Lim", "'=1+1", "'+a", "Created", "Not Onboarded", "Not Required", "Sent", "", "01-02-2027"},
		{"", "", "'@x", "", "'-1", "'\tz", "", "", "Failed", "", "", "", "No answer.\nTried 3 times.", "soon"},
	}
	if d := cmp.Diff(want, rows); d != "" {
		t.Errorf("rows (-want +got):\n%s", d)
	}
	if raw, err := f.GetCellValue(reportSheet, "N2", excelize.Options{RawCellValue: true}); err != nil || raw != "46419" {
		t.Errorf("the start date is stored as %q, %v", raw, err)
	}
}

func TestWriteReport_RowsFail(t *testing.T) {
	t.Parallel()
	broken := errors.New("the database is gone")
	var b bytes.Buffer
	if err := WriteReport(&b, reported(broken, ReportRow{})); !errors.Is(err, broken) || b.Len() > 0 {
		t.Errorf("error %v after %d bytes", err, b.Len())
	}
}
