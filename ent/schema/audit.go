package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"github.com/google/uuid"
)

// AuditRecord is one act of the activity log. Rows are only added: the policy
// refuses everything else, and triggers of both databases do. It names people by
// opaque ids (AuditPerson) and officers by their rows' ids.
type AuditRecord struct{ ent.Schema }

// Mixin of the entity.
func (AuditRecord) Mixin() []ent.Mixin { return []ent.Mixin{Identity{}} }

// Fields of the entity. The owner is the officer whose invitation or list it is,
// where that is not who acts.
func (AuditRecord) Fields() []ent.Field {
	return []ent.Field{
		field.Time("recorded_at").Immutable(),
		field.String("type").Immutable(),
		field.Enum("actor_kind").Immutable().NamedValues("Officer", "OFFICER", "Token", "TOKEN", "System", "SYSTEM", "Nobody", "NOBODY"),
		field.UUID("actor_id", uuid.UUID{}).Optional().Nillable().Immutable(),
		field.String("actor_agency").Optional().Nillable().Immutable(),
		field.UUID("actor_person", uuid.UUID{}).Optional().Nillable().Immutable().Comment("The actor's address, apart."),
		field.UUID("owner_id", uuid.UUID{}).Optional().Nillable().Immutable(),
		field.String("owner_agency").Optional().Nillable().Immutable(),
		field.UUID("person_id", uuid.UUID{}).Optional().Nillable().Immutable().Comment("On whom: an address, apart."),
		field.String("subject_kind").Optional().Nillable().Immutable(),
		field.UUID("subject_id", uuid.UUID{}).Optional().Nillable().Immutable(),
		field.String("address").Optional().Nillable().Immutable().Comment("Network address of the request."),
		field.String("request_id").Optional().Nillable().Immutable(),
		field.String("writer").Immutable().Comment("The process that wrote it."),
		field.String("detail").Optional().Nillable().Immutable().Comment("JSON without personal data."),
		field.Bytes("mac").MaxLen(32).Immutable().Comment("Authentication code over all the other columns."),
	}
}

// Indexes of the entity: one in the list's order for each reach, and one for each
// thing that is searched for.
func (AuditRecord) Indexes() []ent.Index {
	given := func(column string) *entsql.IndexAnnotation { return entsql.IndexWhere(column + " IS NOT NULL") }
	by := func(column string) ent.Index {
		return index.Fields(column, "recorded_at", "id").Annotations(given(column))
	}
	return []ent.Index{
		index.Fields("recorded_at", "id"),
		index.Fields("type", "recorded_at", "id"),
		by("actor_id"), by("actor_agency"), by("owner_id"), by("owner_agency"),
		by("actor_person"), by("person_id"), by("subject_id"),
		index.Fields("request_id").Annotations(given("request_id")),
	}
}

// Policy of the entity.
func (AuditRecord) Policy() ent.Policy { return auditRecordPolicy() }

// AuditPending names a record that is not sealed yet.
type AuditPending struct{ ent.Schema }

// Annotations of the entity.
func (AuditPending) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Table("audit_pending")}
}

// Fields of the entity. The id is the record's.
func (AuditPending) Fields() []ent.Field {
	return []ent.Field{field.UUID("id", uuid.UUID{}).Immutable()}
}

// Policy of the entity.
func (AuditPending) Policy() ent.Policy { return systemOnly() }

// AuditBlock is a link of the chain: it seals a run of records and the block
// before. Rows are only added.
type AuditBlock struct{ ent.Schema }

// Fields of the entity. The id counts from 1 without a gap.
func (AuditBlock) Fields() []ent.Field {
	return []ent.Field{
		field.Int("id").Immutable(),
		field.Time("sealed_at").Immutable().Comment("The machine's time."),
		field.String("writer").Immutable().Comment("The process that sealed it."),
		field.Bytes("entries").Immutable().Comment("Id and authentication code of each record, in order."),
		field.Int64("total").Immutable().Comment("Records of this block and all before."),
		field.Bytes("previous").MaxLen(32).Immutable().Comment("Hash of the block before."),
		field.Bytes("hash").MaxLen(32).Immutable().Comment("Under a key outside the database."),
	}
}

// Policy of the entity.
func (AuditBlock) Policy() ent.Policy { return appendOnlySystem() }

// AuditSeal says which block a record is in. Rows are only added.
type AuditSeal struct{ ent.Schema }

// Fields of the entity. The id is the record's. It is no foreign key: a record that
// somebody removed is what the seal is there to show.
func (AuditSeal) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("id", uuid.UUID{}).Immutable(),
		field.Int("block").Immutable(),
	}
}

// Indexes of the entity.
func (AuditSeal) Indexes() []ent.Index { return []ent.Index{index.Fields("block")} }

// Policy of the entity.
func (AuditSeal) Policy() ent.Policy { return appendOnlySystem() }

// AuditPerson is what identifies a person of the log: an address, under a key of
// that person's own. Without the row its records name nobody. Rows are added and
// removed, never changed.
type AuditPerson struct{ ent.Schema }

// Annotations of the entity.
func (AuditPerson) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Table("audit_people")}
}

// Fields of the entity. The id is random: unlike the other ids it tells no time.
func (AuditPerson) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("id", uuid.UUID{}).Immutable(),
		field.Bytes("lookup").MaxLen(32).Unique().Immutable().Sensitive().Comment("Keyed hash of the folded address."),
		field.Bytes("wrapped_key").Immutable().Sensitive().Comment("The person's key, under one outside the database."),
		field.Bytes("sealed").Immutable().Sensitive().Comment("The folded address under the person's key."),
	}
}

// Policy of the entity.
func (AuditPerson) Policy() ent.Policy { return systemOnly() }
