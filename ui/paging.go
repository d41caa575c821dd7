package ui

import (
	"net/url"
	"slices"
	"strconv"

	"techbiz/ui/component"
	"techbiz/ui/operation"
)

// page is which page of a list is asked for: by key, never by number. At is the
// position of its first row for the text "11 to 20 of 48"; it is the address's
// claim and decides nothing.
type page struct {
	First, Last   *int
	After, Before *string
	Size, At      int
}

// readPage reads the page of an address; what is not on offer is the default.
func readPage(q url.Values) page {
	pg := page{Size: component.Sizes[0], At: 1}
	if n, err := strconv.Atoi(q.Get("size")); err == nil && slices.Contains(component.Sizes, n) {
		pg.Size = n
	}
	if n, err := strconv.Atoi(q.Get("at")); err == nil && n > 0 && isPage(q) {
		pg.At = n
	}
	if before := q.Get("before"); before != "" {
		pg.Last, pg.Before = &pg.Size, &before
		return pg
	}
	pg.First, pg.After = &pg.Size, optional(q.Get("after"))
	return pg
}

// isPage says whether an address names a page that is not the first.
func isPage(q url.Values) bool { return q.Get("after") != "" || q.Get("before") != "" }

// withoutPage is the address of the first page of the same list.
func withoutPage(u *url.URL) string {
	q := u.Query()
	for _, name := range []string{"after", "before", "at"} {
		q.Del(name)
	}
	clean(q)
	return (&url.URL{Path: u.Path, RawQuery: q.Encode()}).RequestURI()
}

// pager describes the page that came back.
func (pg page) pager(path string, query url.Values, ends operation.PageEnds, shown, total int) component.Pager {
	from := pg.At
	if !ends.HasPreviousPage {
		from = 1
	}
	return component.Pager{
		Path: path, Query: query, Size: pg.Size, From: from, Shown: shown, Total: total, Exact: true,
		Start: text(ends.StartCursor), End: text(ends.EndCursor),
		HasPrevious: ends.HasPreviousPage, HasNext: ends.HasNextPage,
		Target: "#results",
	}
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
