package batch

import (
	"context"
	"database/sql"
	"fmt"
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
	Total, Flagged, LeftOut              int
	Queued, Succeeded, Failed, Cancelled int
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
			sum(CASE WHEN left_out AND NOT submitted THEN 1 ELSE 0 END)
		FROM batch_rows WHERE batch_id IN (`+in+`) AND NOT replaced GROUP BY batch_id`, args, func(r *sql.Rows) error {
		var id uuid.UUID
		var c Counts
		err := r.Scan(&id, &c.Total, &c.Flagged, &c.LeftOut)
		counts[id] = c
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("count rows: %w", err)
	}
	err = s.DB.Query(ctx, `SELECT batch_id, provisioning, count(*) FROM invitations
		WHERE batch_id IN (`+in+`) GROUP BY batch_id, provisioning`, args, func(r *sql.Rows) error {
		var id uuid.UUID
		var state string
		var n int
		if err := r.Scan(&id, &state, &n); err != nil {
			return err
		}
		c := counts[id]
		switch state {
		case "SCHEDULED", "QUEUED":
			c.Queued += n
		case "SUCCEEDED":
			c.Succeeded += n
		case "FAILED":
			c.Failed += n
		case "CANCELLED":
			c.Cancelled += n
		}
		counts[id] = c
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("count invitations: %w", err)
	}
	return counts, nil
}

// Estimate is when the last row will probably be done, from the rate since the
// submission; nil when there is no rate yet, or nothing to wait for.
func Estimate(b *ent.Batch, c Counts, now time.Time) *time.Time {
	done := c.Succeeded + c.Failed + c.Cancelled
	if b.State != entbatch.StateSubmitted || b.SubmittedAt == nil || done == 0 || c.Queued == 0 {
		return nil
	}
	each := now.Sub(*b.SubmittedAt) / time.Duration(done)
	at := now.Add(each * time.Duration(c.Queued))
	return &at
}
