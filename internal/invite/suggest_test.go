package invite

import (
	"strings"
	"sync"
	"testing"
	"time"

	"techbiz/internal/address"
)

func TestAccount_Suggestions(t *testing.T) {
	t.Parallel()
	rules := Rules{
		Government: address.Government{Parent: "gov.sg"},
		Allowed:    map[string]bool{"vendor.com": true, "supplier.sg": true, "aab.com": true, "abb.com": true, "techpass.gov.sg": true},
		Agencies:   func() []string { return []string{"tech.gov.sg", "moh.gov.sg"} },
		near:       &sync.Map{},
		Now:        time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC),
	}
	email := func(s string) func(*Details) { return func(d *Details) { d.Email = s } }
	username := func(s string) func(*Details) { return func(d *Details) { d.Username = s } }
	number := func(s string) func(*Details) { return func(d *Details) { d.ContactNumber = s } }
	country := func(s string) func(*Details) { return func(d *Details) { d.CountryCode = s } }
	seed := func(s string) func(*Details) { return func(d *Details) { d.Seed = s } }
	cases := map[string]struct {
		change func(*Details)
		want   string // field=suggestion, separated by blanks
	}{
		"nothing is wrong":                            {func(*Details) {}, ""},
		"an agency's domain with a letter too many":   {email("tan@lta.gov.sgg"), "email=tan@lta.gov.sg"},
		"an agency's domain with a comma":             {email("tan@lta.gov,sg"), "email=tan@lta.gov.sg"},
		"an agency's domain with letters swapped":     {email("tan@lta.gvo.sg"), "email=tan@lta.gov.sg"},
		"an agency's domain without its last stop":    {email("tan@lta.govsg"), "email=tan@lta.gov.sg"},
		"an agency's domain with two stops":           {email("tan@lta.gov..sg"), "email=tan@lta.gov.sg"},
		"an agency's domain with an end too many":     {email("tan@tch.gov.sg.sg"), ""},
		"a known agency without a stop":               {email("tan@techgov.sg"), "email=tan@tech.gov.sg"},
		"another country's government":                {email("tan@lta.gov.sa"), ""},
		"another country's government, agency known":  {email("tan@moh.gov.sa"), "email=tan@moh.gov.sg"},
		"a misspelt vendor":                           {email("mei@vendor.con"), "email=mei@vendor.com"},
		"a vendor two slips away":                     {email("mei@vendr.con"), ""},
		"a domain between two that are allowed":       {email("mei@acb.com"), ""},
		"a domain that is reserved is never meant":    {email("mei@techpas.gov.sq"), ""},
		"a sub-domain of a vendor":                    {email("mei@mail.vendor.com"), ""},
		"a blank in the address":                      {email("mei ling@vendor.com"), "email=meiling@vendor.com"},
		"a link in place of the address":              {email("MailTo:Mei@vendor.com"), "email=Mei@vendor.com"},
		"a stop behind the address":                   {email("mei@vendor.com."), "email=mei@vendor.com"},
		"a name before the address":                   {email("Mei Ling <mei@vendor.com>"), "email=mei@vendor.com"},
		"two addresses":                               {email("mei@vendor.com;lee@vendor.com"), ""},
		"no address":                                  {email("mei"), ""},
		"a link and a slip at once":                   {email("mailto:mei@vendro.com"), "email=mei@vendor.com"},
		"a misspelt officer needs no username":        {func(d *Details) { d.Email, d.Username = "tan@lta.gov.sgg", "" }, "email=tan@lta.gov.sg"},
		"a username with blanks":                      {username("Tan Mei  Ling"), "techPassUsername=tan.mei.ling"},
		"a username with accents":                     {username("tàn.méi.líng"), "techPassUsername=tan.mei.ling"},
		"a username with its suffix":                  {username("Tan.Mei@techpass.gov.sg"), "techPassUsername=tan.mei"},
		"a username with two stops in a row":          {username("tan..mei"), "techPassUsername=tan.mei"},
		"a username that ends in a stop":              {username("tan.mei."), "techPassUsername=tan.mei"},
		"a username of other letters":                 {username("陈美玲"), ""},
		"a username that is an address":               {username("mei@vendor.com"), ""},
		"no username":                                 {username(""), "techPassUsername=tan.mei.ling"},
		"no username, and names of other letters":     {func(d *Details) { d.Username, d.FirstName, d.LastName = "", "美玲", "陈" }, ""},
		"an officer's username":                       {func(d *Details) { d.Email, d.Username = "tan@lta.gov.sg", "tan mei" }, ""},
		"a number with the code twice":                {number("+65 6591234567"), "contactNumber=91234567"},
		"a number with the code three times":          {number("65 65 65 91234567"), "contactNumber=91234567"},
		"a number with zeros before its code":         {number("006591234567"), "contactNumber=91234567"},
		"a number with a zero before it":              {number("091234567"), "contactNumber=91234567"},
		"a number in brackets":                        {number("(65) 9123-4567"), "contactNumber=91234567"},
		"a number with stops":                         {number("9123.4567"), "contactNumber=91234567"},
		"a number that a program wrote with decimals": {number("91234567.0"), "contactNumber=91234567"},
		"a number with its kind":                      {number("HP: 91234567"), "contactNumber=91234567"},
		"a number of full-width digits":               {number("９１２３４５６７"), "contactNumber=91234567"},
		"a number of seven digits":                    {number("9123456"), ""},
		"a landline":                                  {number("61234567"), ""},
		"two numbers":                                 {number("91234567 / 81234567"), ""},
		"a number with an extension":                  {number("91234567 ext 3"), ""},
		"a country by name":                           {country("Singapore"), "countryCode=65"},
		"a country code with zeros":                   {country("0065"), "countryCode=65"},
		"a country code in brackets":                  {country("(+65)"), "countryCode=65"},
		"another country":                             {country("60"), ""},
		"an answer in short":                          {seed("Y"), "seedRequired=Yes"},
		"an answer of another kind":                   {seed("perhaps"), ""},
		"SEED where it can't be had":                  {func(d *Details) { d.Email, d.Username, d.Seed = "a@schools.gov.sg", "", "Yes" }, "seedRequired=No"},
		"a name with what can't be shown":             {func(d *Details) { d.FirstName = "Mei\u202e Ling\x07" }, "firstName=Mei|Ling"},
		"a day with a month's name":                   {func(d *Details) { d.StartOn = "1 Dec 2026" }, "startOn=01-12-2026"},
		"a day that has passed":                       {func(d *Details) { d.StartOn = "1 Dec 2025" }, ""},
		"a name that is too long":                     {func(d *Details) { d.FirstName = strings.Repeat("x", 65) }, ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			d := vendor()
			c.change(&d)
			_, faults := rules.Account(d)
			var got []string
			for _, f := range faults {
				if f.Suggestion == nil {
					continue
				}
				got = append(got, f.Field[0]+"="+strings.ReplaceAll(*f.Suggestion, " ", "|"))
				*d.At(f.Field[0]) = *f.Suggestion
			}
			if s := strings.Join(got, " "); s != c.want {
				t.Errorf("suggested %q, want %q", s, c.want)
			}
			// All that is suggested, taken together, is right.
			_, left := rules.Account(d)
			for _, f := range left {
				for _, s := range got {
					if strings.HasPrefix(s, f.Field[0]+"=") {
						t.Errorf("the suggestion for %s has the fault %v", f.Field[0], f)
					}
				}
			}
		})
	}
}

