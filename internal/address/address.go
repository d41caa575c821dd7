// Package address reads e-mail addresses and says whose they are.
//
// It accepts what the HTML standard accepts in an e-mail field, with a domain of
// at least two labels, and nothing that a mail header could be broken with. It
// compares without regard to case. It does not know which domains are allowed.
package address

import (
	"regexp"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// valid is the HTML standard's valid e-mail address, asking for a dot in the
// domain: https://html.spec.whatwg.org/multipage/input.html#valid-e-mail-address
var valid = regexp.MustCompile("^[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@" +
	`[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)+$`)

// Valid says whether s, trimmed, is one plain address. It is ASCII only: beyond,
// letters exist that fold to ASCII ones, and two mailboxes would become one.
func Valid(s string) bool {
	local, _, _ := strings.Cut(s, "@")
	return valid.MatchString(s) && local[0] != '.' && local[len(local)-1] != '.' && !strings.Contains(local, "..")
}

// Fold is the form in which text is compared and searched: trimmed, in lower
// case, composed (Unicode NFC), and without NUL, which PostgreSQL's text cannot
// hold.
func Fold(s string) string {
	return strings.ToLower(norm.NFC.String(strings.TrimSpace(strings.ReplaceAll(s, "\x00", "\uFFFD"))))
}

// Domain is the folded text behind the last @, and empty where there is none.
func Domain(s string) string {
	i := strings.LastIndexByte(s, '@')
	if i < 0 {
		return ""
	}
	return Fold(s[i+1:])
}

// Government says whose an address is.
type Government struct {
	// Parent is the domain below which every agency has its own, such as gov.sg.
	Parent string
}

// vendorIDs is the domain below the parent in which vendors get their TechPass
// IDs; nobody in it is an officer.
const vendorIDs = "techpass"

// Officer says whether the domain is an agency's: below the parent, and not the
// vendors'.
func (g Government) Officer(domain string) bool {
	below, ok := strings.CutSuffix(domain, "."+g.Parent)
	return ok && below != vendorIDs && !strings.HasSuffix(below, "."+vendorIDs)
}

// Reserved says whether the domain can be nobody's: the parent itself and the
// vendors' IDs.
func (g Government) Reserved(domain string) bool {
	return domain == g.Parent || (strings.HasSuffix(domain, "."+g.Parent) && !g.Officer(domain))
}
