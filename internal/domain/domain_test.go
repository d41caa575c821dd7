package domain

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"techbiz/ent/alloweddomain"
	"techbiz/ent/domainrequest"
	"techbiz/ent/schema"
	"techbiz/internal/access"
	"techbiz/internal/address"
	"techbiz/internal/clock"
	"techbiz/internal/database"
	"techbiz/internal/database/databasetest"
	"techbiz/internal/fault"
	"techbiz/internal/jobs"
	"techbiz/internal/mail"
)

// fixture is the service over an empty database. Jobs are queued, and nothing runs
// them.
type fixture struct {
	*Service
	sent []mail.Message
}

func each(t *testing.T, test func(t *testing.T, f *fixture)) {
	t.Helper()
	databasetest.Each(t, clock.Machine, func(t *testing.T, db *database.DB) {
		log := slog.New(slog.DiscardHandler)
		f := &fixture{}
		queue := jobs.New(jobs.Options{DB: db, Log: log, MaxBackoff: time.Second})
		f.Service = New(Options{
			DB: db, Jobs: queue, Government: address.Government{Parent: "gov.sg"}, BaseURL: "http://localhost", Host: "localhost", Log: log,
			Post: func(_ context.Context, m mail.Message) error { f.sent = append(f.sent, m); return nil },
		})
		if err := queue.Open(); err != nil {
			t.Fatal(err)
		}
		test(t, f)
	})
}

// officer makes an officer with a role, and returns a context in which that one acts.
func (f *fixture) officer(t *testing.T, email string, role access.Role) context.Context {
	t.Helper()
	a := access.Actor{OfficerID: schema.NewID(), Email: email, Role: role}
	err := f.DB.WithTx(access.System(t.Context()), func(ctx context.Context, tx *database.Tx) error {
		return tx.Officer.Create().SetID(a.OfficerID).SetEmail(email).SetAgency(access.AgencyOf(email)).SetRole(role).SetCreatedAt(tx.Now).Exec(ctx)
	})
	if err != nil {
		t.Fatal(err)
	}
	return access.With(t.Context(), a)
}

func (f *fixture) request(t *testing.T, ctx context.Context, d string) uuid.UUID {
	t.Helper()
	r, err := f.Request(ctx, d, "Runs the service")
	if err != nil {
		t.Fatal(err)
	}
	return r.ID
}

// Of many who decide at the same moment one does; the domain stands once, and one
// mail is due.
func TestDecide_ManyAtOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, f *fixture) {
		tan, admin := f.officer(t, "tan@tech.gov.sg", access.Officer), f.officer(t, "admin@tech.gov.sg", access.Admin)
		id := f.request(t, tan, "vendor.com")
		got := make([]fault.Code, 8)
		var wg sync.WaitGroup
		for i := range got {
			wg.Go(func() {
				if _, err := f.Decide(admin, id, i%2 == 0, "Note"); err != nil {
					got[i] = fault.CodeOf(err)
				}
			})
		}
		wg.Wait()
		counts := map[fault.Code]int{}
		for _, c := range got {
			counts[c]++
		}
		if counts[""] != 1 || counts[fault.Conflict] != len(got)-1 {
			t.Errorf("answered %v, want one success and conflicts", counts)
		}
		ctx := access.System(t.Context())
		r := f.DB.DomainRequest.GetX(ctx, id)
		domains := f.DB.AllowedDomain.Query().Where(alloweddomain.Domain("vendor.com")).CountX(ctx)
		if r.DecidedBy == nil || (r.State == domainrequest.StateApproved) != (domains == 1) || domains > 1 {
			t.Errorf("%v, and the domain stands %d times", r, domains)
		}
		if n := f.jobs(t); n != 1 {
			t.Errorf("%d mails are due, want 1", n)
		}
	})
}

// jobs counts the mails that are due.
func (f *fixture) jobs(t *testing.T) (n int) {
	t.Helper()
	if err := f.DB.Writer().QueryRowContext(t.Context(), "SELECT count(*) FROM river_job WHERE kind = 'domain_request_decided'").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// An officer who asks twice at the same moment has asked once.
func TestRequest_ManyAtOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, f *fixture) {
		tan := f.officer(t, "tan@tech.gov.sg", access.Officer)
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				if _, err := f.Request(tan, "vendor.com", "x"); err != nil && fault.CodeOf(err) != fault.Conflict {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if n := f.DB.DomainRequest.Query().CountX(access.System(t.Context())); n != 1 {
			t.Errorf("%d requests, want 1", n)
		}
		for i := 1; i < mostOpen; i++ {
			f.request(t, tan, fmt.Sprintf("vendor%d.com", i))
		}
		if _, err := f.Request(tan, "more.com", "x"); fault.CodeOf(err) != fault.Conflict {
			t.Errorf("more than %d wait: %v", mostOpen, err)
		}
	})
}

