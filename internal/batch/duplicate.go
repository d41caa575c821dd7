package batch

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"techbiz/ent"
	"techbiz/ent/batchrow"
	"techbiz/internal/access"
	"techbiz/internal/database"
	"techbiz/internal/directory"
	"techbiz/internal/fault"
	"techbiz/internal/invite"
)

// identifying are the fields by which two rows are the same user, with the words
// of the fault.
var identifying = []struct {
	field, column, name string
	stored              func(*ent.BatchRow) *string
	checked             func(*invite.Candidate) string
}{
	{"email", batchrow.FieldEmailKey, "email address",
		func(r *ent.BatchRow) *string { return r.EmailKey }, func(c *invite.Candidate) string { return c.EmailKey }},
	{"techPassUsername", batchrow.FieldUsernameKey, "username",
		func(r *ent.BatchRow) *string { return r.UsernameKey }, func(c *invite.Candidate) string { return c.UsernameKey }},
	{"contactNumber", batchrow.FieldNumberKey, "contact number",
		func(r *ent.BatchRow) *string { return r.NumberKey }, func(c *invite.Candidate) string { return c.Number }},
}

func duplicate(field, name string, number int) *fault.Error {
	return fault.Field(field, fault.DuplicateInFile, "Row %d has this %s already. Change it, or remove one of the two.", number, name)
}

func hasField(l fault.List, field string) bool {
	return slices.ContainsFunc(l, func(f *fault.Error) bool { return len(f.Field) > 0 && f.Field[0] == field })
}

// markDuplicates flags every row but the first of those that are the same user.
func markDuplicates(rows []*row) {
	for _, by := range identifying {
		first := make(map[string]*row, len(rows))
		for _, r := range rows {
			key := by.checked(r.Candidate)
			if key == "" {
				continue
			}
			if f, ok := first[key]; !ok {
				first[key] = r
			} else if !hasField(r.Faults, by.field) {
				r.Faults = append(r.Faults, duplicate(by.field, by.name, f.number))
			}
		}
	}
	for _, r := range rows {
		invite.Sort(r.Faults)
	}
}

// keys are values of the identifying fields, in their order.
type keys [3][]string

func (k *keys) add(i int, key string) {
	if key != "" {
		k[i] = append(k[i], key)
	}
}

func keysOf(rows []*row) (k keys) {
	for _, r := range rows {
		for i, by := range identifying {
			k.add(i, by.checked(r.Candidate))
		}
	}
	return k
}

func keysOfStored(rows []*ent.BatchRow) (k keys) {
	for _, r := range rows {
		for i, by := range identifying {
			if key := by.stored(r); key != nil {
				k.add(i, *key)
			}
		}
	}
	return k
}

// regroup compares the stored rows that share one of these keys again, after some
// of them were added, changed or removed: the first of each group is free, the
// others name it.
func regroup(ctx context.Context, tx *database.Tx, batch uuid.UUID, k keys) error {
	ctx = access.System(ctx)
	for i, by := range identifying {
		slices.Sort(k[i])
		for part := range slices.Chunk(slices.Compact(k[i]), directory.MaxPeople) {
			in := make([]any, len(part))
			for n, key := range part {
				in[n] = key
			}
			rows, err := tx.BatchRow.Query().
				Where(batchrow.BatchID(batch), predicateIn(by.column, in)).
				Order(batchrow.ByPosition()).All(ctx)
			if err != nil {
				return fmt.Errorf("load rows: %w", err)
			}
			first := make(map[string]*ent.BatchRow, len(rows))
			for _, r := range rows {
				f, ok := first[*by.stored(r)]
				if !ok {
					first[*by.stored(r)], f = r, nil
				}
				if err := settle(ctx, tx, r, f, by.field, by.name); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// settle gives a row the fault that it is a duplicate of the first, or takes it
// away where it is the first itself. It writes only what changes.
func settle(ctx context.Context, tx *database.Tx, r, first *ent.BatchRow, field, name string) error {
	if r.Submitted {
		return nil
	}
	isOld := func(f *fault.Error) bool { return f.Code == fault.DuplicateInFile && f.Field[0] == field }
	issues := slices.DeleteFunc(slices.Clone(r.Issues), isOld)
	if first != nil && !hasField(issues, field) {
		issues = append(issues, duplicate(field, name, first.Number))
		invite.Sort(issues)
	}
	if slices.EqualFunc(issues, r.Issues, func(a, b *fault.Error) bool {
		return a.Code == b.Code && a.Message == b.Message && cmp.Compare(a.Field[0], b.Field[0]) == 0
	}) {
		return nil
	}
	r.Issues = issues // the same row may stand in the group of another field
	if err := tx.BatchRow.UpdateOneID(r.ID).SetIssues(issues).SetFlagged(len(issues) > 0).Exec(ctx); err != nil {
		return fmt.Errorf("store issues: %w", err)
	}
	return nil
}
