package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// SandboxPerson is a person in the sandbox directory, which stands for a system
// outside: nothing of the product but the sandbox reads this table.
type SandboxPerson struct{ ent.Schema }

// Mixin of the entity.
func (SandboxPerson) Mixin() []ent.Mixin { return []ent.Mixin{Identity{}} }

// Fields of the entity.
func (SandboxPerson) Fields() []ent.Field {
	return []ent.Field{
		field.String("key").Unique().Immutable().Comment("The caller's stable key: a repeated call finds the same person."),
		field.String("email"),
		field.String("email_key"),
		field.String("username").Optional().Nillable(),
		field.String("username_key").Optional().Nillable(),
		field.String("first_name").Optional(),
		field.String("last_name").Optional(),
		field.String("number").Optional().Nillable().Sensitive().Comment("E.164, sealed."),
		field.String("number_key").Optional().Nillable().Comment("Blind index of the number, in the first slot."),
		field.String("number_key2").Optional().Nillable().Comment("The same in the second slot."),
		field.String("token").Unique().Comment("The secret part of the link in the person's last mail."),
		field.Int("round").Default(0).Comment("Of the last invitation; a higher one replaced the token."),
		field.Enum("state").NamedValues("Invited", "INVITED", "Created", "CREATED", "Active", "ACTIVE", "Terminated", "TERMINATED"),
		field.Enum("seed").Default("NONE").NamedValues("None", "NONE", "Licensed", "LICENSED", "Onboarded", "ONBOARDED", "Ineligible", "INELIGIBLE"),
		field.Time("created_at").Immutable(),
		field.Time("expires_at").Optional().Nillable().Comment("When the link lapses or the account is terminated."),
		field.Time("activated_at").Optional().Nillable(),
	}
}

// Indexes of the entity: a terminated person holds nothing any more.
func (SandboxPerson) Indexes() []ent.Index {
	const isThere = "state <> 'TERMINATED'"
	present := entsql.IndexWhere(isThere)
	numbered := func(slot string) *entsql.IndexAnnotation {
		return entsql.IndexWhere(isThere + " AND " + slot + " IS NOT NULL")
	}
	return []ent.Index{
		index.Fields("email_key").Unique().Annotations(present).StorageKey("sandbox_person_email"),
		index.Fields("username_key").Unique().Annotations(present).StorageKey("sandbox_person_username"),
		index.Fields("number_key").Unique().Annotations(numbered("number_key")).StorageKey("sandbox_person_number_key"),
		index.Fields("number_key2").Unique().Annotations(numbered("number_key2")).StorageKey("sandbox_person_number_key2"),
		index.Fields("email_key"),
		index.Fields("state", "expires_at"),
		index.Fields("created_at"),
	}
}

// Policy of the entity.
func (SandboxPerson) Policy() ent.Policy { return systemOnly() }

// SandboxMail is a mail in the sandbox mailbox.
type SandboxMail struct{ ent.Schema }

// Mixin of the entity.
func (SandboxMail) Mixin() []ent.Mixin { return []ent.Mixin{Identity{}} }

// Fields of the entity.
func (SandboxMail) Fields() []ent.Field {
	return []ent.Field{
		field.String("message_id").Unique().Immutable(),
		field.String("to").Immutable(),
		field.String("to_key").Immutable(),
		field.String("subject").Immutable(),
		field.String("text").Immutable(),
		field.String("html").Immutable(),
		field.Strings("links").Immutable(),
		field.Time("sent_at").Immutable(),
	}
}

// Indexes of the entity.
func (SandboxMail) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("to_key", "sent_at", "id"),
		index.Fields("sent_at", "id"),
	}
}

// Policy of the entity.
func (SandboxMail) Policy() ent.Policy { return systemOnly() }

// SandboxClock is how far the sandbox's clock runs before the machine's. It has
// one row.
type SandboxClock struct{ ent.Schema }

// Fields of the entity.
func (SandboxClock) Fields() []ent.Field {
	return []ent.Field{
		field.Int("id").Immutable(),
		field.Int64("ahead_seconds"),
	}
}

// Policy of the entity.
func (SandboxClock) Policy() ent.Policy { return systemOnly() }
