package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"github.com/google/uuid"
)

// RateLimit is how much of a rate limit is used. Its id is a keyed hash of what is
// limited: nobody can read addresses or people from it.
type RateLimit struct{ ent.Schema }

// Fields of the entity. Its times are the machine's, in nanoseconds since 1970:
// the databases keep only microseconds in a time.
func (RateLimit) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("id", uuid.UUID{}).Immutable(),
		field.Int64("full_at").Comment("When everything may be taken again; the row says nothing from then on."),
		field.Bytes("taken").Optional().MaxLen(1 << 14).Comment("Times at which one was taken, where they are counted one by one."),
	}
}

// Policy of the entity.
func (RateLimit) Policy() ent.Policy { return systemOnly() }
