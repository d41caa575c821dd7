package component

import "strings"

// removedAddress is what the API gives where an address was removed.
const removedAddress = "removed@removed.invalid"

// IsRemoved says whether an address was removed.
func IsRemoved(address string) bool { return address == removedAddress }

// ShownAddress is an address as people read it.
func ShownAddress(address string) string {
	if IsRemoved(address) {
		return "(removed)"
	}
	return address
}

// cutAddress cuts an address before its last @.
func cutAddress(s string) (name, domain string) {
	at := strings.LastIndexByte(s, '@')
	if at < 0 {
		return s, ""
	}
	return s[:at], s[at:]
}
