package batch

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"techbiz/internal/fault"
)

// Review is how far the review of a list is. It counts the rows in whose place no
// corrected one stands.
type Review struct {
	LookedUp  int  // the directory was asked about them
	Suggested int  // an issue has a suggestion, and they were not submitted
	Hinted    int  // have a hint, and were not submitted
	ToCorrect int  // see [ToCorrect]
	Sources   bool // the rows come from more than one file or sheet
}

// Review counts the rows of batches that the caller has loaded, in one query
// however many there are.
func (s *Service) Review(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]Review, error) {
	found := make(map[uuid.UUID]Review, len(ids))
	args, marks := make([]any, len(ids)), make([]string, len(ids))
	for n, id := range ids {
		args[n], marks[n] = id, fmt.Sprintf("$%d", n+1)
		found[id] = Review{} // a batch without rows counts nothing
	}
	err := s.DB.Query(ctx, `SELECT r.batch_id,
			sum(CASE WHEN r.looked_up THEN 1 ELSE 0 END),
			sum(CASE WHEN r.suggested AND NOT r.submitted THEN 1 ELSE 0 END),
			sum(CASE WHEN r.hints IS NOT NULL AND NOT r.submitted THEN 1 ELSE 0 END),
			sum(CASE WHEN r.submitted AND i.provisioning = 'FAILED' OR r.flagged AND NOT r.submitted THEN 1 ELSE 0 END),
			COALESCE(min(r.sheet), '') <> COALESCE(max(r.sheet), '')
		FROM batch_rows r LEFT JOIN invitations i ON r.submitted AND i.id = r.id
		WHERE r.batch_id IN (`+strings.Join(marks, ", ")+`) AND NOT r.replaced GROUP BY r.batch_id`, args,
		func(r *sql.Rows) error {
			var id uuid.UUID
			var v Review
			err := r.Scan(&id, &v.LookedUp, &v.Suggested, &v.Hinted, &v.ToCorrect, &v.Sources)
			found[id] = v
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("count the review: %w", err)
	}
	return found, nil
}

// KindCount is how many rows of a list have an issue of one kind, and for how many
// of them it has a suggestion.
type KindCount struct {
	Code            fault.Code
	Field           *string // nil where the whole row is meant
	Rows, Suggested int
}

// Kinds counts the issues of the rows of a list that were not submitted, the most
// frequent kind first. The caller has loaded the batch.
func (s *Service) Kinds(ctx context.Context, id uuid.UUID) ([]*KindCount, error) {
	counts := map[Kind]*KindCount{}
	err := s.DB.Query(ctx, `SELECT issues FROM batch_rows WHERE batch_id = $1 AND flagged AND NOT submitted`, []any{id},
		func(r *sql.Rows) error {
			var raw []byte
			if err := r.Scan(&raw); err != nil {
				return err
			}
			var issues []struct {
				Code       fault.Code
				Field      []string
				Suggestion *string
			}
			if err := json.Unmarshal(raw, &issues); err != nil {
				return err
			}
			for _, f := range issues {
				k, c := Kind{Code: f.Code}, &KindCount{Code: f.Code}
				if len(f.Field) > 0 {
					k.Field, c.Field = f.Field[0], &f.Field[0]
				}
				if counts[k] == nil {
					counts[k] = c
				}
				c = counts[k]
				c.Rows++
				if f.Suggestion != nil {
					c.Suggested++
				}
			}
			return nil
		})
	if err != nil {
		return nil, fmt.Errorf("count issues: %w", err)
	}
	all := make([]*KindCount, 0, len(counts))
	for _, c := range counts {
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b *KindCount) int {
		return cmp.Or(cmp.Compare(b.Rows, a.Rows), strings.Compare(text(a.Field), text(b.Field)), strings.Compare(string(a.Code), string(b.Code)))
	})
	return all, nil
}
