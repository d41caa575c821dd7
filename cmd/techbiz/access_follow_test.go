package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"techbiz/internal/access"
)

// Whoever follows invitations is told of those that the act reaches, and of no
// others.
func TestAccess_FollowedInvitations(t *testing.T) {
	t.Parallel()
	for name, place := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newAccessWalk(t, place(t))
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			told := map[string]<-chan string{}
			for _, who := range w.actors {
				if who.by == bySession {
					all := ""
					if who.role != access.Officer {
						all = "(allOfficers: true)"
					}
					told[who.email] = w.follow(ctx, t, who, `subscription { invitationUpdated`+all+` { email } }`)
				}
			}
			refused := <-w.follow(ctx, t, w.tan, `subscription { invitationUpdated(allOfficers: true) { email } }`)
			if read(t, refused, access.FollowInvitations) != forbidden {
				t.Errorf("an officer follows everybody's: %s", refused)
			}
			invite := func(owner *caller, name string) {
				w.ask(t, owner, fmt.Sprintf(`mutation { inviteByEmail(input: {email: "%s.invitee@lta.gov.sg", reason: "x"}) { errors { code } } }`, name), nil)
			}
			for _, owner := range []*caller{w.goh, w.lee, w.tan} {
				invite(owner, owner.name)
			}
			got := map[string]map[string]bool{}
			await := func(email string, wanted ...string) {
				if got[email] == nil {
					got[email] = map[string]bool{}
				}
				for slices.ContainsFunc(wanted, func(name string) bool { return !got[email][name] }) {
					text, open := <-told[email]
					if !open {
						t.Fatalf("%s was told of %v, and the stream ended", email, got[email])
					}
					_, rest, _ := strings.Cut(text, `"email":"`)
					name, _, _ := strings.Cut(rest, ".")
					got[email][name] = true
				}
			}
			// What the admin was told of, the others would have been told of by now; what
			// all are told of comes behind it.
			await(w.admin.email, "goh", "lee", "tan")
			invite(w.tan, "last")
			for email, want := range map[string][]string{
				w.tan.email: {"last", "tan"}, "boss@agency.gov.sg": {"last", "lee", "tan"}, w.admin.email: {"goh", "last", "lee", "tan"},
			} {
				await(email, want...)
				if !slices.Equal(slices.Sorted(maps.Keys(got[email])), want) {
					t.Errorf("%s was told of %v, want %v", email, got[email], want)
				}
			}
		})
	}
}
