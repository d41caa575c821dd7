package privacy

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"techbiz/internal/access"
	"techbiz/internal/audit"
	"techbiz/internal/database"
	"techbiz/internal/invite"
	"techbiz/internal/jobs"
)

// What stands in the place of what was removed, where something has to. No mail
// ever reaches the address (RFC 2606).
const (
	RemovedEmail = invite.RemovedEmail
	RemovedText  = "(removed)"
)

// Options configure a Service.
type Options struct {
	DB     *database.DB
	Jobs   *jobs.Queue // nil for a service that only shows and erases
	Invite *invite.Service
	// Retention is how long after its last change an ended invitation still tells
	// who it was about; 0 for ever.
	Retention time.Duration
	// Audit is the activity log; nil records nothing, and has nothing to export.
	Audit *audit.Log
	// Also is what else forgets a person, in the transaction of [Service.Erase]; it
	// gets the folded address.
	Also []func(ctx context.Context, tx *database.Tx, email string) error
}

// Service forgets people: old invitations by itself, one person at a time when it
// is asked to.
type Service struct{ Options }

// retainEvery is how often old invitations are looked for.
const retainEvery = time.Hour

// New returns a service and registers its kind of job.
func New(o Options) *Service {
	s := &Service{o}
	if o.Jobs != nil {
		jobs.Handle(o.Jobs, func(ctx context.Context, _ Retain) error { return s.retain(ctx) })
		o.Jobs.Every(retainEvery, Retain{})
	}
	return s
}

// Retain is the job that makes invitations nameless whose time is over.
type Retain struct{}

// Kind names the job.
func (Retain) Kind() string { return "privacy_retain" }

func (s *Service) retain(ctx context.Context) error {
	for {
		more, err := s.RetainChunk(ctx)
		switch {
		case err != nil || !more:
			return err
		case jobs.Enough(ctx):
			return jobs.Again(0)
		}
	}
}

// RetainChunk removes what tells of people from some of the data whose time is
// over, and says whether there may be more.
func (s *Service) RetainChunk(ctx context.Context) (more bool, err error) {
	if s.Retention == 0 {
		return false, nil
	}
	err = s.DB.WithTx(access.System(ctx), func(ctx context.Context, tx *database.Tx) error {
		before := tx.Now.Add(-s.Retention)
		// What the directory may still hold is withdrawn first.
		over, err := selectIDs(ctx, tx, `SELECT id FROM invitations
			WHERE updated_at < $1 AND NOT open AND NOT withdrawing AND anonymised_at IS NULL ORDER BY updated_at LIMIT $2`, before, chunk)
		if err != nil {
			return err
		}
		if err := anonymise(ctx, tx, over); err != nil {
			return err
		}
		// Users who were left out when their list was submitted have no invitation.
		out, err := selectIDs(ctx, tx, `SELECT r.id FROM batch_rows r JOIN batches b ON b.id = r.batch_id
			WHERE b.state = 'COMPLETED' AND b.completed_at < $1 AND NOT r.submitted AND r.email <> $3 LIMIT $2`, before, chunk, RemovedEmail)
		if err != nil {
			return err
		}
		if err := anonymiseRows(ctx, tx, out); err != nil {
			return err
		}
		mails, err := tx.Exec(ctx, `DELETE FROM sandbox_mails WHERE id IN (SELECT id FROM sandbox_mails WHERE sent_at < $1 LIMIT $2)`, before, chunk)
		if err != nil {
			return err
		}
		people, err := selectIDs(ctx, tx, `SELECT id FROM sandbox_persons
			WHERE state = 'TERMINATED' AND created_at < $1 AND email <> $3 LIMIT $2`, before, chunk, RemovedEmail)
		if err != nil {
			return err
		}
		more = max(len(over), len(out), mails, len(people)) == chunk
		if err := anonymiseSandbox(ctx, tx, people); err != nil || len(over)+len(out) == 0 {
			return err
		}
		return s.Audit.Record(ctx, tx, audit.Event{Type: audit.Anonymised, Detail: audit.Detail{Users: len(over) + len(out)}})
	})
	if err != nil {
		return false, fmt.Errorf("forget whose time is over: %w", err)
	}
	return more, nil
}

