package audit

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"techbiz/ent"
	"techbiz/internal/access"
	"techbiz/internal/database"
	"techbiz/internal/database/databasetest"
)

var testKey = bytes.Repeat([]byte{7}, KeyLength)

var start = time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC)

// hands is a clock that a test moves.
type hands struct {
	mu  sync.Mutex
	now time.Time
}

func (h *hands) read() time.Time { h.mu.Lock(); defer h.mu.Unlock(); return h.now }

func (h *hands) move(d time.Duration) { h.mu.Lock(); defer h.mu.Unlock(); h.now = h.now.Add(d) }

// world is a log with officers, on one database.
type world struct {
	*Log
	db    *database.DB
	clock *hands
}

func each(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	clock := &hands{now: start}
	databasetest.Each(t, clock.read, func(t *testing.T, db *database.DB) {
		w := &world{db: db, clock: clock}
		w.Log = w.another(t)
		test(t, w)
	})
}

// another is one more log on the same database, as another replica has it.
func (w *world) another(t *testing.T) *Log {
	return New(Options{DB: w.db, Machine: w.clock.read, Key: testKey, Anchor: filepath.Join(t.TempDir(), "audit.head")})
}

// officer is an officer who acts.
func (w *world) officer(t *testing.T, email string) access.Actor {
	t.Helper()
	var o *ent.Officer
	err := w.db.WithTx(access.System(t.Context()), func(ctx context.Context, tx *database.Tx) (err error) {
		o, err = tx.Officer.Create().SetEmail(email).SetAgency(access.AgencyOf(email)).SetCreatedAt(tx.Now).Save(ctx)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return access.Actor{OfficerID: o.ID, Email: email, Role: o.Role, Write: true}
}

func (w *world) record(t *testing.T, a access.Actor, events ...Event) {
	t.Helper()
	for _, e := range events {
		if err := w.Note(access.With(t.Context(), a), e); err != nil {
			t.Fatal(err)
		}
	}
}

// some records n acts and seals them in blocks of the given sizes.
func (w *world) some(t *testing.T, sizes ...int) {
	t.Helper()
	tan := w.officer(t, "tan@tech.gov.sg")
	for n, size := range sizes {
		for i := range size {
			w.record(t, tan, Event{Type: InvitationSent, Kind: Invitation, ID: uuid.New(), Person: fmt.Sprintf("ng%d.%d@mof.gov.sg", n, i), Detail: Detail{Users: 1}})
		}
		if err := w.Seal(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	w.keepHead(t.Context(), false)
}

// ids are those of all records, in order.
func (w *world) ids(t *testing.T) []uuid.UUID {
	t.Helper()
	ids, err := w.db.AuditRecord.Query().Order(ent.Asc("id")).IDs(access.System(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

// tamper changes the tables as somebody with all rights does, triggers or not.
func (w *world) tamper(t *testing.T, statements ...string) {
	t.Helper()
	var around [2]string
	if w.db.Dialect() == "postgres" {
		around = [2]string{"SET session_replication_role = replica", "SET session_replication_role = DEFAULT"}
	} else {
		for _, trigger := range w.triggers(t) {
			statements = append([]string{"DROP TRIGGER " + trigger}, statements...)
		}
	}
	conn, err := w.db.Writer().Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	for _, s := range slices.Concat([]string{around[0]}, statements, []string{around[1]}) {
		if s == "" {
			continue
		}
		if _, err := conn.ExecContext(t.Context(), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

// tables are those of the log.
var tables = []string{"audit_records", "audit_people", "audit_blocks", "audit_seals", "audit_pending"}

// keep puts a copy of the tables aside, to which restore goes back.
func (w *world) keep(t *testing.T) (restore func()) {
	t.Helper()
	var copies, back []string
	for _, table := range tables {
		copies = append(copies, "CREATE TABLE kept_"+table+" AS SELECT * FROM "+table)
		back = append(back, "DELETE FROM "+table, "INSERT INTO "+table+" SELECT * FROM kept_"+table)
	}
	w.tamper(t, copies...)
	return func() { w.tamper(t, back...) }
}

func (w *world) triggers(t *testing.T) []string {
	t.Helper()
	rows, err := w.db.Writer().QueryContext(t.Context(), `SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'audit_%'`)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	var names []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return names
}

// verify returns the findings as text, sorted, and the summary. What the heads on
// this machine say is compared, too.
func (w *world) verify(t *testing.T) ([]string, Summary) {
	t.Helper()
	kept, err := ReadHead(w.anchor)
	if err != nil {
		t.Fatal(err)
	}
	var o VerifyOptions
	if kept.Block > 0 {
		o.Heads = append(o.Heads, kept)
	}
	var found []string
	sum, err := w.Verify(t.Context(), o, func(f Finding) {
		found = append(found, fmt.Sprintf("%s %s %d", f.Problem, f.ID, f.Block))
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(found)
	return found, sum
}

// at replaces #N in a text by the id of record N.
func at(ids []uuid.UUID, text string) string {
	for n := len(ids) - 1; n >= 0; n-- {
		text = strings.ReplaceAll(text, fmt.Sprintf("#%d", n), ids[n].String())
	}
	return text
}

func benchEach(b *testing.B, bench func(b *testing.B, w *world)) {
	for name, options := range databasetest.Options(b) {
		b.Run(name, func(b *testing.B) {
			db, err := database.Open(b.Context(), options(b))
			if err != nil {
				b.Fatal(err)
			}
			defer func() { _ = db.Close() }()
			if err := db.Migrate(b.Context()); err != nil {
				b.Fatal(err)
			}
			bench(b, &world{Log: New(Options{DB: db, Key: testKey}), db: db})
		})
	}
}
