package invite

import (
	"context"
	"database/sql"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"techbiz/ent/invitation"
	"techbiz/internal/database"
	"techbiz/internal/directory"
)

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
	if err := s.provisionPart(ctx, invites, s.invite); err != nil {
		return nil, err
	}
	if err := s.provisionPart(ctx, creates, s.create); err != nil {
		return nil, err
	}
	if s.Mailbox != nil {
		return slices.DeleteFunc(all, func(i *row) bool { return i.refused }), nil
	}
	return s.stillDue(ctx, all)
}

// invite asks the directory for links.
func (s *Service) invite(ctx context.Context, part rows) ([]directory.Result, error) {
	who := make([]directory.Invitation, len(part))
	for n, i := range part {
		who[n] = directory.Invitation{Key: i.ID.String(), Email: i.Email, Round: i.MailsWanted}
	}
	return s.Directory.Invite(ctx, who)
}

// create asks the directory for accounts.
func (s *Service) create(ctx context.Context, part rows) ([]directory.Result, error) {
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
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// provisionPart asks the directory for rows, notes on them what it made, and ends
// those that it refused. Asked twice, the directory finds what it made: so that is
// stored with the mails where those are put into our own mailbox, in one
// transaction, and at once where they are not.
func (s *Service) provisionPart(ctx context.Context, all rows, call func(context.Context, rows) ([]directory.Result, error)) error {
	for part := range slices.Chunk(all, directory.MaxPeople) {
		results, err := call(ctx, part)
		if err != nil {
			return err
		}
		refused := map[uuid.UUID]string{}
		for n, r := range results {
			if r.Err != nil {
				refused[part[n].ID], part[n].refused = r.Err.Message, true
			} else {
				part[n].noteMade(r)
			}
		}
		if len(refused) == 0 && s.Mailbox != nil {
			continue
		}
		if err := s.DB.WithTx(ctx, func(ctx context.Context, tx *database.Tx) error {
			if err := fail(ctx, tx, refused); err != nil || s.Mailbox != nil {
				return err
			}
			return storeMade(ctx, tx, part)
		}); err != nil {
			return err
		}
		for _, i := range part {
			i.made = i.made && s.Mailbox != nil
		}
	}
	return nil
}

// noteMade notes what the directory made. A link ends some days after its mail, an
// account when the directory says.
func (i *row) noteMade(r directory.Result) {
	i.made, i.AccountRef, i.Link, i.SeedStatus = true, &r.Ref, &r.Link, nil
	if i.Method != invitation.MethodEmailInvitation {
		status := invitation.SeedStatusNotRequired
		i.ExpiresAt, i.SeedStatus = &r.ExpiresAt, &status
	}
}

// storeMade keeps the directory's id and link of each row for which it made
// something. What was cancelled meanwhile stays so: its withdrawal follows.
func storeMade(ctx context.Context, tx *database.Tx, part rows) error {
	var values [][]any
	for _, i := range part {
		if i.made {
			values = append(values, []any{i.ID, *i.AccountRef, *i.Link, orNull(i.ExpiresAt), seedStatus(i)})
		}
	}
	if len(values) == 0 {
		return nil
	}
	var events []Event
	args := []any{tx.Now}
	// Another run of the same rows may have stored an account first.
	err := tx.Query(ctx, `WITH made(id, ref, link, expires, seed) AS (`+
		tx.Table(&args, []string{"uuid", "text", "text", "timestamptz", "text"}, values)+`)
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
