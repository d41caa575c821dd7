package invite

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"techbiz/ent"
	"techbiz/ent/invitation"
	"techbiz/internal/access"
	"techbiz/internal/audit"
	"techbiz/internal/clock"
	"techbiz/internal/database"
	"techbiz/internal/fault"
	"techbiz/internal/jobs"
)

// Resend sends the mail again; an e-mail invitation gets a new link. It counts at
// once, also before the mail is out; of many at the same moment one succeeds.
// Codes: NOT_FOUND, NOT_RESENDABLE, RESEND_TOO_SOON, UNAUTHENTICATED, FORBIDDEN.
func (s *Service) Resend(ctx context.Context, id uuid.UUID) (*ent.Invitation, error) {
	ctx, actor, err := access.Begin(ctx, access.ResendInvitation)
	if err != nil {
		return nil, err
	}
	return s.change(ctx, id, audit.Resent, func(ctx context.Context, tx *database.Tx) error {
		n, err := markResent(ctx, tx, id)
		if err != nil {
			return err
		}
		if n == 0 {
			return refuseResend(ctx, tx, id)
		}
		if err := Record(ctx, tx, tx.Now, Event{Invitation: id, What: EventResent, Officer: &actor.OfficerID}); err != nil {
			return err
		}
		return s.Jobs.Insert(ctx, tx, jobs.Single, Deliver{IDs: []uuid.UUID{id}})
	})
}

// markResent makes a mail due for those of the invitations that can be resent now,
// and returns how many they are.
func markResent(ctx context.Context, tx *database.Tx, ids ...uuid.UUID) (int, error) {
	n, err := tx.Invitation.Update().
		Where(invitation.IDIn(ids...), resendable(tx.Now), rested(tx.Now)).
		AddMailsWanted(1).SetAttempts(0).SetResentAt(tx.Now).SetUpdatedAt(tx.Now).Save(ctx)
	if err != nil {
		return 0, fmt.Errorf("resend: %w", err)
	}
	return n, nil
}

// change runs and records a change of one invitation, and returns it as it then
// stands.
func (s *Service) change(ctx context.Context, id uuid.UUID, act audit.Type, fn func(context.Context, *database.Tx) error) (*ent.Invitation, error) {
	var after *ent.Invitation
	err := s.DB.WithTx(ctx, func(ctx context.Context, tx *database.Tx) (err error) {
		if err := fn(ctx, tx); err != nil {
			return err
		}
		if after, err = Load(ctx, tx.Client, id); err != nil {
			return err
		}
		return s.record(ctx, tx, act, after)
	})
	if err != nil {
		return nil, err
	}
	return after, nil
}

// refuseResend says why the row did not match.
func refuseResend(ctx context.Context, tx *database.Tx, id uuid.UUID) error {
	i, err := Load(ctx, tx.Client, id)
	if err != nil {
		return err
	}
	if _, at := Resend(i, tx.Now); at != nil {
		e := fault.New(fault.ResendTooSoon, "This invitation was resent less than 24 hours ago. Resend it again from %s.",
			at.In(clock.Singapore).Format("02-01-2006 15:04"))
		e.RetryAt = at
		return e
	}
	return fault.New(fault.NotResendable, "%s", whyNotResendable(i, tx.Now))
}

func whyNotResendable(i *ent.Invitation, now time.Time) string {
	switch {
	case i.TechpassStatus == invitation.TechpassStatusOnboarded:
		return "The person has onboarded; there is nothing to resend."
	case i.Provisioning == invitation.ProvisioningCancelled:
		return "This invitation was cancelled. Invite the person again."
	case i.Provisioning == invitation.ProvisioningFailed:
		return "This invitation failed. Correct what it says and invite the person again."
	case i.TechpassStatus == invitation.TechpassStatusUserNotFound || isLapsed(i, now):
		return "The directory has no such user any more. Invite the person again."
	case i.Provisioning == invitation.ProvisioningScheduled && i.StartOn != nil:
		return "It waits for its start date. The first mail goes out then."
	case i.Mail == invitation.MailRefused:
		return "The first mail was refused. Cancel this invitation and invite the person at a corrected address."
	}
	return "The first mail is not out yet. Wait until it is."
}
