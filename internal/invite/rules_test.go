package invite

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"techbiz/ent/invitation"
	"techbiz/internal/address"
	"techbiz/internal/fault"
)

var testRules = Rules{
	Government: address.Government{Parent: "gov.sg"},
	Allowed:    map[string]bool{"vendor.com": true, "gov.sg": true, "techpass.gov.sg": true},
	Now:        time.Date(2026, 11, 23, 17, 30, 0, 0, time.UTC), // 01:30 of the 24th in Singapore
}

// vendor is an account without a fault.
func vendor() Details {
	return Details{
		Email: "mei.ling@vendor.com", Username: "tan.mei.ling", FirstName: "Mei Ling", LastName: "Tan",
		ContactNumber: "91234567", Organisation: "Vendor", Department: "Delivery", Seed: "Yes", Reason: "Operates the service",
	}
}

// said lists faults as "field CODE".
func said(l fault.List) []string {
	out := []string{}
	for _, f := range l {
		out = append(out, strings.Join(f.Field, ".")+" "+string(f.Code))
	}
	return out
}

func TestAccount_Faults(t *testing.T) {
	t.Parallel()
	officer := func(d *Details) { d.Email, d.Username = "tan@tech.gov.sg", "" }
	cases := map[string]struct {
		change func(*Details)
		want   []string
	}{
		"a vendor with everything":           {func(*Details) {}, nil},
		"an officer without a username":      {officer, nil},
		"nothing at all":                     {func(d *Details) { *d = Details{} }, []string{"email REQUIRED", "firstName REQUIRED", "lastName REQUIRED", "contactNumber REQUIRED", "organisation REQUIRED", "reason REQUIRED"}},
		"blanks are nothing":                 {func(d *Details) { d.FirstName, d.Reason = " \t ", "\r\n" }, []string{"firstName REQUIRED", "reason REQUIRED"}},
		"an address without an @":            {func(d *Details) { d.Email = "mei.ling" }, []string{"email INVALID_FORMAT"}},
		"an address with a name":             {func(d *Details) { d.Email = "Mei <mei@vendor.com>" }, []string{"email INVALID_FORMAT"}},
		"an address with two @":              {func(d *Details) { d.Email = "a@b@vendor.com" }, []string{"email INVALID_FORMAT"}},
		"an address with two dots in a row":  {func(d *Details) { d.Email = "a..b@vendor.com" }, []string{"email INVALID_FORMAT"}},
		"an address with a line break":       {func(d *Details) { d.Email = "a@vendor.com\nbcc: b" }, []string{"email INVALID_FORMAT"}},
		"an address of 256 characters":       {func(d *Details) { d.Email = strings.Repeat("a", 245) + "@vendor.com" }, []string{"email TOO_LONG"}},
		"a domain that is not allowed":       {func(d *Details) { d.Email = "a@other.com" }, []string{"email DOMAIN_NOT_ALLOWED"}},
		"a sub-domain of an allowed one":     {func(d *Details) { d.Email = "a@x.vendor.com" }, []string{"email DOMAIN_NOT_ALLOWED"}},
		"the government's domain itself":     {func(d *Details) { d.Email = "a@gov.sg" }, []string{"email DOMAIN_NOT_ALLOWED"}},
		"a vendor's TechPass ID":             {func(d *Details) { d.Email = "a@techpass.gov.sg" }, []string{"email DOMAIN_NOT_ALLOWED"}},
		"a domain that only ends alike":      {func(d *Details) { d.Email = "a@notgov.sg" }, []string{"email DOMAIN_NOT_ALLOWED"}},
		"case in address and domain":         {func(d *Details) { d.Email = " Mei.Ling@VENDOR.com " }, nil},
		"a vendor without a username":        {func(d *Details) { d.Username = "" }, []string{"techPassUsername REQUIRED"}},
		"an officer with a username":         {func(d *Details) { officer(d); d.Username = "tan" }, []string{"techPassUsername USERNAME_NOT_ALLOWED"}},
		"a username of 65 characters":        {func(d *Details) { d.Username = strings.Repeat("a", 65) }, []string{"techPassUsername TOO_LONG"}},
		"a username of one character":        {func(d *Details) { d.Username = "a" }, nil},
		"a username with two periods":        {func(d *Details) { d.Username = "a..b" }, []string{"techPassUsername INVALID_FORMAT"}},
		"a username that ends in a hyphen":   {func(d *Details) { d.Username = "a-" }, []string{"techPassUsername INVALID_FORMAT"}},
		"a username with its suffix":         {func(d *Details) { d.Username = "a@techpass.gov.sg" }, []string{"techPassUsername INVALID_FORMAT"}},
		"a username with another alphabet":   {func(d *Details) { d.Username = "tán" }, []string{"techPassUsername INVALID_FORMAT"}},
		"names of 64 characters, not bytes":  {func(d *Details) { d.FirstName, d.LastName = strings.Repeat("é", 64), strings.Repeat("陈", 64) }, nil},
		"names of 65 characters":             {func(d *Details) { d.FirstName, d.LastName = strings.Repeat("é", 65), strings.Repeat("陈", 65) }, []string{"firstName TOO_LONG", "lastName TOO_LONG"}},
		"a name with a control character":    {func(d *Details) { d.FirstName = "Mei\x00Ling" }, []string{"firstName INVALID_FORMAT"}},
		"a name that turns the reading":      {func(d *Details) { d.FirstName = "Mei\u202eLing" }, []string{"firstName INVALID_FORMAT"}},
		"any printable text":                 {func(d *Details) { d.LastName, d.Organisation = `O'Brien <b>"=1+1`, "© 公司 🙂" }, nil},
		"a number of another country":        {func(d *Details) { d.CountryCode, d.ContactNumber = "60", "123456789" }, []string{"countryCode OFFSHORE_NUMBER"}},
		"a country code in words":            {func(d *Details) { d.CountryCode = "SG" }, []string{"countryCode INVALID_FORMAT"}},
		"a landline":                         {func(d *Details) { d.ContactNumber = "61234567" }, []string{"contactNumber INVALID_FORMAT"}},
		"a number of seven digits":           {func(d *Details) { d.ContactNumber = "9123456" }, []string{"contactNumber INVALID_FORMAT"}},
		"a number with the code twice":       {func(d *Details) { d.ContactNumber = "656591234567" }, []string{"contactNumber INVALID_FORMAT"}},
		"a number that lost its digits":      {func(d *Details) { d.ContactNumber = "6.591E+09" }, []string{"contactNumber INVALID_FORMAT"}},
		"an organisation of 101 characters":  {func(d *Details) { d.Organisation = strings.Repeat("o", 101) }, []string{"organisation TOO_LONG"}},
		"no department":                      {func(d *Details) { d.Department = "" }, nil},
		"a department of 65 characters":      {func(d *Details) { d.Department = strings.Repeat("d", 65) }, []string{"department TOO_LONG"}},
		"no answer about SEED":               {func(d *Details) { d.Seed = "" }, nil},
		"an answer in capitals":              {func(d *Details) { d.Seed = "YES" }, nil},
		"another answer about SEED":          {func(d *Details) { d.Seed = "maybe" }, []string{"seedRequired INVALID_FORMAT"}},
		"SEED for a school":                  {func(d *Details) { officer(d); d.Email = "t@Schools.gov.sg" }, []string{"seedRequired SEED_NOT_ELIGIBLE"}},
		"no SEED for a school":               {func(d *Details) { officer(d); d.Email, d.Seed = "t@schools.gov.sg", "No" }, nil},
		"a reason of 255 characters":         {func(d *Details) { d.Reason = strings.Repeat("r", 255) }, nil},
		"a form's line break counts as one":  {func(d *Details) { d.Reason = strings.Repeat("r", 253) + "\r\nr" }, nil},
		"a reason of 256 characters":         {func(d *Details) { d.Reason = strings.Repeat("r", 256) }, []string{"reason TOO_LONG"}},
		"a start date that is no day":        {func(d *Details) { d.StartOn = "30-02-2027" }, []string{"startOn INVALID_FORMAT"}},
		"a start date in words":              {func(d *Details) { d.StartOn = "tomorrow" }, []string{"startOn INVALID_FORMAT"}},
		"a start date of yesterday":          {func(d *Details) { d.StartOn = "23-11-2026" }, []string{"startOn INVALID_FORMAT"}},
		"a start date after a year":          {func(d *Details) { d.StartOn = "25-11-2027" }, []string{"startOn INVALID_FORMAT"}},
		"faults of different fields at once": {func(d *Details) { d.Email, d.Username, d.ContactNumber = "a@other.com", "-", "1" }, []string{"email DOMAIN_NOT_ALLOWED", "techPassUsername INVALID_FORMAT", "contactNumber INVALID_FORMAT"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := vendor()
			c.change(&d)
			_, faults := testRules.Account(d)
			if diff := cmp.Diff(append([]string{}, c.want...), said(faults)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAccount_NumberSpellings(t *testing.T) {
	t.Parallel()
	for country, numbers := range map[string][]string{
		"":     {"91234567", "9123 4567", "9123-4567", "+65 9123 4567", "6591234567", "65-9123-4567", "\u00a09123\u00a04567"},
		"65":   {"91234567", "6591234567"},
		"+65":  {"91234567"},
		" 65 ": {"+6591234567"},
	} {
		for _, n := range numbers {
			d := vendor()
			d.CountryCode, d.ContactNumber = country, n
			if req, faults := testRules.Account(d); len(faults) > 0 || req.Number != "+6591234567" {
				t.Errorf("%q %q: got %q %v", country, n, req.Number, faults)
			}
		}
	}
	d := vendor()
	d.ContactNumber = "8000 0000" // number plans call it invalid; the rule does not
	if req, faults := testRules.Account(d); len(faults) > 0 || req.Number != "+6580000000" {
		t.Errorf("got %q %v", req.Number, faults)
	}
}

func TestAccount_StartDates(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{
		"":             "",
		" 24-11-2026 ": "2026-11-24", // today, in Singapore
		"2026-11-24":   "2026-11-24",
		"01-12-2026":   "2026-12-01",
		"1/12/2026":    "2026-12-01",
		"1-2-2027":     "2027-02-01",
		"24-11-2027":   "2027-11-24",
	} {
		d := vendor()
		d.StartOn = typed
		req, faults := testRules.Account(d)
		if len(faults) > 0 || req.StartOn != want {
			t.Errorf("%q: got %q %v", typed, req.StartOn, faults)
		}
		if req.Details.StartOn != strings.TrimSpace(typed) {
			t.Errorf("%q is kept as %q", typed, req.Details.StartOn)
		}
	}
}

func TestStill(t *testing.T) {
	t.Parallel()
	vendor, officer := invitation.UserTypeVendor, invitation.UserTypePublicOfficer
	for name, c := range map[string]struct {
		email   string
		of      invitation.UserType
		startOn string
		want    []string
	}{
		"a domain that is allowed":        {"a@vendor.com", vendor, "", nil},
		"one that is allowed no more":     {"a@other.com", vendor, "", []string{"email DOMAIN_NOT_ALLOWED"}},
		"an officer's needs no allowance": {"a@tech.gov.sg", officer, "", nil},
		"a start date of today":           {"a@vendor.com", vendor, "2026-11-24", nil},
		"a start date that has passed":    {"a@vendor.com", vendor, "2026-11-23", []string{"startOn INVALID_FORMAT"}},
		"both are told":                   {"a@other.com", vendor, "2026-11-23", []string{"email DOMAIN_NOT_ALLOWED", "startOn INVALID_FORMAT"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(append([]string{}, c.want...), said(testRules.Still(c.email, c.of, c.startOn))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestScheduled(t *testing.T) {
	t.Parallel()
	nine := time.Date(2026, 11, 24, 1, 0, 0, 0, time.UTC) // 09:00 in Singapore
	for name, c := range map[string]struct {
		day  string
		now  time.Time
		want bool
	}{
		"without a day nothing waits":     {"", nine.Add(-time.Hour), false},
		"before 09:00 of the day it does": {"2026-11-24", nine.Add(-time.Second), true},
		"from 09:00 on it does not":       {"2026-11-24", nine, false},
		"the day before it does":          {"2026-11-25", nine, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := Scheduled(c.day, c.now); got != c.want {
				t.Errorf("got %t", got)
			}
		})
	}
	if got := startAt("2026-11-24"); !got.Equal(nine) {
		t.Errorf("the day starts at %s", got)
	}
}

func TestEmail_Faults(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		in   Details
		want []string
	}{
		"an officer":                          {Details{Email: "tan@tech.gov.sg", Reason: "r"}, nil},
		"nothing":                             {Details{}, []string{"email REQUIRED", "reason REQUIRED"}},
		"a vendor, of an allowed domain":      {Details{Email: "a@vendor.com", Reason: "r"}, []string{"email NOT_PUBLIC_OFFICER"}},
		"a vendor, of another domain":         {Details{Email: "a@other.com", Reason: "r"}, []string{"email NOT_PUBLIC_OFFICER"}},
		"a TechPass ID":                       {Details{Email: "a@techpass.gov.sg", Reason: "r"}, []string{"email NOT_PUBLIC_OFFICER"}},
		"the government's domain":             {Details{Email: "a@gov.sg", Reason: "r"}, []string{"email NOT_PUBLIC_OFFICER"}},
		"SEED for a school":                   {Details{Email: "a@schools.gov.sg", Seed: "Yes", Reason: "r"}, []string{"seedRequired SEED_NOT_ELIGIBLE"}},
		"details that are not asked stand by": {Details{Email: "tan@tech.gov.sg", Username: "..", ContactNumber: "1", Reason: "r"}, nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, faults := testRules.Email(c.in)
			if diff := cmp.Diff(append([]string{}, c.want...), said(faults)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func FuzzAccount(f *testing.F) {
	d := vendor()
	f.Add(d.Email, d.Username, d.FirstName, d.CountryCode, d.ContactNumber, d.Seed, d.Reason)
	f.Add("a@schools.gov.sg", "", "\u202e", "+65", "+65 8000-0000", "yes", "\r\n")
	f.Fuzz(func(t *testing.T, email, username, name, country, number, seed, reason string) {
		req, faults := testRules.Account(Details{
			Email: email, Username: username, FirstName: name, LastName: name, CountryCode: country,
			ContactNumber: number, Organisation: name, Department: name, Seed: seed, Reason: reason,
		})
		seen := map[string]bool{}
		for _, e := range faults {
			if seen[e.Field[0]] || place(e) < 0 || e.Message == "" {
				t.Errorf("fault %v: second of its field, of no field, or without words", e)
			}
			seen[e.Field[0]] = true
		}
		if len(faults) == 0 && (req.EmailKey == "" || len(req.Number) != len("+6591234567") || !req.SeedIsValid) {
			t.Errorf("no fault, and yet not read: %+v", req)
		}
	})
}
