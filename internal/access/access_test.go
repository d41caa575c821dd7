package access_test

import (
	"context"
	"testing"

	"github.com/google/uuid"

	"techbiz/internal/access"
	"techbiz/internal/fault"
)

func actor(role access.Role) access.Actor {
	return access.Actor{OfficerID: uuid.Max, Email: "tan@tech.gov.sg", Role: role}
}

func byToken(a access.Actor, write bool) access.Actor {
	a.ByToken, a.Write = true, write
	return a
}

func TestBegin(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name  string
		actor access.Actor
		act   access.Act
		code  fault.Code // "" where it is allowed
		reach access.Reach
	}{
		{"nobody reads", access.Actor{}, access.ReadInvitations, fault.Unauthenticated, access.Nothing},
		{"the product itself is no officer", access.Actor{System: true}, access.ReadInvitations, fault.Unauthenticated, access.Everything},
		{"an officer reads", actor(access.Officer), access.ReadInvitations, "", access.Own},
		{"an agency admin reads", actor(access.AgencyAdmin), access.ReadInvitations, "", access.Agency},
		{"an admin reads", actor(access.Admin), access.ReadInvitations, "", access.Everything},
		{"an admin's tokens are the admin's own", actor(access.Admin), access.ReadTokens, "", access.Own},
		{"a read token reads", byToken(actor(access.Admin), false), access.ReadInvitations, "", access.Everything},
		{"a read token changes nothing", byToken(actor(access.Admin), false), access.CancelInvitation, fault.Forbidden, access.Nothing},
		{"a write token changes", byToken(actor(access.Officer), true), access.CancelInvitation, "", access.Own},
		{"a write token makes no token", byToken(actor(access.Admin), true), access.CreateToken, fault.Forbidden, access.Nothing},
		{"a write token changes no role", byToken(actor(access.Admin), true), access.SetRole, fault.Forbidden, access.Nothing},
		{"an officer allows no domain", actor(access.Officer), access.AllowDomain, fault.Forbidden, access.Nothing},
		{"an agency admin allows no domain", actor(access.AgencyAdmin), access.AllowDomain, fault.Forbidden, access.Nothing},
		{"a role that there is not", actor("KING"), access.ReadInvitations, fault.Forbidden, access.Nothing},
		{"an act that has no row", actor(access.Admin), "Query.secrets", fault.Forbidden, access.Nothing},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			before := access.With(t.Context(), c.actor)
			ctx, got, err := access.Begin(before, c.act)
			if code := codeOf(err); code != c.code {
				t.Errorf("code %q, want %q", code, c.code)
			}
			if got := access.ReachOf(ctx); got != c.reach {
				t.Errorf("reach %d, want %d", got, c.reach)
			}
			if c.code == "" && (got.OfficerID != c.actor.OfficerID || !access.Doing(ctx, c.act) || access.ReachOf(before) != access.Nothing) {
				t.Error("the act was begun by another, or not at all, or where it should not be")
			}
			if may := c.actor.May(c.act); may != (c.code == "") {
				t.Errorf("May says %t", may)
			}
		})
	}
}

// What only reads never comes to change anything, whatever it calls.
func TestBegin_Within(t *testing.T) {
	t.Parallel()
	begin := func(ctx context.Context, act access.Act) (context.Context, error) {
		ctx, _, err := access.Begin(ctx, act)
		return ctx, err
	}
	officer := access.With(t.Context(), actor(access.Officer))
	reading, err := begin(officer, access.ReadInvitation)
	if err != nil || access.Changes(reading) {
		t.Fatalf("reading changes: %v", err)
	}
	if _, err := begin(reading, access.CancelInvitation); err == nil || fault.CodeOf(err) != fault.Internal {
		t.Errorf("a change within what reads: %v, want a mistake of ours", err)
	}
	changing, err := begin(officer, access.CancelInvitation)
	if err != nil || !access.Changes(changing) {
		t.Fatalf("a change changes nothing: %v", err)
	}
	within, err := begin(changing, access.ReadInvitation)
	if err != nil || access.Changes(within) {
		t.Errorf("reading within a change: %v", err)
	}
	if other := access.With(changing, actor(access.Admin)); access.ReachOf(other) != access.Nothing || access.Changes(other) {
		t.Error("another actor goes on with what the first one had begun")
	}
	if !access.Changes(access.System(reading)) {
		t.Error("the product itself may change things")
	}
}

// The table is consistent in itself.
func TestTable(t *testing.T) {
	t.Parallel()
	seen := map[access.Act]bool{}
	for _, r := range access.Table() {
		if seen[r.Act] {
			t.Errorf("%s has two rows", r.Act)
		}
		seen[r.Act] = true
		if r.Officer > r.AgencyAdmin || r.AgencyAdmin > r.Admin || r.Admin == access.Nothing {
			t.Errorf("%s: a higher role reaches less, or nobody may do it", r.Act)
		}
		if r.Changes() && r.Tokens == access.AnyToken {
			t.Errorf("%s changes something, and a token that only reads may do it", r.Act)
		}
	}
}

func codeOf(err error) fault.Code {
	if err == nil {
		return ""
	}
	return fault.CodeOf(err)
}
