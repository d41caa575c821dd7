package invite

import (
	"regexp"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"techbiz/ent/invitation"
	"techbiz/internal/address"
	"techbiz/internal/fault"
)

// Limits of the fields, in characters.
const (
	MaxEmail        = 255
	MaxUsername     = 64
	MaxName         = 64
	MaxOrganisation = 100
	MaxDepartment   = 64
	MaxReason       = 255
	maxCountryCode  = 16
	maxNumber       = 32
)

// UsernameSuffix is what a vendor's TechPass username is shown with, and kept
// without.
const UsernameSuffix = "@techpass.gov.sg"

// HomeCountry is the country code of the numbers that can be had here.
const HomeCountry = "65"

// noSEED is the domain whose addresses cannot have SEED licences.
const noSEED = "schools.gov.sg"

// Details are one account as typed. Seed is "", "Yes" or "No", or whatever a
// workbook's cell said; StartOn is a day as people or machines write it, or
// nothing.
type Details struct {
	Email, Username, FirstName, LastName, CountryCode, ContactNumber,
	Organisation, Department, Seed, Reason string
	// Absent it leaves the input of an idempotency key as it was before there
	// were start dates.
	StartOn string `json:",omitempty"`
}

// Request is one account as the rules read it. A key is empty where the field
// has a fault or is not asked for.
type Request struct {
	UserType invitation.UserType
	// Details are trimmed, and otherwise as typed.
	Details
	Seed        bool
	SeedIsValid bool
	EmailKey    string
	UsernameKey string
	Number      string // E.164
	// StartOn is the day before which nothing happens, yyyy-mm-dd: empty, today or
	// later. Details keep it as typed.
	StartOn string
}

// Rules are what the rules of the fields depend on. They are safe for concurrent use.
type Rules struct {
	Government address.Government
	Allowed    address.Domains // vendors'
	Links      Links
	Now        time.Time // decides which start dates have passed
	// Agencies are the domains of the officers that we know; they are asked for
	// when an address has to be guessed, and nil is none.
	Agencies func() []string

	near *sync.Map // what nearest has found, by domain; nil: nothing is kept
}

// Account checks every field of one account and returns every fault, in the
// order of the fields. Codes: REQUIRED, TOO_LONG, INVALID_FORMAT,
// DOMAIN_NOT_ALLOWED, USERNAME_NOT_ALLOWED, OFFSHORE_NUMBER, SEED_NOT_ELIGIBLE.
// A fault says what was probably meant where that is obvious.
func (r Rules) Account(d Details) (Request, fault.List) {
	req, faults := r.account(d)
	r.suggest(req, faults, r.account)
	return req, faults
}

func (r Rules) account(d Details) (Request, fault.List) {
	req := r.request(d)
	c := check{}
	if c.text("email", req.Email, "the email address", MaxEmail, true) && c.email(req.Email) && c.domain(r, req) {
		req.EmailKey = address.Fold(req.Email)
	}
	if c.username(req) {
		req.UsernameKey = address.Fold(req.Username)
	}
	c.text("firstName", req.FirstName, "the first name", MaxName, true)
	c.text("lastName", req.LastName, "the last name", MaxName, true)
	req.Number = c.number(req.CountryCode, req.ContactNumber, r.Links)
	c.text("organisation", req.Organisation, "the organisation", MaxOrganisation, true)
	c.text("department", req.Department, "the department", MaxDepartment, false)
	req.SeedIsValid = c.seed(&req)
	c.text("reason", req.Reason, "the reason", MaxReason, true)
	req.StartOn = c.start(req.Details.StartOn, r.Now)
	return req, c.faults
}

// Email checks an e-mail invitation, of which only address, SEED and reason are
// asked. Codes: REQUIRED, TOO_LONG, INVALID_FORMAT, NOT_PUBLIC_OFFICER,
// SEED_NOT_ELIGIBLE. A fault says what was probably meant where that is obvious.
func (r Rules) Email(d Details) (Request, fault.List) {
	req, faults := r.email(d)
	r.suggest(req, faults, r.email)
	return req, faults
}

func (r Rules) email(d Details) (Request, fault.List) {
	req := r.request(Details{Email: d.Email, Seed: d.Seed, Reason: d.Reason})
	c := check{}
	if c.text("email", req.Email, "the email address", MaxEmail, true) && c.email(req.Email) {
		if req.UserType == invitation.UserTypePublicOfficer {
			req.EmailKey = address.Fold(req.Email)
		} else {
			c.add("email", fault.NotPublicOfficer,
				"Enter a public officer's address, such as name@agency.%s. For a vendor, create a single account.", r.Government.Parent)
		}
	}
	req.SeedIsValid = c.seed(&req)
	c.text("reason", req.Reason, "the reason", MaxReason, true)
	return req, c.faults
}

// Still says what of an account that once had no fault is no longer right: its
// domain may have been removed from the allow-list, and its start date, as
// yyyy-mm-dd or nothing, may have passed.
func (r Rules) Still(email string, of invitation.UserType, startOn string) fault.List {
	c := check{}
	c.domain(r, Request{Details: Details{Email: email}, UserType: of})
	c.start(startOn, r.Now)
	return c.faults
}

