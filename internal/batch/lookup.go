package batch

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	entbatch "techbiz/ent/batch"
	"techbiz/internal/access"
	"techbiz/internal/database"
	"techbiz/internal/directory"
	"techbiz/internal/fault"
	"techbiz/internal/invite"
	"techbiz/internal/jobs"
)

const (
	// lookUpTries is how often in a row the directory may fail before its answer is
	// done without: with the queue's pauses, for half a minute.
	lookUpTries = 5
	// lookUpPause is how long a run waits after a failure that follows an answer.
	lookUpPause = time.Second
)

// LookUp is the job that asks the directory about the rows of a list that it did
// not answer in time, as many at once as one call takes. What it has answered is
// stored call by call, and the next run goes on behind it. While a list's check is
// PENDING there is one such job for it.
type LookUp struct {
	Batch uuid.UUID `json:"batch"`
}

// Kind names the job.
func (LookUp) Kind() string { return "batch_look_up" }

// lookUpLater queues the job for the rows that were not looked up, unless there is
// one.
func (s *Service) lookUpLater(ctx context.Context, tx *database.Tx, id uuid.UUID) error {
	var state entbatch.DirectoryCheck
	var waiting bool
	err := tx.Query(ctx, `SELECT directory_check, EXISTS (SELECT 1 FROM batch_rows
			WHERE batch_id = $1 AND NOT looked_up AND NOT submitted) FROM batches WHERE id = $1`, []any{id},
		scanInto(&state, &waiting))
	if err != nil {
		return fmt.Errorf("look for rows to look up: %w", err)
	}
	switch {
	case state == entbatch.DirectoryCheckPending, !waiting && state == entbatch.DirectoryCheckDone:
		return nil // the job says when it is done
	case !waiting:
		return setCheck(ctx, tx, id, entbatch.DirectoryCheckDone)
	}
	if err := setCheck(ctx, tx, id, entbatch.DirectoryCheckPending); err != nil {
		return err
	}
	return s.Jobs.Insert(ctx, tx, jobs.Review, LookUp{Batch: id})
}

func setCheck(ctx context.Context, tx *database.Tx, id uuid.UUID, to entbatch.DirectoryCheck) error {
	if _, err := tx.Exec(ctx, `UPDATE batches SET directory_check = $2 WHERE id = $1`, id, string(to)); err != nil {
		return fmt.Errorf("store check: %w", err)
	}
	return nil
}

func (s *Service) lookUp(ctx context.Context, l LookUp) error {
	for answered := false; ; answered = true {
		if jobs.Enough(ctx) {
			return jobs.Again(0)
		}
		asked, err := s.unknown(ctx, l.Batch)
		if err != nil {
			return err
		}
		if len(asked) == 0 {
			more, err := s.endLookUp(ctx, l.Batch, entbatch.DirectoryCheckDone)
			if err != nil || !more {
				return err
			}
			continue
		}
		part := make([]*invite.Candidate, len(asked))
		for i, e := range asked {
			part[i] = &invite.Candidate{Request: invite.Request{EmailKey: e.keys[0], UsernameKey: e.keys[1], Number: e.keys[2]}}
		}
		if err := s.Invite.Lookup(ctx, part); err != nil {
			return s.unanswered(ctx, l, answered, err)
		}
		// The failures before an answer don't count against what is asked next: that
		// is a new job's.
		afresh := jobs.Failures(ctx) > 0
		if err := s.storeAnswers(ctx, l, asked, part, afresh); err != nil || afresh {
			return err
		}
	}
}

// unanswered says how the job goes on after the directory failed.
func (s *Service) unanswered(ctx context.Context, l LookUp, answered bool, cause error) error {
	switch {
	case fault.CodeOf(cause) == fault.Throttled:
		return cause
	case answered:
		return jobs.Again(lookUpPause)
	case jobs.Failures(ctx)+1 < lookUpTries:
		return cause
	}
	s.Log.WarnContext(ctx, "look up a list in the directory", "batch", l.Batch, "error", cause)
	// Its time may be up, and the answer has to be stored all the same.
	_, err := s.endLookUp(context.WithoutCancel(ctx), l.Batch, entbatch.DirectoryCheckUnavailable)
	return err
}

