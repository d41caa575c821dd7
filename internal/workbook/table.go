package workbook

import (
	"slices"
	"strconv"

	"techbiz/internal/fault"
)

// headerRows is how far down a header is looked for.
const headerRows = 20

// table finds the header of one sheet, and adds the users below it.
type table struct {
	c      *collector
	sheet  string
	r      *sheetReader
	first  int // of the list's rows: this sheet's
	filled bool

	header  *header
	fields  []field // by column
	closest header  // to a header, while none is found
	above   []heading
	aboveAt int
	example bool
	guide   bool

	hiddenRows []int
	copies     []string // rows that repeat the id of another
}

// row takes the sheet's next row.
func (t *table) row(r *sheetRow) error {
	t.filled = true
	if t.header == nil {
		return t.seek(r)
	}
	if t.r.wide != "" {
		return t.tooWide()
	}
	return t.user(r)
}

// seek looks whether the row is the header.
func (t *table) seek(r *sheetRow) error {
	if r.number > headerRows {
		return errEnough
	}
	if r.number == 1 && r.cells[0].column == 1 {
		switch clean(r.cells[0].text) {
		case guideTitle:
			t.guide = true
			return errEnough
		case exampleTitle:
			t.example = true
		}
	}
	texts := headings(r)
	if t.aboveAt != r.number-1 {
		t.above = nil
	}
	h := newHeader(r.number, texts, t.above)
	t.above, t.aboveAt = texts, r.number
	if h.missing() != nil {
		if h.known() > t.closest.known() {
			t.closest = h
		}
		return nil
	}
	t.header = &h
	t.fields = h.fields(t.c.lim.Columns)
	t.r.wanted = make([]bool, len(t.fields))
	for column, f := range t.fields {
		t.r.wanted[column] = f != fieldCount && f != fieldIssues
	}
	t.r.uncached = "" // above the list, it does not matter
	return nil
}

// user adds the row's user. A row with nothing but an S/N is none.
func (t *table) user(r *sheetRow) error {
	u := Row{Number: r.number, Sheet: t.sheet}
	some := false
	for _, c := range r.cells {
		to := u.at(t.fields[c.column])
		if to == nil {
			continue
		}
		// Counted first: to repeat a long shared text costs a file nothing.
		if err := t.c.count(len(c.text)); err != nil {
			return err
		}
		f := t.fields[c.column]
		*to = shown(f, c)
		some = some || *to != "" && f != fieldID
	}
	switch {
	case !some:
		return nil
	case t.example:
		if !slices.ContainsFunc(exampleUsers, func(e Row) bool { return e.Email == u.Email }) {
			t.c.misplaced++
		}
		return nil
	case len(t.c.list.Rows) == t.c.lim.Rows:
		return fault.New(fault.TooManyRows,
			"The file holds more than %s users. Split it into files of at most that many.", countText(t.c.lim.Rows))
	}
	t.identify(&u)
	if r.hidden {
		t.hiddenRows = append(t.hiddenRows, r.number)
	}
	t.c.add(u)
	return nil
}

// shown is what a cell says in that column.
func shown(f field, c cell) string {
	switch f {
	case fieldReason:
		return display(c)
	case fieldStartOn:
		return startOn(c)
	default:
		return oneLine(display(c))
	}
}

// identify takes the row's id from a user that repeats another's: whoever copies
// a row of a correction workbook makes a new user with it.
func (t *table) identify(u *Row) {
	switch {
	case u.ID == "":
	case t.c.ids[u.ID]:
		u.ID = ""
		t.copies = append(t.copies, strconv.Itoa(u.Number))
	default:
		if t.c.ids == nil {
			t.c.ids = map[string]bool{}
		}
		t.c.ids[u.ID] = true
	}
}

func (t *table) tooWide() error {
	return unreadable("The cell %s of the sheet %s is filled: nothing may stand to the right of column %s. Clear it, or copy the users into the template.",
		t.r.wide, quoted(t.sheet), columnName(t.c.lim.Columns))
}

// finish looks at the sheet as a whole, after its last row.
func (t *table) finish() error {
	switch {
	case t.header != nil && t.r.wide != "":
		return t.tooWide()
	case t.header != nil && t.example:
		t.c.example = true
	case t.header != nil:
		t.c.found = true
		t.c.list.Correction = t.c.list.Correction || t.header.column[fieldID] != 0
		if err := t.fillMerged(); err != nil {
			return err
		}
		t.report()
	case t.guide || !t.filled && t.r.wide == "":
	default:
		t.skipped()
	}
	return nil
}

