// Package workbook reads a list of users from an Excel workbook or a CSV file, and
// writes the workbooks that people get: the template, the rows to correct, and the
// report.
//
// It is pure: bytes in, rows and faults out. It knows no rule about a value and
// no database; a row comes out as it was typed. Reading is one pass over each
// part of the file, in memory that [Limits] bounds, and it never returns fewer
// rows than the sheet holds: what cannot be read to its end, down to the check
// sums of the parts, is refused as a whole.
//
// Not read: number formats but for those of dates, hidden sheets, sheets without a
// header row, and the template's sheets "How to" and "Example", which are known by
// the text of their cell A1.
package workbook

import (
	"context"
	"io"
	"path"
	"strconv"
	"strings"
	"time"

	"techbiz/internal/fault"
)

// Row is one user as typed in the sheet. Values are trimmed of blanks and
// invisible characters; every blank is a plain one, and a line break is a blank
// but in Reason. A date is dd-mm-yyyy wherever it stands. Number is the row's number
// as Excel shows it, Sheet the name of its sheet; a CSV file's is named like the
// file.
//
// StartOn is dd-mm-yyyy where the cell is a date, and else as typed. ID is what
// the hidden column of a correction workbook says, empty for users that were
// added to it; an ID that stands twice counts for its first row only. Anyone can
// write anything into it: look it up among the rows that the caller may change.
type Row struct {
	Number        int
	Sheet         string
	Email         string
	Username      string
	FirstName     string
	LastName      string
	CountryCode   string
	ContactNumber string
	Organisation  string
	Department    string
	Seed          string
	Reason        string
	StartOn       string
	ID            string
}

// List is what a file holds: its users in the order of sheets and rows, and
// sentences for a person about what was read although it is hidden, and what was
// left out. Correction says that the file is, or was made from, a workbook of
// [WriteCorrection].
type List struct {
	Rows       []*Row
	Notices    []string
	Correction bool
}

// Limits bound what a file may cost. Time is how long reading may take.
type Limits struct {
	FileBytes     int64         // of the file
	UnzippedBytes int64         // of all its parts, unzipped; a quarter of it for the users' texts
	Rows          int           // users
	Columns       int           // the last column that may hold anything, on a sheet with users
	CellBytes     int           // of one cell's text, in UTF-8
	Time          time.Duration // 0: until the context ends
}

// DefaultLimits are 10 MiB, 64 MiB unzipped, 10,000 users, 64 columns, Excel's
// own 32,767 characters a cell, and ten seconds.
func DefaultLimits() Limits {
	return Limits{
		FileBytes:     10 << 20,
		UnzippedBytes: 64 << 20,
		Rows:          10_000,
		Columns:       64,
		CellBytes:     4 * 32_767,
		Time:          10 * time.Second,
	}
}

// EarlyRows is how many users are shown at a time while a file is read.
const EarlyRows = 500

// Read returns the users in the file of the given size and name; the name's
// extension says what the file should be. It stops soon after ctx ends, with the
// context's error. An error of r itself is returned without a code.
//
// early, if not nil, is shown users while the rest is still read, [EarlyRows] at a time,
// from the first on and each once; the last are left to the list. They are not final: a
// cell that is merged with one above gets its value at the end of the sheet, and the
// file may be refused after all. The rows are the reader's again when early returns.
//
// Codes: FILE_UNREADABLE, FILE_TOO_LARGE, TEMPLATE_MISMATCH, TOO_MANY_ROWS,
// BATCH_EMPTY.
func Read(ctx context.Context, r io.ReaderAt, size int64, name string, lim Limits, early func([]*Row)) (*List, error) {
	if size > lim.FileBytes {
		return nil, fault.New(fault.FileTooLarge,
			"The file is %s, and at most %s can be read. Remove pictures and other sheets, or split the list into several files.",
			bytesText(size), bytesText(lim.FileBytes))
	}
	if size == 0 {
		return nil, fault.New(fault.FileUnreadable, "The file is empty. Choose the file that holds the users.")
	}
	if lim.Time > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, lim.Time, fault.New(fault.FileUnreadable,
			"The file takes too long to read. Copy the users into a new workbook made from the template."))
		defer cancel()
	}
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	switch ext := strings.ToLower(path.Ext(name)); ext {
	case ".xlsx":
		return readXLSX(ctx, r, size, lim, early)
	case ".csv":
		return readCSV(ctx, r, size, name, lim, early)
	default:
		return nil, otherExtension(ext)
	}
}

// bytesText renders a size for a person, such as "10 MiB" or "10.4 MiB".
func bytesText(n int64) string {
	const mib = 1 << 20
	switch {
	case n >= mib && n%mib == 0:
		return strconv.FormatInt(n/mib, 10) + " MiB"
	case n >= mib:
		// Rounded up, so that a file just above a limit does not read like the limit.
		return strconv.FormatFloat(float64(n*10/mib+1)/10, 'f', 1, 64) + " MiB"
	default:
		return strconv.FormatInt((n+1023)/1024, 10) + " KiB"
	}
}

// countText renders a count with commas, such as "10,000".
func countText(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// listText joins names for a sentence: "A", "A and B", "A, B and C"; past ten it
// only counts the rest.
func listText(names []string) string {
	const most = 10
	if n := len(names); n > most {
		return strings.Join(names[:most], ", ") + " and " + countText(n-most) + " more"
	}
	if n := len(names); n > 1 {
		return strings.Join(names[:n-1], ", ") + " and " + names[n-1]
	}
	return strings.Join(names, "")
}

// quoted puts a name from the file in quotation marks, cut to a sane length.
func quoted(s string) string {
	const most = 60
	s = oneLine(clean(s))
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "…"
	}
	return "“" + s + "”"
}
