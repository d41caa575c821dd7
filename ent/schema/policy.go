package schema

import (
	"context"

	entgo "entgo.io/ent"

	"techbiz/ent"
	"techbiz/ent/batch"
	"techbiz/ent/batchrow"
	"techbiz/ent/invitation"
	"techbiz/ent/invitationevent"
	"techbiz/ent/officer"
	"techbiz/ent/predicate"
	"techbiz/ent/privacy"
	"techbiz/internal/access"
)

// systemOnly is the policy of what no officer touches directly.
func systemOnly() entgo.Policy {
	return privacy.Policy{
		Query:    privacy.QueryPolicy{systemQueries(), privacy.AlwaysDenyRule()},
		Mutation: privacy.MutationPolicy{systemMutates(), privacy.AlwaysDenyRule()},
	}
}

// readByAll is the policy of what whoever acts may read and only the product
// itself may change.
func readByAll() entgo.Policy {
	return privacy.Policy{
		Query: privacy.QueryPolicy{privacy.ContextQueryMutationRule(func(ctx context.Context) error {
			if access.ReachOf(ctx) != access.Nothing {
				return privacy.Allow
			}
			return privacy.Deny
		})},
		Mutation: privacy.MutationPolicy{systemMutates(), privacy.AlwaysDenyRule()},
	}
}

func systemQueries() privacy.QueryRule {
	return privacy.ContextQueryMutationRule(allowSystem)
}

func systemMutates() privacy.MutationRule {
	return privacy.ContextQueryMutationRule(allowSystem)
}

func allowSystem(ctx context.Context) error {
	if a, ok := access.From(ctx); ok && a.System {
		return privacy.Allow
	}
	return privacy.Skip
}

// within applies the reach of what is being done: narrow gets the predicate over
// the officers whose rows may be seen, and is not called when all rows may.
func within(ctx context.Context, narrow func(predicate.Officer)) error {
	a, _ := access.From(ctx)
	switch access.ReachOf(ctx) {
	case access.Everything:
	case access.Agency:
		narrow(officer.Agency(a.Agency()))
	case access.Own:
		narrow(officer.ID(a.OfficerID))
	case access.Nothing:
		return privacy.Deny
	}
	return privacy.Allow
}

// own is the shorter predicate, without a join, for an officer's own rows.
func own(ctx context.Context) (access.Actor, bool) {
	a, _ := access.From(ctx)
	return a, access.ReachOf(ctx) == access.Own
}

// changes refuses what only reads, and leaves everything else to the rules behind
// it.
func changes() privacy.MutationRule {
	return privacy.ContextQueryMutationRule(func(ctx context.Context) error {
		if access.Changes(ctx) {
			return privacy.Skip
		}
		return privacy.Deny
	})
}

func invitationPolicy() entgo.Policy {
	reach := func(ctx context.Context, where func(...predicate.Invitation)) error {
		if a, ok := own(ctx); ok {
			where(invitation.InviterID(a.OfficerID))
			return privacy.Allow
		}
		return within(ctx, func(p predicate.Officer) { where(invitation.HasInviterWith(p)) })
	}
	return privacy.Policy{
		Query: privacy.QueryPolicy{privacy.InvitationQueryRuleFunc(func(ctx context.Context, q *ent.InvitationQuery) error {
			return reach(ctx, func(p ...predicate.Invitation) { q.Where(p...) })
		})},
		Mutation: privacy.MutationPolicy{changes(), privacy.InvitationMutationRuleFunc(func(ctx context.Context, m *ent.InvitationMutation) error {
			if m.Op().Is(entgo.OpCreate) {
				id, _ := m.InviterID()
				return createsOwn(ctx, func(a access.Actor) bool { return id == a.OfficerID })
			}
			return reach(ctx, m.Where)
		})},
	}
}

func batchPolicy() entgo.Policy {
	reach := func(ctx context.Context, where func(...predicate.Batch)) error {
		if a, ok := own(ctx); ok {
			where(batch.OwnerID(a.OfficerID))
			return privacy.Allow
		}
		return within(ctx, func(p predicate.Officer) { where(batch.HasOwnerWith(p)) })
	}
	return privacy.Policy{
		Query: privacy.QueryPolicy{privacy.BatchQueryRuleFunc(func(ctx context.Context, q *ent.BatchQuery) error {
			return reach(ctx, func(p ...predicate.Batch) { q.Where(p...) })
		})},
		Mutation: privacy.MutationPolicy{changes(), privacy.BatchMutationRuleFunc(func(ctx context.Context, m *ent.BatchMutation) error {
			if m.Op().Is(entgo.OpCreate) {
				id, _ := m.OwnerID()
				return createsOwn(ctx, func(a access.Actor) bool { return id == a.OfficerID })
			}
			return reach(ctx, m.Where)
		})},
	}
}

// batchRowPolicy lets rows be reached through a batch that may be seen. Rows are
// made only by the product itself, after the batch was loaded.
func batchRowPolicy() entgo.Policy {
	reach := func(ctx context.Context, where func(...predicate.BatchRow)) error {
		return within(ctx, func(p predicate.Officer) { where(batchrow.HasBatchWith(batch.HasOwnerWith(p))) })
	}
	return privacy.Policy{
		Query: privacy.QueryPolicy{privacy.BatchRowQueryRuleFunc(func(ctx context.Context, q *ent.BatchRowQuery) error {
			return reach(ctx, func(p ...predicate.BatchRow) { q.Where(p...) })
		})},
		Mutation: privacy.MutationPolicy{systemMutates(), privacy.AlwaysDenyRule()},
	}
}

// eventPolicy: read with the invitation, appended only by the product itself.
func eventPolicy() entgo.Policy {
	return privacy.Policy{
		Query: privacy.QueryPolicy{privacy.InvitationEventQueryRuleFunc(func(ctx context.Context, q *ent.InvitationEventQuery) error {
			return within(ctx, func(p predicate.Officer) {
				q.Where(invitationevent.HasInvitationWith(invitation.HasInviterWith(p)))
			})
		})},
		Mutation: privacy.MutationPolicy{systemMutates(), privacy.AlwaysDenyRule()},
	}
}

func createsOwn(ctx context.Context, isOwn func(access.Actor) bool) error {
	if a, ok := access.From(ctx); ok && (a.System || a.OfficerID != [16]byte{} && isOwn(a)) {
		return privacy.Allow
	}
	return privacy.Deny
}
