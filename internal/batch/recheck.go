package batch

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"

	"techbiz/internal/database"
	"techbiz/internal/fault"
	"techbiz/internal/invite"
	"techbiz/internal/seal"
)

// fewTouched is up to how many values the rows that have them are looked for; with
// more it is cheaper to read the list.
const fewTouched = 300

// regroup compares stored rows again, after some that have these values were
// added, changed or removed, and stores what changes.
func regroup(ctx context.Context, tx *database.Tx, batch uuid.UUID, t *touched) error {
	if t.size() == 0 {
		return nil
	}
	where, args := "", []any{batch}
	if t.size() <= fewTouched {
		var err error
		if where, err = t.condition(tx.Keys, &args); err != nil {
			return err
		}
	} else {
		t = nil
	}
	all, err := entries(ctx, tx, where, args)
	if err != nil {
		return err
	}
	compareAll(all, t)
	return store(ctx, tx, slices.DeleteFunc(all, func(e *entry) bool { return !e.changed }))
}

// condition is true for the rows that have one of the values.
func (t *touched) condition(k *seal.Keys, args *[]any) (string, error) {
	var kinds []string
	in := func(left string, rows [][]any) {
		if len(rows) > 0 {
			kinds = append(kinds, left+" IN ("+database.Values(args, nil, rows)+")")
		}
	}
	for i, by := range identifying {
		rows := make([][][]any, len(by.columns))
		for _, key := range slices.Sorted(maps.Keys(t.keys[i])) {
			if i != byNumber {
				rows[0] = append(rows[0], []any{key})
				continue
			}
			x, err := k.Find(key)
			if err != nil {
				return "", err
			}
			for slot, value := range x {
				if value != "" {
					rows[slot] = append(rows[slot], []any{value})
				}
			}
		}
		for n, column := range by.columns {
			in("r."+column, rows[n])
		}
	}
	var people [][]any
	for p := range t.people {
		people = append(people, []any{p.first, p.last, p.organisation})
	}
	in("(r.first_name_key, r.last_name_key, r.organisation_key)", people)
	return " AND (" + strings.Join(kinds, " OR ") + ")", nil
}

// entries reads rows of the list that is the first argument. Left out are those
// that hold nothing any more: a corrected row stands in their place, or their
// invitation has ended.
func entries(ctx context.Context, tx *database.Tx, where string, args []any) ([]*entry, error) {
	var all []*entry
	err := tx.Query(ctx, `SELECT r.id, r.position, r.number, COALESCE(r.sheet, ''),
			COALESCE(r.email_key, ''), COALESCE(r.username_key, ''), r.contact_number,
			r.first_name_key, r.last_name_key, r.organisation_key, r.issues, r.hints, r.looked_up, r.submitted
		FROM batch_rows r WHERE r.batch_id = $1 AND NOT r.replaced
			AND NOT (r.submitted AND EXISTS (SELECT 1 FROM invitations i WHERE i.id = r.id AND NOT i.open))`+where, args,
		func(r *sql.Rows) error {
			e := &entry{}
			var issues, hints []byte
			var sealed *string
			if err := r.Scan(&e.id, &e.position, &e.number, &e.sheet, &e.keys[0], &e.keys[1], &sealed,
				&e.person.first, &e.person.last, &e.person.organisation, &issues, &hints, &e.lookedUp, &e.settled); err != nil {
				return err
			}
			var err error
			if e.keys[byNumber], _, err = invite.Number(tx.Keys, e.id, sealed); err != nil {
				return err
			}
			if err := decode(issues, &e.issues); err != nil {
				return err
			}
			all = append(all, e)
			return decode(hints, &e.hints)
		})
	if err != nil {
		return nil, fmt.Errorf("load rows: %w", err)
	}
	return all, nil
}

// decode reads a list of faults; most are empty.
func decode(raw []byte, to *fault.List) error {
	if s := string(raw); s == "" || s == "[]" || s == "null" {
		return nil
	}
	return json.Unmarshal(raw, to)
}

// store writes what is known of rows, set-wise.
func store(ctx context.Context, tx *database.Tx, all []*entry) error {
	for part := range slices.Chunk(all, chunk) {
		values := make([][]any, len(part))
		for i, e := range part {
			issues, hints, err := encoded(e.issues, e.hints)
			if err != nil {
				return err
			}
			values[i] = []any{e.id, issues, hints, len(e.issues) > 0, hasSuggestion(e.issues), e.lookedUp}
		}
		var args []any
		table := tx.Table(&args, []string{"uuid", "jsonb", "jsonb", "boolean", "boolean", "boolean"}, values)
		if _, err := tx.Exec(ctx, `WITH v(id, issues, hints, flagged, suggested, looked_up) AS (`+table+`)
			UPDATE batch_rows SET issues = v.issues, hints = v.hints, flagged = v.flagged, suggested = v.suggested, looked_up = v.looked_up
			FROM v WHERE batch_rows.id = v.id`, args...); err != nil {
			return fmt.Errorf("store issues: %w", err)
		}
	}
	return nil
}
