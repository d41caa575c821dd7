package workbook

import (
	"errors"
	"strconv"
	"strings"
)

// What Excel itself has at most.
const (
	lastRow    = 1_048_576
	lastColumn = 16_384
)

// sheetRow is one row of a sheet, valid until the next.
type sheetRow struct {
	number int
	hidden bool
	cells  []cell
}

// area is merged cells of one column: the first has the value of all.
type area struct{ column, first, last int }

// errEnough stops the reading of a sheet that has nothing more to give.
var errEnough = errors.New("enough of this sheet")

// sheetReader reads the cells of one sheet.
type sheetReader struct {
	x      *scanner
	shared *sharedStrings
	styles *styles
	lim    Limits

	from1904 bool // the workbook counts dates from 1904

	wanted   []bool // by column, counted from 1: it is kept; nil keeps all
	row      int    // the present row's number, or the last one's
	column   int    // the same of a cell
	ignored  []bool // by column: had a value and was not kept
	hidden   []bool // by column
	wide     string // the first cell with a value past the last column allowed
	uncached string // the first kept cell with a formula and no stored result
	merges   []area
	hasData  bool

	cells []cell // of the present row
	text  []byte // their texts that are not shared
}

func newSheetReader(x *scanner, shared *sharedStrings, lim Limits) *sheetReader {
	return &sheetReader{
		x: x, shared: shared, styles: &styles{}, lim: lim,
		ignored: make([]bool, lim.Columns+1),
		hidden:  make([]bool, lim.Columns+1),
	}
}

// read hands each row with cells to visit, and reads the part to its end, so that
// its syntax and check sum are known to be right; errEnough from visit stops it.
func (s *sheetReader) read(visit func(*sheetRow) error) error {
	if err := root(s.x, "worksheet"); err != nil {
		return err
	}
	for s.x.depth() > 0 {
		tok, err := s.x.next()
		if err != nil {
			return err
		}
		if tok != startTag {
			continue
		}
		switch string(s.x.name) {
		case "sheetData":
			if s.hasData {
				return malformed("a second <sheetData>")
			}
			s.hasData = true
			err = s.rows(visit)
		case "cols":
			err = s.children("col", s.columnStyle)
		case "mergeCells":
			err = s.children("mergeCell", s.merge)
		default:
			err = s.x.skip()
		}
		if errors.Is(err, errEnough) {
			return nil
		}
		if err != nil {
			return err
		}
	}
	_, err := s.x.next()
	return err
}

// children calls on for each start tag of that name below the present element,
// and passes the rest.
func (s *sheetReader) children(name string, on func() error) error {
	for outer := s.x.depth() - 1; s.x.depth() > outer; {
		tok, err := s.x.next()
		if err != nil {
			return err
		}
		switch {
		case tok == text && !blank(s.x.text):
			return malformed("a text where none belongs")
		case tok != startTag:
		case string(s.x.name) == name:
			if err := on(); err != nil {
				return err
			}
		default:
			if err := s.x.skip(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *sheetReader) rows(visit func(*sheetRow) error) error {
	return s.children("row", func() error {
		number := s.row + 1
		if r := s.x.value("r"); r != nil {
			n, err := strconv.Atoi(string(r))
			if err != nil || n <= s.row {
				return malformed("the row number %.20q after %d", r, s.row)
			}
			number = n
		}
		if number > lastRow {
			return malformed("the row number %d", number)
		}
		row := sheetRow{number: number, hidden: s.x.on("hidden")}
		s.row, s.column = number, 0
		s.cells, s.text = s.cells[:0], s.text[:0]
		if err := s.children("c", s.cell); err != nil {
			return err
		}
		if len(s.cells) == 0 {
			return nil
		}
		own := string(s.text) // one allocation for the whole row
		for i := range s.cells {
			if c := &s.cells[i]; c.kind != sharedText {
				c.text = own[c.from:c.to]
			}
		}
		row.cells = s.cells
		return visit(&row)
	})
}

// columnStyle notes which columns are hidden.
func (s *sheetReader) columnStyle() error {
	first, err1 := strconv.Atoi(string(s.x.value("min")))
	last, err2 := strconv.Atoi(string(s.x.value("max")))
	if err := errors.Join(err1, err2); err != nil || first < 1 || last < first {
		return malformed("the columns %.20q to %.20q", s.x.value("min"), s.x.value("max"))
	}
	for c := first; c <= min(last, s.lim.Columns) && s.x.on("hidden"); c++ {
		s.hidden[c] = true
	}
	return s.x.skip()
}

// merge keeps an area of merged cells that spans rows of a column. More of them
// than users are of no use.
func (s *sheetReader) merge() error {
	from, to, _ := strings.Cut(string(s.x.value("ref")), ":")
	column, first, ok := parseCellName([]byte(from))
	_, last, ok2 := parseCellName([]byte(to))
	if ok && ok2 && last > first && column <= s.lim.Columns && len(s.merges) < s.lim.Rows {
		s.merges = append(s.merges, area{column: column, first: first, last: last})
	}
	return s.x.skip()
}
