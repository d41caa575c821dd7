package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	cdpage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// Sizes of the window.
const (
	desktopWidth = 1440
	phoneWidth   = 390
)

// answerWithin is how long the browser may take for one command; a page that
// hangs must not hold up the test for longer.
const answerWithin = time.Minute

// pollEvery is how often a condition is looked at while a test waits for it.
const pollEvery = 40 * time.Millisecond

// page is one tab, used as a person uses it: by what is seen and by the names
// that a screen reader says.
type page struct {
	t     *testing.T
	ctx   context.Context
	on    *portal
	plain bool // JavaScript is off
	scope *area
	*console
}

// area is the part of a page in which controls are looked for.
type area struct{ role, name string }

// console is what the browser complained of.
type console struct {
	mu       sync.Mutex
	reported []report
	axeRuns  [][2]float64 // begin and end, in milliseconds
}

// report is one complaint.
type report struct {
	at   float64 // milliseconds
	text string
	// style is set for the Content-Security-Policy's word on a style.
	style bool
}

func newPage(t *testing.T, parent context.Context, on *portal, opts ...chromedp.ContextOption) *page {
	t.Helper()
	p := &page{t: t, on: on, console: &console{}}
	ctx, cancel := chromedp.NewContext(parent, append(opts, chromedp.WithListener(p.listen))...)
	p.ctx = ctx
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the page was %s", p.state())
		}
		p.check()
		cancel()
	})
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("open a tab: %v", err)
	}
	p.resize(desktopWidth, 900)
	do(p, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
	do(p, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-reduced-motion", Value: "reduce"}},
	})
	return p
}

// tab opens another tab of the same profile.
func (p *page) tab() *page {
	p.t.Helper()
	return newPage(p.t, p.ctx, p.on)
}

// in is the page with a part of it as all that there is, such as a dialog.
func (p *page) in(role, name string) *page {
	part := *p
	part.scope = &area{role, name}
	return &part
}

// do sends a command to the page's browser and fails the test on an error.
func do[P, R any](p *page, command cdp.Command[P, R], params P) R {
	p.t.Helper()
	got, err := try(p, command, params)
	if err != nil {
		p.t.Fatalf("%s: %v", command.Method, err)
	}
	return got
}

// try is do where the page may just be being exchanged for another.
func try[P, R any](p *page, command cdp.Command[P, R], params P) (R, error) {
	ctx, cancel := context.WithTimeout(p.ctx, answerWithin)
	defer cancel()
	return chromedp.Call(ctx, command, params)
}

// run is chromedp.Run with an end.
func run[T any](p *page, action chromedp.Action[T]) (T, error) {
	ctx, cancel := context.WithTimeout(p.ctx, answerWithin)
	defer cancel()
	return chromedp.Run(ctx, action)
}

// resize makes the window another size.
func (p *page) resize(width, height int64) {
	p.t.Helper()
	do(p, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
		Width: width, Height: height, DeviceScaleFactor: 1, Mobile: width < 600,
	})
}

// open goes to an address of the portal.
func (p *page) open(path string) {
	p.t.Helper()
	to, err := p.on.base.Parse(path)
	if err != nil {
		p.t.Fatal(err)
	}
	if _, err := run(p, chromedp.Navigate(to.String())); err != nil {
		p.t.Fatalf("open %s: %v", to, err)
	}
}

// reload, back and forward are the browser's buttons.
func (p *page) reload() {
	p.t.Helper()
	_, err := run(p, chromedp.Reload())
	p.must(err)
}

func (p *page) back() { p.t.Helper(); p.history(-1) }

func (p *page) forward() { p.t.Helper(); p.history(1) }

// history moves without waiting for a load, for a page may restore itself.
func (p *page) history(by int64) {
	p.t.Helper()
	h := do(p, cdpage.GetNavigationHistory, cdp.Empty{})
	at := h.CurrentIndex + by
	if at < 0 || at >= int64(len(h.Entries)) {
		p.t.Fatalf("no entry %+d in the history of %d", by, len(h.Entries))
	}
	do(p, cdpage.NavigateToHistoryEntry, cdpage.NavigateToHistoryEntryParams{EntryID: h.Entries[at].ID})
}

// await waits until done, and fails the test when that takes longer than
// patience.
func (p *page) await(what string, done func() bool) {
	p.t.Helper()
	p.awaitFor(patience, what, done)
}

