package schema

import (
	"context"

	entgo "entgo.io/ent"

	"techbiz/ent"
	"techbiz/ent/auditrecord"
	"techbiz/ent/privacy"
	"techbiz/internal/access"
)

// auditRecordPolicy: an officer sees the officer's own acts and what others did
// to the officer's invitations and lists; an agency admin what concerns officers
// of the agency.
func auditRecordPolicy() entgo.Policy {
	return privacy.Policy{
		Query: privacy.QueryPolicy{privacy.AuditRecordQueryRuleFunc(func(ctx context.Context, q *ent.AuditRecordQuery) error {
			a, _ := access.From(ctx)
			switch access.ReachOf(ctx) {
			case access.Everything:
			case access.Agency:
				agency := a.Agency()
				q.Where(auditrecord.Or(auditrecord.ActorAgency(agency), auditrecord.OwnerAgency(agency)))
			case access.Own:
				q.Where(auditrecord.Or(auditrecord.ActorID(a.OfficerID), auditrecord.OwnerID(a.OfficerID)))
			case access.Nothing:
				return privacy.Deny
			}
			return privacy.Allow
		})},
		Mutation: appendOnly(),
	}
}

// appendOnlySystem is the policy of what the product itself adds and reads, and
// nobody changes.
func appendOnlySystem() entgo.Policy {
	return privacy.Policy{
		Query:    privacy.QueryPolicy{systemQueries(), privacy.AlwaysDenyRule()},
		Mutation: appendOnly(),
	}
}

// appendOnly lets the product itself add rows, and nobody change or remove one.
func appendOnly() privacy.MutationPolicy {
	return privacy.MutationPolicy{
		privacy.DenyMutationOperationRule(entgo.OpUpdate | entgo.OpUpdateOne | entgo.OpDelete | entgo.OpDeleteOne),
		systemMutates(), privacy.AlwaysDenyRule(),
	}
}
