package batch

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/riverqueue/river"

	entbatch "techbiz/ent/batch"
	"techbiz/ent/invitation"
	"techbiz/internal/database/databasetest"
	"techbiz/internal/fault"
	"techbiz/internal/mail"
)

// relay is busy for invitees until it is told otherwise, and keeps what it takes.
type relay struct {
	ready atomic.Bool
	mu    sync.Mutex
	took  []string
}

func (r *relay) Send(_ context.Context, m mail.Message) error {
	if m.To != officerAddress && !r.ready.Load() {
		return fault.New(fault.Unavailable, "The relay is busy.")
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.took = append(r.took, m.To)
	return nil
}

func (r *relay) mails() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.took)
}

// await looks at each end of a job whether something is done.
func await(t *testing.T, ended <-chan *river.Event, what string, done func() bool) {
	t.Helper()
	for limit := time.After(time.Minute); !done(); {
		select {
		case <-ended:
		case <-limit:
			t.Fatalf("waited too long for %s", what)
		}
	}
}

// Rows that were given up after their accounts were made, and whose accounts were
// withdrawn, get new accounts.
func TestRetry_MakesAnewWhatWasWithdrawn(t *testing.T) {
	t.Parallel()
	for name, options := range databasetest.Options(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o, r := options(t), &relay{}
			clock := &atomic.Int64{}
			o.Clock = func() time.Time { return began.Add(time.Duration(clock.Load())) }
			f := setup(t, o, clock, 0, r)
			ended, stopListening := f.Jobs.Finished()
			defer stopListening()
			if err := f.Jobs.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = f.Jobs.Stop(context.Background()) })
			completed := func() bool { return f.DB.Batch.Query().Where(entbatch.StateEQ(entbatch.StateCompleted)).ExistX(f.ctx) }
			b := f.submitted(t, users(3, nil))
			await(t, ended, "the rows to be given up, their accounts to be withdrawn, and the officer's mail", func() bool {
				return r.mails() == 1 && completed() && f.number(t, `SELECT count(*) FROM sandbox_persons WHERE state = 'TERMINATED'`) == 3 &&
					f.number(t, `SELECT count(*) FROM invitations WHERE withdrawing`) == 0
			})
			if c := f.counts(t, b.ID); c.Failed != 3 {
				t.Fatalf("got %+v", c)
			}
			before := f.DB.Invitation.Query().Order(invitation.ByID()).AllX(f.ctx)
			r.ready.Store(true)
			f.advance(time.Hour)
			if _, err := f.Retry(f.ctx, b.ID, nil); err != nil {
				t.Fatal(err)
			}
			await(t, ended, "the batch to be completed again, and a mail about that", func() bool {
				return r.mails() == 5 && completed()
			})
			if c := f.counts(t, b.ID); c.Succeeded != 3 || c.Failed != 0 {
				t.Errorf("got %+v", c)
			}
			for n, i := range f.DB.Invitation.Query().Order(invitation.ByID()).AllX(f.ctx) {
				if i.ID != before[n].ID || *i.AccountRef == *before[n].AccountRef || i.SendCount != 1 || i.Failure != nil || !i.Open {
					t.Errorf("got %+v", i)
				}
			}
			tos := map[string]int{}
			for _, to := range r.took {
				tos[to]++
			}
			want := map[string]int{"mei.0@vendor.com": 1, "mei.1@vendor.com": 1, "mei.2@vendor.com": 1, officerAddress: 2}
			if diff := cmp.Diff(want, tos); diff != "" {
				t.Error(diff)
			}
		})
	}
}
