package batch

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/xuri/excelize/v2"

	"techbiz/ent"
	entbatch "techbiz/ent/batch"
	"techbiz/ent/batchrow"
	"techbiz/internal/access"
	"techbiz/internal/database"
	"techbiz/internal/directory"
	"techbiz/internal/fault"
	"techbiz/internal/invite"
)

// hooked is a directory whose Lookup a test answers.
type hooked struct {
	directory.Directory
	lookup func(context.Context, []directory.Identity) ([]directory.Person, error)
}

func (h *hooked) Lookup(ctx context.Context, who []directory.Identity) ([]directory.Person, error) {
	return h.lookup(ctx, who)
}

func down(context.Context, []directory.Identity) ([]directory.Person, error) {
	return nil, fault.New(fault.Unavailable, "The directory is down.")
}

// rows are the rows of a list as "number field CODE …", with hints as "field code".
func (f *fixture) rows(t *testing.T, id uuid.UUID) []string {
	t.Helper()
	all, err := f.DB.BatchRow.Query().Where(batchrow.BatchID(id), batchrow.Replaced(false)).Order(batchrow.ByPosition()).All(f.ctx)
	if err != nil {
		t.Fatal(err)
	}
	out := make([]string, len(all))
	for i, r := range all {
		line := fmt.Sprintf("%d %s", r.Number, r.Email)
		for _, e := range r.Issues {
			line += " " + e.Field[0] + " " + string(e.Code)
		}
		for _, e := range r.Hints {
			line += " " + e.Field[0] + " " + strings.ToLower(string(e.Code))
		}
		out[i] = line
	}
	return out
}

