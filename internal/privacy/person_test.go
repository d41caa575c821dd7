package privacy

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"techbiz/ent"
	"techbiz/ent/invitation"
	"techbiz/ent/migrate"
	"techbiz/ent/schema"
	"techbiz/internal/access"
	"techbiz/internal/database"
	"techbiz/internal/fault"
	"techbiz/internal/invite"
	"techbiz/internal/jobs"
)

// Every table is known to hold data of people or not to.
func TestHeld_EveryTable(t *testing.T) {
	t.Parallel()
	var known, all []string
	for _, h := range held {
		known = append(known, h.table)
	}
	known = append(append(known, impersonal...), recorded...)
	for _, table := range migrate.Tables {
		all = append(all, table.Name)
	}
	slices.Sort(known)
	slices.Sort(all)
	if diff := cmp.Diff(all, known); diff != "" {
		t.Errorf("say in held.go what of a person a new table holds; -tables +known\n%s", diff)
	}
}

// service is what the commands use.
func service(t *testing.T, p *program, retention time.Duration) *Service {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	queue := jobs.New(jobs.Options{DB: p.DB, Log: log, MaxBackoff: time.Second})
	invites := invite.New(invite.Options{DB: p.DB, Jobs: queue, Log: log})
	if err := queue.Open(); err != nil {
		t.Fatal(err)
	}
	return New(Options{DB: p.DB, Invite: invites, Retention: retention})
}

// somebody is a person of whom every table has something: an officer who was invited
// by another one, to a mistyped address first, stands in a list, and invites others.
const (
	somebody = "lim.siew.hoon@lta.gov.sg"
	mistyped = "lim.siew.hon@lta.gov.sg"
	other    = "someone.else@vendor.com"
)

type story struct {
	inviter, officer             uuid.UUID
	first, second, byHer, others uuid.UUID
	draft, submitted             uuid.UUID
}

// live stores the story. The second invitation is open.
func live(t *testing.T, p *program) story {
	t.Helper()
	s := story{inviter: officer(t, p.DB), officer: schema.NewID(), draft: schema.NewID(), submitted: schema.NewID()}
	change(t, p.DB, func(ctx context.Context, tx *database.Tx) error {
		if err := tx.Officer.Create().SetID(s.officer).SetEmail(somebody).SetAgency("lta.gov.sg").SetName("Lim Siew Hoon").
			SetRole(access.Officer).SetCreatedAt(tx.Now).Exec(ctx); err != nil {
			return err
		}
		for n, i := range []struct {
			id       *uuid.UUID
			inviter  uuid.UUID
			email    string
			name     string
			open     bool
			replaces *uuid.UUID
			detail   string
		}{
			{&s.first, s.inviter, mistyped, "Siew Hoon", false, nil, "Replaced by an invitation to Lim.Siew.Hoon@lta.gov.sg."},
			{&s.second, s.inviter, somebody, "Siew Hoon", true, &s.first, "Corrected from " + mistyped + "."},
			{&s.byHer, s.officer, other, "Ah Kow", false, nil, "Cancelled by " + somebody + "."},
			{&s.others, s.inviter, "third@vendor.com", "Mei", true, nil, "Nothing about her."},
		} {
			*i.id = schema.NewID()
			number, err := invite.Store(tx.Keys, *i.id, fmt.Sprintf("+659555000%d", n), "")
			if err != nil {
				return err
			}
			create := tx.Invitation.Create().SetID(*i.id).SetInviterID(i.inviter).SetMethod(invitation.MethodMultipleAccounts).
				SetUserType(invitation.UserTypePublicOfficer).SetEmail(i.email).SetEmailKey(i.email).SetNillableReplacesID(i.replaces).
				SetFirstName(i.name).SetFirstNameKey(strings.ToLower(i.name)).SetLastName("Lim").SetLastNameKey("lim").
				SetNillableContactNumber(number.Sealed).SetNillableNumberKey(number.Key[0]).SetNillableNumberKey2(number.Key[1]).
				SetOrganisation("Land Transport").SetOrganisationKey("land transport").SetSeedRequired(true).SetReason(i.name + " runs the trains").
				SetFailure("Cancelled by " + somebody + ".").SetInvitedAt(tx.Now).SetUpdatedAt(tx.Now).SetOpen(i.open)
			if err := create.Exec(ctx); err != nil {
				return err
			}
			if err := invite.Record(ctx, tx, tx.Now, invite.Event{Invitation: *i.id, What: invite.EventInvited, Officer: &i.inviter, Detail: i.detail}); err != nil {
				return err
			}
		}
		return lists(ctx, tx, s)
	})
	return s
}

