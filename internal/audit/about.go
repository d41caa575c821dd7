package audit

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"techbiz/ent/auditrecord"
	"techbiz/internal/address"
	"techbiz/internal/database"
)

// Told is a record as the person is told of it whom it is about. It names nobody
// else.
type Told struct {
	At   time.Time `json:"recorded_at"`
	Type string    `json:"type"`
	Name string    `json:"event"` // in words
	// By is who acted: the person ("this person"), "another person", "the product", or
	// "nobody known".
	By     string `json:"by"`
	What   string `json:"what,omitempty"`
	Detail string `json:"detail,omitempty"`
	// Address is the network address that the act came from; it is left out where it
	// is another person's.
	Address string `json:"network_address,omitempty"`
}

// About returns, oldest first, the records of what a person did, and of what was done
// to the person or to what is the person's: an officer's things, and the things with
// these ids.
func (l *Log) About(ctx context.Context, tx *database.Tx, email string, things ...uuid.UUID) ([]Told, error) {
	if l == nil {
		return nil, nil
	}
	email = address.Fold(email)
	people, err := l.known(ctx, tx, []string{email})
	if err != nil {
		return nil, err
	}
	who := people[email]
	var officer uuid.UUID // nobody's id where there is none, like who
	if err := tx.Query(ctx, `SELECT id FROM officers WHERE email = $1`, []any{email}, func(r *sql.Rows) error { return r.Scan(&officer) }); err != nil {
		return nil, fmt.Errorf("find officer: %w", err)
	}
	args := []any{who, officer}
	for _, id := range things {
		args = append(args, id)
	}
	told := []Told{}
	err = tx.Query(ctx, `SELECT `+selected+` FROM audit_records r
		WHERE r.actor_person = $1 OR r.person_id = $1 OR r.actor_id = $2 OR r.owner_id = $2 OR r.subject_id IN (`+marks(len(args))+`)
		ORDER BY r.recorded_at, r.id`, args, func(rows *sql.Rows) error {
		var r record
		if err := rows.Scan(r.into()...); err != nil {
			return err
		}
		own := r.actorPerson.Valid && r.actorPerson.UUID == who || r.actor.Valid && r.actor.UUID == officer
		told = append(told, r.tell(own))
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read what is recorded of a person: %w", err)
	}
	return told, nil
}

// tell leaves out what identifies anybody but the person.
func (r *record) tell(own bool) Told {
	t := Told{At: r.at.UTC(), Type: r.kind, Name: Type(r.kind).Name(), By: "another person", Address: r.address.String}
	switch {
	case own:
		t.By = "this person"
	case r.actorKind == string(auditrecord.ActorKindSystem):
		t.By = "the product"
	case r.actorKind == string(auditrecord.ActorKindNobody):
		t.By = "nobody known"
	default:
		t.Address = ""
	}
	var d Detail
	if r.detail.Valid {
		_ = json.Unmarshal([]byte(r.detail.String), &d) // what was changed in it verify tells
	}
	t.What, t.Detail = d.subject(), d.String()
	return t
}
