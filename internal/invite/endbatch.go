package invite

import (
	"context"
	"fmt"
	"slices"

	entsql "entgo.io/ent/dialect/sql"
	"github.com/google/uuid"
	"github.com/riverqueue/river"

	"techbiz/ent/invitation"
	"techbiz/ent/predicate"
	"techbiz/internal/access"
	"techbiz/internal/database"
	"techbiz/internal/directory"
	"techbiz/internal/fault"
	"techbiz/internal/jobs"
)

// Ended is what calling off a batch's invitations ends.
type Ended struct {
	// Waiting were scheduled: nothing of them had run. Begun may be in the
	// directory, and are withdrawn from it.
	Waiting, Begun []uuid.UUID
	// Inviters says how many of whose invitations these are.
	Inviters map[uuid.UUID]int
	// Left could not be ended, by reason.
	Left []*fault.LeftOut
}

// Count is how many are ended.
func (e Ended) Count() int { return len(e.Waiting) + len(e.Begun) }

// Endable says what [Service.EndBatch] would end now.
func (s *Service) Endable(ctx context.Context, tx *database.Tx, batch uuid.UUID) (Ended, error) {
	e := Ended{Inviters: map[uuid.UUID]int{}}
	var all []struct {
		ID           uuid.UUID
		InviterID    uuid.UUID `json:"inviter_id"`
		Provisioning invitation.Provisioning
	}
	err := tx.Invitation.Query().Where(invitation.BatchID(batch), cancellable(tx.Now)).
		Order(invitation.ByID()).Select(invitation.FieldID, invitation.FieldInviterID, invitation.FieldProvisioning).Scan(ctx, &all)
	if err != nil {
		return Ended{}, fmt.Errorf("look for invitations to end: %w", err)
	}
	for _, i := range all {
		e.Inviters[i.InviterID]++
		if i.Provisioning == invitation.ProvisioningScheduled {
			e.Waiting = append(e.Waiting, i.ID)
		} else {
			e.Begun = append(e.Begun, i.ID)
		}
	}
	if e.Left, err = notEndable(ctx, tx, batch); err != nil {
		return Ended{}, err
	}
	_, beyond, err := Inviters(ctx, tx, batch)
	if err == nil && beyond > 0 {
		e.Left = append(e.Left, &fault.LeftOut{Code: fault.NotCancellable, Count: beyond,
			Message: "Another officer invited the person; that officer or an administrator can cancel it."})
	}
	return e, err
}

// Inviters counts those of a batch's invitations that match, by inviter, as far as the
// actor reaches, and how many there are beyond: the list may have been another
// officer's when some of it was submitted.
func Inviters(ctx context.Context, tx *database.Tx, batch uuid.UUID, where ...predicate.Invitation) (reached map[uuid.UUID]int, beyond int, err error) {
	reached = map[uuid.UUID]int{}
	count := func(ctx context.Context, each func(inviter uuid.UUID, n int)) error {
		var groups []struct {
			InviterID uuid.UUID `json:"inviter_id"`
			Count     int
		}
		err := tx.Invitation.Query().Where(invitation.BatchID(batch)).Where(where...).GroupBy(invitation.FieldInviterID).
			Aggregate(func(*entsql.Selector) string { return "count(*) AS count" }).Scan(ctx, &groups)
		for _, g := range groups {
			each(g.InviterID, g.Count)
		}
		return err
	}
	err = count(ctx, func(inviter uuid.UUID, n int) { reached[inviter] = n })
	if err == nil {
		err = count(access.System(ctx), func(inviter uuid.UUID, n int) {
			if reached[inviter] == 0 {
				beyond += n
			}
		})
	}
	if err != nil {
		return nil, 0, fmt.Errorf("count inviters: %w", err)
	}
	return reached, beyond, nil
}

// notEndable counts what the actor reaches and cannot be ended, by reason.
func notEndable(ctx context.Context, tx *database.Tx, batch uuid.UUID) ([]*fault.LeftOut, error) {
	var groups []struct {
		Provisioning invitation.Provisioning
		Status       invitation.TechpassStatus `json:"techpass_status"`
		Count        int
	}
	err := tx.Invitation.Query().Where(invitation.BatchID(batch), invitation.Not(cancellable(tx.Now))).
		GroupBy(invitation.FieldProvisioning, invitation.FieldTechpassStatus).
		Aggregate(func(*entsql.Selector) string { return "count(*) AS count" }).Scan(ctx, &groups)
	if err != nil {
		return nil, fmt.Errorf("count what has ended: %w", err)
	}
	reasons := []string{
		"The person has onboarded; the account stays.",
		"Was cancelled before.",
		"Has failed; there is nothing to end.",
		"The directory has no such user any more.",
	}
	counts := make([]int, len(reasons))
	for _, g := range groups {
		switch {
		case g.Status == invitation.TechpassStatusOnboarded:
			counts[0] += g.Count
		case g.Provisioning == invitation.ProvisioningCancelled:
			counts[1] += g.Count
		case g.Provisioning == invitation.ProvisioningFailed:
			counts[2] += g.Count
		default:
			counts[3] += g.Count
		}
	}
	left := []*fault.LeftOut{}
	for n, why := range reasons {
		if counts[n] > 0 {
			left = append(left, &fault.LeftOut{Code: fault.NotCancellable, Count: counts[n], Message: why})
		}
	}
	return left, nil
}

// EndBatch calls off every invitation of a batch that nobody has redeemed and that
// the actor reaches, and queues the withdrawals. Whoever calls holds the batch. What
// another request ends or redeems at this moment makes the transaction run again.
func (s *Service) EndBatch(ctx context.Context, tx *database.Tx, actor access.Actor, batch uuid.UUID) (Ended, error) {
	e, err := s.Endable(ctx, tx, batch)
	if err != nil {
		return Ended{}, err
	}
	ctx = access.System(ctx) // what the actor reaches has been found
	why := "Undone with its list by " + actor.Email + "."
	events := make([]Event, 0, e.Count())
	for part := range slices.Chunk(slices.Concat(e.Waiting, e.Begun), directory.MaxPeople) {
		n, err := closeAll(ctx, tx, why, part...)
		if err != nil {
			return Ended{}, err
		}
		if n != len(part) {
			return Ended{}, database.ErrLost
		}
		for _, id := range part {
			events = append(events, Event{Invitation: id, What: EventCancelled, Officer: &actor.OfficerID, Detail: why})
		}
	}
	if err := Record(ctx, tx, tx.Now, events...); err != nil {
		return Ended{}, err
	}
	var work []river.JobArgs
	for part := range slices.Chunk(e.Begun, deliverChunk) {
		work = append(work, Withdraw{IDs: part})
	}
	if len(work) == 0 {
		return e, nil
	}
	return e, s.Jobs.Insert(ctx, tx, jobs.Bulk, work...)
}
