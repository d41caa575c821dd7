package batch

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"techbiz/ent"
	entbatch "techbiz/ent/batch"
	"techbiz/ent/batchrow"
	"techbiz/internal/access"
	"techbiz/internal/audit"
	"techbiz/internal/database"
	"techbiz/internal/directory"
	"techbiz/internal/fault"
	"techbiz/internal/invite"
)

// Kind is a kind of issue; what is empty matches every one.
type Kind struct {
	Code  fault.Code
	Field string
}

func (k Kind) matches(f *fault.Error) bool {
	return (k.Code == "" || k.Code == f.Code) && (k.Field == "" || len(f.Field) > 0 && f.Field[0] == k.Field)
}

// ApplySuggestions puts what was probably meant in the place of what was typed,
// for the issues of one kind, in these rows or (nil) in all that were not
// submitted, and checks those rows again. A row that somebody changes at the same
// time stays as that one leaves it. It returns how many rows it changed. Codes:
// NOT_FOUND, BATCH_NOT_DRAFT, UNAUTHENTICATED, FORBIDDEN.
func (s *Service) ApplySuggestions(ctx context.Context, id uuid.UUID, ids []uuid.UUID, kind Kind) (*ent.Batch, int, error) {
	ctx, _, err := access.Begin(ctx, access.ApplySuggestions)
	if err != nil {
		return nil, 0, err
	}
	b, err := Load(ctx, s.DB.Client, id)
	if err != nil {
		return nil, 0, err
	}
	old, err := s.suggested(ctx, id, ids)
	if err != nil {
		return nil, 0, err
	}
	old, rows, err := s.apply(ctx, old, kind)
	if err != nil {
		return nil, 0, err
	}
	changed := 0
	b, err = s.changeHeld(ctx, b.ID, hold, func(ctx context.Context, tx *database.Tx, b *ent.Batch) error {
		if err := changeable(ctx, tx, b); err != nil {
			return err
		}
		oldNow, rowsNow, err := unchanged(ctx, tx, b, old, rows)
		if changed = len(rowsNow); err != nil || changed == 0 {
			return err
		}
		if err := s.replace(ctx, tx, b, oldNow, rowsNow); err != nil {
			return err
		}
		return s.record(ctx, tx, audit.Suggested, b, audit.Detail{Users: changed})
	})
	return b, changed, err
}

// changeable is no error while a list has rows that can be changed: it is a draft, or
// some were left out when it was submitted. Codes: BATCH_NOT_DRAFT.
func changeable(ctx context.Context, tx *database.Tx, b *ent.Batch) error {
	if b.State == entbatch.StateDraft {
		return nil
	}
	some, err := tx.BatchRow.Query().Where(batchrow.BatchID(b.ID), batchrow.Submitted(false)).Exist(access.System(ctx))
	if err != nil {
		return fmt.Errorf("look for rows: %w", err)
	}
	if !some {
		return notDraft()
	}
	return nil
}

// suggested are the rows of a list that have a suggestion. Codes: NOT_FOUND where
// one of the given rows is none of the list.
func (s *Service) suggested(ctx context.Context, id uuid.UUID, ids []uuid.UUID) ([]*ent.BatchRow, error) {
	if ids == nil {
		rows, err := s.DB.BatchRow.Query().Where(batchrow.BatchID(id), batchrow.Submitted(false), batchrow.Suggested(true)).
			Order(batchrow.ByPosition()).All(ctx)
		if err != nil {
			return nil, fmt.Errorf("load rows: %w", err)
		}
		return rows, nil
	}
	if len(ids) > s.Limits.Rows {
		return nil, fault.Field("rowIds", fault.TooManyRows, "Name at most %d users at once.", s.Limits.Rows)
	}
	ids = slices.Clone(ids)
	slices.SortFunc(ids, func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
	var all []*ent.BatchRow
	for part := range slices.Chunk(slices.Compact(ids), directory.MaxPeople) {
		rows, err := s.DB.BatchRow.Query().Where(batchrow.BatchID(id), batchrow.IDIn(part...)).All(ctx)
		if err != nil {
			return nil, fmt.Errorf("load rows: %w", err)
		}
		if len(rows) != len(part) {
			return nil, fault.Field("rowIds", fault.NotFound, "Some of these users are not in the list any more. Look at it again.")
		}
		all = append(all, rows...)
	}
	return slices.DeleteFunc(all, func(r *ent.BatchRow) bool { return r.Submitted || !r.Suggested }), nil
}

// apply makes the corrected rows of those for which there is something to apply,
// and checks them.
func (s *Service) apply(ctx context.Context, old []*ent.BatchRow, kind Kind) ([]*ent.BatchRow, []*row, error) {
	rules, err := s.Invite.Rules(ctx, s.DB.Client)
	if err != nil {
		return nil, nil, err
	}
	var from []*ent.BatchRow
	var rows []*row
	for _, r := range old {
		d, err := details(s.DB.Keys, r)
		if err != nil {
			return nil, nil, err
		}
		c := &invite.Candidate{}
		if c.Request, c.Faults = corrected(rules, d, kind); c.Request.Details != d {
			from, rows = append(from, r), append(rows, &row{id: r.ID, Candidate: c})
		}
	}
	comparison := s.Invite.Comparing(ctx, true)
	compare(comparison, rows, func(int) {})
	return from, rows, comparison.Wait()
}

// corrected applies one suggestion after the other, each field's once: a corrected
// address may make a username needless that was suggested before.
func corrected(rules invite.Rules, d invite.Details, kind Kind) (invite.Request, fault.List) {
	req, faults := rules.Account(d)
	for done := map[string]bool{}; ; {
		i := slices.IndexFunc(faults, func(f *fault.Error) bool {
			return f.Suggestion != nil && kind.matches(f) && !done[f.Field[0]]
		})
		if i < 0 {
			return req, faults
		}
		done[faults[i].Field[0]] = true
		*d.At(faults[i].Field[0]) = *faults[i].Suggestion
		req, faults = rules.Account(d)
	}
}

// unchanged keeps those rows that still stand as they were read.
func unchanged(ctx context.Context, tx *database.Tx, b *ent.Batch, old []*ent.BatchRow, rows []*row) ([]*ent.BatchRow, []*row, error) {
	now := make(map[uuid.UUID]*ent.BatchRow, len(old))
	for part := range slices.Chunk(old, directory.MaxPeople) {
		ids := make([]uuid.UUID, len(part))
		for i, r := range part {
			ids[i] = r.ID
		}
		found, err := tx.BatchRow.Query().Where(batchrow.BatchID(b.ID), batchrow.Submitted(false), batchrow.IDIn(ids...)).All(access.System(ctx))
		if err != nil {
			return nil, nil, fmt.Errorf("load rows: %w", err)
		}
		for _, r := range found {
			now[r.ID] = r
		}
	}
	var oldNow []*ent.BatchRow
	var rowsNow []*row
	for i, r := range old {
		n := now[r.ID]
		if n == nil {
			continue
		}
		before, err := details(tx.Keys, r)
		if err != nil {
			return nil, nil, err
		}
		after, err := details(tx.Keys, n)
		if err != nil {
			return nil, nil, err
		}
		if after == before {
			oldNow, rowsNow = append(oldNow, n), append(rowsNow, rows[i])
		}
	}
	return oldNow, rowsNow, nil
}
