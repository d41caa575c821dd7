package workbook

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/binary"
	"hash/crc32"
	"io"
	"strings"
	"testing"
	"time"

	"techbiz/internal/fault"
)

func TestRead_NotAWorkbook(t *testing.T) {
	t.Parallel()
	ole := "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1" + strings.Repeat("\x00", 70_000)
	utf16 := strings.Join(strings.Split("EncryptedPackage", ""), "\x00")
	for name, c := range map[string]struct{ content, says string }{
		"an empty file":                   {"", "is empty"},
		"an old workbook":                 {ole, ".xls"},
		"a workbook with a password":      {ole + utf16 + "\x00\x00", "protected by a password"},
		"a CSV file":                      {"Email,First Name\na@b.gov.sg,A\n", "CSV"},
		"a CSV file in UTF-16":            {"\xFF\xFEE\x00m\x00", "CSV"},
		"a web page":                      {"\ufeff<html><table><tr><td>x", "web page"},
		"a web page that says so":         {" <!DOCTYPE HTML><html>", "web page"},
		"an XML spreadsheet":              {`<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?><Workbook/>`, "XML document"},
		"a PDF":                           {"%PDF-1.7 ...", "PDF"},
		"noise":                           {"\x01\x02\x03\x04\x05\x00", "no Excel workbook"},
		"the start of an archive":         {"PK\x03\x04 and no more", "damaged or incomplete"},
		"an archive of nothing":           {string(parts{}.bytes(t)), "without a workbook"},
		"an archive of pictures":          {string(parts{"a.png": "x"}.bytes(t)), "without a workbook"},
		"a Numbers document":              {string(parts{"Index/Document.iwa": "x"}.bytes(t)), "Numbers"},
		"an OpenDocument file":            {string(parts{"mimetype": "x", "content.xml": "x"}.bytes(t)), "OpenDocument"},
		"a Word document":                 {string(parts{"word/document.xml": "x", "_rels/.rels": rels("r1", "officeDocument", "word/document.xml")}.bytes(t)), "Word"},
		"a binary workbook":               {string(parts{"xl/workbook.bin": "x", "_rels/.rels": rels("r1", "officeDocument", "xl/workbook.bin")}.bytes(t)), ".xlsb"},
		"a workbook that is cut":          {string(bookOf(usersSheetXML()).bytes(t)[:900]), "damaged or incomplete"},
		"an archive in front of a script": {"#!/bin/sh\necho hello\n" + string(bookOf(usersSheetXML()).bytes(t)), "no Excel workbook"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := read([]byte(c.content))
			wantFault(t, err, fault.FileUnreadable, c.says)
		})
	}
}

func TestRead_OtherExtensions(t *testing.T) {
	t.Parallel()
	b := bookOf(usersSheetXML(textRow(oneUser("a@b.gov.sg")...))).bytes(t)
	for name, says := range map[string]string{
		"users.xls": "old Excel", "users.XLSM": ".xlsm", "users.csv": "let its name end in .xlsx", "users.tsv": "let its name end in .csv", "users.txt": ".txt", "users.numbers": "Numbers", "users.ods": "OpenDocument",
		"users": ".xlsx", "users.pdf": ".xlsx", "": ".xlsx",
	} {
		_, err := Read(context.Background(), bytes.NewReader(b), int64(len(b)), name, DefaultLimits(), nil)
		wantFault(t, err, fault.FileUnreadable, says)
	}
	if _, err := Read(context.Background(), bytes.NewReader(b), int64(len(b)), "USERS.XLSX", DefaultLimits(), nil); err != nil {
		t.Errorf("USERS.XLSX: %v", err)
	}
}

func TestRead_NoUsers(t *testing.T) {
	t.Parallel()
	lacking := titles()
	lacking[1], lacking[10] = "", "Remarks"
	for name, c := range map[string]struct {
		sheet string
		code  fault.Code
		says  string
	}{
		"a header alone":              {usersSheetXML(), fault.BatchEmpty, "no users"},
		"numbers alone":               {usersSheetXML(textRow("1"), textRow("2")), fault.BatchEmpty, "no users"},
		"an empty sheet":              {sheet(), fault.TemplateMismatch, "“Email”, “Username”"},
		"a sheet without sheetData":   {"<worksheet/>", fault.TemplateMismatch, "No header"},
		"columns are missing":         {sheet(textRow(lacking...), textRow(oneUser("a")...)), fault.TemplateMismatch, "The header in row 1 of the sheet “Users” lacks “Email” and “Reason for creation”."},
		"the header stands in row 21": {sheet(strings.Replace(textRow(titles()...), "<row>", `<row r="21">`, 1), textRow(oneUser("a")...)), fault.TemplateMismatch, "first 20 rows"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := read(bookOf(c.sheet).bytes(t))
			wantFault(t, err, c.code, c.says)
		})
	}
}

