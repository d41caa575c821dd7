package batch

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	entsql "entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"techbiz/ent"
	entbatch "techbiz/ent/batch"
	"techbiz/ent/batchrow"
	"techbiz/ent/predicate"
	"techbiz/internal/address"
	"techbiz/internal/database"
	"techbiz/internal/invite"
)

// Search matches rows by a prefix of e-mail, username, first or last name.
func Search(search string) predicate.BatchRow {
	return func(s *entsql.Selector) {
		s.Where(database.HasPrefix(s, address.Fold(search),
			batchrow.FieldEmailKey, batchrow.FieldUsernameKey, batchrow.FieldFirstNameKey, batchrow.FieldLastNameKey))
	}
}

// Counts are how many rows of a batch stand where.
type Counts struct {
	Total, Flagged, LeftOut int
	// Later are those that would wait for their start date if they were submitted now.
	Later                                int
	Queued, Succeeded, Failed, Cancelled int
	// Scheduled are those of Queued that wait for their time; Earlier are those that
	// were done before the work last went on.
	Scheduled, Earlier int
}

// Valid is how many rows have no issue.
func (c Counts) Valid() int { return c.Total - c.Flagged }

// Count counts the rows of batches that the caller has loaded, in two queries
// however many there are.
func (s *Service) Count(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]Counts, error) {
	counts := make(map[uuid.UUID]Counts, len(ids))
	args := make([]any, len(ids))
	marks := make([]string, len(ids))
	for n, id := range ids {
		args[n], marks[n] = id, fmt.Sprintf("$%d", n+1)
		counts[id] = Counts{} // a batch without rows counts nothing
	}
	in := strings.Join(marks, ", ")
	err := s.DB.Query(ctx, `SELECT batch_id, count(*), sum(CASE WHEN flagged THEN 1 ELSE 0 END),
			sum(CASE WHEN left_out AND NOT submitted THEN 1 ELSE 0 END),
			sum(CASE WHEN start_on > $`+strconv.Itoa(len(ids)+1)+` AND NOT flagged AND NOT submitted THEN 1 ELSE 0 END)
		FROM batch_rows WHERE batch_id IN (`+in+`) AND NOT replaced GROUP BY batch_id`, append(slices.Clip(args), invite.StartedDay(s.DB.Now())), func(r *sql.Rows) error {
		var id uuid.UUID
		var c Counts
		err := r.Scan(&id, &c.Total, &c.Flagged, &c.LeftOut, &c.Later)
		counts[id] = c
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("count rows: %w", err)
	}
	if err := s.countInvitations(ctx, in, args, counts); err != nil {
		return nil, err
	}
	return counts, nil
}

// countInvitations adds where the invitations of batches stand.
func (s *Service) countInvitations(ctx context.Context, in string, args []any, counts map[uuid.UUID]Counts) error {
	// What was done earlier is looked for only where the work has gone on since the
	// submission, which few batches' has.
	err := s.DB.Query(ctx, `SELECT batch_id, provisioning, count(*) FROM invitations
		WHERE batch_id IN (`+in+`) GROUP BY batch_id, provisioning
		UNION ALL SELECT b.id, 'EARLIER', count(*) FROM batches b JOIN invitations i ON i.batch_id = b.id
		WHERE b.id IN (`+in+`) AND b.state = 'SUBMITTED' AND b.resumed_at > b.submitted_at
			AND i.provisioning IN ('SUCCEEDED', 'FAILED') AND COALESCE(i.last_sent_at, i.updated_at) < b.resumed_at
		GROUP BY b.id`, args, func(r *sql.Rows) error {
		var id uuid.UUID
		var state string
		var n int
		if err := r.Scan(&id, &state, &n); err != nil {
			return err
		}
		c := counts[id]
		switch state {
		case "SCHEDULED":
			c.Scheduled += n
			c.Queued += n
		case "QUEUED":
			c.Queued += n
		case "SUCCEEDED":
			c.Succeeded += n
		case "FAILED":
			c.Failed += n
		case "CANCELLED":
			c.Cancelled += n
		case "EARLIER":
			c.Earlier = n
		}
		counts[id] = c
		return nil
	})
	if err != nil {
		return fmt.Errorf("count invitations: %w", err)
	}
	return nil
}

// Estimate is when the last row will probably be done, from the rate since the
// work last began or went on. It is nil when there is no rate yet, nothing to wait
// for, or rows that wait for a time of their own.
func Estimate(b *ent.Batch, c Counts, now time.Time) *time.Time {
	done := c.Succeeded + c.Failed - c.Earlier
	since := b.ResumedAt
	if since == nil {
		since = b.SubmittedAt // submitted by an earlier version
	}
	if b.State != entbatch.StateSubmitted || since == nil || done <= 0 || c.Queued == 0 || c.Scheduled > 0 {
		return nil
	}
	each := now.Sub(*since) / time.Duration(done)
	at := now.Add(each * time.Duration(c.Queued))
	return &at
}
