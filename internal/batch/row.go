package batch

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"techbiz/ent"
	"techbiz/ent/batchrow"
	"techbiz/internal/address"
	"techbiz/internal/database"
	"techbiz/internal/fault"
	"techbiz/internal/invite"
	"techbiz/internal/seal"
)

// row is one user under check, before it is stored.
type row struct {
	id       uuid.UUID
	position int // 0: behind the last
	number   int // 0: after the highest
	sheet    string
	leftOut  bool // it came to a list that was submitted
	person   person
	*invite.Candidate
}

// placed are the columns that say where a row stands, which never change; typed
// are those of what was typed and what is known of it. Each has its type, which
// PostgreSQL wants to be told.
var (
	placed = []string{"id", "batch_id", "position", "number", "sheet", "left_out"}
	typed  = []string{
		"email", "username", "first_name", "last_name", "country_code", "contact_number",
		"organisation", "department", "seed_text", "reason", "start_text", "start_on",
		"user_type", "seed_required", "email_key", "username_key", "number_key", "number_key2",
		"first_name_key", "last_name_key", "organisation_key", "department_key",
		"issues", "hints", "flagged", "suggested", "looked_up",
	}
	typedTypes = []string{
		"text", "text", "text", "text", "text", "text",
		"text", "text", "text", "text", "text", "text",
		"text", "boolean", "text", "text", "text", "text",
		"text", "text", "text", "text",
		"jsonb", "jsonb", "boolean", "boolean", "boolean",
	}
)

func (r *row) place(batch uuid.UUID) []any {
	return append(make([]any, 0, len(placed)+len(typed)), r.id, batch, r.position, r.number, orNull(r.sheet), r.leftOut)
}

// values appends those of what was typed and what is known of it.
func (r *row) values(k *seal.Keys, to []any) ([]any, error) {
	issues, hints, err := encoded(r.Faults, r.Hints)
	if err != nil {
		return nil, err
	}
	q := &r.Request
	number, err := numbers(k, r.id, q)
	if err != nil {
		return nil, err
	}
	return append(to,
		database.Text(q.Email), orNull(q.Username), orNull(q.FirstName), orNull(q.LastName), orNull(q.CountryCode), valueOf(number.Sealed),
		orNull(q.Organisation), orNull(q.Department), orNull(q.Details.Seed), orNull(q.Reason), orNull(q.Details.StartOn), orNull(q.StartOn),
		string(q.UserType), seedOrNull(q), orNull(q.EmailKey), orNull(q.UsernameKey), valueOf(number.Key[0]), valueOf(number.Key[1]),
		r.person.first, r.person.last, r.person.organisation, address.Fold(q.Department),
		issues, hints, len(r.Faults) > 0, hasSuggestion(r.Faults), r.LookedUp,
	), nil
}

// numbers is how a row keeps its contact number: sealed, and by what it is found.
// Nothing else writes one; [details] reads it.
func numbers(k *seal.Keys, row uuid.UUID, q *invite.Request) (invite.Stored, error) {
	return invite.Store(k, row, q.Number, database.Text(q.ContactNumber))
}

// details are what was typed into a stored row.
func details(k *seal.Keys, r *ent.BatchRow) (invite.Details, error) {
	_, number, err := invite.Number(k, r.ID, r.ContactNumber)
	if err != nil {
		return invite.Details{}, err
	}
	return invite.Details{
		Email: r.Email, Username: text(r.Username), FirstName: text(r.FirstName), LastName: text(r.LastName),
		CountryCode: text(r.CountryCode), ContactNumber: number,
		Organisation: text(r.Organisation), Department: text(r.Department), Seed: text(r.SeedText), Reason: text(r.Reason),
		StartOn: text(r.StartText),
	}, nil
}

// valueOf is the value behind a pointer, or nil: a typed nil pointer is no NULL.
func valueOf(s *string) any {
	if s == nil {
		return nil
	}
	return *s
}

