package workbook

import (
	"bytes"
	"errors"
	"io"
	"unicode/utf8"

	"techbiz/internal/fault"
)

// The marks of byte order that a text begins with.
const (
	utf8Mark = "\xEF\xBB\xBF"
	utf16LE  = "\xFF\xFE"
	utf16BE  = "\xFE\xFF"
)

const saveAsXLSX = "Open it in Excel, choose File > Save As > Excel Workbook (.xlsx), and upload that file."

// otherExtension is the fault for a file name that is not a workbook's.
func otherExtension(ext string) error {
	switch ext {
	case ".xls", ".xlt":
		return unreadable("Files of old Excel versions (.xls) can't be read. " + saveAsXLSX)
	case ".xlsm", ".xlsb", ".xltx", ".xltm":
		return unreadable("Workbooks of the kind %s can't be read. "+saveAsXLSX, ext)
	case ".tsv", ".tab", ".txt":
		return unreadable("Text files whose names end in %s can't be read. If it is a list with a header, let its name end in .csv.", ext)
	case ".numbers":
		return unreadable("Numbers documents can't be read. In Numbers choose File > Export To > Excel, and upload that file.")
	case ".ods", ".fods":
		return unreadable("OpenDocument files can't be read. In LibreOffice choose File > Save As > Excel 2007-365 (.xlsx), and upload that file.")
	}
	return unreadable("Choose an Excel workbook or a CSV file, whose name ends in .xlsx or .csv. The template is a workbook.")
}

func unreadable(format string, args ...any) *fault.Error {
	return fault.New(fault.FileUnreadable, format, args...)
}

// head returns the beginning of a file, by which it is known. An error of r is
// returned as it is.
func head(r io.ReaderAt, size int64) ([]byte, error) {
	b := make([]byte, min(size, 512))
	if n, err := r.ReadAt(b, 0); n < len(b) && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return b, nil
}

// otherContent is the fault for a file that is no zip archive although its name
// says .xlsx, or nil if it begins like one. An error of r is returned as it is.
func otherContent(r io.ReaderAt, size int64) error {
	b, err := head(r, size)
	switch {
	case err != nil:
		return err
	case bytes.HasPrefix(b, []byte("PK")):
		return nil
	}
	if err := foreign(r, size, b, ".xlsx"); err != nil {
		return err
	}
	switch {
	case bytes.HasPrefix(textStart(b), []byte("<")):
		return unreadable("The file is an XML document that is named .xlsx. " + saveAsXLSX)
	case bytes.HasPrefix(b, []byte(utf16LE)), bytes.HasPrefix(b, []byte(utf16BE)), plainText(b):
		return unreadable("The file is a text or CSV file that is named .xlsx. If it is CSV, let its name end in .csv; or open it in Excel and save it as an Excel Workbook (.xlsx).")
	}
	return unreadable("The file is no Excel workbook. Fill in the template, or save your list as an Excel workbook (.xlsx).")
}

// otherText is the fault for a file that is no text although its name says .csv,
// or nil if b, its beginning, may be one.
func otherText(r io.ReaderAt, size int64, b []byte) error {
	if bytes.HasPrefix(b, []byte("PK\x03\x04")) {
		return unreadable("The file is an Excel workbook or another archive that is named .csv. If it is a workbook, let its name end in .xlsx.")
	}
	if err := foreign(r, size, b, ".csv"); err != nil {
		return err
	}
	if bytes.IndexByte(b, 0) >= 0 && !bytes.HasPrefix(b, []byte(utf16LE)) && !bytes.HasPrefix(b, []byte(utf16BE)) {
		return notUTF8(nil)
	}
	return nil
}

// notUTF8 is the fault for a text in an encoding of old: to guess it would damage
// names.
func notUTF8(cause error) error {
	return fault.Wrap(cause, fault.FileUnreadable,
		"The file is not in an encoding that can be read. In Excel choose File > Save As > CSV UTF-8, or save it as an Excel Workbook (.xlsx).")
}

// foreign is the fault for what is neither a workbook nor a list in a text,
// whatever its name says; nil where b, its beginning, shows none of that.
func foreign(r io.ReaderAt, size int64, b []byte, ext string) error {
	lower := bytes.ToLower(textStart(b))
	switch {
	case bytes.HasPrefix(b, []byte("\xD0\xCF\x11\xE0")):
		return compoundFile(r, size, ext)
	case bytes.HasPrefix(lower, []byte("<!doctype html")), bytes.HasPrefix(lower, []byte("<html")),
		bytes.HasPrefix(lower, []byte("<table")):
		return unreadable("The file is a web page that is named %s. "+saveAsXLSX, ext)
	case bytes.HasPrefix(b, []byte("%PDF")):
		return unreadable("The file is a PDF that is named %s. Upload the workbook it was made from.", ext)
	}
	return nil
}

// textStart is where a text's first visible character stands.
func textStart(b []byte) []byte {
	return bytes.TrimLeft(bytes.TrimPrefix(b, []byte(utf8Mark)), " \t\r\n")
}

// compoundFile tells a protected workbook from one of old Excel: both are OLE
// compound files, and only the first has a stream of this name.
func compoundFile(r io.ReaderAt, size int64, ext string) error {
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
	return unreadable("The file is of an old Excel version (.xls) although it is named %s. "+saveAsXLSX, ext)
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
