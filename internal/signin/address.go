package signin

import (
	netmail "net/mail"
	"strings"

	"techbiz/internal/fault"
)

const maxAddress = 255 // characters

// officerAddress returns the folded address of a public officer. Codes, all on
// field: REQUIRED, TOO_LONG, INVALID_FORMAT, NOT_PUBLIC_OFFICER.
func (s *Service) officerAddress(field, typed string) (string, error) {
	email := strings.TrimSpace(typed)
	switch {
	case email == "":
		return "", fault.Field(field, fault.Required, "Enter your email address.")
	case len(email) > maxAddress:
		return "", fault.Field(field, fault.TooLong, "Enter an email address of at most %d characters.", maxAddress)
	case !wellFormed(email):
		return "", fault.Field(field, fault.InvalidFormat, "Enter an email address such as name@agency.gov.sg.")
	}
	email = strings.ToLower(email)
	if !s.isOfficer(email) {
		return "", fault.Field(field, fault.NotPublicOfficer,
			"This module is for public officers. If you are a vendor, ask the public officer you work with to create your TechPass account.")
	}
	return email, nil
}

// wellFormed accepts one plain address in ASCII. Beyond ASCII, letters exist that
// fold to ASCII ones: two mailboxes would become one officer.
func wellFormed(email string) bool {
	a, err := netmail.ParseAddress(email)
	if err != nil || a.Name != "" || a.Address != email || strings.Count(email, "@") != 1 {
		return false
	}
	for _, c := range []byte(email) {
		if c <= ' ' || c > '~' {
			return false
		}
	}
	_, domain, _ := strings.Cut(email, "@")
	for label := range strings.SplitSeq(domain, ".") {
		if label == "" || strings.Trim(strings.ToLower(label), "abcdefghijklmnopqrstuvwxyz0123456789-") != "" ||
			strings.HasPrefix(label, "-") || strings.HasSuffix(label, "-") {
			return false
		}
	}
	return true
}
