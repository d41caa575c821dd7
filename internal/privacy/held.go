package privacy

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"entgo.io/ent/schema/field"
	"github.com/google/uuid"

	"techbiz/ent/batchrow"
	"techbiz/ent/migrate"
	"techbiz/internal/access"
	"techbiz/internal/address"
	"techbiz/internal/audit"
	"techbiz/internal/database"
	"techbiz/internal/invite"
)

// holding is a table that tells of people: which of its rows are about a person,
// given the folded address ($1; of lists there are the [unkeyed], too), and which
// columns nobody is shown because they are secrets, or only serve to find the row.
type holding struct {
	table, where string
	without      []string
	sealed       string // the column with the contact number
}

// theirs are the invitations of one person: those to the address, and those that
// were corrected from or to it.
const theirs = `WITH RECURSIVE chain(id, replaces_id) AS (
		SELECT id, replaces_id FROM invitations WHERE email_key = $1
		UNION SELECT i.id, i.replaces_id FROM invitations i JOIN chain c ON i.replaces_id = c.id OR i.id = c.replaces_id)
	SELECT id FROM chain`

const theirOfficer = `officer_id IN (SELECT id FROM officers WHERE email = $1)`

// held is where something may be about a person. A table of the database stands
// here or among [impersonal].
var held = []holding{
	{"invitations", "id IN (" + theirs + ")", []string{"email_key", "username_key", "first_name_key", "last_name_key",
		"number_key", "number_key2", "organisation_key", "department_key", "link"}, "contact_number"},
	{"invitation_events", "invitation_id IN (" + theirs + ")", nil, ""},
	{"batch_rows", "email_key = $1 OR id IN (" + theirs + ")", []string{"email_key", "username_key", "first_name_key", "last_name_key",
		"number_key", "number_key2", "organisation_key", "department_key"}, "contact_number"},
	{"officers", "email = $1", nil, ""},
	{"batches", "owner_id IN (SELECT id FROM officers WHERE email = $1)", nil, ""},
	{"sessions", theirOfficer, []string{"hash", "data"}, ""},
	{"tokens", theirOfficer, []string{"hash"}, ""},
	{"officer_identities", theirOfficer, nil, ""},
	{"domain_requests", theirOfficer, nil, ""},
	{"sign_in_codes", "email = $1", []string{"browser", "hash"}, ""},
	{"idempotency_keys", theirOfficer, []string{"input"}, ""},
	{"sandbox_persons", "email_key = $1", []string{"email_key", "username_key", "number_key", "number_key2", "token"}, "number"},
	{"sandbox_mails", "to_key = $1", []string{"to_key"}, ""},
}

// impersonal are the tables that tell of nobody.
var impersonal = []string{
	"allowed_domains", "data_keys", "key_holders", "markers", "rate_limits", "sandbox_clocks", "sign_in_attempts",
	"audit_blocks", "audit_pending", "audit_seals",
}

// recorded are the tables of the activity log that tell of people, by ids of its own:
// it says itself which records are about a person ([Options.Audit]), and what the ids
// stand for is destroyed by [Options.Also].
var recorded = []string{"audit_people", "audit_records"}

// Held is everything that is held about one person, table by table and column by
// column, and what the activity log has recorded of the person.
type Held struct {
	Email    string                      `json:"email"`
	At       time.Time                   `json:"at"`
	Data     map[string][]map[string]any `json:"data"`
	Activity []audit.Told                `json:"activity"`
}

