package component

import "strings"

// cutAddress cuts an address before its last @.
func cutAddress(s string) (name, domain string) {
	at := strings.LastIndexByte(s, '@')
	if at < 0 {
		return s, ""
	}
	return s[:at], s[at:]
}
