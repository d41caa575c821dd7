package invite

import (
	"context"

	"github.com/google/uuid"

	"techbiz/ent"
	"techbiz/ent/invitation"
	"techbiz/internal/access"
	"techbiz/internal/address"
	"techbiz/internal/audit"
	"techbiz/internal/database"
	"techbiz/internal/fault"
)

// Correct ends an invitation whose address was wrong and starts a new one at the
// corrected address, with all else as it was, the inviter too; the history of both
// says so. The new one has its own day for a resend. Codes: NOT_FOUND, NOT_CANCELLABLE, those
// of the fields, ALREADY_INVITED, ACCOUNT_EXISTS, UNAUTHENTICATED, FORBIDDEN.
func (s *Service) Correct(ctx context.Context, id uuid.UUID, email string) (*ent.Invitation, error) {
	ctx, actor, err := access.Begin(ctx, access.CorrectAddress)
	if err != nil {
		return nil, err
	}
	old, err := Load(ctx, s.DB.Client, id)
	if err != nil {
		return nil, err
	}
	c, err := s.corrected(ctx, old, email)
	if err != nil {
		return nil, err
	}
	if err := c.Faults.Err(); err != nil {
		return nil, err
	}
	var made *ent.Invitation
	err = s.DB.WithTx(ctx, func(ctx context.Context, tx *database.Tx) error {
		if err := s.end(ctx, tx, actor, id, "Replaced by an invitation to "+c.Email+".", EventCorrected); err != nil {
			return err
		}
		made, err = s.accept(ctx, tx, actor, accepted{Method: old.Method, Request: c.Request, Inviter: old.InviterID, Replaces: &id, Detail: "Corrected from " + old.Email + "."})
		if err != nil {
			return err
		}
		return s.record(ctx, tx, audit.Corrected, made)
	})
	if err != nil {
		return nil, err
	}
	return made, s.completeBatch(ctx, old.BatchID)
}

// corrected checks the invitation as it would be at the new address. What the old
// one holds besides the address is free as soon as that one ends, so only the
// address is looked for here.
func (s *Service) corrected(ctx context.Context, old *ent.Invitation, email string) (*Candidate, error) {
	number, _, err := Number(s.DB.Keys, old.ID, old.ContactNumber)
	if err != nil {
		return nil, err
	}
	d := Details{
		Email: email, Username: text(old.Username), FirstName: text(old.FirstName), LastName: text(old.LastName),
		ContactNumber: number, Organisation: text(old.Organisation), Department: text(old.Department),
		Seed: answer(old.SeedRequired), Reason: old.Reason,
	}
	if s.Government.Officer(address.Domain(email)) {
		d.Username = ""
	}
	if old.StartOn != nil && startAt(*old.StartOn).After(s.DB.Now()) {
		d.StartOn = *old.StartOn
	}
	c := &Candidate{}
	if old.Method == invitation.MethodEmailInvitation {
		c.Request, c.Faults = s.plainRules(ctx, s.DB.Client).Email(d)
	} else {
		rules, err := s.Rules(ctx, s.DB.Client)
		if err != nil {
			return nil, err
		}
		c.Request, c.Faults = rules.Account(d)
	}
	if c.EmailKey == old.EmailKey {
		c.Faults = append(c.Faults, fault.Field("email", fault.AlreadyInvited, "The invitation has this address already. Enter the one that was meant."))
		return c, nil
	}
	only := &Candidate{Request: Request{EmailKey: c.EmailKey}}
	if err := s.Compare(ctx, []*Candidate{only}, true); err != nil {
		return nil, err
	}
	c.Faults = append(c.Faults, only.Faults...)
	Sort(c.Faults)
	return c, nil
}

// answer is how a yes or no stands in [Details].
func answer(yes bool) string {
	if yes {
		return "Yes"
	}
	return "No"
}
