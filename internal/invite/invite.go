// Package invite is the heart of the product: a request for a TechPass account
// becomes an invitation, and the invitation becomes an account.
//
// What it guarantees:
//   - An address, a username and a number stand in one open invitation at a time;
//     the database holds that, not a look before.
//   - A request is accepted and its work queued in one transaction, or neither is.
//   - The work may run many times and has its effect once: one account, one mail a
//     send. Where a relay falls silent the row says IN_DOUBT, and nothing is sent
//     again by itself.
//   - The rules of the fields are here only (rules.go); page, API and batch ask
//     them.
//
// It does not decide who may see a row (ent/schema) and it keeps no state of its
// own between calls.
package invite

import (
	"context"
	"log/slog"

	"github.com/google/uuid"

	"techbiz/internal/address"
	"techbiz/internal/audit"
	"techbiz/internal/database"
	"techbiz/internal/directory"
	"techbiz/internal/jobs"
	"techbiz/internal/mail"
)

// RemovedEmail stands in the place of an address that was removed. No mail ever
// reaches it (RFC 2606).
const RemovedEmail = "removed@removed.invalid"

// Mailbox takes mails in the transaction of the caller: a mail lands exactly
// when the transaction does.
type Mailbox interface {
	Put(ctx context.Context, tx *database.Tx, msgs ...mail.Message) error
}

// Relay takes one mail at a time, outside any transaction. It returns
// *mail.RefusedError, *mail.InDoubtError, or a fault UNAVAILABLE where nothing
// was handed over.
type Relay interface {
	Send(ctx context.Context, msg mail.Message) error
}

// Options configure a Service. Exactly one of Mailbox and Relay is set.
type Options struct {
	DB         *database.DB
	Jobs       *jobs.Queue
	Directory  directory.Directory
	Mailbox    Mailbox
	Relay      Relay
	Government address.Government
	Links      Links
	// Host is the part of a Message-ID behind the @.
	Host string
	// Attempts is how often the directory or the relay may fail for a row before
	// it is given up.
	Attempts int
	// Completed, if set, is told of a batch that has nothing left to do, in the
	// transaction that marks it so.
	Completed func(ctx context.Context, tx *database.Tx, batch uuid.UUID) error
	// Audit is the activity log; nil records nothing.
	Audit *audit.Log
	Log   *slog.Logger
}

// Links are the addresses that mails and messages point to; empty ones are left
// out.
type Links struct {
	TechPassGuide, SEEDGuide, ServiceRequest, TechPassPortal string
}

// Service makes invitations and moves them on.
type Service struct {
	Options
	sending chan struct{} // one message at a time is in the relay's hands
}

// New returns a service and registers its kinds of job.
func New(o Options) *Service {
	s := &Service{Options: o, sending: make(chan struct{}, 1)}
	jobs.Handle(o.Jobs, s.deliver)
	jobs.Handle(o.Jobs, s.withdraw)
	jobs.Handle(o.Jobs, s.start)
	return s
}
