package invite

import (
	"context"
	"fmt"
	"time"

	entsql "entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"techbiz/ent"
	"techbiz/ent/batchrow"
	"techbiz/ent/invitation"
	"techbiz/ent/predicate"
	"techbiz/ent/schema"
	"techbiz/internal/access"
	"techbiz/internal/address"
	"techbiz/internal/database"
	"techbiz/internal/directory"
)

// Apply stores what the directory says of people, on the invitations that made
// them. Cancelled and failed invitations stay as they are.
func (s *Service) Apply(ctx context.Context, people []directory.Person) error {
	refs := make([]string, len(people))
	for n, p := range people {
		refs[n] = p.Ref
	}
	return s.DB.WithTx(ctx, func(ctx context.Context, tx *database.Tx) error {
		known, err := tx.Invitation.Query().Where(invitation.AccountRefIn(refs...),
			invitation.ProvisioningNotIn(invitation.ProvisioningCancelled, invitation.ProvisioningFailed)).All(ctx)
		if err != nil {
			return fmt.Errorf("load invitations: %w", err)
		}
		byRef := make(map[string]directory.Person, len(people))
		for _, p := range people {
			byRef[p.Ref] = p
		}
		if _, err := tx.Invitation.Update().Where(invitation.AccountRefIn(refs...)).SetCheckedAt(tx.Now).Save(ctx); err != nil {
			return fmt.Errorf("mark checked: %w", err)
		}
		for _, i := range known {
			if err := applyOne(ctx, tx, i, byRef[*i.AccountRef]); err != nil {
				return err
			}
		}
		return nil
	})
}

// applyOne writes what has changed, and nothing when nothing has.
func applyOne(ctx context.Context, tx *database.Tx, i *ent.Invitation, p directory.Person) error {
	status, seed := statusOf(p), seedOf(p)
	named := p.State == directory.Active && (text(i.FirstName) != p.FirstName || text(i.LastName) != p.LastName)
	if i.TechpassStatus == status && same(i.SeedStatus, seed) && !named {
		return nil
	}
	// An account that is gone does not come back by itself: the directory's answer
	// is older than what we hold.
	if i.TechpassStatus == invitation.TechpassStatusUserNotFound {
		return nil
	}
	u := tx.Invitation.UpdateOne(i).SetTechpassStatus(status).SetUpdatedAt(tx.Now)
	if seed == nil {
		u.ClearSeedStatus()
	} else {
		u.SetSeedStatus(*seed)
	}
	if status != invitation.TechpassStatusNotOnboarded {
		u.SetOpen(false).ClearExpiresAt().ClearLink()
	}
	if named {
		u.SetNillableFirstName(nonEmpty(p.FirstName)).SetNillableFirstNameKey(nonEmpty(address.Fold(p.FirstName))).
			SetNillableLastName(nonEmpty(p.LastName)).SetNillableLastNameKey(nonEmpty(address.Fold(p.LastName)))
	}
	if i.ContactNumber == nil && p.State == directory.Active {
		number, err := Store(tx.Keys, i.ID, p.Number, "")
		if err != nil {
			return err
		}
		u.SetNillableContactNumber(number.Sealed).SetNillableNumberKey(number.Key[0]).SetNillableNumberKey2(number.Key[1])
	}
	if err := u.Exec(ctx); err != nil {
		return fmt.Errorf("apply status: %w", err)
	}
	if what := map[invitation.TechpassStatus]string{
		invitation.TechpassStatusOnboarded:    EventOnboarded,
		invitation.TechpassStatusUserNotFound: EventGone,
	}[status]; what != "" && status != i.TechpassStatus {
		return Record(ctx, tx, tx.Now, Event{Invitation: i.ID, What: what})
	}
	return nil
}

