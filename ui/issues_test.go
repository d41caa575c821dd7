package ui

import (
	"slices"
	"testing"

	"techbiz/ui/operation"
)

func TestIssueTexts(t *testing.T) {
	t.Parallel()
	issue := func(field, text string) operation.Problem {
		return operation.Problem{Code: operation.ErrorCodeDuplicateInFile, Field: []string{field}, Message: text}
	}
	email := issue("email", "Row 6 has this email address already. Change it, or remove one of the two.")
	username := issue("techPassUsername", "Row 6 has this username already. Change it, or remove one of the two.")
	number := issue("contactNumber", "Row 6 has this contact number already. Change it, or remove one of the two.")
	other := issue("contactNumber", "Row 9 has this contact number already. Change it, or remove one of the two.")
	name := issue("lastName", "Enter the last name.")
	tests := map[string]struct {
		issues []operation.Problem
		want   []string
	}{
		"nothing is wrong":                        {nil, nil},
		"one issue is told as it is":              {[]operation.Problem{email}, []string{email.Message}},
		"a user who stands before is told once":   {[]operation.Problem{email, username, number}, []string{"Row 6 has this email address, username and contact number already. Change them, or remove one of the two."}},
		"two of three, and something else":        {[]operation.Problem{email, name, number}, []string{"Row 6 has this email address and contact number already. Change them, or remove one of the two.", "Enter the last name."}},
		"fields of different rows are told apart": {[]operation.Problem{email, other}, []string{email.Message, other.Message}},
		"an issue of no field":                    {[]operation.Problem{{Message: "Too many."}}, []string{"Too many."}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := issueTexts(tt.issues); !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestKinds(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		kind        operation.IssueKind
		text, apply string
	}{
		{operation.IssueKind{Code: "DOMAIN_NOT_ALLOWED", Field: pointer("email"), Rows: 12, Suggested: 12}, "Email address: domain not allowed", "Apply suggestion to all 12"},
		{operation.IssueKind{Code: "INVALID_FORMAT", Field: pointer("contactNumber"), Rows: 1200, Suggested: 3}, "Contact number: not in the right form", "Apply 3 suggestions"},
		{operation.IssueKind{Code: "NEW_RULE", Rows: 2, Suggested: 1}, "New rule", "Apply suggestion"},
	} {
		if got := kindText(tt.kind); got != tt.text {
			t.Errorf("got %q, want %q", got, tt.text)
		}
		if got := applyText(tt.kind); got != tt.apply {
			t.Errorf("%s: got %q, want %q", tt.text, got, tt.apply)
		}
	}
}

func TestSuggestionsOf(t *testing.T) {
	t.Parallel()
	row := operation.BatchRowFields{Issues: []operation.Problem{
		{Field: []string{"email"}, Suggestion: pointer("lee@vendor.com")},
		{Field: []string{"email"}, Suggestion: pointer("lee@vendor.com")},
		{Field: []string{"reason"}},
		{Field: []string{"startOn"}, Suggestion: pointer("2026-12-01")},
	}}
	want := []suggestion{{"email", "lee@vendor.com"}, {"startOn", "01-12-2026"}}
	if got := suggestionsOf(row); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