func (p *page) awaitFor(limit time.Duration, what string, done func() bool) {
	p.t.Helper()
	deadline := time.NewTimer(limit)
	defer deadline.Stop()
	next := time.NewTicker(pollEvery)
	defer next.Stop()
	for !done() {
		select {
		case <-next.C:
		case <-deadline.C:
			p.t.Fatalf("waited %s in vain for %s", limit, what)
		}
	}
}

// evaluate returns the value of a JavaScript expression; ok is false while a page
// is being exchanged for another.
func evaluate[T any](p *page, expression string) (value T, ok bool) {
	p.t.Helper()
	value, err := run(p, chromedp.Evaluate[T](expression))
	return value, err == nil
}

// text is what can be read on the page, with white space as single blanks.
func (p *page) text() string {
	p.t.Helper()
	s, _ := evaluate[string](p, `document.body.innerText`)
	return words(s)
}

func words(s string) string { return strings.Join(strings.Fields(s), " ") }

// sees waits until all of these texts can be read on the page.
func (p *page) sees(texts ...string) {
	p.t.Helper()
	for _, text := range texts {
		p.await("the text "+text, func() bool { return strings.Contains(p.text(), words(text)) })
	}
}

// missing waits until a text can't be read on the page any more.
func (p *page) missing(text string) {
	p.t.Helper()
	p.await("the text to go: "+text, func() bool { return p.ready() && !strings.Contains(p.text(), words(text)) })
}

// heading waits for the page whose main heading it is.
func (p *page) heading(text string) {
	p.t.Helper()
	p.await("the heading "+text, func() bool {
		h1, ok := evaluate[string](p, `document.querySelector('h1')?.innerText ?? ''`)
		return ok && words(h1) == text && p.ready()
	})
}

// ready says whether the page is loaded.
func (p *page) ready() bool {
	state, _ := evaluate[string](p, `document.readyState`)
	return state == "complete"
}

// path is the path and query of the address bar.
func (p *page) path() string {
	p.t.Helper()
	s, _ := evaluate[string](p, `location.pathname + location.search`)
	return s
}

// state describes the page for the message of a failed test.
func (p *page) state() string {
	text := p.text()
	if len(text) > 1500 {
		text = text[:1500] + " ..."
	}
	return fmt.Sprintf("%s: %s", p.path(), text)
}

func (p *page) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

// listen keeps what the browser complains of. It must not block.
func (c *console) listen(event any) {
	var r report
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		r = report{at: e.Timestamp.Float64(), text: "error in a script: " + thrown(e.ExceptionDetails)}
	case *runtime.EventConsoleAPICalled:
		if e.Type != runtime.ConsoleAPICalledTypeError && e.Type != runtime.ConsoleAPICalledTypeWarning {
			return
		}
		args, err := json.Marshal(e.Args)
		r = report{at: e.Timestamp.Float64(), text: fmt.Sprintf("console.%s: %s", e.Type, errors.Join(err, errors.New(string(args))))}
	case *log.EventEntryAdded:
		if e.Entry.Level != log.EntryLevelError && e.Entry.Level != log.EntryLevelWarning || refusal(e.Entry) {
			return
		}
		r = report{
			at:    e.Entry.Timestamp.Float64(),
			text:  fmt.Sprintf("%s %s: %s %s", e.Entry.Source, e.Entry.Level, e.Entry.Text, e.Entry.URL),
			style: strings.Contains(e.Entry.Text, "inline style"),
		}
	case *cdpage.EventJavascriptDialogOpening:
		r = report{text: "a script opened a dialog: " + e.Message}
	default:
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.reported = append(c.reported, r)
}

func thrown(e *runtime.ExceptionDetails) string {
	if e.Exception != nil {
		return e.Text + " " + e.Exception.Description
	}
	return e.Text
}

// refusal says of an entry that it tells of an answer of the portal such as 422,
// which the page shows.
func refusal(e *log.Entry) bool {
	return e.Source == log.EntrySourceNetwork && strings.Contains(e.Text, "the server responded with a status of 4")
}

// check fails the test for what the browser complained of, but for the styles
// that axe itself tries to set.
func (p *page) check() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, r := range p.reported {
		if !r.style || !p.duringAxe(r.at) {
			p.t.Errorf("the browser reports: %s", r.text)
		}
	}
}

func (c *console) duringAxe(at float64) bool {
	for _, run := range c.axeRuns {
		if at >= run[0]-1 && at <= run[1]+1 {
			return true
		}
	}
	return false
}
