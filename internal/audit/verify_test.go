package audit

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

const nobody = "00000000-0000-0000-0000-000000000000"

func TestVerify_Sound(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.some(t, 3, 2)
		w.record(t, w.officer(t, "lee@lta.gov.sg"), Event{Type: SignedIn})
		found, sum := w.verify(t)
		if found != nil {
			t.Errorf("found %v", found)
		}
		kept, err := ReadHead(w.anchor)
		if err != nil || kept.Block != 2 {
			t.Fatalf("kept %v, %v", kept, err)
		}
		if diff := cmp.Diff(Summary{Records: 6, Blocks: 2, Pending: 1, People: 7, Head: kept}, sum); diff != "" {
			t.Error(diff)
		}
	})
}

// tampering is what somebody does to the tables, and what verify says of it. The
// log has the records 0 to 2 in block 1, 3 and 4 in block 2, and 5 in block 3.
type tampering struct {
	name       string
	statements []string
	want       []string
}

func tamperings() []tampering {
	all := []tampering{
		{"a record is deleted", []string{"DELETE FROM audit_records WHERE id = '#1'"}, []string{"MISSING #1 1"}},
		{"the last record is deleted", []string{"DELETE FROM audit_records WHERE id = '#5'"}, []string{"MISSING #5 3"}},
		{"a record is deleted with its seal", []string{"DELETE FROM audit_records WHERE id = '#1'", "DELETE FROM audit_seals WHERE id = '#1'"}, []string{"MISSING #1 1"}},
		{"all records of a writer are deleted", []string{"DELETE FROM audit_records", "DELETE FROM audit_seals"}, []string{
			"MISSING #0 1", "MISSING #1 1", "MISSING #2 1", "MISSING #3 2", "MISSING #4 2", "MISSING #5 3"}},
		{"everything is deleted", []string{"DELETE FROM audit_records", "DELETE FROM audit_seals", "DELETE FROM audit_blocks"}, []string{"CUT " + nobody + " 3"}},
		{"the last block is deleted with all it seals", []string{
			"DELETE FROM audit_records WHERE id = '#5'", "DELETE FROM audit_seals WHERE block = 3", "DELETE FROM audit_blocks WHERE id = 3",
		}, []string{"CUT " + nobody + " 3"}},
		{"a block in the middle is deleted with all it seals", []string{
			"DELETE FROM audit_records WHERE id IN ('#3', '#4')", "DELETE FROM audit_seals WHERE block = 2", "DELETE FROM audit_blocks WHERE id = 2",
		}, []string{"BLOCK_MISSING " + nobody + " 2"}},
		{"a block alone is deleted", []string{"DELETE FROM audit_blocks WHERE id = 2"}, []string{
			"BLOCK_MISSING " + nobody + " 2", "UNSEALED #3 2", "UNSEALED #4 2"}},
		{"a seal is deleted", []string{"DELETE FROM audit_seals WHERE id = '#3'"}, []string{"UNSEALED #3 0"}},
		{"a seal is moved", []string{"UPDATE audit_seals SET block = 1 WHERE id = '#3'"}, []string{"INSERTED #3 1"}},
		{"a record is inserted", []string{copied("'11111111-1111-7111-8111-111111111111'")}, []string{"INSERTED 11111111-1111-7111-8111-111111111111 0"}},
		{"a record is inserted with a seal", []string{
			copied("'11111111-1111-7111-8111-111111111111'"), "INSERT INTO audit_seals (id, block) VALUES ('11111111-1111-7111-8111-111111111111', 2)",
		}, []string{"INSERTED 11111111-1111-7111-8111-111111111111 2"}},
		{"a record is inserted to be sealed", []string{
			copied("'11111111-1111-7111-8111-111111111111'"), "INSERT INTO audit_pending (id) VALUES ('11111111-1111-7111-8111-111111111111')",
		}, []string{"INSERTED 11111111-1111-7111-8111-111111111111 0"}},
		{"a record is inserted before all others", []string{copied("'" + nobody + "'")}, []string{"INSERTED " + nobody + " 0"}},
		{"a record is sealed by a block before the first, with that block", []string{
			"DELETE FROM audit_seals WHERE id = '#5'", "INSERT INTO audit_seals (id, block) VALUES ('#5', -1)", "DELETE FROM audit_blocks WHERE id = 3",
			"INSERT INTO audit_blocks (id, sealed_at, writer, entries, total, previous, hash) SELECT -1, sealed_at, writer, entries, total, previous, hash FROM audit_blocks WHERE id = 1",
		}, []string{"BLOCK_CHANGED " + nobody + " -1", "CUT " + nobody + " 3", "UNSEALED #5 -1"}},
		{"two records change places", []string{
			"UPDATE audit_records SET id = '11111111-1111-7111-8111-111111111111' WHERE id = '#0'",
			"UPDATE audit_records SET id = '#0' WHERE id = '#4'",
			"UPDATE audit_records SET id = '#4' WHERE id = '11111111-1111-7111-8111-111111111111'",
		}, []string{"CHANGED #0 1", "CHANGED #4 2"}},
		{"two blocks change places", []string{
			"UPDATE audit_blocks SET id = 9 WHERE id = 1", "UPDATE audit_blocks SET id = 1 WHERE id = 2", "UPDATE audit_blocks SET id = 2 WHERE id = 9",
			"UPDATE audit_seals SET block = 3 - block WHERE block < 3",
		}, []string{
			"BLOCK_CHANGED " + nobody + " 1", "BLOCK_CHANGED " + nobody + " 2", "BLOCK_CHANGED " + nobody + " 3"}},
		{"a person is inserted before all others", []string{
			"INSERT INTO audit_people (id, lookup, wrapped_key, sealed) SELECT '" + nobody + "', mac, mac, mac FROM audit_records WHERE id = '#0'",
		}, []string{"PERSON_CHANGED"}},
		{"a person is removed", []string{"DELETE FROM audit_people WHERE id = (SELECT person_id FROM audit_records WHERE id = '#2')"}, []string{"PERSON_MISSING"}},
		{"two people change places", []string{
			"UPDATE audit_people SET wrapped_key = (SELECT o.wrapped_key FROM audit_people o WHERE o.id = (SELECT actor_person FROM audit_records WHERE id = '#2')) WHERE id = (SELECT person_id FROM audit_records WHERE id = '#2')",
		}, []string{"PERSON_CHANGED"}},
	}
	for column, value := range map[string]string{
		"recorded_at": "(SELECT recorded_at FROM audit_records WHERE id = '#1')", "type": "'SIGNED_IN'", "actor_kind": "'SYSTEM'", "actor_id": "NULL", "actor_agency": "'lta.gov.sg'",
		"actor_person": "person_id", "owner_id": "actor_id", "owner_agency": "''", "person_id": "actor_person", "subject_kind": "'list'", "subject_id": "id",
		"address": "'10.0.0.1'", "request_id": "'another'", "writer": "'techbiz-0'", "detail": "NULL", "mac": "(SELECT mac FROM audit_records WHERE id = '#1')",
	} {
		set := fmt.Sprintf("UPDATE audit_records SET %s = %s WHERE id = '#3'", column, value)
		if column == "recorded_at" {
			set = "UPDATE audit_records SET recorded_at = '2026-11-23 01:00:01+00:00' WHERE id = '#3'"
		}
		all = append(all, tampering{"of a record: " + column, []string{set}, []string{"CHANGED #3 2"}})
	}
	for column, value := range map[string]string{
		"sealed_at": "'2026-11-23 01:00:01+00:00'", "writer": "'techbiz-0'", "total": "total + 1", "previous": "hash", "hash": "previous",
		"entries": "(SELECT o.entries FROM audit_blocks o WHERE o.id = 2)",
	} {
		want := []string{"BLOCK_CHANGED " + nobody + " 3"}
		if column == "hash" {
			want = append(want, "CUT "+nobody+" 3")
		}
		all = append(all, tampering{"of a block: " + column, []string{fmt.Sprintf("UPDATE audit_blocks SET %s = %s WHERE id = 3", column, value)}, want})
	}
	return all
}