func selectIDs(ctx context.Context, tx *database.Tx, query string, args ...any) (ids []uuid.UUID, err error) {
	err = tx.Query(ctx, query, args, func(r *sql.Rows) error {
		var id uuid.UUID
		err := r.Scan(&id)
		ids = append(ids, id)
		return err
	})
	return ids, err
}

// anonymise removes from ended invitations, their history and the rows of lists
// that they were made of all that tells who they were about. What is counted stays:
// how, when, by whom and how it went. The directory is not asked about them any
// more. It is the one function for that.
func anonymise(ctx context.Context, tx *database.Tx, ids []uuid.UUID) error {
	for part := range chunks(ids) {
		args := []any{tx.Now, RemovedEmail, RemovedText}
		in := among(part, &args)
		n, err := tx.Exec(ctx, `UPDATE invitations SET email = $2, email_key = $2, username = NULL, username_key = NULL,
				first_name = NULL, first_name_key = NULL, last_name = NULL, last_name_key = NULL,
				contact_number = NULL, number_key = NULL, number_key2 = NULL,
				organisation = NULL, organisation_key = NULL, department = NULL, department_key = NULL, reason = $3,
				failure = NULL, mail_failure = NULL, account_ref = NULL, link = NULL, anonymised_at = $1, updated_at = $1
			WHERE NOT open AND id IN (`+in+`)`, args...)
		if err != nil {
			return fmt.Errorf("anonymise invitations: %w", err)
		}
		if n != len(part) {
			return database.ErrLost // one was opened again meanwhile
		}
		args = nil
		if _, err := tx.Exec(ctx, `UPDATE invitation_events SET detail = NULL WHERE detail IS NOT NULL AND invitation_id IN (`+among(part, &args)+`)`, args...); err != nil {
			return fmt.Errorf("anonymise the history: %w", err)
		}
		if err := anonymiseRows(ctx, tx, part); err != nil {
			return err
		}
	}
	return nil
}

// anonymiseRows is anonymise for rows of lists. Those that were not submitted are none
// to submit any more.
func anonymiseRows(ctx context.Context, tx *database.Tx, ids []uuid.UUID) error {
	for part := range chunks(ids) {
		args := []any{RemovedEmail}
		_, err := tx.Exec(ctx, `UPDATE batch_rows SET email = $1, email_key = NULL, username = NULL, username_key = NULL,
				first_name = NULL, first_name_key = '', last_name = NULL, last_name_key = '',
				country_code = NULL, contact_number = NULL, number_key = NULL, number_key2 = NULL,
				organisation = NULL, organisation_key = '', department = NULL, department_key = '',
				seed_text = NULL, start_text = NULL, reason = NULL, issues = '[]', hints = NULL, suggested = false,
				flagged = flagged OR NOT submitted
			WHERE id IN (`+among(part, &args)+`)`, args...)
		if err != nil {
			return fmt.Errorf("anonymise rows of lists: %w", err)
		}
	}
	return nil
}

// anonymiseSandbox is anonymise for people in the sandbox directory, who are
// terminated by it.
func anonymiseSandbox(ctx context.Context, tx *database.Tx, ids []uuid.UUID) error {
	for part := range chunks(ids) {
		args := []any{RemovedEmail}
		_, err := tx.Exec(ctx, `UPDATE sandbox_persons SET state = 'TERMINATED', email = $1, email_key = $1, username = NULL, username_key = NULL,
				first_name = '', last_name = '', number = NULL, number_key = NULL, number_key2 = NULL, token = 'removed ' || id
			WHERE id IN (`+among(part, &args)+`)`, args...)
		if err != nil {
			return fmt.Errorf("anonymise people of the sandbox: %w", err)
		}
	}
	return nil
}

func chunks(ids []uuid.UUID) func(yield func([]uuid.UUID) bool) {
	return slices.Chunk(ids, chunk)
}

// among is a list of ids for IN, whose parameters are appended to args.
func among(ids []uuid.UUID, args *[]any) string {
	marks := make([]string, len(ids))
	for i, id := range ids {
		*args = append(*args, id)
		marks[i] = fmt.Sprintf("$%d", len(*args))
	}
	return strings.Join(marks, ", ")
}
