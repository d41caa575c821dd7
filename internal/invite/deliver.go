package invite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"techbiz/ent"
	"techbiz/ent/invitation"
	"techbiz/ent/predicate"
	"techbiz/internal/database"
	"techbiz/internal/directory"
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

// rows is the part of the invitations that still has something due.
type rows []*ent.Invitation

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
	all, err := s.DB.Invitation.Query().Where(among(ids), due()).
		WithInviter().Order(ent.Asc(invitation.FieldID)).All(ctx)
	if err != nil {
		return fmt.Errorf("load invitations: %w", err)
	}
	for _, step := range []func(context.Context, rows) (rows, error){s.makeRoom, s.provision, s.assignSEED} {
		if len(all) == 0 {
			return nil
		}
		if all, err = step(ctx, all); err != nil {
			return err
		}
	}
	// Whether a mail is still wanted is asked where it is marked as sent.
	return s.mailAll(ctx, all)
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
	return slices.DeleteFunc(all, func(i *ent.Invitation) bool { return !is[i.ID] }), nil
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

// provision makes the links of e-mail invitations, anew at each resend, and the
// accounts of the others.
func (s *Service) provision(ctx context.Context, all rows) (rows, error) {
	var invites, creates rows
	for _, i := range all {
		switch {
		case i.Method == invitation.MethodEmailInvitation:
			invites = append(invites, i)
		case i.AccountRef == nil:
			creates = append(creates, i)
		}
	}
	if err := s.provisionPart(ctx, invites, func(ctx context.Context, part rows) ([]directory.Result, error) {
		who := make([]directory.Invitation, len(part))
		for n, i := range part {
			who[n] = directory.Invitation{Key: i.ID.String(), Email: i.Email, Round: i.MailsWanted}
		}
		return s.Directory.Invite(ctx, who)
	}); err != nil {
		return nil, err
	}
	if err := s.provisionPart(ctx, creates, func(ctx context.Context, part rows) ([]directory.Result, error) {
		who := make([]directory.Account, len(part))
		for n, i := range part {
			number, _, err := Number(s.DB.Keys, i.ID, i.ContactNumber)
			if err != nil {
				return nil, err
			}
			who[n] = directory.Account{
				Key: i.ID.String(), Email: i.Email, Username: text(i.Username),
				FirstName: text(i.FirstName), LastName: text(i.LastName), Number: number,
				Round: i.MailsWanted,
			}
		}
		return s.Directory.Create(ctx, who)
	}); err != nil {
		return nil, err
	}
	return s.stillDue(ctx, all)
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// provisionPart asks the directory for rows and stores what it made.
func (s *Service) provisionPart(ctx context.Context, all rows, call func(context.Context, rows) ([]directory.Result, error)) error {
	for part := range slices.Chunk(all, directory.MaxPeople) {
		results, err := call(ctx, part)
		if err != nil {
			return err
		}
		if err := s.DB.WithTx(ctx, func(ctx context.Context, tx *database.Tx) error {
			return storeProvisioned(ctx, tx, part, results)
		}); err != nil {
			return err
		}
		for n, r := range results {
			if r.Err == nil {
				part[n].AccountRef, part[n].Link = &r.Ref, &r.Link
			}
			if r.Err == nil && part[n].Method != invitation.MethodEmailInvitation {
				part[n].ExpiresAt = &r.ExpiresAt
			}
		}
	}
	return nil
}

// storeProvisioned keeps the directory's id and link of each row, and ends the
// rows that it refused. What was cancelled meanwhile stays so: its withdrawal
// follows.
func storeProvisioned(ctx context.Context, tx *database.Tx, part rows, results []directory.Result) error {
	var made [][]any
	refused := map[uuid.UUID]string{}
	for n, i := range part {
		r := results[n]
		switch {
		case r.Err != nil:
			refused[i.ID] = r.Err.Message
		case i.Method == invitation.MethodEmailInvitation:
			made = append(made, []any{i.ID, r.Ref, r.Link, nil, nil})
		default:
			made = append(made, []any{i.ID, r.Ref, r.Link, r.ExpiresAt, string(invitation.SeedStatusNotRequired)})
		}
	}
	if err := fail(ctx, tx, refused); err != nil {
		return err
	}
	if len(made) == 0 {
		return nil
	}
	var events []Event
	args := []any{tx.Now}
	// Another run of the same rows may have stored an account first.
	err := tx.Query(ctx, `WITH made(id, ref, link, expires, seed) AS (`+
		tx.Table(&args, []string{"uuid", "text", "text", "timestamptz", "text"}, made)+`)
		UPDATE invitations SET account_ref = made.ref, link = made.link,
			expires_at = COALESCE(made.expires, invitations.expires_at), seed_status = made.seed,
			attempts = 0, failure = NULL, updated_at = $1, checked_at = $1
		FROM made WHERE invitations.id = made.id AND invitations.open
			AND (invitations.method = 'EMAIL_INVITATION' OR invitations.account_ref IS NULL)
		RETURNING invitations.id, invitations.method = 'EMAIL_INVITATION'`, args, func(r *sql.Rows) error {
		var id uuid.UUID
		var link bool
		if err := r.Scan(&id, &link); err != nil {
			return err
		}
		if !link {
			events = append(events, Event{Invitation: id, What: EventCreated})
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("store accounts: %w", err)
	}
	return Record(ctx, tx, tx.Now, events...)
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

// assignSEED gives licences to those for whom they were asked. To ask twice gives
// one licence: so what became of them is noted on the rows, and stored with the
// mails where those are put into our own mailbox, in one transaction.
func (s *Service) assignSEED(ctx context.Context, all rows) (rows, error) {
	asked := slices.DeleteFunc(slices.Clone(all), func(i *ent.Invitation) bool {
		return !i.SeedRequired || i.SeedDone || i.AccountRef == nil
	})
	for part := range slices.Chunk(asked, directory.MaxPeople) {
		refs := make([]string, len(part))
		for n, i := range part {
			refs[n] = *i.AccountRef
		}
		results, err := s.Directory.AssignSEED(ctx, refs)
		if err != nil {
			return nil, err
		}
		for n, i := range part {
			i.SeedDone, i.SeedStatus = true, seedGiven(i, results[n])
		}
		if s.Mailbox != nil {
			continue
		}
		if err := s.DB.WithTx(ctx, func(ctx context.Context, tx *database.Tx) error {
			return storeSEED(ctx, tx, part)
		}); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// seedGiven is what became of a licence. Who cannot have one is onboarded without.
// Without an account there is no status.
func seedGiven(i *ent.Invitation, r directory.Result) *invitation.SeedStatus {
	var status invitation.SeedStatus
	switch {
	case r.Err != nil && r.Err.Code == fault.SeedNotEligible:
		status = invitation.SeedStatusIneligible
	case r.Err == nil && i.Method != invitation.MethodEmailInvitation:
		status = invitation.SeedStatusLicenseAssigned
	default:
		return nil
	}
	return &status
}

// storeSEED keeps what became of the licences.
func storeSEED(ctx context.Context, tx *database.Tx, part rows) error {
	values := make([][]any, len(part))
	for n, i := range part {
		values[n] = []any{i.ID, seedStatus(i)}
	}
	args := []any{tx.Now}
	_, err := tx.Exec(ctx, `WITH given(id, status) AS (`+tx.Table(&args, []string{"uuid", "text"}, values)+`)
		UPDATE invitations SET seed_done = true, seed_status = given.status, updated_at = $1
		FROM given WHERE invitations.id = given.id AND invitations.open`, args...)
	if err != nil {
		return fmt.Errorf("store licences: %w", err)
	}
	return nil
}

// seedStatus is the row's, or NULL.
func seedStatus(i *ent.Invitation) any {
	if i.SeedStatus == nil {
		return nil
	}
	return string(*i.SeedStatus)
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
