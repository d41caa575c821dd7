package workbook

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"techbiz/internal/fault"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
)

func corrections(t testing.TB, rows []CorrectionRow) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := WriteCorrection(&b, rows); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// changed is a workbook after edit.
func changed(t testing.TB, b []byte, edit func(f *excelize.File) error) []byte {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	if err := edit(f); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if _, err := f.WriteTo(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// flagged are rows as they were typed, be it wrong.
func flagged() []CorrectionRow {
	meant := "a@b.gov.sg"
	mail := fault.Field("email", fault.DomainNotAllowed, "This domain is not allowed.")
	mail.Suggestion = &meant
	first, second := userRow(17, "a@b.gov.sgg"), userRow(40, "c@b.gov.sg")
	first.ID, second.ID = "0193-first", "0193-second"
	first.Reason, first.Organisation, first.ContactNumber = "Line one\nline two", "=HYPERLINK(\"x\")", "+65 9123"
	second.StartOn, second.Department, second.Sheet = "31-02-2027", "@home", "More"
	return []CorrectionRow{
		{Row: first, Issues: fault.List{mail, fault.Field("contactNumber", fault.InvalidFormat, "Enter eight digits.")}},
		{Row: second, Issues: fault.List{fault.New(fault.AlreadyInvited, "An invitation is open."), fault.Field("startOn", fault.InvalidFormat, "No such day.")}},
	}
}

// here is the row where the correction workbook has it.
func here(r CorrectionRow, number int) Row {
	r.Number, r.Sheet = number, usersSheet
	return r.Row
}

func TestWriteCorrection_ReadsBackAsTyped(t *testing.T) {
	t.Parallel()
	rows := flagged()
	l := readOK(t, corrections(t, rows))
	wantRows(t, l, here(rows[0], 5), here(rows[1], 6))
	if !l.Correction || len(l.Notices) > 0 {
		t.Errorf("correction %v, notices %q", l.Correction, l.Notices)
	}
	if l := readOK(t, filled(t, usersSheet, map[string]string{"B5": "a@b.gov.sg"})); l.Correction {
		t.Error("a filled-in template counts as a correction")
	}
}

// commentsOf are the comments on the sheet Users, by cell.
func commentsOf(t testing.TB, b []byte) map[string]string {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	comments, err := f.GetComments(usersSheet)
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	for _, c := range comments {
		texts[c.Cell] = c.Text
		for _, run := range c.Paragraph {
			texts[c.Cell] += run.Text
		}
	}
	return texts
}

func TestWriteCorrection_SaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	b := corrections(t, flagged())
	f, err := excelize.OpenReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	for at, want := range map[string]string{
		"M4": "Issues", "L4": "Start date",
		"M5": "Row 17 of the sheet Users:\nEmail: This domain is not allowed. Probably meant: a@b.gov.sg\nContact Number: Enter eight digits.",
		"M6": "Row 40 of the sheet More:\nAn invitation is open.\nStart date: No such day.",
	} {
		if got, err := f.GetCellValue(usersSheet, at); err != nil || got != want {
			t.Errorf("%s: %q, %v, want %q", at, got, err, want)
		}
	}
	want := map[string]string{"B5": "This domain is not allowed. Probably meant: a@b.gov.sg", "G5": "Enter eight digits.", "L6": "No such day."}
	if d := cmp.Diff(want, commentsOf(t, b)); d != "" {
		t.Errorf("comments (-want +got):\n%s", d)
	}
	if seen, err := f.GetColVisible(usersSheet, "N"); err != nil || seen {
		t.Errorf("the column of ids is visible: %v, %v", seen, err)
	}
}

func TestRead_CorrectionWorkbookThatWasEdited(t *testing.T) {
	t.Parallel()
	rows := flagged()
	b := changed(t, corrections(t, rows), func(f *excelize.File) error {
		first, err := f.GetRows(usersSheet)
		if err != nil {
			return err
		}
		for n, cells := range [][]string{first[5], first[4], first[4], {"9", "new@b.gov.sg"}, nil} { // sorted, copied, added
			if err := f.SetSheetRow(usersSheet, fmt.Sprintf("A%d", 5+n), &cells); err != nil {
				return err
			}
		}
		return f.SetCellStr(usersSheet, "N9", "0193-third") // cleared but for its id
	})
	l := readOK(t, b)
	copied := here(rows[0], 7)
	copied.ID = ""
	wantRows(t, l, here(rows[1], 5), here(rows[0], 6), copied, Row{Number: 8, Sheet: usersSheet, Email: "new@b.gov.sg"})
	want := []string{"Row 7 of the sheet “Users” is a copy of a row above it; it counts as a new user."}
	if d := cmp.Diff(want, l.Notices); d != "" {
		t.Errorf("notices (-want +got):\n%s", d)
	}
}

func TestRead_ColumnOfIssuesWithoutIDs(t *testing.T) {
	t.Parallel()
	l := readOK(t, bookOf(sheet(textRow(append(titles(), "Issues")...), textRow(append(oneUser("a@b.gov.sg"), "none")...))).bytes(t))
	if l.Correction || len(l.Notices) != 1 || !strings.Contains(l.Notices[0], "“Issues”") {
		t.Errorf("correction %v, notices %q", l.Correction, l.Notices)
	}
}

// Past 1,024 drawings Excel wants every block of their ids named.
func TestWriteCorrection_ManyComments(t *testing.T) {
	t.Parallel()
	rows := make([]CorrectionRow, 1100)
	for i := range rows {
		rows[i] = flagged()[0]
		rows[i].ID = fmt.Sprint(i)
	}
	b := corrections(t, rows)
	if got := len(commentsOf(t, b)); got != 2200 {
		t.Errorf("%d comments", got)
	}
	if l := readOK(t, b); len(l.Rows) != len(rows) || l.Rows[1099].ID != "1099" {
		t.Errorf("%d rows", len(l.Rows))
	}
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	drawing, err := fs.ReadFile(z, drawingPart)
	if err != nil || !bytes.Contains(drawing, []byte(`data="1,2,3"`)) || !bytes.Contains(drawing, []byte(`id="_x0000_s3224"`)) {
		t.Errorf("the drawing lacks a block: %v", err)
	}
}

func TestWriteCorrection_NoRows(t *testing.T) {
	t.Parallel()
	_, err := read(corrections(t, nil))
	wantFault(t, err, fault.BatchEmpty, "no users")
}
