package invite

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/google/uuid"

	"techbiz/ent/invitation"
	"techbiz/internal/access"
	"techbiz/internal/database"
	"techbiz/internal/jobs"
)

// finish looks once more at the rows that a job had in hand: what ended meanwhile is
// withdrawn, and batches that have nothing left to do are completed.
func (s *Service) finish(ctx context.Context, ids []uuid.UUID) error {
	var all []struct {
		BatchID      *uuid.UUID `json:"batch_id"`
		Provisioning invitation.Provisioning
		Status       invitation.TechpassStatus `json:"techpass_status"`
	}
	err := s.DB.Invitation.Query().Where(among(ids)).
		GroupBy(invitation.FieldBatchID, invitation.FieldProvisioning, invitation.FieldTechpassStatus).Scan(ctx, &all)
	if err != nil {
		return fmt.Errorf("look at what was done: %w", err)
	}
	batches, cancelled := map[uuid.UUID]bool{}, false
	for _, i := range all {
		if i.BatchID != nil {
			batches[*i.BatchID] = true
		}
		cancelled = cancelled || i.Status != invitation.TechpassStatusOnboarded &&
			(i.Provisioning == invitation.ProvisioningCancelled || i.Provisioning == invitation.ProvisioningFailed)
	}
	if cancelled {
		if err := s.withdrawCancelled(ctx, ids); err != nil {
			return err
		}
	}
	for id := range batches {
		if err := s.CompleteBatch(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// withdrawCancelled sees to rows that ended while this job had them in hand: what
// it made in the directory after their own withdrawal ran must go as well.
func (s *Service) withdrawCancelled(ctx context.Context, ids []uuid.UUID) error {
	return s.DB.WithTx(ctx, func(ctx context.Context, tx *database.Tx) error {
		ended, err := tx.Invitation.Query().Where(among(ids),
			invitation.ProvisioningIn(invitation.ProvisioningCancelled, invitation.ProvisioningFailed),
			invitation.TechpassStatusNEQ(invitation.TechpassStatusOnboarded)).IDs(ctx)
		if err != nil || len(ended) == 0 {
			return err
		}
		if _, err := tx.Invitation.Update().Where(invitation.IDIn(ended...)).SetWithdrawing(true).Save(ctx); err != nil {
			return fmt.Errorf("mark withdrawals: %w", err)
		}
		return s.Jobs.Insert(ctx, tx, jobs.Single, Withdraw{IDs: ended})
	})
}

// completeBatch is [Service.CompleteBatch] for an invitation that may be of none.
func (s *Service) completeBatch(ctx context.Context, id *uuid.UUID) error {
	if id == nil {
		return nil
	}
	return s.CompleteBatch(ctx, *id)
}

// unfinished says whether rows of a batch, the first parameter, wait or run.
const unfinished = `EXISTS (SELECT 1 FROM invitations WHERE batch_id = $1 AND provisioning IN ('SCHEDULED', 'QUEUED'))`

// CompleteBatch ends a batch when none of its rows waits or runs, also one that is
// stopped. It looks in a transaction of its own, after that of the rows: of two
// chunks that end together, the later one sees both, and one of them ends it.
func (s *Service) CompleteBatch(ctx context.Context, id uuid.UUID) error {
	// Most chunks are not the last, and are told so without a transaction.
	more := false
	if err := s.DB.Query(ctx, `SELECT `+unfinished, []any{id}, func(r *sql.Rows) error { return r.Scan(&more) }); err != nil || more {
		return err
	}
	return s.DB.WithTx(access.System(ctx), func(ctx context.Context, tx *database.Tx) error {
		n, err := tx.Exec(ctx, `UPDATE batches SET state = 'COMPLETED', completed_at = $2
			WHERE id = $1 AND state IN ('SUBMITTED', 'STOPPED') AND NOT `+unfinished, id, tx.Now)
		if err != nil {
			return fmt.Errorf("complete batch: %w", err)
		}
		if n == 0 || s.Completed == nil {
			return nil
		}
		return s.Completed(ctx, tx, id)
	})
}
