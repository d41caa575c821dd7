package audit

import (
	"context"
	"database/sql"

	"github.com/google/uuid"
)

// people opens what identifies each person.
func (v *verification) people(ctx context.Context) error {
	behind, args := "", []any{verifyPage}
	for {
		n, last := 0, uuid.Nil
		err := v.db.Query(ctx, `SELECT id, lookup, wrapped_key, sealed FROM audit_people `+behind+` ORDER BY id LIMIT $1`, args,
			func(rows *sql.Rows) error {
				var p personRow
				if err := rows.Scan(&p.id, &p.lookup, &p.wrapped, &p.sealed); err != nil {
					return err
				}
				n++
				last = p.id
				if _, err := v.open(p); err != nil {
					v.found(Finding{Problem: PersonChanged, ID: p.id, Text: "who it is cannot be read: " + err.Error()})
				}
				return nil
			})
		if err != nil {
			return err
		}
		v.sum.People += n
		if n < verifyPage {
			return nil
		}
		behind, args = "WHERE id > $2", []any{verifyPage, last}
	}
}

// nameless finds people whom records name, who are not there, and of whom no record
// says that they were erased.
func (v *verification) nameless(ctx context.Context) error {
	for _, column := range []string{"actor_person", "person_id"} {
		err := v.db.Query(ctx, `SELECT DISTINCT r.`+column+`, e.id IS NOT NULL FROM audit_records r
			LEFT JOIN audit_people p ON p.id = r.`+column+`
			LEFT JOIN audit_records e ON e.subject_id = r.`+column+` AND e.type = '`+string(PersonErased)+`' AND e.subject_kind = '`+string(Person)+`'
			WHERE r.`+column+` IS NOT NULL AND p.id IS NULL`, nil, func(rows *sql.Rows) error {
			var id uuid.UUID
			var erased bool
			if err := rows.Scan(&id, &erased); err != nil {
				return err
			}
			if !erased {
				v.found(Finding{Problem: PersonMissing, ID: id, Text: "who it is was removed, and no record says that it was erased"})
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return v.db.Query(ctx, `SELECT count(*) FROM audit_records WHERE type = $1`, []any{string(PersonErased)},
		func(rows *sql.Rows) error { return rows.Scan(&v.sum.Erasures) })
}
