package invite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"techbiz/ent"
	"techbiz/ent/invitation"
	"techbiz/ent/marker"
	"techbiz/internal/access"
	"techbiz/internal/database"
	"techbiz/internal/jobs"
	"techbiz/internal/mail"
)

// outgoing is the mail that is due for a row.
type outgoing struct {
	row     *row
	message mail.Message
	expires time.Time
}

// mailAll sends the mails that are due. A row without an account or a link was
// refused by the step before, and has none.
func (s *Service) mailAll(ctx context.Context, all rows) error {
	ready := make([]outgoing, 0, len(all))
	var odd rows
	unmade := map[uuid.UUID]string{}
	for _, i := range all {
		if i.AccountRef == nil || i.Link == nil {
			continue
		}
		o, err := s.compose(i)
		if err != nil {
			s.Log.ErrorContext(ctx, "compose mail", "invitation", i.ID, "error", err)
			odd, unmade[i.ID] = append(odd, i), "The mail could not be made for this address."
			continue
		}
		ready = append(ready, o)
	}
	if len(unmade) > 0 {
		if err := s.DB.WithTx(ctx, func(ctx context.Context, tx *database.Tx) error {
			if err := storeMade(ctx, tx, odd); err != nil {
				return err
			}
			return fail(ctx, tx, unmade)
		}); err != nil {
			return err
		}
	}
	if s.Mailbox != nil {
		return s.post(ctx, ready)
	}
	for _, o := range ready {
		if err := s.relay(ctx, o); err != nil {
			return err
		}
	}
	return nil
}

// compose makes the mail of a row. Its Message-ID is that of the row and the
// number of the mail, however often it is tried.
func (s *Service) compose(i *row) (outgoing, error) {
	guides := mail.Guides{TechPass: s.Links.TechPassGuide, Seed: s.Links.SEEDGuide}
	inviter := mail.Inviter{Name: text(i.Edges.Inviter.Name), Email: i.Edges.Inviter.Email}
	o := outgoing{row: i}
	var err error
	if i.Method == invitation.MethodEmailInvitation {
		o.expires = s.DB.Now().Add(LinkLife)
		o.message, err = mail.Registration(mail.RegistrationFacts{
			To: i.Email, Inviter: inviter, Reason: i.Reason, Link: *i.Link,
			Days: int(LinkLife / (24 * time.Hour)), CompleteBy: o.expires, SeedRequired: i.SeedRequired, Guides: guides,
		})
	} else {
		o.expires = *i.ExpiresAt
		o.message, err = mail.Onboarding(mail.OnboardingFacts{
			To: i.Email, Username: text(i.Username), FirstName: text(i.FirstName), LastName: text(i.LastName),
			Inviter: inviter, Reason: i.Reason, Link: *i.Link,
			Days: int(AccountLife / (24 * time.Hour)), ActivateBy: o.expires, SeedRequired: i.SeedRequired, Guides: guides,
		})
	}
	o.message.ID = fmt.Sprintf("%s.%d@%s", i.ID, i.MailsWanted, s.Host)
	return o, err
}

// post puts the mails of a chunk into the mailbox, in the transaction that says what
// the directory has made and that they are sent: exactly once, and only for rows that
// still want them.
func (s *Service) post(ctx context.Context, all []outgoing) error {
	if len(all) == 0 {
		return nil
	}
	var left rows
	if err := s.DB.WithTx(ctx, func(ctx context.Context, tx *database.Tx) error {
		sent, err := markSent(ctx, tx, all, invitation.MailAccepted, "")
		if err != nil {
			return err
		}
		left = nil
		messages := make([]mail.Message, 0, len(all))
		events := make([]Event, 0, 2*len(all))
		for _, o := range all {
			if !sent[o.row.ID] {
				left = append(left, o.row)
				continue
			}
			messages = append(messages, o.message)
			if o.row.made && o.row.Method != invitation.MethodEmailInvitation {
				events = append(events, Event{Invitation: o.row.ID, What: EventCreated})
			}
			events = append(events, Event{Invitation: o.row.ID, What: EventMailed})
		}
		if err := storeMade(ctx, tx, left); err != nil { // of a batch that was stopped
			return err
		}
		if err := s.Mailbox.Put(ctx, tx, messages...); err != nil {
			return fmt.Errorf("put mails: %w", err)
		}
		return Record(ctx, tx, tx.Now, events...)
	}); err != nil {
		return err
	}
	if len(left) == 0 {
		return nil
	}
	// Where another run of the same rows stored an account first, all is asked anew.
	if due, err := s.stillDue(ctx, left); err != nil || len(due) == 0 {
		return err
	}
	return jobs.Again(0)
}

