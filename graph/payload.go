package graph

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"sync"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/uuid"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"techbiz/ent"
	"techbiz/ent/batchrow"
	"techbiz/ent/predicate"
	"techbiz/graph/model"
	"techbiz/graph/scalar"
	"techbiz/internal/batch"
	"techbiz/internal/database"
	"techbiz/internal/fault"
	"techbiz/internal/invite"
)

func invitationPayload(i *ent.Invitation, err error) (*model.InvitationPayload, error) {
	if err != nil {
		faults, err := split(err)
		return &model.InvitationPayload{Errors: faults}, err
	}
	return &model.InvitationPayload{Invitation: i, Errors: []*fault.Error{}}, nil
}

func batchPayload(b *ent.Batch, err error) (*model.BatchPayload, error) {
	if err != nil {
		faults, err := split(err)
		return &model.BatchPayload{Errors: faults}, err
	}
	return &model.BatchPayload{Batch: b, Errors: []*fault.Error{}}, nil
}

func rowPayload(r *ent.BatchRow, b *ent.Batch, err error) (*model.BatchRowPayload, error) {
	if err != nil {
		faults, err := split(err)
		return &model.BatchRowPayload{Errors: faults}, err
	}
	return &model.BatchRowPayload{Row: r, Batch: b, Errors: []*fault.Error{}}, nil
}

// sessionsPayload answers a change of the caller's sessions with those that are left.
func (r *Resolver) sessionsPayload(ctx context.Context, err error) (*model.SessionsPayload, error) {
	left := []*ent.Session{}
	var faults []*fault.Error
	if err != nil {
		if faults, err = split(err); err != nil {
			return nil, err
		}
	} else if left, err = r.SignIn.Sessions(ctx); err != nil {
		return nil, err
	}
	return &model.SessionsPayload{Sessions: left, Errors: noNil(faults)}, nil
}

// noNil is a list that GraphQL writes as [] when it is empty.
func noNil(l fault.List) []*fault.Error { return append([]*fault.Error{}, l...) }

// graphqlErrors is one top-level error, as the presenter shows it.
func graphqlErrors(ctx context.Context, err error, log *slog.Logger) gqlerror.List {
	return gqlerror.List{present(log)(ctx, err)}
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// answer is how a yes or no stands in the details of an account.
func answer(yes *bool) string {
	if yes != nil && *yes {
		return "Yes"
	}
	return "No"
}

func accountDetails(a model.AccountInput) invite.Details {
	return invite.Details{
		Email: a.Email, Username: text(a.TechPassUsername), FirstName: a.FirstName, LastName: a.LastName,
		CountryCode: text(a.CountryCode), ContactNumber: a.ContactNumber,
		Organisation: a.Organisation, Department: text(a.Department), Seed: answer(a.SeedRequired), Reason: a.Reason,
		StartOn: text(a.StartOn),
	}
}

func emailDetails(in model.InviteByEmailInput) invite.Details {
	return invite.Details{Email: in.Email, Seed: answer(in.SeedRequired), Reason: in.Reason}
}

func edges[N, E any](p database.Page[*N], edge func(cursor string, node *N) *E) []*E {
	out := make([]*E, len(p.Nodes))
	for i, n := range p.Nodes {
		out[i] = edge(p.Cursors[i], n)
	}
	return out
}

func pageInfo[N any](p database.Page[N]) *model.PageInfo {
	info := &model.PageInfo{HasNextPage: p.HasNext, HasPreviousPage: p.HasPrev}
	if n := len(p.Cursors); n > 0 {
		info.StartCursor, info.EndCursor = &p.Cursors[0], &p.Cursors[n-1]
	}
	return info
}

func total(ctx context.Context, t scalar.Total) (int, error) {
	n, _, err := t(ctx)
	return n, err
}

// countLimit is how far a list of invitations is counted: beyond it the count
// costs more than a person gains.
const countLimit = 10_000

func (r *Resolver) countInvitations(where []predicate.Invitation) scalar.Total {
	return once(func(ctx context.Context) (int, bool, error) {
		beyond, err := r.DB.Invitation.Query().Where(where...).Offset(countLimit).Limit(1).IDs(ctx)
		if err != nil {
			return 0, false, fmt.Errorf("count invitations: %w", err)
		}
		if len(beyond) > 0 {
			return countLimit, false, nil
		}
		n, err := r.DB.Invitation.Query().Where(where...).Count(ctx)
		if err != nil {
			return 0, false, fmt.Errorf("count invitations: %w", err)
		}
		return n, true, nil
	})
}

// once counts the first time that somebody asks: the total and whether it is exact
// are two fields of one count.
func once(count scalar.Total) scalar.Total {
	var first sync.Once
	var n int
	var exact bool
	var err error
	return func(ctx context.Context) (int, bool, error) {
		first.Do(func() { n, exact, err = count(ctx) })
		return n, exact, err
	}
}

func count(ctx context.Context, b *ent.Batch, of func(batch.Counts) int) (int, error) {
	c, err := loadersOf(ctx).counts.Load(ctx, b.ID)
	return of(c), err
}

func reviewed(ctx context.Context, b *ent.Batch, of func(batch.Review) int) (int, error) {
	v, err := loadersOf(ctx).review.Load(ctx, b.ID)
	return of(v), err
}

// rowFilter says which rows of a batch a list shows; what is nil does not filter.
type rowFilter struct {
	flagged, hinted, suggested, toCorrect *bool
	search                                *string
}

// rowsMatching are the rows of a batch that a list shows. Codes: BAD_REQUEST.
func rowsMatching(id uuid.UUID, f rowFilter) ([]predicate.BatchRow, error) {
	p := []predicate.BatchRow{batchrow.BatchID(id), batchrow.Replaced(false)}
	only := func(asked *bool, yes, no predicate.BatchRow) {
		if asked != nil && *asked {
			p = append(p, yes)
		} else if asked != nil {
			p = append(p, no)
		}
	}
	only(f.flagged, batchrow.Flagged(true), batchrow.Flagged(false))
	only(f.hinted, batchrow.HintsNotNil(), batchrow.HintsIsNil())
	only(f.suggested, batchrow.Suggested(true), batchrow.Suggested(false))
	only(f.toCorrect, batch.ToCorrect(id), batchrow.Not(batch.ToCorrect(id)))
	if f.search != nil {
		if len(*f.search) > maxSearch {
			return nil, fault.New(fault.BadRequest, "Search for at most %d characters.", maxSearch)
		}
		if *f.search != "" {
			p = append(p, batch.Search(*f.search))
		}
	}
	return p, nil
}

// readerAt is the content of an upload, which gqlgen hands over as a file or as
// memory.
func readerAt(u graphql.Upload) (io.ReaderAt, error) {
	if r, ok := u.File.(io.ReaderAt); ok {
		return r, nil
	}
	raw, err := io.ReadAll(u.File)
	if err != nil {
		return nil, fmt.Errorf("read upload: %w", err)
	}
	return bytes.NewReader(raw), nil
}

// orNil is nil for empty text.
func orNil(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
