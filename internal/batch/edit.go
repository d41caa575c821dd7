package batch

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"techbiz/ent"
	"techbiz/ent/batchrow"
	"techbiz/internal/access"
	"techbiz/internal/audit"
	"techbiz/internal/database"
	"techbiz/internal/directory"
	"techbiz/internal/fault"
	"techbiz/internal/invite"
	"techbiz/internal/seal"
)

// AddRow adds a user to a draft; its issues stand on the row. Codes: NOT_FOUND,
// BATCH_NOT_DRAFT, TOO_MANY_ROWS, UNAUTHENTICATED, FORBIDDEN.
func (s *Service) AddRow(ctx context.Context, id uuid.UUID, d invite.Details) (*ent.BatchRow, *ent.Batch, error) {
	ctx, _, err := access.Begin(ctx, access.AddBatchRow)
	if err != nil {
		return nil, nil, err
	}
	if _, err := Load(ctx, s.DB.Client, id); err != nil {
		return nil, nil, err
	}
	rows := []*row{{}}
	if err := s.check(ctx, rows, func(int) invite.Details { return d }); err != nil {
		return nil, nil, err
	}
	b, err := s.changeHeld(ctx, id, holdDraft, func(ctx context.Context, tx *database.Tx, b *ent.Batch) error {
		rows[0].position, rows[0].number = 0, 0
		if err := s.add(ctx, tx, b, rows); err != nil {
			return err
		}
		return s.recordRow(ctx, tx, audit.RowAdded, b, rows[0].Email)
	})
	if err != nil {
		return nil, nil, err
	}
	r, err := s.DB.BatchRow.Get(ctx, rows[0].id)
	if err != nil {
		return nil, nil, fmt.Errorf("load row: %w", err)
	}
	return r, b, nil
}

// UpdateRow changes a user that has not been submitted, and checks it and those
// it was or becomes a duplicate of again. Codes: NOT_FOUND, BATCH_NOT_DRAFT,
// UNAUTHENTICATED, FORBIDDEN.
func (s *Service) UpdateRow(ctx context.Context, id uuid.UUID, d invite.Details) (*ent.BatchRow, *ent.Batch, error) {
	ctx, _, err := access.Begin(ctx, access.UpdateBatchRow)
	if err != nil {
		return nil, nil, err
	}
	before, err := loadRow(ctx, s.DB.Client, id)
	if err != nil {
		return nil, nil, err
	}
	rows := []*row{{id: id}}
	if err := s.check(ctx, rows, func(int) invite.Details { return d }); err != nil {
		return nil, nil, err
	}
	var after *ent.BatchRow
	b, err := s.changeHeld(ctx, before.BatchID, hold, func(ctx context.Context, tx *database.Tx, b *ent.Batch) error {
		old, err := loadRow(ctx, tx.Client, id)
		if err != nil {
			return err
		}
		if old.Submitted {
			return notDraft()
		}
		if err := s.replace(ctx, tx, b, []*ent.BatchRow{old}, rows); err != nil {
			return err
		}
		if after, err = loadRow(ctx, tx.Client, id); err != nil {
			return err
		}
		return s.recordRow(ctx, tx, audit.RowChanged, b, after.Email)
	})
	if err != nil {
		return nil, nil, err
	}
	return after, b, nil
}

// replace puts rows in the place of those that stand, which have the same ids, and
// compares them and those they were duplicates of again.
func (s *Service) replace(ctx context.Context, tx *database.Tx, b *ent.Batch, old []*ent.BatchRow, rows []*row) error {
	t := touch()
	for _, o := range old {
		if err := t.addStored(tx.Keys, o); err != nil {
			return err
		}
	}
	t.addRows(rows)
	if err := overwrite(ctx, tx, rows); err != nil {
		return err
	}
	if err := regroup(ctx, tx, b.ID, t); err != nil {
		return err
	}
	return s.changed(ctx, tx, b)
}

