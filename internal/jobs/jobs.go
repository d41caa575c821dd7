// Package jobs runs background work on River, in the business transaction.
//
// A job that is inserted in a transaction exists when the transaction does. It
// may run more than once and on any replica: its work is idempotent. A failed job
// is tried again with growing pauses, a throttled one after a short wait that
// does not count, and one whose process was killed as soon as a process starts,
// or at the latest within a minute. No kind of job is defined here.
package jobs

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"entgo.io/ent/dialect"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"techbiz/internal/access"
	"techbiz/internal/clock"
	"techbiz/internal/database"
	"techbiz/internal/fault"
)

// Names of the queues: a batch never keeps a single invitation waiting, the review
// of a list never the work on another one, and housekeeping none of them.
const (
	Single       = river.QueueDefault
	Bulk         = "bulk"
	Review       = "review"
	Housekeeping = "housekeeping"
)

// A job may run for timeout. One that has not ended after rescueAfter was lost
// with its machine, which nothing noticed earlier (takeover.go); River looks
// every 30 s, and a new leader is there 15 s after the old one vanished.
const (
	timeout     = 15 * time.Second
	rescueAfter = 20 * time.Second
)

// attempts is how often River tries; what gives up earlier is the work itself,
// which can then say so where a person reads it.
const attempts = 10_000

// Queue takes jobs and runs them.
type Queue struct {
	db         *database.DB
	log        *slog.Logger
	maxBackoff time.Duration
	workers    *river.Workers
	periodic   []*river.PeriodicJob
	client     *river.Client[*sql.Tx]

	stopTakingOver context.CancelFunc
	takingOver     sync.WaitGroup
}

// Options configure a Queue.
type Options struct {
	DB  *database.DB
	Log *slog.Logger
	// MaxBackoff is the longest pause between two tries.
	MaxBackoff time.Duration
}

// New returns a queue. Register every kind with [Handle] and [Queue.Every], then
// call [Queue.Open].
func New(o Options) *Queue {
	return &Queue{db: o.DB, log: o.Log, maxBackoff: o.MaxBackoff, workers: river.NewWorkers(), stopTakingOver: func() {}}
}

// Handle says what runs the jobs of one kind. The work acts as the system. An
// error is tried again; [Again] is not an error.
func Handle[A river.JobArgs](q *Queue, work func(ctx context.Context, args A) error) {
	river.AddWorker(q.workers, river.WorkFunc(func(ctx context.Context, job *river.Job[A]) error {
		ctx = context.WithValue(access.System(ctx), failuresKey{}, len(job.Errors))
		err := work(ctx, job.Args)
		var later again
		switch {
		case err == nil:
			return nil
		case errors.As(err, &later):
			return river.JobSnooze(time.Duration(later))
		case fault.CodeOf(err) == fault.Throttled:
			return river.JobSnooze(time.Second + rand.N(time.Second)) // #nosec G404 -- only has jobs part
		}
		return err
	}))
}

type failuresKey struct{}

// Failures is how often the job that runs has failed before. Waiting for a rate
// limit, or returning [Again], is no failure.
func Failures(ctx context.Context) int {
	n, _ := ctx.Value(failuresKey{}).(int)
	return n
}

// again is what a run ends with that is not the last.
type again time.Duration

// Error says what it is, for a log.
func (again) Error() string { return "there is more to do" }

// Again is what work returns that has done a part and goes on with the rest after
// a pause, so that one run stays short. It is no failure.
func Again(pause time.Duration) error { return again(pause) }

// Enough says whether a run has used up so much of its time that it should return
// [Again].
func Enough(ctx context.Context) bool {
	deadline, ok := ctx.Deadline()
	return ok && deadline.Sub(clock.Machine()) < timeout/2
}