func TestRead_OptionalColumnsMayBeAbsent(t *testing.T) {
	t.Parallel()
	header, user := titles(), oneUser("a@b.gov.sg")
	header[fieldSN], header[fieldCountryCode], header[fieldDepartment] = "", "", ""
	want := userRow(2, "a@b.gov.sg")
	want.CountryCode = ""
	wantRows(t, readOK(t, bookOf(sheet(textRow(header...), textRow(user...))).bytes(t)), want)
}

func TestRead_DamagedParts(t *testing.T) {
	t.Parallel()
	good := usersSheetXML(textRow(oneUser("a@b.gov.sg")...))
	tail := func(row string) string { return strings.Replace(good, "</sheetData>", row+"</sheetData>", 1) }
	deep := strings.Repeat("<a>", 1000) + strings.Repeat("</a>", 1000)
	for name, doc := range map[string]string{
		"cut within a row":              good[:len(good)-60],
		"cut before the last tag":       strings.TrimSuffix(good, "</worksheet>"),
		"a tag that is not closed":      tail("<row><c><v>1</v></row>"),
		"a tag closed by another":       tail("<row><c><v>1</c></v></row>"),
		"text behind the root":          good + "x",
		"a second root":                 good + "<a/>",
		"an unknown entity":             tail("<row><c><v>&nbsp;</v></c></row>"),
		"a lone ampersand":              tail("<row><c><v>a & b</v></c></row>"),
		"a character that XML forbids":  tail("<row><c><v>\x01</v></c></row>"),
		"a character of that number":    tail("<row><c><v>&#0;</v></c></row>"),
		"bytes that are not UTF-8":      tail("<row><c><v>\xE9</v></c></row>"),
		"another encoding":              strings.Replace(good, "UTF-8", "ISO-8859-1", 1),
		"UTF-16":                        "\xFE\xFF\x00<",
		"an attribute twice":            tail(`<row r="9" r="10"/>`),
		"a value without quotes":        tail(`<row r=9/>`),
		"rows out of order":             tail(`<row r="9"/><row r="8"/>`),
		"a row number twice":            tail(`<row r="9"/><row r="9"/>`),
		"a row number of no row":        tail(`<row r="1048577"/>`),
		"a row that is no number":       tail(`<row r="x"/>`),
		"cells out of order":            tail(`<row r="9"><c r="B9"/><c r="A9"/></row>`),
		"a cell of another row":         tail(`<row r="9"><c r="B8"/></row>`),
		"a cell twice":                  tail(`<row r="9"><c r="B9"/><c r="B9"/></row>`),
		"a cell past the last column":   tail(`<row r="9"><c r="XFE9"/></row>`),
		"a reference that is none":      tail(`<row r="9"><c r="9B"/></row>`),
		"two values in a cell":          tail(`<row><c><v>1</v><v>2</v></c></row>`),
		"a type of cell that is none":   tail(`<row><c t="x"><v>1</v></c></row>`),
		"a shared text that is not":     tail(`<row><c t="s"><v>5</v></c></row>`),
		"a shared text below zero":      tail(`<row><c t="s"><v>-1</v></c></row>`),
		"text between cells":            tail(`<row>x<c/></row>`),
		"text between rows":             tail(`x<row/>`),
		"an element within a value":     tail(`<row><c><v>1<b/></v></c></row>`),
		"two blocks of rows":            tail(`</sheetData><sheetData>`),
		"elements nested without end":   tail("<row>" + deep + "</row>"),
		"a comment that does not end":   tail("<!-- "),
		"a part that is another":        sst(),
		"an empty part":                 "",
		"a tag that does not end":       good + "<a b='>",
		"a chart in place of the sheet": "<chartsheet/>",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := read(bookOf(doc).bytes(t))
			wantFault(t, err, fault.FileUnreadable, "“Users”")
		})
	}
}

func TestRead_DamagedWorkbooks(t *testing.T) {
	t.Parallel()
	base := bookOf(usersSheetXML(textRow(oneUser("a@b.gov.sg")...)))
	gone := base.with("x", "")
	delete(gone, "xl/worksheets/sheet1.xml")
	for name, c := range map[string]struct {
		parts parts
		says  string
	}{
		"a sheet without its part":      {gone, "“Users” is missing"},
		"a sheet without a relation":    {base.with("xl/_rels/workbook.xml.rels", rels()), "list of sheets"},
		"a broken list of sheets":       {base.with("xl/workbook.xml", "<workbook><sheets>"), "list of sheets"},
		"broken relations":              {base.with("xl/_rels/workbook.xml.rels", "<Relationships"), "list of parts"},
		"broken shared texts":           {base.with("xl/sharedStrings.xml", "<sst><si><t>a</t>"), "table of texts"},
		"a document type":               {base.with("xl/worksheets/sheet1.xml", `<!DOCTYPE x SYSTEM "file:///etc/passwd"><worksheet/>`), "document type"},
		"a document type in the texts":  {base.with("xl/sharedStrings.xml", `<!DOCTYPE x [<!ENTITY a "b">]><sst/>`), "document type"},
		"one name in two ways":          {base.with("XL/worksheets/Sheet1.xml", usersSheetXML()), "twice"},
		"the texts are something else":  {base.with("xl/sharedStrings.xml", sheet()), "table of texts"},
		"more relations than any needs": {base.with("_rels/.rels", rels(strings.Split(strings.Repeat("i,k,t,", 5000)+"i,k,t", ",")...)), "list of parts"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := read(c.parts.bytes(t))
			wantFault(t, err, fault.FileUnreadable, c.says)
		})
	}
}

