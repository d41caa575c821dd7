package domain

import (
	"context"
	"fmt"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"techbiz/ent"
	"techbiz/ent/domainrequest"
	"techbiz/internal/access"
	"techbiz/internal/address"
	"techbiz/internal/audit"
	"techbiz/internal/database"
	"techbiz/internal/fault"
	"techbiz/internal/jobs"
)

const (
	// mostOpen is how many requests of one officer may wait at a time.
	mostOpen = 20
	// mostListed bounds the list of requests; the open ones stand first in it.
	mostListed = 200
)

// Requests returns the caller's requests, and everybody's to who decides them: the
// open ones first, each part newest first; state, if not nil, keeps those in it.
func Requests(ctx context.Context, client *ent.Client, state *domainrequest.State) ([]*ent.DomainRequest, error) {
	q := client.DomainRequest.Query()
	if state != nil {
		q.Where(domainrequest.StateEQ(*state))
	}
	all, err := q.Order(func(s *sql.Selector) {
		s.OrderExpr(sql.ExprFunc(func(b *sql.Builder) {
			b.WriteString("CASE WHEN ").Ident(s.C(domainrequest.FieldState)).WriteString(" = ").Arg(string(domainrequest.StateOpen)).WriteString(" THEN 0 ELSE 1 END")
		}))
	}, domainrequest.ByRequestedAt(sql.OrderDesc()), domainrequest.ByID(sql.OrderDesc())).Limit(mostListed).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("load domain requests: %w", err)
	}
	return all, nil
}

// Request asks that a domain be allowed. Codes: on field domain REQUIRED,
// INVALID_FORMAT, CONFLICT where it is allowed already or the officer has asked for
// it; on field reason REQUIRED, TOO_LONG, INVALID_FORMAT; UNAUTHENTICATED,
// FORBIDDEN.
func (s *Service) Request(ctx context.Context, typed, reason string) (*ent.DomainRequest, error) {
	ctx, actor, err := access.Begin(ctx, access.RequestDomain)
	if err != nil {
		return nil, err
	}
	var faults fault.List
	d, err := s.read(typed)
	faults = append(faults, fault.Of(err)...)
	reason, bad := checkText("reason", "the reason", reason)
	if reason == "" {
		bad = fault.Field("reason", fault.Required, "Enter the reason: who the vendor is, and for which work.")
	}
	if bad != nil {
		faults = append(faults, bad)
	}
	if err := faults.Err(); err != nil {
		return nil, err
	}
	var made *ent.DomainRequest
	err = s.DB.WithTx(ctx, func(ctx context.Context, tx *database.Tx) error {
		if err := refuse(ctx, tx, actor, d); err != nil {
			return err
		}
		made, err = tx.DomainRequest.Create().SetOfficerID(actor.OfficerID).SetDomain(d).SetReason(reason).SetRequestedAt(tx.Now).Save(ctx)
		if err != nil {
			return fmt.Errorf("store domain request: %w", err)
		}
		return s.record(ctx, tx, audit.DomainRequested, made)
	})
	return made, err
}

// refuse says why a domain need not or cannot be asked for. Codes, on field
// domain: CONFLICT.
func refuse(ctx context.Context, tx *database.Tx, actor access.Actor, d string) error {
	all, err := Allowed(ctx, tx.Client)
	if err != nil {
		return err
	}
	allowed := make(address.Domains, len(all))
	for _, a := range all {
		allowed[a.Domain] = true
	}
	if allowed.Has(d) {
		return fault.Field("domain", fault.Conflict, "%s is allowed already. Go on and invite.", d)
	}
	open, err := tx.DomainRequest.Query().
		Where(domainrequest.OfficerID(actor.OfficerID), domainrequest.StateEQ(domainrequest.StateOpen)).All(ctx)
	if err != nil {
		return fmt.Errorf("look for open requests: %w", err)
	}
	for _, r := range open {
		if r.Domain == d {
			return fault.Field("domain", fault.Conflict, "You have asked for %s already. An administrator decides; you get a mail then.", d)
		}
	}
	if len(open) >= mostOpen {
		return fault.Field("domain", fault.Conflict, "%d of your requests wait. Ask again when some of them are decided.", len(open))
	}
	return nil
}

// Decide approves or refuses an open request, and tells whoever asked by mail.
// Approving allows the domain, for every other officer who asked for it as well.
// Codes: NOT_FOUND, CONFLICT where it is decided already; on field note TOO_LONG,
// INVALID_FORMAT; UNAUTHENTICATED, FORBIDDEN.
func (s *Service) Decide(ctx context.Context, id uuid.UUID, approve bool, note string) (*ent.DomainRequest, error) {
	ctx, actor, err := access.Begin(ctx, access.DecideDomainRequest)
	if err != nil {
		return nil, err
	}
	note, bad := checkText("note", "the note", note)
	if bad != nil {
		return nil, bad
	}
	var after *ent.DomainRequest
	err = s.DB.WithTx(ctx, func(ctx context.Context, tx *database.Tx) error {
		// Another decision of it waits until this one ends. An approval looks for open
		// requests of the domain, and would find none where this one was just refused.
		if _, err := tx.Exec(ctx, `UPDATE domain_requests SET state = state WHERE id = $1`, id); err != nil {
			return fmt.Errorf("hold domain request: %w", err)
		}
		r, err := tx.DomainRequest.Get(ctx, id)
		if ent.IsNotFound(err) {
			return fault.New(fault.NotFound, "There is no such request.")
		}
		if err != nil {
			return fmt.Errorf("load domain request: %w", err)
		}
		if r.State != domainrequest.StateOpen {
			return fault.New(fault.Conflict, "This request has been decided already.")
		}
		if approve {
			// The rules may have changed since it was asked for.
			d, err := s.read(r.Domain)
			if err != nil {
				return err
			}
			err = s.approve(ctx, tx, actor, d, note)
			if err != nil {
				return err
			}
		} else if err := s.decide(ctx, tx, actor, domainrequest.StateRefused, note, id); err != nil {
			return err
		}
		if after, err = tx.DomainRequest.Get(ctx, id); err != nil {
			return err
		}
		if approve {
			return s.record(ctx, tx, audit.DomainApproved, after)
		}
		return s.record(ctx, tx, audit.DomainRefused, after)
	})
	return after, err
}

// record adds an act on a request to the activity log.
func (s *Service) record(ctx context.Context, tx *database.Tx, act audit.Type, r *ent.DomainRequest) error {
	return s.Audit.Record(ctx, tx, audit.Event{
		Type: act, Kind: audit.Request, ID: r.ID, Owner: r.OfficerID, Detail: audit.Detail{Domain: r.Domain},
	})
}

// decide stores a decision on open requests and queues the mails about it. What
// another request decides at this moment makes the transaction run again.
func (s *Service) decide(ctx context.Context, tx *database.Tx, actor access.Actor, state domainrequest.State, note string, ids ...uuid.UUID) error {
	if len(ids) == 0 {
		return nil
	}
	u := tx.DomainRequest.Update().Where(domainrequest.IDIn(ids...), domainrequest.StateEQ(domainrequest.StateOpen)).
		SetState(state).SetDecidedAt(tx.Now).SetDecidedBy(actor.OfficerID)
	if note != "" {
		u.SetNote(note)
	}
	n, err := u.Save(ctx)
	if err != nil {
		return fmt.Errorf("decide domain requests: %w", err)
	}
	if n != len(ids) {
		return database.ErrLost
	}
	for _, id := range ids {
		if err := s.Jobs.Insert(ctx, tx, jobs.Single, Decided{Request: id}); err != nil {
			return err
		}
	}
	return nil
}
