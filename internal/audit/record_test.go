package audit

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"techbiz/ent"
	"techbiz/ent/auditrecord"
	"techbiz/internal/access"
	"techbiz/internal/database"
	"techbiz/internal/origin"
	"techbiz/internal/requestid"
)

// bulk adds many records in one transaction.
func (w *world) bulk(t testing.TB, n int) {
	t.Helper()
	err := w.db.WithTx(access.System(t.Context()), func(ctx context.Context, tx *database.Tx) error {
		var rows, waiting [][]any
		for range n {
			r, err := w.compose(ctx, tx, Event{Type: ListCompleted, Kind: List, ID: uuid.New()})
			if err != nil {
				return err
			}
			rows, waiting = append(rows, r.values()), append(waiting, []any{r.id})
		}
		return errors.Join(tx.Insert(ctx, "audit_records", columns, "", rows), tx.Insert(ctx, "audit_pending", []string{"id"}, "", waiting))
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestRecord_Columns(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		tan, lee := w.officer(t, "tan@tech.gov.sg"), w.officer(t, "lee@lta.gov.sg")
		tan.ByToken = true
		ctx := origin.With(requestid.With(access.With(t.Context(), tan), "request-1"), netip.MustParseAddr("10.20.4.17"))
		list := uuid.New()
		if err := w.Note(ctx, Event{Type: ListSubmitted, Kind: List, ID: list, Owner: lee.OfficerID, Person: " Ng@MOF.gov.sg ", Detail: Detail{Users: 42}}); err != nil {
			t.Fatal(err)
		}
		r := w.db.AuditRecord.Query().OnlyX(access.System(t.Context()))
		person, ok, err := w.Person(t.Context(), "ng@mof.gov.sg")
		if err != nil || !ok {
			t.Fatalf("the log does not know the person: %v", err)
		}
		actor, _, _ := w.Person(t.Context(), "tan@tech.gov.sg")
		got := []any{
			r.Type, r.ActorKind, *r.ActorID, *r.ActorAgency, *r.ActorPerson, *r.OwnerID, *r.OwnerAgency, *r.PersonID,
			*r.SubjectKind, *r.SubjectID, *r.Address, *r.RequestID, r.Writer, *r.Detail, r.RecordedAt.UTC(),
		}
		want := []any{
			"LIST_SUBMITTED", auditrecord.ActorKindToken, tan.OfficerID, "tech.gov.sg", actor, lee.OfficerID, "lta.gov.sg", person,
			"list", list, "10.20.4.17", "request-1", w.db.Name(), `{"users":42}`, start,
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

func TestRecord_GoesWithItsTransaction(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		broken := errors.New("the act failed")
		err := w.db.WithTx(access.System(t.Context()), func(ctx context.Context, tx *database.Tx) error {
			if err := w.Record(ctx, tx, Event{Type: ListReset, Person: "ng@mof.gov.sg"}); err != nil {
				return err
			}
			return broken
		})
		if !errors.Is(err, broken) {
			t.Fatal(err)
		}
		if err := w.Seal(t.Context()); err != nil {
			t.Fatal(err)
		}
		if found, sum := w.verify(t); found != nil || sum.Records != 0 || sum.People != 0 || sum.Pending != 0 {
			t.Errorf("found %v in %+v", found, sum)
		}
	})
}

// TestRecord_TellsNobody looks for an address in every column of every table of
// the log.
func TestRecord_TellsNobody(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.some(t, 1)
		for _, table := range tables {
			rows, err := w.db.Writer().QueryContext(t.Context(), "SELECT * FROM "+table)
			if err != nil {
				t.Fatal(err)
			}
			names, err := rows.Columns()
			if err != nil {
				t.Fatal(err)
			}
			for rows.Next() {
				cells := make([]any, len(names))
				for i := range cells {
					cells[i] = new([]byte)
				}
				if err := rows.Scan(cells...); err != nil {
					t.Fatal(err)
				}
				for i, c := range cells {
					text := strings.ToLower(string(*c.(*[]byte)))
					if strings.Contains(text, "ng0") || strings.Contains(text, "tan@") {
						t.Errorf("%s.%s tells who it is", table, names[i])
					}
				}
			}
			if err := errors.Join(rows.Err(), rows.Close()); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestErase(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.some(t, 2, 1)
		who, _, err := w.Person(t.Context(), "ng0.1@mof.gov.sg")
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // erasing again only says so
			err := w.db.WithTx(access.System(t.Context()), func(ctx context.Context, tx *database.Tx) error {
				return w.Erase(ctx, tx, "NG0.1@mof.gov.sg")
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Seal(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, known, err := w.Person(t.Context(), "ng0.1@mof.gov.sg"); known || err != nil {
			t.Errorf("still known: %v", err)
		}
		if emails, err := w.addresses(t.Context(), []uuid.UUID{who}); err != nil || len(emails) != 0 {
			t.Errorf("still named: %v, %v", emails, err)
		}
		found, sum := w.verify(t)
		if found != nil || sum.Records != 5 || sum.Erasures != 2 {
			t.Errorf("found %v in %+v", found, sum)
		}
		// Who comes back is somebody else to the log.
		w.record(t, w.officer(t, "lee@lta.gov.sg"), Event{Type: InvitationSent, Person: "ng0.1@mof.gov.sg"})
		if again, known, err := w.Person(t.Context(), "ng0.1@mof.gov.sg"); !known || again == who || err != nil {
			t.Errorf("known %v as %v, was %v: %v", known, again, who, err)
		}
	})
}

// TestSeal_Concurrent lets many write through two replicas that seal meanwhile,
// some in transactions that take long and some that fail.
func TestSeal_Concurrent(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		const writers, acts = 12, 15
		actor := access.System(t.Context())
		logs := []*Log{w.Log, w.another(t)}
		var writing, sealing sync.WaitGroup
		done := make(chan struct{})
		for _, l := range logs {
			sealing.Go(func() {
				for {
					if err := l.Seal(t.Context()); err != nil {
						t.Error(err)
					}
					select {
					case <-done:
						return
					default:
					}
				}
			})
		}
		failed := errors.New("failed")
		for n := range writers {
			writing.Go(func() {
				for i := range acts {
					err := w.db.WithTx(actor, func(ctx context.Context, tx *database.Tx) error {
						// All meet the same new people at the same time.
						e := Event{Type: InvitationSent, Kind: Invitation, ID: uuid.New(), Person: fmt.Sprintf("ng%d@mof.gov.sg", i)}
						if err := logs[n%2].Record(ctx, tx, e); err != nil {
							return err
						}
						if i%5 == 4 {
							return failed
						}
						return nil
					})
					if err != nil && !errors.Is(err, failed) {
						t.Error(err)
					}
				}
			})
		}
		writing.Wait()
		close(done)
		sealing.Wait()
		if err := w.Seal(t.Context()); err != nil {
			t.Fatal(err)
		}
		found, sum := w.verify(t)
		if found != nil || sum.Records != writers*acts*4/5 || sum.Pending != 0 || sum.People != acts*4/5 {
			t.Errorf("found %v in %+v", found, sum)
		}
	})
}

// TestRecord_WaitsForNobody: while one transaction is open for long, others record,
// and what they record is sealed. SQLite has one writer at a time anyway.
func TestRecord_WaitsForNobody(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		if w.db.Dialect() != "postgres" {
			t.Skip("SQLite has one writer at a time")
		}
		tan := w.officer(t, "tan@tech.gov.sg")
		w.record(t, tan, Event{Type: SignedIn})
		err := w.db.WithTx(access.With(t.Context(), tan), func(ctx context.Context, tx *database.Tx) error {
			if err := w.Record(ctx, tx, Event{Type: ListSubmitted}); err != nil {
				return err
			}
			w.record(t, tan, Event{Type: Resent}) // in a transaction of its own
			return w.Seal(t.Context())
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Seal(t.Context()); err != nil {
			t.Fatal(err)
		}
		if found, sum := w.verify(t); found != nil || sum.Blocks != 2 || sum.Records != 3 || sum.Pending != 0 {
			t.Errorf("found %v in %+v", found, sum)
		}
	})
}

// TestAppendOnly: the database refuses what no code of ours does.
func TestAppendOnly(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.some(t, 1)
		statements := []string{"UPDATE audit_people SET sealed = lookup"}
		for _, table := range []string{"audit_records", "audit_blocks", "audit_seals"} {
			statements = append(statements, "UPDATE "+table+" SET id = id", "DELETE FROM "+table)
			if w.db.Dialect() == "postgres" {
				statements = append(statements, "TRUNCATE "+table)
			}
		}
		for _, s := range statements {
			if _, err := w.db.Writer().ExecContext(t.Context(), s); err == nil || !strings.Contains(err.Error(), "append-only") {
				t.Errorf("%s: %v", s, err)
			}
		}
		ctx := access.System(t.Context())
		err := w.db.WithTx(ctx, func(ctx context.Context, tx *database.Tx) error {
			_, err := tx.AuditRecord.Delete().Exec(ctx)
			return err
		})
		if err == nil || !strings.Contains(err.Error(), "deny") {
			t.Errorf("ent: %v", err)
		}
	})
}

func TestPolicy_WhoSees(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		tan, tay, lee := w.officer(t, "tan@tech.gov.sg"), w.officer(t, "tay@tech.gov.sg"), w.officer(t, "lee@lta.gov.sg")
		boss, admin := w.officer(t, "boss@tech.gov.sg"), w.officer(t, "admin@lta.gov.sg")
		boss.Role, admin.Role = access.AgencyAdmin, access.Admin
		w.record(t, tan, Event{Type: InvitationSent, Owner: tan.OfficerID})
		w.record(t, tay, Event{Type: ListReset})
		w.record(t, boss, Event{Type: Cancelled, Owner: tan.OfficerID})
		w.record(t, lee, Event{Type: Exported})
		w.record(t, admin, Event{Type: RoleChanged, Owner: tay.OfficerID})
		w.record(t, access.Actor{}, Event{Type: AccessRefused})
		cases := []struct {
			name  string
			actor access.Actor
			want  string
		}{
			{"an officer", tan, "INVITATION_CANCELLED INVITATION_SENT"},
			{"another officer of the agency", tay, "LIST_RESET ROLE_CHANGED"},
			{"an officer of another agency", lee, "EXPORTED"},
			{"an agency admin", boss, "INVITATION_CANCELLED INVITATION_SENT LIST_RESET ROLE_CHANGED"},
			{"an admin", admin, "ACCESS_REFUSED EXPORTED INVITATION_CANCELLED INVITATION_SENT LIST_RESET ROLE_CHANGED"},
		}
		for _, c := range cases {
			ctx, _, err := access.Begin(access.With(t.Context(), c.actor), access.ReadActivity)
			if err != nil {
				t.Fatal(err)
			}
			types, err := w.db.AuditRecord.Query().Order(ent.Asc(auditrecord.FieldType)).Select(auditrecord.FieldType).Strings(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(types, " "); got != c.want {
				t.Errorf("%s sees %s, want %s", c.name, got, c.want)
			}
		}
		if _, err := w.db.AuditRecord.Query().All(t.Context()); err == nil {
			t.Error("nobody sees records")
		}
	})
}

func TestRefused_IsBounded(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := origin.With(t.Context(), netip.MustParseAddr("203.0.113.9"))
		for range 25 {
			w.Refused(ctx, Event{Type: AccessRefused, Detail: Detail{Code: "UNAUTHENTICATED"}})
		}
		w.Refused(ctx, Event{Type: AccessRefused, Detail: Detail{Code: "FORBIDDEN"}})
		w.clock.move(refusalsSpan)
		w.Refused(ctx, Event{Type: AccessRefused, Detail: Detail{Code: "UNAUTHENTICATED"}})
		all := w.db.AuditRecord.Query().Order(ent.Asc("id")).AllX(access.System(t.Context()))
		if len(all) != refusalsKept+2 {
			t.Fatalf("%d records", len(all))
		}
		if got := *all[len(all)-1].Detail; got != `{"code":"UNAUTHENTICATED","before":15}` {
			t.Errorf("the next one says %s", got)
		}
	})
}

