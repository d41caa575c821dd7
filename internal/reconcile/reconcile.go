// Package reconcile keeps the status of invitations in step with the directory
// and with time.
//
// The directory says that somebody has changed ([Service.Changed]); the event
// names the person only, and the present state is read from the directory, so
// events may come twice, late or in any order. What no event told is found by a
// sweep. It decides nothing about an invitation: that is invite's.
package reconcile

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"techbiz/internal/database"
	"techbiz/internal/directory"
	"techbiz/internal/invite"
	"techbiz/internal/jobs"
)

const (
	// sweepEvery is how often lapsed links and forgotten people are looked for.
	sweepEvery = time.Minute
	// staleAfter is how long a person's status is believed without an event.
	staleAfter = 6 * time.Hour
	// clockPause is how long a sweep waits for a clock that is behind.
	clockPause = 500 * time.Millisecond
)

// Service reconciles.
type Service struct {
	db        *database.DB
	jobs      *jobs.Queue
	directory directory.Directory
	invite    *invite.Service
	log       *slog.Logger
}

// New returns a service and registers its kinds of job.
func New(db *database.DB, q *jobs.Queue, d directory.Directory, i *invite.Service, log *slog.Logger) *Service {
	s := &Service{db: db, jobs: q, directory: d, invite: i, log: log}
	jobs.Handle(q, s.apply)
	jobs.Handle(q, s.sweep)
	q.Every(sweepEvery, Sweep{})
	return s
}

// Apply is the job that reads the present state of people and stores it.
type Apply struct {
	Refs []string `json:"refs"`
}

// Kind names the job.
func (Apply) Kind() string { return "reconcile_apply" }

// Sweep is the job that ends what has lapsed, starts what was scheduled and asks about people whom no event
// told of for long. It waits until the business clock is there: other replicas see
// a moved clock a little later.
type Sweep struct {
	At time.Time `json:"at"`
}

// Kind names the job.
func (Sweep) Kind() string { return "reconcile_sweep" }

// Changed queues the reconciliation of people, by the directory's ids, in the
// transaction that took notice.
func (s *Service) Changed(ctx context.Context, tx *database.Tx, refs []string) error {
	if len(refs) == 0 {
		return nil
	}
	return s.jobs.Insert(ctx, tx, jobs.Single, Apply{Refs: refs})
}

// Soon queues a sweep at once, for when the clock has moved.
func (s *Service) Soon(ctx context.Context, tx *database.Tx) error {
	return s.jobs.Insert(ctx, tx, jobs.Single, Sweep{At: tx.Now})
}

func (s *Service) apply(ctx context.Context, a Apply) error {
	for refs := range slices.Chunk(a.Refs, directory.MaxPeople) {
		people, err := s.directory.Status(ctx, refs)
		if err != nil {
			return fmt.Errorf("read status: %w", err)
		}
		if err := s.invite.Apply(ctx, people); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) sweep(ctx context.Context, w Sweep) error {
	if s.db.Now().Before(w.At) {
		return jobs.Again(clockPause)
	}
	for more := true; more; {
		if jobs.Enough(ctx) {
			return jobs.Again(0)
		}
		var err error
		if more, err = s.invite.Lapse(ctx); err != nil {
			return err
		}
	}
	if err := s.invite.StartDue(ctx); err != nil {
		return err
	}
	for {
		if jobs.Enough(ctx) {
			return jobs.Again(0)
		}
		refs, err := s.invite.Stale(ctx, s.db.Now().Add(-staleAfter), directory.MaxPeople)
		if err != nil || len(refs) == 0 {
			return err
		}
		if err := s.apply(ctx, Apply{Refs: refs}); err != nil {
			return err
		}
	}
}
