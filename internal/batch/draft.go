package batch

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/google/uuid"

	"techbiz/ent"
	entbatch "techbiz/ent/batch"
	"techbiz/internal/audit"
	"techbiz/internal/database"
	"techbiz/internal/jobs"
	"techbiz/internal/mail"
)

const (
	// expireEvery is how often drafts that have expired are looked for.
	expireEvery = time.Minute
	// warnBefore is how long before a draft goes its owner is told; of a short life
	// it is the half.
	warnBefore = 3 * 24 * time.Hour
	// expireChunk is how many drafts one transaction removes, each with all its rows.
	expireChunk = 20
	// clockPause is how long a run waits for a clock that is behind.
	clockPause = 500 * time.Millisecond
)

// Expire is the job that removes drafts that nobody has changed for long, and tells
// their owners before. It waits until the business clock is there: other replicas
// see a moved clock a little later.
type Expire struct {
	At time.Time `json:"at"`
}

// Kind names the job.
func (Expire) Kind() string { return "batch_expire" }

// Soon queues a look for expired drafts at once, for when the clock has moved.
func (s *Service) Soon(ctx context.Context, tx *database.Tx) error {
	return s.Jobs.Insert(ctx, tx, jobs.Housekeeping, Expire{At: tx.Now})
}

// ExpiresAt is when a draft goes; nil for what is no draft, or was made before
// drafts expired and has not been looked at since.
func ExpiresAt(b *ent.Batch) *time.Time {
	if b.State != entbatch.StateDraft {
		return nil
	}
	return b.ExpiresAt
}

// live lets a draft live on from now.
func (s *Service) live(ctx context.Context, tx *database.Tx, b *ent.Batch) error {
	if _, err := tx.Exec(ctx, `UPDATE batches SET expires_at = $2, warned_at = NULL WHERE id = $1 AND state = 'DRAFT'`,
		b.ID, tx.Now.Add(s.DraftLife)); err != nil {
		return fmt.Errorf("store expiry: %w", err)
	}
	return nil
}

func (s *Service) expire(ctx context.Context, e Expire) error {
	if s.DB.Now().Before(e.At) {
		return jobs.Again(clockPause)
	}
	for more := true; more; {
		if jobs.Enough(ctx) {
			return jobs.Again(0)
		}
		err := s.DB.WithTx(ctx, func(ctx context.Context, tx *database.Tx) error {
			n, err := s.removeExpired(ctx, tx)
			more = n == expireChunk
			return err
		})
		if err != nil {
			return err
		}
	}
	return s.warn(ctx)
}

// removeExpired removes drafts, of which nothing was ever submitted. Those that
// are older than their expiry get one first. What somebody changes at the same
// time has a new expiry when the statement looks again, and stays.
func (s *Service) removeExpired(ctx context.Context, tx *database.Tx) (int, error) {
	if _, err := tx.Exec(ctx, `UPDATE batches SET expires_at = $1 WHERE state = 'DRAFT' AND expires_at IS NULL`,
		tx.Now.Add(s.DraftLife)); err != nil {
		return 0, fmt.Errorf("store expiry: %w", err)
	}
	var gone []*ent.Batch
	err := tx.Query(ctx, `DELETE FROM batches WHERE `+removable+` AND expires_at <= $1 AND id IN (
			SELECT id FROM batches WHERE `+removable+` AND expires_at <= $1 ORDER BY expires_at LIMIT $2) RETURNING id, owner_id`,
		[]any{tx.Now, expireChunk}, func(r *sql.Rows) error {
			b := &ent.Batch{}
			gone = append(gone, b)
			return r.Scan(&b.ID, &b.OwnerID)
		})
	if err != nil {
		return 0, fmt.Errorf("remove expired drafts: %w", err)
	}
	for _, b := range gone {
		if err := s.record(ctx, tx, audit.ListExpired, b, audit.Detail{}); err != nil {
			return 0, err
		}
	}
	return len(gone), nil
}

const removable = `state = 'DRAFT' AND submitted_at IS NULL`

// warn tells the owners of drafts that will go soon, each once.
func (s *Service) warn(ctx context.Context) error {
	due := s.DB.Now().Add(min(warnBefore, s.DraftLife/2))
	for {
		if jobs.Enough(ctx) {
			return jobs.Again(0)
		}
		b, err := s.DB.Batch.Query().Where(entbatch.StateEQ(entbatch.StateDraft), entbatch.SubmittedAtIsNil(),
			entbatch.WarnedAtIsNil(), entbatch.ExpiresAtLTE(due)).WithOwner().Order(ent.Asc(entbatch.FieldExpiresAt)).First(ctx)
		if ent.IsNotFound(err) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("look for drafts to warn about: %w", err)
		}
		if err := s.warnOf(ctx, b); err != nil {
			return err
		}
	}
}

// warnOf sends the notice about one draft, once for each date on which it would go.
// An empty one goes without.
func (s *Service) warnOf(ctx context.Context, b *ent.Batch) error {
	counts, err := s.Count(ctx, []uuid.UUID{b.ID})
	if err != nil {
		return err
	}
	if users := counts[b.ID].Total; users > 0 {
		msg, err := mail.DraftExpiry(mail.DraftExpiryFacts{
			To: b.Edges.Owner.Email, FileName: text(b.FileName), Users: users, MadeOn: b.CreatedAt,
			ExpiresAt: *b.ExpiresAt, Link: s.page(b.ID),
		})
		if err != nil { // it stays so, and the others' notices must not wait for it
			s.Log.ErrorContext(ctx, "compose the notice about a draft", "batch", b.ID, "error", err)
		} else {
			msg.ID = fmt.Sprintf("draft.%s.%d@%s", b.ID, b.ExpiresAt.Unix(), s.Host)
			if err := s.Invite.Post(ctx, msg); err != nil {
				return err
			}
		}
	}
	return s.DB.WithTx(ctx, func(ctx context.Context, tx *database.Tx) error {
		now, err := hold(ctx, tx, b.ID)
		// A change meanwhile has moved the date, and another notice will be due.
		if err != nil || now.ExpiresAt == nil || !now.ExpiresAt.Equal(*b.ExpiresAt) {
			return ignoreGone(err)
		}
		return now.Update().SetWarnedAt(tx.Now).Exec(ctx)
	})
}
