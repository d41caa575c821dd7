package batch

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/xuri/excelize/v2"

	"techbiz/ent"
	"techbiz/ent/alloweddomain"
	entbatch "techbiz/ent/batch"
	"techbiz/ent/batchrow"
	"techbiz/internal/access"
	"techbiz/internal/database"
	"techbiz/internal/directory"
	"techbiz/internal/fault"
	"techbiz/internal/invite"
)

func TestSubmit_FlagsWhatChangedSinceTheReview(t *testing.T) {
	t.Parallel()
	each(t, 0, func(t *testing.T, f *fixture) {
		b := f.draft(t, append(users(2, func(i int, d *invite.Details) {
			if i == 0 {
				d.StartOn = "24-11-2026"
			}
		}), invite.Details{
			Email: "lee@lta.gov.sg", FirstName: "Lee", LastName: "Tan", ContactNumber: "81234567", Organisation: "LTA", Reason: "Runs the service",
		}))
		f.advance(48 * time.Hour)
		if err := f.DB.WithTx(access.System(f.ctx), func(ctx context.Context, tx *database.Tx) error {
			_, err := tx.AllowedDomain.Delete().Where(alloweddomain.Domain("vendor.com")).Exec(ctx)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if _, err := f.Submit(f.ctx, b.ID, false); fault.CodeOf(err) != fault.RowsFlagged {
			t.Fatalf("got %v", err)
		}
		rows, err := f.DB.BatchRow.Query().Order(batchrow.ByPosition()).All(f.ctx)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range rows {
			line := ""
			for _, e := range r.Issues {
				line += e.Field[0] + " " + string(e.Code) + ";"
			}
			got = append(got, line)
		}
		want := []string{"email DOMAIN_NOT_ALLOWED;startOn INVALID_FORMAT;", "email DOMAIN_NOT_ALLOWED;", ""}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if _, err := f.Submit(f.ctx, b.ID, true); err != nil {
			t.Fatal(err)
		}
		if c := f.counts(t, b.ID); c.Queued != 1 || c.LeftOut != 2 {
			t.Errorf("got %+v", c)
		}
	})
}

// atOnce runs the same call many times at the same moment, and counts the codes of
// the answers, "" where there was no error.
func atOnce(n int, call func(i int) error) map[fault.Code]int {
	var wg sync.WaitGroup
	ready, answers := make(chan struct{}), make([]fault.Code, n)
	for i := range n {
		wg.Go(func() {
			<-ready
			if err := call(i); err != nil {
				answers[i] = fault.CodeOf(err)
			}
		})
	}
	close(ready)
	wg.Wait()
	counts := map[fault.Code]int{}
	for _, a := range answers {
		counts[a]++
	}
	return counts
}

func TestSubmit_UndoneAndStartedAtTheSameMoment(t *testing.T) {
	t.Parallel()
	each(t, time.Minute, func(t *testing.T, f *fixture) {
		for n := range 5 {
			b := f.submitted(t, users(200, func(i int, d *invite.Details) {
				d.Email, d.Username = fmt.Sprintf("r%d.%s", n, d.Email), fmt.Sprintf("r%d.%d", n, i)
				d.ContactNumber = fmt.Sprintf("8%d%06d", n, i)
			}))
			if n%2 == 0 {
				f.advance(2 * time.Minute) // the window is over
			}
			got := atOnce(4, func(i int) error {
				if i%2 == 0 {
					return f.Invite.StartDue(context.Background())
				}
				_, _, err := f.Undo(f.ctx, b.ID, false)
				return err
			})
			if diff := cmp.Diff(map[fault.Code]int{"": 3, fault.NotCancellable: 1}, got); diff != "" {
				t.Error(diff)
			}
			after, err := Load(f.ctx, f.DB.Client, b.ID)
			if err != nil {
				t.Fatal(err)
			}
			want := entbatch.StateDraft
			if n%2 == 0 {
				want = entbatch.StateCompleted
			}
			if c := f.counts(t, b.ID); after.State != want || after.Undone != 200 || c.Cancelled != 200 || c.Queued != 0 {
				t.Errorf("%s, want %s; undone %d, %+v", after.State, want, after.Undone, c)
			}
		}
		if n := f.number(t, "SELECT count(*) FROM invitations WHERE open"); n != 0 {
			t.Errorf("%d invitations are open", n)
		}
	})
}

// A row that was called back has a new id, and its number can be read and submitted.
func TestUndo_RowsKeepTheirNumbers(t *testing.T) {
	t.Parallel()
	each(t, time.Minute, func(t *testing.T, f *fixture) {
		const all = chunk + 20
		accounts := users(all, func(i int, d *invite.Details) {
			d.ContactNumber = fmt.Sprintf("8%07d", i)
			if i == 1 {
				d.ContactNumber = "8000 0001" // as it was typed
			}
		})
		b := f.submitted(t, accounts)
		if _, _, err := f.Undo(f.ctx, b.ID, false); err != nil {
			t.Fatal(err)
		}
		rows, err := f.DB.BatchRow.Query().Where(batchrow.BatchID(b.ID)).Order(batchrow.ByPosition()).All(access.System(t.Context()))
		if err != nil || len(rows) != all {
			t.Fatalf("%d rows, %v", len(rows), err)
		}
		for i, r := range rows {
			if d, err := details(f.DB.Keys, r); err != nil || d.ContactNumber != accounts[i].ContactNumber {
				t.Fatalf("row %d has the number %q, %v", i, d.ContactNumber, err)
			}
		}
		if _, err := f.Submit(f.ctx, b.ID, false); err != nil {
			t.Fatal(err)
		}
		f.advance(2 * time.Minute)
		if err := f.Invite.StartDue(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := f.number(t, "SELECT count(*) FROM invitations WHERE open AND COALESCE(number_key, number_key2) IS NOT NULL"); n != all {
			t.Errorf("%d invitations hold a number, want %d", n, all)
		}
	})
}

func TestStartDue_StartsEachOnce(t *testing.T) {
	t.Parallel()
	each(t, 0, func(t *testing.T, f *fixture) {
		const each = 1_050 // more than one transaction starts
		b := f.submitted(t, users(2*each, func(i int, d *invite.Details) { d.StartOn = fmt.Sprintf("%d-12-2026", 1+i%2*10) }))
		if c := f.counts(t, b.ID); c.Scheduled != 2*each || c.Queued != 2*each {
			t.Fatalf("got %+v", c)
		}
		f.advance(9 * 24 * time.Hour)
		got := atOnce(4, func(int) error { return f.Invite.StartDue(context.Background()) })
		if diff := cmp.Diff(map[fault.Code]int{"": 4}, got); diff != "" {
			t.Error(diff)
		}
		for what, query := range map[string]string{
			"that started":   `SELECT count(*) FROM invitations WHERE provisioning = 'QUEUED'`,
			"that wait":      `SELECT count(*) FROM invitations WHERE provisioning = 'SCHEDULED'`,
			"starts told of": `SELECT count(*) FROM invitation_events WHERE what = 'STARTED'`,
		} {
			if n := f.number(t, query); n != each {
				t.Errorf("%d %s, want %d", n, what, each)
			}
		}
		if n := f.number(t, `SELECT count(*) FROM river_job WHERE kind = 'invitation_deliver'`); n < each/directory.MaxPeople || n > each/directory.MaxPeople+2 {
			t.Errorf("%d jobs", n)
		}
	})
}

func TestCount_TellsWhatWasDoneBeforeTheWorkWentOn(t *testing.T) {
	t.Parallel()
	each(t, 0, func(t *testing.T, f *fixture) {
		b := f.submitted(t, users(10, nil))
		f.advance(time.Minute)
		if err := f.DB.WithTx(f.ctx, func(ctx context.Context, tx *database.Tx) error {
			_, err := tx.Exec(ctx, `UPDATE invitations SET provisioning = 'SUCCEEDED', open = false, last_sent_at = $1
				WHERE id IN (SELECT id FROM invitations ORDER BY id LIMIT 4)`, tx.Now)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if c := f.counts(t, b.ID); c.Succeeded != 4 || c.Earlier != 0 {
			t.Errorf("before: %+v", c)
		}
		if _, err := f.Stop(f.ctx, b.ID); err != nil {
			t.Fatal(err)
		}
		f.advance(time.Minute)
		if _, err := f.Continue(f.ctx, b.ID); err != nil {
			t.Fatal(err)
		}
		if c := f.counts(t, b.ID); c.Queued != 6 || c.Succeeded != 4 || c.Earlier != 4 {
			t.Errorf("after: %+v", c)
		}
	})
}

func TestReport(t *testing.T) {
	t.Parallel()
	each(t, 0, func(t *testing.T, f *fixture) {
		const n = 1_003 // three pages
		b := f.submitted(t, users(n, func(i int, d *invite.Details) {
			switch i {
			case 1:
				d.Email = "a@other.com"
			case 2:
				d.StartOn = "2026-12-24"
			}
		}))
		if _, err := f.Stop(f.ctx, b.ID); err != nil {
			t.Fatal(err)
		}
		var file bytes.Buffer
		if err := f.Report(f.ctx, b.ID, &file); err != nil {
			t.Fatal(err)
		}
		x, err := excelize.OpenReader(&file)
		if err != nil {
			t.Fatal(err)
		}
		rows, err := x.GetRows("Report")
		if err != nil {
			t.Fatal(err)
		}
		if len(rows) != n+1 {
			t.Fatalf("%d rows", len(rows))
		}
		outcome, failure := 8, 12
		for i, want := range map[int]string{1: "Stopped", 2: "Left out", 3: "Scheduled", n: "Stopped"} {
			if got := rows[i][outcome]; got != want {
				t.Errorf("row %d: %q, want %q: %q", i, got, want, rows[i])
			}
		}
		if rows[2][failure] == "" || rows[n][2] != fmt.Sprintf("mei.%d@vendor.com", n-1) {
			t.Errorf("got %q and %q", rows[2], rows[n])
		}
		other := access.With(t.Context(), access.Actor{OfficerID: uuid.New(), Email: "lim@lta.gov.sg", Role: access.Officer})
		if err := f.Report(other, b.ID, &file); fault.CodeOf(err) != fault.NotFound {
			t.Errorf("somebody else's: %v", err)
		}
	})
}

func TestEstimate(t *testing.T) {
	t.Parallel()
	at := func(s int) *time.Time { a := began.Add(time.Duration(s) * time.Second); return &a }
	running := ent.Batch{State: entbatch.StateSubmitted, SubmittedAt: at(0), ResumedAt: at(0)}
	resumed := ent.Batch{State: entbatch.StateSubmitted, SubmittedAt: at(0), ResumedAt: at(90)}
	stopped := ent.Batch{State: entbatch.StateStopped, SubmittedAt: at(0), ResumedAt: at(0)}
	for name, c := range map[string]struct {
		batch  ent.Batch
		counts Counts
		want   *time.Time
	}{
		"ten in 100 s, and ten to come":       {running, Counts{Succeeded: 9, Failed: 1, Queued: 10}, at(200)},
		"the rate counts from the continuing": {resumed, Counts{Succeeded: 20, Earlier: 10, Queued: 10}, at(110)},
		"nothing done since":                  {resumed, Counts{Succeeded: 10, Earlier: 10, Queued: 10}, nil},
		"called-off users are no work":        {running, Counts{Cancelled: 10, Queued: 10}, nil},
		"stopped":                             {stopped, Counts{Succeeded: 10, Queued: 10}, nil},
		"users who wait for their day":        {running, Counts{Succeeded: 10, Queued: 10, Scheduled: 1}, nil},
		"nobody to wait for":                  {running, Counts{Succeeded: 10}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, Estimate(&c.batch, c.counts, *at(100))); diff != "" {
				t.Error(diff)
			}
		})
	}
}
