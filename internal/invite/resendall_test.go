package invite

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"techbiz/ent"
	"techbiz/ent/auditrecord"
	"techbiz/ent/invitation"
	"techbiz/ent/schema"
	"techbiz/internal/access"
	"techbiz/internal/audit"
	"techbiz/internal/database"
	"techbiz/internal/database/databasetest"
	"techbiz/internal/jobs"
)

// Whoever resends many is in the log of each officer whose invitations they are, with
// the number of that officer's.
func TestResendAll_IsInEveryInvitersLog(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, nil, func(t *testing.T, db *database.DB) {
		log := slog.New(slog.DiscardHandler)
		queue := jobs.New(jobs.Options{DB: db, Log: log, MaxBackoff: time.Second})
		activity := audit.New(audit.Options{DB: db, Key: make([]byte, audit.KeyLength)})
		s := New(Options{DB: db, Jobs: queue, Audit: activity, Log: log})
		if err := queue.Open(); err != nil {
			t.Fatal(err)
		}
		cases := []struct {
			email  string
			role   access.Role
			has    int
			resent string // what the officer sees, as the detail of each record
		}{
			{"admin@lta.gov.sg", access.Admin, 1, `{"users":1} {"users":3} {"users":2} `},
			{"tan@tech.gov.sg", access.Officer, 3, `{"users":3} `},
			{"lee@mof.gov.sg", access.Officer, 2, `{"users":2} `},
			{"goh@mof.gov.sg", access.Officer, 0, ""},
		}
		actors := make([]access.Actor, len(cases))
		if err := db.WithTx(access.System(t.Context()), func(ctx context.Context, tx *database.Tx) error {
			for n, c := range cases {
				a := access.Actor{OfficerID: schema.NewID(), Email: c.email, Role: c.role, Write: true}
				actors[n] = a
				if err := tx.Officer.Create().SetID(a.OfficerID).SetEmail(a.Email).SetAgency(a.Agency()).SetRole(a.Role).SetCreatedAt(tx.Now).Exec(ctx); err != nil {
					return err
				}
				for i := range c.has {
					email := fmt.Sprintf("mei.%d.%d@vendor.com", n, i)
					if err := tx.Invitation.Create().SetID(schema.NewID()).SetInviterID(a.OfficerID).SetMethod(invitation.MethodSingleAccount).
						SetUserType(invitation.UserTypeVendor).SetEmail(email).SetEmailKey(email).SetSeedRequired(false).SetReason("r").
						SetInvitedAt(tx.Now).SetUpdatedAt(tx.Now).SetProvisioning(invitation.ProvisioningSucceeded).SetSendCount(1).Exec(ctx); err != nil {
						return err
					}
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		resent, left, err := s.ResendAll(access.With(t.Context(), actors[0]), nil, false)
		if err != nil || resent != 6 || len(left) != 0 {
			t.Fatalf("resent %d, left %v: %v", resent, left, err)
		}
		for n, c := range cases {
			ctx, _, err := access.Begin(access.With(t.Context(), actors[n]), access.ReadActivity)
			if err != nil {
				t.Fatal(err)
			}
			seen := ""
			for _, r := range db.AuditRecord.Query().Where(auditrecord.Type(string(audit.ManyResent))).Order(ent.Asc(auditrecord.FieldID)).AllX(ctx) {
				seen += *r.Detail + " "
			}
			if diff := cmp.Diff(c.resent, seen); diff != "" {
				t.Errorf("%s sees: %s", c.email, diff)
			}
		}
	})
}
