package graph

import (
	"context"
	"time"

	"github.com/google/uuid"

	"techbiz/ent"
	entbatch "techbiz/ent/batch"
	"techbiz/internal/batch"
	"techbiz/internal/watch"
)

// state is what a progress is made of.
type state struct {
	batch  *ent.Batch
	counts batch.Counts
	review batch.Review
}

func sameTime(a, b *time.Time) bool {
	return a == b || a != nil && b != nil && a.Equal(*b)
}

// batchProgress sends a batch each time it or its counts change, until it is
// completed.
func (r *Resolver) batchProgress(ctx context.Context, id uuid.UUID) <-chan *ent.Batch {
	states := watch.Until(ctx, r.Log, func(a, b state) bool {
		return a.counts == b.counts && a.review == b.review && a.batch.State == b.batch.State && a.batch.DirectoryCheck == b.batch.DirectoryCheck &&
			sameTime(a.batch.RecallUntil, b.batch.RecallUntil) && sameTime(a.batch.ResumedAt, b.batch.ResumedAt) &&
			sameTime(a.batch.UndoneAt, b.batch.UndoneAt)
	}, func(ctx context.Context) (state, bool, error) {
		b, err := batch.Load(ctx, r.DB.Client, id)
		if err != nil {
			return state{}, false, err
		}
		counts, err := r.Lists.Count(ctx, []uuid.UUID{id})
		if err != nil || b.DirectoryCheck != entbatch.DirectoryCheckPending {
			return state{batch: b, counts: counts[id]}, b.State == entbatch.StateCompleted, err
		}
		review, err := r.Lists.Review(ctx, []uuid.UUID{id})
		return state{b, counts[id], review[id]}, b.State == entbatch.StateCompleted, err
	})
	out := make(chan *ent.Batch)
	go func() {
		defer close(out)
		for s := range states {
			select {
			case <-ctx.Done():
				return
			case out <- s.batch:
			}
		}
	}()
	return out
}
