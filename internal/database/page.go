package database

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strings"
	"time"

	entsql "entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"techbiz/internal/fault"
)

// PageArgs are a connection's arguments, as GraphQL's cursor connections
// specification has them.
type PageArgs struct {
	First, Last   *int
	After, Before *string
}

// MaxPage is the most that one page may hold.
const MaxPage = 200

// Order is the order of a list: a column that is never null, and the id behind
// it, both in the same direction.
type Order struct {
	Column string
	Desc   bool
	// Number says that the column holds whole numbers; one of a time ends in _at,
	// and any other holds text.
	Number bool
}

// Page is one page of a list.
type Page[N any] struct {
	Nodes            []N
	Cursors          []string
	HasNext, HasPrev bool
}

// Window is a checked request for one page.
type Window struct {
	order    Order
	limit    int
	backward bool
	after    *position
	before   *position
}

// position is what a cursor holds: the place of one row in one order.
type position struct {
	Column string    `json:"c"`
	Value  any       `json:"v"`
	ID     uuid.UUID `json:"i"`
}

// NewWindow checks the arguments against an order; without first and last the
// page has up to size rows. Codes: BAD_REQUEST.
func NewWindow(a PageArgs, o Order, size int) (Window, error) {
	w := Window{order: o, limit: size}
	if a.First != nil && a.Last != nil {
		return w, fault.New(fault.BadRequest, "Give first or last, not both.")
	}
	for name, n := range map[string]*int{"first": a.First, "last": a.Last} {
		if n == nil {
			continue
		}
		if *n < 1 || *n > MaxPage {
			return w, fault.New(fault.BadRequest, "%s must lie between 1 and %d.", name, MaxPage)
		}
		w.limit, w.backward = *n, name == "last"
	}
	var err error
	if w.after, err = w.decode("after", a.After); err != nil {
		return w, err
	}
	w.before, err = w.decode("before", a.Before)
	return w, err
}

func (w Window) decode(name string, cursor *string) (*position, error) {
	if cursor == nil {
		return nil, nil
	}
	broken := fault.New(fault.BadRequest, "%s is no cursor of this list. Use one from pageInfo or edges, with the same order.", name)
	raw, err := base64.RawURLEncoding.DecodeString(*cursor)
	if err != nil {
		return nil, broken
	}
	var p position
	if err := json.Unmarshal(raw, &p); err != nil || p.Column != w.order.Column {
		return nil, broken
	}
	if p.Value, err = w.order.value(p.Value); err != nil {
		return nil, broken
	}
	return &p, nil
}

// value is a cursor's value as the column has it. A cursor is the caller's text:
// what the database would choke on ends here.
func (o Order) value(v any) (any, error) {
	switch v := v.(type) {
	case float64:
		if o.Number && v == math.Trunc(v) && math.Abs(v) < 1<<53 {
			return int64(v), nil
		}
	case string:
		switch {
		case o.Number || strings.ContainsRune(v, 0):
		case strings.HasSuffix(o.Column, "_at"):
			at, err := time.Parse(time.RFC3339Nano, v)
			return at.UTC(), err
		default:
			return v, nil
		}
	}
	return nil, errors.New("no value of the column")
}

// Select narrows a query to the page, one row more than it has, in the order in
// which the index is to be read.
func (w Window) Select(s *entsql.Selector) {
	key := []string{s.C(w.order.Column), s.C("id")}
	compare := func(p *position, greater bool) {
		args := []any{p.Value, p.ID}
		if greater {
			s.Where(entsql.CompositeGT(key, args...))
		} else {
			s.Where(entsql.CompositeLT(key, args...))
		}
	}
	if w.after != nil {
		compare(w.after, !w.order.Desc)
	}
	if w.before != nil {
		compare(w.before, w.order.Desc)
	}
	dir := entsql.Asc
	if w.order.Desc != w.backward {
		dir = entsql.Desc
	}
	s.OrderBy(dir(key[0]), dir(key[1])).Limit(w.limit + 1)
}

// Paginate makes the page from the rows that a query narrowed by [Window.Select]
// returned; key gives a row's value of the order's column and its id.
func Paginate[N any](w Window, rows []N, key func(N) (any, uuid.UUID)) Page[N] {
	more := len(rows) > w.limit
	if more {
		rows = rows[:w.limit]
	}
	if w.backward {
		slices.Reverse(rows)
	}
	p := Page[N]{Nodes: rows, Cursors: make([]string, len(rows)), HasNext: more, HasPrev: w.after != nil}
	if w.backward {
		p.HasNext, p.HasPrev = w.before != nil, more
	}
	for i, n := range rows {
		v, id := key(n)
		p.Cursors[i] = w.encode(v, id)
	}
	return p
}

func (w Window) encode(v any, id uuid.UUID) string {
	if at, ok := v.(time.Time); ok {
		v = at.UTC().Format(time.RFC3339Nano)
	}
	raw, err := json.Marshal(position{Column: w.order.Column, Value: v, ID: id})
	if err != nil {
		panic(err) // a string, a number and an id always marshal
	}
	return base64.RawURLEncoding.EncodeToString(raw)
}
