package workbook

import (
	"bytes"
	"strconv"
)

// cellKind is how a cell stores its value, the attribute t.
type cellKind uint8

const (
	number      cellKind = iota
	sharedText           // a number of the table of shared texts
	inlineText           // in the cell itself
	formulaText          // a formula's result
	boolean
	failure // such as #N/A
	date    // in ISO 8601
	unknownKind
)

// cell is one with a value. Column 1 is A.
type cell struct {
	column   int
	kind     cellKind
	text     string // as stored
	dated    bool   // a number that is shown as a date
	from1904 bool   // where that date counts from, in place of 1900
	from, to int    // while the row is read: where the text stands in the row's
}

func kindOf(t []byte) cellKind {
	switch string(t) {
	case "", "n":
		return number
	case "s":
		return sharedText
	case "inlineStr":
		return inlineText
	case "str":
		return formulaText
	case "b":
		return boolean
	case "e":
		return failure
	case "d":
		return date
	}
	return unknownKind
}

// cell reads the cell whose start tag was just read, and keeps it if it has a
// value and its column is wanted.
func (s *sheetReader) cell() error {
	if err := s.place(); err != nil {
		return err
	}
	c := cell{column: s.column, kind: kindOf(s.x.value("t")), from: len(s.text)}
	if c.kind == unknownKind {
		return malformed("the cell type %.20q", s.x.value("t"))
	}
	if c.kind == number {
		c.dated, c.from1904 = s.styles.of(s.x.value("s")), s.from1904
	}
	formula, err := s.value(c.kind)
	if err != nil {
		return err
	}
	if c.kind == sharedText {
		if c.text, err = s.sharedAt(s.text[c.from:]); err != nil {
			return err
		}
		s.text = s.text[:c.from]
	}
	c.to = len(s.text)
	s.keep(c, formula)
	return nil
}

// place sets the column from the cell's reference, or counts where it has none.
func (s *sheetReader) place() error {
	column := s.column + 1
	if ref := s.x.value("r"); ref != nil {
		c, row, ok := parseCellName(ref)
		if !ok || row != s.row || c < column {
			return malformed("the cell reference %.20q after column %d of row %d", ref, s.column, s.row)
		}
		column = c
	}
	if column > lastColumn {
		return malformed("a cell past the last column in row %d", s.row)
	}
	s.column = column
	return nil
}

// value appends what the cell holds to the row's text, and says whether a
// formula made it. Of an inline text and a value beside it, which some programs
// write, the text counts.
func (s *sheetReader) value(kind cellKind) (formula bool, err error) {
	from, hasPlain, hasRich := len(s.text), false, false
	for outer := s.x.depth() - 1; ; {
		tok, err := s.x.next()
		if err != nil {
			return formula, err
		}
		if tok == endTag && s.x.depth() == outer {
			return formula, nil
		}
		if tok != startTag {
			if tok == text && !blank(s.x.text) {
				return formula, malformed("a text outside of the value of %s", cellName(s.column, s.row))
			}
			continue
		}
		plain := string(s.x.name) == "v"
		rich := kind == inlineText && string(s.x.name) == "is"
		switch {
		case plain && hasPlain || rich && hasRich:
			return formula, malformed("two values in %s", cellName(s.column, s.row))
		case plain && !hasRich:
			s.text, err = s.x.content(s.text, from+s.lim.CellBytes)
			s.text = s.text[:from+len(decodeX(s.text[from:]))]
		case rich:
			s.text, err = richText(s.x, s.text[:from], s.lim.CellBytes)
		default:
			formula = formula || string(s.x.name) == "f"
			err = s.x.skip()
		}
		hasPlain, hasRich = hasPlain || plain, hasRich || rich
		if err != nil {
			return formula, err
		}
	}
}

// sharedAt returns the shared text of the number that a cell holds.
func (s *sheetReader) sharedAt(index []byte) (string, error) {
	index = bytes.TrimSpace(index)
	if len(index) == 0 {
		return "", nil
	}
	i, err := strconv.Atoi(string(index))
	if err == nil {
		if t, ok := s.shared.at(i); ok {
			return t, nil
		}
	}
	return "", malformed("%s names the shared text %.20q, which is not there", cellName(s.column, s.row), index)
}

// keep adds the cell to the row, or notes why it is left out.
func (s *sheetReader) keep(c cell, formula bool) {
	empty := c.from == c.to && c.text == ""
	switch {
	case c.column > s.lim.Columns:
		if !empty && s.wide == "" {
			s.wide = cellName(c.column, s.row)
		}
	case s.wanted != nil && !s.wanted[c.column]:
		s.ignored[c.column] = s.ignored[c.column] || !empty
	case empty:
		if formula && c.kind != formulaText && s.uncached == "" {
			s.uncached = cellName(c.column, s.row)
		}
	default:
		s.cells = append(s.cells, c)
		return
	}
	s.text = s.text[:c.from]
}

// parseCellName reads a reference such as "AB12".
func parseCellName(ref []byte) (column, row int, ok bool) {
	i := 0
	for ; i < len(ref) && i < 4; i++ {
		c := ref[i] | 0x20
		if c < 'a' || c > 'z' {
			break
		}
		column = column*26 + int(c-'a') + 1
	}
	digits := ref[i:]
	if i == 0 || len(digits) == 0 || len(digits) > 7 || digits[0] == '0' {
		return 0, 0, false
	}
	for _, d := range digits {
		if d < '0' || d > '9' {
			return 0, 0, false
		}
		row = row*10 + int(d-'0')
	}
	return column, row, column <= lastColumn && row <= lastRow
}

// cellName is the reference of a cell, such as "AB12".
func cellName(column, row int) string { return columnName(column) + strconv.Itoa(row) }

// columnName is a column's letters.
func columnName(column int) string {
	var b []byte
	for ; column > 0; column = (column - 1) / 26 {
		b = append([]byte{byte('A' + (column-1)%26)}, b...)
	}
	return string(b)
}
