package signin

import (
	"context"
	"fmt"

	"techbiz/ent"
	"techbiz/ent/officer"
	"techbiz/internal/access"
	"techbiz/internal/database"
	"techbiz/internal/fault"
)

// EnsureAdmins gives the officers with these addresses the role ADMIN, and makes
// those who are not known yet. It takes the role from nobody. Codes: those of an
// officer's address, one for each address at fault.
func (s *Service) EnsureAdmins(ctx context.Context, emails []string) error {
	var faults fault.List
	folded := make([]string, 0, len(emails))
	for _, typed := range emails {
		email, err := s.officerAddress("admins", typed)
		if err != nil {
			faults = append(faults, fault.Of(err)...)
			continue
		}
		folded = append(folded, email)
	}
	if err := faults.Err(); err != nil {
		return err
	}
	return s.db.WithTx(access.System(ctx), func(ctx context.Context, tx *database.Tx) error {
		for _, email := range folded {
			if _, err := s.ensure(ctx, tx, email, true); err != nil {
				return err
			}
		}
		return nil
	})
}

// ensure returns the officer with a folded address and makes the row if need be.
// Where another transaction makes it first, this one is run again and finds it.
func (s *Service) ensure(ctx context.Context, tx *database.Tx, email string, admin bool) (*ent.Officer, error) {
	o, err := tx.Officer.Query().Where(officer.Email(email)).Only(ctx)
	switch {
	case ent.IsNotFound(err):
		create := tx.Officer.Create().SetEmail(email).SetAgency(access.AgencyOf(email)).SetCreatedAt(s.now())
		if admin {
			create.SetRole(access.Admin)
		}
		if o, err = create.Save(ctx); err != nil {
			return nil, fmt.Errorf("make officer: %w", err)
		}
		if admin {
			return o, s.recordRole(ctx, tx, o)
		}
	case err != nil:
		return nil, fmt.Errorf("find officer: %w", err)
	case admin && o.Role != access.Admin:
		if o, err = tx.Officer.UpdateOne(o).SetRole(access.Admin).Save(ctx); err != nil {
			return nil, fmt.Errorf("make admin: %w", err)
		}
		return o, s.recordRole(ctx, tx, o)
	}
	return o, nil
}
