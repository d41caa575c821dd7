// Package schema is the model: entities, their indexes, what holds for every
// write of one row, and who may see a row.
//
// Every entity has a privacy policy that denies by default (policy.go). Nothing
// here touches a second entity, sends anything or knows a business step.
package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/mixin"
	"github.com/google/uuid"
)

// Identity gives an entity a UIDv7 as its key: unique over all replicas, and
// close to insertion order, which keeps indexes dense.
type Identity struct{ mixin.Schema }

// Fields of the mixin.
func (Identity) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("id", uuid.UUID{}).Default(NewID).Immutable(),
	}
}

// NewID returns a new UIDv7.
func NewID() uuid.UUID { return uuid.Must(uuid.NewV7()) }