// lists stores a draft and a submitted list with her row in each, and what an
// officer has.
func lists(ctx context.Context, tx *database.Tx, s story) error {
	browser := make([]byte, 32)
	for _, row := range []struct {
		table   string
		columns []string
		values  []any
	}{
		{"batches", []string{"id", "owner_id", "notices", "state", "created_at"}, []any{s.draft, s.inviter, "[]", "DRAFT", tx.Now}},
		{"batches", []string{"id", "owner_id", "notices", "state", "created_at", "completed_at"}, []any{s.submitted, s.inviter, "[]", "COMPLETED", tx.Now, tx.Now}},
		{"sessions", []string{"id", "officer_id", "hash", "data", "created_at", "seen_at", "expires_at"}, []any{schema.NewID(), s.officer, browser, browser, tx.Now, tx.Now, tx.Now}},
		{"tokens", []string{"id", "officer_id", "name", "prefix", "hash", "write", "created_at", "expires_at"}, []any{schema.NewID(), s.officer, "pipeline", "tbz_abc", browser, true, tx.Now, tx.Now}},
		{"sign_in_codes", []string{"id", "email", "browser", "hash", "created_at", "expires_at"}, []any{schema.NewID(), somebody, browser, browser, tx.Now, tx.Now}},
		{"idempotency_keys", []string{"id", "officer_id", "mutation", "key", "input", "result_id", "created_at"}, []any{schema.NewID(), s.officer, "createAccount", "k", browser[:20], s.byHer, tx.Now}},
		{"officer_identities", []string{"id", "issuer", "subject", "officer_id", "created_at", "last_seen_at"}, []any{schema.NewID(), "https://login.gov.sg", "lim-siew-hoon", s.officer, tx.Now, tx.Now}},
		{"domain_requests", []string{"id", "officer_id", "domain", "reason", "state", "requested_at"}, []any{schema.NewID(), s.officer, "vendor.com", "Siew Hoon works with them", "OPEN", tx.Now}},
		{"sandbox_mails", []string{"id", "message_id", "to", "to_key", "subject", "text", "html", "links", "sent_at"}, []any{schema.NewID(), "1@x", somebody, somebody, "Welcome", "Dear Lim", "", "[]", tx.Now}},
	} {
		if err := tx.Insert(ctx, row.table, row.columns, "", [][]any{row.values}); err != nil {
			return err
		}
	}
	person := schema.NewID()
	x, err := invite.Store(tx.Keys, person, "+6595550001", "")
	if err != nil {
		return err
	}
	if err := tx.Insert(ctx, "sandbox_persons", []string{"id", "key", "email", "email_key", "first_name", "number", "number_key", "number_key2", "token", "state", "created_at"}, "",
		[][]any{{person, s.second.String(), somebody, somebody, "Siew Hoon", x.Sealed, x.Key[0], x.Key[1], "secret-link", "CREATED", tx.Now}}); err != nil {
		return err
	}
	for n, list := range []uuid.UUID{s.draft, s.submitted} {
		id := schema.NewID()
		x, err := invite.Store(tx.Keys, id, "+6595550001", "9555 0001")
		if err != nil {
			return err
		}
		if err := tx.Insert(ctx, "batch_rows", []string{
			"id", "batch_id", "position", "number", "email", "email_key", "first_name", "first_name_key", "last_name_key", "contact_number", "number_key", "number_key2",
			"organisation_key", "department_key", "user_type", "issues", "flagged",
		}, "", [][]any{{
			id, list, 1, 5 + n, somebody, somebody, "Siew Hoon", "siew hoon", "lim", x.Sealed, x.Key[0], x.Key[1], "land transport", "", "PUBLIC_OFFICER",
			`[{"code":"INVALID_FORMAT","field":["email"],"message":"m"}]`, list == s.draft, // in the other one it is corrected
		}}); err != nil {
			return err
		}
	}
	return nil
}

