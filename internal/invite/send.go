package invite

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"techbiz/ent"
	"techbiz/ent/invitation"
	"techbiz/ent/schema"
	"techbiz/internal/access"
	"techbiz/internal/address"
	"techbiz/internal/database"
	"techbiz/internal/fault"
	"techbiz/internal/jobs"
)

// InviteByEmail accepts an invitation by e-mail; the mail follows. key makes a
// repeated call harmless. Codes: those of [Rules.Email], ALREADY_INVITED,
// ACCOUNT_EXISTS, CONFLICT, UNAUTHENTICATED, FORBIDDEN.
func (s *Service) InviteByEmail(ctx context.Context, d Details, key string) (*ent.Invitation, error) {
	return s.send(ctx, access.InviteByEmail, invitation.MethodEmailInvitation, d, key, s.CheckEmail)
}

// CreateAccount accepts one account; its creation and the mail follow. Codes:
// those of [Rules.Account], ALREADY_INVITED, ACCOUNT_EXISTS, CONFLICT,
// UNAUTHENTICATED, FORBIDDEN.
func (s *Service) CreateAccount(ctx context.Context, d Details, key string) (*ent.Invitation, error) {
	return s.send(ctx, access.CreateAccount, invitation.MethodSingleAccount, d, key,
		func(ctx context.Context, d Details, askDirectory bool) (*Candidate, error) {
			all, err := s.CheckAccounts(ctx, []Details{d}, askDirectory)
			if err != nil {
				return nil, err
			}
			return all[0], nil
		})
}

func (s *Service) send(ctx context.Context, act access.Act, method invitation.Method, d Details, key string,
	check func(context.Context, Details, bool) (*Candidate, error),
) (*ent.Invitation, error) {
	ctx, actor, err := access.Begin(ctx, act)
	if err != nil {
		return nil, err
	}
	_, mutation, _ := strings.Cut(string(act), ".")
	once, err := NewOnce(s.DB.Keys, actor.OfficerID, mutation, key, d)
	if err != nil {
		return nil, err
	}
	if id, found, err := once.Before(ctx, s.DB.Client, s.DB.Now()); err != nil || found {
		return s.first(ctx, s.DB.Client, id, err)
	}
	made, err := s.sendOnce(ctx, actor, method, d, once, check)
	if fault.Of(err) != nil {
		// What stood in the way may be what the same call, sent twice, made meanwhile.
		if id, found, berr := once.Before(ctx, s.DB.Client, s.DB.Now()); berr != nil || found {
			return s.first(ctx, s.DB.Client, id, berr)
		}
	}
	return made, err
}

// sendOnce checks the request, stores it and keeps its key.
func (s *Service) sendOnce(ctx context.Context, actor access.Actor, method invitation.Method, d Details, once Once,
	check func(context.Context, Details, bool) (*Candidate, error),
) (*ent.Invitation, error) {
	c, err := check(ctx, d, true)
	if err != nil {
		return nil, err
	}
	if err := c.Faults.Err(); err != nil {
		return nil, err
	}
	var made *ent.Invitation
	err = s.DB.WithTx(ctx, func(ctx context.Context, tx *database.Tx) error {
		id, found, err := once.Before(ctx, tx.Client, tx.Now)
		if err != nil || found {
			made, err = s.first(ctx, tx.Client, id, err)
			return err
		}
		made, err = s.accept(ctx, tx, actor, accepted{Method: method, Request: c.Request, Inviter: actor.OfficerID})
		if err != nil {
			return err
		}
		if err := s.record(ctx, tx, asked[method], made); err != nil {
			return err
		}
		return once.Keep(ctx, tx, made.ID)
	})
	if err != nil {
		return nil, err
	}
	return made, nil
}

// first loads what the first call with the same key made.
func (s *Service) first(ctx context.Context, client *ent.Client, id uuid.UUID, err error) (*ent.Invitation, error) {
	if err != nil {
		return nil, err
	}
	return client.Invitation.Get(ctx, id)
}

