// Package role lists officers and gives them their roles.
//
// A role counts with the next request, on every replica. There is always an
// administrator left: the last one cannot take the role from anybody, and of two
// who take it from each other at the same moment one fails. Who may do what is
// access's table.
package role

import (
	"context"
	"fmt"
	"strings"

	entsql "entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"techbiz/ent"
	"techbiz/ent/officer"
	"techbiz/ent/predicate"
	"techbiz/internal/access"
	"techbiz/internal/address"
	"techbiz/internal/audit"
	"techbiz/internal/database"
	"techbiz/internal/fault"
)

// maxSearch bounds what is searched for, in bytes.
const maxSearch = 1_024

// Matching are the officers whom a list shows: as far as what is being done
// reaches, with an address or an agency that begins with search or a name that
// has it, and with a role, if any. Codes: BAD_REQUEST, FORBIDDEN.
func Matching(ctx context.Context, search string, of *access.Role) ([]predicate.Officer, error) {
	if len(search) > maxSearch {
		return nil, fault.New(fault.BadRequest, "Search for at most %d characters.", maxSearch)
	}
	a, _ := access.From(ctx)
	var p []predicate.Officer
	switch access.ReachOf(ctx) {
	case access.Everything:
	case access.Agency:
		p = append(p, officer.Agency(a.Agency()))
	case access.Own:
		p = append(p, officer.ID(a.OfficerID))
	case access.Nothing:
		return nil, fault.New(fault.Forbidden, "Only an administrator may do that.")
	}
	if of != nil {
		p = append(p, officer.RoleEQ(*of))
	}
	if folded := address.Fold(search); folded != "" {
		p = append(p, officer.Or(
			func(s *entsql.Selector) {
				s.Where(database.HasPrefix(s, folded, officer.FieldEmail, officer.FieldAgency))
			},
			officer.NameContainsFold(database.Text(strings.TrimSpace(search)))))
	}
	return p, nil
}

// Set gives an officer a role. Codes: NOT_FOUND on field officerId; CONFLICT on
// field role where no administrator would be left; UNAUTHENTICATED, FORBIDDEN.
func Set(ctx context.Context, db *database.DB, log *audit.Log, id uuid.UUID, to access.Role) (*ent.Officer, error) {
	ctx, _, err := access.Begin(ctx, access.SetRole)
	if err != nil {
		return nil, err
	}
	var after *ent.Officer
	err = db.WithTx(ctx, func(ctx context.Context, tx *database.Tx) error {
		// Whoever changes a role waits here for everybody else who does.
		if _, err := tx.Exec(ctx, `UPDATE officers SET role = role WHERE role = 'ADMIN'`); err != nil {
			return fmt.Errorf("hold administrators: %w", err)
		}
		before, err := tx.Officer.Get(ctx, id)
		if ent.IsNotFound(err) {
			return fault.Field("officerId", fault.NotFound, "There is no such officer.")
		}
		if err != nil {
			return fmt.Errorf("load officer: %w", err)
		}
		if before.Role == to {
			after = before
			return nil
		}
		if before.Role == access.Admin {
			if err := othersLeft(ctx, tx, id); err != nil {
				return err
			}
		}
		after, err = tx.Officer.UpdateOneID(id).SetRole(to).Save(ctx)
		if err != nil {
			return fmt.Errorf("set role: %w", err)
		}
		return log.Record(ctx, tx, audit.Event{
			Type: audit.RoleChanged, Kind: audit.Officer, ID: id, Owner: id, Person: after.Email, Detail: audit.Detail{Role: string(to)},
		})
	})
	if err != nil {
		return nil, err
	}
	return after, nil
}

func othersLeft(ctx context.Context, tx *database.Tx, id uuid.UUID) error {
	others, err := tx.Officer.Query().Where(officer.RoleEQ(access.Admin), officer.IDNEQ(id)).Exist(ctx)
	if err != nil {
		return fmt.Errorf("look for other administrators: %w", err)
	}
	if !others {
		return fault.Field("role", fault.Conflict, "This is the last administrator. Make somebody else one first.")
	}
	return nil
}
