package main

import (
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
)

// What a page may weigh over the wire, headers included, in bytes: as the first
// one that a browser loads, and as a later one.
const (
	firstPage = 90 << 10
	laterPage = 10 << 10
)

// weight is what loading the present page cost.
const weight = `(() => {
	const news = /\/(live|events)($|\?)/;
	return [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
		.filter((e) => !news.test(e.name)).reduce((sum, e) => sum + e.transferSize, 0);
})()`

// pagesWeighLittle loads each page as the first one, with an empty cache, and
// again as a later one. The figures stand in docs/portal.md.
func pagesWeighLittle(t *testing.T, c *chromium, on *portal) {
	p := c.page(t, on)
	p.enter("lim.hui.min@tech.gov.sg", "/invite/multiple")
	p.upload("Choose a file", workbookOf(t, on.people(23)...))
	p.sees("1 to 10 of 23")
	review := p.path()
	for _, path := range []string{"/", "/invite/email", "/invite/single", "/invite/multiple", review, "/status", "/nothing"} {
		p.weighsLittle(path)
	}
	p.open(review)
	p.click("button", "Submit")
	p.click("button", "Confirm")
	p.sees("23 accounts created")
	p.open(p.path())
	if n := p.weighs(); n > laterPage {
		t.Errorf("the result of a list weighs %d", n)
	}
	p.weighsLittle("/status")
}

// weighsLittle loads a page as the first one and again as a later one.
func (p *page) weighsLittle(path string) {
	p.t.Helper()
	p.withoutCache()
	p.open(path)
	p.sees("TechBiz")
	first := p.weighs()
	p.open(path)
	later := p.weighs()
	p.t.Logf("%-20.20s first %6d, later %5d", path, first, later)
	if first > firstPage || later > laterPage {
		p.t.Errorf("%s weighs %d at first and %d later, at most %d and %d are allowed", path, first, later, firstPage, laterPage)
	}
}

func (p *page) weighs() (n int) {
	p.t.Helper()
	p.await("the page's weight", func() bool {
		var ok bool
		n, ok = evaluate[int](p, weight)
		return ok && p.ready() && n > 0
	})
	return n
}

// withoutCache empties the browser's cache.
func (p *page) withoutCache() {
	p.t.Helper()
	do(p, network.ClearBrowserCache, cdp.Empty{})
}
