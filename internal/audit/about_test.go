package audit

import (
	"context"
	"fmt"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"techbiz/internal/access"
	"techbiz/internal/database"
	"techbiz/internal/origin"
)

// A person is told of the own acts and of those on the person, and of nobody else.
func TestAbout(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		tan, lee := w.officer(t, "tan@tech.gov.sg"), w.officer(t, "lee@tech.gov.sg")
		corrected := uuid.New()
		from := func(a access.Actor, address string, e Event) {
			t.Helper()
			ctx := access.With(origin.With(t.Context(), netip.MustParseAddr(address)), a)
			if err := w.Note(ctx, e); err != nil {
				t.Fatal(err)
			}
		}
		system := access.Actor{System: true}
		from(tan, "192.0.2.1", Event{Type: SignedIn})
		from(tan, "192.0.2.1", Event{Type: InvitationSent, Kind: Invitation, ID: uuid.New(), Person: "ong@mof.gov.sg"})
		from(lee, "192.0.2.2", Event{Type: InvitationSent, Kind: Invitation, ID: uuid.New(), Person: "Tan@tech.gov.sg"})
		from(lee, "192.0.2.2", Event{Type: Resent, Kind: Invitation, ID: corrected})
		from(lee, "192.0.2.2", Event{Type: Cancelled, Kind: Invitation, ID: uuid.New(), Owner: tan.OfficerID, Person: "ong@mof.gov.sg"})
		from(lee, "192.0.2.2", Event{Type: RoleChanged, Kind: Officer, ID: tan.OfficerID, Detail: Detail{Role: "AGENCY_ADMIN"}})
		from(access.Actor{}, "192.0.2.3", Event{Type: SignInRefused, Person: "tan@tech.gov.sg", Detail: Detail{Code: "INVALID_FORMAT"}})
		from(system, "192.0.2.4", Event{Type: TokenRevoked, Owner: tan.OfficerID})
		from(lee, "192.0.2.2", Event{Type: InvitationSent, Kind: Invitation, ID: uuid.New(), Person: "ong@mof.gov.sg"})
		from(access.Actor{}, "192.0.2.3", Event{Type: AccessRefused})

		var got []string
		about := func(email string, things ...uuid.UUID) {
			t.Helper()
			got = nil
			if err := w.db.WithTx(access.System(t.Context()), func(ctx context.Context, tx *database.Tx) error {
				told, err := w.About(ctx, tx, email, things...)
				for _, r := range told {
					if !r.At.Equal(start) {
						t.Errorf("%s at %s", r.Type, r.At)
					}
					got = append(got, fmt.Sprintf("%s %q %s %q %s", r.Type, r.Name, r.By, r.Detail, r.Address))
				}
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		about(" Tan@Tech.gov.sg", corrected)
		if diff := cmp.Diff([]string{
			`SIGNED_IN "Signed in" this person "" 192.0.2.1`,
			`INVITATION_SENT "Invitation sent" this person "" 192.0.2.1`,
			`INVITATION_SENT "Invitation sent" another person "" `,
			`INVITATION_RESENT "Invitation resent" another person "" `,
			`INVITATION_CANCELLED "Invitation cancelled" another person "" `,
			`ROLE_CHANGED "Role changed" another person "agency admin" `,
			`SIGN_IN_REFUSED "Sign-in refused" nobody known "INVALID_FORMAT" 192.0.2.3`,
			`TOKEN_REVOKED "Token revoked" the product "" 192.0.2.4`,
		}, got); diff != "" {
			t.Error(diff)
		}
		if about("nobody@tech.gov.sg"); got != nil {
			t.Errorf("of a person that the log does not know: %v", got)
		}
		if about("ong@mof.gov.sg"); len(got) != 3 {
			t.Errorf("of who is no officer: %v", got)
		}
	})
}
