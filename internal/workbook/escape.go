package workbook

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// unescape resolves entities and line ends in place and checks the characters.
func unescape(b []byte) ([]byte, error) {
	if !validChars(b) {
		return nil, malformed("a character that XML does not have")
	}
	b = lineEnds(b)
	at := bytes.IndexByte(b, '&')
	if at < 0 {
		return b, nil
	}
	out := b[:at]
	for b = b[at:]; len(b) > 0; {
		if b[0] != '&' {
			n := bytes.IndexByte(b, '&')
			if n < 0 {
				n = len(b)
			}
			out, b = append(out, b[:n]...), b[n:]
			continue
		}
		// The longest reference worth a look: leading zeros are not.
		end := bytes.IndexByte(b[:min(len(b), 16)], ';')
		if end < 0 {
			return nil, malformed("& without an entity")
		}
		r, ok := entity(string(b[1:end]))
		if !ok {
			return nil, malformed("the entity &%.12s; is unknown", b[1:end])
		}
		// A character in UTF-8 is never longer than the reference to it.
		out, b = utf8.AppendRune(out, r), b[end+1:]
	}
	return out, nil
}

// entity returns the character that a reference stands for.
func entity(name string) (rune, bool) {
	switch name {
	case "amp":
		return '&', true
	case "lt":
		return '<', true
	case "gt":
		return '>', true
	case "quot":
		return '"', true
	case "apos":
		return '\'', true
	}
	if len(name) < 2 || name[0] != '#' {
		return 0, false
	}
	digits, base := name[1:], 10
	if digits[0] == 'x' {
		digits, base = digits[1:], 16
	}
	n, err := strconv.ParseUint(digits, base, 21)
	return rune(n), err == nil && xmlChar(rune(n))
}

// lineEnds turns every line end into \n, in place.
func lineEnds(b []byte) []byte {
	at := bytes.IndexByte(b, '\r')
	if at < 0 {
		return b
	}
	out := b[:at]
	for i := at; i < len(b); i++ {
		switch {
		case b[i] != '\r':
			out = append(out, b[i])
		case i+1 == len(b) || b[i+1] != '\n':
			out = append(out, '\n')
		}
	}
	return out
}

// validChars says whether b is UTF-8 of characters that XML has.
func validChars(b []byte) bool {
	for i := 0; i < len(b); {
		if c := b[i]; c < utf8.RuneSelf {
			if c < ' ' && c != '\n' && c != '\t' && c != '\r' {
				return false
			}
			i++
			continue
		}
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n == 1 || !xmlChar(r) {
			return false
		}
		i += n
	}
	return true
}

func xmlChar(r rune) bool {
	return r == '\t' || r == '\n' || r == '\r' || r >= 0x20 && r <= 0xD7FF ||
		r >= 0xE000 && r <= 0xFFFD || r >= 0x10000 && r <= 0x10FFFF
}

// decodeX resolves _xHHHH_ in place: so a workbook writes UTF-16 units that XML
// does not have, and the underscore before what only looks like one.
func decodeX(b []byte) []byte {
	at := bytes.Index(b, []byte("_x"))
	if at < 0 {
		return b
	}
	out := b[:at]
	for i := at; i < len(b); {
		unit, ok := unitX(b[i:])
		if !ok {
			out = append(out, b[i])
			i++
			continue
		}
		i += len("_xHHHH_")
		if utf16.IsSurrogate(unit) {
			low, _ := unitX(b[i:])
			if unit = utf16.DecodeRune(unit, low); unit == utf8.RuneError {
				continue // half a character
			}
			i += len("_xHHHH_")
		}
		out = utf8.AppendRune(out, unit)
	}
	return out
}

// encodeX escapes the underscores before what decodeX would resolve.
func encodeX(s string) string {
	if !strings.Contains(s, "_x") {
		return s
	}
	var b strings.Builder
	for i := range len(s) {
		if _, ok := unitX([]byte(s[i:min(len(s), i+len("_xHHHH_"))])); ok {
			b.WriteString("_x005F")
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func unitX(b []byte) (rune, bool) {
	if len(b) < len("_xHHHH_") || b[0] != '_' || b[1] != 'x' || b[6] != '_' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(b[2:6]), 16, 16)
	return rune(n), err == nil
}