// Whoever asked is told what became of it; a domain that an administrator allows
// directly approves the requests for it.
func TestTell(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, f *fixture) {
		tan, lee := f.officer(t, "tan@tech.gov.sg", access.Officer), f.officer(t, "lee@lta.gov.sg", access.Officer)
		admin := f.officer(t, "admin@tech.gov.sg", access.Admin)
		one, two, refused := f.request(t, tan, "vendor.com"), f.request(t, lee, "vendor.com"), f.request(t, lee, "*.other.com")
		if _, err := f.Allow(admin, "vendor.com"); err != nil {
			t.Fatal(err)
		}
		if _, err := f.Decide(admin, refused, false, "Name them\r\nBcc: x@y.com"); err != nil {
			t.Fatal(err)
		}
		if n := f.jobs(t); n != 3 {
			t.Errorf("%d mails are due, want 3", n)
		}
		for _, want := range []struct {
			id       uuid.UUID
			to, says string
		}{
			{one, "tan@tech.gov.sg", "An administrator has approved it"},
			{two, "lee@lta.gov.sg", "An administrator has approved it"},
			{refused, "lee@lta.gov.sg", "note: Name them Bcc: x@y.com"},
		} {
			f.sent = nil
			for range 2 {
				if err := f.tell(access.System(t.Context()), Decided{Request: want.id}); err != nil {
					t.Fatal(err)
				}
			}
			m := f.sent[0]
			if m.To != want.to || !strings.Contains(m.Text, want.says) || !strings.Contains(m.HTML, want.says) || m.ID != f.sent[1].ID {
				t.Errorf("mail to %s, %q: %s", m.To, m.ID, m.Text)
			}
		}
		if err := f.tell(access.System(t.Context()), Decided{Request: uuid.New()}); err != nil {
			t.Errorf("a request that was erased: %v", err)
		}
	})
}

// What ent's policies keep from whoever goes round the service.
func TestPolicies(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, f *fixture) {
		tan, admin := f.officer(t, "tan@tech.gov.sg", access.Officer), f.officer(t, "admin@tech.gov.sg", access.Admin)
		id := f.request(t, tan, "vendor.com")
		within := func(ctx context.Context, act access.Act) context.Context {
			ctx, _, err := access.Begin(ctx, act)
			if err != nil {
				t.Fatal(err)
			}
			return ctx
		}
		for name, try := range map[string]func(tx *database.Tx) error{
			"an officer who has begun nothing reads": func(tx *database.Tx) error {
				_, err := tx.AllowedDomain.Query().All(tan)
				return err
			},
			"an officer allows a domain": func(tx *database.Tx) error {
				return tx.AllowedDomain.Create().SetDomain("x.com").SetCreatedAt(tx.Now).Exec(within(tan, access.InviteByEmail))
			},
			"an administrator allows a domain while doing something else": func(tx *database.Tx) error {
				return tx.AllowedDomain.Create().SetDomain("x.com").SetCreatedAt(tx.Now).Exec(within(admin, access.SetRole))
			},
			"an officer decides": func(tx *database.Tx) error {
				return tx.DomainRequest.UpdateOneID(id).SetState(domainrequest.StateApproved).Exec(within(tan, access.RequestDomain))
			},
			"an officer asks in another's name": func(tx *database.Tx) error {
				return tx.DomainRequest.Create().SetOfficerID(uuid.New()).SetDomain("x.com").SetReason("x").SetRequestedAt(tx.Now).Exec(within(tan, access.RequestDomain))
			},
			"an officer becomes an administrator": func(tx *database.Tx) error {
				return tx.Officer.Update().SetRole(access.Admin).Exec(within(tan, access.RequestDomain))
			},
			"an administrator changes an officer's name": func(tx *database.Tx) error {
				return tx.Officer.Update().SetName("x").SetRole(access.Admin).Exec(within(admin, access.SetRole))
			},
			"an officer makes a token while doing something else": func(tx *database.Tx) error {
				a, _ := access.From(tan)
				return tx.Token.Create().SetOfficerID(a.OfficerID).SetName("x").SetPrefix("x").SetHash([]byte("x")).SetWrite(true).
					SetCreatedAt(tx.Now).SetExpiresAt(tx.Now).Exec(within(tan, access.InviteByEmail))
			},
		} {
			err := f.DB.WithTx(t.Context(), func(_ context.Context, tx *database.Tx) error { return try(tx) })
			if err == nil || !strings.Contains(err.Error(), "deny rule") {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}
