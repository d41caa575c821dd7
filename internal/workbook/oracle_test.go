package workbook

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"techbiz/internal/fault"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
)

// grid is a sheet's stored values that are not empty, by cell.
type grid map[string]string

// grids reads every visible sheet with this package.
func grids(b []byte) (map[string]grid, error) {
	ctx, lim := context.Background(), DefaultLimits()
	lim.Columns = lastColumn
	c, err := openContainer(bytes.NewReader(b), int64(len(b)), lim)
	if err != nil {
		return nil, err
	}
	book, err := openBook(ctx, c)
	if err != nil {
		return nil, err
	}
	shared := &sharedStrings{}
	if _, ok := c.parts[book.strings]; ok {
		if err := c.each(ctx, book.strings, "texts", func(x *scanner) error { return shared.read(x, lim) }); err != nil {
			return nil, err
		}
	}
	all := map[string]grid{}
	for _, s := range book.sheets {
		if s.part == "" || s.hidden {
			continue
		}
		g := grid{}
		err := c.each(ctx, s.part, "sheet", func(x *scanner) error {
			return newSheetReader(x, shared, lim).read(func(r *sheetRow) error {
				for _, c := range r.cells {
					g[cellName(c.column, r.number)] = c.text
				}
				return nil
			})
		})
		if err != nil {
			return nil, err
		}
		all[s.name] = g
	}
	return all, nil
}

// oracle reads one sheet with excelize, raw values.
func oracle(b []byte, sheet string) (grid, error) {
	f, err := excelize.OpenReader(bytes.NewReader(b), excelize.Options{RawCellValue: true, UnzipSizeLimit: 64 << 20, UnzipXMLSizeLimit: 64 << 20})
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	rows, err := f.Rows(sheet)
	if err != nil {
		return nil, err
	}
	g := grid{}
	for n := 1; rows.Next(); n++ {
		values, err := rows.Columns()
		if err != nil {
			return nil, err
		}
		for i, v := range values {
			if v != "" {
				g[cellName(i+1, n)] = v
			}
		}
	}
	return g, rows.Close()
}

// sameGrid compares ours with the oracle's. The oracle leaves _xHHHH_ in the
// results of formulas, and half characters.
func sameGrid(t *testing.T, ours, theirs grid) {
	t.Helper()
	for at, v := range theirs {
		if strings.Contains(v, "_x") {
			theirs[at] = string(decodeX([]byte(v)))
			if theirs[at] == "" {
				delete(theirs, at)
			}
		}
	}
	if d := cmp.Diff(theirs, ours); d != "" {
		t.Errorf("cells (-excelize +ours):\n%s", d)
	}
}

func TestRead_SameCellsAsExcelize(t *testing.T) {
	t.Parallel()
	for _, name := range fixtures(t) {
		t.Run(filepath.Base(name), func(t *testing.T) {
			t.Parallel()
			b, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			ours, err := grids(b)
			if err != nil {
				t.Fatal(err)
			}
			for sheet, g := range ours {
				theirs, err := oracle(b, sheet)
				if err != nil {
					t.Fatal(err)
				}
				sameGrid(t, g, theirs)
			}
		})
	}
}

func fixtures(t testing.TB) []string {
	t.Helper()
	names, err := filepath.Glob("testdata/*.xlsx")
	if err != nil || len(names) == 0 {
		t.Fatalf("no fixtures: %v", err)
	}
	return names
}

