package ui

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"techbiz/ui/operation"
)

// applySuggestions puts what was probably meant into the list: for one issue of
// one row, for all issues of a kind, or for all.
func (p *portal) applySuggestions(w http.ResponseWriter, r *http.Request) error {
	var rows []string
	var code *operation.ErrorCode
	var field *string
	one := r.PostForm.Get("one")
	kind := r.PostForm.Get("kind")
	if one != "" {
		row, name, _ := strings.Cut(one, " ")
		rows, field, one = []string{row}, optional(name), row
	} else if kind != "" {
		name, of, _ := strings.Cut(kind, " ")
		code, field = pointer(operation.ErrorCode(name)), optional(of)
	}
	answer, err := operation.ApplySuggestions(r.Context(), p.gql, r.PathValue("id"), rows, code, field)
	if err != nil {
		return err
	}
	// Whose row has been removed in another tab sees the list as it stands.
	if problems := answer.ApplySuggestions.Errors; len(problems) > 0 && (one == "" || !hasCode(problems, operation.ErrorCodeNotFound)) {
		return faultOf(problems)
	}
	to := p.backTo(r)
	if n := answer.ApplySuggestions.Changed; n != nil {
		to = withDone(to, "applied-"+strconv.Itoa(*n))
		if one != "" {
			to += "&row=" + url.QueryEscape(one)
		}
	}
	return seeOther(w, r, to)
}
