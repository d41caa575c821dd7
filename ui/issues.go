package ui

import (
	"cmp"
	"slices"
	"strings"

	"techbiz/ui/component"
	"techbiz/ui/operation"
)

// identifying are the fields by which two users are the same, as the service's
// sentences name them.
var identifying = map[string]string{"email": "email address", "techPassUsername": "username", "contactNumber": "contact number"}

// issueTexts says what is wrong with a user of a list. Sentences that differ by
// nothing but the field become one that names all the fields.
func issueTexts(issues []operation.Problem) []string {
	type sentence struct {
		text   string
		fields []string
	}
	var told []*sentence
	same := map[string]*sentence{}
	for _, issue := range issues {
		text, field := withoutField(issue)
		if s, ok := same[text]; ok && field != "" {
			s.fields = append(s.fields, field)
			continue
		}
		s := &sentence{text: text}
		if field != "" {
			s.fields = []string{field}
		}
		same[text] = s
		told = append(told, s)
	}
	texts := make([]string, len(told))
	for i, s := range told {
		if len(s.fields) > 1 {
			s.text = strings.Replace(s.text, "Change it,", "Change them,", 1)
		}
		texts[i] = strings.Replace(s.text, gap, listOf(s.fields), 1)
	}
	return texts
}

// gap stands in a sentence where its field is named.
const gap = "\x00"

// withoutField is an issue's sentence with a gap for the field, and the field;
// "" where the sentence names none.
func withoutField(issue operation.Problem) (text, field string) {
	if len(issue.Field) == 0 {
		return issue.Message, ""
	}
	field, ok := identifying[issue.Field[len(issue.Field)-1]]
	if !ok || !strings.Contains(issue.Message, "this "+field) {
		return issue.Message, ""
	}
	return strings.Replace(issue.Message, "this "+field, "this "+gap, 1), field
}

// listOf puts words into a sentence: a, b and c.
func listOf(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " and " + words[last]
}

// kindsShown is how many kinds of issues the review lists before the rest folds.
const kindsShown = 5

// fieldNames are the fields as the review's columns and forms name them.
var fieldNames = map[string]string{
	"email": "Email address", "techPassUsername": "TechPass username", "firstName": "First name", "lastName": "Last name",
	"countryCode": "Country code", "contactNumber": "Contact number", "organisation": "Organisation", "department": "Department",
	"seedRequired": "SEED", "reason": "Reason", "startOn": "Start date",
}

// kindWords are the kinds of issues in a few words; the rows have the sentences.
var kindWords = map[operation.ErrorCode]string{
	operation.ErrorCodeRequired:           "missing",
	operation.ErrorCodeTooLong:            "too long",
	operation.ErrorCodeInvalidFormat:      "not in the right form",
	operation.ErrorCodeNotPublicOfficer:   "no public officer’s",
	operation.ErrorCodeDomainNotAllowed:   "domain not allowed",
	operation.ErrorCodeUsernameNotAllowed: "not for a public officer",
	operation.ErrorCodeOffshoreNumber:     "not 65",
	operation.ErrorCodeSeedNotEligible:    "not for this email address",
	operation.ErrorCodeAccountExists:      "has an account already",
	operation.ErrorCodeAlreadyInvited:     "invited already",
	operation.ErrorCodeDuplicateInFile:    "twice in the list",
}

// kindText names a kind of issue, such as "Email address: domain not allowed".
func kindText(k operation.IssueKind) string {
	words := cmp.Or(kindWords[k.Code], sentence(strings.ReplaceAll(string(k.Code), "_", " ")))
	if name := cmp.Or(fieldNames[text(k.Field)], text(k.Field)); name != "" {
		return name + ": " + words
	}
	return words
}

// kindValue is how a form names a kind of issue.
func kindValue(k operation.IssueKind) string {
	return strings.TrimSpace(string(k.Code) + " " + text(k.Field))
}

// applyText is the button that applies the suggestions of a kind.
func applyText(k operation.IssueKind) string {
	switch {
	case k.Suggested == 1:
		return "Apply suggestion"
	case k.Suggested == k.Rows:
		return "Apply suggestion to all " + component.Count(k.Rows)
	}
	return "Apply " + component.Count(k.Suggested) + " suggestions"
}

// suggestion is what was probably meant in a field.
type suggestion struct{ field, value string }

// suggestionsOf are a row's suggestions, one for each field.
func suggestionsOf(row operation.BatchRowFields) []suggestion {
	var list []suggestion
	for _, issue := range row.Issues {
		if len(issue.Field) == 0 || text(issue.Suggestion) == "" {
			continue
		}
		s := suggestion{issue.Field[0], *issue.Suggestion}
		if s.field == "startOn" {
			s.value = cmp.Or(dayText(issue.Suggestion), s.value)
		}
		if !slices.Contains(list, s) {
			list = append(list, s)
		}
	}
	return list
}

// anyStarts says whether a page of rows needs a column for start dates.
func anyStarts(rows []operation.BatchRowFields) bool {
	return slices.ContainsFunc(rows, func(r operation.BatchRowFields) bool { return startText(r) != "" })
}
