package schema

import (
	"context"
	"slices"

	entgo "entgo.io/ent"

	"techbiz/ent"
	"techbiz/ent/batch"
	"techbiz/ent/batchrow"
	"techbiz/ent/invitation"
	"techbiz/ent/invitationevent"
	"techbiz/ent/officer"
	"techbiz/ent/predicate"
	"techbiz/ent/privacy"
	"techbiz/ent/token"
	"techbiz/internal/access"
)

// systemOnly is the policy of what no officer touches directly.
func systemOnly() entgo.Policy {
	return privacy.Policy{
		Query:    privacy.QueryPolicy{systemQueries(), privacy.AlwaysDenyRule()},
		Mutation: privacy.MutationPolicy{systemMutates(), privacy.AlwaysDenyRule()},
	}
}

// whoeverActs lets whoever does anything read.
func whoeverActs() privacy.QueryRule {
	return privacy.ContextQueryMutationRule(func(ctx context.Context) error {
		if access.ReachOf(ctx) != access.Nothing {
			return privacy.Allow
		}
		return privacy.Deny
	})
}

// within lets changes through that these acts make.
func within(acts ...access.Act) privacy.MutationRule {
	return privacy.ContextQueryMutationRule(func(ctx context.Context) error {
		if access.Doing(ctx, acts...) {
			return privacy.Allow
		}
		return privacy.Skip
	})
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

// reaching applies the reach of what is being done: narrow gets the predicate over
// the officers whose rows may be seen, and is not called when all rows may.
func reaching(ctx context.Context, narrow func(predicate.Officer)) error {
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
		return reaching(ctx, func(p predicate.Officer) { where(invitation.HasInviterWith(p)) })
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
		return reaching(ctx, func(p predicate.Officer) { where(batch.HasOwnerWith(p)) })
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
		return reaching(ctx, func(p predicate.Officer) { where(batchrow.HasBatchWith(batch.HasOwnerWith(p))) })
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
			return reaching(ctx, func(p predicate.Officer) {
				q.Where(invitationevent.HasInvitationWith(invitation.HasInviterWith(p)))
			})
		})},
		Mutation: privacy.MutationPolicy{systemMutates(), privacy.AlwaysDenyRule()},
	}
}

// officerPolicy: whoever acts may read them; an act changes roles, and the product
// itself everything else.
func officerPolicy() entgo.Policy {
	return privacy.Policy{
		Query: privacy.QueryPolicy{whoeverActs()},
		Mutation: privacy.MutationPolicy{
			systemMutates(),
			privacy.OfficerMutationRuleFunc(func(_ context.Context, m *ent.OfficerMutation) error {
				if m.Op().Is(entgo.OpUpdate|entgo.OpUpdateOne) && slices.Equal(m.Fields(), []string{officer.FieldRole}) {
					return privacy.Skip
				}
				return privacy.Deny
			}),
			within(access.SetRole), privacy.AlwaysDenyRule(),
		},
	}
}

// tokenPolicy: an officer's own, as the acts on tokens read and change them.
func tokenPolicy() entgo.Policy {
	return privacy.Policy{
		Query: privacy.QueryPolicy{systemQueries(), privacy.TokenQueryRuleFunc(func(ctx context.Context, q *ent.TokenQuery) error {
			a, _ := access.From(ctx)
			if !access.Doing(ctx, access.ReadTokens, access.CreateToken, access.RevokeToken) {
				return privacy.Deny
			}
			q.Where(token.OfficerID(a.OfficerID))
			return privacy.Allow
		})},
		Mutation: privacy.MutationPolicy{systemMutates(), privacy.TokenMutationRuleFunc(func(ctx context.Context, m *ent.TokenMutation) error {
			a, _ := access.From(ctx)
			switch {
			case m.Op().Is(entgo.OpCreate) && access.Doing(ctx, access.CreateToken):
				if id, _ := m.OfficerID(); id == a.OfficerID {
					return privacy.Allow
				}
			case m.Op().Is(entgo.OpUpdate|entgo.OpUpdateOne) && access.Doing(ctx, access.RevokeToken):
				m.Where(token.OfficerID(a.OfficerID))
				return privacy.Allow
			}
			return privacy.Deny
		})},
	}
}

func createsOwn(ctx context.Context, isOwn func(access.Actor) bool) error {
	if a, ok := access.From(ctx); ok && (a.System || a.OfficerID != [16]byte{} && isOwn(a)) {
		return privacy.Allow
	}
	return privacy.Deny
}
