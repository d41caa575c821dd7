package workbook

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"techbiz/internal/fault"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/xuri/excelize/v2"
)

// fixtureRows are the users of testdata/producers/users.json.
var fixtureRows = []Row{
	{Number: 5, Sheet: "Users", Email: "lim_wei_jie@agency.gov.sg", FirstName: "Wei Jie", LastName: "Lim", CountryCode: "65", ContactNumber: "91234567",
		Organisation: "Example & Sons <Agency>", Department: "Digital Services", Seed: "Yes", Reason: "Develops the licensing service", StartOn: "01-02-2027"},
	{Number: 6, Sheet: "Users", Email: "zoe@vendor.example", Username: "zoe.o-brien", FirstName: "Zoë", LastName: "O’Brien", CountryCode: "65", ContactNumber: "+65 9123 4567",
		Organisation: "小龍公司", Seed: "No", Reason: "Line one\nline two", StartOn: "01-03-2027"},
	{Number: 7, Sheet: "Users", Email: "link@vendor.example", Username: "link.user", FirstName: "Rich text", LastName: "🚀 User", CountryCode: "65", ContactNumber: "6591234568",
		Organisation: "Example Vendor", Department: "04-03-2026", Seed: "TRUE", Reason: "Number with its code"},
	{Number: 8, Sheet: "Users", Email: "hidden@vendor.example", Username: "hidden.user", FirstName: "Hidden", LastName: "Row", ContactNumber: "81234567",
		Organisation: "Formula Ltd", Department: "Hidden column", Seed: "no", Reason: "Has a formula"},
}

func TestRead_FilesOfOtherProducers(t *testing.T) {
	t.Parallel()
	notices := []string{
		"Row 8 of the sheet “Users” is hidden; it was read.",
		"The column “Department” of the sheet “Users” is hidden; it was read.",
		"The column “Remarks” of the sheet “Users” is not part of the template; it was ignored.",
		"The sheet “Notes” was not read: it has no header.",
		"Hidden sheets are not read: “Lists”.",
	}
	for name, want := range map[string][]string{
		"exceljs": notices, "libreoffice": notices, "openpyxl": notices, "sheetjs": notices, "xlsxwriter": notices,
		"writeexcelfile": notices[2:3], // it cannot hide
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, err := os.ReadFile("testdata/" + name + ".xlsx")
			if err != nil {
				t.Fatal(err)
			}
			l := readOK(t, b)
			wantRows(t, l, fixtureRows...)
			if d := cmp.Diff(want, l.Notices); d != "" {
				t.Errorf("notices (-want +got):\n%s", d)
			}
		})
	}
}

func TestRead_TextsOfOtherProducers(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(rows []Row){
		"sheetjs": func([]Row) {},
		"python":  func(rows []Row) { rows[2].Seed = "True" },
		// It shows dates as its language does, which nobody can tell from a text.
		"libreoffice":       func(rows []Row) { rows[0].StartOn, rows[2].Department = "02/01/2027", "03/04/2026" },
		"libreoffice-utf16": func(rows []Row) { rows[0].StartOn, rows[2].Department = "02/01/2027", "03/04/2026" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, err := os.ReadFile("testdata/" + name + ".csv")
			if err != nil {
				t.Fatal(err)
			}
			l, err := Read(context.Background(), bytes.NewReader(b), int64(len(b)), "Users.csv", DefaultLimits(), nil)
			if err != nil {
				t.Fatal(err)
			}
			rows := slices.Clone(fixtureRows)
			change(rows)
			wantRows(t, l, rows...)
			if d := cmp.Diff([]string{"The column “Remarks” of the sheet “Users” is not part of the template; it was ignored."}, l.Notices); d != "" {
				t.Errorf("notices (-want +got):\n%s", d)
			}
		})
	}
}

// prefixed writes a part's elements with a prefix, as some producers do.
func prefixed(part string) string {
	part = strings.NewReplacer("</", "</x:", "<?", "<?", "<", "<x:").Replace(part)
	return strings.Replace(part, "xmlns=", "xmlns:x=", 1)
}

