package workbook

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"techbiz/internal/fault"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
)

func template0(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := WriteTemplate(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// filled is the template with values typed into cells of a sheet.
func filled(t testing.TB, sheet string, cells map[string]string) []byte {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(template0(t)))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	for at, v := range cells {
		if err := f.SetCellStr(sheet, at, v); err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	if _, err := f.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestWriteTemplate_SameBytesEachTime(t *testing.T) {
	t.Parallel()
	if first := template0(t); !bytes.Equal(first, template0(t)) {
		t.Error("two templates differ")
	}
}

func TestWriteTemplate_Layout(t *testing.T) {
	t.Parallel()
	f, err := excelize.OpenReader(bytes.NewReader(template0(t)))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	rows, err := f.GetRows(usersSheet)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"S/N", "Email", "Username", "First Name", "Last Name", "Country Code", "Contact Number", "Organisation", "Department",
		"Onboarding to SEED required?", "Reason for creation", "Start date"}
	if d := cmp.Diff(want, rows[3]); d != "" {
		t.Errorf("row 4 (-want +got):\n%s", d)
	}
	if rows[0][0] == "" || rows[1][0] == "" || len(rows[2]) > 0 || rows[4][0] != "1" {
		t.Errorf("rows 1, 2, 3 and 5: %q, %q, %q, %q", rows[0], rows[1], rows[2], rows[4])
	}
	if d := cmp.Diff([]string{"Users", "How to", "Example"}, f.GetSheetList()); d != "" {
		t.Errorf("sheets (-want +got):\n%s", d)
	}
	if p, err := f.GetPanes(usersSheet); err != nil || !p.Freeze || p.YSplit != 4 {
		t.Errorf("panes %+v, %v", p, err)
	}
	if p, err := f.GetDocProps(); err != nil || p.Version != templateVersion {
		t.Errorf("properties %+v, %v", p, err)
	}
}

// Excel drops a whole sheet's validations when one passes its limits.
func TestWriteTemplate_ValidationsKeepExcelsLimits(t *testing.T) {
	t.Parallel()
	f, err := excelize.OpenReader(bytes.NewReader(template0(t)))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	vs, err := f.GetDataValidations(usersSheet)
	if err != nil || len(vs) != int(templateFields)-1 {
		t.Fatalf("%d validations, %v", len(vs), err)
	}
	for _, v := range vs {
		if len(*v.PromptTitle) > 32 || len(*v.ErrorTitle) > 32 || len(*v.Prompt) > 255 || len(*v.Error) > 225 || len(v.Formula1) > 255 {
			t.Errorf("%s: a text or formula is too long", v.Sqref)
		}
		if v.Type == "custom" && strings.ContainsAny(v.Formula1, "{}") {
			t.Errorf("%s: array constants are not allowed", v.Sqref)
		}
	}
}

func TestRead_Template(t *testing.T) {
	t.Parallel()
	user := map[string]string{"B5": "a@b.gov.sg", "D5": "Wei Jie", "E5": "Lim", "F5": "65", "G5": "91234567", "H5": "Example Agency", "J5": "No", "K5": "Develops"}
	t.Run("unfilled it has no users", func(t *testing.T) {
		t.Parallel()
		_, err := read(template0(t))
		wantFault(t, err, fault.BatchEmpty, "no users")
	})
	t.Run("filled in it has them, and nothing to remark", func(t *testing.T) {
		t.Parallel()
		l := readOK(t, filled(t, usersSheet, user))
		wantRows(t, l, userRow(5, "a@b.gov.sg"))
		if len(l.Notices) > 0 {
			t.Errorf("notices %q", l.Notices)
		}
	})
	t.Run("users typed into the example alone are pointed out", func(t *testing.T) {
		t.Parallel()
		_, err := read(filled(t, exampleSheet, map[string]string{"B7": "a@b.gov.sg"}))
		wantFault(t, err, fault.BatchEmpty, "Move them to the sheet Users")
	})
	t.Run("users typed into the example, too, are noticed", func(t *testing.T) {
		t.Parallel()
		user := map[string]string{"B5": "a@b.gov.sg"}
		b := filled(t, usersSheet, user)
		f, err := excelize.OpenReader(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = f.Close() }()
		if err := f.SetCellStr(exampleSheet, "B7", "c@b.gov.sg"); err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if _, err := f.WriteTo(&out); err != nil {
			t.Fatal(err)
		}
		l := readOK(t, out.Bytes())
		want := []string{"The sheet Example is not read; it has 1 row more than the template's. Move it to the sheet Users if it is meant."}
		if d := cmp.Diff(want, l.Notices); d != "" || len(l.Rows) != 1 {
			t.Errorf("%d rows, notices (-want +got):\n%s", len(l.Rows), d)
		}
	})
	t.Run("a template whose header was changed is told so", func(t *testing.T) {
		t.Parallel()
		_, err := read(filled(t, usersSheet, map[string]string{"B4": "Address", "B5": "a@b.gov.sg"}))
		wantFault(t, err, fault.TemplateMismatch, "row 4 of the sheet “Users” lacks “Email”")
	})
}

// templateRows are the users of testdata/template-libreoffice.xlsx.
var templateRows = []Row{
	{Number: 5, Sheet: "Users", Email: "lim_wei_jie@agency.gov.sg", FirstName: "Wei Jie", LastName: "Lim", CountryCode: "65", ContactNumber: "9123 4567",
		Organisation: "Example Agency", Department: "Digital Services", Seed: "Yes", Reason: "Develops the licensing service"},
	{Number: 7, Sheet: "Users", Email: "meiling@vendor.example", Username: "tan.mei.ling", FirstName: "Mei Ling", LastName: "Tan", ContactNumber: "+65 8123 4567",
		Organisation: "Vendor", Reason: "Operates it"},
}

func TestRead_TemplateSavedByLibreOffice(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("testdata/template-libreoffice.xlsx")
	if err != nil {
		t.Fatal(err)
	}
	l := readOK(t, b)
	wantRows(t, l, templateRows...)
	if len(l.Notices) > 0 {
		t.Errorf("notices %q", l.Notices)
	}
}

// savedByOffice saves each workbook anew with LibreOffice, without a window.
func savedByOffice(t *testing.T, books ...[]byte) [][]byte {
	t.Helper()
	office, err := exec.LookPath("soffice")
	if err != nil || testing.Short() {
		t.Skip("needs LibreOffice (soffice), and is slow")
	}
	dir := t.TempDir()
	args := []string{"-env:UserInstallation=file://" + filepath.ToSlash(dir) + "/profile", "--headless", "--convert-to", "xlsx", "--outdir", filepath.Join(dir, "out")}
	for i, b := range books {
		name := filepath.Join(dir, fmt.Sprintf("%d.xlsx", i))
		if err := os.WriteFile(name, b, 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, name)
	}
	if out, err := exec.CommandContext(t.Context(), office, args...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	var saved [][]byte
	for i := range books {
		b, err := os.ReadFile(filepath.Join(dir, "out", fmt.Sprintf("%d.xlsx", i)))
		if err != nil {
			t.Fatal(err)
		}
		saved = append(saved, b)
	}
	return saved
}

// wantGuided checks that a template still has its sheets and what Excel checks.
// LibreOffice saves no frozen header without a window, whoever made the file.
func wantGuided(t *testing.T, b []byte) {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	if d := cmp.Diff([]string{usersSheet, guideSheet, exampleSheet}, f.GetSheetList()); d != "" {
		t.Errorf("sheets (-want +got):\n%s", d)
	}
	vs, err := f.GetDataValidations(usersSheet)
	if err != nil || len(vs) != int(templateFields)-1 {
		t.Fatalf("%d validations, %v", len(vs), err)
	}
	for _, v := range vs {
		if v.Error == nil || v.Prompt == nil || *v.Error == "" || *v.Prompt == "" {
			t.Errorf("%s: no message", v.Sqref)
		}
	}
}

func TestWrite_OpensInLibreOffice(t *testing.T) {
	t.Parallel()
	cells := map[string]string{}
	for _, u := range templateRows {
		for f := fieldEmail; f < templateFields; f++ {
			if v := *u.at(f); v != "" {
				cells[cellName(int(f)+1, u.Number)] = v
			}
		}
	}
	var report bytes.Buffer
	rows := flagged()
	if err := WriteReport(&report, reported(nil, ReportRow{Row: rows[0].Row, Outcome: "Failed"})); err != nil {
		t.Fatal(err)
	}
	saved := savedByOffice(t, filled(t, usersSheet, cells), corrections(t, rows), report.Bytes())
	wantRows(t, readOK(t, saved[0]), templateRows...)
	wantGuided(t, saved[0])
	l := readOK(t, saved[1])
	wantRows(t, l, here(rows[0], 5), here(rows[1], 6))
	if !l.Correction || len(l.Notices) > 0 {
		t.Errorf("correction %v, notices %q", l.Correction, l.Notices)
	}
	for i, want := range map[int]int{1: 3, 0: 0} { // comments
		if got := commentsOf(t, saved[i]); len(got) != want {
			t.Errorf("workbook %d has the comments %v, want %d", i, got, want)
		}
	}
	g, err := grids(saved[2])
	if err != nil || g[reportSheet]["G2"] != "'"+rows[0].Organisation || g[reportSheet]["I2"] != "Failed" {
		t.Errorf("report %v, %v", g, err)
	}
}