func (f *fixture) load(t *testing.T, id uuid.UUID) *ent.Batch {
	t.Helper()
	b, err := Load(access.System(f.ctx), f.DB.Client, id)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func differ(t *testing.T, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// names gives each user a name of its own, so that nobody looks like another.
func names(i int, d *invite.Details) { d.FirstName = fmt.Sprintf("Mei %d", i) }

func TestLookUp_NoStaleAnswerReachesARowThatWasEdited(t *testing.T) {
	t.Parallel()
	each(t, 0, func(t *testing.T, f *fixture) {
		dir := &hooked{f.Invite.Directory, down}
		f.Invite.Directory = dir
		b := f.draft(t, users(directory.MaxPeople+2, names))
		if b.DirectoryCheck != entbatch.DirectoryCheckPending {
			t.Fatalf("check %s", b.DirectoryCheck)
		}
		rows, err := f.DB.BatchRow.Query().Where(batchrow.BatchID(b.ID)).Order(batchrow.ByPosition()).Limit(3).All(f.ctx)
		if err != nil {
			t.Fatal(err)
		}
		asked := 0
		dir.lookup = func(ctx context.Context, who []directory.Identity) ([]directory.Person, error) {
			if asked++; asked > 1 {
				return nil, nil
			}
			// While the directory thinks, one row gets another number, one is removed.
			dir.lookup, f.Invite.Directory = down, dir
			defer func() {
				dir.lookup = func(_ context.Context, who []directory.Identity) ([]directory.Person, error) {
					asked++
					return nil, nil
				}
			}()
			d, err := details(f.DB.Keys, rows[0])
			if err != nil {
				t.Error(err)
			}
			d.ContactNumber = "88888888"
			if _, _, err := f.UpdateRow(f.ctx, rows[0].ID, d); err != nil {
				t.Error(err)
			}
			if _, err := f.RemoveRows(f.ctx, []uuid.UUID{rows[1].ID}); err != nil {
				t.Error(err)
			}
			found := make([]directory.Person, 3)
			for i := range found {
				found[i] = directory.Person{Ref: who[i].Email, State: directory.Active, Seed: directory.SeedOnboarded, Number: who[i].Number}
			}
			return found, nil
		}
		if err := f.lookUp(access.System(f.ctx), LookUp{Batch: b.ID}); err != nil {
			t.Fatal(err)
		}
		got := f.rows(t, b.ID)
		differ(t, []string{"1 mei.0@vendor.com", "3 mei.2@vendor.com contactNumber ACCOUNT_EXISTS", "4 mei.3@vendor.com"}, got[:3])
		if asked != 2 {
			t.Errorf("the directory was asked %d times, not for the first rows and then for the rest", asked)
		}
		differ(t, entbatch.DirectoryCheckDone, f.load(t, b.ID).DirectoryCheck)
		differ(t, 0, f.number(t, "SELECT count(*) FROM batch_rows WHERE NOT looked_up"))
	})
}

func TestLookUp_GoesOnWhereItFailed(t *testing.T) {
	t.Parallel()
	each(t, 0, func(t *testing.T, f *fixture) {
		dir := &hooked{f.Invite.Directory, down}
		f.Invite.Directory = dir
		b := f.draft(t, users(2*directory.MaxPeople, names))
		asked := 0
		dir.lookup = func(context.Context, []directory.Identity) ([]directory.Person, error) {
			if asked++; asked == 2 {
				return nil, fault.New(fault.Unavailable, "The directory is down.")
			}
			return nil, nil
		}
		ctx := access.System(f.ctx)
		if err := f.lookUp(ctx, LookUp{Batch: b.ID}); err == nil || fault.CodeOf(err) == fault.Unavailable {
			t.Fatalf("a failure behind an answer counts as a try: %v", err)
		}
		differ(t, directory.MaxPeople, f.number(t, "SELECT count(*) FROM batch_rows WHERE looked_up"))
		differ(t, entbatch.DirectoryCheckPending, f.load(t, b.ID).DirectoryCheck)
		if err := f.lookUp(ctx, LookUp{Batch: b.ID}); err != nil {
			t.Fatal(err)
		}
		differ(t, 3, asked)
		differ(t, entbatch.DirectoryCheckDone, f.load(t, b.ID).DirectoryCheck)
	})
}

// TestRegroup_KnowsWhatComparingAllKnows changes lists at random; what each change
// leaves on the rows it touches must be what comparing the whole list gives.
func TestRegroup_KnowsWhatComparingAllKnows(t *testing.T) {
	t.Parallel()
	each(t, 0, func(t *testing.T, f *fixture) {
		r := rand.New(rand.NewPCG(1, 2))
		made := func() invite.Details {
			d := users(1, nil)[0]
			d.Email = fmt.Sprintf("mei.%s@vendor.com", []string{"a", "ab", "abc", "ba", "x"}[r.IntN(5)])
			d.Username = fmt.Sprintf("mei.%d", r.IntN(6))
			d.ContactNumber = fmt.Sprintf("9000000%d", r.IntN(7))
			d.FirstName = []string{"Mei", "Lee", ""}[r.IntN(3)]
			return d
		}
		accounts := make([]invite.Details, 12)
		for i := range accounts {
			accounts[i] = made()
		}
		b := f.draft(t, accounts)
		for range 60 {
			ids, err := f.DB.BatchRow.Query().Where(batchrow.BatchID(b.ID)).IDs(f.ctx)
			if err != nil {
				t.Fatal(err)
			}
			switch at := r.IntN(len(ids)); {
			case r.IntN(3) == 0 && len(ids) > 4:
				_, err = f.RemoveRows(f.ctx, ids[at:at+1])
			case r.IntN(3) == 0:
				_, _, err = f.AddRow(f.ctx, b.ID, made())
			default:
				_, _, err = f.UpdateRow(f.ctx, ids[at], made())
			}
			if err != nil {
				t.Fatal(err)
			}
			before := f.rows(t, b.ID)
			if err := f.DB.WithTx(access.System(f.ctx), func(ctx context.Context, tx *database.Tx) error {
				all, err := entries(ctx, tx, "", []any{b.ID})
				if err != nil {
					return err
				}
				compareAll(all, nil)
				return store(ctx, tx, slices.DeleteFunc(all, func(e *entry) bool { return !e.changed }))
			}); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(f.rows(t, b.ID), before); diff != "" {
				t.Fatalf("(-all +touched)\n%s", diff)
			}
		}
	})
}

func TestApplySuggestions_ManyAtOnceChangeEachRowOnce(t *testing.T) {
	t.Parallel()
	each(t, 0, func(t *testing.T, f *fixture) {
		b := f.draft(t, users(1_200, func(i int, d *invite.Details) { names(i, d); d.Email = fmt.Sprintf("mei.%d@vendor.con", i) }))
		var wg sync.WaitGroup
		changed := make([]int, 6)
		for i := range changed {
			wg.Go(func() {
				var err error
				if _, changed[i], err = f.ApplySuggestions(f.ctx, b.ID, nil, Kind{Code: fault.DomainNotAllowed}); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		sum := 0
		for _, n := range changed {
			sum += n
		}
		differ(t, 1_200, sum)
		differ(t, Counts{Total: 1_200}, f.counts(t, b.ID))
	})
}

func TestExpire_TellsOnceAndKeepsWhatWasSubmitted(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	each(t, 0, func(t *testing.T, f *fixture) {
		f.DraftLife = 30 * day
		ctx := access.System(f.ctx)
		old := f.draft(t, users(1, nil))
		empty := f.draft(t, users(1, nil))
		if _, err := f.Reset(f.ctx, empty.ID); err != nil {
			t.Fatal(err)
		}
		submitted := f.submitted(t, users(2, func(i int, d *invite.Details) {
			d.Email = fmt.Sprintf("lee.%d@%s", i, []string{"vendor.com", "other.com"}[i])
			d.Username, d.ContactNumber = fmt.Sprintf("lee.%d", i), fmt.Sprintf("8%07d", i)
		}))
		// A draft of the time before drafts went.
		if _, err := f.DB.Writer().ExecContext(ctx, "UPDATE batches SET expires_at = NULL WHERE id = '"+old.ID.String()+"'"); err != nil {
			t.Fatal(err)
		}
		run := func(by time.Duration) (mails, batches int) {
			t.Helper()
			f.advance(by)
			for range 2 {
				if err := f.expire(ctx, Expire{}); err != nil {
					t.Fatal(err)
				}
			}
			return f.number(t, "SELECT count(*) FROM sandbox_mails"), f.number(t, "SELECT count(*) FROM batches")
		}
		for _, step := range []struct {
			after          time.Duration
			mails, batches int
		}{{day, 0, 3}, {26 * day, 0, 3}, {day, 1, 3}, {2 * day, 1, 2}, {day, 1, 1}} {
			if mails, batches := run(step.after); mails != step.mails || batches != step.batches {
				t.Errorf("%s later: %d mails and %d lists, not %d and %d", step.after, mails, batches, step.mails, step.batches)
			}
		}
		differ(t, 2, f.number(t, "SELECT count(*) FROM batch_rows"))
		differ(t, entbatch.StateSubmitted, f.load(t, submitted.ID).State)
	})
}

// corrections downloads the workbook of a list, lets a person change it, and
// uploads it again.
func (f *fixture) corrections(t *testing.T, id uuid.UUID, person func(book *excelize.File, sheet string)) *ent.Batch {
	t.Helper()
	var file bytes.Buffer
	if err := f.Corrections(f.ctx, id, &file); err != nil {
		t.Fatal(err)
	}
	book, err := excelize.OpenReader(&file)
	if err != nil {
		t.Fatal(err)
	}
	person(book, "Users")
	after, err := book.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	b, err := f.Upload(f.ctx, bytes.NewReader(after.Bytes()), int64(after.Len()), "fixed.xlsx", &id)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func set(t *testing.T, book *excelize.File, sheet string, cells map[string]string) {
	t.Helper()
	for at, v := range cells {
		if err := book.SetCellStr(sheet, at, v); err != nil {
			t.Fatal(err)
		}
	}
}

func TestUpload_CorrectionOfADraft(t *testing.T) {
	t.Parallel()
	each(t, 0, func(t *testing.T, f *fixture) {
		b := f.draft(t, users(5, func(i int, d *invite.Details) {
			names(i, d)
			if i == 1 || i == 3 || i == 4 {
				d.Email = fmt.Sprintf("mei.%d@other.com", i)
			}
		}))
		got := f.corrections(t, b.ID, func(book *excelize.File, sheet string) {
			// Rows 2, 4 and 5 stand at 5 to 7: the first is corrected into a duplicate of
			// row 1, the second is deleted, the third corrected; one is added.
			set(t, book, sheet, map[string]string{"B5": "mei.0@vendor.com", "B7": "mei.4@vendor.com"})
			if err := book.RemoveRow(sheet, 6); err != nil {
				t.Fatal(err)
			}
			set(t, book, sheet, map[string]string{
				"B7": "new@vendor.com", "C7": "new", "D7": "New", "E7": "Tan", "G7": "81111111", "H7": "Vendor", "K7": "Runs it",
			})
		})
		differ(t, []string{
			"1 mei.0@vendor.com", "2 mei.0@vendor.com email DUPLICATE_IN_FILE", "3 mei.2@vendor.com",
			"4 mei.3@other.com email DOMAIN_NOT_ALLOWED", "5 mei.4@vendor.com", "7 new@vendor.com",
		}, f.rows(t, b.ID))
		differ(t, []string{"fixed.xlsx: 2 users corrected, 1 added."}, got.Notices)
	})
}

func TestUpload_CorrectionOfFailedRows(t *testing.T) {
	t.Parallel()
	each(t, 0, func(t *testing.T, f *fixture) {
		b := f.submitted(t, users(4, func(i int, d *invite.Details) {
			names(i, d)
			if i == 3 {
				d.Email = "mei.3@other.com"
			}
		}))
		failed, err := f.DB.BatchRow.Query().Where(batchrow.BatchID(b.ID), batchrow.NumberLTE(2)).IDs(f.ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range failed {
			if _, err := f.DB.Writer().ExecContext(f.ctx, "UPDATE invitations SET provisioning = 'FAILED', open = false, failure = 'The number is taken.' WHERE id = '"+id.String()+"'"); err != nil {
				t.Fatal(err)
			}
		}
		correct := func(book *excelize.File, sheet string) {
			if why, err := book.GetCellValue(sheet, "M5"); err != nil || !strings.Contains(why, "The number is taken.") {
				t.Errorf("the row says %q: %v", why, err)
			}
			set(t, book, sheet, map[string]string{"G5": "88888881", "B7": "mei.3@vendor.com"})
		}
		var again bytes.Buffer
		if err := f.Corrections(f.ctx, b.ID, &again); err != nil {
			t.Fatal(err)
		}
		got := f.corrections(t, b.ID, correct)
		differ(t, []string{"fixed.xlsx: 2 users corrected, 1 as before."}, got.Notices)
		differ(t, []string{"1 mei.0@vendor.com", "2 mei.1@vendor.com", "3 mei.2@vendor.com", "4 mei.3@vendor.com"}, f.rows(t, b.ID))
		differ(t, 5, f.number(t, "SELECT count(*) FROM batch_rows"))
		// The file from before the correction names the replaced row: its heir changes.
		if got, err = f.Upload(f.ctx, bytes.NewReader(again.Bytes()), int64(again.Len()), "old.xlsx", &b.ID); err != nil {
			t.Fatal(err)
		}
		differ(t, "old.xlsx: 2 users corrected, 1 as before.", got.Notices[1])
		differ(t, 5, f.number(t, "SELECT count(*) FROM batch_rows"))
		if _, err := f.Submit(f.ctx, b.ID, true); err != nil {
			t.Fatal(err)
		}
		differ(t, 4, f.number(t, "SELECT count(*) FROM invitations"))
		differ(t, 1, f.number(t, "SELECT count(*) FROM batch_rows r JOIN batch_rows o ON o.position = r.position AND o.replaced AND r.submitted AND NOT r.replaced"))
	})
}

func TestUpload_CorrectionOfAnotherList(t *testing.T) {
	t.Parallel()
	each(t, 0, func(t *testing.T, f *fixture) {
		theirs := f.draft(t, users(1, func(_ int, d *invite.Details) { d.Email = "mei@other.com" }))
		ours := f.draft(t, users(1, func(_ int, d *invite.Details) {
			d.Email, d.Username, d.ContactNumber, d.FirstName = "lee@vendor.com", "lee", "81234567", "Lee"
		}))
		var file bytes.Buffer
		if err := f.Corrections(f.ctx, theirs.ID, &file); err != nil {
			t.Fatal(err)
		}
		got, err := f.Upload(f.ctx, bytes.NewReader(file.Bytes()), int64(file.Len()), "theirs.xlsx", &ours.ID)
		if err != nil {
			t.Fatal(err)
		}
		differ(t, []string{"theirs.xlsx: 0 users corrected, 1 added. Of those added, 1 came from another list, or had been removed from this one."}, got.Notices)
		differ(t, []string{"1 lee@vendor.com", "5 mei@other.com email DOMAIN_NOT_ALLOWED"}, f.rows(t, ours.ID))
		differ(t, []string{"1 mei@other.com email DOMAIN_NOT_ALLOWED"}, f.rows(t, theirs.ID))
		if err := f.Corrections(f.ctx, uuid.New(), &file); fault.CodeOf(err) != fault.NotFound {
			t.Errorf("a list that is not there: %v", err)
		}
	})
}

// TestHints_ManyOfOneName compares a list in which everybody has one name: each
// finds the slip, and the cost does not grow with the square of the list.
func TestHints_ManyOfOneName(t *testing.T) {
	t.Parallel()
	all := make([]*entry, 20_000)
	for i := range all {
		all[i] = &entry{
			position: i + 1, number: i + 1, person: person{"mei", "tan", "vendor"},
			keys: keys{fmt.Sprintf("mei.%05d.%05d@vendor.com", i/2*7919%100_000, i/2*104_729%100_000)},
		}
		if i%2 == 1 {
			all[i].keys[0] = "x" + all[i].keys[0]
		}
	}
	compareAll(all, nil)
	for i, e := range all {
		if i%2 == 1 && len(e.hints) == 0 {
			t.Fatalf("row %d has no hint", e.number)
		}
	}
}
