package database

import "strings"

// Text is what was typed as both databases can hold it: PostgreSQL's text takes
// neither NUL nor broken UTF-8, and U+FFFD stands for these.
func Text(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}