func statusOf(p directory.Person) invitation.TechpassStatus {
	switch p.State {
	case directory.Active:
		return invitation.TechpassStatusOnboarded
	case directory.Created, directory.Invited:
		return invitation.TechpassStatusNotOnboarded
	case directory.Absent:
	}
	return invitation.TechpassStatusUserNotFound
}

// seedOf is nil where there is no account.
func seedOf(p directory.Person) *invitation.SeedStatus {
	if p.State != directory.Active && p.State != directory.Created {
		return nil
	}
	s := map[directory.Seed]invitation.SeedStatus{
		directory.SeedLicensed:   invitation.SeedStatusLicenseAssigned,
		directory.SeedOnboarded:  invitation.SeedStatusFullyOnboarded,
		directory.SeedIneligible: invitation.SeedStatusIneligible,
	}[p.Seed]
	if s == "" {
		s = invitation.SeedStatusNotRequired
	}
	return &s
}

func same[T comparable](a, b *T) bool {
	return a == b || a != nil && b != nil && *a == *b
}

// lapseChunk bounds what one transaction lapses.
const lapseChunk = 1_000

// Lapse ends registrations whose link has run out, and reports whether there may
// be more.
func (s *Service) Lapse(ctx context.Context) (more bool, err error) {
	err = s.DB.WithTx(ctx, func(ctx context.Context, tx *database.Tx) error {
		n, err := s.lapse(ctx, tx)
		more = n == lapseChunk
		return err
	})
	return more, err
}

// lapse ends the lapsed among the invitations that match.
func (s *Service) lapse(ctx context.Context, tx *database.Tx, where ...predicate.Invitation) (int, error) {
	ctx = access.System(ctx)
	ids, err := tx.Invitation.Query().Where(invitation.Open(true), lapsed(tx.Now)).Where(where...).Limit(lapseChunk).IDs(ctx)
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	_, err = tx.Invitation.Update().Where(invitation.IDIn(ids...)).
		SetOpen(false).SetTechpassStatus(invitation.TechpassStatusUserNotFound).ClearSeedStatus().ClearLink().
		SetUpdatedAt(tx.Now).Save(ctx)
	if err != nil {
		return 0, fmt.Errorf("lapse: %w", err)
	}
	events := make([]Event, len(ids))
	for n, id := range ids {
		events[n] = Event{Invitation: id, What: EventLapsed}
	}
	return len(ids), Record(ctx, tx, tx.Now, events...)
}

// Stale returns the directory's ids of people it was not asked about since a
// moment, or whose account has run out, at most limit.
func (s *Service) Stale(ctx context.Context, since time.Time, limit int) ([]string, error) {
	now := s.DB.Now()
	var refs []string
	err := s.DB.Invitation.Query().
		Where(func(s *entsql.Selector) { s.Where(entsql.ExprP(schema.Checked)) },
			invitation.Or(
				invitation.CheckedAtLT(since),
				invitation.And(invitation.ExpiresAtLTE(now), invitation.CheckedAtLT(now.Add(-time.Minute))))).
		Order(ent.Asc(invitation.FieldCheckedAt)).Limit(limit).
		Select(invitation.FieldAccountRef).Scan(ctx, &refs)
	if err != nil {
		return nil, fmt.Errorf("look for stale invitations: %w", err)
	}
	return refs, nil
}

// LapseFor ends lapsed registrations whose address a row of the batch asks for,
// so that the row can have it.
func (s *Service) LapseFor(ctx context.Context, tx *database.Tx, batch uuid.UUID) error {
	_, err := s.lapse(ctx, tx, func(sel *entsql.Selector) {
		rows := entsql.Table(batchrow.Table)
		sel.Where(entsql.In(sel.C(invitation.FieldEmailKey), entsql.Select(rows.C(batchrow.FieldEmailKey)).From(rows).
			Where(entsql.And(entsql.EQ(rows.C(batchrow.FieldBatchID), batch), entsql.NotNull(rows.C(batchrow.FieldEmailKey))))))
	})
	return err
}
