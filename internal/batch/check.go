package batch

import (
	"context"

	"github.com/google/uuid"

	"techbiz/ent/schema"
	"techbiz/internal/address"
	"techbiz/internal/directory"
	"techbiz/internal/invite"
	"techbiz/internal/workbook"
)

// check applies every rule to every row, and asks the directory as long as a
// request may wait.
func (s *Service) check(ctx context.Context, rows []*row, details func(i int) invite.Details) error {
	c, err := s.checking(ctx)
	if err != nil {
		return err
	}
	c.check(rows, details)
	return c.Wait()
}

// checking is a check of rows that come part by part.
type checking struct {
	*invite.Comparison
	rules invite.Rules
}

func (s *Service) checking(ctx context.Context) (*checking, error) {
	rules, err := s.Invite.Rules(ctx, s.DB.Client)
	if err != nil {
		return nil, err
	}
	return &checking{s.Invite.Comparing(ctx, true), rules}, nil
}

// check begins to check rows.
func (c *checking) check(rows []*row, details func(i int) invite.Details) {
	compare(c.Comparison, rows, func(i int) { rows[i].Request, rows[i].Faults = c.rules.Account(details(i)) })
}

// compare adds to rows what open invitations and the directory say, once prepare has
// read each by the rules.
func compare(c *invite.Comparison, rows []*row, prepare func(i int)) {
	for first := 0; first < len(rows); first += directory.MaxPeople {
		part := rows[first:min(first+directory.MaxPeople, len(rows))]
		all := make([]*invite.Candidate, len(part))
		for i, r := range part {
			if r.id == uuid.Nil {
				r.id = schema.NewID()
			}
			if r.Candidate == nil {
				r.Candidate = &invite.Candidate{}
			}
			all[i] = r.Candidate
		}
		c.Add(all, func() {
			for i, r := range part {
				prepare(first + i)
				r.person = person{address.Fold(r.FirstName), address.Fold(r.LastName), address.Fold(r.Organisation)}
			}
		})
	}
}

// reading checks the rows of a file while it is being read.
type reading struct {
	*checking
	file   string
	rows   []*row
	last   string // the sheet of the last row, which most share, and
	source string // what the row calls it
}

// add begins to check rows of the file.
func (r *reading) add(from []*workbook.Row) {
	rows, typed := make([]row, len(from)), make([]invite.Details, len(from))
	added := make([]*row, len(from))
	for i, f := range from {
		if r.source == "" || f.Sheet != r.last {
			r.last, r.source = f.Sheet, source(r.file, f.Sheet)
		}
		typed[i] = typedIn(f)
		rows[i] = row{number: f.Number, sheet: r.source}
		added[i] = &rows[i]
	}
	r.check(added, func(i int) invite.Details { return typed[i] })
	r.rows = append(r.rows, added...)
}

// finish returns the rows of the file, all checked as they stand in it now that it is
// read to its end.
func (s *Service) finish(ctx context.Context, r *reading, list *workbook.List) ([]*row, error) {
	r.add(list.Rows[len(r.rows):])
	if err := r.Wait(); err != nil {
		return nil, err
	}
	var again []*row // a merged cell was known only behind them
	var typed []invite.Details
	for i, checked := range r.rows {
		if now := typedIn(list.Rows[i]); now != checked.Details {
			r.rows[i] = &row{id: checked.id, number: checked.number, sheet: checked.sheet}
			again, typed = append(again, r.rows[i]), append(typed, now)
		}
	}
	if again == nil {
		return r.rows, nil
	}
	return r.rows, s.check(ctx, again, func(i int) invite.Details { return typed[i] })
}
