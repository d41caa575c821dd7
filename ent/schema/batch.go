package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"github.com/google/uuid"

	"techbiz/internal/fault"
)

// Batch is a list of users whose accounts are created together.
type Batch struct{ ent.Schema }

// Mixin of the entity.
func (Batch) Mixin() []ent.Mixin { return []ent.Mixin{Identity{}} }

// Fields of the entity.
func (Batch) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("owner_id", uuid.UUID{}),
		field.String("file_name").Optional().Nillable(),
		field.Enum("state").Default("DRAFT").NamedValues(
			"Draft", "DRAFT", "Submitted", "SUBMITTED", "Stopped", "STOPPED", "Completed", "COMPLETED"),
		field.Enum("directory_check").Default("PENDING").NamedValues("Pending", "PENDING", "Done", "DONE", "Unavailable", "UNAVAILABLE"),
		field.Strings("notices").Comment("What reading the file noticed."),
		field.Time("created_at").Immutable(),
		field.Time("submitted_at").Optional().Nillable(),
		field.Time("completed_at").Optional().Nillable(),
		field.Time("expires_at").Optional().Nillable().Comment("When a draft goes; null once it was submitted."),
		field.Time("warned_at").Optional().Nillable().Comment("When the owner was told that the draft will go."),
		field.Time("recall_until").Optional().Nillable().Comment("Nothing runs before; null without a recall window."),
		field.Time("resumed_at").Optional().Nillable().Comment("When the work last began or went on; rates count from it."),

		field.Time("undone_at").Optional().Nillable().Comment("When the batch was last called back; what follows is the receipt."),
		field.UUID("undone_by", uuid.UUID{}).Optional().Nillable(),
		field.Int("undone").Default(0).Comment("Invitations that were ended."),
		field.JSON("undo_left_out", []*fault.LeftOut{}).Optional().Comment("Invitations that could not be ended."),
	}
}

// Edges of the entity.
func (Batch) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("owner", Officer.Type).Ref("batches").Field("owner_id").Unique().Required(),
		edge.To("rows", BatchRow.Type).Annotations(entsql.OnDelete(entsql.Cascade)),
		edge.To("invitations", Invitation.Type),
	}
}

// Indexes of the entity.
func (Batch) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("owner_id", "created_at", "id"),
		index.Fields("expires_at"),
	}
}

// Policy of the entity.
func (Batch) Policy() ent.Policy { return batchPolicy() }

// BatchRow is one user of a list, as typed, with what is wrong with it. Its id
// becomes the id of its invitation.
type BatchRow struct{ ent.Schema }

// Mixin of the entity.
func (BatchRow) Mixin() []ent.Mixin { return []ent.Mixin{Identity{}} }

// Fields of the entity. What was typed is kept as typed; what ends in _key is
// folded, and null where the typed value has no such form.
func (BatchRow) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("batch_id", uuid.UUID{}).Immutable(),
		field.Int("position").Immutable().Comment("Place in the list."),
		field.Int("number").Immutable().Comment("The row's number in its sheet."),
		field.String("sheet").Optional().Immutable(),
		field.String("email"),
		field.String("username").Optional().Nillable(),
		field.String("first_name").Optional().Nillable(),
		field.String("last_name").Optional().Nillable(),
		field.String("country_code").Optional().Nillable(),
		field.String("contact_number").Optional().Nillable().Sensitive().Comment("E.164 and as typed, sealed."),
		field.String("organisation").Optional().Nillable(),
		field.String("department").Optional().Nillable(),
		field.String("seed_text").Optional().Nillable(),
		field.String("reason").Optional().Nillable(),
		field.String("start_text").Optional().Nillable().Comment("The start date as typed."),
		field.String("start_on").Optional().Nillable().Comment("The start date, yyyy-mm-dd."),

		field.Enum("user_type").NamedValues("PublicOfficer", "PUBLIC_OFFICER", "Vendor", "VENDOR"),
		field.Bool("seed_required").Optional().Nillable(),
		field.String("email_key").Optional().Nillable(),
		field.String("username_key").Optional().Nillable(),
		field.String("number_key").Optional().Nillable().Comment("Blind index of the number, in the first slot."),
		field.String("number_key2").Optional().Nillable().Comment("The same in the second slot."),
		field.String("first_name_key"),
		field.String("last_name_key"),
		field.String("organisation_key"),
		field.String("department_key"),

		field.JSON("issues", fault.List{}),
		field.JSON("hints", fault.List{}).Optional().Comment("Worth a look, no obstacle."),
		field.Bool("flagged"),
		field.Bool("suggested").Default(false).Comment("An issue has a suggestion."),
		field.Bool("looked_up").Default(true).Comment("The directory was asked for this user, or will not be."),
		field.Bool("left_out").Default(false).Comment("Was flagged when the batch was submitted."),
		field.Bool("submitted").Default(false).Comment("Has an invitation of the same id."),
		field.Bool("replaced").Default(false).Comment("Failed, and a corrected row stands in its place."),
	}
}

// Edges of the entity.
func (BatchRow) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("batch", Batch.Type).Ref("rows").Field("batch_id").Unique().Required().Immutable(),
	}
}

// Indexes of the entity: its list, and those to fix and to look up, which are few.
// Rows that are the same user are found by reading the list: each further index would
// cost every upload more than it saves an edit.
func (BatchRow) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("batch_id", "position", "id"),
		index.Fields("batch_id", "position", "id").Annotations(entsql.IndexWhere("flagged")).StorageKey("batchrow_flagged"),
		index.Fields("batch_id", "position", "id").Annotations(entsql.IndexWhere("NOT looked_up AND NOT submitted")).StorageKey("batchrow_waiting"),
	}
}

// Policy of the entity.
func (BatchRow) Policy() ent.Policy { return batchRowPolicy() }