func TestExport(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, o database.Options) {
		p := start(t, o, generate(t))
		live(t, p)
		h, err := service(t, p, 0).Export(t.Context(), strings.ToUpper(somebody))
		if err != nil {
			t.Fatal(err)
		}
		raw, err := json.Marshal(h)
		if err != nil {
			t.Fatal(err)
		}
		counts := map[string]int{}
		for table, rows := range h.Data {
			counts[table] = len(rows)
		}
		want := map[string]int{
			"invitations": 2, "invitation_events": 2, "batch_rows": 2, "officers": 1, "batches": 0, "sessions": 1, "tokens": 1,
			"sign_in_codes": 1, "idempotency_keys": 1, "officer_identities": 1, "domain_requests": 1, "sandbox_persons": 1, "sandbox_mails": 1,
		}
		if diff := cmp.Diff(want, counts); diff != "" {
			t.Error(diff)
		}
		for _, expected := range []string{`"contact_number":"+6595550001"`, `"contact_number":"9555 0001"`, `"number":"+6595550001"`, `"reason":"Siew Hoon runs the trains"`, `"name":"pipeline"`, `"seed_required":true`, `"issues":[{`, mistyped} {
			if !strings.Contains(string(raw), expected) {
				t.Errorf("%s is missing in %s", expected, raw)
			}
		}
		for _, secret := range []string{"hash", "secret-link", "number_key", other, "third@", "~"} {
			if strings.Contains(string(raw), secret) {
				t.Errorf("%s is in %s", secret, raw)
			}
		}
	})
}

func TestErase(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, o database.Options) {
		p := start(t, o, generate(t))
		s := live(t, p)
		erasing := service(t, p, 0)
		var told string
		erasing.Also = append(erasing.Also, func(_ context.Context, _ *database.Tx, email string) error { told = email; return nil })
		if _, err := erasing.Erase(t.Context(), somebody, false); fault.CodeOf(err) != fault.Conflict {
			t.Errorf("erased although an invitation is open: %v", err)
		}
		if told != "" || count(t, p.DB, `SELECT count(*) FROM tokens`) != 1 {
			t.Error("the refused erasure changed something")
		}
		e, err := erasing.Erase(t.Context(), strings.ToUpper(somebody), true)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(Erased{Cancelled: 1, Invitations: 2, Rows: 2, Officer: true, Sandbox: 2}, e); diff != "" || told != somebody {
			t.Errorf("%s; told %q", diff, told)
		}
		nameless(t, p, s)
		nothingOf(t, p, o, somebody, mistyped, "siew hoon", "Siew Hoon")
		again, err := erasing.Erase(t.Context(), somebody, true)
		if diff := cmp.Diff(Erased{}, again); err != nil || diff != "" {
			t.Errorf("again: %v %s", err, diff)
		}
		if n := count(t, p.DB, `SELECT count(*) FROM batch_rows WHERE email_key IS NULL AND NOT flagged AND NOT submitted`); n != 0 {
			t.Errorf("%d nameless rows would be submitted", n)
		}
		if h, err := erasing.Export(t.Context(), somebody); err != nil || len(slices.Concat(h.Data["invitations"], h.Data["batch_rows"], h.Data["officers"])) > 0 {
			t.Errorf("exported: %v, %v", h, err)
		}
	})
}

