package invite

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"techbiz/ent"
	"techbiz/ent/invitation"
	"techbiz/ent/predicate"
	"techbiz/internal/database"
	"techbiz/internal/fault"
)

// Deliver is the job that moves accepted invitations on: the account or the link
// in the directory, the SEED licence, the mail. It carries one invitation or a
// chunk of a batch; each step is taken for all rows at once, and its result is
// stored for each row before the next step that can't be taken twice. Run again, it
// goes on where the rows say.
type Deliver struct {
	IDs []uuid.UUID `json:"ids"`
}

// Kind names the job.
func (Deliver) Kind() string { return "invitation_deliver" }

// row is an invitation that is worked on.
type row struct {
	*ent.Invitation
	made    bool // the directory has just made what the row says, which is not stored yet
	refused bool // the directory has refused it
}

// worked are the columns that the work reads; the other half would take as long to
// load.
var worked = []string{
	invitation.FieldInviterID, invitation.FieldMethod, invitation.FieldEmail, invitation.FieldEmailKey,
	invitation.FieldUsername, invitation.FieldUsernameKey, invitation.FieldFirstName, invitation.FieldLastName,
	invitation.FieldContactNumber, invitation.FieldNumberKey, invitation.FieldNumberKey2,
	invitation.FieldSeedRequired, invitation.FieldReason, invitation.FieldProvisioning, invitation.FieldAttempts,
	invitation.FieldSeedStatus, invitation.FieldAccountRef, invitation.FieldLink, invitation.FieldSeedDone,
	invitation.FieldExpiresAt, invitation.FieldMail, invitation.FieldMailFailure, invitation.FieldMailsWanted,
	invitation.FieldMailsDone, invitation.FieldSendCount, invitation.FieldLastSentAt,
}

// rows is the part of the invitations that still has something due.
type rows []*row

func (s *Service) deliver(ctx context.Context, d Deliver) error {
	err := s.steps(ctx, d.IDs)
	if fault.CodeOf(err) == fault.Unavailable || fault.CodeOf(err) == fault.Throttled {
		// The cause is on the rows; what is left of them is tried again.
		if ferr := s.stumble(ctx, d.IDs, err); ferr != nil {
			return errors.Join(err, ferr)
		}
	}
	return errors.Join(err, s.finish(ctx, d.IDs))
}

// steps takes each step for the rows for which it is due. They are loaded once; what
// a step learns it notes on them, and what was cancelled or held meanwhile drops out.
func (s *Service) steps(ctx context.Context, ids []uuid.UUID) error {
	loaded, err := s.DB.Invitation.Query().Where(among(ids), due()).
		WithInviter().Order(ent.Asc(invitation.FieldID)).Select(worked...).All(ctx)
	if err != nil {
		return fmt.Errorf("load invitations: %w", err)
	}
	all := make(rows, len(loaded))
	for n, i := range loaded {
		all[n] = &row{Invitation: i}
	}
	left := slices.Clone(all)
	for _, step := range []func(context.Context, rows) (rows, error){s.makeRoom, s.provision, s.assignSEED} {
		if len(left) == 0 {
			return nil
		}
		if left, err = step(ctx, left); err != nil {
			// What the directory has made shows, however long the rest is delayed.
			return errors.Join(err, s.DB.WithTx(ctx, func(ctx context.Context, tx *database.Tx) error { return storeMade(ctx, tx, all) }))
		}
	}
	// Whether a mail is still wanted is asked where it is marked as sent.
	return s.mailAll(ctx, left)
}

// among matches the invitations with these ids.
func among(ids []uuid.UUID) predicate.Invitation {
	return database.OneOfIDs(invitation.FieldID, ids)
}

// stillDue drops the rows that have nothing due any more.
func (s *Service) stillDue(ctx context.Context, all rows) (rows, error) {
	ids := make([]uuid.UUID, len(all))
	for n, i := range all {
		ids[n] = i.ID
	}
	left, err := s.DB.Invitation.Query().Where(among(ids), due()).IDs(ctx)
	if err != nil {
		return nil, fmt.Errorf("look for what is due: %w", err)
	}
	is := make(map[uuid.UUID]bool, len(left))
	for _, id := range left {
		is[id] = true
	}
	return slices.DeleteFunc(all, func(i *row) bool { return !is[i.ID] }), nil
}

