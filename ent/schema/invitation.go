package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"github.com/google/uuid"
)

// Invitation is one request for one person's TechPass account, and where it
// stands. Columns that end in _key are folded for comparison, search and order.
type Invitation struct{ ent.Schema }

// Mixin of the entity.
func (Invitation) Mixin() []ent.Mixin { return []ent.Mixin{Identity{}} }

// Fields of the entity.
func (Invitation) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("inviter_id", uuid.UUID{}).Immutable(),
		field.UUID("batch_id", uuid.UUID{}).Optional().Nillable().Immutable(),
		field.UUID("replaces_id", uuid.UUID{}).Optional().Nillable().Immutable().Comment("Whose address was corrected."),
		field.Enum("method").Immutable().NamedValues(
			"EmailInvitation", "EMAIL_INVITATION", "SingleAccount", "SINGLE_ACCOUNT", "MultipleAccounts", "MULTIPLE_ACCOUNTS"),
		field.Enum("user_type").Immutable().NamedValues("PublicOfficer", "PUBLIC_OFFICER", "Vendor", "VENDOR"),

		field.String("email").Immutable(),
		field.String("email_key").Immutable(),
		field.String("username").Optional().Nillable().Immutable(),
		field.String("username_key").Optional().Nillable().Immutable(),
		field.String("first_name").Optional().Nillable(),
		field.String("first_name_key").Optional().Nillable(),
		field.String("last_name").Optional().Nillable(),
		field.String("last_name_key").Optional().Nillable(),
		field.String("contact_number").Optional().Nillable().Sensitive().Comment("E.164, sealed."),
		field.String("number_key").Optional().Nillable().Comment("Blind index of the number, in the first slot."),
		field.String("number_key2").Optional().Nillable().Comment("The same in the second slot."),
		field.String("organisation").Optional().Nillable(),
		field.String("organisation_key").Optional().Nillable(),
		field.String("department").Optional().Nillable(),
		field.String("department_key").Optional().Nillable(),
		field.Bool("seed_required").Immutable(),
		field.String("reason").Immutable(),

		field.String("start_on").Optional().Nillable().Immutable().Comment("Nothing happens before 09:00 of that day in Singapore, yyyy-mm-dd."),
		field.Time("invited_at").Immutable(),
		field.Time("updated_at"),
		field.Bool("open").Default(true).Comment("Holds the address, the username and the number."),
		field.Enum("provisioning").Default("QUEUED").NamedValues(
			"Scheduled", "SCHEDULED", "Queued", "QUEUED", "Succeeded", "SUCCEEDED", "Failed", "FAILED", "Cancelled", "CANCELLED"),
		field.Int("attempts").Default(0).Comment("Failed tries of the step that is due."),
		field.String("failure").Optional().Nillable(),
		field.Enum("techpass_status").Default("NOT_ONBOARDED").NamedValues(
			"NotOnboarded", "NOT_ONBOARDED", "Onboarded", "ONBOARDED", "UserNotFound", "USER_NOT_FOUND"),
		field.Enum("seed_status").Optional().Nillable().NamedValues(
			"NotRequired", "NOT_REQUIRED", "LicenseAssigned", "LICENSE_ASSIGNED", "FullyOnboarded", "FULLY_ONBOARDED", "Ineligible", "INELIGIBLE"),

		field.String("account_ref").Optional().Nillable().Comment("The directory's own id, once it has the person."),
		field.String("link").Optional().Nillable().Sensitive().Comment("Where the last mail leads."),
		field.Bool("seed_done").Default(false).Comment("The licence was asked for and answered."),
		field.Bool("withdrawing").Default(false).Comment("The directory may still hold what has to go."),
		field.Time("expires_at").Optional().Nillable(),
		field.Time("checked_at").Optional().Nillable().Comment("When the directory was last asked."),

		field.Enum("mail").Default("NONE").NamedValues(
			"None", "NONE", "Accepted", "ACCEPTED", "Refused", "REFUSED", "Bounced", "BOUNCED", "InDoubt", "IN_DOUBT"),
		field.String("mail_failure").Optional().Nillable(),
		field.Int("mails_wanted").Default(1).Comment("Number of the mail that is due or was last due."),
		field.Int("mails_done").Default(0).Comment("Number of the last mail whose fate is known."),
		field.Int("send_count").Default(0),
		field.Time("last_sent_at").Optional().Nillable(),
		field.Time("resent_at").Optional().Nillable().Comment("When the last resend was accepted."),
		field.Time("anonymised_at").Optional().Nillable().Comment("When everything that tells who it was about was removed."),
	}
}

