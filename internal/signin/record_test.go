package signin

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"techbiz/ent"
	"techbiz/ent/officer"
	"techbiz/internal/access"
	"techbiz/internal/audit"
	"techbiz/internal/clock"
	"techbiz/internal/database"
	"techbiz/internal/database/databasetest"
	"techbiz/internal/oidc/oidctest"
)

// TestRecorded goes in, fails to, goes out, and makes a token: what the activity
// log then has, and who sees it.
func TestRecorded(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, clock.Machine, func(t *testing.T, db *database.DB) {
		log := audit.New(audit.Options{DB: db, Key: bytes.Repeat([]byte{9}, audit.KeyLength)})
		w := newWorld(t, db, func(o *Options) { o.Audit = log })
		b := w.browser(t)
		b.signIn(tan)
		b.signOut()
		b.send(tan)
		right := w.mails.code(t)
		wrong := fmt.Sprintf("%c%s", '0'+(right[0]-'0'+1)%10, right[1:])
		if a := b.enter(wrong); a.Fault == nil {
			t.Error("a wrong code signs in")
		}
		b.enter(right)
		if err := w.EndSessions(w.as(t, tan)); err != nil {
			t.Fatal(err)
		}
		secret := w.token(t, true) // makes an administrator
		for range 2 {              // the second time changes nothing
			if err := w.RevokeToken(t.Context(), secret); err != nil {
				t.Fatal(err)
			}
		}
		got := w.recorded(t, log, tan)
		want := []string{
			"SIGN_IN_CODE_SENT NOBODY on tan",
			"SIGNED_IN OFFICER tan",
			"SIGNED_OUT OFFICER tan",
			"SIGN_IN_CODE_SENT NOBODY on tan",
			`SIGN_IN_REFUSED NOBODY on tan for tan {"code":"INVALID_FORMAT"}`,
			"SIGNED_IN OFFICER tan",
			"SESSIONS_ENDED OFFICER tan",
			`ROLE_CHANGED SYSTEM on tan for tan {"role":"ADMIN"}`,
			`TOKEN_CREATED SYSTEM for tan {"what":"may read and write"}`,
			"TOKEN_REVOKED SYSTEM for tan",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

// What nobody did by hand is recorded as well: administrators of the settings, and
// what a changed address at the provider does.
func TestRecorded_BySettingsAndTheProvider(t *testing.T) {
	t.Parallel()
	eachBehind(t, func(t *testing.T, w *behind) {
		log := audit.New(audit.Options{DB: w.db, Key: bytes.Repeat([]byte{9}, audit.KeyLength)})
		w.audit = log
		for range 2 { // the second start changes nothing
			if err := w.EnsureAdmins(t.Context(), []string{tan}); err != nil {
				t.Fatal(err)
			}
		}
		in := func(email string) {
			t.Helper()
			w.provider.Be(oidctest.Person{Subject: "tan-1", Email: email})
			wantIn(t, w.browser(t).atProvider())
		}
		in(tan)
		in("tan.new@agency.gov.sg")
		in("tan.new@agency.gov.sg")
		in("tan@other.gov.sg")
		if diff := cmp.Diff([]string{
			`ROLE_CHANGED SYSTEM for tan {"role":"ADMIN"}`,
			"SIGNED_IN OFFICER",
			"IDENTITY_MOVED SYSTEM on tan for tan",
			"SIGNED_IN OFFICER tan",
			"SIGNED_IN OFFICER tan",
			`ROLE_CHANGED SYSTEM on tan for tan {"role":"OFFICER"}`,
			`IDENTITY_MOVED SYSTEM for tan {"what":"in another agency, as a new officer","domain":"other.gov.sg"}`,
			"SIGNED_IN OFFICER",
		}, w.recorded(t, log, "tan.new@agency.gov.sg")); diff != "" {
			t.Error(diff)
		}
	})
}

// recorded are all records, in which the officer with this address is tan.
func (w *world) recorded(t *testing.T, log *audit.Log, tan string) (lines []string) {
	t.Helper()
	o := w.db.Officer.Query().Where(officer.Email(tan)).OnlyX(access.System(t.Context()))
	person, known, err := log.Person(t.Context(), tan)
	if err != nil || !known {
		t.Fatalf("the log does not know the officer: %v", err)
	}
	for _, r := range w.db.AuditRecord.Query().Order(ent.Asc("id")).AllX(access.System(t.Context())) {
		line := fmt.Sprintf("%s %s", r.Type, r.ActorKind)
		if r.ActorID != nil && *r.ActorID == o.ID && *r.ActorPerson == person {
			line += " tan"
		}
		if r.PersonID != nil && *r.PersonID == person {
			line += " on tan"
		}
		if r.OwnerID != nil && *r.OwnerID == o.ID {
			line += " for tan"
		}
		if r.Detail != nil {
			line += " " + *r.Detail
		}
		lines = append(lines, line)
	}
	return lines
}