// markSent stores that the mails of rows which still want them are sent, with what
// is known of their fate and what the directory has made, and returns those rows.
func markSent(ctx context.Context, tx *database.Tx, all []outgoing, state invitation.Mail, failure string) (map[uuid.UUID]bool, error) {
	sent := make(map[uuid.UUID]bool, len(all))
	for _, made := range []bool{true, false} {
		part := slices.DeleteFunc(slices.Clone(all), func(o outgoing) bool { return o.row.made != made })
		if len(part) == 0 {
			continue
		}
		if err := markSentPart(ctx, tx, part, made, state, failure, sent); err != nil {
			return nil, fmt.Errorf("mark mails sent: %w", err)
		}
	}
	return sent, nil
}

// markSentPart is markSent for rows all or none of which the directory has just made.
func markSentPart(ctx context.Context, tx *database.Tx, all []outgoing, made bool, state invitation.Mail, failure string, sent map[uuid.UUID]bool) error {
	values := make([][]any, len(all))
	moved := "" // accounts end when they ended before
	for n, o := range all {
		values[n] = []any{o.row.ID, o.row.MailsWanted, o.expires, o.row.SeedDone, seedStatus(o.row), *o.row.AccountRef, *o.row.Link}
		if o.row.Method == invitation.MethodEmailInvitation {
			moved = " expires_at = sent.expires,"
		}
	}
	unmade := ""
	if made {
		moved = " expires_at = sent.expires, account_ref = sent.ref, link = sent.link, checked_at = $1,"
		unmade = " AND (invitations.method = 'EMAIL_INVITATION' OR invitations.account_ref IS NULL)"
	}
	args := []any{tx.Now, string(state), orNull(nonEmpty(failure)), made}
	return tx.Query(ctx, `WITH sent(id, number, expires, seed_done, seed_status, ref, link) AS (`+
		tx.Table(&args, []string{"uuid", "int", "timestamptz", "boolean", "text", "text", "text"}, values)+`)
		UPDATE invitations SET mails_done = sent.number, mail = $2, mail_failure = $3, send_count = send_count + 1,
			last_sent_at = $1, updated_at = $1,`+moved+` attempts = 0, failure = NULL, provisioning = 'SUCCEEDED',
			seed_status = CASE WHEN $4 OR sent.seed_done AND NOT invitations.seed_done THEN sent.seed_status ELSE invitations.seed_status END,
			seed_done = sent.seed_done OR invitations.seed_done
		FROM sent WHERE invitations.id = sent.id AND invitations.open`+unmade+`
			AND invitations.mails_wanted = sent.number AND invitations.mails_done < sent.number AND NOT `+heldSQL+`
		RETURNING invitations.id`, args, func(r *sql.Rows) error {
		var id uuid.UUID
		if err := r.Scan(&id); err != nil {
			return err
		}
		sent[id] = true
		return nil
	})
}

// unanswered stands on a row while its mail is on its way to the relay, and for
// good where the service was killed meanwhile.
const unanswered = "The mail was being handed to the mail relay and its answer is not known, so the mail may or may not have been sent."

