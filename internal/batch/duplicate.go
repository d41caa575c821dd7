package batch

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/google/uuid"

	"techbiz/ent/batchrow"
	"techbiz/internal/fault"
	"techbiz/internal/invite"
)

// identifying are the fields by which two rows are the same user, with the columns
// in which a row has it and the words of the fault.
var identifying = []struct {
	field   string
	columns []string
	name    string
}{
	{"email", []string{batchrow.FieldEmailKey}, "email address"},
	{"techPassUsername", []string{batchrow.FieldUsernameKey}, "username"},
	{"contactNumber", []string{batchrow.FieldNumberKey, batchrow.FieldNumberKey2}, "contact number"},
}

// byNumber is the place of the contact number among them.
const byNumber = 2

// keys are a row's values of the identifying fields, in their order; what is empty
// identifies nobody.
type keys [3]string

// entry is a row among the others of its list: what it is compared by, and what
// comes of that.
type entry struct {
	id               uuid.UUID
	position, number int
	sheet            string
	keys             keys
	person           person
	issues, hints    fault.List
	lookedUp         bool
	settled          bool // submitted: others are compared with it, it stays
	changed          bool
}

func entryOf(r *row) *entry {
	return &entry{
		id: r.id, position: r.position, number: r.number, sheet: r.sheet,
		keys: keysOf(r.Candidate), person: r.person, issues: r.Faults, hints: r.Hints, lookedUp: r.LookedUp,
	}
}

func keysOf(c *invite.Candidate) keys { return keys{c.EmailKey, c.UsernameKey, c.Number} }

// touched are the values whose rows are compared anew, after some rows were added,
// changed or removed.
type touched struct {
	keys   [3]map[string]bool
	people map[person]bool
}

func touch() *touched {
	t := &touched{people: map[person]bool{}}
	for i := range t.keys {
		t.keys[i] = map[string]bool{}
	}
	return t
}

func (t *touched) add(k keys, p person) {
	for i, key := range k {
		if key != "" {
			t.keys[i][key] = true
		}
	}
	if p.known() {
		t.people[p] = true
	}
}

func (t *touched) addRows(rows []*row) {
	for _, r := range rows {
		t.add(keysOf(r.Candidate), r.person)
	}
}

func (t *touched) size() int {
	n := len(t.people)
	for _, k := range t.keys {
		n += len(k)
	}
	return n
}

// compareAll compares rows in the order of the list: of those that are the same
// user the first is free and the others name it; of those that are probably the
// same person the later ones name an earlier one. Without touched all are compared,
// else only those that have one of its values, and all who have it must be there.
func compareAll(all []*entry, t *touched) {
	slices.SortStableFunc(all, func(a, b *entry) int { return cmp.Compare(a.position, b.position) })
	for i, by := range identifying {
		first := make(map[string]*entry, len(all))
		for _, e := range all {
			key := e.keys[i]
			if t != nil && !t.keys[i][key] || key == "" {
				if t == nil {
					e.settle(by.field, nil)
				}
				continue
			}
			f, ok := first[key]
			if !ok {
				first[key] = e
				e.settle(by.field, nil)
				continue
			}
			e.settle(by.field, fault.Field(by.field, fault.DuplicateInFile,
				"%s has this %s already. Change it, or remove one of the two.", f.name(e), by.name))
		}
	}
	hintAll(all, t)
}

// name is what another row calls this one.
func (e *entry) name(from *entry) string {
	if e.sheet != from.sheet && e.sheet != "" {
		return "Row " + strconv.Itoa(e.number) + " of " + e.sheet
	}
	return "Row " + strconv.Itoa(e.number)
}

// settle gives a row the fault that it is a duplicate, or takes it away. Another
// fault of the field stands before it.
func (e *entry) settle(field string, duplicate *fault.Error) {
	if e.settled {
		return
	}
	old := slices.IndexFunc(e.issues, func(f *fault.Error) bool { return f.Code == fault.DuplicateInFile && f.Field[0] == field })
	switch {
	case old < 0 && (duplicate == nil || hasField(e.issues, field)):
	case old < 0:
		e.issues = append(slices.Clone(e.issues), duplicate)
		invite.Sort(e.issues)
		e.changed = true
	case duplicate == nil:
		e.issues = slices.Delete(slices.Clone(e.issues), old, old+1)
		e.changed = true
	case e.issues[old].Message != duplicate.Message:
		e.issues = slices.Clone(e.issues)
		e.issues[old] = duplicate
		e.changed = true
	}
}

func hasField(l fault.List, field string) bool {
	return slices.ContainsFunc(l, func(f *fault.Error) bool { return len(f.Field) > 0 && f.Field[0] == field })
}