func TestRead_ShapesOfWorkbooks(t *testing.T) {
	t.Parallel()
	plain := usersSheetXML(textRow(oneUser("a@b.gov.sg")...))
	base := bookOf(plain)
	wb, wbRels := "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
	moved := base.with("xl/data/list.xml", plain)
	delete(moved, "xl/worksheets/sheet1.xml")
	backslashes := base.with(`xl\worksheets\sheet1.xml`, plain)
	delete(backslashes, "xl/worksheets/sheet1.xml")
	elsewhere := parts{"_rels/.rels": rels("rId1", "officeDocument", "/book/main.xml"), "book/main.xml": base[wb],
		"book/_rels/main.xml.rels": rels("rId1", "worksheet", "one.xml"), "book/one.xml": plain}
	noTable := base.with(wbRels, rels("rId1", "worksheet", "worksheets/sheet1.xml"))
	delete(noTable, "xl/sharedStrings.xml")
	strict := parts{}
	for n, c := range base {
		strict[n] = strings.NewReplacer("http://schemas.openxmlformats.org/officeDocument/2006/relationships", "http://purl.oclc.org/ooxml/officeDocument/relationships",
			"http://schemas.openxmlformats.org/spreadsheetml/2006/main", "http://purl.oclc.org/ooxml/spreadsheetml/main").Replace(c)
	}
	for name, p := range map[string]parts{
		"the plain shape":                        base,
		"an absolute target":                     base.with(wbRels, rels("rId1", "worksheet", "/xl/worksheets/sheet1.xml")),
		"a target with dots":                     base.with(wbRels, rels("rId1", "worksheet", "./x/../worksheets/sheet1.xml")),
		"a target in other letters":              base.with(wbRels, rels("rId1", "worksheet", "Worksheets/Sheet1.xml")),
		"a sheet in another folder":              moved.with(wbRels, rels("rId1", "worksheet", "data/list.xml")),
		"a workbook elsewhere":                   elsewhere,
		"part names with backslashes":            backslashes,
		"no table of shared texts":               noTable,
		"strict name spaces":                     strict,
		"elements with a prefix":                 base.with("xl/worksheets/sheet1.xml", prefixed(plain)).with(wb, prefixed(base[wb])),
		"a byte order mark":                      base.with("xl/worksheets/sheet1.xml", "\xEF\xBB\xBF"+plain).with(wb, "\xEF\xBB\xBF"+base[wb]),
		"no relations at the top":                base.with("_rels/.rels", rels()),
		"another sheet without a part we know":   base.with(wbRels, rels("rId1", "worksheet", "worksheets/sheet1.xml", "rId9", "chartsheet", "chart.xml")),
		"comments, instructions and white space": base.with("xl/worksheets/sheet1.xml", strings.ReplaceAll(plain, "<row>", "\r\n <!-- <row> -->\n<?x <row> ?><row >")),
		"parts that are not ours":                base.with("xl/worksheets/sheet1.xml", strings.Replace(plain, "</sheetData>", `</sheetData><extLst><ext><row r="9"><c><v>1</v></c></row></ext></extLst>`, 1)),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantRows(t, readOK(t, p.bytes(t)), userRow(2, "a@b.gov.sg"))
		})
	}
}

