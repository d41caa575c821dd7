package batch

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"techbiz/ent"
	"techbiz/ent/schema"
	"techbiz/internal/access"
	"techbiz/internal/address"
	"techbiz/internal/audit"
	"techbiz/internal/database"
	"techbiz/internal/database/databasetest"
	"techbiz/internal/directory/sandbox"
	"techbiz/internal/invite"
	"techbiz/internal/jobs"
	"techbiz/internal/workbook"
)

// fixture is the service over an empty database with vendor.com allowed. Jobs are
// queued, and nothing runs them.
type fixture struct {
	*Service
	ctx   context.Context // of the officer who acts
	clock *atomic.Int64   // what the business clock is ahead, in nanoseconds
}

// officerAddress is whose lists they are.
const officerAddress = "tan@tech.gov.sg"

// began is when the clock of a test begins: 11:00 in Singapore.
var began = time.Date(2026, 11, 23, 3, 0, 0, 0, time.UTC)

func (f *fixture) advance(by time.Duration) { f.clock.Add(int64(by)) }

// each runs a test on both databases.
func each(t *testing.T, recall time.Duration, test func(t *testing.T, f *fixture)) {
	t.Helper()
	for name, options := range databasetest.Options(t) {
		clock := &atomic.Int64{}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := options(t)
			o.Clock = func() time.Time { return began.Add(time.Duration(clock.Load())) }
			test(t, setup(t, o, clock, recall, nil))
		})
	}
}

// setup makes a fixture. Mails go to the relay, or where it is nil to the sandbox's
// mailbox.
func setup(t *testing.T, o database.Options, clock *atomic.Int64, recall time.Duration, relay invite.Relay) *fixture {
	t.Helper()
	db := databasetest.Open(t, o, o.Clock)
	log := slog.New(slog.DiscardHandler)
	queue := jobs.New(jobs.Options{DB: db, Log: log, MaxBackoff: time.Second})
	box := sandbox.New(sandbox.Options{DB: db, Clock: sandbox.NewClock(db.Now), BaseURL: "http://localhost"})
	activity := audit.New(audit.Options{DB: db, Machine: db.Now, Key: make([]byte, audit.KeyLength)})
	sender := invite.Options{
		DB: db, Audit: activity, Jobs: queue, Directory: box, Mailbox: box, Government: address.Government{Parent: "gov.sg"}, Host: "localhost", Attempts: 2, Log: log,
	}
	if relay != nil {
		sender.Mailbox, sender.Relay = nil, relay
	}
	var s *Service
	sender.Completed = func(ctx context.Context, tx *database.Tx, id uuid.UUID) error { return s.Completed(ctx, tx, id) }
	invites := invite.New(sender)
	s = New(Options{DB: db, Audit: activity, Jobs: queue, Invite: invites, Limits: workbook.DefaultLimits(), Recall: recall, BaseURL: "http://localhost", Host: "localhost", Log: log})
	if err := queue.Open(); err != nil {
		t.Fatal(err)
	}
	officer := access.Actor{OfficerID: schema.NewID(), Email: officerAddress, Role: access.Officer, Write: true}
	if err := db.WithTx(access.System(t.Context()), func(ctx context.Context, tx *database.Tx) error {
		if err := tx.AllowedDomain.Create().SetDomain("vendor.com").SetCreatedAt(tx.Now).Exec(ctx); err != nil {
			return err
		}
		return tx.Officer.Create().SetID(officer.OfficerID).SetEmail(officer.Email).SetAgency("tech.gov.sg").SetRole(access.Officer).SetCreatedAt(tx.Now).Exec(ctx)
	}); err != nil {
		t.Fatal(err)
	}
	// Also what a test looks at itself it does as the officer, within some act.
	ctx, _, err := access.Begin(access.With(t.Context(), officer), access.SubmitBatch)
	if err != nil {
		t.Fatal(err)
	}
	return &fixture{Service: s, ctx: ctx, clock: clock}
}

// users are n accounts, none like another; change, if any, changes each.
func users(n int, change func(i int, d *invite.Details)) []invite.Details {
	all := make([]invite.Details, n)
	for i := range all {
		all[i] = invite.Details{
			Email: fmt.Sprintf("mei.%d@vendor.com", i), Username: fmt.Sprintf("mei.%d", i), FirstName: "Mei", LastName: "Tan",
			ContactNumber: fmt.Sprintf("9%07d", i), Organisation: "Vendor", Reason: "Runs the service",
		}
		if change != nil {
			change(i, &all[i])
		}
	}
	return all
}

// draft makes a list.
func (f *fixture) draft(t *testing.T, accounts []invite.Details) *ent.Batch {
	t.Helper()
	b, err := f.Create(f.ctx, accounts, "")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// submitted makes a list and submits it.
func (f *fixture) submitted(t *testing.T, accounts []invite.Details) *ent.Batch {
	t.Helper()
	b, err := f.Submit(f.ctx, f.draft(t, accounts).ID, true)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (f *fixture) counts(t *testing.T, id uuid.UUID) Counts {
	t.Helper()
	c, err := f.Count(f.ctx, []uuid.UUID{id})
	if err != nil {
		t.Fatal(err)
	}
	return c[id]
}

// number runs a query of one number.
func (f *fixture) number(t *testing.T, query string, args ...any) (n int) {
	t.Helper()
	if err := f.DB.Query(f.ctx, query, args, scanInto(&n)); err != nil {
		t.Fatal(err)
	}
	return n
}