func (t *touched) addStored(k *seal.Keys, r *ent.BatchRow) error {
	number, _, err := invite.Number(k, r.ID, r.ContactNumber)
	if err != nil {
		return err
	}
	t.add(keys{text(r.EmailKey), text(r.UsernameKey), number}, person{r.FirstNameKey, r.LastNameKey, r.OrganisationKey})
	return nil
}

func loadRow(ctx context.Context, client *ent.Client, id uuid.UUID) (*ent.BatchRow, error) {
	r, err := client.BatchRow.Get(ctx, id)
	if ent.IsNotFound(err) {
		return nil, fault.New(fault.NotFound, "There is no such user in your lists.")
	}
	if err != nil {
		return nil, fmt.Errorf("load row: %w", err)
	}
	return r, nil
}

// RemoveRows removes users of one draft. Codes: NOT_FOUND, BATCH_NOT_DRAFT,
// UNAUTHENTICATED, FORBIDDEN.
func (s *Service) RemoveRows(ctx context.Context, ids []uuid.UUID) (*ent.Batch, error) {
	ctx, _, err := access.Begin(ctx, access.RemoveBatchRows)
	if err != nil {
		return nil, err
	}
	if len(ids) == 0 {
		return nil, fault.Field("ids", fault.Required, "Choose at least one user to remove.")
	}
	if len(ids) > s.Limits.Rows {
		return nil, fault.Field("ids", fault.TooManyRows, "Remove at most %d users at once.", s.Limits.Rows)
	}
	slices.SortFunc(ids, func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
	ids = slices.Compact(ids)
	return s.change(ctx, func(ctx context.Context, tx *database.Tx) (uuid.UUID, error) {
		first, err := loadRow(ctx, tx.Client, ids[0])
		if err != nil {
			return uuid.Nil, err
		}
		b, err := holdDraft(ctx, tx, first.BatchID)
		if err != nil {
			return uuid.Nil, err
		}
		t := touch()
		for part := range slices.Chunk(ids, directory.MaxPeople) {
			rows, err := tx.BatchRow.Query().Where(batchrow.BatchID(b.ID), batchrow.IDIn(part...)).All(ctx)
			if err != nil {
				return uuid.Nil, fmt.Errorf("load rows: %w", err)
			}
			if len(rows) != len(part) {
				return uuid.Nil, fault.New(fault.NotFound, "Some of these users are not in the list any more. Look at it again.")
			}
			for _, r := range rows {
				if err := t.addStored(tx.Keys, r); err != nil {
					return uuid.Nil, err
				}
			}
			if _, err := tx.BatchRow.Delete().Where(batchrow.IDIn(part...)).Exec(access.System(ctx)); err != nil {
				return uuid.Nil, fmt.Errorf("remove rows: %w", err)
			}
		}
		if err := regroup(ctx, tx, b.ID, t); err != nil {
			return uuid.Nil, err
		}
		if err := s.changed(ctx, tx, b); err != nil {
			return uuid.Nil, err
		}
		return b.ID, s.record(ctx, tx, audit.RowsRemoved, b, audit.Detail{Users: len(ids)})
	})
}

// Reset deletes every user of a draft. Codes: NOT_FOUND, BATCH_NOT_DRAFT,
// UNAUTHENTICATED, FORBIDDEN.
func (s *Service) Reset(ctx context.Context, id uuid.UUID) (*ent.Batch, error) {
	ctx, _, err := access.Begin(ctx, access.ResetBatch)
	if err != nil {
		return nil, err
	}
	return s.changeHeld(ctx, id, holdDraft, func(ctx context.Context, tx *database.Tx, b *ent.Batch) error {
		n, err := tx.BatchRow.Delete().Where(batchrow.BatchID(id)).Exec(access.System(ctx))
		if err != nil {
			return fmt.Errorf("remove rows: %w", err)
		}
		if err := b.Update().SetNotices([]string{}).Exec(ctx); err != nil {
			return fmt.Errorf("reset batch: %w", err)
		}
		if err := s.changed(ctx, tx, b); err != nil {
			return err
		}
		return s.record(ctx, tx, audit.ListReset, b, audit.Detail{Users: n})
	})
}