// copied inserts a copy of a record under another id.
func copied(id string) string {
	return "INSERT INTO audit_records (" + strings.Join(columns, ", ") + ") SELECT " + id + ", " + strings.Join(columns[1:], ", ") + " FROM audit_records WHERE id = '#0'"
}

func TestVerify_Tampering(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.some(t, 3, 2, 1)
		ids := w.ids(t)
		restore := w.keep(t)
		for _, c := range tamperings() {
			t.Run(c.name, func(t *testing.T) {
				if before, _ := w.verify(t); before != nil {
					t.Fatalf("before: %v", before)
				}
				defer restore()
				var statements, want []string
				for _, s := range c.statements {
					statements = append(statements, at(ids, s))
				}
				for _, s := range c.want {
					want = append(want, at(ids, s))
				}
				w.tamper(t, statements...)
				if err := w.Seal(t.Context()); err != nil { // as a running server does
					t.Fatal(err)
				}
				found, sum := w.verify(t)
				if strings.HasPrefix(want[0], "PERSON") { // whose id the test does not know
					for i := range found {
						found[i], _, _ = strings.Cut(found[i], " ")
					}
				}
				if diff := cmp.Diff(want, found); diff != "" {
					t.Error(diff)
				}
				if sum.Findings != len(found) {
					t.Errorf("counted %d findings of %d", sum.Findings, len(found))
				}
			})
		}
	})
}

