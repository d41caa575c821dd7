package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// field stands for the role of any control that takes text or a choice from a
// list: a test names it by its label alone.
const field = "field"

var fieldRoles = []string{"textbox", "searchbox", "combobox", "spinbutton"}

// control is an element as assistive technology finds it.
type control struct {
	role, name, description string
	node                    cdp.BackendNodeID
}

// controls returns what has a role and a name in the browser's own accessibility
// tree, hidden things left out. A name that ends in * is a beginning. It is empty
// while a page is being exchanged for another.
func (p *page) controls(role, name string) []control {
	p.t.Helper()
	document, err := run(p, chromedp.Evaluate[*runtime.RemoteObject](`document`))
	if err != nil {
		return nil
	}
	query := accessibility.QueryAXTreeParams{ObjectID: document.ObjectID}
	if p.scope == nil {
		return p.query(query, role, name)
	}
	areas := p.query(query, p.scope.role, p.scope.name)
	if len(areas) != 1 {
		return nil
	}
	return p.query(accessibility.QueryAXTreeParams{BackendNodeID: areas[0].node}, role, name)
}

// query returns what has a role and a name below a node.
func (p *page) query(query accessibility.QueryAXTreeParams, role, name string) []control {
	p.t.Helper()
	if role != field {
		query.Role = role
	}
	if !strings.HasSuffix(name, "*") {
		query.AccessibleName = name
	}
	tree, err := try(p, accessibility.QueryAXTree, query)
	if err != nil {
		return nil
	}
	var found []control
	for _, n := range tree.Nodes {
		c := control{role: axText(n.Role), name: axText(n.Name), description: axText(n.Description), node: n.BackendDOMNodeID}
		beginning, is := strings.CutSuffix(name, "*")
		if n.Ignored || role == field && !slices.Contains(fieldRoles, c.role) || is && !strings.HasPrefix(c.name, beginning) {
			continue
		}
		found = append(found, c)
	}
	return found
}

func axText(v *accessibility.Value) string {
	if v == nil {
		return ""
	}
	var s string
	_ = json.Unmarshal(v.Value, &s) // what is no text has none
	return s
}

// inView fails the test for a control that has to be scrolled to, within an open
// dialog.
func (p *page) inView(role, name string) {
	p.t.Helper()
	c := p.find(role, name)
	if !of[bool](p, c, `function () { const r = this.getBoundingClientRect(), d = this.closest('dialog').getBoundingClientRect(); return r.top >= d.top && r.bottom <= Math.min(d.bottom, innerHeight); }`) {
		p.t.Errorf("%s %q is out of view", role, name)
	}
}

// find waits for the one control with a role and a name.
func (p *page) find(role, name string) control {
	p.t.Helper()
	var found []control
	p.await(fmt.Sprintf("one %s %q", role, name), func() bool {
		found = p.controls(role, name)
		return p.ready() && len(found) == 1
	})
	return found[0]
}

// has says whether there is such a control now.
func (p *page) has(role, name string) bool { return len(p.controls(role, name)) > 0 }

// call calls a JavaScript function on a control's element.
func call[T any](p *page, c control, function string, args ...any) (value T, err error) {
	object, err := try(p, dom.ResolveNode, dom.ResolveNodeParams{BackendNodeID: c.node})
	if err != nil {
		return value, err
	}
	on := func(params *runtime.CallFunctionOnParams) { params.ObjectID = object.Object.ObjectID }
	return run(p, chromedp.CallFunctionOn[T](function, on, args...))
}

// of is call that fails the test on an error.
func of[T any](p *page, c control, function string) T {
	p.t.Helper()
	value, err := call[T](p, c, function)
	if err != nil {
		p.t.Fatalf("%s %q: %v", c.role, c.name, err)
	}
	return value
}

// spot is where on the screen a control is to be clicked.
type spot struct {
	X, Y    float64
	Blocked string // why it can't be, "" if it can
}

