package audit

import (
	"context"
	"crypto/hmac"
	"database/sql"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"techbiz/ent/auditrecord"
	"techbiz/ent/schema"
	"techbiz/internal/access"
	"techbiz/internal/address"
	"techbiz/internal/database"
	"techbiz/internal/origin"
	"techbiz/internal/requestid"
)

// record is a row of audit_records. Its authentication code covers every field.
type record struct {
	id                            uuid.UUID
	at                            time.Time
	kind                          string
	actorKind                     string
	actor, actorPerson, owner     uuid.NullUUID
	actorAgency, ownerAgency      sql.NullString
	person, subject               uuid.NullUUID
	subjectKind, address, request sql.NullString
	writer                        string
	detail                        sql.NullString
	mac                           []byte
}

// columns are those of audit_records in the order of [record.values].
var columns = []string{
	"id", "recorded_at", "type", "actor_kind", "actor_id", "actor_agency", "actor_person", "owner_id", "owner_agency",
	"person_id", "subject_kind", "subject_id", "address", "request_id", "writer", "detail", "mac",
}

// selected are the columns of the table alias r.
var selected = "r." + strings.Join(columns, ", r.")

func (r *record) values() []any {
	return []any{
		r.id, r.at, r.kind, r.actorKind, r.actor, r.actorAgency, r.actorPerson, r.owner, r.ownerAgency,
		r.person, r.subjectKind, r.subject, r.address, r.request, r.writer, r.detail, r.mac,
	}
}

// into are the places that a row is scanned to.
func (r *record) into() []any {
	return []any{
		&r.id, &r.at, &r.kind, &r.actorKind, &r.actor, &r.actorAgency, &r.actorPerson, &r.owner, &r.ownerAgency,
		&r.person, &r.subjectKind, &r.subject, &r.address, &r.request, &r.writer, &r.detail, &r.mac,
	}
}

// layout is the version of the text under an authentication code.
const layout = 1

// text is what the authentication code covers. Every field has its length before
// it, so that nothing can move from one to the next.
func (r *record) text() []byte {
	b := []byte{layout}
	part := func(valid bool, s []byte) {
		if !valid {
			b = append(b, 0)
			return
		}
		b = binary.BigEndian.AppendUint32(append(b, 1), uint32(len(s))) // #nosec G115 -- no field has 4 GiB
		b = append(b, s...)
	}
	id := func(u uuid.NullUUID) { part(u.Valid, u.UUID[:]) }
	words := func(s sql.NullString) { part(s.Valid, []byte(s.String)) }
	part(true, r.id[:])
	part(true, binary.BigEndian.AppendUint64(nil, uint64(r.at.UnixMicro())))
	part(true, []byte(r.kind))
	part(true, []byte(r.actorKind))
	id(r.actor)
	words(r.actorAgency)
	id(r.actorPerson)
	id(r.owner)
	words(r.ownerAgency)
	id(r.person)
	words(r.subjectKind)
	id(r.subject)
	words(r.address)
	words(r.request)
	part(true, []byte(r.writer))
	words(r.detail)
	return b
}

func (l *Log) sign(r *record) []byte { return keyed(l.recordKey, r.text()) }

// genuine says whether the record is one that we wrote, as we wrote it.
func (l *Log) genuine(r *record) bool { return hmac.Equal(r.mac, l.sign(r)) }

// Record adds a record for each event, in the transaction of the act.
func (l *Log) Record(ctx context.Context, tx *database.Tx, events ...Event) error {
	if l == nil || len(events) == 0 {
		return nil
	}
	what := events[0].Type
	rows, waiting := make([][]any, len(events)), make([][]any, len(events))
	for i, e := range events {
		r, err := l.compose(ctx, tx, e)
		if err != nil {
			return fmt.Errorf("record %s: %w", e.Type, err)
		}
		rows[i], waiting[i] = r.values(), []any{r.id}
	}
	if err := tx.Insert(ctx, "audit_records", columns, "", rows); err != nil {
		return fmt.Errorf("record %s: %w", what, err)
	}
	if err := tx.Insert(ctx, "audit_pending", []string{"id"}, "", waiting); err != nil {
		return fmt.Errorf("record %s: %w", what, err)
	}
	return nil
}

func (l *Log) compose(ctx context.Context, tx *database.Tx, e Event) (*record, error) {
	actor, _ := access.From(ctx)
	if e.Actor != nil {
		actor = *e.Actor
	}
	r := &record{
		id: schema.NewID(), at: tx.Now.UTC().Truncate(time.Microsecond), kind: string(e.Type), actorKind: string(kindOf(actor)),
		subjectKind: orNull(string(e.Kind)), subject: idOrNull(e.ID),
		request: orNull(requestid.From(ctx)), writer: l.db.Name(),
	}
	if from := origin.From(ctx); from.IsValid() {
		r.address = orNull(from.String())
	}
	if strings.ContainsRune(e.Detail.Reason, '@') { // a sentence with an address in it is no sentence of ours
		e.Detail.Reason = ""
	}
	if e.Detail != (Detail{}) {
		raw, err := json.Marshal(e.Detail)
		if err != nil {
			return nil, err
		}
		r.detail = orNull(string(raw))
	}
	if !actor.System && actor.OfficerID != uuid.Nil {
		r.actor = idOrNull(actor.OfficerID)
		r.actorAgency = orNull(access.AgencyOf(actor.Email))
	} else {
		actor.Email = ""
	}
	if err := l.addPeople(ctx, tx, r, address.Fold(actor.Email), address.Fold(e.Person)); err != nil {
		return nil, err
	}
	if err := addOwner(ctx, tx, r, e.Owner); err != nil {
		return nil, err
	}
	r.mac = l.sign(r)
	return r, nil
}

func (l *Log) addPeople(ctx context.Context, tx *database.Tx, r *record, actor, person string) error {
	people, err := l.identify(ctx, tx, actor, person)
	if err != nil {
		return err
	}
	r.actorPerson, r.person = idOrNull(people[actor]), idOrNull(people[person])
	return nil
}

// addOwner notes whose thing it is, where that is not who acts.
func addOwner(ctx context.Context, tx *database.Tx, r *record, owner uuid.UUID) error {
	if owner == uuid.Nil || r.actor.Valid && r.actor.UUID == owner {
		return nil
	}
	return tx.Query(ctx, `SELECT id, agency FROM officers WHERE id = $1`, []any{owner}, func(rows *sql.Rows) error {
		return rows.Scan(&r.owner, &r.ownerAgency)
	})
}

// kindOf says in which way an actor acts.
func kindOf(a access.Actor) auditrecord.ActorKind {
	switch {
	case a.System:
		return auditrecord.ActorKindSystem
	case a.OfficerID == uuid.Nil:
		return auditrecord.ActorKindNobody
	case a.ByToken:
		return auditrecord.ActorKindToken
	}
	return auditrecord.ActorKindOfficer
}

func orNull(s string) sql.NullString { return sql.NullString{String: s, Valid: s != ""} }

func idOrNull(id uuid.UUID) uuid.NullUUID { return uuid.NullUUID{UUID: id, Valid: id != uuid.Nil} }
