package ui

import (
	"strings"

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