// whereIs brings an element into view and says where to click it: on itself or
// its label, and not on what lies over it.
const whereIs = `function () {
	const shown = (e) => { const r = e?.getClientRects()[0]; return r?.width > 0 && r.height > 0; };
	const e = shown(this) ? this : [...this.labels ?? []].find(shown);
	if (!e) return {blocked: 'it is not shown'};
	if (this.disabled) return {blocked: 'it is disabled'};
	let x, y, over;
	for (const place of ['nearest', 'center']) {
		e.scrollIntoView({block: place, inline: place, behavior: 'instant'});
		const r = e.getClientRects()[0];
		[x, y] = [r.left + r.width / 2, r.top + r.height / 2];
		over = document.elementFromPoint(x, y);
		if (over && (e.contains(over) || [...this.labels ?? []].some((l) => l.contains(over)))) return {x, y, blocked: ''};
	}
	return {x, y, blocked: 'it lies below ' + over?.outerHTML.slice(0, 120)};
}`

// click clicks the control with a role and a name as soon as it can be.
func (p *page) click(role, name string) {
	p.t.Helper()
	p.clickTimes(role, name, 1)
}

// clickTimes clicks so many times at once, as an impatient person does.
func (p *page) clickTimes(role, name string, times int64) {
	p.t.Helper()
	s := p.locate(role, name)
	for i := range times {
		for _, kind := range []input.DispatchMouseEventType{input.DispatchMouseEventTypeMousePressed, input.DispatchMouseEventTypeMouseReleased} {
			do(p, input.DispatchMouseEvent, input.DispatchMouseEventParams{Type: kind, X: s.X, Y: s.Y, Button: input.MouseButtonLeft, ClickCount: i + 1})
		}
	}
}

// locate waits until a control can be clicked and rests where it is.
func (p *page) locate(role, name string) (s spot) {
	p.t.Helper()
	why := errors.New("it is not there")
	var before spot
	deadline := time.Now().Add(patience)
	for ; time.Now().Before(deadline); p.pause() {
		if !p.ready() {
			continue
		}
		found := p.controls(role, name)
		if len(found) != 1 {
			why = fmt.Errorf("there are %d of it", len(found))
			continue
		}
		var err error
		if s, err = call[spot](p, found[0], whereIs); err == nil && s.Blocked == "" && s == before {
			return s
		}
		before, why = s, errors.Join(err, errors.New(s.Blocked))
	}
	p.t.Fatalf("%s %q can't be clicked: %v", role, name, why)
	return s
}

// pause is the time between two looks at a condition.
func (p *page) pause() {
	next := time.NewTimer(pollEvery)
	defer next.Stop()
	select {
	case <-next.C:
	case <-p.t.Context().Done():
	}
}

// fill clicks a field and puts a text in the place of what it holds.
func (p *page) fill(label, text string) {
	p.t.Helper()
	p.enterField(label)
	p.replace(text)
}

// enterField clicks a field. What a check of the field before says may move it
// away under the click; a person then clicks again.
func (p *page) enterField(label string) {
	p.t.Helper()
	p.await("the focus on "+label, func() bool {
		p.click(field, label)
		return p.focused().is(field, label)
	})
}

// replace puts a text in the place of what the focused field holds.
func (p *page) replace(text string) {
	p.t.Helper()
	if _, ok := evaluate[bool](p, `(document.activeElement.select?.(), true)`); !ok {
		p.t.Fatal("no field has the focus")
	}
	if text == "" {
		p.press(kb.Delete)
		return
	}
	do(p, input.InsertText, input.InsertTextParams{Text: text})
}

// keyIn types a text into a field letter by letter.
func (p *page) keyIn(label, text string) {
	p.t.Helper()
	p.enterField(label)
	p.replace("")
	p.press(text)
}

