package graph

import (
	"context"
	"fmt"
	"slices"

	"github.com/99designs/gqlgen/graphql"

	"techbiz/ent/auditrecord"
	"techbiz/ent/predicate"
	"techbiz/graph/model"
	"techbiz/graph/scalar"
	"techbiz/internal/access"
	"techbiz/internal/address"
	"techbiz/internal/audit"
	"techbiz/internal/fault"
)

// activityPage is the size of a page of the activity log where the caller gives
// none.
const activityPage = 50

// acts turns a filter of the activity log into predicates. Codes: BAD_REQUEST.
func (r *Resolver) acts(ctx context.Context, f *model.ActivityFilter) ([]predicate.AuditRecord, error) {
	if f == nil {
		return nil, nil
	}
	var p []predicate.AuditRecord
	if f.From != nil {
		p = append(p, auditrecord.RecordedAtGTE(*f.From))
	}
	if f.To != nil {
		p = append(p, auditrecord.RecordedAtLT(*f.To))
	}
	if len(f.Type) > len(audit.Types()) {
		return nil, fault.New(fault.BadRequest, "Name each type once.")
	}
	if f.Type != nil {
		known := slices.DeleteFunc(slices.Clone(f.Type), func(t string) bool {
			return !slices.ContainsFunc(audit.Types(), func(n audit.Named) bool { return string(n.Type) == t })
		})
		p = append(p, auditrecord.TypeIn(known...))
	}
	if f.Search == nil || address.Fold(*f.Search) == "" {
		return p, nil
	}
	if len(*f.Search) > maxSearch {
		return nil, fault.New(fault.BadRequest, "Search for at most %d characters.", maxSearch)
	}
	found, err := r.Audit.Search(ctx, *f.Search)
	return append(p, found), err
}

// prefetchActivity loads what is asked of records besides their own fields.
func (r *Resolver) prefetchActivity(ctx context.Context, rows []*audit.Entry, a asked) error {
	if !a.any("actor") {
		return nil
	}
	var officers idSet
	for _, e := range rows {
		officers.add(e.ActorID)
	}
	_, err := prime(ctx, loadersOf(ctx).officer, officers, r.officers)
	return err
}

func (r *Resolver) countActs(where []predicate.AuditRecord) scalar.Total {
	return once(func(ctx context.Context) (int, bool, error) {
		beyond, err := r.DB.AuditRecord.Query().Where(where...).Offset(countLimit).Limit(1).IDs(ctx)
		if err != nil {
			return 0, false, fmt.Errorf("count records: %w", err)
		}
		if len(beyond) > 0 {
			return countLimit, false, nil
		}
		n, err := r.DB.AuditRecord.Query().Where(where...).Count(ctx)
		if err != nil {
			return 0, false, fmt.Errorf("count records: %w", err)
		}
		return n, true, nil
	})
}

// refused records that somebody may not do what was asked for. What nobody in
// particular asked for is no attempt, and other errors are none either.
func (r *Resolver) refused(ctx context.Context, err error) {
	if fault.CodeOf(err) != fault.Forbidden || access.Refused(ctx) != nil { // the latter is recorded as it comes in
		return
	}
	r.Audit.Refused(ctx, audit.Event{Type: audit.AccessRefused, Detail: audit.Detail{
		Code: string(fault.Forbidden), Reason: fault.Of(err)[0].Message, What: askedFor(ctx),
	}})
}

// askedFor names the part of the API that an operation begins with.
func askedFor(ctx context.Context) string {
	if !graphql.HasOperationContext(ctx) {
		return ""
	}
	op := graphql.GetOperationContext(ctx)
	if op.Operation == nil {
		return ""
	}
	for _, f := range graphql.CollectFields(op, op.Operation.SelectionSet, []string{"Query", "Mutation", "Subscription"}) {
		return string(op.Operation.Operation) + " " + f.Name
	}
	return string(op.Operation.Operation)
}
