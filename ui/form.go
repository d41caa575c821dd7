package ui

import (
	"net/http"
	"strings"

	"github.com/a-h/templ"

	"techbiz/ui/component"
	"techbiz/ui/operation"
)

// readValues returns what was typed into the named fields. Line ends count as
// one character, as a person counts them.
func readValues(r *http.Request, names ...string) map[string]string {
	values := map[string]string{}
	for _, name := range names {
		values[name] = strings.ReplaceAll(r.PostForm.Get(name), "\r\n", "\n")
	}
	return values
}

// optional returns nil for an empty text, which the API reads as absent.
func optional(s string) *string {
	if strings.TrimSpace(s) == "" {
		return nil
	}
	return &s
}

// pointer returns where v stands, for optional inputs.
func pointer[T any](v T) *T { return &v }

// yesNo is the value of the SEED question's choice.
func yesNo(yes bool) string {
	if yes {
		return "yes"
	}
	return "no"
}

// problemsOf turns the API's errors into what a form shows.
func problemsOf(errors []operation.Problem) []component.Problem {
	problems := make([]component.Problem, len(errors))
	for i, e := range errors {
		problems[i].Message = e.Message
		if len(e.Field) > 0 {
			problems[i].Field = e.Field[len(e.Field)-1]
		}
	}
	return problems
}

func hasCode(errors []operation.Problem, code operation.ErrorCode) bool {
	for _, e := range errors {
		if e.Code == code {
			return true
		}
	}
	return false
}

// dialogForm makes a form in a dialog answer there; elsewhere it is plain.
func dialogForm(dialog bool, slot, address string) templ.Attributes {
	if !dialog {
		return nil
	}
	return templ.Attributes{
		"hx-post":    address,
		"hx-target":  "#" + slot,
		"hx-swap":    "innerHTML",
		"hx-sync":    "this:replace",
		"hx-disable": "find button",
	}
}

// stepAddress is where a step of signing in goes.
func stepAddress(v signInView) string {
	if v.SentTo == "" {
		return "/sign-in"
	}
	return "/sign-in/code"
}

// withoutError is the form as it is before a field was left.
func withoutError(f component.Form, name string) component.Form {
	var rest []component.Problem
	for _, p := range f.Problems {
		if p.Field != name {
			rest = append(rest, p)
		}
	}
	f.Problems = rest
	return f
}