// Whoever tries many officers' addresses from one place is in the log of each of them,
// and whoever invents addresses does not fill it.
func TestRefused_IsInEveryOfficersLog(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		const victims = 2*refusalsKept + 1
		ctx := origin.With(t.Context(), netip.MustParseAddr("203.0.113.9"))
		refused := func(email string, owner uuid.UUID) {
			w.Refused(ctx, Event{Type: SignInRefused, Actor: &access.Actor{}, Person: email, Owner: owner, Detail: Detail{Code: "INVALID_FORMAT"}})
		}
		var officers []access.Actor
		for n := range victims {
			o := w.officer(t, fmt.Sprintf("tan%d@tech.gov.sg", n))
			officers = append(officers, o)
			refused(o.Email, o.OfficerID)
			refused(fmt.Sprintf("invented%d@tech.gov.sg", n), uuid.Nil)
		}
		for _, o := range officers {
			reading, _, err := access.Begin(access.With(t.Context(), o), access.ReadActivity)
			if err != nil {
				t.Fatal(err)
			}
			if n := w.db.AuditRecord.Query().CountX(reading); n != 1 {
				t.Errorf("%s sees %d records", o.Email, n)
			}
		}
		if n := w.db.AuditRecord.Query().CountX(access.System(t.Context())); n != victims+refusalsKept {
			t.Errorf("%d records", n)
		}
	})
}

