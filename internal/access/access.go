// Package access says who acts and what that actor may do.
//
// The actor travels in the context. Work without an actor sees nothing and
// changes nothing: the privacy rules of ent/schema deny by default. Background
// jobs and commands act as [System].
package access

import (
	"context"
	"strings"

	"github.com/google/uuid"

	"techbiz/internal/fault"
)

// Role is what an officer may see and do; the names are those of the contract.
type Role string

const (
	// Officer sees the officer's own invitations.
	Officer Role = "OFFICER"
	// AgencyAdmin sees the invitations of all officers of the same agency.
	AgencyAdmin Role = "AGENCY_ADMIN"
	// Admin sees everything.
	Admin Role = "ADMIN"
)

// Values lists the roles, for ent.
func (Role) Values() []string {
	return []string{string(Officer), string(AgencyAdmin), string(Admin)}
}

// Actor is who acts: a signed-in officer, or the holder of an officer's token.
type Actor struct {
	OfficerID uuid.UUID
	Email     string // folded
	Name      string // "" where it is not known
	Role      Role
	// ByToken is set for a request with a bearer token; Write then says whether
	// the token may change anything. A session always may.
	ByToken bool
	Write   bool
	// System is set for the product's own work: jobs and commands.
	System bool
}

type actorKey struct{}

// With returns a context in which a acts.
func With(ctx context.Context, a Actor) context.Context {
	return context.WithValue(ctx, actorKey{}, a)
}

// System returns a context for the product's own work, which sees every row.
func System(ctx context.Context) context.Context {
	return With(ctx, Actor{System: true})
}

// From returns the actor, and false where nobody acts.
func From(ctx context.Context) (Actor, bool) {
	a, ok := ctx.Value(actorKey{}).(Actor)
	return a, ok
}

// Require returns the officer who acts. Codes: UNAUTHENTICATED where nobody, or
// not an officer, acts; FORBIDDEN where the request is refused.
func Require(ctx context.Context) (Actor, error) {
	if err := Refused(ctx); err != nil {
		return Actor{}, err
	}
	a, ok := From(ctx)
	if !ok || a.OfficerID == uuid.Nil {
		return Actor{}, fault.New(fault.Unauthenticated, "Sign in, or send a valid token.")
	}
	return a, nil
}

// RequireWrite returns the officer who acts and may change something. Codes:
// those of [Require], and FORBIDDEN for a token that may only read.
func RequireWrite(ctx context.Context) (Actor, error) {
	a, err := Require(ctx)
	if err != nil {
		return Actor{}, err
	}
	if a.ByToken && !a.Write {
		return Actor{}, fault.New(fault.Forbidden, "This token may only read. Use one that may write.")
	}
	return a, nil
}

// Reach is how far an actor sees.
type Reach int

const (
	// Nothing: nobody acts.
	Nothing Reach = iota
	// Own: what the officer invited.
	Own
	// Agency: what officers of the same agency invited.
	Agency
	// Everything.
	Everything
)

// Reach is the one table of what each role may see.
func (a Actor) Reach() Reach {
	switch {
	case a.System:
		return Everything
	case a.OfficerID == uuid.Nil:
		return Nothing
	case a.Role == Admin:
		return Everything
	case a.Role == AgencyAdmin:
		return Agency
	}
	return Own
}

// AgencyOf returns the whole domain behind the @ of a folded address.
func AgencyOf(email string) string {
	return email[strings.LastIndexByte(email, '@')+1:]
}
