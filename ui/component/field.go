// Package component holds the parts that pages are made of, one a file and named
// as the Singapore Government Design System names them.
//
// A component is a function of its arguments: it reads no request and asks no
// service. Text is escaped; no component takes ready-made HTML. Labels are the
// accessible names that the tests look for.
package component

import (
	"strings"
	"unicode/utf8"

	"github.com/a-h/templ"
)

// Problem is one thing to correct: the field's name, "" for the whole form, and
// a sentence for a person.
type Problem struct {
	Field, Message string
}

// Form is what a person typed and what is wrong with it.
type Form struct {
	Values   map[string]string
	Problems []Problem
	// Prefix stands before the ids of the controls, where two forms share a page.
	Prefix string
	// CheckURL is where a field goes when it is left, "" for nowhere.
	CheckURL string
}

// id is the id of a control; those of its texts begin with it.
func (f Form) id(name string) string { return f.Prefix + name }

// Value returns what was typed into a field.
func (f Form) Value(name string) string { return f.Values[name] }

// Error returns what is wrong with a field, "" when nothing is.
func (f Form) Error(name string) string {
	for _, p := range f.Problems {
		if p.Field == name {
			return p.Message
		}
	}
	return ""
}

// Field describes one control of a form.
type Field struct {
	Name, Label, Hint string
	Type              string // of the input element; "" is text
	InputMode         string
	Autocomplete      string // "" is off
	Max               int    // characters, for the live count of a text area
}

// describedBy lists the ids of the texts that belong to a control.
func describedBy(f Form, d Field) string {
	var ids []string
	if d.Hint != "" {
		ids = append(ids, f.id(d.Name)+"-hint")
	}
	if f.Error(d.Name) != "" {
		ids = append(ids, f.id(d.Name)+"-error")
	}
	if d.Max > 0 {
		ids = append(ids, f.id(d.Name)+"-count")
	}
	return strings.Join(ids, " ")
}

func (d Field) inputType() string {
	if d.Type == "" {
		return "text"
	}
	return d.Type
}

func (d Field) autocomplete() string {
	if d.Autocomplete == "" {
		return "off"
	}
	return d.Autocomplete
}

// controlState is what a control says of its error and description, and how it
// is checked as it is left.
func controlState(f Form, d Field) templ.Attributes {
	a := templ.Attributes{}
	if ids := describedBy(f, d); ids != "" {
		a["aria-describedby"] = ids
	}
	if f.Error(d.Name) != "" {
		a["aria-invalid"] = "true"
	}
	if f.CheckURL != "" {
		a["hx-post"] = f.CheckURL + "?field=" + d.Name
		a["hx-trigger"] = "change"
		a["hx-target"] = "closest .field"
		a["hx-swap"] = "outerMorph"
		a["hx-sync"] = "closest form:queue all"
	}
	return a
}

// remaining counts as the service counts: characters, not bytes.
func remaining(f Form, d Field) int {
	return d.Max - utf8.RuneCountInString(f.Value(d.Name))
}
