package component

import (
	"net/url"
	"slices"
	"strconv"
)

// Sizes are the page sizes on offer.
var Sizes = []int{10, 20, 50, 100}

// Pager describes a page by key: no numbers, but where it stands.
type Pager struct {
	Path        string     // of the list
	Query       url.Values // search and filters, without the position
	Size        int
	From        int // position of the first row, from 1
	Shown       int
	Total       int
	Exact       bool // whether Total is exact
	Start, End  string
	HasPrevious bool
	HasNext     bool
	Target      string // selector of the region that htmx replaces
}

// position is the text beside the links, such as "11 to 20 of 48".
func (p Pager) position() string {
	total := Count(p.Total)
	if !p.Exact {
		total = "more than " + total
	}
	if p.Shown == 0 {
		return "0 of " + total
	}
	return Count(p.From) + " to " + Count(p.From+p.Shown-1) + " of " + total
}

func (p Pager) link(change func(url.Values)) string {
	q := url.Values{}
	for k, v := range p.Query {
		q[k] = slices.Clone(v)
	}
	if p.Size != Sizes[0] {
		q.Set("size", strconv.Itoa(p.Size))
	}
	change(q)
	if len(q) == 0 {
		return p.Path
	}
	return p.Path + "?" + q.Encode()
}

func (p Pager) previous() string {
	return p.link(func(q url.Values) {
		q.Set("before", p.Start)
		q.Set("at", strconv.Itoa(max(1, p.From-p.Size)))
	})
}

func (p Pager) next() string {
	return p.link(func(q url.Values) {
		q.Set("after", p.End)
		q.Set("at", strconv.Itoa(p.From+p.Shown))
	})
}
