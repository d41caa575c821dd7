package schema

import (
	"context"

	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"github.com/google/uuid"

	gen "techbiz/ent"
	"techbiz/ent/domainrequest"
	"techbiz/ent/privacy"
	"techbiz/internal/access"
)

// AllowedDomain is a vendor's domain that may be invited; with *. before it, all
// its sub-domains and not the domain itself.
type AllowedDomain struct{ ent.Schema }

// Mixin of the entity.
func (AllowedDomain) Mixin() []ent.Mixin { return []ent.Mixin{Identity{}} }

// Fields of the entity.
func (AllowedDomain) Fields() []ent.Field {
	return []ent.Field{
		field.String("domain").Unique().Immutable(),
		field.Time("created_at").Immutable(),
		field.UUID("added_by", uuid.UUID{}).Optional().Nillable().Immutable().Comment("Nobody where a setting allowed it."),
	}
}

// Policy of the entity.
func (AllowedDomain) Policy() ent.Policy {
	return privacy.Policy{
		Query: privacy.QueryPolicy{whoeverActs()},
		Mutation: privacy.MutationPolicy{
			systemMutates(), within(access.AllowDomain, access.DisallowDomain, access.DecideDomainRequest), privacy.AlwaysDenyRule(),
		},
	}
}

// DomainRequest is an officer's wish that a vendor's domain be allowed.
type DomainRequest struct{ ent.Schema }

// Mixin of the entity.
func (DomainRequest) Mixin() []ent.Mixin { return []ent.Mixin{Identity{}} }

// Fields of the entity.
func (DomainRequest) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("officer_id", uuid.UUID{}).Immutable().Comment("Who asked."),
		field.String("domain").Immutable(),
		field.String("reason").Immutable(),
		field.Enum("state").Default("OPEN").NamedValues("Open", "OPEN", "Approved", "APPROVED", "Refused", "REFUSED"),
		field.Time("requested_at").Immutable(),
		field.Time("decided_at").Optional().Nillable(),
		field.UUID("decided_by", uuid.UUID{}).Optional().Nillable(),
		field.String("note").Optional().Nillable().Comment("What the officer is told with the decision."),
	}
}

// Edges of the entity.
func (DomainRequest) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("officer", Officer.Type).Ref("domain_requests").Field("officer_id").Unique().Required().Immutable(),
	}
}

// Indexes of the entity: an officer asks for a domain once at a time.
func (DomainRequest) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("domain", "officer_id").Unique().Annotations(entsql.IndexWhere("state = 'OPEN'")).StorageKey("domainrequest_open"),
		index.Fields("state", "requested_at"),
		index.Fields("officer_id", "requested_at"),
	}
}

// Policy of the entity: an officer's own, and all for who decides them.
func (DomainRequest) Policy() ent.Policy {
	return privacy.Policy{
		Query: privacy.QueryPolicy{privacy.DomainRequestQueryRuleFunc(func(ctx context.Context, q *gen.DomainRequestQuery) error {
			a, _ := access.From(ctx)
			switch access.ReachOf(ctx) {
			case access.Everything:
				return privacy.Allow
			case access.Own:
				q.Where(domainrequest.OfficerID(a.OfficerID))
				return privacy.Allow
			case access.Nothing, access.Agency:
			}
			return privacy.Deny
		})},
		Mutation: privacy.MutationPolicy{
			systemMutates(),
			privacy.DomainRequestMutationRuleFunc(func(ctx context.Context, m *gen.DomainRequestMutation) error {
				if !m.Op().Is(ent.OpCreate) {
					return privacy.Skip
				}
				a, _ := access.From(ctx)
				if id, _ := m.OfficerID(); access.Doing(ctx, access.RequestDomain) && id == a.OfficerID {
					return privacy.Allow
				}
				return privacy.Deny
			}),
			within(access.AllowDomain, access.DecideDomainRequest), privacy.AlwaysDenyRule(),
		},
	}
}