// skipped notes a sheet without a header.
func (t *table) skipped() {
	if t.r.wide != "" && t.c.wide == nil {
		t.c.wide = t.tooWide()
	}
	if t.closest.known() > t.c.nearest.known() {
		t.c.nearest, t.c.nearestSheet = t.closest, t.sheet
	}
	if t.closest.known() > 2 {
		t.c.notice("The sheet %s was not read: its header lacks %s.", quoted(t.sheet), listText(t.closest.missing()))
		return
	}
	t.c.notice("The sheet %s was not read: it has no header.", quoted(t.sheet))
}

// fillMerged gives every user of a merged cell its value, in the columns where
// several users may share one.
func (t *table) fillMerged() error {
	var from []string
	rows := t.c.list.Rows[t.first:]
	for _, a := range t.r.merges {
		f := t.fields[a.column]
		at, ok := slices.BinarySearchFunc(rows, a.first, func(r *Row, n int) int { return r.Number - n })
		if !ok || !shareable(f) || *rows[at].at(f) == "" {
			continue
		}
		value, used := *rows[at].at(f), false
		for i := at + 1; i < len(rows) && rows[i].Number <= a.last; i++ {
			to := rows[i].at(f)
			if *to != "" {
				continue
			}
			if err := t.c.count(len(value)); err != nil {
				return err
			}
			*to, used = value, true
		}
		if used {
			from = append(from, cellName(a.column, a.first))
		}
	}
	if len(from) > 0 {
		t.c.notice("On the sheet %s the value of a merged cell counts for each of its rows: %s.", quoted(t.sheet), listText(from))
	}
	return nil
}

// shareable says whether several users may have the same value of a field.
func shareable(f field) bool {
	switch f {
	case fieldCountryCode, fieldOrganisation, fieldDepartment, fieldSeed, fieldReason:
		return true
	}
	return false
}

// report says what a person may not expect about a sheet that was read.
func (t *table) report() {
	rows := make([]string, len(t.hiddenRows))
	for i, r := range t.hiddenRows {
		rows[i] = strconv.Itoa(r)
	}
	t.say(rows, "Row %s of the sheet %s is hidden; it was read.", "Rows %s of the sheet %s are hidden; they were read.")
	t.say(t.copies, "Row %s of the sheet %s is a copy of a row above it; it counts as a new user.",
		"Rows %s of the sheet %s are copies of rows above them; they count as new users.")
	var hidden, extra, untitled, twice []string
	for column, f := range t.fields {
		if t.r.hidden[column] && f != fieldSN && f < templateFields {
			hidden = append(hidden, quoted(columns[f].title))
		}
		if t.r.ignored[column] && !slices.ContainsFunc(t.header.texts, func(h heading) bool { return h.column == column }) {
			untitled = append(untitled, columnName(column))
		}
	}
	for _, h := range t.header.texts {
		switch {
		case h.field == fieldCount, h.field == fieldIssues && t.header.column[fieldID] == 0:
			extra = append(extra, quoted(h.text))
		case t.header.column[h.field] != h.column:
			twice = append(twice, quoted(h.text)+" ("+columnName(h.column)+")")
		}
	}
	t.say(hidden, "The column %s of the sheet %s is hidden; it was read.", "The columns %s of the sheet %s are hidden; they were read.")
	t.say(extra, "The column %s of the sheet %s is not part of the template; it was ignored.",
		"The columns %s of the sheet %s are not part of the template; they were ignored.")
	t.say(untitled, "Column %s of the sheet %s has no header; it was ignored.", "Columns %s of the sheet %s have no header; they were ignored.")
	t.say(twice, "The column %s of the sheet %s repeats another; it was ignored.",
		"The columns %s of the sheet %s repeat others; they were ignored.")
	if t.r.uncached != "" {
		t.c.notice("Formulas without a stored result were read as empty, the first in %s of the sheet %s. Open the file in Excel, save it and upload it again.",
			t.r.uncached, quoted(t.sheet))
	}
}

// say notices what is true of one or several rows or columns of this sheet.
func (t *table) say(names []string, one, many string) {
	switch len(names) {
	case 0:
	case 1:
		t.c.notice(one, names[0], quoted(t.sheet))
	default:
		t.c.notice(many, listText(names), quoted(t.sheet))
	}
}
