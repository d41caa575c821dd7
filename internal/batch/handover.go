package batch

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"techbiz/ent"
	entbatch "techbiz/ent/batch"
	"techbiz/ent/officer"
	"techbiz/internal/access"
	"techbiz/internal/address"
	"techbiz/internal/audit"
	"techbiz/internal/database"
	"techbiz/internal/fault"
)

// HandOver gives a list that can still be changed to a colleague of its owner's
// agency, who need not have signed in before. From then on it is the colleague's
// alone; what was submitted of it stays the inviter's. A stopped list stays where it
// is: who gets it could not continue what the inviter has stopped. Codes: NOT_FOUND,
// BATCH_NOT_DRAFT, and for the address REQUIRED, INVALID_FORMAT, NOT_PUBLIC_OFFICER,
// DOMAIN_NOT_ALLOWED; UNAUTHENTICATED, FORBIDDEN.
func (s *Service) HandOver(ctx context.Context, id uuid.UUID, to string) (*ent.Batch, error) {
	ctx, _, err := access.Begin(ctx, access.HandOverBatch)
	if err != nil {
		return nil, err
	}
	var after *ent.Batch
	err = s.DB.WithTx(ctx, func(ctx context.Context, tx *database.Tx) error {
		b, err := hold(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := changeable(ctx, tx, b); err != nil {
			return err
		}
		if b.State == entbatch.StateStopped {
			return fault.New(fault.BatchNotDraft, "This list is stopped. Continue or undo it first, and then hand over the other users.")
		}
		actor := ctx
		ctx = access.System(ctx)
		owner, err := tx.Officer.Get(ctx, b.OwnerID)
		if err != nil {
			return fmt.Errorf("load owner: %w", err)
		}
		email, err := s.colleague(owner, to)
		if err != nil {
			return err
		}
		next, err := ensure(ctx, tx, email)
		if err != nil {
			return err
		}
		if err := s.live(ctx, tx, b); err != nil {
			return err
		}
		after, err = tx.Batch.UpdateOneID(b.ID).SetOwnerID(next).Save(ctx)
		if err != nil {
			return fmt.Errorf("hand over batch: %w", err)
		}
		return s.recordRow(actor, tx, audit.ListHandedOver, after, email)
	})
	if err != nil {
		return nil, err
	}
	return after, nil
}

// colleague is the folded address of another officer of the same agency.
func (s *Service) colleague(owner *ent.Officer, to string) (string, error) {
	email := address.Fold(to)
	switch {
	case email == "":
		return "", fault.Field("to", fault.Required, "Enter the email address of a colleague at %s.", owner.Agency)
	case !address.Valid(email):
		return "", fault.Field("to", fault.InvalidFormat, "Enter an email address in the form name@%s.", owner.Agency)
	case !s.Invite.Government.Officer(address.Domain(email)):
		return "", fault.Field("to", fault.NotPublicOfficer, "Only a public officer can have a list. Enter a colleague's address at %s.", owner.Agency)
	case access.AgencyOf(email) != owner.Agency:
		return "", fault.Field("to", fault.DomainNotAllowed, "A list stays within its agency. Enter a colleague's address at %s.", owner.Agency)
	case email == owner.Email:
		return "", fault.Field("to", fault.InvalidFormat, "The list is %s's already. Enter a colleague's address.", owner.Email)
	}
	return email, nil
}

// ensure returns the officer with a folded address and makes the row for one who
// has not signed in yet.
func ensure(ctx context.Context, tx *database.Tx, email string) (uuid.UUID, error) {
	id, err := tx.Officer.Query().Where(officer.Email(email)).OnlyID(ctx)
	if !ent.IsNotFound(err) {
		return id, err
	}
	o, err := tx.Officer.Create().SetEmail(email).SetAgency(access.AgencyOf(email)).SetCreatedAt(tx.Now).Save(ctx)
	if err != nil {
		return uuid.Nil, fmt.Errorf("make officer: %w", err)
	}
	return o.ID, nil
}
