package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"github.com/google/uuid"

	"techbiz/internal/access"
)

// Officer is a public officer who uses the portal.
type Officer struct{ ent.Schema }

// Mixin of the entity.
func (Officer) Mixin() []ent.Mixin { return []ent.Mixin{Identity{}} }

// Fields of the entity.
func (Officer) Fields() []ent.Field {
	return []ent.Field{
		field.String("email").Unique().Comment("Folded organisational address."),
		field.String("agency").Immutable().Comment("The whole domain behind the @."),
		field.String("name").Optional().Nillable(),
		field.Enum("role").GoType(access.Role("")).Default(string(access.Officer)),
		field.Time("created_at").Immutable(),
	}
}

// Edges of the entity.
func (Officer) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("invitations", Invitation.Type),
		edge.To("batches", Batch.Type),
		edge.To("tokens", Token.Type),
		edge.To("sessions", Session.Type),
		edge.To("identities", OfficerIdentity.Type),
		edge.To("domain_requests", DomainRequest.Type),
	}
}

// Indexes of the entity.
func (Officer) Indexes() []ent.Index {
	return []ent.Index{index.Fields("agency")}
}

// Policy of the entity: whoever acts may read whom an invitation names.
func (Officer) Policy() ent.Policy { return officerPolicy() }

// Token is a bearer token of an officer; only its hash is kept.
type Token struct{ ent.Schema }

// Mixin of the entity.
func (Token) Mixin() []ent.Mixin { return []ent.Mixin{Identity{}} }

// Fields of the entity. Its times are the machine's.
func (Token) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("officer_id", uuid.UUID{}).Immutable(),
		field.String("name").MaxLen(400), // bytes
		field.String("prefix").Immutable().Comment("Its first characters, by which a person recognises it."),
		field.Bytes("hash").MaxLen(32).Unique().Immutable().Sensitive(),
		field.Bool("write").Immutable(),
		field.Time("created_at").Immutable(),
		field.Time("expires_at").Immutable(),
		field.Time("last_used_at").Optional().Nillable(),
		field.Time("revoked_at").Optional().Nillable(),
	}
}

// Edges of the entity.
func (Token) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("officer", Officer.Type).Ref("tokens").Field("officer_id").Unique().Required().Immutable(),
	}
}

// Policy of the entity.
func (Token) Policy() ent.Policy { return tokenPolicy() }

// Session is a signed-in browser; the cookie holds a secret of which only the
// hash is kept.
type Session struct{ ent.Schema }

// Mixin of the entity.
func (Session) Mixin() []ent.Mixin { return []ent.Mixin{Identity{}} }

// Fields of the entity. Its times are the machine's.
func (Session) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("officer_id", uuid.UUID{}).Optional().Nillable().Comment("Nobody yet while a code is awaited."),
		field.Bytes("hash").MaxLen(32).Unique().Immutable().Sensitive(),
		field.Bytes("data").Sensitive().Comment("The session's values, encoded."),
		field.Time("created_at").Immutable(),
		field.Time("seen_at"),
		field.Time("expires_at").Comment("When it ends whatever happens."),
		field.Enum("method").Values("CODE", "PROVIDER").Optional().Nillable().Immutable().Comment("How the officer signed in."),
		field.String("address").Default("").Comment("Network address of its last use."),
		field.String("browser").Default("").Comment("What it is used with, such as Chrome on Windows."),
	}
}

// Edges of the entity.
func (Session) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("officer", Officer.Type).Ref("sessions").Field("officer_id").Unique(),
	}
}

// Indexes of the entity.
func (Session) Indexes() []ent.Index {
	return []ent.Index{index.Fields("expires_at"), index.Fields("officer_id")}
}

// Policy of the entity.
func (Session) Policy() ent.Policy { return systemOnly() }

// SignInCode is a one-time code that was sent and not yet used.
type SignInCode struct{ ent.Schema }

// Mixin of the entity.
func (SignInCode) Mixin() []ent.Mixin { return []ent.Mixin{Identity{}} }

// Fields of the entity. Its times are the machine's.
func (SignInCode) Fields() []ent.Field {
	return []ent.Field{
		field.String("email").Immutable().Comment("Folded."),
		field.Bytes("browser").MaxLen(32).Immutable().Sensitive().Comment("Hash of the secret of the browser that asked."),
		field.Bytes("network").MaxLen(32).Optional().Immutable().Sensitive().Comment("Keyed hash of the network address that asked, by which it is counted."),
		field.Bytes("hash").MaxLen(32).Immutable().Sensitive(),
		field.Int("tries").Default(0),
		field.Time("created_at").Immutable(),
		field.Time("expires_at").Immutable(),
		field.Time("used_at").Optional().Nillable(),
	}
}

// Indexes of the entity.
func (SignInCode) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("email", "created_at"),
		index.Fields("network", "created_at"),
		index.Fields("browser"),
		index.Fields("expires_at"),
	}
}

// Policy of the entity.
func (SignInCode) Policy() ent.Policy { return systemOnly() }

// Marker records that something which happens once has happened.
type Marker struct{ ent.Schema }

// Mixin of the entity.
func (Marker) Mixin() []ent.Mixin { return []ent.Mixin{Identity{}} }

// Fields of the entity.
func (Marker) Fields() []ent.Field {
	return []ent.Field{
		field.String("name").Unique().Immutable(),
		field.Time("created_at").Immutable(),
	}
}

// Policy of the entity.
func (Marker) Policy() ent.Policy { return systemOnly() }

// IdempotencyKey remembers the first answer to a change, so that a repeated call
// is harmless.
type IdempotencyKey struct{ ent.Schema }

// Mixin of the entity.
func (IdempotencyKey) Mixin() []ent.Mixin { return []ent.Mixin{Identity{}} }

// Fields of the entity.
func (IdempotencyKey) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("officer_id", uuid.UUID{}).Immutable(),
		field.String("mutation").Immutable(),
		field.String("key").Immutable(),
		field.Bytes("input").MaxLen(32).Comment("Hash of the input."),
		field.UUID("result_id", uuid.UUID{}),
		field.Time("created_at"),
	}
}

// Indexes of the entity.
func (IdempotencyKey) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("officer_id", "mutation", "key").Unique(),
		index.Fields("created_at"),
	}
}

// Policy of the entity.
func (IdempotencyKey) Policy() ent.Policy { return systemOnly() }
