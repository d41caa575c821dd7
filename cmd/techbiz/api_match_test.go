package main

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

// binding compares answers with expected ones that leave open what a test cannot
// know: "<uuid>", "<time>" and "<text>" stand for any, "<uuid NAME>" also keeps
// the value (and asks for the same where NAME has one already), and
// "<time NAME+24h>" is a time within a minute of the one that NAME has, and so
// much later.
type binding struct{ values map[string]string }

var placeholder = regexp.MustCompile(`^<(uuid|time|text)(?: (\w+)([+-]\w+)?)?>$`)

// about is how far a calculated time may be off: between accepting and doing lies
// a wait for the job.
const about = time.Minute

// bind keeps the values that the expected answer names.
func (b binding) bind(want, got any) {
	each(want, got, func(want string, got any) any {
		m, text := placeholder.FindStringSubmatch(want), asText(got)
		if m != nil && m[2] != "" && m[3] == "" && b.values[m[2]] == "" && isKind(m[1], text) {
			b.values[m[2]] = text
		}
		return got
	})
}

// mask returns the answer with the placeholder wherever the expected one has a
// placeholder that fits.
func (b binding) mask(want, got any) any {
	return each(want, got, func(want string, got any) any {
		m, text := placeholder.FindStringSubmatch(want), asText(got)
		if m == nil || !isKind(m[1], text) {
			return got
		}
		if m[2] != "" && m[3] == "" && b.values[m[2]] != text {
			return got
		}
		if m[3] != "" && !b.near(m[2], m[3], text) {
			return got
		}
		return want
	})
}

func (b binding) near(name, distance, text string) bool {
	from, err := time.Parse(time.RFC3339, b.values[name])
	if err != nil {
		return false
	}
	d, err := time.ParseDuration(strings.TrimPrefix(distance, "+"))
	if err != nil {
		return false
	}
	at, err := time.Parse(time.RFC3339, text)
	return err == nil && at.Sub(from.Add(d)).Abs() <= about
}

// each calls change for every text of the expected answer with what the answer
// has there, and returns the answer as changed.
func each(want, got any, change func(want string, got any) any) any {
	switch w := want.(type) {
	case string:
		return change(w, got)
	case []any:
		g, ok := got.([]any)
		if !ok {
			return got
		}
		changed := slices.Clone(g)
		for i := range min(len(w), len(g)) {
			changed[i] = each(w[i], g[i], change)
		}
		return changed
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok {
			return got
		}
		changed := maps.Clone(g)
		for _, k := range slices.Sorted(maps.Keys(w)) {
			if v, ok := g[k]; ok {
				changed[k] = each(w[k], v, change)
			}
		}
		return changed
	}
	return got
}

func asText(v any) string { s, _ := v.(string); return s }

func isKind(kind, text string) bool {
	switch kind {
	case "uuid":
		return uuid.Validate(text) == nil
	case "time":
		_, err := time.Parse(time.RFC3339, text)
		return err == nil && strings.HasSuffix(text, "Z")
	}
	return text != ""
}

func TestBinding(t *testing.T) {
	t.Parallel()
	const id, at = "01a20649-7614-7c42-8ce1-43c70afcb870", "2026-11-23T09:30:00Z"
	cases := []struct {
		name      string
		want, got any
		fits      bool
	}{
		{"any id", "<uuid>", id, true},
		{"no id", "<uuid>", "01a20649", false},
		{"the id that is known", "<uuid known>", id, true},
		{"another id than is known", "<uuid known>", "01a20649-7614-7c42-8ce1-43c70afcb871", false},
		{"one name for two values", []any{"<text a>", "<text a>"}, []any{"x", "y"}, false},
		{"a time", "<time>", at, true},
		{"a time that is not in UTC", "<time>", "2026-11-23T09:30:00+08:00", false},
		{"a day later", map[string]any{"a": "<time b+24h>", "b": "<time b>"}, map[string]any{"a": "2026-11-24T09:30:05Z", "b": at}, true},
		{"two days later", map[string]any{"a": "<time b+24h>", "b": "<time b>"}, map[string]any{"a": "2026-11-25T09:30:05Z", "b": at}, false},
		{"no text", "<text>", "", false},
		{"a null", "<text>", nil, false},
		{"a longer list", []any{"<text>"}, []any{"x", "y"}, false},
		{"a further field", map[string]any{"a": "<text>"}, map[string]any{"a": "x", "b": "y"}, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := binding{map[string]string{"known": id}}
			b.bind(c.want, c.got)
			if diff := cmp.Diff(c.want, b.mask(c.want, c.got)); (diff == "") != c.fits {
				t.Errorf("fits: %v\n%s", !c.fits, diff)
			}
		})
	}
}
