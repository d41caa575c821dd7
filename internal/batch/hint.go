package batch

import (
	"slices"

	"techbiz/internal/fault"
	"techbiz/internal/invite"
)

// person is by what two rows may be one person although their addresses differ:
// folded names and organisation.
type person struct{ first, last, organisation string }

func (p person) known() bool { return p.first != "" && p.last != "" && p.organisation != "" }

// hintAll gives a hint to each row that has the name and organisation of an earlier
// one and an e-mail address one slip away from that, and takes it from those that
// have not, or not any more.
func hintAll(all []*entry, t *touched) {
	groups := make(map[person][]*entry, len(all))
	for _, e := range all {
		if !e.person.known() || t != nil && !t.people[e.person] {
			if t == nil {
				e.hint(nil)
			}
			continue
		}
		groups[e.person] = append(groups[e.person], e)
	}
	for _, group := range groups {
		hintGroup(group)
	}
}

// hintGroup compares rows of one name, in the order of the list. Two addresses one
// slip apart become equal when a letter is left out of one of them or of both, so
// each is found by its forms with a letter left out: the cost grows with the
// length of the addresses, and not with the square of the group.
func hintGroup(group []*entry) {
	if len(group) == 1 {
		group[0].hint(nil)
		return
	}
	shorter := make(map[string][]*entry, len(group)*20)
	for _, e := range group {
		email := e.keys[0]
		if email == "" {
			e.hint(nil)
			continue
		}
		var like *entry
		var form []byte
		for i := -1; i < len(email); i++ {
			form = append(form[:0], email...)
			if i >= 0 {
				form = append(form[:i], email[i+1:]...)
			}
			earlier := shorter[string(form)]
			for _, f := range earlier {
				if (like == nil || f.position < like.position) && invite.OneSlip(f.keys[0], email) {
					like = f
				}
			}
			if len(earlier) < alikeMost && !slices.Contains(earlier, e) {
				shorter[string(form)] = append(earlier, e)
			}
		}
		if like == nil {
			e.hint(nil)
			continue
		}
		e.hint(fault.Field("email", fault.DuplicateInFile,
			"%s has the same name and organisation, and almost the same email address. Check that this is another person.", like.name(e)))
	}
}

// alikeMost bounds how many rows are kept for one form: a list of made-up addresses
// has many that differ in one digit, and one earlier row is enough for a hint.
const alikeMost = 4

// hint sets or clears the hint that a row looks like an earlier one.
func (e *entry) hint(h *fault.Error) {
	if e.settled {
		return
	}
	old := slices.IndexFunc(e.hints, func(f *fault.Error) bool { return f.Code == fault.DuplicateInFile })
	switch {
	case old < 0 && h == nil, old >= 0 && h != nil && e.hints[old].Message == h.Message:
		return
	case h == nil:
		e.hints = slices.Delete(slices.Clone(e.hints), old, old+1)
	case old < 0:
		e.hints = append(slices.Clone(e.hints), h)
	default:
		e.hints = slices.Clone(e.hints)
		e.hints[old] = h
	}
	e.changed = true
}
