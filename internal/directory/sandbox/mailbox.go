package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"techbiz/ent"
	"techbiz/ent/sandboxmail"
	"techbiz/internal/access"
	"techbiz/internal/address"
	"techbiz/internal/database"
	"techbiz/internal/fault"
	"techbiz/internal/mail"
)

// Mail is a mail in the sandbox mailbox.
type Mail struct {
	ID, To, Subject, Text, HTML string
	Links                       []string
	SentAt                      time.Time
}

// Put puts messages into the mailbox inside the caller's transaction: each
// Message-ID once, so that a repeated one is ignored.
func (s *Sandbox) Put(ctx context.Context, tx *database.Tx, msgs ...mail.Message) error {
	rows := make([][]any, len(msgs))
	for i, m := range msgs {
		if m.ID == "" {
			return errors.New("put into the mailbox: a message has no Message-ID")
		}
		links, err := json.Marshal(append([]string{}, m.Links...)) // never null
		if err != nil {
			return fmt.Errorf("put into the mailbox: %w", err)
		}
		rows[i] = []any{
			uuid.Must(uuid.NewV7()), m.ID, m.To, address.Fold(m.To), m.Subject, m.Text, m.HTML, string(links), tx.Now,
		}
	}
	return tx.Insert(ctx, sandboxmail.Table, []string{
		"id", "message_id", "to", "to_key", "subject", "text", "html", "links", "sent_at",
	}, sandboxmail.FieldMessageID, rows)
}

// Mails returns the mails to one plain address, which is matched whole and without
// regard to case, or all of them where to is empty: the newest first, and how
// many match. A limit below 1 means 50, and the most is 10,000.
func (s *Sandbox) Mails(ctx context.Context, to string, limit int) ([]Mail, int, error) {
	ctx = access.System(ctx)
	q := s.o.DB.SandboxMail.Query()
	if to = address.Fold(to); to != "" {
		q.Where(sandboxmail.ToKey(to))
	}
	total, err := q.Clone().Count(ctx)
	if err != nil {
		return nil, 0, fmt.Errorf("count mails: %w", err)
	}
	rows, err := q.Order(sandboxmail.BySentAt(sql.OrderDesc()), sandboxmail.ByID(sql.OrderDesc())).
		Limit(atMost(limit)).All(ctx)
	if err != nil {
		return nil, 0, fmt.Errorf("list mails: %w", err)
	}
	mails := make([]Mail, len(rows))
	for i, m := range rows {
		mails[i] = asMail(m)
	}
	return mails, total, nil
}

// Mail returns one mail by its id. Codes: NOT_FOUND.
func (s *Sandbox) Mail(ctx context.Context, id string) (Mail, error) {
	none := fault.New(fault.NotFound, "The mailbox has no such mail.")
	key, err := uuid.Parse(id)
	if err != nil {
		return Mail{}, none
	}
	m, err := s.o.DB.SandboxMail.Get(access.System(ctx), key)
	if ent.IsNotFound(err) {
		return Mail{}, none
	}
	if err != nil {
		return Mail{}, fmt.Errorf("read mail %s: %w", id, err)
	}
	return asMail(m), nil
}

func asMail(m *ent.SandboxMail) Mail {
	return Mail{ID: m.ID.String(), To: m.To, Subject: m.Subject, Text: m.Text, HTML: m.HTML, Links: m.Links, SentAt: m.SentAt}
}
