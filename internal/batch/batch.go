// Package batch turns a list of users into accounts: it is uploaded or sent,
// reviewed row by row, and submitted as a whole.
//
// A draft creates nothing, and goes when nobody has changed it for long. Every row
// is kept as typed with all that is wrong with it; a row with an issue is never
// submitted. A directory that is slow is asked in the background, and an answer
// counts only for the row that it was asked for. A row is submitted once: its id is
// the id of its invitation, and the transaction that makes the invitation marks
// the row. The rules of the fields are package invite's; the work behind the
// invitations too.
//
// What runs can be stopped, continued, undone and, where it failed, tried again.
// Each of these holds the batch's row while it changes anything, so that of two at
// the same moment the second one sees what the first one did.
package batch

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"strings"
	"time"

	"github.com/google/uuid"

	"techbiz/ent"
	entbatch "techbiz/ent/batch"
	"techbiz/internal/access"
	"techbiz/internal/audit"
	"techbiz/internal/database"
	"techbiz/internal/fault"
	"techbiz/internal/invite"
	"techbiz/internal/jobs"
	"techbiz/internal/workbook"
)

// Options configure a Service.
type Options struct {
	DB     *database.DB
	Jobs   *jobs.Queue
	Invite *invite.Service
	Limits workbook.Limits
	// DraftLife is how long a draft is kept after its last change.
	DraftLife time.Duration
	// Recall is how long a submission waits and can be called back; 0 for not at all.
	Recall time.Duration
	// BaseURL is where mails find the pages, and Host the part of a Message-ID
	// behind the @.
	BaseURL, Host string
	// Audit is the activity log; nil records nothing.
	Audit *audit.Log
	Log   *slog.Logger
}

// Service keeps lists of users.
type Service struct{ Options }

// New returns a service and registers its kinds of job.
func New(o Options) *Service {
	s := &Service{o}
	if o.Jobs != nil { // reading needs none
		jobs.Handle(o.Jobs, s.lookUp)
		jobs.Handle(o.Jobs, s.expire)
		jobs.Handle(o.Jobs, s.tell)
		o.Jobs.Every(expireEvery, Expire{})
	}
	return s
}

// Load returns a batch that the actor may see. Codes: NOT_FOUND.
func Load(ctx context.Context, client *ent.Client, id uuid.UUID) (*ent.Batch, error) {
	b, err := client.Batch.Get(ctx, id)
	if ent.IsNotFound(err) {
		return nil, fault.New(fault.NotFound, "There is no such list among yours.")
	}
	if err != nil {
		return nil, fmt.Errorf("load batch: %w", err)
	}
	return b, nil
}

// hold loads a batch that the actor may change and keeps every other change of it
// waiting until the transaction ends. Codes: NOT_FOUND.
func hold(ctx context.Context, tx *database.Tx, id uuid.UUID) (*ent.Batch, error) {
	if _, err := tx.Exec(ctx, `UPDATE batches SET state = state WHERE id = $1`, id); err != nil {
		return nil, fmt.Errorf("hold batch: %w", err)
	}
	return Load(ctx, tx.Client, id)
}

// holdDraft is hold for what only a draft allows. Codes: NOT_FOUND,
// BATCH_NOT_DRAFT.
func holdDraft(ctx context.Context, tx *database.Tx, id uuid.UUID) (*ent.Batch, error) {
	b, err := hold(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	if b.State != entbatch.StateDraft {
		return nil, notDraft()
	}
	return b, nil
}

// changed is what every change of a list's rows ends with: a draft lives on from
// now, and rows that the directory was not asked about are looked up later.
func (s *Service) changed(ctx context.Context, tx *database.Tx, b *ent.Batch) error {
	if err := s.live(ctx, tx, b); err != nil {
		return err
	}
	return s.lookUpLater(ctx, tx, b.ID)
}

func notDraft() error {
	return fault.New(fault.BatchNotDraft, "This list has been submitted already. Upload a new one for more users.")
}

// change runs a change in a transaction, within an act that may change something,
// and returns the batch as it then stands.
func (s *Service) change(ctx context.Context, fn func(context.Context, *database.Tx) (uuid.UUID, error)) (*ent.Batch, error) {
	if !access.Changes(ctx) {
		return nil, errors.New("batch: a change without an act that allows it")
	}
	var after *ent.Batch
	err := s.DB.WithTx(ctx, func(ctx context.Context, tx *database.Tx) error {
		id, err := fn(ctx, tx)
		if err != nil {
			return err
		}
		after, err = Load(ctx, tx.Client, id)
		return err
	})
	if err != nil {
		return nil, err
	}
	return after, nil
}

// changeHeld is [Service.change] of one batch, which hold keeps meanwhile: [hold], or
// [holdDraft] for what only a draft allows.
func (s *Service) changeHeld(ctx context.Context, id uuid.UUID, hold func(context.Context, *database.Tx, uuid.UUID) (*ent.Batch, error),
	fn func(context.Context, *database.Tx, *ent.Batch) error) (*ent.Batch, error) {
	return s.change(ctx, func(ctx context.Context, tx *database.Tx) (uuid.UUID, error) {
		b, err := hold(ctx, tx, id)
		if err != nil {
			return uuid.Nil, err
		}
		return id, fn(ctx, tx, b)
	})
}

// record adds an act on a list to the activity log: one record, however many users
// it was about.
func (s *Service) record(ctx context.Context, tx *database.Tx, act audit.Type, b *ent.Batch, d audit.Detail) error {
	return s.Audit.Record(ctx, tx, audit.Event{Type: act, Kind: audit.List, ID: b.ID, Owner: b.OwnerID, Detail: d})
}

// recordEach is record of an act on invitations of a list: users says how many of
// whose. Each inviter has a record, also one who has handed the list over.
func (s *Service) recordEach(ctx context.Context, tx *database.Tx, act audit.Type, b *ent.Batch, d audit.Detail, users map[uuid.UUID]int) error {
	d.Users = users[b.OwnerID]
	others := maps.Clone(users)
	delete(others, b.OwnerID)
	e := audit.Event{Type: act, Kind: audit.List, ID: b.ID}
	events := e.ForEach(others)
	e.Owner, e.Detail = b.OwnerID, d
	return s.Audit.Record(ctx, tx, append(events, e)...)
}

// recordRow is record of an act on one user of a list.
func (s *Service) recordRow(ctx context.Context, tx *database.Tx, act audit.Type, b *ent.Batch, email string) error {
	return s.Audit.Record(ctx, tx, audit.Event{Type: act, Kind: audit.List, ID: b.ID, Owner: b.OwnerID, Person: email})
}

// page is the address of a list's page, for mails.
func (s *Service) page(id uuid.UUID) string {
	return strings.TrimSuffix(s.BaseURL, "/") + "/invite/multiple/" + id.String()
}
