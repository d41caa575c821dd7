package address

import (
	"fmt"
	"strings"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"
)

// maxDomain is how long a domain may be, in characters.
const maxDomain = 253

// subdomains stands before a domain for all that is below it, but not itself.
const subdomains = "*."

// Domains are allowed domains. One that begins with *. allows every sub-domain of
// what follows, at any depth, and not that itself.
type Domains map[string]bool

// Has says whether a folded domain is allowed. It takes as many looks as the
// domain has labels, whatever the number of allowed ones.
func (d Domains) Has(domain string) bool {
	if d[domain] {
		return true
	}
	for {
		_, above, ok := strings.Cut(domain, ".")
		if !ok {
			return false
		}
		if domain = above; d[subdomains+domain] {
			return true
		}
	}
}

// Wildcard says whether an allowed domain stands for the sub-domains of another.
func Wildcard(domain string) bool { return strings.HasPrefix(domain, subdomains) }

// VendorDomain reads a domain whose addresses vendors have, as somebody typed it:
// folded, in its ASCII form, with *. before it for its sub-domains. Where it is none
// problem is a sentence that says why: an agency's domain is none, nor one below
// which anybody may register a name, nor the address of a machine.
func (g Government) VendorDomain(typed string) (domain, problem string) {
	d := strings.TrimSuffix(Fold(typed), ".")
	base, wild := strings.CutPrefix(d, subdomains)
	if strings.ContainsAny(d, "@/: ") {
		return "", "Enter only what stands behind the @, such as vendor.com."
	}
	base, err := idna.Lookup.ToASCII(base)
	if err != nil || !isDomain(base) {
		return "", "Enter a domain such as vendor.com, or *.vendor.com for its sub-domains."
	}
	switch {
	case g.Reserved(base):
		return "", fmt.Sprintf("%s cannot be allowed: no vendor has an address there.", base)
	case g.Officer(base):
		return "", fmt.Sprintf("%s is an agency's. Agencies' domains are always allowed, and never vendors'.", base)
	}
	if suffix, _ := publicsuffix.PublicSuffix(base); suffix == base {
		return "", fmt.Sprintf("Anybody may have a name below %s. Enter the vendor's own domain.", base)
	}
	if wild {
		return subdomains + base, ""
	}
	return base, ""
}

// isDomain says whether d can stand behind the @ of an address, and is no number
// of a machine.
func isDomain(d string) bool {
	top := d[strings.LastIndexByte(d, '.')+1:]
	return len(d) <= maxDomain && Valid("x@"+d) && strings.Trim(top, "0123456789") != ""
}
