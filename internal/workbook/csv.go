package workbook

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"io"
	"path"
	"slices"
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"techbiz/internal/fault"
)

// sniffBytes is how much of a text is looked at for what separates its cells.
const sniffBytes = 32 << 10

// separators are what may stand between cells, the likeliest first.
var separators = []rune{',', ';', '\t'}

// readCSV reads the users of a CSV file, as the one sheet that Excel shows it as:
// named like the file, with every line break outside of quotation marks ending a
// row, empty ones, too.
func readCSV(ctx context.Context, r io.ReaderAt, size int64, name string, lim Limits, early func([]*Row)) (*List, error) {
	src := &source{r: r, budget: -1}
	b, err := head(src, size)
	if err != nil {
		return nil, src.blame(err)
	}
	if err := otherText(src, size, b); err != nil {
		return nil, src.blame(err)
	}
	in := &csvSource{ctx: ctx, src: src, most: 2 * lim.CellBytes}
	start := int64(0)
	if bytes.HasPrefix(b, []byte(utf8Mark)) {
		start = int64(len(utf8Mark))
	}
	in.r = bufio.NewReaderSize(&lineReader{r: decoded(io.NewSectionReader(src, start, size-start), b)}, sniffBytes)
	t := &table{c: &collector{lim: lim, early: early}, sheet: csvSheet(name), r: newSheetReader(nil, nil, lim)}
	rows, err := in.rows()
	if err == nil {
		err = rows.each(t)
	}
	if err != nil {
		return nil, src.blame(csvFault(err, rows))
	}
	if err := t.finish(); err != nil {
		return nil, err
	}
	return t.c.result()
}

