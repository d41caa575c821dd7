package workbook

import (
	"fmt"
	"io"
	"strconv"

	"github.com/xuri/excelize/v2"
)

// templateVersion stands in the template's document properties. It changes with
// the columns or their order.
const templateVersion = "2"

// The template's sheets. Read knows the last two by the text of their cell A1,
// whatever they are called, and takes no user from them.
const (
	usersSheet   = "Users"
	guideSheet   = "How to"
	exampleSheet = "Example"

	guideTitle   = "How to fill in the list of users"
	exampleTitle = "Example of a list of users (this sheet is not read)"
)

// Where things stand on the sheets Users and Example.
const (
	templateHeader = 4
	templateFirst  = 5
	templateLast   = 10_004
	numberedRows   = 100
)

// templateRule is what the template says and checks about one column. The check
// is Excel's own formula for the first user's row.
type templateRule struct {
	width   float64
	prompt  string
	check   string
	longest int // characters, where that is all that is checked
	values  []string
	stop    bool // refuses a value, in place of a warning
}

var templateRules = [fieldCount]templateRule{
	fieldSN: {width: 6},
	fieldEmail: {width: 34,
		prompt: "The user's e-mail address at work. A public officer's ends in gov.sg; a vendor's domain must be on the list of allowed domains.",
		check:  `AND(LEN(B5)<=255,LEN(B5)-LEN(SUBSTITUTE(B5,"@",""))=1,ISERROR(FIND(" ",TRIM(B5))),ISNUMBER(FIND(".",B5,FIND("@",B5))))`},
	fieldUsername: {width: 22, longest: 64,
		prompt: "Vendors only: the full name, such as tan.mei.ling. Letters, digits, hyphen, underscore and period, up to 64. Leave it empty for a public officer."},
	fieldFirstName: {width: 18, longest: 64, prompt: "Required, up to 64 characters."},
	fieldLastName:  {width: 18, longest: 64, prompt: "Required, up to 64 characters."},
	fieldCountryCode: {width: 14,
		prompt: "65, or empty for 65. Accounts for numbers of other countries are created in the TechPass portal.",
		check:  `SUBSTITUTE(TRIM(F5),"+","")="65"`},
	fieldContactNumber: {width: 18,
		prompt: "A Singapore mobile number: eight digits that start with 8 or 9.",
		check: `AND(ISNUMBER(--RIGHT(SUBSTITUTE(SUBSTITUTE(G5," ",""),"-",""),8)),LEN(SUBSTITUTE(SUBSTITUTE(G5," ",""),"-",""))>=8,` +
			`ISNUMBER(FIND(LEFT(RIGHT(SUBSTITUTE(SUBSTITUTE(G5," ",""),"-",""),8)),"89")))`}, // array constants are not allowed here
	fieldOrganisation: {width: 30, longest: 100, prompt: "Required, up to 100 characters."},
	fieldDepartment:   {width: 24, longest: 64, prompt: "May be empty; up to 64 characters."},
	fieldSeed: {width: 20, values: []string{"Yes", "No"}, stop: true,
		prompt: "Yes if the user will reach services from a Government Managed Device that needs SEED. Empty means No."},
	fieldReason: {width: 44, longest: 255, prompt: "Required, up to 255 characters."},
	fieldStartOn: {width: 14,
		prompt: "May be empty: at once. Else the day as dd-mm-yyyy, such as 01-02-2027: account and mail wait until 09:00 of it, Singapore time.",
		check:  `IF(ISNUMBER(L5),TRUE,AND(LEN(L5)=10,DAY(DATE(MID(L5,7,4),MID(L5,4,2),LEFT(L5,2)))=VALUE(LEFT(L5,2))))`},
	fieldIssues: {width: 60},
	fieldID:     {width: 38},
}

