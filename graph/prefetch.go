package graph

import (
	"context"
	"maps"
	"slices"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/uuid"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vikstrous/dataloadgen"

	"techbiz/ent"
)

// A list knows at once what all of its rows will ask for. Loading that with the
// list costs the same number of statements for any number of rows, on a machine
// of any load; a loader alone only hopes that the rows ask in time.

// asked is what a query asks for, by the names of the fields.
type asked map[string]asked

// listed are the types that a list's selection may name in its fragments.
var listed = []string{
	"InvitationConnection", "InvitationEdge", "Invitation", "InvitationEvent",
	"BatchConnection", "BatchEdge", "Batch", "BatchRowConnection", "BatchRowEdge", "BatchRow", "UndoReceipt", "Officer",
	"ActivityConnection", "ActivityEdge", "Activity",
}

func (a asked) add(op *graphql.OperationContext, set ast.SelectionSet) {
	for _, f := range graphql.CollectFields(op, set, listed) {
		if a[f.Name] == nil {
			a[f.Name] = asked{}
		}
		a[f.Name].add(op, f.Selections)
	}
}

// askedOfNodes is what a query asks of the nodes of the list that is resolved,
// directly or through the edges.
func askedOfNodes(ctx context.Context) asked {
	op, nodes := graphql.GetOperationContext(ctx), asked{}
	for _, f := range graphql.CollectFieldsCtx(ctx, listed) {
		switch f.Name {
		case "nodes":
			nodes.add(op, f.Selections)
		case "edges":
			for _, e := range graphql.CollectFields(op, f.Selections, listed) {
				if e.Name == "node" {
					nodes.add(op, e.Selections)
				}
			}
		}
	}
	return nodes
}

// any says whether one of the fields is asked for.
func (a asked) any(fields ...string) bool {
	return slices.ContainsFunc(fields, func(f string) bool { return a[f] != nil })
}

// prefetchInvitations loads what is asked of invitations besides their columns.
func (r *Resolver) prefetchInvitations(ctx context.Context, rows []*ent.Invitation, a asked) error {
	l := loadersOf(ctx)
	var officers, lists, earlier idSet
	for _, i := range rows {
		officers.add(&i.InviterID)
		lists.add(i.BatchID)
		earlier.add(i.ReplacesID)
	}
	if a.any("inviter") {
		if _, err := prime(ctx, l.officer, officers, r.officers); err != nil {
			return err
		}
	}
	if a.any("batch") {
		found, err := prime(ctx, l.batch, lists, r.batches)
		if err != nil {
			return err
		}
		if err := r.prefetchBatches(ctx, slices.Collect(maps.Values(found)), a["batch"]); err != nil {
			return err
		}
	}
	if a.any("history") {
		if err := r.prefetchHistories(ctx, rows, a["history"]); err != nil {
			return err
		}
	}
	if a.any("replaces") {
		found, err := prime(ctx, l.invitation, earlier, r.invitations)
		if err != nil {
			return err
		}
		return r.prefetchInvitations(ctx, slices.Collect(maps.Values(found)), a["replaces"])
	}
	return nil
}

func (r *Resolver) prefetchHistories(ctx context.Context, rows []*ent.Invitation, a asked) error {
	var ids, officers idSet
	for _, i := range rows {
		ids.add(&i.ID)
	}
	found, err := prime(ctx, loadersOf(ctx).history, ids, r.histories)
	if err != nil || !a.any("by") {
		return err
	}
	for _, events := range found {
		for _, e := range events {
			officers.add(e.OfficerID)
		}
	}
	_, err = prime(ctx, loadersOf(ctx).officer, officers, r.officers)
	return err
}

// prefetchBatches loads what is asked of batches besides their columns.
func (r *Resolver) prefetchBatches(ctx context.Context, lists []*ent.Batch, a asked) error {
	l := loadersOf(ctx)
	var ids, owners idSet
	for _, b := range lists {
		ids.add(&b.ID)
		owners.add(&b.OwnerID)
		if a["undo"].any("by") {
			owners.add(b.UndoneBy)
		}
	}
	if a.any("owner") || a["undo"].any("by") {
		if _, err := prime(ctx, l.officer, owners, r.officers); err != nil {
			return err
		}
	}
	if a.any("totalRows", "validRows", "flaggedRows", "leftOut", "queued", "succeeded", "failed", "cancelled", "scheduled", "estimatedCompletionAt") {
		if _, err := prime(ctx, l.counts, ids, r.Lists.Count); err != nil {
			return err
		}
	}
	if a.any("directoryChecked", "suggestedRows", "hintedRows", "rowsToCorrect") {
		if _, err := prime(ctx, l.review, ids, r.Lists.Review); err != nil {
			return err
		}
	}
	return nil
}

// prefetchRows loads what is asked of rows of a batch besides their columns.
func (r *Resolver) prefetchRows(ctx context.Context, rows []*ent.BatchRow, a asked) error {
	var ids, lists idSet
	for _, row := range rows {
		lists.add(&row.BatchID)
		if row.Submitted {
			ids.add(&row.ID)
		}
	}
	if a.any("sheet") {
		if _, err := prime(ctx, loadersOf(ctx).review, lists, r.Lists.Review); err != nil {
			return err
		}
	}
	if !a.any("invitation") {
		return nil
	}
	found, err := prime(ctx, loadersOf(ctx).invitation, ids, r.invitations)
	if err != nil {
		return err
	}
	return r.prefetchInvitations(ctx, slices.Collect(maps.Values(found)), a["invitation"])
}

// idSet is a set of ids in the order in which they came.
type idSet struct {
	ids  []uuid.UUID
	have map[uuid.UUID]bool
}

func (s *idSet) add(id *uuid.UUID) {
	if id == nil || s.have[*id] {
		return
	}
	if s.have == nil {
		s.have = map[uuid.UUID]bool{}
	}
	s.have[*id] = true
	s.ids = append(s.ids, *id)
}

// prime loads values in one call and keeps them in the loader.
func prime[V any](ctx context.Context, l *dataloadgen.Loader[uuid.UUID, V], s idSet,
	load func(context.Context, []uuid.UUID) (map[uuid.UUID]V, error),
) (map[uuid.UUID]V, error) {
	if len(s.ids) == 0 {
		return nil, nil
	}
	found, err := load(ctx, s.ids)
	if err != nil {
		return nil, err
	}
	for id, v := range found {
		l.Prime(id, v)
	}
	return found, nil
}