func TestVerify_RemovedBeforeItWasSealed(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.some(t, 1)
		w.record(t, w.officer(t, "lee@lta.gov.sg"), Event{Type: SignedIn})
		id := w.ids(t)[1]
		w.tamper(t, fmt.Sprintf("DELETE FROM audit_records WHERE id = '%s'", id))
		if err := w.Seal(t.Context()); err != nil {
			t.Fatal(err)
		}
		found, _ := w.verify(t)
		if diff := cmp.Diff([]string{"MISSING " + id.String() + " 0"}, found); diff != "" {
			t.Error(diff)
		}
	})
}

func TestVerify_SealingWasStopped(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.some(t, 1)
		w.record(t, w.officer(t, "lee@lta.gov.sg"), Event{Type: SignedIn})
		w.clock.move(defaultPatience)
		found, _ := w.verify(t)
		if diff := cmp.Diff([]string{"UNSEALED " + w.ids(t)[1].String() + " 0"}, found); diff != "" {
			t.Error(diff)
		}
	})
}

func TestVerify_AnotherKey(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.some(t, 1)
		other := New(Options{DB: w.db, Machine: w.clock.read, Key: append([]byte{1}, testKey[1:]...)})
		n := 0
		sum, err := other.Verify(t.Context(), VerifyOptions{}, func(Finding) { n++ })
		if err != nil || n != 4 || sum.Findings != 4 { // a record, a block, two people
			t.Errorf("%d findings, %+v, %v", n, sum, err)
		}
	})
}

// TestVerify_CutAndWrittenAnew is the attack that a chain alone does not find: its
// end goes, and the server writes on.
func TestVerify_CutAndWrittenAnew(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.some(t, 2, 1)
		w.tamper(t, at(w.ids(t), "DELETE FROM audit_records WHERE id = '#2'"), "DELETE FROM audit_seals WHERE block = 2", "DELETE FROM audit_blocks WHERE id = 2")
		w.clock.move(time.Second)
		w.record(t, w.officer(t, "lee@lta.gov.sg"), Event{Type: SignedIn})
		if err := w.Seal(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.keepHead(t.Context(), false) // keeps the one that the chain has lost
		found, _ := w.verify(t)
		if diff := cmp.Diff([]string{"CUT " + uuid.Nil.String() + " 2"}, found); diff != "" {
			t.Error(diff)
		}
	})
}

func TestVerify_ManyPages(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.bulk(t, 3*verifyPage+17)
		if err := w.Seal(t.Context()); err != nil {
			t.Fatal(err)
		}
		found, sum := w.verify(t)
		if found != nil || sum.Records != 3*verifyPage+17 || sum.Blocks != 4 || sum.Pending != 0 {
			t.Errorf("found %v in %+v", found, sum)
		}
		ids := w.ids(t)
		gone := ids[verifyPage+5]
		w.tamper(t, fmt.Sprintf("DELETE FROM audit_records WHERE id = '%s'", gone))
		found, _ = w.verify(t)
		if diff := cmp.Diff([]string{fmt.Sprintf("MISSING %s 2", gone)}, found); diff != "" {
			t.Error(diff)
		}
	})
}

func TestCheckKey(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		other := New(Options{DB: w.db, Machine: w.clock.read, Key: append([]byte{1}, testKey[1:]...)})
		for _, l := range []*Log{w.Log, other} {
			if err := l.CheckKey(t.Context()); err != nil {
				t.Errorf("a log without a block: %v", err)
			}
		}
		w.some(t, 1)
		if err := w.CheckKey(t.Context()); err != nil {
			t.Error(err)
		}
		if err := other.CheckKey(t.Context()); err == nil {
			t.Error("another key is taken for ours")
		}
	})
}
