package invite

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"techbiz/ent"
	"techbiz/ent/invitation"
	"techbiz/internal/access"
	"techbiz/internal/audit"
	"techbiz/internal/database"
	"techbiz/internal/directory"
	"techbiz/internal/fault"
	"techbiz/internal/jobs"
)

// Cancel calls an invitation off, also while its work is queued or runs. Address,
// username and number are free at once; what the directory holds of it and nobody
// has activated is withdrawn by a job. Codes: NOT_FOUND, NOT_CANCELLABLE,
// UNAUTHENTICATED, FORBIDDEN.
func (s *Service) Cancel(ctx context.Context, id uuid.UUID) (*ent.Invitation, error) {
	ctx, actor, err := access.Begin(ctx, access.CancelInvitation)
	if err != nil {
		return nil, err
	}
	i, err := s.change(ctx, id, audit.Cancelled, func(ctx context.Context, tx *database.Tx) error {
		return s.end(ctx, tx, actor, id, "Cancelled by "+actor.Email+".", EventCancelled)
	})
	if err != nil {
		return nil, err
	}
	return i, s.completeBatch(ctx, i.BatchID)
}

// end closes an invitation in the name of a person, and queues the withdrawal of
// what the directory holds of it. Codes: NOT_FOUND, NOT_CANCELLABLE.
func (s *Service) end(ctx context.Context, tx *database.Tx, actor access.Actor, id uuid.UUID, why, event string) error {
	n, err := closeAll(ctx, tx, why, id)
	if err != nil {
		return err
	}
	if n == 0 {
		if _, err := Load(ctx, tx.Client, id); err != nil {
			return err
		}
		return fault.New(fault.NotCancellable, "This invitation has ended already: the person has onboarded, or it was cancelled, failed or lapsed.")
	}
	if err := Record(ctx, tx, tx.Now, Event{Invitation: id, What: event, Officer: &actor.OfficerID, Detail: why}); err != nil {
		return err
	}
	return s.Jobs.Insert(ctx, tx, jobs.Single, Withdraw{IDs: []uuid.UUID{id}})
}

// End closes open invitations in nobody's name, and queues the withdrawal of what
// the directory holds of them.
func (s *Service) End(ctx context.Context, tx *database.Tx, why string, ids []uuid.UUID) error {
	if len(ids) == 0 {
		return nil
	}
	if _, err := s.lapse(ctx, tx, invitation.IDIn(ids...)); err != nil {
		return err
	}
	left, err := tx.Invitation.Query().Where(invitation.IDIn(ids...), cancellable(tx.Now)).IDs(ctx)
	if err != nil {
		return fmt.Errorf("look for invitations to end: %w", err)
	}
	if _, err := closeAll(ctx, tx, why, left...); err != nil || len(left) == 0 {
		return err
	}
	events := make([]Event, len(left))
	for i, id := range left {
		events[i] = Event{Invitation: id, What: EventCancelled, Detail: why}
	}
	if err := Record(ctx, tx, tx.Now, events...); err != nil {
		return err
	}
	return s.Jobs.Insert(ctx, tx, jobs.Single, Withdraw{IDs: left})
}

// closeAll closes those of the invitations that can be called off, and returns how
// many they were. Nothing of a scheduled one is in the directory.
func closeAll(ctx context.Context, tx *database.Tx, why string, ids ...uuid.UUID) (int, error) {
	scheduled := invitation.ProvisioningEQ(invitation.ProvisioningScheduled)
	closed := 0
	for _, withdraw := range []bool{false, true} {
		which := scheduled
		if withdraw {
			which = invitation.Not(scheduled)
		}
		n, err := tx.Invitation.Update().Where(invitation.IDIn(ids...), which, cancellable(tx.Now)).
			SetOpen(false).SetProvisioning(invitation.ProvisioningCancelled).
			SetTechpassStatus(invitation.TechpassStatusUserNotFound).ClearSeedStatus().
			SetFailure(why).SetWithdrawing(withdraw).ClearExpiresAt().ClearLink().
			SetUpdatedAt(tx.Now).Save(ctx)
		if err != nil {
			return 0, fmt.Errorf("end invitations: %w", err)
		}
		closed += n
	}
	return closed, nil
}

// Withdraw is the job that removes from the directory what ended invitations made
// there and nobody has activated.
type Withdraw struct {
	IDs []uuid.UUID `json:"ids"`
}

// Kind names the job.
func (Withdraw) Kind() string { return "invitation_withdraw" }

func (s *Service) withdraw(ctx context.Context, w Withdraw) error {
	// What was opened again is withdrawn by its own work, before that begins anew.
	leaving, err := s.DB.Invitation.Query().Where(invitation.IDIn(w.IDs...), invitation.Withdrawing(true), invitation.Open(false)).IDs(ctx)
	if err != nil {
		return fmt.Errorf("load withdrawals: %w", err)
	}
	return s.withdrawNow(ctx, leaving)
}

// withdrawNow asks the directory to let go of what these invitations made, and
// marks them. A person who activated the account first keeps it, and the row says
// so.
func (s *Service) withdrawNow(ctx context.Context, ids []uuid.UUID) error {
	if len(ids) == 0 {
		return nil
	}
	keys := make([]string, len(ids))
	for i, id := range ids {
		keys[i] = id.String()
	}
	results, err := s.Directory.Withdraw(ctx, keys)
	if err != nil {
		return fmt.Errorf("withdraw: %w", err)
	}
	return s.DB.WithTx(ctx, func(ctx context.Context, tx *database.Tx) error {
		_, err := tx.Invitation.Update().Where(invitation.IDIn(ids...)).SetWithdrawing(false).SetUpdatedAt(tx.Now).Save(ctx)
		if err != nil {
			return fmt.Errorf("mark withdrawn: %w", err)
		}
		return keepActivated(ctx, tx, ids, results)
	})
}

func keepActivated(ctx context.Context, tx *database.Tx, ids []uuid.UUID, results []directory.Result) error {
	var kept []uuid.UUID
	for i, r := range results {
		if r.Err != nil {
			kept = append(kept, ids[i])
		}
	}
	if len(kept) == 0 {
		return nil
	}
	_, err := tx.Invitation.Update().Where(invitation.IDIn(kept...)).
		SetTechpassStatus(invitation.TechpassStatusOnboarded).
		SetFailure("The person activated the account before it could be withdrawn.").Save(ctx)
	if err != nil {
		return fmt.Errorf("keep activated: %w", err)
	}
	// One that was opened again needs no second account.
	_, err = tx.Invitation.Update().Where(invitation.IDIn(kept...), invitation.Open(true)).
		SetOpen(false).SetProvisioning(invitation.ProvisioningSucceeded).ClearFailure().Save(ctx)
	if err != nil {
		return fmt.Errorf("keep activated: %w", err)
	}
	return nil
}