// relay hands one mail to the relay. Before that the row says IN_DOUBT, and after
// it what the relay answered: whatever happens in between, at most this one mail
// is in doubt, and none is sent twice. A job that has waited for its turn too long
// comes back later: the relay is given the time that it may need.
func (s *Service) relay(ctx context.Context, o outgoing) error {
	select {
	case s.sending <- struct{}{}:
		defer func() { <-s.sending }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if jobs.Enough(ctx) {
		return jobs.Again(0)
	}
	wanted := false
	err := s.DB.WithTx(ctx, func(ctx context.Context, tx *database.Tx) error {
		sent, err := markSent(ctx, tx, []outgoing{o}, invitation.MailInDoubt, unanswered)
		wanted = sent[o.row.ID]
		return err
	})
	if err != nil || !wanted {
		return err
	}
	sendErr := s.Relay.Send(ctx, o.message)
	// The answer is kept even when the job is told to stop meanwhile.
	return errors.Join(s.settle(context.WithoutCancel(ctx), o, sendErr), temporary(sendErr))
}

// Post sends one mail of another kind, once however often it is called for the
// same Message-ID. A mail that was in the relay's hands when the program was
// killed is not sent again by itself. It returns a fault UNAVAILABLE, to be tried
// again, where nothing was handed over.
func (s *Service) Post(ctx context.Context, m mail.Message) error {
	ctx = access.System(ctx)
	if s.Mailbox != nil {
		return s.DB.WithTx(ctx, func(ctx context.Context, tx *database.Tx) error { return s.Mailbox.Put(ctx, tx, m) })
	}
	select {
	case s.sending <- struct{}{}:
		defer func() { <-s.sending }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if jobs.Enough(ctx) {
		return jobs.Again(0)
	}
	name := "mail " + m.ID
	if mine, err := s.claim(ctx, name); err != nil || !mine {
		return err
	}
	sent := s.Relay.Send(ctx, m)
	again := temporary(sent)
	if again == nil {
		if sent != nil {
			s.Log.WarnContext(ctx, "mail not delivered", "message", m.ID, "error", sent)
		}
		return nil
	}
	return errors.Join(again, s.DB.WithTx(context.WithoutCancel(ctx), func(ctx context.Context, tx *database.Tx) error {
		_, err := tx.Marker.Delete().Where(marker.Name(name)).Exec(ctx)
		return err
	}))
}

// claim reports whether the caller is the first to ask for this name.
func (s *Service) claim(ctx context.Context, name string) (mine bool, err error) {
	err = s.DB.WithTx(ctx, func(ctx context.Context, tx *database.Tx) error {
		known, err := tx.Marker.Query().Where(marker.Name(name)).Exist(ctx)
		if mine = !known; err != nil || known {
			return err
		}
		return tx.Marker.Create().SetName(name).SetCreatedAt(tx.Now).Exec(ctx)
	})
	return mine, err
}

// temporary is the error that is worth another try: nothing was handed over.
func temporary(err error) error {
	var refused *mail.RefusedError
	var doubt *mail.InDoubtError
	if errors.As(err, &refused) || errors.As(err, &doubt) {
		return nil
	}
	return err
}

// settle stores what the relay answered.
func (s *Service) settle(ctx context.Context, o outgoing, answer error) error {
	return s.DB.WithTx(ctx, func(ctx context.Context, tx *database.Tx) error {
		u := tx.Invitation.UpdateOneID(o.row.ID).SetUpdatedAt(tx.Now)
		event := Event{Invitation: o.row.ID, What: EventMailed}
		var refused *mail.RefusedError
		var doubt *mail.InDoubtError
		switch {
		case answer == nil:
			u.SetMail(invitation.MailAccepted).ClearMailFailure()
		case errors.As(answer, &doubt):
			u.SetMailFailure(doubt.Reason)
			event.What, event.Detail = EventInDoubt, doubt.Reason
		case errors.As(answer, &refused):
			o.row.MailFailure = &refused.Reason
			unsend(u, o.row.Invitation)
			u.SetMail(invitation.MailRefused)
			event.What, event.Detail = EventRefused, refused.Reason
		default:
			// As before it was tried: the mail is still due.
			unsend(u, o.row.Invitation)
			u.SetMail(o.row.Mail).SetMailsDone(o.row.MailsDone).SetProvisioning(o.row.Provisioning).SetAttempts(o.row.Attempts)
			event = Event{}
		}
		if err := u.Exec(ctx); err != nil {
			return fmt.Errorf("store the relay's answer: %w", err)
		}
		if event == (Event{}) {
			return nil
		}
		return Record(ctx, tx, tx.Now, event)
	})
}

// unsend takes back what was written in advance of a mail that did not go out.
func unsend(u *ent.InvitationUpdateOne, before *ent.Invitation) {
	u.SetSendCount(before.SendCount)
	if before.MailFailure == nil {
		u.ClearMailFailure()
	} else {
		u.SetMailFailure(*before.MailFailure)
	}
	if before.LastSentAt == nil {
		u.ClearLastSentAt()
	} else {
		u.SetLastSentAt(*before.LastSentAt)
	}
	if before.ExpiresAt == nil {
		u.ClearExpiresAt()
	} else {
		u.SetExpiresAt(*before.ExpiresAt)
	}
}