// Export returns everything that is held about the person with this address. What
// others wrote about it in free text is not looked for.
func (s *Service) Export(ctx context.Context, email string) (*Held, error) {
	email = address.Fold(email)
	h := &Held{Email: email, Data: map[string][]map[string]any{}}
	err := s.DB.WithTx(access.System(ctx), func(ctx context.Context, tx *database.Tx) (err error) {
		h.At = tx.Now
		for _, t := range held {
			if h.Data[t.table], err = t.rows(ctx, tx, email); err != nil {
				return fmt.Errorf("read %s: %w", t.table, err)
			}
		}
		things, err := h.ids("invitations")
		if err == nil {
			h.Activity, err = s.Audit.About(ctx, tx, email, things...)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("export what is held: %w", err)
	}
	return h, nil
}

// ids are those of the rows of a table.
func (h *Held) ids(table string) (ids []uuid.UUID, err error) {
	for _, row := range h.Data[table] {
		id, err := uuid.Parse(row["id"].(string))
		if err != nil {
			return nil, fmt.Errorf("id in %s: %w", table, err)
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// rows are those about the person with a folded address.
func (t holding) rows(ctx context.Context, tx *database.Tx, email string) ([]map[string]any, error) {
	rows := []map[string]any{}
	read := func(where string, args ...any) error {
		return tx.Query(ctx, `SELECT * FROM `+t.table+` WHERE `+where+` ORDER BY id`, args, func(r *sql.Rows) error {
			row, err := t.read(r)
			if err == nil {
				err = t.open(tx, row)
			}
			rows = append(rows, row)
			return err
		})
	}
	if err := read(t.where, email); err != nil || t.table != batchrow.Table {
		return rows, err
	}
	more, err := unkeyed(ctx, tx, email)
	if err != nil {
		return nil, err
	}
	for part := range chunks(more) {
		args := []any{}
		if err := read("id IN ("+among(part, &args)+")", args...); err != nil {
			return nil, err
		}
	}
	return rows, nil
}

// unkeyed are the rows of lists with a folded address that has an issue, such as a
// domain that is not allowed: they are flagged, and have no email_key to be found by.
// What was typed is folded here: SQL would fold ASCII only, or as the database's locale
// has it. An address with a slip or other text in it is not found.
func unkeyed(ctx context.Context, tx *database.Tx, email string) (ids []uuid.UUID, err error) {
	err = tx.Query(ctx, `SELECT id, email FROM batch_rows WHERE flagged AND email_key IS NULL AND email <> $1 ORDER BY id`, []any{RemovedEmail},
		func(r *sql.Rows) error {
			var id uuid.UUID
			var typed string
			err := r.Scan(&id, &typed)
			if address.Fold(typed) == email {
				ids = append(ids, id)
			}
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("look for rows without a key: %w", err)
	}
	return ids, nil
}

// read reads a row as JSON has it.
func (t holding) read(r *sql.Rows) (map[string]any, error) {
	columns, err := r.Columns()
	if err != nil {
		return nil, err
	}
	values := make([]any, len(columns))
	for i := range values {
		values[i] = new(any)
	}
	if err := r.Scan(values...); err != nil {
		return nil, err
	}
	row := map[string]any{}
	for i, name := range columns {
		v := *values[i].(*any)
		if v == nil || slices.Contains(t.without, name) {
			continue
		}
		row[name] = plainValue(v, t.kind(name))
	}
	return row, nil
}

// kind is what the model says of a column.
func (t holding) kind(column string) field.Type {
	for _, table := range migrate.Tables {
		for _, c := range table.Columns {
			if table.Name == t.table && c.Name == column {
				return c.Type
			}
		}
	}
	return field.TypeInvalid
}

// plainValue is one value, the same from both databases.
func plainValue(v any, kind field.Type) any {
	if raw, ok := v.([]byte); ok && utf8.Valid(raw) {
		v = string(raw)
	}
	switch x := v.(type) {
	case string:
		if kind == field.TypeJSON {
			return json.RawMessage(x)
		}
	case int64:
		if kind == field.TypeBool {
			return x != 0
		}
	case time.Time:
		return x.UTC()
	}
	return v
}

// open shows the contact number.
func (t holding) open(tx *database.Tx, row map[string]any) error {
	sealed, ok := row[t.sealed].(string)
	if !ok {
		return nil
	}
	id, err := uuid.Parse(row["id"].(string))
	if err != nil {
		return err
	}
	number, typed, err := invite.Number(tx.Keys, id, &sealed)
	if row[t.sealed] = number; t.table == batchrow.Table {
		row[t.sealed] = typed
	}
	return err
}
