package workbook

import (
	"bytes"
	"errors"
	"io"
	"unicode/utf8"

	"techbiz/internal/fault"
)

const saveAsXLSX = "Open it in Excel, choose File > Save As > Excel Workbook (.xlsx), and upload that file."

// otherExtension is the fault for a file name that is not a workbook's.
func otherExtension(ext string) error {
	switch ext {
	case ".xls", ".xlt":
		return unreadable("Files of old Excel versions (.xls) can't be read. " + saveAsXLSX)
	case ".xlsm", ".xlsb", ".xltx", ".xltm":
		return unreadable("Workbooks of the kind %s can't be read. "+saveAsXLSX, ext)
	case ".csv", ".tsv", ".txt":
		return unreadable("Text files (%s) can't be read. "+saveAsXLSX, ext)
	case ".numbers":
		return unreadable("Numbers documents can't be read. In Numbers choose File > Export To > Excel, and upload that file.")
	case ".ods", ".fods":
		return unreadable("OpenDocument files can't be read. In LibreOffice choose File > Save As > Excel 2007-365 (.xlsx), and upload that file.")
	}
	return unreadable("Choose an Excel workbook, a file whose name ends in .xlsx. The template is one.")
}

func unreadable(format string, args ...any) *fault.Error {
	return fault.New(fault.FileUnreadable, format, args...)
}

// otherContent is the fault for a file that is no zip archive although its name
// says .xlsx, or nil if it begins like one. An error of r is returned as it is.
func otherContent(r io.ReaderAt, size int64) error {
	head := make([]byte, min(size, 512))
	if n, err := r.ReadAt(head, 0); n < len(head) && !errors.Is(err, io.EOF) {
		return err
	}
	text := bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xEF\xBB\xBF")), " \t\r\n")
	lower := bytes.ToLower(text)
	switch {
	case bytes.HasPrefix(head, []byte("PK")):
		return nil
	case bytes.HasPrefix(head, []byte("\xD0\xCF\x11\xE0")):
		return compoundFile(r, size)
	case bytes.HasPrefix(lower, []byte("<!doctype html")), bytes.HasPrefix(lower, []byte("<html")),
		bytes.HasPrefix(lower, []byte("<table")):
		return unreadable("The file is a web page that is named .xlsx. " + saveAsXLSX)
	case bytes.HasPrefix(text, []byte("<")):
		return unreadable("The file is an XML document that is named .xlsx. " + saveAsXLSX)
	case bytes.HasPrefix(head, []byte("%PDF")):
		return unreadable("The file is a PDF that is named .xlsx. Upload the workbook it was made from.")
	case bytes.HasPrefix(head, []byte("\xFF\xFE")), bytes.HasPrefix(head, []byte("\xFE\xFF")), plainText(head):
		return unreadable("The file is a text or CSV file that is named .xlsx. " + saveAsXLSX)
	}
	return unreadable("The file is no Excel workbook. Fill in the template, or save your list as an Excel workbook (.xlsx).")
}

// compoundFile tells a protected workbook from one of old Excel: both are OLE
// compound files, and only the first has a stream of this name.
func compoundFile(r io.ReaderAt, size int64) error {
	var name []byte
	for _, c := range []byte("EncryptedPackage") {
		name = append(name, c, 0)
	}
	buf := make([]byte, 64<<10)
	for at := int64(0); at < size; at += int64(len(buf) - len(name)) {
		n, err := r.ReadAt(buf, at)
		if bytes.Contains(buf[:n], name) {
			return unreadable("The workbook is protected by a password. In Excel choose File > Info > Protect Workbook > Encrypt with Password, delete the password, save, and upload it again.")
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
	}
	return unreadable("The file is of an old Excel version (.xls) although it is named .xlsx. " + saveAsXLSX)
}

// plainText says whether b looks like readable text, be it cut in a character.
func plainText(b []byte) bool {
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		if r == utf8.RuneError && n == 1 && len(b) >= utf8.UTFMax {
			return false
		}
		if r < ' ' && r != '\t' && r != '\n' && r != '\r' {
			return false
		}
		b = b[n:]
	}
	return true
}

// otherArchive is the fault for a zip archive without a workbook.
func otherArchive(c *container) error {
	has := func(name string) bool { _, ok := c.parts[name]; return ok }
	switch {
	case has("index/document.iwa"), has("index.zip"):
		return unreadable("The file is a Numbers document. In Numbers choose File > Export To > Excel, and upload that file.")
	case has("content.xml") && has("mimetype"):
		return unreadable("The file is an OpenDocument file. In LibreOffice choose File > Save As > Excel 2007-365 (.xlsx), and upload that file.")
	case has("xl/workbook.bin"):
		return unreadable("The file is a binary workbook (.xlsb). " + saveAsXLSX)
	case has("word/document.xml"), has("ppt/presentation.xml"):
		return unreadable("The file is a Word or PowerPoint document. Copy its table into the template and upload that.")
	}
	return unreadable("The file is a zip archive without a workbook. Unpack it, and upload the workbook (.xlsx) itself.")
}
