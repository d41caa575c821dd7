package jobs

import (
	"context"
	"fmt"
	"time"

	"entgo.io/ent/dialect"

	"techbiz/internal/database"
)

// takeOverEvery is how often a replica on PostgreSQL looks for jobs of programs
// that are gone.
const takeOverEvery = 5 * time.Second

// gone are, by dialect, the programs whose jobs are taken over: a condition on
// the column or expression that holds their name. On SQLite a program that starts
// is the only one on its file. On PostgreSQL each connection carries the name of
// its program and ends with it; where a proxy hides the names nobody is taken for
// gone. Should a program be taken for gone that is not, its jobs run twice, which
// they may.
func gone(d, name string) string {
	if d == dialect.SQLite {
		return "true"
	}
	return `EXISTS (SELECT 1 FROM pg_stat_activity WHERE application_name = $1)
		AND NOT EXISTS (SELECT 1 FROM pg_stat_activity WHERE application_name = ` + name + `)`
}

// takeOver makes the running jobs of programs that are gone available, and frees
// the leader's place if one of them held it. River would do both by itself, but
// only after its time-outs.
func (q *Queue) takeOver(ctx context.Context) error {
	d := q.db.Dialect()
	var args []any
	if d == dialect.Postgres {
		args = []any{q.db.Name()}
	}
	jobs := 0
	err := q.db.WithTx(ctx, func(ctx context.Context, tx *database.Tx) (err error) {
		if _, err = tx.Exec(ctx, "DELETE FROM river_leader WHERE "+gone(d, "leader_id"), args...); err != nil {
			return err
		}
		jobs, err = tx.Exec(ctx, "UPDATE river_job SET state = 'available' WHERE state = 'running' AND "+
			gone(d, "attempted_by[array_upper(attempted_by, 1)]"), args...)
		return err
	})
	if err != nil {
		return fmt.Errorf("take over jobs: %w", err)
	}
	if jobs > 0 {
		q.log.InfoContext(ctx, "took over the jobs of a program that is gone", "jobs", jobs)
	}
	return nil
}

// keepTakingOver looks for jobs of other replicas that are gone, until ctx ends.
func (q *Queue) keepTakingOver(ctx context.Context) {
	tick := time.NewTicker(takeOverEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := q.takeOver(ctx); err != nil && ctx.Err() == nil {
			q.log.WarnContext(ctx, "jobs", "error", err)
		}
	}
}
