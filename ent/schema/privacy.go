package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
)

// DataKeys says which keys seal contact numbers. It has one row, and no key.
type DataKeys struct{ ent.Schema }

// Fields of the entity. Keys are named by their ids.
func (DataKeys) Fields() []ent.Field {
	return []ent.Field{
		field.Int("id").Immutable(),
		field.String("data").Comment("The key that encrypts."),
		field.String("index").Comment("The key of the blind index."),
		field.Time("changed_at"),
	}
}

// Policy of the entity.
func (DataKeys) Policy() ent.Policy { return systemOnly() }

// KeyHolder is a running program with the data keys that it has, so that no key is
// used that another one lacks.
type KeyHolder struct{ ent.Schema }

// Fields of the entity. Its times are the machine's.
func (KeyHolder) Fields() []ent.Field {
	return []ent.Field{
		field.String("id").Immutable().Comment("The program's own name, as long as it runs."),
		field.String("keys").Comment("Their ids, with blanks between."),
		field.String("use").Comment("The ids of those that it makes values with."),
		field.Time("seen_at"),
	}
}

// Policy of the entity.
func (KeyHolder) Policy() ent.Policy { return systemOnly() }
