// Package access says who acts and what that actor may do.
//
// The actor travels in the context, and with it the act that is being done. What
// an act asks for stands in one table (table.go): which roles, by what token, how
// far. [Begin] looks there, and the privacy rules of ent/schema go by what it
// found: without an act that was begun an officer's context sees nothing and
// changes nothing, so that no resolver, page, subscription or download can forget
// to ask. Background jobs and commands act as [System].
package access

import (
	"context"
	"fmt"
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
	// Client is the service client that acts for the officer, "" for none.
	Client string
	// System is set for the product's own work: jobs and commands.
	System bool
}

// Agency is the domain that the actor's colleagues share.
func (a Actor) Agency() string { return AgencyOf(a.Email) }

// acting is what the context holds: who acts, and what is being done.
type acting struct {
	Actor
	doing Rule // without an act while none was begun
}

type actorKey struct{}

// With returns a context in which a acts, and has begun nothing yet.
func With(ctx context.Context, a Actor) context.Context {
	return context.WithValue(ctx, actorKey{}, acting{Actor: a})
}

// System returns a context for the product's own work, which sees every row.
func System(ctx context.Context) context.Context {
	return With(ctx, Actor{System: true})
}

// From returns the actor, and false where nobody acts.
func From(ctx context.Context) (Actor, bool) {
	a, ok := ctx.Value(actorKey{}).(acting)
	return a.Actor, ok
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
		return Actor{}, readsOnly()
	}
	return a, nil
}

func readsOnly() error {
	return fault.New(fault.Forbidden, "This token may only read. Use one that may write.")
}

// Begin returns the officer who acts and a context in which the officer does this
// act, as far as it reaches for the officer's role. An act may be done within
// another one, but what only reads never comes to change anything. Codes:
// UNAUTHENTICATED, and FORBIDDEN where the table does not let the officer do it.
func Begin(ctx context.Context, act Act) (context.Context, Actor, error) {
	a, err := Require(ctx)
	if err != nil {
		return ctx, Actor{}, err
	}
	rule, ok := RuleOf(act)
	if !ok {
		return ctx, Actor{}, fault.New(fault.Forbidden, "Nobody may do that.")
	}
	if err := rule.permits(a); err != nil {
		return ctx, Actor{}, err
	}
	if outer := doing(ctx); outer.Act != "" && rule.Changes() && !outer.Changes() {
		return ctx, Actor{}, fmt.Errorf("access: %s, which changes something, within %s, which only reads", act, outer.Act)
	}
	return context.WithValue(ctx, actorKey{}, acting{a, rule}), a, nil
}

// permits returns why an actor may not do what the rule is about. Codes:
// FORBIDDEN.
func (r Rule) permits(a Actor) error {
	switch {
	case a.ByToken && r.Tokens == NoToken:
		return fault.New(fault.Forbidden, "A token cannot do that. Sign in to the portal.")
	case a.ByToken && !a.Write && r.Tokens != AnyToken:
		return readsOnly()
	case r.Reach(a.Role) == Nothing:
		return fault.New(fault.Forbidden, "Only an administrator may do that.")
	}
	return nil
}

// May says whether an actor may do an act, for pages that show what can be done.
func (a Actor) May(act Act) bool {
	r, ok := RuleOf(act)
	return ok && a.OfficerID != uuid.Nil && r.permits(a) == nil
}

func doing(ctx context.Context) Rule {
	a, _ := ctx.Value(actorKey{}).(acting)
	return a.doing
}

// ReachOf is how far what is being done reaches: Nothing before an act was begun.
func ReachOf(ctx context.Context) Reach {
	a, ok := ctx.Value(actorKey{}).(acting)
	switch {
	case !ok:
		return Nothing
	case a.System:
		return Everything
	}
	return a.doing.Reach(a.Role)
}

// Changes says whether what is being done may change anything.
func Changes(ctx context.Context) bool {
	a, ok := ctx.Value(actorKey{}).(acting)
	return ok && (a.System || a.doing.Act != "" && a.doing.Changes())
}

// Doing says whether one of these acts is being done.
func Doing(ctx context.Context, acts ...Act) bool {
	now := doing(ctx).Act
	for _, act := range acts {
		if now == act {
			return true
		}
	}
	return false
}

// AgencyOf returns the whole domain behind the @ of a folded address.
func AgencyOf(email string) string {
	return email[strings.LastIndexByte(email, '@')+1:]
}
