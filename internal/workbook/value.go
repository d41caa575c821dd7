package workbook

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// display is a cell's value as a person means it: numbers in full, without an
// exponent; dates as dd-mm-yyyy; TRUE and FALSE; everything else as it stands.
func display(c cell) string {
	switch c.kind {
	case number:
		if c.dated {
			if text, ok := dateText(strings.TrimSpace(c.text), c.from1904); ok {
				return text
			}
		}
		return plainNumber(strings.Trim(c.text, " \t\n"))
	case date:
		if text, ok := isoDate(strings.TrimSpace(c.text)); ok {
			return text
		}
	case boolean:
		switch strings.Trim(c.text, " \t\n") {
		case "1", "true":
			return "TRUE"
		case "0", "false":
			return "FALSE"
		}
	}
	return clean(c.text)
}

// plainNumber renders a stored number with the 15 digits that Excel shows.
// Whole numbers stay as they are, and so does what is no number.
func plainNumber(s string) string {
	whole := true
	for i := range len(s) {
		if c := s[i]; c < '0' || c > '9' {
			if c != '.' && c != 'e' && c != 'E' && c != '+' && c != '-' {
				return clean(s)
			}
			whole = false
		}
	}
	if whole {
		return s
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || math.Abs(f) >= 1e21 || f != 0 && math.Abs(f) < 1e-12 {
		return s
	}
	f, err = strconv.ParseFloat(strconv.FormatFloat(f, 'e', 14, 64), 64)
	if err != nil {
		return s
	}
	if f == 0 {
		return "0"
	}
	return strconv.FormatFloat(f, 'f', -1, 64)
}

// clean trims blanks and invisible characters at the ends of a text, drops
// invisible ones within it, and makes every blank a plain one. Line breaks within
// it stay, as \n. A joiner between two letters beyond ASCII stays, too: some
// scripts are written with it.
func clean(s string) string {
	if plainASCII(s) {
		return strings.Trim(s, " \n")
	}
	var b strings.Builder
	b.Grow(len(s))
	var before rune
	for i, r := range s {
		switch {
		case r == '\n' || r == '\u0085' || r == '\u2028' || r == '\u2029':
			r = '\n'
		case r == '\r':
			if strings.HasPrefix(s[i+1:], "\n") {
				continue
			}
			r = '\n'
		case space(r):
			r = ' '
		case r == '\u200C' || r == '\u200D':
			after, _ := utf8.DecodeRuneInString(s[i+utf8.RuneLen(r):])
			if before < utf8.RuneSelf || after < utf8.RuneSelf || space(after) || invisible(after) || after == utf8.RuneError {
				continue
			}
		case invisible(r):
			continue
		}
		b.WriteRune(r)
		before = r
	}
	return strings.Trim(b.String(), " \n")
}

// plainASCII says whether s has only visible ASCII characters, blanks and \n.
func plainASCII(s string) bool {
	for i := range len(s) {
		if c := s[i]; c >= 0x7F || c < ' ' && c != '\n' {
			return false
		}
	}
	return true
}

// oneLine makes blanks of line breaks.
func oneLine(s string) string {
	if !strings.Contains(s, "\n") {
		return s
	}
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == '\n' }), " ")
}

// space says whether r is a blank of some width.
func space(r rune) bool {
	switch r {
	case '\t', '\v', '\f', ' ', '\u00A0', '\u1680', '\u202F', '\u205F', '\u3000':
		return true
	}
	return r >= '\u2000' && r <= '\u200A'
}

// invisible says whether r is a character that takes no room and means nothing in
// a name: controls, zero-width characters, marks of direction and byte order.
func invisible(r rune) bool {
	switch {
	case r < ' ', r >= 0x7F && r < 0xA0, r >= 0xFFF9 && r <= 0xFFFB, r >= 0xFDD0 && r <= 0xFDEF, r&0xFFFE == 0xFFFE:
		return true
	case r >= 0x200B && r <= 0x200F, r >= 0x202A && r <= 0x202E, r >= 0x2060 && r <= 0x206F, r >= 0xE0000 && r <= 0xE007F:
		return true
	}
	switch r {
	case 0x00AD, 0x034F, 0x061C, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180E, 0x3164, 0xFEFF, 0xFFA0:
		return true
	}
	return false
}