// asStored is what details become when they are stored.
func asStored(q invite.Request) invite.Details {
	d := q.Details
	for _, s := range []*string{
		&d.Email, &d.Username, &d.FirstName, &d.LastName, &d.CountryCode, &d.ContactNumber,
		&d.Organisation, &d.Department, &d.Seed, &d.Reason, &d.StartOn,
	} {
		*s = database.Text(*s)
	}
	return d
}

// encoded are issues and hints as the columns keep them; no hint is NULL.
func encoded(issues, hints fault.List) (string, any, error) {
	i, err := asJSON(invite.WithoutNumber(issues))
	if err != nil || len(hints) == 0 {
		return i, nil, err
	}
	h, err := asJSON(hints)
	return i, h, err
}

func asJSON(l fault.List) (string, error) {
	if len(l) == 0 { // most are
		return "[]", nil
	}
	raw, err := json.Marshal(l)
	if err != nil {
		return "", fmt.Errorf("encode issues: %w", err)
	}
	return string(raw), nil
}

func hasSuggestion(l fault.List) bool {
	for _, f := range l {
		if f.Suggestion != nil {
			return true
		}
	}
	return false
}

// insert writes rows set-wise: while the database takes some, the next are encoded.
func insert(ctx context.Context, tx *database.Tx, batch uuid.UUID, rows []*row) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	ready := make(chan encodedRows, 1)
	go func() {
		defer close(ready)
		for part := range slices.Chunk(rows, chunk) {
			select {
			case ready <- encodeRows(tx.Keys, batch, part):
			case <-ctx.Done():
				return
			}
		}
	}()
	return tx.InsertAll(ctx, batchrow.Table, slices.Concat(placed, typed), func(yield func([][]any, error) bool) {
		for part := range ready {
			if !yield(part.values, part.err) {
				return
			}
		}
		if err := ctx.Err(); err != nil {
			yield(nil, err)
		}
	})
}

// encodedRows are rows as the columns keep them.
type encodedRows struct {
	values [][]any
	err    error
}

func encodeRows(k *seal.Keys, batch uuid.UUID, rows []*row) encodedRows {
	values := make([][]any, len(rows))
	for i, r := range rows {
		var err error
		if values[i], err = r.values(k, r.place(batch)); err != nil {
			return encodedRows{err: err}
		}
	}
	return encodedRows{values: values}
}

// chunk is how many rows one statement changes: each has some thirty values.
const chunk = 500

// overwrite stores what was typed anew into rows that stand, set-wise.
func overwrite(ctx context.Context, tx *database.Tx, rows []*row) error {
	set := make([]string, len(typed))
	for i, c := range typed {
		set[i] = fmt.Sprintf("%s = v.%s", c, c)
	}
	for len(rows) > 0 {
		n := min(len(rows), chunk)
		values := make([][]any, n)
		for i, r := range rows[:n] {
			var err error
			if values[i], err = r.values(tx.Keys, []any{r.id}); err != nil {
				return err
			}
		}
		var args []any
		table := tx.Table(&args, append([]string{"uuid"}, typedTypes...), values)
		if _, err := tx.Exec(ctx, `WITH v(id, `+strings.Join(typed, ", ")+`) AS (`+table+`)
			UPDATE batch_rows SET `+strings.Join(set, ", ")+` FROM v WHERE batch_rows.id = v.id`, args...); err != nil {
			return fmt.Errorf("store rows: %w", err)
		}
		rows = rows[n:]
	}
	return nil
}

// seedOrNull is the answer, or NULL where the cell says neither Yes nor No.
func seedOrNull(q *invite.Request) any {
	if !q.SeedIsValid {
		return nil
	}
	return q.Seed
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return database.Text(s)
}

// scanInto scans the one row of an aggregate.
func scanInto(to ...any) func(*sql.Rows) error {
	return func(r *sql.Rows) error { return r.Scan(to...) }
}
