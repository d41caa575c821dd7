package invite

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river"

	"techbiz/ent/batch"
	"techbiz/internal/access"
	"techbiz/internal/clock"
	"techbiz/internal/database"
	"techbiz/internal/directory"
	"techbiz/internal/fault"
	"techbiz/internal/jobs"
)

// startHour is the hour in Singapore at which the work of a day starts.
const startHour = 9

// startMost is how far ahead a start date may lie, in years.
const startMost = 1

// dayFormats are the ways in which a day may be written: as forms, people and
// machines do.
var dayFormats = []string{time.DateOnly, "2-1-2006", "2/1/2006"}

// DayFormat is how a day is shown to people.
const DayFormat = "02-01-2006"

// start checks a start date and returns it as yyyy-mm-dd, or nothing where there
// is none or it has a fault. Today is a start date at any hour: after 09:00 the
// work starts at once.
func (c *check) start(typed string, now time.Time) string {
	if typed == "" {
		return ""
	}
	now = now.In(clock.Singapore)
	day, known := readDay(typed)
	switch last := now.AddDate(startMost, 0, 0); {
	case !known:
		c.add("startOn", fault.InvalidFormat, "Enter a day of the calendar as dd-mm-yyyy, such as %s, or leave the start date empty.",
			now.AddDate(0, 0, 1).Format(DayFormat))
	case day < now.Format(time.DateOnly):
		c.add("startOn", fault.InvalidFormat, "The start date has passed. Enter today or a later day, or leave it empty to start at once.")
	case day > last.Format(time.DateOnly):
		c.add("startOn", fault.InvalidFormat, "The start date is more than a year ahead. Enter a day up to %s.", last.Format(DayFormat))
	default:
		return day
	}
	return ""
}

// readDay reads a day in any of the formats and returns it as yyyy-mm-dd.
func readDay(typed string) (day string, known bool) {
	for _, format := range dayFormats {
		if t, err := time.Parse(format, typed); err == nil {
			return t.Format(time.DateOnly), true
		}
	}
	return "", false
}

// startAt is the moment at which the work of a day, yyyy-mm-dd, starts. It is the
// zero time for what is no day.
func startAt(day string) time.Time {
	t, err := time.ParseInLocation(time.DateOnly, day, clock.Singapore)
	if err != nil {
		return time.Time{}
	}
	return t.Add(startHour * time.Hour)
}

// StartedDay is the last day, yyyy-mm-dd, whose work has started: a start date up
// to it waits no longer.
func StartedDay(now time.Time) string {
	return now.In(clock.Singapore).Add(-startHour * time.Hour).Format(time.DateOnly)
}

// Scheduled says whether work with this start date, yyyy-mm-dd or nothing, has to
// wait.
func Scheduled(day string, now time.Time) bool { return day > StartedDay(now) }

// startPause is the longest pause of a job that waits for a moment: the business
// clock may be moved meanwhile.
const startPause = 5 * time.Second

// startChunk bounds what one transaction starts, and deliverChunk what one job
// then carries: as many as the directory takes in one call.
const (
	startChunk   = 1_000
	deliverChunk = directory.MaxPeople
)

// Start is the job that begins the work of scheduled invitations whose time has
// come. It waits until the business clock is there.
type Start struct {
	At time.Time `json:"at"`
}

// Kind names the job.
func (Start) Kind() string { return "invitation_start" }

func (s *Service) start(ctx context.Context, w Start) error {
	if left := w.At.Sub(s.DB.Now()); left > 0 {
		return jobs.Again(min(left, startPause))
	}
	return s.StartDue(ctx)
}

// StartDue begins the work of every scheduled invitation whose time has come. It
// returns [jobs.Again] when its run has lasted long enough.
func (s *Service) StartDue(ctx context.Context) error {
	for started := startChunk; started == startChunk; {
		if jobs.Enough(ctx) {
			return jobs.Again(0)
		}
		if err := s.DB.WithTx(access.System(ctx), func(ctx context.Context, tx *database.Tx) (err error) {
			started, err = s.startSome(ctx, tx)
			return err
		}); err != nil {
			return err
		}
	}
	return nil
}

// startable are the invitations whose time has come at $1, on the day $2. What is scheduled
// is open and has no end yet, which its index knows.
const startable = ` FROM invitations i LEFT JOIN batches b ON b.id = i.batch_id
	WHERE i.open AND i.expires_at IS NULL AND i.provisioning = 'SCHEDULED' AND (i.start_on IS NULL OR i.start_on <= $2)
		AND (b.id IS NULL OR b.state <> 'STOPPED' AND (b.recall_until IS NULL OR b.recall_until <= $1))`

// startSome moves at most a chunk from SCHEDULED to QUEUED and queues its work.
// Only one of several at the same moment moves a row. It holds the lists before
// their invitations, as whoever changes a list does, or the two would wait for each
// other.
func (s *Service) startSome(ctx context.Context, tx *database.Tx) (int, error) {
	var all, single, bulk []uuid.UUID
	batches := map[uuid.UUID]bool{}
	_, err := tx.Exec(ctx, `UPDATE batches SET resumed_at = resumed_at WHERE id IN (SELECT b.id`+startable+`)`, tx.Now, StartedDay(tx.Now))
	if err != nil {
		return 0, fmt.Errorf("hold the lists whose time has come: %w", err)
	}
	err = tx.Query(ctx, `UPDATE invitations SET provisioning = 'QUEUED', updated_at = $1
		WHERE provisioning = 'SCHEDULED' AND id IN (SELECT i.id`+startable+` ORDER BY i.id LIMIT $3)
		RETURNING id, batch_id`, []any{tx.Now, StartedDay(tx.Now), startChunk}, func(r *sql.Rows) error {
		var id uuid.UUID
		var batch uuid.NullUUID
		if err := r.Scan(&id, &batch); err != nil {
			return err
		}
		all = append(all, id)
		if batch.Valid {
			bulk, batches[batch.UUID] = append(bulk, id), true
		} else {
			single = append(single, id)
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("start invitations: %w", err)
	}
	if len(all) == 0 {
		return 0, nil
	}
	events := make([]Event, len(all))
	for n, id := range all {
		events[n] = Event{Invitation: id, What: EventStarted}
	}
	if err := Record(ctx, tx, tx.Now, events...); err != nil {
		return 0, err
	}
	if _, err := tx.Batch.Update().Where(batch.IDIn(slices.Collect(maps.Keys(batches))...)).SetResumedAt(tx.Now).Save(ctx); err != nil {
		return 0, fmt.Errorf("note the start of batches: %w", err)
	}
	if err := s.Queue(ctx, tx, jobs.Single, single); err != nil {
		return 0, err
	}
	return len(all), s.Queue(ctx, tx, jobs.Bulk, bulk)
}

// Queue queues the work of invitations, in chunks.
func (s *Service) Queue(ctx context.Context, tx *database.Tx, queue string, ids []uuid.UUID) error {
	var work []river.JobArgs
	for part := range slices.Chunk(ids, deliverChunk) {
		work = append(work, Deliver{IDs: part})
	}
	if len(work) == 0 {
		return nil
	}
	return s.Jobs.Insert(ctx, tx, queue, work...)
}