// An address that has an issue has no key; its rows are the person's all the same.
func TestHeld_AddressesWithAnIssue(t *testing.T) {
	t.Parallel()
	const who = "jos\u00e9@nowhere.example"
	cases := []struct {
		name, typed string
		theirs      bool
	}{
		{"as it is", who, true},
		{"with capitals", "JOS\u00c9@Nowhere.Example", true},
		{"with blanks around", "\t " + who + "\u00a0", true},
		{"with an accent of its own", "jose\u0301@nowhere.example", true},
		{"another one", "jose@nowhere.example", false},
		{"a longer one", "x" + who, false},
		{"none", "", false},
		{"a removed one", RemovedEmail, false},
	}
	onBoth(t, func(t *testing.T, o database.Options) {
		p := start(t, o, generate(t))
		s := live(t, p)
		change(t, p.DB, func(ctx context.Context, tx *database.Tx) error {
			var rows [][]any
			for n, c := range cases {
				for _, list := range []uuid.UUID{s.draft, s.submitted} {
					rows = append(rows, []any{schema.NewID(), list, 10 + n, 10 + n, c.typed, c.name, "", "", "", "", "VENDOR", "[]", true})
				}
			}
			return tx.Insert(ctx, "batch_rows", []string{"id", "batch_id", "position", "number", "email", "first_name", "first_name_key", "last_name_key",
				"organisation_key", "department_key", "user_type", "issues", "flagged"}, "", rows)
		})
		privacy := service(t, p, 0)
		h, err := privacy.Export(t.Context(), " JOS\u00c9@nowhere.example")
		if err != nil {
			t.Fatal(err)
		}
		told := map[any]int{}
		for _, row := range h.Data["batch_rows"] {
			told[row["first_name"]]++
		}
		want, theirs := map[any]int{}, 0
		for _, c := range cases {
			if c.theirs {
				want[c.name] = 2
				theirs += 2
			}
		}
		if diff := cmp.Diff(want, told); diff != "" {
			t.Errorf("exported: %s", diff)
		}
		e, err := privacy.Erase(t.Context(), who, false)
		if diff := cmp.Diff(Erased{Rows: theirs}, e); err != nil || diff != "" {
			t.Errorf("erased: %v %s", err, diff)
		}
		for _, c := range cases {
			left := map[bool]int{true: 0, false: 2}[c.theirs]
			if n := count(t, p.DB, `SELECT count(*) FROM batch_rows WHERE first_name = $1`, c.name); n != left {
				t.Errorf("%s: %d rows have a name, want %d", c.name, n, left)
			}
		}
		if n := count(t, p.DB, `SELECT count(*) FROM batch_rows WHERE batch_id = $1`, s.draft); n != 1+len(cases)-theirs/2 {
			t.Errorf("%d rows of the draft", n)
		}
		if n := count(t, p.DB, `SELECT count(*) FROM batch_rows WHERE batch_id = $1`, s.submitted); n != 1+len(cases) {
			t.Errorf("%d rows of the submitted list", n)
		}
	})
}

