package graph

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"techbiz/ent"
	"techbiz/ent/officer"
	"techbiz/graph/model"
	"techbiz/internal/access"
	"techbiz/internal/database"
	"techbiz/internal/fault"
	"techbiz/internal/role"
)

// officersPage is how many officers a page has where the caller gives no number.
const officersPage = 50

// listOfficers is a page of the officers whom the caller may see.
func (r *Resolver) listOfficers(ctx context.Context, args database.PageArgs, search string, of *access.Role) (*model.OfficerConnection, error) {
	w, err := database.NewWindow(args, database.Order{Column: officer.FieldEmail}, officersPage)
	if err != nil {
		return nil, err
	}
	where, err := role.Matching(ctx, search, of)
	if err != nil {
		return nil, err
	}
	rows, err := r.DB.Officer.Query().Where(where...).Where(w.Select).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("list officers: %w", err)
	}
	page := database.Paginate(w, rows, func(o *ent.Officer) (any, uuid.UUID) { return o.Email, o.ID })
	return &model.OfficerConnection{
		Edges: edges(page, func(c string, n *ent.Officer) *model.OfficerEdge { return &model.OfficerEdge{Cursor: c, Node: n} }),
		Nodes: page.Nodes, PageInfo: pageInfo(page),
		Total: func(ctx context.Context) (int, bool, error) {
			n, err := r.DB.Officer.Query().Where(where...).Count(ctx)
			return n, true, err
		},
	}, nil
}

func (r *Resolver) setRole(ctx context.Context, id uuid.UUID, to access.Role) (*model.OfficerPayload, error) {
	o, err := role.Set(ctx, r.DB, r.Audit, id, to)
	if err != nil {
		faults, err := split(err)
		return &model.OfficerPayload{Errors: faults}, err
	}
	return &model.OfficerPayload{Officer: o, Errors: []*fault.Error{}}, nil
}

func tokenPayload(t *ent.Token, err error) (*model.TokenPayload, error) {
	if err != nil {
		faults, err := split(err)
		return &model.TokenPayload{Errors: faults}, err
	}
	return &model.TokenPayload{Token: t, Errors: []*fault.Error{}}, nil
}

func domainPayload(all []*ent.AllowedDomain, err error) (*model.DomainPayload, error) {
	if err != nil {
		faults, err := split(err)
		return &model.DomainPayload{Domains: []*ent.AllowedDomain{}, Errors: faults}, err
	}
	return &model.DomainPayload{Domains: all, Errors: []*fault.Error{}}, nil
}

func domainRequestPayload(d *ent.DomainRequest, err error) (*model.DomainRequestPayload, error) {
	if err != nil {
		faults, err := split(err)
		return &model.DomainRequestPayload{Errors: faults}, err
	}
	return &model.DomainRequestPayload{Request: d, Errors: []*fault.Error{}}, nil
}

// oneOfficer is an officer whom the caller may see, nil where that is none.
func (r *Resolver) oneOfficer(ctx context.Context, id uuid.UUID) (*ent.Officer, error) {
	where, err := role.Matching(ctx, "", nil)
	if err != nil {
		return nil, err
	}
	o, err := r.DB.Officer.Query().Where(officer.ID(id)).Where(where...).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("load officer: %w", err)
	}
	return o, nil
}
