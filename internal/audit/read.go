package audit

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	entsql "entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"techbiz/ent"
	"techbiz/ent/auditrecord"
	entbatch "techbiz/ent/batch"
	"techbiz/ent/invitation"
	"techbiz/ent/officer"
	"techbiz/ent/predicate"
	"techbiz/internal/access"
	"techbiz/internal/address"
	"techbiz/internal/database"
	"techbiz/internal/requestid"
)

// Order is that of the log: newest first.
var Order = database.Order{Column: auditrecord.FieldRecordedAt, Desc: true}

// Entry is a record as a person reads it.
type Entry struct {
	ID        uuid.UUID
	At        time.Time
	Type      string
	Name      string // the type in words
	ActorKind auditrecord.ActorKind
	ActorID   *uuid.UUID
	By        *string // address of who acted; nil for nobody, and after erasure
	Address   *string // network address
	Subject   *string // on whom or what; nil after erasure, too
	RequestID *string
	Detail    *string
}

// Read returns one page, newest first, of what the actor may see.
func (l *Log) Read(ctx context.Context, w database.Window, where []predicate.AuditRecord) (database.Page[*Entry], error) {
	q := l.db.AuditRecord.Query().Where(where...).Where(w.Select)
	if near, err := l.nearest(ctx, w, where); err != nil {
		return database.Page[*Entry]{}, err
	} else if near != nil {
		q.Where(near)
	}
	rows, err := q.All(ctx)
	if err != nil {
		return database.Page[*Entry]{}, fmt.Errorf("read the activity log: %w", err)
	}
	page := database.Paginate(w, rows, func(r *ent.AuditRecord) (any, uuid.UUID) { return r.RecordedAt, r.ID })
	entries, err := l.entries(ctx, page.Nodes)
	return database.Page[*Entry]{Nodes: entries, Cursors: page.Cursors, HasNext: page.HasNext, HasPrev: page.HasPrev}, err
}

// nearest are the records in which a page of a narrow reach lies. Who may see a
// record is one of two columns, and a database that is asked for either sorts all
// that match; asked for each by its index it reads a page of each. The policy
// still decides: this only says where to look.
func (l *Log) nearest(ctx context.Context, w database.Window, where []predicate.AuditRecord) (predicate.AuditRecord, error) {
	a, _ := access.From(ctx)
	var either []predicate.AuditRecord
	switch access.ReachOf(ctx) {
	case access.Own:
		either = []predicate.AuditRecord{auditrecord.ActorID(a.OfficerID), auditrecord.OwnerID(a.OfficerID)}
	case access.Agency:
		agency := a.Agency()
		either = []predicate.AuditRecord{auditrecord.ActorAgency(agency), auditrecord.OwnerAgency(agency)}
	case access.Everything, access.Nothing:
		return nil, nil
	}
	var ids []uuid.UUID
	for _, one := range either {
		some, err := l.db.AuditRecord.Query().Where(one).Where(where...).Where(w.Select).IDs(access.System(ctx))
		if err != nil {
			return nil, fmt.Errorf("read the activity log: %w", err)
		}
		ids = append(ids, some...)
	}
	return auditrecord.IDIn(ids...), nil
}

// entries are records as a person reads them. What they are about is read as it
// now stands.
func (l *Log) entries(ctx context.Context, rows []*ent.AuditRecord) ([]*Entry, error) {
	var people, lists []uuid.UUID
	for _, r := range rows {
		for _, id := range []*uuid.UUID{r.ActorPerson, r.PersonID} {
			if id != nil {
				people = append(people, *id)
			}
		}
		if r.SubjectKind != nil && *r.SubjectKind == string(List) && r.SubjectID != nil {
			lists = append(lists, *r.SubjectID)
		}
	}
	emails, err := l.addresses(ctx, people)
	if err != nil {
		return nil, err
	}
	names, err := l.listNames(ctx, lists)
	if err != nil {
		return nil, err
	}
	out := make([]*Entry, len(rows))
	for i, r := range rows {
		e := &Entry{
			ID: r.ID, At: r.RecordedAt.UTC(), Type: r.Type, Name: Type(r.Type).Name(), ActorKind: r.ActorKind, ActorID: r.ActorID,
			Address: r.Address, RequestID: r.RequestID,
		}
		if r.ActorPerson != nil {
			e.By = nonEmpty(emails[*r.ActorPerson])
		}
		var d Detail
		if r.Detail != nil {
			_ = json.Unmarshal([]byte(*r.Detail), &d) // what was changed in it verify tells
		}
		e.Subject, e.Detail = nonEmpty(subjectOf(r, emails, names, d)), nonEmpty(d.String())
		out[i] = e
	}
	return out, nil
}