func TestRead_Rows(t *testing.T) {
	t.Parallel()
	user := func(email string) string { return textRow(oneUser(email)...) }
	at := func(n, row string) string { return strings.Replace(row, "<row>", `<row r="`+n+`">`, 1) }
	for name, c := range map[string]struct {
		sheet string
		want  []Row
	}{
		"rows without numbers are counted": {usersSheetXML(user("a@b.gov.sg"), user("c@b.gov.sg")), []Row{userRow(2, "a@b.gov.sg"), userRow(3, "c@b.gov.sg")}},
		"numbers of rows are honoured":     {usersSheetXML(at("7", user("a@b.gov.sg")), user("c@b.gov.sg")), []Row{userRow(7, "a@b.gov.sg"), userRow(8, "c@b.gov.sg")}},
		"a row with nothing but an S/N is no user": {
			usersSheetXML(textRow("1"), user("a@b.gov.sg"), textRow("2"), textRow("3", " \u00a0"), user("c@b.gov.sg"), textRow("4")),
			[]Row{userRow(3, "a@b.gov.sg"), userRow(6, "c@b.gov.sg")}},
		"the header may stand in row 20": {sheet(at("1", textRow("Title")), at("20", textRow(titles()...)), user("a@b.gov.sg")), []Row{userRow(21, "a@b.gov.sg")}},
		"columns may stand in any order, under short names": {
			sheet(textRow("Reason*", "SEED (Yes/No)", "Company", "Contact\nNo.", "Last  name", "first name (required)", "TechPass username", "E-mail address"),
				textRow("Develops", "No", "Example Agency", "91234567", "Lim", "Wei Jie", "", "a@b.gov.sg")),
			[]Row{{Number: 2, Sheet: "Users", Email: "a@b.gov.sg", FirstName: "Wei Jie", LastName: "Lim", ContactNumber: "91234567",
				Organisation: "Example Agency", Seed: "No", Reason: "Develops"}}},
		"a header may span two rows": {
			sheet(textRow("S/N", "Email", "Username", "Name", "", "Phone", "", "Organisation", "Department", "SEED", "Reason"),
				textRow("", "", "", "First name", "Last name", "Country code", "Number of contact"),
				textRow(oneUser("x")...), textRow(titles()...), user("a@b.gov.sg")),
			[]Row{userRow(5, "a@b.gov.sg")}},
		"merged cells of a header over two rows": {
			sheet(textRow("S/N", "Email", "Username", "Name", "", "Country Code", "Contact Number", "Organisation", "Department", "SEED", "Reason"),
				textRow("", "", "", "First name", "Last name"), user("a@b.gov.sg")),
			[]Row{userRow(3, "a@b.gov.sg")}},
		"merged cells of users share what may be shared": {
			strings.Replace(usersSheetXML(user("a@b.gov.sg"), textRow("", "c@b.gov.sg", "", "Wei Jie", "Lim", "", "91234567", "", "", "No", "Develops")), "</sheetData>",
				`</sheetData><mergeCells><mergeCell ref="H2:H3"/><mergeCell ref="F2:F9"/><mergeCell ref="B2:B3"/></mergeCells>`, 1),
			[]Row{userRow(2, "a@b.gov.sg"), userRow(3, "c@b.gov.sg")}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantRows(t, readOK(t, bookOf(c.sheet).bytes(t)), c.want...)
		})
	}
}

