package invite

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"github.com/riverqueue/river"

	"techbiz/ent"
	"techbiz/ent/invitation"
	"techbiz/ent/predicate"
	"techbiz/internal/access"
	"techbiz/internal/audit"
	"techbiz/internal/database"
	"techbiz/internal/fault"
	"techbiz/internal/jobs"
)

// resendMost bounds one resend of many.
const resendMost = 10_000

// ResendAll sends the mail again to all that match and can be resent now, at most
// 10,000 at once, and says how many were left out and why. With dryRun it only
// counts. Codes: UNAUTHENTICATED, FORBIDDEN.
func (s *Service) ResendAll(ctx context.Context, where []predicate.Invitation, dryRun bool) (resent int, left []*fault.LeftOut, err error) {
	ctx, actor, err := access.Begin(ctx, access.ResendInvitations)
	if err != nil {
		return 0, nil, err
	}
	err = s.DB.WithTx(ctx, func(ctx context.Context, tx *database.Tx) error {
		can, tooSoon, never, err := sortOut(ctx, tx, where)
		if err != nil {
			return err
		}
		left = left[:0]
		add := func(n int, code fault.Code, message string) {
			if n > 0 {
				left = append(left, &fault.LeftOut{Code: code, Count: n, Message: message})
			}
		}
		add(tooSoon, fault.ResendTooSoon, "Resent less than 24 hours ago.")
		add(never, fault.NotResendable, "Onboarded, cancelled, failed, lapsed, or the first mail is not out yet.")
		if len(can) > resendMost {
			add(len(can)-resendMost, fault.TooManyRows, fmt.Sprintf("Only %d are resent at once; resend again for the others.", resendMost))
			can = can[:resendMost]
		}
		resent = len(can)
		if dryRun {
			return nil
		}
		return s.resendEach(ctx, tx, actor, can)
	})
	return resent, left, err
}

// sortOut divides what matches: what can be resent now, and how many not yet and
// not at all.
func sortOut(ctx context.Context, tx *database.Tx, where []predicate.Invitation) (can []*ent.Invitation, tooSoon, never int, err error) {
	all, err := tx.Invitation.Query().Where(where...).Count(ctx)
	if err != nil {
		return nil, 0, 0, fmt.Errorf("count invitations: %w", err)
	}
	possible, err := tx.Invitation.Query().Where(where...).Where(resendable(tx.Now)).Count(ctx)
	if err != nil {
		return nil, 0, 0, fmt.Errorf("count resendable: %w", err)
	}
	can, err = tx.Invitation.Query().Where(where...).Where(resendable(tx.Now), rested(tx.Now)).
		Order(invitation.ByID()).Select(invitation.FieldID, invitation.FieldInviterID).All(ctx)
	if err != nil {
		return nil, 0, 0, fmt.Errorf("look for resendable: %w", err)
	}
	return can, possible - len(can), all - possible, nil
}

// resendEach marks the invitations and queues their mails in chunks, and records it
// for each inviter. What another request resent at this moment makes the marking come
// out short, and the transaction is run again.
func (s *Service) resendEach(ctx context.Context, tx *database.Tx, actor access.Actor, all []*ent.Invitation) error {
	events := make([]Event, 0, len(all))
	inviters := map[uuid.UUID]int{}
	var work []river.JobArgs
	for part := range slices.Chunk(all, deliverChunk) {
		ids := make([]uuid.UUID, len(part))
		for n, i := range part {
			ids[n] = i.ID
			inviters[i.InviterID]++
			events = append(events, Event{Invitation: i.ID, What: EventResent, Officer: &actor.OfficerID})
		}
		n, err := markResent(ctx, tx, ids...)
		if err != nil {
			return err
		}
		if n != len(ids) {
			return database.ErrLost
		}
		work = append(work, Deliver{IDs: ids})
	}
	if err := Record(ctx, tx, tx.Now, events...); err != nil {
		return err
	}
	if len(work) == 0 {
		return nil
	}
	if err := s.Audit.Record(ctx, tx, audit.Event{Type: audit.ManyResent}.ForEach(inviters)...); err != nil {
		return err
	}
	return s.Jobs.Insert(ctx, tx, jobs.Bulk, work...)
}
