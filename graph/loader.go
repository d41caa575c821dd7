package graph

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/vikstrous/dataloadgen"

	"techbiz/ent"
	entbatch "techbiz/ent/batch"
	"techbiz/ent/invitation"
	"techbiz/ent/invitationevent"
	"techbiz/ent/officer"
	"techbiz/internal/batch"
)

// loaders gather what the rows of one answer ask for one by one, so that a
// page costs a fixed number of queries.
type loaders struct {
	officer    *dataloadgen.Loader[uuid.UUID, *ent.Officer]
	batch      *dataloadgen.Loader[uuid.UUID, *ent.Batch]
	counts     *dataloadgen.Loader[uuid.UUID, batch.Counts]
	review     *dataloadgen.Loader[uuid.UUID, batch.Review]
	invitation *dataloadgen.Loader[uuid.UUID, *ent.Invitation]
	history    *dataloadgen.Loader[uuid.UUID, []*ent.InvitationEvent]
}

// gather is how long a loader waits for more of the same, where prefetch has not
// loaded it already: what stands side by side asks within microseconds.
const gather = 300 * time.Microsecond

type loadersKey struct{}

func (r *Resolver) withLoaders(ctx context.Context) context.Context {
	wait := dataloadgen.WithWait(gather)
	return context.WithValue(ctx, loadersKey{}, &loaders{
		officer:    dataloadgen.NewMappedLoader(r.officers, wait),
		batch:      dataloadgen.NewMappedLoader(r.batches, wait),
		counts:     dataloadgen.NewMappedLoader(r.Lists.Count, wait),
		review:     dataloadgen.NewMappedLoader(r.Lists.Review, wait),
		invitation: dataloadgen.NewMappedLoader(r.invitations, wait),
		history:    dataloadgen.NewMappedLoader(r.histories, wait),
	})
}

func (r *Resolver) officers(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]*ent.Officer, error) {
	all, err := r.DB.Officer.Query().Where(officer.IDIn(ids...)).All(ctx)
	return byID(all, err, func(o *ent.Officer) uuid.UUID { return o.ID })
}

func (r *Resolver) batches(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]*ent.Batch, error) {
	all, err := r.DB.Batch.Query().Where(entbatch.IDIn(ids...)).All(ctx)
	return byID(all, err, func(b *ent.Batch) uuid.UUID { return b.ID })
}

func (r *Resolver) invitations(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]*ent.Invitation, error) {
	all, err := r.DB.Invitation.Query().Where(invitation.IDIn(ids...)).All(ctx)
	return byID(all, err, func(i *ent.Invitation) uuid.UUID { return i.ID })
}

// histories loads what happened to invitations, oldest first.
func (r *Resolver) histories(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID][]*ent.InvitationEvent, error) {
	all, err := r.DB.InvitationEvent.Query().Where(invitationevent.InvitationIDIn(ids...)).
		Order(invitationevent.ByAt(), invitationevent.ByID()).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("load history: %w", err)
	}
	m := make(map[uuid.UUID][]*ent.InvitationEvent, len(ids))
	for _, id := range ids {
		m[id] = []*ent.InvitationEvent{}
	}
	for _, e := range all {
		m[e.InvitationID] = append(m[e.InvitationID], e)
	}
	return m, nil
}

func loadersOf(ctx context.Context) *loaders { return ctx.Value(loadersKey{}).(*loaders) }

// seen is what was loaded, and nothing where the caller may not see it: a list that
// was handed over, and what was submitted of it, are different officers'.
func seen[N any](v *N, err error) (*N, error) {
	if errors.Is(err, dataloadgen.ErrNotFound) {
		return nil, nil
	}
	return v, err
}

func byID[N any](all []*N, err error, id func(*N) uuid.UUID) (map[uuid.UUID]*N, error) {
	if err != nil {
		return nil, fmt.Errorf("load for rows: %w", err)
	}
	m := make(map[uuid.UUID]*N, len(all))
	for _, n := range all {
		m[id(n)] = n
	}
	return m, nil
}