// subjectOf says on whom or what the act was.
func subjectOf(r *ent.AuditRecord, emails, names map[uuid.UUID]string, d Detail) string {
	var said []string
	if r.SubjectKind != nil && r.SubjectID != nil && *r.SubjectKind == string(List) {
		name, there := names[*r.SubjectID]
		switch {
		case !there:
			name = "A list that is gone"
		case name == "":
			name = "A list without a file"
		}
		said = append(said, name)
	}
	if r.PersonID != nil {
		if email := emails[*r.PersonID]; email != "" {
			said = append(said, email)
		}
	}
	if s := d.subject(); s != "" {
		said = append(said, s)
	}
	return strings.Join(said, ", ")
}

// listNames are the files of lists, for whoever may see the records about them.
func (l *Log) listNames(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]string, error) {
	names := map[uuid.UUID]string{}
	if len(ids) == 0 {
		return names, nil
	}
	lists, err := l.db.Batch.Query().Where(entbatch.IDIn(ids...)).Select(entbatch.FieldID, entbatch.FieldFileName).All(access.System(ctx))
	if err != nil {
		return nil, fmt.Errorf("load lists: %w", err)
	}
	for _, b := range lists {
		names[b.ID] = ""
		if b.FileName != nil {
			names[b.ID] = *b.FileName
		}
	}
	return names, nil
}

// searchMost bounds the officers, and the invitations, whose records a search looks
// for.
const searchMost = 200

// Search finds records by what a person types: the whole request id; the whole
// address of whoever acted or on whom it was; what was done to that person's
// invitations, and to the lists that these came from; and the acts of an officer
// whose address or name begins so.
func (l *Log) Search(ctx context.Context, typed string) (predicate.AuditRecord, error) {
	var found []predicate.AuditRecord
	if id := strings.TrimSpace(typed); requestid.Choose(id) == id {
		found = append(found, auditrecord.RequestID(id))
	}
	folded := address.Fold(typed)
	if id, err := uuid.Parse(folded); err == nil {
		found = append(found, auditrecord.ID(id), auditrecord.SubjectID(id))
	}
	if person, ok, err := l.Person(ctx, folded); err != nil {
		return nil, err
	} else if ok {
		found = append(found, auditrecord.ActorPerson(person), auditrecord.PersonID(person))
	}
	things, err := l.thingsOf(ctx, folded)
	if err != nil {
		return nil, err
	}
	if len(things) > 0 {
		found = append(found, auditrecord.SubjectIDIn(things...))
	}
	officers, err := l.db.Officer.Query().Where(func(s *entsql.Selector) {
		s.Where(entsql.Or(database.HasPrefix(s, folded, officer.FieldEmail), entsql.ContainsFold(s.C(officer.FieldName), folded)))
	}).Limit(searchMost).IDs(ctx)
	if err != nil {
		return nil, fmt.Errorf("look for officers: %w", err)
	}
	if len(officers) > 0 {
		found = append(found, auditrecord.ActorIDIn(officers...))
	}
	if len(found) == 0 {
		return func(s *entsql.Selector) { s.Where(entsql.False()) }, nil
	}
	return auditrecord.Or(found...), nil
}

// thingsOf are the invitations to an address that the actor may see, and the lists
// that they came from.
func (l *Log) thingsOf(ctx context.Context, email string) ([]uuid.UUID, error) {
	if !strings.Contains(email, "@") {
		return nil, nil
	}
	invitations, err := l.db.Invitation.Query().Where(invitation.EmailKey(email)).
		Select(invitation.FieldID, invitation.FieldBatchID).Limit(searchMost).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("look for invitations: %w", err)
	}
	var things []uuid.UUID
	for _, i := range invitations {
		things = append(things, i.ID)
		if i.BatchID != nil {
			things = append(things, *i.BatchID)
		}
	}
	return things, nil
}

func nonEmpty(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
