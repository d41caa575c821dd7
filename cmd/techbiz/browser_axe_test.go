package main

import (
	"fmt"
	"os"
	"strings"
	"sync"

	"github.com/chromedp/chromedp"
)

var axeSource = sync.OnceValues(func() (string, error) {
	b, err := os.ReadFile("testdata/axe/axe.min.js")
	return string(b), err
})

// axeRun checks the page by WCAG 2.2 AA and axe's best practices. axe must not
// fetch the style sheets anew: the Content-Security-Policy forbids it.
const axeRun = `(async () => {
	const begin = Date.now();
	const result = await axe.run(document, {
		runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'], resultTypes: ['violations'], preload: false,
	});
	return {begin, end: Date.now(), violations: result.violations.map((v) => ({
		id: v.id, help: v.help, nodes: v.nodes.map((n) => n.target.join(' ') + '  ' + n.html.slice(0, 160)),
	}))};
})()`

type axeResult struct {
	Begin, End float64
	Violations []struct {
		ID, Help string
		Nodes    []string
	}
}

// accessible fails the test for what axe finds wrong with the page as it stands.
func (p *page) accessible(state string) {
	p.t.Helper()
	p.await("the page "+state, p.ready)
	source, err := axeSource()
	p.must(err)
	_, err = run(p, chromedp.Evaluate[chromedp.Void](source))
	p.must(err)
	got, err := run(p, chromedp.Evaluate[axeResult](axeRun, chromedp.EvalAwaitPromise))
	if err != nil {
		p.t.Fatalf("axe on %s: %v", state, err)
	}
	p.mu.Lock()
	p.axeRuns = append(p.axeRuns, [2]float64{got.Begin, got.End})
	p.mu.Unlock()
	for _, v := range got.Violations {
		var b strings.Builder
		for _, n := range v.Nodes {
			fmt.Fprintf(&b, "\n    %s", n)
		}
		p.t.Errorf("%s, %s: %s (%s)%s", state, p.path(), v.Help, v.ID, b.String())
	}
}