// nameless: what is counted stays, and what is another person's.
func nameless(t *testing.T, p *program, s story) {
	t.Helper()
	ctx := access.System(t.Context())
	get := func(id uuid.UUID) *ent.Invitation {
		i, err := p.Invitation.Get(ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		return i
	}
	for _, id := range []uuid.UUID{s.first, s.second} {
		i := get(id)
		if i.Open || i.AnonymisedAt == nil || i.Email != RemovedEmail || i.Reason != RemovedText || i.FirstName != nil || i.ContactNumber != nil || i.NumberKey != nil ||
			i.NumberKey2 != nil || i.Organisation != nil || i.Failure != nil || !i.SeedRequired {
			t.Errorf("invitation: %+v", i)
		}
	}
	if i := get(s.second); i.Provisioning != invitation.ProvisioningCancelled || !i.Withdrawing {
		t.Errorf("the open one: %s, withdrawing %v", i.Provisioning, i.Withdrawing)
	}
	if n := count(t, p.DB, `SELECT count(*) FROM river_job WHERE kind = 'invitation_withdraw'`); n != 1 {
		t.Errorf("%d withdrawals are queued", n)
	}
	for id, email := range map[uuid.UUID]string{s.byHer: other, s.others: "third@vendor.com"} {
		if i := get(id); i.Email != email || i.ContactNumber == nil || i.AnonymisedAt != nil || i.Open != (id == s.others) {
			t.Errorf("another's invitation: %+v", i)
		}
	}
	if n := count(t, p.DB, `SELECT count(*) FROM officers WHERE agency = 'lta.gov.sg' AND email LIKE 'removed.%@removed.invalid' AND name IS NULL`); n != 1 {
		t.Errorf("%d nameless officers", n)
	}
	for _, table := range []string{"sessions", "tokens", "sign_in_codes", "idempotency_keys", "sandbox_mails"} {
		if n := count(t, p.DB, `SELECT count(*) FROM `+table); n != 0 {
			t.Errorf("%d rows in %s", n, table)
		}
	}
	if n := count(t, p.DB, `SELECT count(*) FROM sandbox_persons WHERE state = 'TERMINATED' AND key = $1`, s.second.String()); n != 1 {
		t.Errorf("%d people of the sandbox", n)
	}
	if n := count(t, p.DB, `SELECT count(*) FROM invitation_events WHERE detail = 'Cancelled by (removed).' OR detail = 'Nothing about her.'`); n != 2 {
		t.Errorf("%d events of others", n)
	}
}

// nothingOf looks for texts in every table, and on SQLite in the files.
func nothingOf(t *testing.T, p *program, o database.Options, texts ...string) {
	t.Helper()
	for _, table := range migrate.Tables {
		for _, c := range table.Columns {
			for _, text := range texts {
				if n := count(t, p.DB, fmt.Sprintf(`SELECT count(*) FROM %s WHERE CAST(%q AS text) LIKE $1`, table.Name, c.Name), "%"+text+"%"); n > 0 {
					t.Errorf("%s.%s still has %q", table.Name, c.Name, text)
				}
			}
		}
	}
	if o.DataDir == "" {
		return
	}
	files, err := filepath.Glob(filepath.Join(o.DataDir, "techbiz.db*"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range texts {
			if strings.Contains(string(raw), text) {
				t.Errorf("%s still has %q", filepath.Base(f), text)
			}
		}
	}
}

// After the time that is set, and not before, what has ended becomes nameless.
func TestRetain(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, o database.Options) {
		now := time.Date(2026, 11, 28, 1, 0, 0, 0, time.UTC)
		o.Clock = func() time.Time { return now }
		p := start(t, o, generate(t))
		s := live(t, p)
		old := service(t, p, 90*24*time.Hour)
		run := func(s *Service) {
			t.Helper()
			if more, err := s.RetainChunk(t.Context()); err != nil || more {
				t.Errorf("more %v, %v", more, err)
			}
		}
		named := func() int {
			return count(t, p.DB, `SELECT count(*) FROM invitations WHERE anonymised_at IS NULL`)
		}
		now = now.Add(90 * 24 * time.Hour)
		run(old)
		if n := named(); n != 4 {
			t.Errorf("%d of 4 have names too early", n)
		}
		now = now.Add(time.Second)
		run(service(t, p, 0))
		if n := named(); n != 4 {
			t.Errorf("%d of 4 have names although all is kept", n)
		}
		change(t, p.DB, func(ctx context.Context, tx *database.Tx) error { // one is not out of the directory yet
			_, err := tx.Exec(ctx, `UPDATE invitations SET withdrawing = true WHERE id = $1`, s.byHer)
			return err
		})
		run(old)
		if n := named(); n != 3 {
			t.Errorf("%d have names: the open ones and the one that is withdrawn keep them", n)
		}
		change(t, p.DB, func(ctx context.Context, tx *database.Tx) error {
			_, err := tx.Exec(ctx, `UPDATE invitations SET withdrawing = false WHERE id = $1`, s.byHer)
			return err
		})
		run(old)
		if n := named(); n != 2 {
			t.Errorf("%d have names", n)
		}
		if n := count(t, p.DB, `SELECT count(*) FROM batch_rows WHERE email = $1`, RemovedEmail); n != 1 {
			t.Errorf("%d rows of lists are nameless: the one of the completed list is", n)
		}
		if n := count(t, p.DB, `SELECT count(*) FROM sandbox_mails`); n != 0 {
			t.Errorf("%d mails", n)
		}
	})
}
