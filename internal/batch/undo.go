package batch

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"techbiz/ent"
	entbatch "techbiz/ent/batch"
	"techbiz/ent/batchrow"
	"techbiz/ent/invitation"
	"techbiz/ent/schema"
	"techbiz/internal/access"
	"techbiz/internal/audit"
	"techbiz/internal/database"
	"techbiz/internal/fault"
	"techbiz/internal/invite"
)

// Undo ends every invitation of a batch that nobody has redeemed and that the actor
// reaches, keeps a receipt on the batch and returns what was ended. Within the recall
// window, where nothing has run, the rows go back on the list, and the list is a draft
// again unless earlier submissions of it have run. With dryRun it only counts. Codes:
// NOT_FOUND, NOT_CANCELLABLE, UNAUTHENTICATED, FORBIDDEN.
func (s *Service) Undo(ctx context.Context, id uuid.UUID, dryRun bool) (*ent.Batch, invite.Ended, error) {
	ctx, actor, err := access.Begin(ctx, access.UndoBatch)
	if err != nil {
		return nil, invite.Ended{}, err
	}
	var ended invite.Ended
	b, err := s.changeHeld(ctx, id, hold, func(ctx context.Context, tx *database.Tx, b *ent.Batch) (err error) {
		if dryRun {
			ended, err = s.Invite.Endable(ctx, tx, id)
			return err
		}
		ended, err = s.undo(ctx, tx, actor, b)
		return err
	})
	if err != nil || dryRun {
		return b, ended, err
	}
	if err := s.Invite.CompleteBatch(ctx, id); err != nil {
		return nil, invite.Ended{}, err
	}
	b, err = Load(ctx, s.DB.Client, id)
	return b, ended, err
}

func (s *Service) undo(ctx context.Context, tx *database.Tx, actor access.Actor, b *ent.Batch) (invite.Ended, error) {
	ended, err := s.Invite.EndBatch(ctx, tx, actor, b.ID)
	if err != nil {
		return invite.Ended{}, err
	}
	if ended.Count() == 0 {
		return invite.Ended{}, fault.New(fault.NotCancellable,
			"There is nothing to undo: no invitation of this list that you can end waits for somebody.")
	}
	u := b.Update().SetUndoneAt(tx.Now).SetUndoneBy(actor.OfficerID).SetUndone(ended.Count()).SetUndoLeftOut(ended.Left)
	if recallable(b, tx.Now) {
		if err := takeBack(ctx, tx, ended.Waiting); err != nil {
			return invite.Ended{}, err
		}
		u.ClearRecallUntil()
		other, err := tx.Invitation.Query().
			Where(invitation.BatchID(b.ID), invitation.ProvisioningNEQ(invitation.ProvisioningCancelled)).Exist(access.System(ctx))
		if err != nil {
			return invite.Ended{}, fmt.Errorf("look for earlier submissions: %w", err)
		}
		if !other && len(ended.Begun) == 0 {
			if err := s.draftAgain(ctx, tx, b, u); err != nil {
				return invite.Ended{}, err
			}
		}
	}
	if err := u.Exec(ctx); err != nil {
		return invite.Ended{}, fmt.Errorf("store receipt: %w", err)
	}
	left := 0
	for _, l := range ended.Left {
		left += l.Count
	}
	return ended, s.recordEach(ctx, tx, audit.ListUndone, b, audit.Detail{LeftOut: left}, ended.Inviters)
}

// recallable says whether the recall window of a batch is open.
func recallable(b *ent.Batch, now time.Time) bool {
	return b.RecallUntil != nil && b.RecallUntil.After(now)
}

// takeBack makes rows whose invitations were ended submittable again. Their ids
// are those of the ended invitations, so they get new ones, under which their
// numbers are sealed again. On a list of which other rows have run they are left
// out, as those are that came later.
func takeBack(ctx context.Context, tx *database.Tx, rows []uuid.UUID) error {
	for part := range slices.Chunk(rows, chunk) {
		all, err := tx.BatchRow.Query().Where(database.OneOfIDs(batchrow.FieldID, part)).
			Select(batchrow.FieldContactNumber).All(access.System(ctx))
		if err != nil {
			return fmt.Errorf("load rows to take back: %w", err)
		}
		if len(all) == 0 {
			continue
		}
		fresh := make([][]any, len(all))
		for n, r := range all {
			id := schema.NewID()
			number, err := invite.Rename(tx.Keys, r.ID, id, r.ContactNumber)
			if err != nil {
				return err
			}
			fresh[n] = []any{r.ID, id, valueOf(number)}
		}
		var args []any
		_, err = tx.Exec(ctx, `WITH fresh(old, id, number) AS (`+tx.Table(&args, []string{"uuid", "uuid", "text"}, fresh)+`)
			UPDATE batch_rows SET id = fresh.id, contact_number = fresh.number, submitted = false, left_out = true
			FROM fresh WHERE batch_rows.id = fresh.old`, args...)
		if err != nil {
			return fmt.Errorf("take rows back: %w", err)
		}
	}
	return nil
}

// draftAgain makes a list that was called back as a whole what it was before.
func (s *Service) draftAgain(ctx context.Context, tx *database.Tx, b *ent.Batch, u *ent.BatchUpdateOne) error {
	u.SetState(entbatch.StateDraft).ClearSubmittedAt().ClearResumedAt().SetExpiresAt(tx.Now.Add(s.DraftLife)).ClearWarnedAt()
	err := tx.BatchRow.Update().Where(batchrow.BatchID(b.ID)).SetLeftOut(false).Exec(access.System(ctx))
	if err != nil {
		return fmt.Errorf("make the list a draft again: %w", err)
	}
	return nil
}
