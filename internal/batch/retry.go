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
)

// Retry tries failed rows of a batch again: those given, or all where rows is nil.
// Rows that have not failed, those that a corrected row has replaced, and those whose
// invitations the actor does not reach, are passed over. What somebody else holds by
// now stays failed and says so. Codes: NOT_FOUND, REQUIRED, TOO_MANY_ROWS, BATCH_EMPTY,
// ALREADY_INVITED, DOMAIN_NOT_ALLOWED, UNAUTHENTICATED, FORBIDDEN.
func (s *Service) Retry(ctx context.Context, id uuid.UUID, rows []uuid.UUID) (*ent.Batch, error) {
	ctx, actor, err := access.Begin(ctx, access.RetryBatchRows)
	if err != nil {
		return nil, err
	}
	if rows != nil && len(rows) == 0 {
		return nil, fault.Field("rowIds", fault.Required, "Choose at least one user to try again.")
	}
	if len(rows) > s.Limits.Rows {
		return nil, fault.Field("rowIds", fault.TooManyRows, "Try at most %d users again at once.", s.Limits.Rows)
	}
	// Why nothing could be tried is kept on the rows, and so is no error in there.
	var refused error
	b, err := s.changeHeld(ctx, id, hold, func(ctx context.Context, tx *database.Tx, b *ent.Batch) error {
		wanted, err := retriable(ctx, tx, id, rows)
		if err != nil {
			return err
		}
		again, why, err := s.Invite.Reopen(ctx, tx, actor, id, func(row uuid.UUID) bool { return wanted[row] })
		if err != nil {
			return err
		}
		refused = nil
		if len(again) == 0 {
			refused = noRetry(why)
			return nil
		}
		if err := s.recordEach(ctx, tx, audit.ListRetried, b, audit.Detail{}, again); err != nil {
			return err
		}
		if b.State == entbatch.StateStopped {
			return nil // they wait with the others
		}
		if err := b.Update().SetState(entbatch.StateSubmitted).ClearCompletedAt().SetResumedAt(tx.Now).Exec(ctx); err != nil {
			return fmt.Errorf("try rows again: %w", err)
		}
		return nil
	})
	if err == nil && refused != nil {
		return nil, refused
	}
	return b, err
}

func noRetry(why *fault.Error) error {
	if why != nil {
		return fault.New(why.Code, "%s Invite the person anew if it is still needed.", why.Message)
	}
	return fault.New(fault.BatchEmpty, "None of these users has failed, so there is nothing to try again.")
}

// retriable returns the submitted rows that no corrected one has replaced: those
// given, or all. Codes: NOT_FOUND for a row that is not on the list.
func retriable(ctx context.Context, tx *database.Tx, id uuid.UUID, rows []uuid.UUID) (map[uuid.UUID]bool, error) {
	found := map[uuid.UUID]bool{}
	add := func(q *ent.BatchRowQuery) error {
		ids, err := q.Where(batchrow.BatchID(id), batchrow.Submitted(true), batchrow.Replaced(false)).IDs(ctx)
		if err != nil {
			return fmt.Errorf("load rows: %w", err)
		}
		for _, row := range ids {
			found[row] = true
		}
		return nil
	}
	if rows == nil {
		return found, add(tx.BatchRow.Query())
	}
	rows = slices.Clone(rows)
	slices.SortFunc(rows, func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
	for part := range slices.Chunk(slices.Compact(rows), directory.MaxPeople) {
		n, err := tx.BatchRow.Query().Where(batchrow.BatchID(id), batchrow.IDIn(part...)).Count(ctx)
		if err != nil {
			return nil, fmt.Errorf("count rows: %w", err)
		}
		if n != len(part) {
			return nil, fault.Field("rowIds", fault.NotFound, "Some of these users are not on this list.")
		}
		if err := add(tx.BatchRow.Query().Where(batchrow.IDIn(part...))); err != nil {
			return nil, err
		}
	}
	return found, nil
}
