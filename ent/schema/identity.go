package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"github.com/google/uuid"
)

// OfficerIdentity says that a subject of an OpenID provider is an officer. Issuer
// and subject never change; an e-mail address does, and is none of its fields.
type OfficerIdentity struct{ ent.Schema }

// Mixin of the entity.
func (OfficerIdentity) Mixin() []ent.Mixin { return []ent.Mixin{Identity{}} }

// Fields of the entity. Its times are the machine's.
func (OfficerIdentity) Fields() []ent.Field {
	return []ent.Field{
		field.String("issuer").Immutable(),
		field.String("subject").Immutable().Comment("The provider's own name of the person, compared byte by byte."),
		field.UUID("officer_id", uuid.UUID{}),
		field.Time("created_at").Immutable(),
		field.Time("last_seen_at"),
	}
}

// Edges of the entity.
func (OfficerIdentity) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("officer", Officer.Type).Ref("identities").Field("officer_id").Unique().Required(),
	}
}

// Indexes of the entity: a subject is one officer, and an officer is one subject
// of a provider.
func (OfficerIdentity) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("issuer", "subject").Unique(),
		index.Fields("issuer", "officer_id").Unique(),
	}
}

// Policy of the entity.
func (OfficerIdentity) Policy() ent.Policy { return systemOnly() }

// SignInAttempt is a way to the OpenID provider from which a browser has not come
// back yet.
type SignInAttempt struct{ ent.Schema }

// Mixin of the entity.
func (SignInAttempt) Mixin() []ent.Mixin { return []ent.Mixin{Identity{}} }

// Fields of the entity. Its times are the machine's.
func (SignInAttempt) Fields() []ent.Field {
	return []ent.Field{
		field.Bytes("state").MaxLen(32).Unique().Immutable().Sensitive().Comment("Hash of the state that the provider hands back."),
		field.Bytes("browser").MaxLen(32).Immutable().Sensitive().Comment("Hash of the secret of the browser that set out."),
		field.Bytes("data").Immutable().Sensitive().Comment("Nonce, verifier and where to go afterwards, encrypted."),
		field.Time("created_at").Immutable(),
		field.Time("expires_at").Immutable(),
	}
}

// Indexes of the entity.
func (SignInAttempt) Indexes() []ent.Index {
	return []ent.Index{index.Fields("browser"), index.Fields("expires_at")}
}

// Policy of the entity.
func (SignInAttempt) Policy() ent.Policy { return systemOnly() }
