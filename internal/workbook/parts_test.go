package workbook

import (
	"archive/zip"
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"

	"techbiz/internal/fault"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

const (
	relOffice = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
	nsMain    = `xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"`
)

// parts are the files of an archive by name.
type parts map[string]string

// bytes packs the parts, in the order of their names.
func (p parts) bytes(t testing.TB) []byte {
	t.Helper()
	var names []string
	for n := range p {
		names = append(names, n)
	}
	slices.Sort(names)
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	for _, n := range names {
		w, err := z.Create(n)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(p[n])); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// with returns a copy with another part.
func (p parts) with(name, content string) parts {
	q := parts{name: content}
	for n, c := range p {
		if n != name {
			q[n] = c
		}
	}
	return q
}

// bookOf is a workbook of one sheet named Users.
func bookOf(sheetXML string, shared ...string) parts {
	p := parts{
		"[Content_Types].xml": `<?xml version="1.0" encoding="UTF-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">` +
			`<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>` +
			`<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>` +
			`<Override PartName="/xl/sharedStrings.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/>` +
			`<Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>`,
		"_rels/.rels": rels("rId1", "officeDocument", "xl/workbook.xml"),
		"xl/workbook.xml": `<workbook ` + nsMain + ` xmlns:r="` + strings.TrimSuffix(relOffice, "/") + `"><sheets>` +
			`<sheet name="Users" sheetId="1" r:id="rId1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": rels("rId1", "worksheet", "worksheets/sheet1.xml", "rId2", "sharedStrings", "sharedStrings.xml"),
		"xl/worksheets/sheet1.xml":   sheetXML,
		"xl/sharedStrings.xml":       sst(shared...),
	}
	return p
}

// rels is a .rels part of identities, kinds and targets.
func rels(of ...string) string {
	var b strings.Builder
	b.WriteString(`<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">`)
	for r := range slices.Chunk(of, 3) {
		b.WriteString(`<Relationship Id="` + r[0] + `" Type="` + relOffice + r[1] + `" Target="` + r[2] + `"/>`)
	}
	return b.String() + `</Relationships>`
}

// sst is a table of shared texts; one that starts with < is taken as it stands.
func sst(texts ...string) string {
	var b strings.Builder
	b.WriteString(`<sst ` + nsMain + `>`)
	for _, s := range texts {
		if !strings.HasPrefix(s, "<") {
			s = "<t>" + s + "</t>"
		}
		b.WriteString("<si>" + s + "</si>")
	}
	return b.String() + `</sst>`
}

// sheet is a worksheet of the rows' XML.
func sheet(rows ...string) string {
	return `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n<worksheet " + nsMain + `><sheetData>` +
		strings.Join(rows, "") + `</sheetData></worksheet>`
}

// textRow is a row of inline texts from column A on, without references; empty
// ones are empty cells.
func textRow(texts ...string) string {
	var b strings.Builder
	b.WriteString("<row>")
	for _, s := range texts {
		b.WriteString(inline(s))
	}
	return b.String() + "</row>"
}

func inline(s string) string {
	if s == "" {
		return "<c/>"
	}
	return `<c t="inlineStr"><is><t>` + s + `</t></is></c>`
}

// titles is the template's header row, without the last, optional column.
func titles() []string {
	var ts []string
	for _, c := range columns[:fieldStartOn] {
		ts = append(ts, c.title)
	}
	return ts
}

// oneUser is a complete row of texts, and the Row that is read from it.
func oneUser(email string) []string {
	return []string{"1", email, "", "Wei Jie", "Lim", "65", "91234567", "Example Agency", "", "No", "Develops"}
}

func userRow(number int, email string) Row {
	return Row{Number: number, Sheet: "Users", Email: email, FirstName: "Wei Jie", LastName: "Lim", CountryCode: "65",
		ContactNumber: "91234567", Organisation: "Example Agency", Seed: "No", Reason: "Develops"}
}

// usersSheetXML is a sheet with the template's header in row 1 and the rows' XML.
func usersSheetXML(rows ...string) string {
	return sheet(append([]string{textRow(titles()...)}, rows...)...)
}

// read reads the bytes as users.xlsx.
func read(b []byte) (*List, error) {
	return Read(context.Background(), bytes.NewReader(b), int64(len(b)), "users.xlsx", DefaultLimits(), nil)
}

// readOK reads the bytes and fails on an error.
func readOK(t testing.TB, b []byte) *List {
	t.Helper()
	l, err := read(b)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// values are the rows themselves.
func values(rows []*Row) []Row {
	all := make([]Row, len(rows))
	for i, r := range rows {
		all[i] = *r
	}
	return all
}

// wantRows compares the rows.
func wantRows(t testing.TB, got *List, want ...Row) {
	t.Helper()
	if d := cmp.Diff(want, values(got.Rows), cmpopts.EquateEmpty()); d != "" {
		t.Errorf("rows (-want +got):\n%s", d)
	}
}

// wantFault checks the code, and what the sentence says.
func wantFault(t testing.TB, err error, code fault.Code, says ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want %s", code)
	}
	if got := fault.CodeOf(err); got != code {
		t.Errorf("code %s (%v), want %s", got, err, code)
	}
	for _, s := range says {
		if fs := fault.Of(err); len(fs) == 0 || !strings.Contains(fs[0].Message, s) {
			t.Errorf("sentence %q does not say %q", err, s)
		}
	}
}
