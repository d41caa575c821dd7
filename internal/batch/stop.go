package batch

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"techbiz/ent"
	entbatch "techbiz/ent/batch"
	"techbiz/ent/invitation"
	"techbiz/internal/access"
	"techbiz/internal/audit"
	"techbiz/internal/database"
	"techbiz/internal/fault"
	"techbiz/internal/invite"
	"techbiz/internal/jobs"
)

// Stop holds what has not run, scheduled rows included. A chunk that runs finishes
// the step it is at and leaves the rest. Stopping what is stopped changes nothing. It
// holds the list as a whole, and so it is for who reaches all that would be held.
// Codes: NOT_FOUND, NOT_CANCELLABLE, UNAUTHENTICATED, FORBIDDEN.
func (s *Service) Stop(ctx context.Context, id uuid.UUID) (*ent.Batch, error) {
	ctx, _, err := access.Begin(ctx, access.StopBatch)
	if err != nil {
		return nil, err
	}
	return s.changeHeld(ctx, id, hold, func(ctx context.Context, tx *database.Tx, b *ent.Batch) error {
		switch b.State {
		case entbatch.StateDraft:
			return fault.New(fault.NotCancellable, "This list has not been submitted, so there is nothing to stop.")
		case entbatch.StateCompleted:
			return fault.New(fault.NotCancellable, "This list is completed, so there is nothing to stop. Undo ends what nobody has redeemed.")
		case entbatch.StateSubmitted:
			inviters, beyond, err := unfinished(ctx, tx, id)
			if err != nil {
				return err
			}
			if beyond > 0 {
				return fault.New(fault.NotCancellable,
					"Of the users who wait, another officer invited %d, so only an administrator can stop this list. Undo ends what you have invited.", beyond)
			}
			if err := b.Update().SetState(entbatch.StateStopped).Exec(ctx); err != nil {
				return fmt.Errorf("stop batch: %w", err)
			}
			return s.recordEach(ctx, tx, audit.ListStopped, b, audit.Detail{}, inviters)
		case entbatch.StateStopped:
		}
		return nil
	})
}

// unfinished counts the invitations of a batch that wait or run, by inviter, and how
// many more there are that the actor does not reach.
func unfinished(ctx context.Context, tx *database.Tx, id uuid.UUID) (inviters map[uuid.UUID]int, beyond int, err error) {
	return invite.Inviters(ctx, tx, id, invitation.ProvisioningIn(invitation.ProvisioningScheduled, invitation.ProvisioningQueued))
}

// Continue goes on with a stopped batch, for who reaches all that is held. Continuing
// what runs changes nothing. Codes: NOT_FOUND, BATCH_EMPTY, UNAUTHENTICATED, FORBIDDEN.
func (s *Service) Continue(ctx context.Context, id uuid.UUID) (*ent.Batch, error) {
	ctx, _, err := access.Begin(ctx, access.ContinueBatch)
	if err != nil {
		return nil, err
	}
	return s.changeHeld(ctx, id, hold, func(ctx context.Context, tx *database.Tx, b *ent.Batch) error {
		switch b.State {
		case entbatch.StateDraft:
			return fault.New(fault.BatchEmpty, "This list has not been submitted, so there is nothing to continue. Submit it.")
		case entbatch.StateCompleted:
			return fault.New(fault.BatchEmpty, "This list is completed, so there is nothing to continue. Failed users can be tried again.")
		case entbatch.StateStopped:
			inviters, beyond, err := unfinished(ctx, tx, id)
			if err != nil {
				return err
			}
			if beyond > 0 {
				return fault.New(fault.BatchEmpty, "Of the users who wait, another officer invited %d, so only an administrator can continue this list.", beyond)
			}
			if err := s.goOn(ctx, tx, b); err != nil {
				return err
			}
			return s.recordEach(ctx, tx, audit.ListContinued, b, audit.Detail{}, inviters)
		case entbatch.StateSubmitted:
		}
		return nil
	})
}

// goOn queues the work of all rows that were held. A job of theirs that still
// waits since before the stop finds them done.
func (s *Service) goOn(ctx context.Context, tx *database.Tx, b *ent.Batch) error {
	if err := b.Update().SetState(entbatch.StateSubmitted).SetResumedAt(tx.Now).Exec(ctx); err != nil {
		return fmt.Errorf("continue batch: %w", err)
	}
	held, err := tx.Invitation.Query().Where(invitation.BatchID(b.ID), invitation.ProvisioningEQ(invitation.ProvisioningQueued)).
		Order(invitation.ByID()).IDs(access.System(ctx))
	if err != nil {
		return fmt.Errorf("look for held rows: %w", err)
	}
	if err := s.Invite.Queue(ctx, tx, jobs.Bulk, held); err != nil {
		return err
	}
	return s.Jobs.Insert(ctx, tx, jobs.Bulk, invite.Start{At: tx.Now})
}