// csvSheet is the name of the sheet that Excel makes of the file.
func csvSheet(name string) string {
	name = path.Base(strings.ReplaceAll(name, `\`, "/"))
	return oneLine(clean(strings.TrimSuffix(name, path.Ext(name))))
}

// decoded turns the text into UTF-8. Without the mark of another encoding it is
// that already, or refused where it is not.
func decoded(r io.Reader, head []byte) io.Reader {
	mark, order := string(head[:min(2, len(head))]), unicode.LittleEndian
	switch mark {
	case utf16BE:
		order = unicode.BigEndian
		fallthrough
	case utf16LE:
		return transform.NewReader(r, unicode.UTF16(order, unicode.ExpectBOM).NewDecoder())
	}
	return transform.NewReader(r, encoding.UTF8Validator)
}

// lineReader makes \n of every line end: some programs write \r alone.
type lineReader struct {
	r    io.Reader
	last byte
}

func (l *lineReader) Read(p []byte) (int, error) {
	for {
		n, err := l.r.Read(p)
		out := p[:0]
		for _, c := range p[:n] {
			switch {
			case c == '\n' && l.last == '\r':
			case c == '\r':
				out = append(out, '\n')
			default:
				out = append(out, c)
			}
			l.last = c
		}
		if len(out) > 0 || err != nil || len(p) == 0 {
			return len(out), err
		}
	}
}

// csvSource is the text, read until the context ends or a row is too long.
type csvSource struct {
	ctx  context.Context // of one Read
	src  *source
	r    *bufio.Reader
	most int // bytes of one row
	row  int // bytes of the present one
}

func (s *csvSource) Read(p []byte) (int, error) {
	if s.ctx.Err() != nil {
		s.src.err = context.Cause(s.ctx)
		return 0, s.src.err
	}
	if s.row > s.most {
		return 0, errTooLong
	}
	n, err := s.r.Read(p)
	s.row += n
	return n, err
}

// rows finds out what separates the cells and passes the line with which some
// programs say so ("sep=;"), which Excel does not show.
func (s *csvSource) rows() (*csvRows, error) {
	rows := &csvRows{s: s}
	start, err := s.r.Peek(sniffBytes)
	if err != nil && !errors.Is(err, io.EOF) {
		return rows, err
	}
	separator, says := saidSeparator(start)
	if says > 0 {
		if _, err := s.r.Discard(says); err != nil {
			return rows, err
		}
	} else {
		separator = likelySeparator(start)
	}
	rows.r = csvReader(s, separator)
	return rows, nil
}

// saidSeparator returns what a first line "sep=;" says, and that line's length.
func saidSeparator(start []byte) (separator rune, length int) {
	line, _, ended := strings.Cut(string(start[:min(len(start), 16)]), "\n")
	said, ok := strings.CutPrefix(strings.ToLower(strings.Trim(line, `"`)), "sep=")
	if !ok || !ended || len(said) != 1 || !slices.Contains(separators, rune(said[0])) {
		return 0, 0
	}
	return rune(said[0]), len(line) + 1
}

// likelySeparator is the one with which the best header is found.
func likelySeparator(start []byte) rune {
	best, most := separators[0], 0
	for _, separator := range separators {
		rows := &csvRows{r: csvReader(strings.NewReader(string(start)), separator)}
		for {
			cells, number, err := rows.next()
			if err != nil || number > headerRows {
				break
			}
			row := sheetRow{number: number}
			for i, text := range cells {
				row.cells = append(row.cells, cell{column: i + 1, kind: inlineText, text: text})
			}
			if h := newHeader(number, headings(&row), nil); h.known() > most {
				best, most = separator, h.known()
			}
		}
	}
	return best
}

func csvReader(r io.Reader, separator rune) *csv.Reader {
	c := csv.NewReader(r)
	c.Comma, c.FieldsPerRecord, c.ReuseRecord = separator, -1, true
	c.TrimLeadingSpace = separator != '\t' // which is a space itself
	return c
}

// csvRows counts the rows as Excel shows them.
type csvRows struct {
	s         *csvSource
	r         *csv.Reader
	row, line int // of the last row; the line is where it ends
}

// next returns the next row that is not empty, valid until the one after.
func (c *csvRows) next() (cells []string, number int, err error) {
	cells, err = c.r.Read()
	if err != nil {
		return nil, 0, err
	}
	start, _ := c.r.FieldPos(0)
	end, _ := c.r.FieldPos(len(cells) - 1)
	c.row += start - c.line // the reader passes over empty lines
	c.line = end + strings.Count(cells[len(cells)-1], "\n")
	return cells, c.row, nil
}

// each hands the rows to the table.
func (c *csvRows) each(t *table) error {
	for {
		cells, number, err := c.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		c.s.row = 0
		t.r.row, t.r.cells = number, t.r.cells[:0]
		for i, text := range cells {
			t.r.column = i + 1
			if len(text) > t.r.lim.CellBytes {
				return unreadable("The cell %s holds a text longer than the 32,767 characters that a cell can have. Shorten it and upload the file again.",
					cellName(i+1, number))
			}
			t.r.keep(cell{column: i + 1, kind: inlineText, text: text}, false)
		}
		if len(t.r.cells) == 0 {
			continue
		}
		if err := t.row(&sheetRow{number: number, cells: t.r.cells}); errors.Is(err, errEnough) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// csvFault says what is wrong with the text; a fault stays what it is.
func csvFault(err error, rows *csvRows) error {
	var (
		known  *fault.Error
		syntax *csv.ParseError
	)
	switch {
	case errors.As(err, &known):
		return err
	case errors.Is(err, encoding.ErrInvalidUTF8), errors.Is(err, unicode.ErrMissingBOM):
		return notUTF8(err)
	case errors.Is(err, errTooLong):
		return fault.Wrap(err, fault.FileUnreadable,
			"The row after row %d is longer than a list of users can need. Is a quotation mark missing there? Correct it and upload the file again.", rows.row)
	case errors.As(err, &syntax):
		return fault.Wrap(err, fault.FileUnreadable,
			"The row that begins in line %d of the file has a quotation mark too many, or one too few. Correct it, or save the list as an Excel Workbook (.xlsx).",
			syntax.StartLine)
	}
	return fault.Wrap(err, fault.FileUnreadable, "The file can't be read to its end. Save it again and upload that file.")
}
