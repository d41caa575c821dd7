package address

import "testing"

func TestGovernment_WhoseDomain(t *testing.T) {
	t.Parallel()
	g := Government{Parent: "gov.sg"}
	for domain, want := range map[string]struct{ officer, reserved bool }{
		"tech.gov.sg":       {true, false},
		"a.b.gov.sg":        {true, false},
		"gov.sg":            {false, true},
		"techpass.gov.sg":   {false, true},
		"x.techpass.gov.sg": {false, true},
		"mytechpass.gov.sg": {true, false},
		"notgov.sg":         {false, false},
		"vendor.com":        {false, false},
		"":                  {false, false},
	} {
		if g.Officer(domain) != want.officer || g.Reserved(domain) != want.reserved {
			t.Errorf("%q: officer %t, reserved %t", domain, g.Officer(domain), g.Reserved(domain))
		}
	}
}

func TestFold_SameTextInAnySpelling(t *testing.T) {
	t.Parallel()
	if a, b := Fold(" Jose\u0301@Tech.GOV.sg"), Fold("JOSÉ@tech.gov.sg "); a != b {
		t.Errorf("%q is not %q", a, b)
	}
}