func TestRead_Values(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ cell, want string }{
		"a whole number":                       {`<c><v>91234567</v></c>`, "91234567"},
		"a number with an exponent":            {`<c><v>6.591234567E9</v></c>`, "6591234567"},
		"a number with a fraction of nothing":  {`<c t="n"><v>91234567.0</v></c>`, "91234567"},
		"a number's last digits are noise":     {`<c><v>0.30000000000000004</v></c>`, "0.3"},
		"a negative number":                    {`<c><v>-1.50E1</v></c>`, "-15"},
		"a number of a size beyond phones":     {`<c><v>1E+300</v></c>`, "1E+300"},
		"a text that looks like an exponent":   {`<c t="inlineStr"><is><t>6.591E+09</t></is></c>`, "6.591E+09"},
		"a format that is no number":           {`<c s=""><v>5</v></c>`, "5"},
		"a number without a date's format":     {`<c s="3"><v>46349</v></c>`, "46349"},
		"an ISO date":                          {`<c t="d"><v>2026-11-23</v></c>`, "23-11-2026"},
		"true":                                 {`<c t="b"><v>1</v></c>`, "TRUE"},
		"false":                                {`<c t="b"><v>0</v></c>`, "FALSE"},
		"an error":                             {`<c t="e"><v>#N/A</v></c>`, "#N/A"},
		"a shared text":                        {`<c t="s"><v>1</v></c>`, "second"},
		"shared runs without pronunciation":    {`<c t="s"><v>2</v></c>`, "東京 Tower"},
		"a formula's stored text":              {`<c t="str"><f>A1&amp;"x"</f><v>result</v></c>`, "result"},
		"a formula's stored number":            {`<c><f>1+1</f><v>2</v></c>`, "2"},
		"inline runs":                          {`<c t="inlineStr"><is><r><t>a </t></r><r><rPr><b/></rPr><t>b</t></r></is></c>`, "a b"},
		"an escaped line end":                  {inline("one_x000D_\ntwo"), "one\ntwo"},
		"an escaped underscore":                {inline("_x005F_x000D_"), "_x000D_"},
		"an escaped pair":                      {inline("_xD83D__xDE80_"), "🚀"},
		"an inline text and a value beside it": {`<c t="inlineStr"><v>0</v><is><t>text</t></is></c>`, "text"},
		"a value behind the inline text":       {`<c t="inlineStr"><is><t>text</t></is><v>0</v></c>`, "text"},
		"entities":                             {inline("&lt;&#65;&#x1F680;&amp;amp;&gt;"), "<A🚀&amp;>"},
		"CDATA":                                {`<c t="inlineStr"><is><t>a<![CDATA[<b> & ]]>c</t></is></c>`, "a<b> & c"},
		"blanks of other kinds":                {inline("\u00a0\u3000a\u00a0b\u2009 \ufeff"), "a b"},
		"zero-width characters and marks":      {inline("\u200ea\u200bb\u2060c\u202e"), "abc"},
		"a joiner between Latin letters":       {inline("a\u200db"), "ab"},
		"a joiner that a script needs":         {inline("می\u200cخواهم"), "می\u200cخواهم"},
		"tabs":                                 {inline("\ta\tb"), "a b"},
		"a blank number":                       {`<c><v> </v></c>`, ""},
		"controls":                             {inline("a_x0007_b"), "ab"},
		"a type of cell without a value":       {`<c t="s"/>`, ""},
		"a value without the type of its text": {`<c><v>+65 9123</v></c>`, "+65 9123"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			user := strings.Replace(textRow(oneUser("a@b.gov.sg")...), inline("Develops"), c.cell, 1)
			l := readOK(t, bookOf(usersSheetXML(user), "first", "second", "<r><t>東京</t></r><rPh><t>とうきょう</t></rPh><r><t xml:space='preserve'> Tower</t></r><phoneticPr/>").bytes(t))
			if got := l.Rows[0].Reason; got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestRead_SeveralSheets(t *testing.T) {
	t.Parallel()
	p := bookOf(usersSheetXML(textRow(oneUser("a@b.gov.sg")...)))
	p["xl/worksheets/sheet2.xml"] = usersSheetXML(textRow(oneUser("c@b.gov.sg")...))
	p["xl/worksheets/sheet3.xml"] = sheet(textRow("Email", "First Name", "Last Name"), textRow("x@b.gov.sg", "A", "B"))
	p["xl/worksheets/sheet4.xml"] = sheet()
	p["xl/_rels/workbook.xml.rels"] = rels("r1", "worksheet", "worksheets/sheet1.xml", "r2", "worksheet", "worksheets/sheet2.xml",
		"r3", "worksheet", "worksheets/sheet3.xml", "r4", "worksheet", "worksheets/sheet4.xml")
	p["xl/workbook.xml"] = `<workbook xmlns:q="x"><sheets><sheet name="Users" q:id="r1"/><sheet name="Hidden" state="veryHidden" q:id="r2"/>` +
		`<sheet name="More" q:id="r2"/><sheet name="Names" q:id="r3"/><sheet name="Sheet4" q:id="r4"/></sheets></workbook>`
	l := readOK(t, p.bytes(t))
	more := userRow(2, "c@b.gov.sg")
	more.Sheet = "More"
	wantRows(t, l, userRow(2, "a@b.gov.sg"), more)
	want := []string{
		"The sheet “Names” was not read: its header lacks “Username”, “Contact Number”, “Organisation”, “Onboarding to SEED required?” and “Reason for creation”.",
		"Hidden sheets are not read: “Hidden”.",
	}
	if d := cmp.Diff(want, l.Notices); d != "" {
		t.Errorf("notices (-want +got):\n%s", d)
	}
}

func TestRead_Notices(t *testing.T) {
	t.Parallel()
	header := append(titles(), "Remarks", "Mobile", "")
	row := append(oneUser("a@b.gov.sg"), "extra", "999", "left over")
	user := strings.Replace(textRow(row...), "<row>", `<row hidden="1">`, 1)
	formula := strings.Replace(textRow(oneUser("c@b.gov.sg")...), inline("Lim"), `<c><f>"Lim"</f><v></v></c>`, 1)
	doc := strings.Replace(sheet(textRow(header...), user, formula), "<sheetData>", `<cols><col min="7" max="8" hidden="1"/><col min="9" max="16384"/></cols><sheetData>`, 1)
	l := readOK(t, bookOf(doc).bytes(t))
	want := []string{
		"Row 2 of the sheet “Users” is hidden; it was read.",
		"The columns “Contact Number” and “Organisation” of the sheet “Users” are hidden; they were read.",
		"The column “Remarks” of the sheet “Users” is not part of the template; it was ignored.",
		"Column N of the sheet “Users” has no header; it was ignored.",
		"The column “Mobile” (M) of the sheet “Users” repeats another; it was ignored.",
		"Formulas without a stored result were read as empty, the first in E3 of the sheet “Users”. Open the file in Excel, save it and upload it again.",
	}
	if d := cmp.Diff(want, l.Notices); d != "" {
		t.Errorf("notices (-want +got):\n%s", d)
	}
}

func TestRead_ContextEnds(t *testing.T) {
	t.Parallel()
	b := bookOf(usersSheetXML(textRow(oneUser("a@b.gov.sg")...))).bytes(t)
	gone := errors.New("the caller left")
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(gone)
	if _, err := Read(ctx, bytes.NewReader(b), int64(len(b)), "users.xlsx", DefaultLimits(), nil); !errors.Is(err, gone) {
		t.Errorf("error %v, want the context's", err)
	}
}

// endingReader ends the context after some reads.
type endingReader struct {
	*bytes.Reader
	reads int
	end   func()
}

func (r *endingReader) ReadAt(p []byte, off int64) (int, error) {
	if r.reads--; r.reads == 0 {
		r.end()
	}
	return r.Reader.ReadAt(p, off)
}

func TestRead_ContextEndsBetweenRows(t *testing.T) {
	t.Parallel()
	var rows []string
	for range 9000 {
		rows = append(rows, textRow(oneUser("a@b.gov.sg")...))
	}
	b := bookOf(usersSheetXML(rows...)).bytes(t)
	for _, after := range []int{1, 5, 9, 12} {
		ctx, cancel := context.WithCancel(context.Background())
		r := &endingReader{Reader: bytes.NewReader(b), reads: after, end: cancel}
		if _, err := Read(ctx, r, int64(len(b)), "users.xlsx", DefaultLimits(), nil); !errors.Is(err, context.Canceled) || len(fault.Of(err)) > 0 {
			t.Errorf("ended at read %d: error %v, want the context's", after, err)
		}
		cancel()
	}
}

type failingReader struct{ err error }

func (r failingReader) ReadAt([]byte, int64) (int, error) { return 0, r.err }

func TestRead_ReaderFailsIsNotTheFilesFault(t *testing.T) {
	t.Parallel()
	broken := errors.New("disk gone")
	_, err := Read(context.Background(), failingReader{broken}, 1000, "users.xlsx", DefaultLimits(), nil)
	if !errors.Is(err, broken) || len(fault.Of(err)) > 0 {
		t.Errorf("error %v, want the reader's without a code", err)
	}
}

func TestRead_WhatExcelizeWrites(t *testing.T) {
	t.Parallel()
	f := excelize.NewFile()
	defer func() { _ = f.Close() }()
	for i, row := range [][]string{titles(), oneUser("a@b.gov.sg")} {
		if err := f.SetSheetRow("Sheet1", cellName(1, i+3), &row); err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	if _, err := f.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]Row{userRow(4, "a@b.gov.sg")}, values(readOK(t, b.Bytes()).Rows), cmpopts.IgnoreFields(Row{}, "Sheet")); d != "" {
		t.Errorf("rows (-want +got):\n%s", d)
	}
}

// Users are shown while the rest is read, and the last by the list alone.
func TestRead_ShowsUsersEarly(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	text.WriteString(strings.Join(titles(), ",") + "\n")
	for i := range 2*EarlyRows + 1 {
		text.WriteString(strings.Join(oneUser(fmt.Sprintf("a%d@b.gov.sg", i)), ",") + "\n")
	}
	var shown []Row
	l, err := Read(context.Background(), strings.NewReader(text.String()), int64(text.Len()), "users.csv", DefaultLimits(), func(rows []*Row) {
		if len(rows) != EarlyRows {
			t.Errorf("%d rows at a time", len(rows))
		}
		shown = append(shown, values(rows)...)
	})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(values(l.Rows[:2*EarlyRows]), shown); d != "" || len(l.Rows) != 2*EarlyRows+1 {
		t.Errorf("%d rows (-list +shown):\n%s", len(l.Rows), d)
	}
}
