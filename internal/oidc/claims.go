package oidc

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Claims are what the provider says of a person, or of a client.
type Claims map[string]any

// Values are what a claim says, as text: one for a word, a number or a yes or no,
// several for a list of them, and none where there is no such claim.
func (c Claims) Values(name string) []string {
	list, ok := c[name].([]any)
	if !ok {
		list = []any{c[name]}
	}
	var values []string
	for _, v := range list {
		switch v := v.(type) {
		case string:
			values = append(values, v)
		case bool:
			values = append(values, strconv.FormatBool(v))
		case float64:
			values = append(values, strconv.FormatFloat(v, 'f', -1, 64))
		}
	}
	return values
}

// text is a claim that holds one word.
func (c Claims) text(name string) string {
	s, _ := c[name].(string)
	return s
}

// yes says whether a claim says yes; providers write that in several ways.
func (c Claims) yes(name string) bool {
	return slices.ContainsFunc(c.Values(name), func(v string) bool { return v == "1" || strings.EqualFold(v, "true") })
}

// Requirement is a claim that has to have one of some values.
type Requirement struct {
	Claim  string
	Values []string
}

// ParseRequirement reads name=value or name=value1|value2.
func ParseRequirement(text string) (Requirement, error) {
	name, values, ok := strings.Cut(text, "=")
	r := Requirement{Claim: strings.TrimSpace(name)}
	for v := range strings.SplitSeq(values, "|") {
		if v = strings.TrimSpace(v); v != "" {
			r.Values = append(r.Values, v)
		}
	}
	if !ok || r.Claim == "" || len(r.Values) == 0 {
		return Requirement{}, errors.New("give a claim and its values, such as device_compliant=true or network=gsib|gmd")
	}
	return r, nil
}

// Met says whether the claim has one of the values; of a list one element is enough.
func (r Requirement) Met(c Claims) bool {
	return slices.ContainsFunc(c.Values(r.Claim), func(v string) bool { return slices.Contains(r.Values, v) })
}

// String names the rule, for a person.
func (r Requirement) String() string {
	return fmt.Sprintf("%s is %s", r.Claim, strings.Join(r.Values, " or "))
}
