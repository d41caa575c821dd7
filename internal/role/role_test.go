package role

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/google/uuid"

	"techbiz/ent/officer"
	"techbiz/ent/schema"
	"techbiz/internal/access"
	"techbiz/internal/clock"
	"techbiz/internal/database"
	"techbiz/internal/database/databasetest"
	"techbiz/internal/fault"
)

func someone(t *testing.T, db *database.DB, email string, role access.Role) (uuid.UUID, context.Context) {
	t.Helper()
	a := access.Actor{OfficerID: schema.NewID(), Email: email, Role: role}
	err := db.WithTx(access.System(t.Context()), func(ctx context.Context, tx *database.Tx) error {
		return tx.Officer.Create().SetID(a.OfficerID).SetEmail(email).SetName("Tan Wei Ling").SetAgency(access.AgencyOf(email)).
			SetRole(role).SetCreatedAt(tx.Now).Exec(ctx)
	})
	if err != nil {
		t.Fatal(err)
	}
	return a.OfficerID, access.With(t.Context(), a)
}

func TestSet(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, clock.Machine, func(t *testing.T, db *database.DB) {
		adminID, admin := someone(t, db, "admin@tech.gov.sg", access.Admin)
		tanID, tan := someone(t, db, "tan@tech.gov.sg", access.Officer)
		byToken, _ := access.From(admin)
		byToken.ByToken, byToken.Write = true, true
		for _, c := range []struct {
			name string
			ctx  context.Context
			id   uuid.UUID
			to   access.Role
			code fault.Code
		}{
			{"an officer makes an officer admin", tan, tanID, access.Admin, fault.Forbidden},
			{"a token makes an officer admin", access.With(t.Context(), byToken), tanID, access.Admin, fault.Forbidden},
			{"nobody does", t.Context(), tanID, access.Admin, fault.Unauthenticated},
			{"an officer that there is not", admin, uuid.New(), access.Admin, fault.NotFound},
			{"the last admin steps down", admin, adminID, access.Officer, fault.Conflict},
			{"the last admin steps down half the way", admin, adminID, access.AgencyAdmin, fault.Conflict},
			{"the last admin stays", admin, adminID, access.Admin, ""},
			{"an officer becomes an agency admin", admin, tanID, access.AgencyAdmin, ""},
			{"and an admin", admin, tanID, access.Admin, ""},
			{"one of two steps down", admin, adminID, access.Officer, ""},
		} {
			o, err := Set(c.ctx, db, nil, c.id, c.to)
			switch {
			case c.code == "" && (err != nil || o.Role != c.to):
				t.Errorf("%s: %v, %v", c.name, o, err)
			case c.code != "" && (err == nil || fault.CodeOf(err) != c.code):
				t.Errorf("%s: %v, want %s", c.name, err, c.code)
			}
		}
	})
}

// Admins who take the role from each other at the same moment leave one.
func TestSet_OneIsLeft(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, clock.Machine, func(t *testing.T, db *database.DB) {
		ids, admins := make([]uuid.UUID, 6), make([]context.Context, 6)
		for i := range ids {
			ids[i], admins[i] = someone(t, db, fmt.Sprintf("admin%d@tech.gov.sg", i), access.Admin)
		}
		var wg sync.WaitGroup
		for i := range ids {
			wg.Go(func() {
				if _, err := Set(admins[i], db, nil, ids[(i+1)%len(ids)], access.Officer); err != nil && fault.CodeOf(err) != fault.Conflict {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if n := db.Officer.Query().Where(officer.RoleEQ(access.Admin)).CountX(access.System(t.Context())); n != 1 {
			t.Errorf("%d admins are left, want 1", n)
		}
	})
}

func TestMatching(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, clock.Machine, func(t *testing.T, db *database.DB) {
		_, admin := someone(t, db, "admin@tech.gov.sg", access.Admin)
		_, boss := someone(t, db, "boss@lta.gov.sg", access.AgencyAdmin)
		_, tan := someone(t, db, "tan@lta.gov.sg", access.Officer)
		agencyAdmin := access.AgencyAdmin
		for _, c := range []struct {
			ctx    context.Context
			search string
			of     *access.Role
			want   int
		}{
			{admin, "", nil, 3}, {boss, "", nil, 2}, {tan, "", nil, 1}, {tan, "boss", nil, 0},
			{admin, "LTA", nil, 2}, {admin, " Boss@ ", nil, 1}, {admin, "wei LING", nil, 3}, {admin, "a%", nil, 0}, {admin, "_dmin", nil, 0},
			{admin, "", &agencyAdmin, 1}, {admin, "zz", nil, 0},
		} {
			ctx, _, err := access.Begin(c.ctx, access.ReadOfficers)
			if err != nil {
				t.Fatal(err)
			}
			where, err := Matching(ctx, c.search, c.of)
			if err != nil {
				t.Fatal(err)
			}
			if n := db.Officer.Query().Where(where...).CountX(ctx); n != c.want {
				t.Errorf("%q: %d officers, want %d", c.search, n, c.want)
			}
		}
		if _, err := Matching(tan, "", nil); fault.CodeOf(err) != fault.Forbidden {
			t.Errorf("before an act was begun: %v", err)
		}
	})
}