// makeRoom withdraws what ended invitations still hold in the directory of the
// rows' addresses, usernames and numbers: for us they are free already.
func (s *Service) makeRoom(ctx context.Context, all rows) (rows, error) {
	var emails, usernames, numbers, numbers2 []string
	for _, i := range all {
		emails = append(emails, i.EmailKey)
		if i.UsernameKey != nil {
			usernames = append(usernames, *i.UsernameKey)
		}
		if i.NumberKey != nil {
			numbers = append(numbers, *i.NumberKey)
		}
		if i.NumberKey2 != nil {
			numbers2 = append(numbers2, *i.NumberKey2)
		}
	}
	leaving, err := s.DB.Invitation.Query().Where(invitation.Withdrawing(true), invitation.Or(
		database.OneOf(invitation.FieldEmailKey, emails),
		database.OneOf(invitation.FieldUsernameKey, usernames),
		database.OneOf(invitation.FieldNumberKey, numbers),
		database.OneOf(invitation.FieldNumberKey2, numbers2))).IDs(ctx)
	if err != nil {
		return nil, fmt.Errorf("look for withdrawals: %w", err)
	}
	if len(leaving) == 0 {
		return all, nil
	}
	if err := s.withdrawNow(ctx, leaving); err != nil {
		return nil, err
	}
	return s.stillDue(ctx, all)
}

// fail gives rows up, each with its reason.
func fail(ctx context.Context, tx *database.Tx, reasons map[uuid.UUID]string) error {
	if len(reasons) == 0 {
		return nil
	}
	values := make([][]any, 0, len(reasons))
	events := make([]Event, 0, len(reasons))
	for id, why := range reasons {
		values = append(values, []any{id, why})
		events = append(events, Event{Invitation: id, What: EventFailed, Detail: why})
	}
	args := []any{tx.Now}
	// A resend that fails leaves the account as it is; only a first delivery ends
	// the invitation. What may have been made all the same is withdrawn.
	_, err := tx.Exec(ctx, `WITH failed(id, why) AS (`+tx.Table(&args, []string{"uuid", "text"}, values)+`)
		UPDATE invitations SET failure = failed.why, updated_at = $1, attempts = 0,
			mails_done = mails_wanted,
			withdrawing = CASE WHEN provisioning = 'QUEUED' THEN true ELSE withdrawing END,
			open = CASE WHEN provisioning = 'QUEUED' THEN false ELSE open END,
			techpass_status = CASE WHEN provisioning = 'QUEUED' THEN 'USER_NOT_FOUND' ELSE techpass_status END,
			seed_status = CASE WHEN provisioning = 'QUEUED' THEN NULL ELSE seed_status END,
			expires_at = CASE WHEN provisioning = 'QUEUED' THEN NULL ELSE expires_at END,
			provisioning = CASE WHEN provisioning = 'QUEUED' THEN 'FAILED' ELSE provisioning END
		FROM failed WHERE invitations.id = failed.id AND invitations.open`, args...)
	if err != nil {
		return fmt.Errorf("store failures: %w", err)
	}
	return Record(ctx, tx, tx.Now, events...)
}

// stumble notes on the rows that are still due what kept them, and gives up those
// that have been tried often enough. Being told to slow down is no failed try.
func (s *Service) stumble(ctx context.Context, ids []uuid.UUID, cause error) error {
	why := "The work is delayed and goes on by itself."
	if f := fault.Of(cause); len(f) > 0 {
		why = f[0].Message
	}
	count := 1
	if fault.CodeOf(cause) == fault.Throttled {
		count = 0
	}
	return s.DB.WithTx(ctx, func(ctx context.Context, tx *database.Tx) error {
		_, err := tx.Invitation.Update().Where(invitation.IDIn(ids...), due()).
			AddAttempts(count).SetFailure(why + " It is tried again by itself.").SetUpdatedAt(tx.Now).Save(ctx)
		if err != nil {
			return fmt.Errorf("note failure: %w", err)
		}
		over, err := tx.Invitation.Query().Where(invitation.IDIn(ids...), due(), invitation.AttemptsGTE(s.Attempts)).IDs(ctx)
		if err != nil {
			return fmt.Errorf("look for exhausted rows: %w", err)
		}
		reasons := map[uuid.UUID]string{}
		for _, id := range over {
			reasons[id] = why + fmt.Sprintf(" Given up after %d tries.", s.Attempts)
		}
		return fail(ctx, tx, reasons)
	})
}
