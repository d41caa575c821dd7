package graph

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"techbiz/ent"
	"techbiz/ent/invitation"
	"techbiz/ent/officer"
	"techbiz/ent/predicate"
	"techbiz/graph/model"
	"techbiz/internal/access"
	"techbiz/internal/address"
	"techbiz/internal/database"
	"techbiz/internal/fault"
	"techbiz/internal/invite"
)

// Page sizes where the caller gives none.
const (
	maxPage         = database.MaxPage
	invitationsPage = 50
	batchesPage     = 20
	rowsPage        = 10
)

// maxSearch bounds what is searched for, in bytes; no field that is searched is
// longer.
const maxSearch = 1_024

// searched are the columns in which search looks.
var searched = []string{
	invitation.FieldEmailKey, invitation.FieldFirstNameKey, invitation.FieldLastNameKey,
	invitation.FieldOrganisationKey, invitation.FieldDepartmentKey, invitation.FieldUsernameKey,
}

// orderOf is the order of a list of invitations.
func orderOf(by *model.InvitationOrder) database.Order {
	if by == nil {
		return database.Order{Column: invitation.FieldInvitedAt, Desc: true}
	}
	column := map[model.InvitationOrderField]string{
		model.InvitationOrderFieldInvitedAt:      invitation.FieldInvitedAt,
		model.InvitationOrderFieldUpdatedAt:      invitation.FieldUpdatedAt,
		model.InvitationOrderFieldEmail:          invitation.FieldEmailKey,
		model.InvitationOrderFieldTechpassStatus: invitation.FieldTechpassStatus,
	}[by.Field]
	return database.Order{Column: column, Desc: by.Direction == model.OrderDirectionDesc}
}

// sortKey gives a row's place in an order.
func sortKey(o database.Order) func(*ent.Invitation) (any, uuid.UUID) {
	return func(i *ent.Invitation) (any, uuid.UUID) {
		switch o.Column {
		case invitation.FieldUpdatedAt:
			return i.UpdatedAt, i.ID
		case invitation.FieldEmailKey:
			return i.EmailKey, i.ID
		case invitation.FieldTechpassStatus:
			return string(i.TechpassStatus), i.ID
		}
		return i.InvitedAt, i.ID
	}
}

// matching turns a filter into predicates. Without allOfficers they are the
// caller's own invitations. Codes: UNAUTHENTICATED, FORBIDDEN, BAD_REQUEST.
func (r *Resolver) matching(ctx context.Context, f *model.InvitationFilter) ([]predicate.Invitation, error) {
	actor, err := access.Require(ctx)
	if err != nil {
		return nil, err
	}
	if f == nil {
		f = &model.InvitationFilter{}
	}
	var p []predicate.Invitation
	all, err := beyondOwn(ctx, f.AllOfficers)
	if err != nil {
		return nil, err
	}
	if !all {
		p = append(p, invitation.InviterID(actor.OfficerID))
	} else if p, err = r.nearest(ctx); err != nil {
		return nil, err
	}
	if f.Search != nil && len(*f.Search) > maxSearch {
		return nil, fault.New(fault.BadRequest, "Search for at most %d characters.", maxSearch)
	}
	if f.Search != nil && address.Fold(*f.Search) != "" {
		found, err := r.DB.Search(ctx, invitation.Table, address.Fold(*f.Search), searched...)
		if err != nil {
			return nil, err
		}
		p = append(p, found)
	}
	if f.Email != nil {
		p = append(p, invitation.EmailKey(address.Fold(*f.Email)))
	}
	p = appendAny(p, f.TechPassStatus, invitation.TechpassStatusIn)
	p = appendAny(p, f.SeedStatus, invitation.SeedStatusIn)
	p = appendAny(p, f.Provisioning, invitation.ProvisioningIn)
	p = appendAny(p, f.Mail, invitation.MailIn)
	p = appendOne(p, f.UserType, invitation.UserTypeEQ)
	p = appendOne(p, f.Method, invitation.MethodEQ)
	p = appendOne(p, f.BatchID, invitation.BatchID)
	p = appendOne(p, f.InvitedFrom, invitation.InvitedAtGTE)
	p = appendOne(p, f.InvitedTo, invitation.InvitedAtLT)
	p = appendOne(p, f.UpdatedSince, invitation.UpdatedAtGTE)
	return appendOne(p, f.Stuck, func(stuck bool) predicate.Invitation {
		if stuck {
			return invite.Stuck(r.DB.Now())
		}
		return invitation.Not(invite.Stuck(r.DB.Now()))
	}), nil
}

// nearest are the invitations of an agency that has few. A list over all officers
// reads all invitations in its order until its page is full, which of a small agency
// it never is. The policy still decides: this only says where to look.
func (r *Resolver) nearest(ctx context.Context) ([]predicate.Invitation, error) {
	if access.ReachOf(ctx) != access.Agency {
		return nil, nil
	}
	a, _ := access.From(ctx)
	system := access.System(ctx) // the policy's own condition hides the index
	officers, err := r.DB.Officer.Query().Where(officer.Agency(a.Agency())).IDs(system)
	if err != nil {
		return nil, fmt.Errorf("look for the agency's officers: %w", err)
	}
	ids, err := r.DB.Invitation.Query().Where(database.OneOfIDs(invitation.FieldInviterID, officers)).Limit(database.FewRows + 1).IDs(system)
	if err != nil {
		return nil, fmt.Errorf("look for the agency's invitations: %w", err)
	}
	if len(ids) > database.FewRows {
		return nil, nil
	}
	return []predicate.Invitation{database.OneOfIDs(invitation.FieldID, ids)}, nil
}

// beyondOwn says whether a list is to hold more than the caller's own, as far as
// the policies then let it. Codes: FORBIDDEN for who has nothing but that.
func beyondOwn(ctx context.Context, asked *bool) (bool, error) {
	if asked == nil || !*asked {
		return false, nil
	}
	if access.ReachOf(ctx) <= access.Own {
		return false, fault.New(fault.Forbidden, "Only an administrator may see the invitations of other officers.")
	}
	return true, nil
}

func appendOne[T any](p []predicate.Invitation, v *T, is func(T) predicate.Invitation) []predicate.Invitation {
	if v == nil {
		return p
	}
	return append(p, is(*v))
}

// appendAny adds "any of these"; an empty list matches nothing, as it says.
func appendAny[T any](p []predicate.Invitation, v []T, in func(...T) predicate.Invitation) []predicate.Invitation {
	if v == nil {
		return p
	}
	return append(p, in(v...))
}
