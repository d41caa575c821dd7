package batch

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	entbatch "techbiz/ent/batch"
	"techbiz/internal/access"
	"techbiz/internal/audit"
	"techbiz/internal/database"
	"techbiz/internal/jobs"
	"techbiz/internal/mail"
)

// Finished is the job that tells a batch's owner that it is done.
type Finished struct {
	Batch uuid.UUID `json:"batch"`
	At    time.Time `json:"at"` // of the completion; a later one has its own mail
}

// Kind names the job.
func (Finished) Kind() string { return "batch_finished" }

// Completed records a completion and queues the mail about it, in the transaction
// that makes it.
func (s *Service) Completed(ctx context.Context, tx *database.Tx, id uuid.UUID) error {
	ctx = access.System(ctx) // whoever's act it was that left nothing to do
	b, err := Load(ctx, tx.Client, id)
	if err != nil {
		return err
	}
	done := 0
	d := audit.Detail{Done: &done}
	err = tx.Query(ctx, `SELECT count(*), COALESCE(sum(CASE WHEN provisioning = 'SUCCEEDED' THEN 1 ELSE 0 END), 0)
		FROM invitations WHERE batch_id = $1`, []any{id}, scanInto(&d.Users, &done))
	if err != nil {
		return fmt.Errorf("count invitations: %w", err)
	}
	if err := s.record(ctx, tx, audit.ListCompleted, b, d); err != nil {
		return err
	}
	return s.Jobs.Insert(ctx, tx, jobs.Single, Finished{Batch: id, At: tx.Now})
}

// tell sends the mail, once a completion. A batch that has gone on meanwhile will
// complete again, and tells then.
func (s *Service) tell(ctx context.Context, f Finished) error {
	b, err := s.DB.Batch.Query().Where(entbatch.ID(f.Batch), entbatch.CompletedAtNotNil()).WithOwner().All(ctx)
	if err != nil {
		return fmt.Errorf("load batch: %w", err)
	}
	if len(b) == 0 || !b[0].CompletedAt.Equal(f.At) {
		return nil
	}
	counts, err := s.Count(ctx, []uuid.UUID{f.Batch})
	if err != nil {
		return err
	}
	c := counts[f.Batch]
	facts := mail.BatchDoneFacts{
		To: b[0].Edges.Owner.Email, FileName: text(b[0].FileName), SubmittedAt: f.At,
		Succeeded: c.Succeeded, Failed: c.Failed, Cancelled: c.Cancelled, LeftOut: c.LeftOut,
		Link: s.page(f.Batch),
	}
	if b[0].SubmittedAt != nil {
		facts.SubmittedAt = *b[0].SubmittedAt
	}
	m, err := mail.BatchDone(facts)
	if err != nil {
		return fmt.Errorf("compose the mail about batch %s: %w", f.Batch, err)
	}
	m.ID = fmt.Sprintf("%s.%d@%s", f.Batch, f.At.UnixMicro(), s.Host)
	return s.Invite.Post(ctx, m)
}
