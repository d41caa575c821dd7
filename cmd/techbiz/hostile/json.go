package hostile

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// Raw is a value of JSON as it is written, which may break the rules of JSON.
type Raw string

// object and array are values that hold others.
type (
	object map[string]any
	array  []any
)

// encode writes a value. Unlike the standard library it lets through what is no
// UTF-8 and no JSON.
func encode(b *strings.Builder, v any) {
	switch v := v.(type) {
	case Raw:
		b.WriteString(string(v))
	case object:
		keys := make([]string, 0, len(v))
		for k := range v {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		b.WriteByte('{')
		for i, k := range keys {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(strconv.Quote(k) + ":")
			encode(b, v[k])
		}
		b.WriteByte('}')
	case array:
		b.WriteByte('[')
		for i, e := range v {
			if i > 0 {
				b.WriteByte(',')
			}
			encode(b, e)
		}
		b.WriteByte(']')
	}
}

// quote writes a text as JSON and leaves what is no UTF-8 as it is.
func quote(s string) Raw {
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b.WriteString(`\` + string(c))
		case c < ' ':
			b.WriteString(`\u00` + strconv.FormatInt(int64(c)+0x100, 16)[1:])
		default:
			b.WriteByte(c)
		}
	}
	return Raw(b.String() + `"`)
}

// wrong are values of other types than a place takes, and values that are no JSON.
var wrong = []Raw{
	`null`, `true`, `0`, `-1`, `1.5`, `1e400`, `9223372036854775808`, `-0`, `[]`, `{}`, `[[[[]]]]`, `[null]`, `{"a":{"a":{"a":{"a":{}}}}}`, `{"x":1,"x":2}`,
	`"\ud800"`, `"\udc00\ud800"`, `"x`, `NaN`, `0123`, `[1,]`,
}

// numbers are those at the limits.
var numbers = []Raw{
	`0`, `-1`, `1`, `200`, `201`, `2147483647`, `2147483648`, `-2147483648`, `9007199254740993`, `9223372036854775807`, `1e3`, `1.0`, `1e-400`, `"10"`,
}

// Document is the body of a request that carries a query.
func Document(query string, variables Raw) string {
	b := &strings.Builder{}
	b.WriteString(`{"query":` + string(quote(query)))
	if variables != "" {
		b.WriteString(`,"variables":` + string(variables))
	}
	b.WriteByte('}')
	return b.String()
}

// IsJSON says whether a body is JSON at all.
func IsJSON(body string) bool { return json.Valid([]byte(body)) }