// request trims what was typed and decides whose the address is.
func (r Rules) request(d Details) Request {
	for _, s := range []*string{
		&d.Email, &d.Username, &d.FirstName, &d.LastName, &d.CountryCode, &d.ContactNumber,
		&d.Organisation, &d.Department, &d.Seed, &d.Reason, &d.StartOn,
	} {
		// A form's line break is two characters on the way and one to its writer.
		*s = strings.TrimSpace(strings.ReplaceAll(*s, "\r\n", "\n"))
	}
	req := Request{Details: d, UserType: invitation.UserTypeVendor}
	if r.Government.Officer(address.Domain(d.Email)) {
		req.UserType = invitation.UserTypePublicOfficer
	}
	return req
}

// check gathers the faults of one account, at most one a field.
type check struct{ faults fault.List }

func (c *check) add(field string, code fault.Code, format string, args ...any) bool {
	c.faults = append(c.faults, fault.Field(field, code, format, args...))
	return false
}

// text checks presence, length and that the text can be printed.
func (c *check) text(field, value, name string, limit int, required bool) bool {
	switch {
	case value == "" && required:
		return c.add(field, fault.Required, "Enter %s.", name)
	case utf8.RuneCountInString(value) > limit:
		return c.add(field, fault.TooLong, "Shorten %s to at most %d characters.", name, limit)
	case !printable(value):
		return c.add(field, fault.InvalidFormat, "Remove the characters that cannot be shown from %s.", name)
	}
	return true
}

// printable refuses what no person types: broken UTF-8, control characters but
// line breaks and tabs, and the marks that make text read in another order than
// it stands (Unicode Technical Report 36).
func printable(s string) bool {
	if !utf8.ValidString(s) {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsControl(r) && r != '\n' && r != '\t' || r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069'
	})
}

func (c *check) email(s string) bool {
	if !address.Valid(s) {
		return c.add("email", fault.InvalidFormat, "Enter an email address in the form name@agency.gov.sg or name@company.com.")
	}
	return true
}

func (c *check) domain(r Rules, req Request) bool {
	d := address.Domain(req.Email)
	if req.UserType == invitation.UserTypePublicOfficer || r.Allowed.Has(d) && !r.Government.Reserved(d) {
		return true
	}
	return c.add("email", fault.DomainNotAllowed,
		"The domain %s is not on the allow-list. If you wish to add it, send a service request%s.", d, at(r.Links.ServiceRequest))
}

// at is the end of a sentence that names an address, where there is one.
func at(link string) string {
	if link == "" {
		return ""
	}
	return " at " + link
}

var username = regexp.MustCompile(`^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$`)

func (c *check) username(req Request) bool {
	const field = "techPassUsername"
	officer := req.UserType == invitation.UserTypePublicOfficer
	switch u := req.Username; {
	case u == "" && !officer && address.Domain(req.Email) != "":
		return c.add(field, fault.Required, "Enter a TechPass username: the vendor's full name, such as tan.mei.ling.")
	case u == "":
		return false
	case utf8.RuneCountInString(u) > MaxUsername:
		return c.add(field, fault.TooLong, "Shorten the TechPass username to at most %d characters.", MaxUsername)
	case !username.MatchString(u) || strings.Contains(u, ".."):
		return c.add(field, fault.InvalidFormat,
			"Use letters, digits, -, _ and . only, start and end with a letter or digit, and have no two periods in a row. Leave out %s.", UsernameSuffix)
	case officer:
		return c.add(field, fault.UsernameNotAllowed, "Leave the username empty: a public officer's TechPass ID is the email address.")
	}
	return true
}

var (
	digits     = regexp.MustCompile(`^[0-9]{1,4}$`)
	mobile     = regexp.MustCompile(`^[89][0-9]{7}$`)
	separators = strings.NewReplacer("-", "", "\u2010", "", "\u2011", "", "\u2012", "", "\u2013", "")
)

// bare is a number without what people separate its digits by, and without a
// leading +.
func bare(s string) string {
	s = separators.Replace(strings.Join(strings.Fields(s), ""))
	return strings.TrimPrefix(s, "+")
}

// number checks country code and contact number and returns the number in E.164,
// or nothing where either has a fault.
func (c *check) number(country, number string, links Links) string {
	home := true
	switch code := bare(country); {
	case code == "" || code == HomeCountry:
	case utf8.RuneCountInString(country) > maxCountryCode:
		home = c.add("countryCode", fault.TooLong, "Enter the country code 65.")
	case !digits.MatchString(code):
		home = c.add("countryCode", fault.InvalidFormat, "Enter the country code 65 in digits.")
	default:
		home = c.add("countryCode", fault.OffshoreNumber,
			"Only Singapore numbers (country code 65) can be used here. Offshore vendors use the TechPass portal%s.", at(links.TechPassPortal))
	}
	if !c.text("contactNumber", number, "the contact number", maxNumber, true) || !home {
		return ""
	}
	n := bare(number)
	if len(n) == len(HomeCountry)+8 {
		n = strings.TrimPrefix(n, HomeCountry)
	}
	if !mobile.MatchString(n) {
		c.add("contactNumber", fault.InvalidFormat, "Enter a Singapore mobile number: eight digits that start with 8 or 9.")
		return ""
	}
	return "+" + HomeCountry + n
}

// seed reads the answer and says whether it is one.
func (c *check) seed(req *Request) bool {
	switch strings.ToLower(req.Details.Seed) {
	case "", "no":
		return true
	case "yes":
		req.Seed = true
	default:
		return c.add("seedRequired", fault.InvalidFormat, "Say Yes or No to SEED.")
	}
	if address.Domain(req.Email) == noSEED {
		c.add("seedRequired", fault.SeedNotEligible, "Choose No: an address at %s cannot have SEED licences.", noSEED)
	}
	return true
}
