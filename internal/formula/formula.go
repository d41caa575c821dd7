// Package formula keeps spreadsheets from running what people typed: a text that
// stands in a cell as =HYPERLINK(...) is a formula to whoever opens the file.
package formula

import "strings"

// Neutral returns s as no spreadsheet reads it as a formula, be it after a copy or
// a save as CSV: an apostrophe goes before what would begin one. The characters
// are those that OWASP names for CSV injection.
func Neutral(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}
