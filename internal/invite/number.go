package invite

import (
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"techbiz/ent"
	"techbiz/ent/invitation"
	"techbiz/internal/fault"
	"techbiz/internal/seal"
)

// Stored is how a row keeps a contact number: sealed, and by what it is looked for
// in each slot. What is nil is stored as NULL.
type Stored struct {
	Sealed *string
	Key    [seal.Slots]*string
}

// Store seals a number for the row with that id: in E.164, and for the row of a list
// as typed, too, which any text may be. An invitation has the id of the row it was
// made of, and so its number.
func Store(k *seal.Keys, row uuid.UUID, number, typed string) (Stored, error) {
	text := number
	if typed != "" {
		text = number + "\n" + typed
	}
	sealed, err := k.Seal(text, row)
	if err != nil {
		return Stored{}, fmt.Errorf("seal a contact number: %w", err)
	}
	x, err := k.Index(number)
	if err != nil {
		return Stored{}, fmt.Errorf("index a contact number: %w", err)
	}
	s := Stored{Sealed: nonEmpty(sealed)}
	for slot := range x {
		s.Key[slot] = nonEmpty(x[slot])
	}
	return s, nil
}

// Number opens what [Store] sealed for the row.
func Number(k *seal.Keys, row uuid.UUID, sealed *string) (number, typed string, err error) {
	if sealed == nil {
		return "", "", nil
	}
	text, err := k.Open(*sealed, row)
	if err != nil {
		return "", "", fmt.Errorf("open the contact number of %s: %w", row, err)
	}
	number, typed, found := strings.Cut(text, "\n")
	if !found {
		typed = number
	}
	return number, typed, nil
}

// Rename seals what [Store] sealed for one row for another one, which takes its
// place. What the number is found by stays.
func Rename(k *seal.Keys, from, to uuid.UUID, sealed *string) (*string, error) {
	if sealed == nil {
		return nil, nil
	}
	text, err := k.Open(*sealed, from)
	if err != nil {
		return nil, fmt.Errorf("open the contact number of %s: %w", from, err)
	}
	again, err := k.Seal(text, to)
	if err != nil {
		return nil, fmt.Errorf("seal the contact number of %s: %w", to, err)
	}
	return &again, nil
}

// Wanted are numbers that are looked for, by the index that they may be stored with
// in each slot.
type Wanted [seal.Slots]map[string]string

// Want returns what the numbers are found by.
func Want(k *seal.Keys, numbers []string) (Wanted, error) {
	var w Wanted
	for _, n := range numbers {
		x, err := k.Find(n)
		if err != nil {
			return w, fmt.Errorf("index a contact number: %w", err)
		}
		for slot, key := range x {
			if key == "" {
				continue
			}
			if w[slot] == nil {
				w[slot] = make(map[string]string, len(numbers))
			}
			w[slot][key] = n
		}
	}
	return w, nil
}

// keys are what stands in a slot, in order, so that the statement is the same one.
func (w Wanted) keys(slot int) []string {
	keys := make([]string, 0, len(w[slot]))
	for key := range w[slot] {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// numberColumns are the columns of the slots.
var numberColumns = [seal.Slots]string{invitation.FieldNumberKey, invitation.FieldNumberKey2}

// of is the wanted number that an invitation has.
func (w Wanted) of(i *ent.Invitation) string {
	if n := w[0][text(i.NumberKey)]; n != "" {
		return n
	}
	return w[1][text(i.NumberKey2)]
}

// WithoutNumber is a list of faults as it is stored: a suggested number is left
// out, for it is a number too. [WithNumber] puts it back.
func WithoutNumber(l fault.List) fault.List {
	return suggesting(l, "")
}

// WithNumber puts the suggestion back into stored faults of what was typed.
func WithNumber(l fault.List, typed string) fault.List {
	return suggesting(l, meantNumber(typed))
}

func suggesting(l fault.List, number string) fault.List {
	for i, f := range l {
		if f.Suggestion == nil || len(f.Field) == 0 || f.Field[0] != "contactNumber" || *f.Suggestion == number {
			continue
		}
		changed := *f
		changed.Suggestion = &number
		l = slices.Clone(l)
		l[i] = &changed
	}
	return l
}
