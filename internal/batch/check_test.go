package batch

import (
	"bytes"
	"context"
	"fmt"
	"testing"

	"github.com/xuri/excelize/v2"

	"techbiz/internal/directory"
	"techbiz/internal/fault"
	"techbiz/internal/workbook"
)

// many is a workbook of users who share a merged cell with the reason.
func many(t *testing.T, users int) *bytes.Reader {
	t.Helper()
	f := excelize.NewFile()
	defer func() { _ = f.Close() }()
	w, err := f.NewStreamWriter("Sheet1")
	if err != nil {
		t.Fatal(err)
	}
	rows := [][]any{{"Email", "Username", "First Name", "Last Name", "Contact Number", "Organisation", "Department", "Onboarding to SEED required?", "Reason for creation"}}
	for i := range users {
		reason := ""
		if i == 0 {
			reason = "Runs the service"
		}
		rows = append(rows, []any{fmt.Sprintf("mei.%d@agency.gov.sg", i), "", fmt.Sprintf("Mei %d", i), "Tan", fmt.Sprintf("9%07d", i), "Agency", "", "No", reason})
	}
	for i, row := range rows {
		if err := w.SetRow(fmt.Sprintf("A%d", i+1), row); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.MergeCell("I2", fmt.Sprintf("I%d", users+1)); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return bytes.NewReader(b.Bytes())
}

// Rows are checked while the file is read, and a merged cell is known behind them.
func TestUpload_MergedCellBelowWhatIsCheckedAlready(t *testing.T) {
	t.Parallel()
	each(t, 0, func(t *testing.T, f *fixture) {
		const users = 2*workbook.EarlyRows + 100
		file := many(t, users)
		b, err := f.Upload(f.ctx, file, file.Size(), "users.xlsx", nil)
		if err != nil {
			t.Fatal(err)
		}
		var want []string
		for i := range users {
			want = append(want, fmt.Sprintf("%d mei.%d@agency.gov.sg", i+2, i))
		}
		differ(t, want, f.rows(t, b.ID))
		if n := f.number(t, "SELECT count(*) FROM batch_rows WHERE reason = 'Runs the service' AND looked_up"); n != users {
			t.Errorf("%d rows have the reason and were looked up", n)
		}
	})
}

// A file that is refused behind rows that are being checked leaves nothing behind, and
// waits for nobody.
func TestUpload_RefusedWhileRowsAreChecked(t *testing.T) {
	t.Parallel()
	each(t, 0, func(t *testing.T, f *fixture) {
		f.Invite.Directory = &hooked{f.Invite.Directory, func(ctx context.Context, _ []directory.Identity) ([]directory.Person, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}}
		f.Limits.Rows = workbook.EarlyRows
		file := many(t, workbook.EarlyRows+1)
		_, err := f.Upload(f.ctx, file, file.Size(), "users.xlsx", nil)
		if fault.CodeOf(err) != fault.TooManyRows {
			t.Errorf("answered %v", err)
		}
		if n := f.number(t, "SELECT count(*) FROM batches"); n != 0 {
			t.Errorf("%d lists", n)
		}
	})
}