// press presses keys, one after the other. A key and its letter are one event, as
// from a keyboard: the focus can't move in between.
func (p *page) press(keys string, held ...chromedp.Modifier) {
	p.t.Helper()
	for _, r := range keys {
		events := kb.Encode(r)
		down, up := *events[0], *events[len(events)-1]
		if len(events) == 3 {
			down.Text, down.UnmodifiedText = events[1].Text, events[1].UnmodifiedText
		}
		down.Type = input.DispatchKeyEventTypeKeyDown
		for _, m := range held {
			down.Modifiers |= int64(m)
			up.Modifiers |= int64(m)
		}
		do(p, input.DispatchKeyEvent, down)
		do(p, input.DispatchKeyEvent, up)
	}
}

// choose picks an entry of a list.
func (p *page) choose(label, entry string) {
	p.t.Helper()
	c := p.find(field, label)
	picked, err := call[bool](p, c, `function (entry) {
		const option = [...this.options].find((o) => o.text === entry);
		if (!option) return false;
		this.value = option.value;
		for (const name of ['input', 'change']) this.dispatchEvent(new Event(name, {bubbles: true}));
		return true;
	}`, entry)
	if err != nil || !picked {
		p.t.Fatalf("%s: no entry %q: %v", label, entry, err)
	}
}

// upload puts a file into the file field with a label. Where a script sends the
// form, that is all; elsewhere a button has to.
func (p *page) upload(label, path string) {
	p.t.Helper()
	expression := fmt.Sprintf(`[...document.querySelectorAll('input[type=file]')].find((i) => [...i.labels].some((l) => l.innerText.trim() === %q))`, label)
	var file *runtime.RemoteObject
	p.await("the file field "+label, func() bool {
		var err error
		file, err = run(p, chromedp.Evaluate[*runtime.RemoteObject](expression))
		return err == nil && file.ObjectID != "" && p.ready()
	})
	path, err := filepath.Abs(path)
	p.must(err)
	do(p, dom.SetFileInputFiles, dom.SetFileInputFilesParams{Files: []string{path}, ObjectID: file.ObjectID})
}

// value is what a field holds.
func (p *page) value(label string) string {
	p.t.Helper()
	return of[string](p, p.find(field, label), `function () { return this.value }`)
}

// focused is the control that has the focus.
func (p *page) focused() control {
	p.t.Helper()
	object, err := run(p, chromedp.Evaluate[*runtime.RemoteObject](`document.activeElement`))
	if err != nil || object.ObjectID == "" {
		return control{}
	}
	no := false
	tree, err := try(p, accessibility.GetPartialAXTree, accessibility.GetPartialAXTreeParams{ObjectID: object.ObjectID, FetchRelatives: &no})
	if err != nil || len(tree.Nodes) == 0 {
		return control{}
	}
	n := tree.Nodes[0]
	return control{role: axText(n.Role), name: axText(n.Name), description: axText(n.Description), node: n.BackendDOMNodeID}
}

// is says whether a control has a role and a name, as controls reads them.
func (c control) is(role, name string) bool {
	beginning, begins := strings.CutSuffix(name, "*")
	return (c.role == role || role == field && slices.Contains(fieldRoles, c.role)) &&
		(c.name == name || begins && strings.HasPrefix(c.name, beginning))
}

// awaitFocus waits until a control has the focus.
func (p *page) awaitFocus(role, name string) {
	p.t.Helper()
	p.await(fmt.Sprintf("the focus on %s %q", role, name), func() bool { return p.focused().is(role, name) })
}

// tabTo presses Tab until a control has the focus.
func (p *page) tabTo(role, name string) {
	p.t.Helper()
	p.find(role, name)
	var passed []string
	for range 120 {
		c := p.focused()
		if c.is(role, name) {
			return
		}
		passed = append(passed, c.role+" "+c.name)
		p.press(kb.Tab)
	}
	p.t.Fatalf("Tab never comes to %s %q, but by %q", role, name, passed)
}
