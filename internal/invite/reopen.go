package invite

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/google/uuid"

	"techbiz/ent/invitation"
	"techbiz/internal/access"
	"techbiz/internal/database"
	"techbiz/internal/fault"
	"techbiz/internal/jobs"
)

// failed is an invitation that may be tried again.
type failed struct {
	id, inviter             uuid.UUID
	email, userType         string
	emailKey                string
	usernameKey, sealed     sql.NullString
	number                  string
	emailHeld, usernameHeld bool
	numberHeld              bool
}

// keys are what it would hold again, by field.
func (f failed) keys() map[string]string {
	return map[string]string{"email": f.emailKey, "techPassUsername": f.usernameKey.String, "contactNumber": f.number}
}

// why says what stands in the way of another try, given what those before it take.
func (f failed) why(r Rules, taken map[string]map[string]bool) *fault.Error {
	for field, held := range map[string]bool{"email": f.emailHeld, "techPassUsername": f.usernameHeld, "contactNumber": f.numberHeld} {
		if key := f.keys()[field]; held || key != "" && taken[field][key] {
			return fault.Field(field, fault.AlreadyInvited, "Another invitation with this %s is open by now.",
				map[string]string{"email": "email address", "techPassUsername": "username", "contactNumber": "contact number"}[field])
		}
	}
	if left := r.Still(f.email, invitation.UserType(f.userType), ""); len(left) > 0 {
		return left[0]
	}
	return nil
}

// Reopen gives failed invitations of a batch that the actor reaches another try and
// queues their work: all of them, or those that only lets through. What somebody else
// holds by now, or is allowed no more, stays failed and says so. It returns how many of
// whose are open again, and the first reason why one is not. Whoever calls holds the
// batch.
func (s *Service) Reopen(ctx context.Context, tx *database.Tx, actor access.Actor, batch uuid.UUID, only func(uuid.UUID) bool) (inviters map[uuid.UUID]int, refused *fault.Error, err error) {
	reached, _, err := Inviters(ctx, tx, batch)
	if err != nil {
		return nil, nil, err
	}
	ctx = access.System(ctx)
	if err := s.LapseFor(ctx, tx, batch); err != nil {
		return nil, nil, err
	}
	rules, err := s.Rules(ctx, tx.Client)
	if err != nil {
		return nil, nil, err
	}
	all, err := failedOf(ctx, tx, batch)
	if err != nil {
		return nil, nil, err
	}
	taken := map[string]map[string]bool{"email": {}, "techPassUsername": {}, "contactNumber": {}}
	var reopened []uuid.UUID
	inviters = map[uuid.UUID]int{}
	var stay [][]any
	beyond := false
	for _, f := range all {
		if !only(f.id) {
			continue
		}
		if reached[f.inviter] == 0 {
			beyond = true
			continue
		}
		if why := f.why(rules, taken); why != nil {
			stay = append(stay, []any{f.id, why.Message})
			if refused == nil {
				refused = why
			}
			continue
		}
		reopened = append(reopened, f.id)
		inviters[f.inviter]++
		for field, key := range f.keys() {
			taken[field][key] = true
		}
	}
	if beyond && refused == nil {
		refused = fault.New(fault.BatchEmpty, "Another officer invited this person, so only an administrator can try it again.")
	}
	if err := stayFailed(ctx, tx, stay); err != nil || len(reopened) == 0 {
		return nil, refused, err
	}
	return inviters, refused, s.reopen(ctx, tx, actor, reopened)
}

// failedOf returns the failed invitations of a batch, and what of each an open
// invitation holds.
func failedOf(ctx context.Context, tx *database.Tx, batch uuid.UUID) ([]failed, error) {
	var all []failed
	err := tx.Query(ctx, `SELECT f.id, f.inviter_id, f.email, f.user_type, f.email_key, f.username_key, f.contact_number,
			EXISTS (SELECT 1 FROM invitations o WHERE o.open AND o.email_key = f.email_key),
			EXISTS (SELECT 1 FROM invitations o WHERE o.open AND o.username_key = f.username_key),
			EXISTS (SELECT 1 FROM invitations o WHERE o.open AND o.number_key = f.number_key)
				OR EXISTS (SELECT 1 FROM invitations o WHERE o.open AND o.number_key2 = f.number_key2)
		FROM invitations f WHERE f.batch_id = $1 AND f.provisioning = 'FAILED' AND f.anonymised_at IS NULL AND f.techpass_status <> 'ONBOARDED'
		ORDER BY f.id`, []any{batch}, func(r *sql.Rows) error {
		var f failed
		err := r.Scan(&f.id, &f.inviter, &f.email, &f.userType, &f.emailKey, &f.usernameKey, &f.sealed, &f.emailHeld, &f.usernameHeld, &f.numberHeld)
		if err == nil {
			f.number, _, err = Number(tx.Keys, f.id, &f.sealed.String)
		}
		all = append(all, f)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("look for failed invitations: %w", err)
	}
	return all, nil
}

// stayFailed notes why another try was not possible.
func stayFailed(ctx context.Context, tx *database.Tx, why [][]any) error {
	if len(why) == 0 {
		return nil
	}
	args := []any{tx.Now}
	_, err := tx.Exec(ctx, `WITH stay(id, why) AS (`+tx.Table(&args, []string{"uuid", "text"}, why)+`)
		UPDATE invitations SET failure = stay.why, updated_at = $1 FROM stay WHERE invitations.id = stay.id`, args...)
	if err != nil {
		return fmt.Errorf("note why invitations stay failed: %w", err)
	}
	return nil
}

// reopen moves invitations from FAILED to QUEUED. They begin anew, with a number
// of their own for the mail; what the first try may have left in the directory
// their work withdraws first (makeRoom).
func (s *Service) reopen(ctx context.Context, tx *database.Tx, actor access.Actor, ids []uuid.UUID) error {
	rows := make([][]any, len(ids))
	events := make([]Event, len(ids))
	for n, id := range ids {
		rows[n] = []any{id}
		events[n] = Event{Invitation: id, What: EventRetried, Officer: &actor.OfficerID}
	}
	args := []any{tx.Now}
	n, err := tx.Exec(ctx, `WITH again(id) AS (`+tx.Table(&args, []string{"uuid"}, rows)+`)
		UPDATE invitations SET open = true, provisioning = 'QUEUED', techpass_status = 'NOT_ONBOARDED', updated_at = $1,
			attempts = 0, failure = NULL, seed_status = NULL, seed_done = false, account_ref = NULL, link = NULL, expires_at = NULL,
			mail = 'NONE', mail_failure = NULL, mails_wanted = mails_wanted + 1, mails_done = mails_wanted
		FROM again WHERE invitations.id = again.id AND invitations.provisioning = 'FAILED'`, args...)
	if err != nil {
		return fmt.Errorf("open invitations again: %w", err)
	}
	if n != len(ids) {
		return database.ErrLost
	}
	if err := Record(ctx, tx, tx.Now, events...); err != nil {
		return err
	}
	return s.Queue(ctx, tx, jobs.Bulk, ids)
}