// Edges of the entity.
func (Invitation) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("inviter", Officer.Type).Ref("invitations").Field("inviter_id").Unique().Required().Immutable(),
		edge.From("batch", Batch.Type).Ref("invitations").Field("batch_id").Unique().Immutable(),
		edge.To("events", InvitationEvent.Type),
	}
}

// Checked is true for the rows whose status the directory is asked about. A query
// says it in these words, for only then the index of what was checked when serves it.
const Checked = "account_ref IS NOT NULL AND provisioning = 'SUCCEEDED' AND techpass_status <> 'USER_NOT_FOUND'"

// Indexes of the entity: what an open invitation holds is unique; every order of
// the list has its key-set index; every searchable column has one for prefixes.
func (Invitation) Indexes() []ent.Index {
	whileOpen := entsql.IndexWhere("open")
	// One slot of two is empty, mostly, and costs nothing.
	numbered := func(slot string) *entsql.IndexAnnotation {
		return entsql.IndexWhere("open AND " + slot + " IS NOT NULL")
	}
	prefix := entsql.OpClass("text_pattern_ops")
	return []ent.Index{
		index.Fields("email_key").Unique().Annotations(whileOpen).StorageKey("invitation_open_email"),
		index.Fields("username_key").Unique().Annotations(whileOpen).StorageKey("invitation_open_username"),
		index.Fields("number_key").Unique().Annotations(numbered("number_key")).StorageKey("invitation_open_number"),
		index.Fields("number_key2").Unique().Annotations(numbered("number_key2")).StorageKey("invitation_open_number2"),

		index.Fields("inviter_id", "invited_at", "id"),
		index.Fields("inviter_id", "updated_at", "id"),
		index.Fields("inviter_id", "email_key", "id"),
		index.Fields("inviter_id", "techpass_status", "id"),
		index.Fields("invited_at", "id"),
		index.Fields("batch_id", "provisioning"),
		index.Fields("updated_at", "id"),

		index.Fields("email_key").Annotations(prefix).StorageKey("invitation_search_email"),
		index.Fields("username_key").Annotations(prefix).StorageKey("invitation_search_username"),
		index.Fields("first_name_key").Annotations(prefix).StorageKey("invitation_search_first_name"),
		index.Fields("last_name_key").Annotations(prefix).StorageKey("invitation_search_last_name"),
		index.Fields("organisation_key").Annotations(prefix).StorageKey("invitation_search_organisation"),
		index.Fields("department_key").Annotations(prefix).StorageKey("invitation_search_department"),

		index.Fields("expires_at").Annotations(whileOpen).StorageKey("invitation_open_expiry"),
		index.Fields("checked_at").Annotations(entsql.IndexWhere(Checked)).StorageKey("invitation_checked"),
		index.Fields("account_ref").Annotations(entsql.IndexWhere("account_ref IS NOT NULL")).StorageKey("invitation_account"),
		index.Fields("withdrawing").Annotations(entsql.IndexWhere("withdrawing")).StorageKey("invitation_withdrawing"),
	}
}

// Policy of the entity.
func (Invitation) Policy() ent.Policy { return invitationPolicy() }

// InvitationEvent is one step of an invitation's history; it is only appended.
type InvitationEvent struct{ ent.Schema }

// Mixin of the entity.
func (InvitationEvent) Mixin() []ent.Mixin { return []ent.Mixin{Identity{}} }

// Fields of the entity.
func (InvitationEvent) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("invitation_id", uuid.UUID{}).Immutable(),
		field.Time("at").Immutable(),
		field.String("what").Immutable(),
		field.UUID("officer_id", uuid.UUID{}).Optional().Nillable().Immutable().Comment("Who did it; nobody for the product's own steps."),
		field.String("detail").Optional().Nillable().Immutable(),
	}
}

// Edges of the entity.
func (InvitationEvent) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("invitation", Invitation.Type).Ref("events").Field("invitation_id").Unique().Required().Immutable(),
	}
}

// Indexes of the entity.
func (InvitationEvent) Indexes() []ent.Index {
	return []ent.Index{index.Fields("invitation_id", "id")}
}

// Policy of the entity.
func (InvitationEvent) Policy() ent.Policy { return eventPolicy() }