// unknown are the first rows of a list that the directory was not asked about.
func (s *Service) unknown(ctx context.Context, id uuid.UUID) ([]*entry, error) {
	var all []*entry
	err := s.DB.Query(ctx, `SELECT id, COALESCE(email_key, ''), COALESCE(username_key, ''), contact_number
		FROM batch_rows WHERE batch_id = $1 AND NOT looked_up AND NOT submitted ORDER BY position LIMIT $2`,
		[]any{id, directory.MaxPeople}, func(r *sql.Rows) error {
			e := &entry{}
			all = append(all, e)
			var sealed *string
			err := r.Scan(&e.id, &e.keys[0], &e.keys[1], &sealed)
			if err == nil {
				e.keys[byNumber], _, err = invite.Number(s.DB.Keys, e.id, sealed)
			}
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("look for rows to look up: %w", err)
	}
	return all, nil
}

// endLookUp says that a list was looked up, or could not be, unless rows have come
// to it meanwhile.
func (s *Service) endLookUp(ctx context.Context, id uuid.UUID, as entbatch.DirectoryCheck) (more bool, err error) {
	err = s.DB.WithTx(access.System(ctx), func(ctx context.Context, tx *database.Tx) error {
		if _, err := hold(ctx, tx, id); err != nil {
			return ignoreGone(err)
		}
		if as == entbatch.DirectoryCheckDone {
			more = false
			if err := tx.Query(ctx, `SELECT EXISTS (SELECT 1 FROM batch_rows WHERE batch_id = $1 AND NOT looked_up AND NOT submitted)`,
				[]any{id}, scanInto(&more)); err != nil || more {
				return err
			}
		}
		return setCheck(ctx, tx, id, as)
	})
	return more, err
}

// ignoreGone is no error for a list that was removed meanwhile.
func ignoreGone(err error) error {
	if fault.CodeOf(err) == fault.NotFound {
		return nil
	}
	return err
}

// storeAnswers keeps what was found out about rows. A row that was edited, removed
// or submitted meanwhile keeps what it has: it is asked about again, or not at all.
func (s *Service) storeAnswers(ctx context.Context, l LookUp, asked []*entry, answers []*invite.Candidate, afresh bool) error {
	found := make(map[uuid.UUID]int, len(asked))
	ids := make([][]any, len(asked))
	for i, e := range asked {
		found[e.id], ids[i] = i, []any{e.id}
	}
	return s.DB.WithTx(ctx, func(ctx context.Context, tx *database.Tx) error {
		if _, err := hold(ctx, tx, l.Batch); err != nil {
			return ignoreGone(err)
		}
		args := []any{l.Batch}
		table := tx.Table(&args, []string{"uuid"}, ids)
		now, err := entries(ctx, tx, " AND NOT r.looked_up AND NOT r.submitted AND r.id IN ("+table+")", args)
		if err != nil {
			return err
		}
		now = slices.DeleteFunc(now, func(e *entry) bool { return e.keys != asked[found[e.id]].keys })
		for _, e := range now {
			e.answer(answers[found[e.id]])
		}
		if err := store(ctx, tx, now); err != nil || !afresh {
			return err
		}
		return s.Jobs.Insert(ctx, tx, jobs.Review, l)
	})
}

// answer adds to a row what the directory and open invitations say. It weighs more
// than a duplicate in the list, and less than any other fault of the field.
func (e *entry) answer(c *invite.Candidate) {
	issues := slices.Clone(e.issues)
	for _, f := range c.Faults {
		issues = slices.DeleteFunc(issues, func(old *fault.Error) bool {
			return old.Code == fault.DuplicateInFile && old.Field[0] == f.Field[0]
		})
		if !hasField(issues, f.Field[0]) {
			issues = append(issues, f)
		}
	}
	invite.Sort(issues)
	e.issues, e.hints, e.lookedUp = issues, append(slices.Clone(e.hints), c.Hints...), true
}