// exampleUsers fill the sheet Example.
var exampleUsers = []Row{
	{Email: "lim_wei_jie@agency.gov.sg", FirstName: "Wei Jie", LastName: "Lim", CountryCode: "65", ContactNumber: "91234567",
		Organisation: "Example Agency", Department: "Digital Services", Seed: "Yes", Reason: "Develops the licensing service"},
	{Email: "meiling@vendor.example", Username: "tan.mei.ling", FirstName: "Mei Ling", LastName: "Tan", CountryCode: "65", ContactNumber: "8123 4567",
		Organisation: "Example Vendor Pte Ltd", Seed: "No", Reason: "Operates the licensing service under contract"},
}

// guide is what the sheet How to says.
var guide = []string{
	"1. Go to the sheet Users. Type or paste one user a row, below the header. Leave the header as it is.",
	"2. Columns with a dark header are required. Username is required for vendors, and must be empty for public officers.",
	"3. Paste as values (Paste Special > Values), so that the cells keep their format and their checks.",
	"4. A row with nothing but an S/N is passed over. At most 10,000 users go into one file.",
	"5. Save the workbook as .xlsx and upload it on Create multiple accounts. Nothing is sent before you have reviewed the list and confirmed it.",
}

// WriteTemplate writes the workbook that people fill in: the sheets Users, How to
// and Example. The same bytes come out each time.
func WriteTemplate(w io.Writer) error {
	return writeBook(w, func(t *template) {
		t.users("Create multiple TechPass accounts",
			"One user a row, from row 5 on. Columns with a dark header are required; Username is for vendors only. "+
				"The sheet How to explains each step, the sheet Example shows a list. Save as .xlsx and upload it on Create multiple accounts.",
			templateFields, numberedRows, templateLast)
	})
}

// writeBook writes a workbook with the sheet that users lays out, and the two that
// explain it.
func writeBook(w io.Writer, users func(*template)) error {
	t := &template{f: excelize.NewFile()}
	defer func() { _ = t.f.Close() }() // nothing of it is on a disk
	t.styles()
	users(t)
	t.guide()
	t.example()
	t.properties()
	if t.err != nil {
		return fmt.Errorf("build the workbook: %w", t.err)
	}
	if _, err := t.f.WriteTo(w); err != nil {
		return fmt.Errorf("write the workbook: %w", err)
	}
	return nil
}

// template builds the workbook; after its first error it does nothing more.
type template struct {
	f                                             *excelize.File
	title, note, required, optional, value, plain int // styles
	wrong                                         int // of a value with an issue
	err                                           error
}

func (t *template) do(steps ...func() error) {
	for _, step := range steps {
		if t.err == nil {
			t.err = step()
		}
	}
}

func (t *template) style(s *excelize.Style) (id int) {
	t.do(func() (err error) { id, err = t.f.NewStyle(s); return err })
	return id
}

func (t *template) styles() {
	const asText = 49 // the built-in number format "@"
	header := func(fill, ink string) int {
		return t.style(&excelize.Style{
			Font:      &excelize.Font{Bold: true, Color: ink},
			Fill:      excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{fill}},
			Alignment: &excelize.Alignment{WrapText: true, Vertical: "center"},
			Border:    []excelize.Border{{Type: "bottom", Color: "1F3864", Style: 2}},
		})
	}
	t.title = t.style(&excelize.Style{Font: &excelize.Font{Bold: true, Size: 16, Color: "1F3864"}})
	t.note = t.style(&excelize.Style{Alignment: &excelize.Alignment{WrapText: true, Vertical: "top"}})
	t.required = header("1F3864", "FFFFFF")
	t.optional = header("D9E2F3", "1F3864")
	t.value = t.style(&excelize.Style{NumFmt: asText})
	t.wrong = t.style(&excelize.Style{NumFmt: asText, Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"FCE4E4"}}})
	t.plain = t.style(&excelize.Style{Font: &excelize.Font{Color: "7F7F7F"}})
}

// put writes a value into a cell, with a style.
func (t *template) put(sheet string, column, row int, value any, style int) {
	at := cellName(column, row)
	t.do(
		func() error { return t.f.SetCellValue(sheet, at, value) },
		func() error { return t.f.SetCellStyle(sheet, at, at, style) },
	)
}

