package batch

import (
	"context"
	"database/sql"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"github.com/riverqueue/river"

	"techbiz/ent"
	entbatch "techbiz/ent/batch"
	"techbiz/ent/batchrow"
	"techbiz/internal/access"
	"techbiz/internal/database"
	"techbiz/internal/directory"
	"techbiz/internal/fault"
	"techbiz/internal/invite"
	"techbiz/internal/jobs"
)

// jobRows is how many rows one job carries: large enough for set-wise work to
// pay, small enough for a run to stay short.
const jobRows = 250

// Submit creates the accounts of a list's valid rows. What other requests took
// since the review is flagged first, and stays flagged. Without skipFlagged a
// flagged row stops it; with it, flagged rows stay behind and can be corrected
// and submitted later. Codes: NOT_FOUND, BATCH_NOT_DRAFT, ROWS_FLAGGED,
// BATCH_EMPTY, UNAUTHENTICATED, FORBIDDEN.
func (s *Service) Submit(ctx context.Context, id uuid.UUID, skipFlagged bool) (*ent.Batch, error) {
	var refused error
	b, err := s.change(ctx, func(ctx context.Context, tx *database.Tx) (uuid.UUID, error) {
		b, err := hold(ctx, tx, id)
		if err != nil {
			return uuid.Nil, err
		}
		if err := s.flagTaken(ctx, tx, id); err != nil {
			return uuid.Nil, err
		}
		valid, flagged, err := remaining(ctx, tx, id)
		if err != nil {
			return uuid.Nil, err
		}
		// What the new look has flagged is kept also when nothing is submitted.
		if refused = refuse(b, len(valid), flagged, skipFlagged); refused != nil {
			return id, nil
		}
		return id, s.submit(ctx, tx, b, valid)
	})
	if refused != nil {
		return nil, refused
	}
	return b, err
}

func refuse(b *ent.Batch, valid, flagged int, skipFlagged bool) error {
	switch {
	case valid == 0 && b.State != entbatch.StateDraft:
		return notDraft()
	case flagged > 0 && !skipFlagged:
		return fault.New(fault.RowsFlagged, "%d of the users need your attention. Correct or remove them, or submit without them.", flagged)
	case valid == 0:
		return fault.New(fault.BatchEmpty, "There is no user to submit. Add one, or correct those that are flagged.")
	}
	return nil
}

// remaining returns the rows that can be submitted, in their order, and how many
// cannot.
func remaining(ctx context.Context, tx *database.Tx, id uuid.UUID) (valid []uuid.UUID, flagged int, err error) {
	err = tx.Query(ctx, `SELECT id, flagged FROM batch_rows WHERE batch_id = $1 AND NOT submitted ORDER BY position`, []any{id},
		func(r *sql.Rows) error {
			var row uuid.UUID
			var bad bool
			if err := r.Scan(&row, &bad); err != nil {
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

// flagTaken flags rows whose address, username or number an open invitation holds
// by now, for all that is taken of a row.
func (s *Service) flagTaken(ctx context.Context, tx *database.Tx, id uuid.UUID) error {
	taken := map[uuid.UUID]int{} // which of identifying, as bits
	for i, by := range identifying {
		err := tx.Query(ctx, fmt.Sprintf(`SELECT r.id FROM batch_rows r JOIN invitations i ON i.open AND i.%[1]s = r.%[1]s
			WHERE r.batch_id = $1 AND NOT r.flagged AND NOT r.submitted
				AND NOT (i.method = 'EMAIL_INVITATION' AND i.techpass_status = 'NOT_ONBOARDED' AND COALESCE(i.expires_at, $2) <= $3)`, by.column),
			[]any{id, tx.Now.Add(1), tx.Now}, func(r *sql.Rows) error {
				var row uuid.UUID
				err := r.Scan(&row)
				taken[row] |= 1 << i
				return err
			})
		if err != nil {
			return fmt.Errorf("look for open invitations: %w", err)
		}
	}
	alike := map[int][]uuid.UUID{}
	for row, fields := range taken {
		alike[fields] = append(alike[fields], row)
	}
	for fields, rows := range alike {
		for part := range slices.Chunk(rows, directory.MaxPeople) {
			if err := tx.BatchRow.Update().Where(batchrow.IDIn(part...)).SetIssues(takenIssues(fields)).SetFlagged(true).
				Exec(access.System(ctx)); err != nil {
				return fmt.Errorf("flag rows: %w", err)
			}
		}
	}
	return nil
}

// takenIssues are the issues of a row of which these fields are taken.
func takenIssues(fields int) fault.List {
	var issues fault.List
	for i, by := range identifying {
		if fields&(1<<i) != 0 {
			issues = append(issues, fault.Field(by.field, fault.AlreadyInvited,
				"An invitation with this %s was opened since the review. Change it, or remove the user.", by.name))
		}
	}
	return issues
}

// submit turns rows into invitations of the same ids, set-wise, and queues their
// work in chunks.
func (s *Service) submit(ctx context.Context, tx *database.Tx, b *ent.Batch, valid []uuid.UUID) error {
	actor, err := access.Require(ctx)
	if err != nil {
		return err
	}
	if err := s.Invite.LapseFor(ctx, tx, b.ID); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `INSERT INTO invitations (
			id, inviter_id, batch_id, method, user_type, email, email_key, username, username_key,
			first_name, first_name_key, last_name, last_name_key, contact_number, number_key,
			organisation, organisation_key, department, department_key, seed_required, reason,
			invited_at, updated_at, open, provisioning, techpass_status, mail)
		SELECT id, $2, batch_id, 'MULTIPLE_ACCOUNTS', user_type, email, email_key, username, username_key,
			first_name, first_name_key, last_name, last_name_key, number_key, number_key,
			organisation, organisation_key, department, NULLIF(department_key, ''), seed_required, reason,
			$3, $3, true, 'QUEUED', 'NOT_ONBOARDED', 'NONE'
		FROM batch_rows WHERE batch_id = $1 AND NOT flagged AND NOT submitted`, b.ID, b.OwnerID, tx.Now); err != nil {
		return fmt.Errorf("store invitations: %w", err)
	}
	if _, err := tx.Exec(ctx, `UPDATE batch_rows SET submitted = NOT flagged, left_out = flagged
		WHERE batch_id = $1 AND NOT submitted`, b.ID); err != nil {
		return fmt.Errorf("mark rows: %w", err)
	}
	u := b.Update().SetState(entbatch.StateSubmitted).ClearCompletedAt()
	if b.SubmittedAt == nil {
		u.SetSubmittedAt(tx.Now)
	}
	if err := u.Exec(ctx); err != nil {
		return fmt.Errorf("submit batch: %w", err)
	}
	events := make([]invite.Event, len(valid))
	for n, row := range valid {
		events[n] = invite.Event{Invitation: row, What: invite.EventInvited, Officer: &actor.OfficerID}
	}
	if err := invite.Record(ctx, tx, tx.Now, events...); err != nil {
		return err
	}
	var work []river.JobArgs
	for part := range slices.Chunk(valid, jobRows) {
		work = append(work, invite.Deliver{IDs: part})
	}
	return s.Jobs.Insert(ctx, tx, jobs.Bulk, work...)
}
