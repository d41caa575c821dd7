package batch

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"techbiz/ent/batchrow"
	"techbiz/ent/invitation"
	"techbiz/internal/access"
	"techbiz/internal/database"
	"techbiz/internal/directory"
	"techbiz/internal/fault"
	"techbiz/internal/invite"
)

// checkAgain flags rows that were valid at the review and are no longer, each with
// all the reasons.
func (s *Service) checkAgain(ctx context.Context, tx *database.Tx, id uuid.UUID) error {
	issues, err := s.changedRules(ctx, tx, id)
	if err != nil {
		return err
	}
	taken, err := takenRows(ctx, tx, id)
	if err != nil {
		return err
	}
	for row, fields := range taken {
		issues[row] = append(issues[row], takenIssues(fields)...)
	}
	return flag(ctx, tx, issues)
}

// flag stores issues of rows that had none. Rows with the same ones are written
// together.
func flag(ctx context.Context, tx *database.Tx, issues map[uuid.UUID]fault.List) error {
	alike := map[string][]uuid.UUID{}
	for row, list := range issues {
		invite.Sort(list)
		raw, err := json.Marshal(list)
		if err != nil {
			return fmt.Errorf("encode issues: %w", err)
		}
		alike[string(raw)] = append(alike[string(raw)], row)
	}
	for _, rows := range alike {
		for part := range slices.Chunk(rows, directory.MaxPeople) {
			if err := tx.BatchRow.Update().Where(batchrow.IDIn(part...)).SetIssues(issues[part[0]]).SetFlagged(true).
				Exec(access.System(ctx)); err != nil {
				return fmt.Errorf("flag rows: %w", err)
			}
		}
	}
	return nil
}

// changedRules finds rows whose domain is allowed no more or whose start date has
// passed.
func (s *Service) changedRules(ctx context.Context, tx *database.Tx, id uuid.UUID) (map[uuid.UUID]fault.List, error) {
	rules, err := s.Invite.Rules(ctx, tx.Client)
	if err != nil {
		return nil, err
	}
	rules.Now = tx.Now
	issues := map[uuid.UUID]fault.List{}
	err = tx.Query(ctx, `SELECT id, email, user_type, COALESCE(start_on, '') FROM batch_rows
		WHERE batch_id = $1 AND NOT flagged AND NOT submitted AND (user_type = 'VENDOR' OR start_on IS NOT NULL)`,
		[]any{id}, func(r *sql.Rows) error {
			var row uuid.UUID
			var email, of, startOn string
			if err := r.Scan(&row, &email, &of, &startOn); err != nil {
				return err
			}
			if list := rules.Still(email, invitation.UserType(of), startOn); len(list) > 0 {
				issues[row] = list
			}
			return nil
		})
	if err != nil {
		return nil, fmt.Errorf("check rows again: %w", err)
	}
	return issues, nil
}

// takenRows finds rows whose address, username or number an open invitation holds
// by now: which of [identifying], as bits.
func takenRows(ctx context.Context, tx *database.Tx, id uuid.UUID) (map[uuid.UUID]int, error) {
	taken := map[uuid.UUID]int{}
	for i, by := range identifying {
		for _, column := range by.columns {
			err := tx.Query(ctx, fmt.Sprintf(`SELECT r.id FROM batch_rows r JOIN invitations i ON i.open AND i.%[1]s = r.%[1]s
				WHERE r.batch_id = $1 AND NOT r.flagged AND NOT r.submitted AND r.%[1]s IS NOT NULL
					AND NOT (i.method = 'EMAIL_INVITATION' AND i.techpass_status = 'NOT_ONBOARDED' AND i.expires_at IS NOT NULL AND i.expires_at <= $2)`, column),
				[]any{id, tx.Now}, func(r *sql.Rows) error {
					var row uuid.UUID
					err := r.Scan(&row)
					taken[row] |= 1 << i
					return err
				})
			if err != nil {
				return nil, fmt.Errorf("look for open invitations: %w", err)
			}
		}
	}
	return taken, nil
}

// takenIssues are the issues of a row of which these fields are taken.
func takenIssues(fields int) fault.List {
	var issues fault.List
	for i, by := range identifying {
		if fields&(1<<i) != 0 {
			issues = append(issues, fault.Field(by.field, fault.AlreadyInvited,
				"An invitation with this %s was opened since the review. Change it, or remove the user.", by.name))
		}
	}
	return issues
}
