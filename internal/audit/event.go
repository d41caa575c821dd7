package audit

import (
	"bytes"
	"maps"
	"slices"

	"github.com/google/uuid"

	"techbiz/internal/access"
)

// Type says what happened. The names are part of the API and never change.
type Type string

// What is recorded. [Types] has the words for people.
const (
	SignInCodeSent    Type = "SIGN_IN_CODE_SENT"
	SignedIn          Type = "SIGNED_IN"
	SignInRefused     Type = "SIGN_IN_REFUSED"
	SignedOut         Type = "SIGNED_OUT"
	SessionEnded      Type = "SESSION_ENDED"
	SessionsEnded     Type = "SESSIONS_ENDED"
	AccessRefused     Type = "ACCESS_REFUSED"
	Exported          Type = "EXPORTED"
	InvitationSent    Type = "INVITATION_SENT"
	AccountCreated    Type = "ACCOUNT_CREATED"
	Resent            Type = "INVITATION_RESENT"
	ManyResent        Type = "INVITATIONS_RESENT"
	Cancelled         Type = "INVITATION_CANCELLED"
	Corrected         Type = "ADDRESS_CORRECTED"
	ListUploaded      Type = "LIST_UPLOADED"
	ListCreated       Type = "LIST_CREATED"
	ListCorrected     Type = "LIST_CORRECTED"
	RowAdded          Type = "LIST_ROW_ADDED"
	RowChanged        Type = "LIST_ROW_CHANGED"
	RowsRemoved       Type = "LIST_ROWS_REMOVED"
	Suggested         Type = "LIST_SUGGESTIONS_APPLIED"
	ListReset         Type = "LIST_RESET"
	ListSubmitted     Type = "LIST_SUBMITTED"
	ListStopped       Type = "LIST_STOPPED"
	ListContinued     Type = "LIST_CONTINUED"
	ListRetried       Type = "LIST_RETRIED"
	ListUndone        Type = "LIST_UNDONE"
	ListHandedOver    Type = "LIST_HANDED_OVER"
	ListCompleted     Type = "LIST_COMPLETED"
	ListExpired       Type = "LIST_EXPIRED"
	TokenCreated      Type = "TOKEN_CREATED"
	TokenRevoked      Type = "TOKEN_REVOKED"
	DomainAllowed     Type = "DOMAIN_ALLOWED"
	DomainRemoved     Type = "DOMAIN_DISALLOWED"
	DomainRequested   Type = "DOMAIN_REQUESTED"
	DomainApproved    Type = "DOMAIN_REQUEST_APPROVED"
	DomainRefused     Type = "DOMAIN_REQUEST_REFUSED"
	IdentityForgotten Type = "IDENTITY_FORGOTTEN"
	IdentityMoved     Type = "IDENTITY_MOVED"
	RoleChanged       Type = "ROLE_CHANGED"
	PersonExported    Type = "PERSON_EXPORTED"
	PersonErased      Type = "PERSON_ERASED"
	Anonymised        Type = "INVITATIONS_ANONYMISED"
	KeysRotated       Type = "KEYS_ROTATED"
)

// Named is a type and its words for people.
type Named struct {
	Type Type   `json:"type"`
	Name string `json:"name"`
}

// Types are all types, in the order in which a person looks for one.
func Types() []Named {
	return []Named{
		{SignedIn, "Signed in"}, {SignInRefused, "Sign-in refused"}, {SignInCodeSent, "Sign-in code sent"},
		{SignedOut, "Signed out"}, {SessionEnded, "Session ended"}, {SessionsEnded, "Signed out everywhere"}, {AccessRefused, "Access refused"},
		{InvitationSent, "Invitation sent"}, {AccountCreated, "Account created"}, {Resent, "Invitation resent"},
		{ManyResent, "Invitations resent"}, {Cancelled, "Invitation cancelled"}, {Corrected, "Address corrected"},
		{ListUploaded, "List uploaded"}, {ListCreated, "List sent"}, {ListCorrected, "List corrected"},
		{RowAdded, "User added to list"}, {RowChanged, "User of list changed"}, {RowsRemoved, "Users removed from list"},
		{Suggested, "Suggestions applied"}, {ListReset, "List reset"}, {ListSubmitted, "List submitted"},
		{ListStopped, "List stopped"}, {ListContinued, "List continued"}, {ListRetried, "Failed users tried again"},
		{ListUndone, "List undone"}, {ListHandedOver, "List handed over"}, {ListCompleted, "List completed"},
		{ListExpired, "List expired"}, {Exported, "List exported"},
		{TokenCreated, "Token created"}, {TokenRevoked, "Token revoked"},
		{DomainRequested, "Domain asked for"}, {DomainApproved, "Domain request approved"}, {DomainRefused, "Domain request refused"},
		{DomainAllowed, "Domain allowed"}, {DomainRemoved, "Domain removed"}, {RoleChanged, "Role changed"}, {IdentityForgotten, "Identity forgotten"},
		{IdentityMoved, "Officer's address changed"},
		{PersonExported, "Person's data exported"}, {PersonErased, "Person's data erased"},
		{Anonymised, "Old invitations anonymised"}, {KeysRotated, "Keys rotated"},
	}
}

// Name is the type's words for people.
func (t Type) Name() string {
	for _, n := range Types() {
		if n.Type == t {
			return n.Name
		}
	}
	return string(t)
}

// Kind is the kind of thing that an act is about.
type Kind string

// Kinds of things.
const (
	Invitation Kind = "invitation"
	List       Kind = "list"
	Person     Kind = "person" // of this log
	Officer    Kind = "officer"
	Token      Kind = "token"
	Session    Kind = "session"
	Request    Kind = "domain request"
)

// Event is one act to record.
type Event struct {
	Type Type
	// Actor is who acts; nil for the one in the context.
	Actor *access.Actor
	// Kind and ID are what the act is about; ID is opaque.
	Kind Kind
	ID   uuid.UUID
	// Owner is the officer whose thing it is, and who sees the record as well.
	Owner uuid.UUID
	// Person is on whom: an e-mail address, which is kept apart; "" for nobody.
	Person string
	Detail Detail
}

// ForEach is the event once for each officer whose things it was about, so that each
// sees it: users says how many of whose.
func (e Event) ForEach(users map[uuid.UUID]int) []Event {
	owners := slices.SortedFunc(maps.Keys(users), func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) })
	events := make([]Event, len(owners))
	for i, owner := range owners {
		e.Owner, e.Detail.Users = owner, users[owner]
		events[i] = e
	}
	return events
}

// Detail is what else there is to say. It outlives erasure: no field may hold what
// identifies a person, nor what a person typed.
type Detail struct {
	// Users is how many the act was about, Done how many of them it reached, and
	// LeftOut how many it left out.
	Users   int  `json:"users,omitempty"`
	Done    *int `json:"done,omitempty"`
	LeftOut int  `json:"leftOut,omitempty"`
	// What is a word of ours: what was exported, or which part of the API was asked
	// for.
	What string `json:"what,omitempty"`
	// Rows and Format are those of an export.
	Rows   *int   `json:"rows,omitempty"`
	Format string `json:"format,omitempty"`
	// Code is why something was refused, and Reason a sentence of ours about it.
	Code   string `json:"code,omitempty"`
	Reason string `json:"reason,omitempty"`
	// Domain is an e-mail domain, and Role a role.
	Domain string `json:"domain,omitempty"`
	Role   string `json:"role,omitempty"`
	// Before is how many refusals alike came before this one and have no record of
	// their own.
	Before int `json:"before,omitempty"`
}