// TestDetail_HoldsNoText keeps the detail a list of fields that are ours: one that
// takes anything would take names.
func TestDetail_HoldsNoText(t *testing.T) {
	t.Parallel()
	known := map[string]bool{"What": true, "Format": true, "Code": true, "Reason": true, "Domain": true, "Role": true}
	d := reflect.TypeFor[Detail]()
	for i := range d.NumField() {
		f := d.Field(i)
		if numeric := f.Type.Kind() == reflect.Int || f.Type == reflect.TypeFor[*int](); !numeric && !known[f.Name] {
			t.Errorf("%s: say in Detail's comment why it identifies nobody, and add it here", f.Name)
		}
	}
}

func TestRun_SealsAtTheEnd(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.record(t, w.officer(t, "lee@lta.gov.sg"), Event{Type: SignedIn})
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		ended := make(chan struct{})
		go func() { w.Run(ctx); close(ended) }()
		select {
		case <-ended:
		case <-time.After(time.Minute):
			t.Fatal("it does not end")
		}
		found, sum := w.verify(t)
		if kept, _ := ReadHead(w.anchor); found != nil || sum.Pending != 0 || sum.Blocks != 1 || kept.Block != 1 {
			t.Errorf("found %v in %+v, kept %v", found, sum, kept)
		}
	})
}

func TestParseHead(t *testing.T) {
	t.Parallel()
	good := Head{Block: 12, Hash: testKey}
	if h, err := ParseHead(" " + good.String() + "\n"); err != nil || h.String() != good.String() {
		t.Errorf("read %v, %v", h, err)
	}
	for _, bad := range []string{"", "12", "12:", "12:zz", "0:" + strings.Repeat("00", 32), "x:" + strings.Repeat("00", 32), "12:00"} {
		if h, err := ParseHead(bad); err == nil {
			t.Errorf("%q is read as %v", bad, h)
		}
	}
}

// BenchmarkRecord says what a record costs its transaction.
func BenchmarkRecord(b *testing.B) {
	benchEach(b, func(b *testing.B, w *world) {
		ctx := access.With(b.Context(), access.Actor{OfficerID: uuid.New(), Email: "tan@tech.gov.sg"})
		for b.Loop() {
			if err := w.Note(ctx, Event{Type: Resent, Kind: Invitation, ID: uuid.New(), Person: "ng@mof.gov.sg"}); err != nil {
				b.Fatal(err)
			}
		}
	})
}
