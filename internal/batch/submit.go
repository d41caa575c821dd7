package batch

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/google/uuid"

	"techbiz/ent"
	entbatch "techbiz/ent/batch"
	"techbiz/internal/access"
	"techbiz/internal/audit"
	"techbiz/internal/database"
	"techbiz/internal/fault"
	"techbiz/internal/invite"
	"techbiz/internal/jobs"
)

// Submit creates the accounts of a list's valid rows. What is no longer right is
// flagged first, and stays flagged: what other requests took since the review, a
// domain that is allowed no more, a start date that has passed. Without skipFlagged
// a flagged row stops it; with it, flagged rows stay behind and can be corrected
// and submitted later. Of two at the same moment one submits. Codes: NOT_FOUND,
// BATCH_NOT_DRAFT, ROWS_FLAGGED, BATCH_EMPTY, UNAUTHENTICATED, FORBIDDEN.
func (s *Service) Submit(ctx context.Context, id uuid.UUID, skipFlagged bool) (*ent.Batch, error) {
	ctx, _, err := access.Begin(ctx, access.SubmitBatch)
	if err != nil {
		return nil, err
	}
	var refused error
	b, err := s.changeHeld(ctx, id, hold, func(ctx context.Context, tx *database.Tx, b *ent.Batch) error {
		if err := s.checkAgain(ctx, tx, id); err != nil {
			return err
		}
		valid, flagged, err := remaining(ctx, tx, id)
		if err != nil {
			return err
		}
		// What the new look has flagged is kept also when nothing is submitted.
		if refused = refuse(b, len(valid), flagged, skipFlagged); refused != nil {
			return nil
		}
		if err := s.submit(ctx, tx, b, valid); err != nil {
			return err
		}
		return s.record(ctx, tx, audit.ListSubmitted, b, audit.Detail{Users: len(valid), LeftOut: flagged})
	})
	if refused != nil {
		return nil, refused
	}
	return b, err
}

func refuse(b *ent.Batch, valid, flagged int, skipFlagged bool) error {
	switch {
	case valid == 0 && flagged > 0 && b.State != entbatch.StateDraft:
		return fault.New(fault.BatchNotDraft,
			"This list has been submitted already, and none of the users that were left out has been corrected since.")
	case valid == 0 && b.State != entbatch.StateDraft:
		return notDraft()
	case b.State == entbatch.StateStopped:
		return fault.New(fault.BatchNotDraft, "This list is stopped. Continue it first, and then submit the other users.")
	case flagged > 0 && !skipFlagged:
		return fault.New(fault.RowsFlagged, "%d of the users need your attention. Correct or remove them, or submit without them.", flagged)
	case valid == 0:
		return fault.New(fault.BatchEmpty, "There is no user to submit. Add one, or correct those that are flagged.")
	}
	return nil
}

// waiting is a row that can be submitted, with its start date if it has one.
type waiting struct {
	id      uuid.UUID
	startOn string
}

// remaining returns the rows that can be submitted, in their order, and how many
// cannot.
func remaining(ctx context.Context, tx *database.Tx, id uuid.UUID) (valid []waiting, flagged int, err error) {
	err = tx.Query(ctx, `SELECT id, COALESCE(start_on, ''), flagged FROM batch_rows
		WHERE batch_id = $1 AND NOT submitted ORDER BY position`, []any{id},
		func(r *sql.Rows) error {
			var row waiting
			var bad bool
			if err := r.Scan(&row.id, &row.startOn, &bad); err != nil {
				return err
			}
			if bad {
				flagged++
			} else {
				valid = append(valid, row)
			}
			return nil
		})
	if err != nil {
		return nil, 0, fmt.Errorf("look for rows to submit: %w", err)
	}
	return valid, flagged, nil
}

// submit turns rows into invitations of the same ids, set-wise, and queues their
// work in chunks. With a recall window, and before its start date, a row is
// scheduled only.
func (s *Service) submit(ctx context.Context, tx *database.Tx, b *ent.Batch, valid []waiting) error {
	actor, err := access.Require(ctx)
	if err != nil {
		return err
	}
	if err := s.Invite.LapseFor(ctx, tx, b.ID); err != nil {
		return err
	}
	if err := s.makeInvitations(ctx, tx, b); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `UPDATE batch_rows SET submitted = NOT flagged, left_out = flagged
		WHERE batch_id = $1 AND NOT submitted`, b.ID); err != nil {
		return fmt.Errorf("mark rows: %w", err)
	}
	u := b.Update().SetState(entbatch.StateSubmitted).ClearCompletedAt().ClearExpiresAt().SetResumedAt(tx.Now)
	if b.SubmittedAt == nil {
		u.SetSubmittedAt(tx.Now)
	}
	if s.Recall > 0 {
		u.SetRecallUntil(tx.Now.Add(s.Recall))
	} else {
		u.ClearRecallUntil()
	}
	if err := u.Exec(ctx); err != nil {
		return fmt.Errorf("submit batch: %w", err)
	}
	events := make([]invite.Event, len(valid))
	var now []uuid.UUID
	for n, row := range valid {
		events[n] = invite.Event{Invitation: row.id, What: invite.EventInvited, Officer: &actor.OfficerID}
		if s.Recall == 0 && !invite.Scheduled(row.startOn, tx.Now) {
			now = append(now, row.id)
		}
	}
	if err := invite.Record(ctx, tx, tx.Now, events...); err != nil {
		return err
	}
	if s.Recall > 0 {
		return s.Jobs.Insert(ctx, tx, jobs.Bulk, invite.Start{At: tx.Now.Add(s.Recall)})
	}
	return s.Invite.Queue(ctx, tx, jobs.Bulk, now)
}

func (s *Service) makeInvitations(ctx context.Context, tx *database.Tx, b *ent.Batch) error {
	_, err := tx.Exec(ctx, `INSERT INTO invitations (
			id, inviter_id, batch_id, method, user_type, email, email_key, username, username_key,
			first_name, first_name_key, last_name, last_name_key, contact_number, number_key, number_key2,
			organisation, organisation_key, department, department_key, seed_required, reason, start_on,
			invited_at, updated_at, open, provisioning, techpass_status, mail)
		SELECT id, $2, batch_id, 'MULTIPLE_ACCOUNTS', user_type, email, email_key, username, username_key,
			first_name, first_name_key, last_name, last_name_key, contact_number, number_key, number_key2,
			organisation, organisation_key, department, NULLIF(department_key, ''), seed_required, reason, start_on,
			$3, $3, true, CASE WHEN $4 OR start_on > $5 THEN 'SCHEDULED' ELSE 'QUEUED' END, 'NOT_ONBOARDED', 'NONE'
		FROM batch_rows WHERE batch_id = $1 AND NOT flagged AND NOT submitted`,
		b.ID, b.OwnerID, tx.Now, s.Recall > 0, invite.StartedDay(tx.Now))
	if err != nil {
		return fmt.Errorf("store invitations: %w", err)
	}
	return nil
}