// accepted is a request that the rules have let through.
type accepted struct {
	Request
	Method   invitation.Method
	Inviter  uuid.UUID  // whose it is: the caller's, or what it replaces was this officer's
	Replaces *uuid.UUID // the invitation whose address was corrected
	Detail   string     // what its history begins with
}

// accept stores the invitation and queues its work. What another request stored
// since the check is seen here again, and by the unique indexes at the last.
func (s *Service) accept(ctx context.Context, tx *database.Tx, actor access.Actor, r accepted) (*ent.Invitation, error) {
	c := &Candidate{Request: r.Request}
	if err := s.compareOwn(ctx, tx.Client, tx.Now, []*Candidate{c}); err != nil {
		return nil, err
	}
	if err := c.Faults.Err(); err != nil {
		return nil, err
	}
	if _, err := s.lapse(ctx, tx, invitation.EmailKey(r.EmailKey)); err != nil {
		return nil, err
	}
	first := invitation.ProvisioningQueued
	if Scheduled(r.StartOn, tx.Now) {
		first = invitation.ProvisioningScheduled
	}
	id := schema.NewID()
	number, err := Store(tx.Keys, id, r.Number, "")
	if err != nil {
		return nil, err
	}
	creating := ctx
	if r.Inviter != actor.OfficerID {
		creating = access.System(ctx) // the caller was let at the one that it replaces
	}
	made, err := tx.Invitation.Create().SetID(id).SetInviterID(r.Inviter).
		SetMethod(r.Method).SetUserType(r.UserType).SetNillableReplacesID(r.Replaces).
		SetEmail(r.Email).SetEmailKey(r.EmailKey).
		SetNillableUsername(nonEmpty(r.Username)).SetNillableUsernameKey(nonEmpty(r.UsernameKey)).
		SetNillableFirstName(nonEmpty(r.FirstName)).SetNillableFirstNameKey(nonEmpty(address.Fold(r.FirstName))).
		SetNillableLastName(nonEmpty(r.LastName)).SetNillableLastNameKey(nonEmpty(address.Fold(r.LastName))).
		SetNillableContactNumber(number.Sealed).SetNillableNumberKey(number.Key[0]).SetNillableNumberKey2(number.Key[1]).
		SetNillableOrganisation(nonEmpty(r.Organisation)).SetNillableOrganisationKey(nonEmpty(address.Fold(r.Organisation))).
		SetNillableDepartment(nonEmpty(r.Department)).SetNillableDepartmentKey(nonEmpty(address.Fold(r.Department))).
		SetSeedRequired(r.Seed).SetReason(r.Reason).SetNillableStartOn(nonEmpty(r.StartOn)).SetProvisioning(first).
		SetInvitedAt(tx.Now).SetUpdatedAt(tx.Now).Save(creating)
	if err != nil {
		return nil, fmt.Errorf("store invitation: %w", err)
	}
	if err := Record(ctx, tx, tx.Now, Event{Invitation: made.ID, What: EventInvited, Officer: &actor.OfficerID, Detail: r.Detail}); err != nil {
		return nil, err
	}
	if first == invitation.ProvisioningScheduled {
		return made, nil // its day queues the work
	}
	return made, s.Jobs.Insert(ctx, tx, jobs.Single, Deliver{IDs: []uuid.UUID{made.ID}})
}

// Load returns one invitation that the actor may see. Codes: NOT_FOUND.
func Load(ctx context.Context, client *ent.Client, id uuid.UUID) (*ent.Invitation, error) {
	i, err := client.Invitation.Get(ctx, id)
	if ent.IsNotFound(err) {
		return nil, fault.New(fault.NotFound, "There is no such invitation among yours.")
	}
	if err != nil {
		return nil, fmt.Errorf("load invitation: %w", err)
	}
	return i, nil
}
