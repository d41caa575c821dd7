package address

import (
	"fmt"
	"strings"
	"testing"
)

func TestVendorDomain(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, typed, want string // want is "" where it is refused
		says              string
	}{
		{"a domain", "vendor.com", "vendor.com", ""},
		{"blanks, capitals and the root's dot", "  Vendor.COM. ", "vendor.com", ""},
		{"a domain below a country's", "vendor.com.sg", "vendor.com.sg", ""},
		{"a sub-domain", "mail.vendor.com", "mail.vendor.com", ""},
		{"all sub-domains", "*.Vendor.com", "*.vendor.com", ""},
		{"letters of another script", "bücher.example", "xn--bcher-kva.example", ""},
		{"a full-width dot", "vendor。com", "vendor.com", ""},
		{"the ASCII form of one", "xn--bcher-kva.example", "xn--bcher-kva.example", ""},
		{"nothing", " ", "", "Enter a domain"},
		{"an address", "mei@vendor.com", "", "behind the @"},
		{"a web address", "https://vendor.com", "", "behind the @"},
		{"one label", "vendor", "", "Enter a domain"},
		{"an asterisk in another place", "mail.*.com", "", "Enter a domain"},
		{"two asterisks", "*.*.vendor.com", "", "Enter a domain"},
		{"a bare asterisk", "*", "", "Enter a domain"},
		{"an empty label", "vendor..com", "", "Enter a domain"},
		{"a hyphen at an end", "-vendor.com", "", "Enter a domain"},
		{"an underscore", "my_vendor.com", "", "Enter a domain"},
		{"no letter of any script", "\u0000.com", "", "Enter a domain"},
		{"a broken ASCII form", "xn--a.com", "", "Enter a domain"},
		{"an address of a machine", "192.168.1.1", "", "Enter a domain"},
		{"too long", strings.Repeat("a.", 130) + "com", "", "Enter a domain"},
		{"a top-level domain", "*.com", "", "Enter a domain"},
		{"a country's second level", "com.sg", "", "Anybody may have a name below com.sg"},
		{"a host of everybody's pages", "*.github.io", "", "Anybody may have a name below github.io"},
		{"the government's", "gov.sg", "", "cannot be allowed"},
		{"an agency's", "tech.gov.sg", "", "always allowed"},
		{"all agencies'", "*.gov.sg", "", "cannot be allowed"},
		{"the vendors' TechPass IDs", "techpass.gov.sg", "", "cannot be allowed"},
		{"only looks like the government's", "gov.sg.vendor.com", "gov.sg.vendor.com", ""},
	}
	g := Government{Parent: "gov.sg"}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, problem := g.VendorDomain(c.typed)
			if got != c.want || (problem == "") != (c.want != "") {
				t.Errorf("%q is %q, %v; want %q", c.typed, got, problem, c.want)
			}
			if !strings.Contains(problem, c.says) {
				t.Errorf("says %q, want %q in it", problem, c.says)
			}
		})
	}
}

func TestDomains_Has(t *testing.T) {
	t.Parallel()
	d := Domains{"vendor.com": true, "*.partner.com": true, "off.example": false}
	for domain, want := range map[string]bool{
		"vendor.com": true, "mail.vendor.com": false, "avendor.com": false,
		"partner.com": false, "mail.partner.com": true, "a.b.partner.com": true, "apartner.com": false, "*.partner.com": true,
		"off.example": false, "com": false, "": false,
	} {
		if got := d.Has(domain); got != want {
			t.Errorf("%q: %t", domain, got)
		}
	}
}

// BenchmarkDomains checks 10,000 addresses' domains against 1,000 allowed ones.
func BenchmarkDomains(b *testing.B) {
	d := Domains{}
	for i := range 1_000 {
		d[fmt.Sprintf("*.vendor%d.com", i)] = true
	}
	for b.Loop() {
		for range 10_000 {
			if !d.Has("mail.sg.vendor500.com") {
				b.Fatal("refused")
			}
		}
	}
}
