package batch

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"techbiz/ent/batch"
	"techbiz/ent/schema"
	"techbiz/internal/address"
	"techbiz/internal/fault"
	"techbiz/internal/invite"
)

// row is one user under check, before it is stored.
type row struct {
	id       uuid.UUID
	position int
	number   int // 0: after the highest
	sheet    string
	*invite.Candidate
}

// check applies every rule to every row, and says whether the directory answered.
func (s *Service) check(ctx context.Context, rows []*row, details []invite.Details) (batch.DirectoryCheck, error) {
	rules, err := s.Invite.Rules(ctx, s.DB.Client)
	if err != nil {
		return "", err
	}
	all := make([]*invite.Candidate, len(rows))
	for i, r := range rows {
		c := &invite.Candidate{}
		c.Request, c.Faults = rules.Account(details[i])
		r.id, r.Candidate, all[i] = schema.NewID(), c, c
	}
	answered, err := s.Invite.Compare(ctx, all, true)
	if err != nil {
		return "", err
	}
	if !answered {
		return batch.DirectoryCheckUnavailable, nil
	}
	return batch.DirectoryCheckDone, nil
}

// columns are those that values fills, in its order.
var columns = []string{
	"id", "batch_id", "position", "number", "sheet",
	"email", "username", "first_name", "last_name", "country_code", "contact_number",
	"organisation", "department", "seed_text", "reason",
	"user_type", "seed_required", "email_key", "username_key", "number_key",
	"first_name_key", "last_name_key", "organisation_key", "department_key",
	"issues", "flagged", "start_text", "start_on",
}

func (r *row) values(batch uuid.UUID) ([]any, error) {
	issues, err := json.Marshal(append(fault.List{}, r.Faults...))
	if err != nil {
		return nil, fmt.Errorf("encode issues: %w", err)
	}
	q := r.Request
	return []any{
		r.id, batch, r.position, r.number, r.sheet,
		storable(q.Email), orNull(q.Username), orNull(q.FirstName), orNull(q.LastName), orNull(q.CountryCode), orNull(q.ContactNumber),
		orNull(q.Organisation), orNull(q.Department), orNull(q.Details.Seed), orNull(q.Reason),
		string(q.UserType), seedOrNull(q), orNull(q.EmailKey), orNull(q.UsernameKey), orNull(q.Number),
		address.Fold(q.FirstName), address.Fold(q.LastName), address.Fold(q.Organisation), address.Fold(q.Department),
		string(issues), len(r.Faults) > 0, orNull(q.Details.StartOn), orNull(q.StartOn),
	}, nil
}

// seedOrNull is the answer, or NULL where the cell says neither Yes nor No.
func seedOrNull(q invite.Request) any {
	if !q.SeedIsValid {
		return nil
	}
	return q.Seed
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return storable(s)
}

// storable is what was typed without NUL, which PostgreSQL's text cannot hold; the
// row's issues name it.
func storable(s string) string { return strings.ReplaceAll(s, "\x00", "\uFFFD") }

// scanInto scans the one row of an aggregate.
func scanInto(to ...any) func(*sql.Rows) error {
	return func(r *sql.Rows) error { return r.Scan(to...) }
}