// FuzzRead looks for files that end in something other than rows or a fault, and
// for those whose cells excelize reads differently.
func FuzzRead(f *testing.F) {
	for _, name := range fixtures(f) {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add(bookOf(usersSheetXML(textRow(oneUser("a@b.gov.sg")...))).bytes(f))
	for _, s := range shapes {
		f.Add(s.parts().bytes(f))
	}
	f.Add([]byte("PK\x05\x06" + strings.Repeat("\x00", 18)))
	f.Fuzz(func(t *testing.T, b []byte) {
		l, err := read(b)
		if err != nil {
			if len(fault.Of(err)) == 0 {
				t.Errorf("an error without a code: %v", err)
			}
			return
		}
		if len(l.Rows) == 0 {
			t.Error("neither rows nor an error")
		}
		ours, err := grids(b)
		if err != nil {
			t.Fatal(err)
		}
		for sheet, g := range ours {
			if theirs, err := oracle(b, sheet); err == nil {
				sameGrid(t, g, theirs)
			}
		}
	})
}

// seedSheets are shapes of sheets that producers write, and some broken ones.
var seedSheets = []string{
	usersSheetXML(textRow(oneUser("a@b.gov.sg")...)),
	sheet(`<row r="1" spans="1:3" x14ac:dyDescent="0.25"><c r="A1" s="1" t="s"><v>0</v></c><c r="C1"><v>6.591234567E9</v></c></row>`),
	sheet(`<row r="2"><c r="B2" t="str"><f>A1&amp;"x"</f><v>x_x000D_y</v></c><c r="D2" t="b"><v>1</v></c><c r="E2" t="e"><v>#N/A</v></c></row>`),
	sheet(`<row><c><v>1</v></c><c r="D1"><v>2</v></c><c><v>3</v></c></row>`, `<row r="7" hidden="1"><c t="s"><v>2</v></c></row><row><c><v>4</v></c></row>`),
	strings.NewReplacer("<", "<x:", "<x:/", "</x:", "<x:?", "<?").Replace(sheet(`<row r="1"><c r="A1"><v>5</v></c></row>`)),
	sheet(`<row r="1"><c r="A1" t="inlineStr"><is><r><rPr><b/></rPr><t>a</t></r><r><t xml:space="preserve"> b</t></r><rPh sb="0" eb="1"><t>x</t></rPh></is></c></row>`),
	sheet(`<row r="1"><c r="A1" t="d"><v>2026-11-23T00:00:00</v></c><!-- c --><c r="B1" t="n"><v><![CDATA[12]]></v></c></row>`),
	`<worksheet><cols><col min="1" max="2" hidden="true"/></cols><sheetData/><mergeCells><mergeCell ref="A1:A3"/></mergeCells></worksheet>`,
	sheet(`<row r="1"><c r="A1"><v>&#65;&lt;</v></c></row><row r="1"/>`),
	`<!DOCTYPE a [<!ENTITY b "c">]><worksheet><sheetData><row><c><v>&b;</v></c></row></sheetData></worksheet>`,
	sheet(`<row r="1"><c r="A1"><v>5</v>`),
}

// FuzzSheet looks for sheets that this package accepts and reads differently from
// excelize. Sheets that only excelize accepts are no fault: it takes malformed ones.
func FuzzSheet(f *testing.F) {
	for _, s := range seedSheets {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, sheetXML string) {
		b := bookOf(sheetXML, "first", "<r><t>se</t></r><r><t>cond</t></r>", "third_x000D_").bytes(t)
		ours, err := grids(b)
		if err != nil {
			return
		}
		if _, err := outlineXML(sheetXML); err != nil {
			return // there, excelize stops without an error
		}
		theirs, err := oracle(b, "Users")
		if err != nil {
			return
		}
		sameGrid(t, ours["Users"], theirs)
	})
}

// sheetFrom builds a well-formed sheet, each byte deciding one thing about it.
func sheetFrom(plan []byte) string {
	pick := func(of ...string) string {
		if len(plan) == 0 {
			return of[0]
		}
		b := plan[0]
		plan = plan[1:]
		return of[int(b)%len(of)]
	}
	var b strings.Builder
	row := 0
	for len(plan) > 0 {
		row++
		switch pick("", "r", "skip") {
		case "":
			b.WriteString("<row")
		case "skip":
			row += 2
			fallthrough
		default:
			b.WriteString(`<row r="` + strconv.Itoa(row) + `"`)
		}
		b.WriteString(pick("", ` hidden="1"`, ` ht='5' x:y = ">"`) + pick(">", " >", "\n>"))
		for column := 1; len(plan) > 0 && pick("c", "c", "c", "end") == "c"; column++ {
			ref := pick("", "r", "skip")
			if ref == "skip" {
				column += 3
			}
			if ref != "" {
				ref = ` r="` + cellName(column, row) + `"`
			}
			value := pick("", "1", "0", "2", "6.5E9", "a", " a ", "a&amp;b", "&#10;x", "<![CDATA[1]]>", "a<!-- -->b", "\r\n", "_x000D_", "é")
			kind := pick("", ` t="n"`, ` t="str"`, ` t="b"`, ` t="e"`, ` t="d"`, ` t="inlineStr"`, ` t="s"`)
			b.WriteString("<c" + ref + kind + ">" + pick("", "<f>1</f>", "<f/>", "<extLst><v>9</v></extLst>"))
			switch kind {
			case ` t="s"`:
				b.WriteString("<v>" + pick("", "0", " 1", "2\n", "3") + "</v>")
			case ` t="inlineStr"`:
				form := pick("<t>@</t>", "<r><t>@</t></r>", "<rPh><t>z</t></rPh><r><rPr><b/></rPr><t>p</t></r><r><t>@</t></r>", "")
				b.WriteString("<is>" + strings.ReplaceAll(form, "@", value) + "</is>")
			default:
				b.WriteString("<v>" + value + "</v>")
			}
			b.WriteString("</c>")
		}
		b.WriteString("</row>")
	}
	return sheet(b.String())
}