func TestEmail_Suggestion(t *testing.T) {
	t.Parallel()
	rules := Rules{Government: address.Government{Parent: "gov.sg"}}
	for typed, want := range map[string]string{"tan@lta.gov.sgg": "tan@lta.gov.sg", "tan@lta.gov.sg ,": "tan@lta.gov.sg", "mei@vendor.com": ""} {
		_, faults := rules.Email(Details{Email: typed, Reason: "x"})
		got := ""
		if len(faults) != 1 {
			t.Fatalf("%s: %v", typed, faults)
		}
		if faults[0].Suggestion != nil {
			got = *faults[0].Suggestion
		}
		if got != want {
			t.Errorf("%s: suggested %q, want %q", typed, got, want)
		}
	}
}

func TestOneSlip(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"", "", false}, {"", "a", true}, {"a", "a", false}, {"ab", "ba", true}, {"abc", "acb", true}, {"abc", "cba", false},
		{"abc", "abcd", true}, {"abc", "xabc", true}, {"abc", "axbc", true}, {"abc", "abcde", false}, {"abc", "abd", true},
		{"abcd", "badc", false}, {"aab", "aba", true}, {"abcd", "acbx", false},
	} {
		if OneSlip(c.a, c.b) != c.want || OneSlip(c.b, c.a) != c.want {
			t.Errorf("OneSlip(%q, %q) is not %v", c.a, c.b, c.want)
		}
	}
}