// rawEntry adds a part with a header of one's own.
func rawEntry(t *testing.T, z *zip.Writer, h zip.FileHeader, content []byte) {
	t.Helper()
	w, err := z.CreateRaw(&h)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(content); err != nil {
		t.Fatal(err)
	}
}

// archive is the workbook with the sheet's entry written by add.
func archive(t *testing.T, add func(z *zip.Writer, sheet string)) []byte {
	t.Helper()
	p := bookOf(usersSheetXML(textRow(oneUser("a@b.gov.sg")...)))
	const name = "xl/worksheets/sheet1.xml"
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for n, c := range p {
		if n == name {
			continue
		}
		w, err := z.Create(n)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, c); err != nil {
			t.Fatal(err)
		}
	}
	add(z, p[name])
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestRead_DamagedArchives(t *testing.T) {
	t.Parallel()
	stored := func(sheet string) zip.FileHeader {
		n := uint64(len(sheet))
		return zip.FileHeader{Name: "xl/worksheets/sheet1.xml", Method: zip.Store, CRC32: crc32.ChecksumIEEE([]byte(sheet)), CompressedSize64: n, UncompressedSize64: n}
	}
	for name, c := range map[string]struct {
		says string
		edit func(h *zip.FileHeader)
	}{
		"a wrong check sum":           {"check of the sheet “Users”", func(h *zip.FileHeader) { h.CRC32++ }},
		"an unknown way of packing":   {"packed in a way", func(h *zip.FileHeader) { h.Method = 9 }},
		"no deflate where it says so": {"“Users”", func(h *zip.FileHeader) { h.Method = zip.Deflate }},
		"an encrypted part":           {"password", func(h *zip.FileHeader) { h.Flags |= 1 }},
		"a size that is too large":    {"“Users”", func(h *zip.FileHeader) { h.UncompressedSize64 += 5 }},
		"a size that is too small":    {"“Users”", func(h *zip.FileHeader) { h.UncompressedSize64 -= 5 }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := read(archive(t, func(z *zip.Writer, sheet string) {
				h := stored(sheet)
				c.edit(&h)
				rawEntry(t, z, h, []byte(sheet))
			}))
			wantFault(t, err, fault.FileUnreadable, c.says)
		})
	}
	t.Run("one part twice", func(t *testing.T) {
		t.Parallel()
		_, err := read(archive(t, func(z *zip.Writer, sheet string) {
			rawEntry(t, z, stored(sheet), []byte(sheet))
			rawEntry(t, z, stored(sheet), []byte(sheet))
		}))
		wantFault(t, err, fault.FileUnreadable, "twice")
	})
}

// A directory that says to start further on than it does puts its parts before the file.
func TestRead_PartsBeforeTheFile(t *testing.T) {
	t.Parallel()
	b := bookOf(usersSheetXML(textRow(oneUser("a@b.gov.sg")...))).bytes(t)
	b = b[:len(b)-len("\x00\x00\x00\x00\x00\x00")]
	b = binary.LittleEndian.AppendUint32(b, 1<<31-1)
	_, err := read(append(b, 0, 0))
	wantFault(t, err, fault.FileUnreadable, "damaged")
}

func TestRead_FileTooLarge(t *testing.T) {
	t.Parallel()
	b := make([]byte, 10<<20+1)
	binary.LittleEndian.PutUint32(b, 0x04034b50)
	_, err := read(b)
	wantFault(t, err, fault.FileTooLarge, "10.1 MiB", "at most 10 MiB")
}

func TestRead_TimeIsUp(t *testing.T) {
	t.Parallel()
	b := bookOf(usersSheetXML(textRow(oneUser("a@b.gov.sg")...))).bytes(t)
	lim := DefaultLimits()
	lim.Time = time.Nanosecond
	_, err := Read(context.Background(), bytes.NewReader(b), int64(len(b)), "users.xlsx", lim, nil)
	wantFault(t, err, fault.FileUnreadable, "too long to read")
}