// FuzzCells looks for well-formed sheets that this package refuses, or reads
// differently from excelize.
func FuzzCells(f *testing.F) {
	f.Add([]byte{0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9})
	f.Add([]byte(strings.Repeat("\x01\x00\x02\x00\x01\x05\x07\x00\x01\x03", 20)))
	f.Fuzz(func(t *testing.T, plan []byte) {
		if len(plan) > 2000 {
			return
		}
		doc := sheetFrom(plan)
		b := bookOf(doc, "first", "<r><t>se</t></r><r><t>cond</t></r>", "third_x000D_").bytes(t)
		ours, err := grids(b)
		if err != nil {
			if !strings.Contains(err.Error(), "shared text") {
				t.Fatalf("%v in %s", err, doc)
			}
			return
		}
		theirs, err := oracle(b, "Users")
		if err != nil {
			return
		}
		sameGrid(t, ours["Users"], theirs)
	})
}

// FuzzScanner looks for documents that the scanner accepts and takes apart
// differently from encoding/xml, or that encoding/xml refuses for its syntax.
func FuzzScanner(f *testing.F) {
	for _, s := range seedSheets {
		f.Add(s)
	}
	f.Add("<a b='>'><![CDATA[x]]y]]>\r\n<?p i?>&amp;</a>")
	f.Fuzz(func(t *testing.T, doc string) {
		ours, err := outline(doc)
		if err != nil {
			return
		}
		theirs, err := outlineXML(doc)
		if err != nil {
			return
		}
		if d := cmp.Diff(theirs, ours); d != "" {
			t.Errorf("tokens (-encoding/xml +ours):\n%s", d)
		}
	})
}

// outline is a document's tags, attributes and texts in one string.
func outline(doc string) (string, error) {
	var b strings.Builder
	x := newScanner(strings.NewReader(doc), 1<<20)
	for {
		tok, err := x.next()
		if err != nil {
			return "", err
		}
		switch tok {
		case startTag:
			b.WriteString("<" + string(x.name))
			for _, a := range x.attr {
				b.WriteString(" " + string(localName(a.name)) + "=" + string(a.value))
			}
			b.WriteString(">")
		case endTag:
			b.WriteString("</" + string(x.name) + ">")
		case text:
			b.Write(x.text)
		case endOfPart:
			return b.String(), nil
		}
	}
}

func outlineXML(doc string) (string, error) {
	var b strings.Builder
	depth := 0
	d := xml.NewDecoder(strings.NewReader(doc))
	for {
		tok, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			return b.String(), nil
		}
		if err != nil {
			return "", err
		}
		switch tok := tok.(type) {
		case xml.StartElement:
			depth++
			b.WriteString("<" + tok.Name.Local)
			for _, a := range tok.Attr {
				b.WriteString(" " + a.Name.Local + "=" + a.Value)
			}
			b.WriteString(">")
		case xml.EndElement:
			depth--
			b.WriteString("</" + tok.Name.Local + ">")
		case xml.CharData:
			if depth > 0 {
				b.Write(tok)
			}
		}
	}
}
