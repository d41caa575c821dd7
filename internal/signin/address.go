package signin

import (
	"strings"

	"techbiz/internal/address"
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
	case !address.Valid(email):
		return "", fault.Field(field, fault.InvalidFormat, "Enter an email address such as name@agency.gov.sg.")
	}
	email = address.Fold(email)
	if !s.isOfficer(email) {
		return "", fault.Field(field, fault.NotPublicOfficer,
			"This module is for public officers. If you are a vendor, ask the public officer you work with to create your TechPass account.")
	}
	return email, nil
}
