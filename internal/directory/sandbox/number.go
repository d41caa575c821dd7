package sandbox

import (
	"fmt"

	"github.com/google/uuid"

	"techbiz/ent"
	"techbiz/internal/seal"
)

// stored is how a person's contact number is kept: sealed, and by what it is found
// in each slot. What is nil is stored as NULL.
type stored struct {
	sealed *string
	key    [seal.Slots]*string
}

// store seals a number for a person.
func store(k *seal.Keys, id uuid.UUID, number string) (stored, error) {
	sealed, err := k.Seal(number, id)
	if err != nil {
		return stored{}, fmt.Errorf("seal a contact number: %w", err)
	}
	x, err := k.Index(number)
	if err != nil {
		return stored{}, fmt.Errorf("index a contact number: %w", err)
	}
	s := stored{sealed: nonEmpty(sealed)}
	for slot := range x {
		s.key[slot] = nonEmpty(x[slot])
	}
	return s, nil
}

func nonEmpty(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// number opens a person's contact number, "" where there is none.
func number(k *seal.Keys, p *ent.SandboxPerson) (string, error) {
	n, err := k.Open(text(p.Number), p.ID)
	if err != nil {
		return "", fmt.Errorf("open the contact number of %s: %w", p.ID, err)
	}
	return n, nil
}
