package invite

import (
	"context"
	"time"

	"github.com/google/uuid"

	"techbiz/ent"
	"techbiz/ent/invitation"
	"techbiz/ent/schema"
	"techbiz/internal/audit"
	"techbiz/internal/database"
)

// What happened to an invitation, as its history tells.
const (
	EventInvited   = "INVITED"
	EventCreated   = "ACCOUNT_CREATED"
	EventMailed    = "MAIL_SENT"
	EventRefused   = "MAIL_REFUSED"
	EventInDoubt   = "MAIL_IN_DOUBT"
	EventResent    = "RESENT"
	EventStarted   = "STARTED"
	EventRetried   = "RETRIED"
	EventFailed    = "FAILED"
	EventCancelled = "CANCELLED"
	EventCorrected = "CORRECTED"
	EventOnboarded = "ONBOARDED"
	EventLapsed    = "LAPSED"
	EventGone      = "NOT_FOUND"
)

// Event is one step of an invitation's history. Officer is nil for the product's
// own steps.
type Event struct {
	Invitation uuid.UUID
	What       string
	Officer    *uuid.UUID
	Detail     string
}

// Record appends events to the history, in the transaction that makes them true.
func Record(ctx context.Context, tx *database.Tx, at time.Time, events ...Event) error {
	rows := make([][]any, len(events))
	for i, e := range events {
		rows[i] = []any{schema.NewID(), e.Invitation, at, e.What, orNull(e.Officer), orNull(nonEmpty(e.Detail))}
	}
	return tx.Insert(ctx, "invitation_events", []string{"id", "invitation_id", "at", "what", "officer_id", "detail"}, "", rows)
}

// asked is what the activity log calls a request.
var asked = map[invitation.Method]audit.Type{
	invitation.MethodEmailInvitation: audit.InvitationSent,
	invitation.MethodSingleAccount:   audit.AccountCreated,
}

// record adds an act on an invitation to the activity log.
func (s *Service) record(ctx context.Context, tx *database.Tx, act audit.Type, i *ent.Invitation) error {
	return s.Audit.Record(ctx, tx, audit.Event{
		Type: act, Kind: audit.Invitation, ID: i.ID, Owner: i.InviterID, Person: i.Email,
	})
}

// orNull is the value behind a pointer, or nil: a typed nil pointer is no NULL.
func orNull[T any](p *T) any {
	if p == nil {
		return nil
	}
	return *p
}

// nonEmpty is nil for empty text, which is stored as NULL.
func nonEmpty(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