// list lays out a sheet of users: title, note and header of that many columns,
// with their widths and formats, frozen below the header.
func (t *template) list(sheet, title, note string, count field) {
	last := columnName(int(count))
	for f := range count {
		name := columnName(int(f) + 1)
		t.do(func() error { return t.f.SetColWidth(sheet, name, name, templateRules[f].width) })
		if f != fieldSN {
			t.do(func() error { return t.f.SetColStyle(sheet, name, t.value) })
		}
	}
	for row := 1; row < templateHeader; row++ { // no text format above the header
		t.do(func() error {
			return t.f.SetCellStyle(sheet, cellName(1, row), last+strconv.Itoa(row), t.note)
		})
	}
	t.put(sheet, 1, 1, title, t.title)
	t.put(sheet, 1, 2, note, t.note)
	for f, c := range columns[:count] {
		style := t.required
		if c.optional || field(f) == fieldUsername || field(f) == fieldSeed {
			style = t.optional
		}
		t.put(sheet, f+1, templateHeader, c.title, style)
	}
	t.do(
		func() error { return t.f.MergeCell(sheet, "A2", columnName(int(templateFields))+"2") },
		func() error { return t.f.SetRowHeight(sheet, 1, 24) },
		func() error { return t.f.SetRowHeight(sheet, 2, 34) },
		func() error { return t.f.SetRowHeight(sheet, templateHeader, 34) },
		func() error {
			first := cellName(int(fieldEmail)+1, templateFirst)
			return t.f.SetPanes(sheet, &excelize.Panes{Freeze: true, YSplit: templateHeader,
				TopLeftCell: cellName(1, templateFirst), ActivePane: "bottomLeft",
				Selection: []excelize.Selection{{SQRef: first, ActiveCell: first, Pane: "bottomLeft"}}})
		},
	)
}

// users lays out the sheet that is read: numbered rows to fill in, and what Excel
// checks in the rows up to last.
func (t *template) users(title, note string, count field, numbered, last int) {
	t.do(func() error { return t.f.SetSheetName("Sheet1", usersSheet) })
	t.list(usersSheet, title, note, count)
	for n := range numbered {
		t.put(usersSheet, 1, templateFirst+n, n+1, t.plain)
	}
	for f, r := range templateRules[:templateFields] {
		if field(f) != fieldSN {
			t.do(func() error { return t.f.AddDataValidation(usersSheet, r.validation(field(f), last)) })
		}
	}
	fit, wide, high, landscape := true, 1, 0, "landscape"
	t.do(
		func() error { return t.f.SetSheetProps(usersSheet, &excelize.SheetPropsOptions{FitToPage: &fit}) },
		func() error {
			return t.f.SetPageLayout(usersSheet, &excelize.PageLayoutOptions{Orientation: &landscape, FitToWidth: &wide, FitToHeight: &high})
		},
	)
}

// validation is the rule as Excel checks it, down to the row last, while a person
// types.
func (r templateRule) validation(f field, last int) *excelize.DataValidation {
	title := columns[f].title
	v := excelize.NewDataValidation(true)
	column := columnName(int(f) + 1)
	v.SetSqref(fmt.Sprintf("%s%d:%s%d", column, templateFirst, column, last))
	v.SetInput(title[:min(len(title), 32)], r.prompt)
	style := excelize.DataValidationErrorStyleWarning
	if r.stop || r.longest > 0 {
		style = excelize.DataValidationErrorStyleStop
	}
	v.SetError(style, title[:min(len(title), 32)], r.prompt)
	switch {
	case len(r.values) > 0:
		_ = v.SetDropList(r.values) // fails on long lists only
	case r.longest > 0:
		_ = v.SetRange(0, r.longest, excelize.DataValidationTypeTextLength, excelize.DataValidationOperatorBetween) // takes any int
	default:
		v.Type, v.Formula1 = "custom", escapeFormula(r.check)
	}
	return v
}