// Every runs a job at start and then at every interval, once over all replicas.
func (q *Queue) Every(interval time.Duration, args river.JobArgs) {
	q.periodic = append(q.periodic, river.NewPeriodicJob(river.PeriodicInterval(interval),
		func() (river.JobArgs, *river.InsertOpts) { return args, &river.InsertOpts{Queue: Housekeeping} },
		&river.PeriodicJobOpts{RunOnStart: true}))
}

// Open makes the queue ready to take jobs.
func (q *Queue) Open() error {
	poll := river.FetchPollIntervalDefault
	if q.db.Dialect() == dialect.Postgres {
		poll = 100 * time.Millisecond // lib/pq's driver has no listener
	}
	client, err := river.NewClient(q.db.JobDriver(), &river.Config{
		ID:     q.db.Name(),
		Logger: slog.New(quiet{q.log.Handler()}),
		Queues: map[string]river.QueueConfig{
			Single: {MaxWorkers: 20}, Bulk: {MaxWorkers: 4}, Review: {MaxWorkers: 2}, Housekeeping: {MaxWorkers: 2},
		},
		Workers:                     q.workers,
		PeriodicJobs:                q.periodic,
		JobTimeout:                  timeout,
		RescueStuckJobsAfter:        rescueAfter,
		RetryPolicy:                 backoff{q.maxBackoff},
		MaxAttempts:                 attempts,
		FetchCooldown:               10 * time.Millisecond,
		FetchPollInterval:           poll,
		CompletedJobRetentionPeriod: time.Hour,
	})
	if err != nil {
		return fmt.Errorf("open job queue: %w", err)
	}
	q.client = client
	return nil
}

// Start takes over what a killed program left behind, and begins to run jobs. It
// returns at once.
func (q *Queue) Start(ctx context.Context) error {
	// River would end with ctx; here the end is Stop's, which lets jobs finish.
	ctx = context.WithoutCancel(ctx)
	if err := q.takeOver(ctx); err != nil {
		return err
	}
	if err := q.client.Start(ctx); err != nil {
		return fmt.Errorf("start jobs: %w", err)
	}
	if q.db.Dialect() == dialect.Postgres {
		ctx, q.stopTakingOver = context.WithCancel(ctx)
		q.takingOver.Go(func() { q.keepTakingOver(ctx) })
	}
	return nil
}

// Stop takes no more jobs, waits for those that run until ctx ends, and then
// cancels them: they are tried again elsewhere.
func (q *Queue) Stop(ctx context.Context) error {
	q.stopTakingOver()
	q.takingOver.Wait()
	if err := q.client.Stop(ctx); err == nil {
		return nil
	}
	hard, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	return q.client.StopAndCancel(hard)
}

// Insert adds jobs of one queue in a transaction.
func (q *Queue) Insert(ctx context.Context, tx *database.Tx, queue string, args ...river.JobArgs) error {
	params := make([]river.InsertManyParams, len(args))
	for i, a := range args {
		params[i] = river.InsertManyParams{Args: a, InsertOpts: &river.InsertOpts{Queue: queue}}
	}
	if _, err := q.client.InsertManyTx(ctx, tx.SQL, params); err != nil {
		return fmt.Errorf("insert jobs: %w", err)
	}
	return nil
}

// Finished sends every job's end on the channel, for tests that wait for one. The
// function ends it.
func (q *Queue) Finished() (<-chan *river.Event, func()) {
	return q.client.Subscribe(river.EventKindJobCompleted, river.EventKindJobFailed, river.EventKindJobSnoozed)
}

// backoff doubles the pause from one second up to a limit, with a jitter so that
// what failed together does not come back together.
type backoff struct{ limit time.Duration }

// NextRetry is River's question when to try again.
func (b backoff) NextRetry(job *rivertype.JobRow) time.Time {
	pause := b.limit
	if n := len(job.Errors); n < 20 {
		pause = min(b.limit, time.Second<<n)
	}
	return clock.Machine().Add(pause/2 + rand.N(pause/2+1)) // #nosec G404 -- only has jobs part
}
