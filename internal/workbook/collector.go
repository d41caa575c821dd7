package workbook

import (
	"errors"
	"fmt"

	"techbiz/internal/fault"
)

// collector gathers the users of several sheets.
type collector struct {
	lim          Limits
	list         List
	block        []Row        // of the list's rows: a long list is not copied while it grows
	early        func([]*Row) // nil: nobody looks
	shown        int          // rows
	text         int64        // bytes of the users' texts so far
	found        bool         // a complete header
	nearest      header
	nearestSheet string
	wide         error // of a sheet without a header
	example      bool  // the example sheet was there
	misplaced    int   // users typed into the example sheet
	hiddenSheets []string
	ids          map[string]bool // of rows of a correction workbook
}

// read adds one sheet's users.
func (c *collector) read(sheet string, r *sheetReader) error {
	t := &table{c: c, sheet: sheet, r: r, first: len(c.list.Rows)}
	if err := r.read(t.row); errors.Is(err, errTooLong) && r.column > 0 {
		return damaged(err, "the cell "+cellName(r.column, r.row)+" of the sheet "+quoted(sheet))
	} else if err != nil {
		return damaged(err, fmt.Sprintf("the sheet %s (near row %d)", quoted(sheet), r.row))
	}
	return t.finish()
}

// blockRows is how many rows take their memory at once.
const blockRows = 64

// add adds a user.
func (c *collector) add(u Row) {
	if len(c.block) == cap(c.block) {
		c.block = make([]Row, 0, blockRows)
	}
	c.block = append(c.block, u)
	c.list.Rows = append(c.list.Rows, &c.block[len(c.block)-1])
	if n := len(c.list.Rows); c.early != nil && n-c.shown == EarlyRows {
		c.early(c.list.Rows[c.shown:n:n])
		c.shown = n
	}
}

// count adds to the bytes of the users' texts, which have their limit.
func (c *collector) count(n int) error {
	if c.text += int64(n); c.text > c.lim.UnzippedBytes/4 {
		return tooMuchText(c.lim)
	}
	return nil
}

// result is the list, or the fault that there is none.
func (c *collector) result() (*List, error) {
	switch {
	case len(c.list.Rows) > 0:
	case !c.found && c.wide != nil:
		return nil, c.wide
	case !c.found && (c.nearest.known() > 0 || !c.example):
		return nil, c.mismatch()
	case c.misplaced > 0:
		return nil, fault.New(fault.BatchEmpty,
			"The file holds no users on a sheet that is read: those on the sheet Example are not. Move them to the sheet Users and upload the file again.")
	default:
		return nil, fault.New(fault.BatchEmpty,
			"The file holds no users. Fill in a row for each user below the header, save the file and upload it again.")
	}
	if c.misplaced > 0 {
		rows, them := countText(c.misplaced)+" rows", "them to the sheet Users if they are"
		if c.misplaced == 1 {
			rows, them = "1 row", "it to the sheet Users if it is"
		}
		c.notice("The sheet Example is not read; it has %s more than the template's. Move %s meant.", rows, them)
	}
	if len(c.hiddenSheets) > 0 {
		c.notice("Hidden sheets are not read: %s.", listText(c.hiddenSheets))
	}
	return &c.list, nil
}

// mismatch says what the nearest thing to a header lacks.
func (c *collector) mismatch() error {
	missing := c.nearest.missing()
	if c.nearest.known() < 2 {
		return fault.New(fault.TemplateMismatch,
			"No header was found in the first %d rows of any visible sheet. Copy the users into the template, or add the columns %s.",
			headerRows, listText(missing))
	}
	return fault.New(fault.TemplateMismatch,
		"The header in row %d of the sheet %s lacks %s. Add what is missing, or copy the users into the template.",
		c.nearest.row, quoted(c.nearestSheet), listText(missing))
}

func (c *collector) notice(format string, args ...any) {
	c.list.Notices = append(c.list.Notices, fmt.Sprintf(format, args...))
}
