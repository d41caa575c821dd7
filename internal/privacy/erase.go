package privacy

import (
	"context"
	"database/sql"
	"fmt"

	"entgo.io/ent/dialect"
	"github.com/google/uuid"

	"techbiz/internal/access"
	"techbiz/internal/address"
	"techbiz/internal/database"
	"techbiz/internal/fault"
)

// Erased is what an erasure did.
type Erased struct {
	Cancelled   int // open invitations that were ended
	Invitations int // made nameless
	Rows        int // of lists: removed from drafts, made nameless in the others
	Officer     bool
	Sandbox     int // people and mails of the sandbox
}

// Erase removes what is held about the person with this address, in one
// transaction: invitations, their history and rows of lists are made nameless, rows
// of drafts go; an officer is signed out, loses tokens and roles, and becomes
// nameless, and what the officer began goes on. With cancel, open invitations are
// ended first, and withdrawn from the directory; the account of somebody who has
// activated it is the directory's, and stays there. Codes: CONFLICT where
// invitations are open and cancel is not given.
func (s *Service) Erase(ctx context.Context, email string, cancel bool) (Erased, error) {
	email = address.Fold(email)
	var e Erased
	var lists []uuid.UUID
	err := s.DB.WithTx(access.System(ctx), func(ctx context.Context, tx *database.Tx) (err error) {
		e = Erased{}
		if err := secureDelete(ctx, s.DB, tx); err != nil {
			return err
		}
		if lists, err = s.eraseInvitations(ctx, tx, email, cancel, &e); err != nil {
			return err
		}
		if err := eraseRows(ctx, tx, email, &e); err != nil {
			return err
		}
		if err := eraseOfficer(ctx, tx, email, &e); err != nil {
			return err
		}
		if err := eraseSandbox(ctx, tx, email, &e); err != nil {
			return err
		}
		for _, also := range s.Also {
			if err := also(ctx, tx, email); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return Erased{}, err
	}
	for _, id := range lists { // the last of its work may have been cancelled
		if err := s.Invite.CompleteBatch(ctx, id); err != nil {
			return e, err
		}
	}
	return e, s.DB.Tidy(ctx, tablesErased...)
}

// tablesErased are those whose rows an erasure changes.
var tablesErased = []string{
	"invitations", "invitation_events", "batch_rows", "officers", "sessions", "tokens", "sign_in_codes", "idempotency_keys",
	"officer_identities", "domain_requests", "sandbox_persons", "sandbox_mails",
}

// secureDelete lets SQLite overwrite what it deletes.
func secureDelete(ctx context.Context, db *database.DB, tx *database.Tx) error {
	if db.Dialect() != dialect.SQLite {
		return nil
	}
	return tx.Query(ctx, `PRAGMA secure_delete = ON`, nil, func(*sql.Rows) error { return nil })
}

func (s *Service) eraseInvitations(ctx context.Context, tx *database.Tx, email string, cancel bool, e *Erased) (lists []uuid.UUID, err error) {
	all, err := selectIDs(ctx, tx, theirs, email)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	args := []any{}
	open, err := selectIDs(ctx, tx, `SELECT id FROM invitations WHERE open AND id IN (`+among(all, &args)+`)`, args...)
	if err != nil {
		return nil, err
	}
	if len(open) > 0 && !cancel {
		return nil, fault.New(fault.Conflict, "%d invitations of this person are open. Cancel them first, or erase with --cancel.", len(open))
	}
	if err := s.Invite.End(ctx, tx, "Ended, for the person's data was erased.", open); err != nil {
		return nil, err
	}
	if e.Cancelled = len(open); e.Cancelled > 0 {
		args = []any{}
		if lists, err = selectIDs(ctx, tx, `SELECT DISTINCT batch_id FROM invitations WHERE batch_id IS NOT NULL AND id IN (`+among(open, &args)+`)`, args...); err != nil {
			return nil, err
		}
	}
	e.Invitations = len(all)
	return lists, anonymise(ctx, tx, all)
}

// eraseRows sees to the rows of lists that have no invitation.
func eraseRows(ctx context.Context, tx *database.Tx, email string, e *Erased) error {
	rows, err := selectIDs(ctx, tx, `SELECT id FROM batch_rows WHERE email_key = $1`, email)
	if err != nil {
		return err
	}
	more, err := unkeyed(ctx, tx, email)
	if err != nil {
		return err
	}
	rows = append(rows, more...)
	for part := range chunks(rows) {
		args := []any{}
		if _, err := tx.Exec(ctx, `DELETE FROM batch_rows WHERE id IN (`+among(part, &args)+`)
			AND batch_id IN (SELECT id FROM batches WHERE state = 'DRAFT')`, args...); err != nil {
			return fmt.Errorf("remove rows of drafts: %w", err)
		}
	}
	e.Rows = len(rows)
	return anonymiseRows(ctx, tx, rows) // those that are still there
}

// eraseOfficer makes an officer nameless, who still stands behind the invitations
// that the officer made. The agency stays, so that its administrators can go on
// with them.
func eraseOfficer(ctx context.Context, tx *database.Tx, email string, e *Erased) error {
	for _, q := range []string{
		`DELETE FROM sign_in_codes WHERE email = $1`,
		`DELETE FROM sessions WHERE ` + theirOfficer,
		`DELETE FROM tokens WHERE ` + theirOfficer,
		`DELETE FROM idempotency_keys WHERE ` + theirOfficer,
		`DELETE FROM officer_identities WHERE ` + theirOfficer,
		`UPDATE domain_requests SET reason = '` + RemovedText + `' WHERE ` + theirOfficer,
	} {
		if _, err := tx.Exec(ctx, q, email); err != nil {
			return fmt.Errorf("end what an officer has: %w", err)
		}
	}
	for _, mention := range []struct{ table, column string }{{"invitation_events", "detail"}, {"invitations", "failure"}} {
		if _, err := tx.Exec(ctx, fmt.Sprintf(`UPDATE %[1]s SET %[2]s = replace(%[2]s, $1, '%[3]s') WHERE replace(%[2]s, $1, '') <> %[2]s`,
			mention.table, mention.column, RemovedText), email); err != nil {
			return fmt.Errorf("remove the name of an officer: %w", err)
		}
	}
	n, err := tx.Exec(ctx, `UPDATE officers SET email = 'removed.' || id || '@removed.invalid', name = NULL, role = 'OFFICER' WHERE email = $1`, email)
	if err != nil {
		return fmt.Errorf("anonymise an officer: %w", err)
	}
	e.Officer = n > 0
	return nil
}

func eraseSandbox(ctx context.Context, tx *database.Tx, email string, e *Erased) error {
	people, err := selectIDs(ctx, tx, `SELECT id FROM sandbox_persons WHERE email_key = $1`, email)
	if err != nil {
		return err
	}
	if err := anonymiseSandbox(ctx, tx, people); err != nil {
		return err
	}
	mails, err := tx.Exec(ctx, `DELETE FROM sandbox_mails WHERE to_key = $1`, email)
	e.Sandbox = len(people) + mails
	return err
}
