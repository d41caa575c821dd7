// Package domain keeps the vendors' domains that may be invited: administrators
// allow and remove them, officers ask for more.
//
// A domain is allowed when it stands in the list, or when a wildcard stands there
// that covers it ([address.Domains]); the rules of the fields read the list anew
// for each request. Approving a request adds its domain in the same transaction,
// and whoever asked gets one mail. Who may do what is access's table; removing a
// domain does not touch who was invited before.
package domain

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"unicode"
	"unicode/utf8"

	"techbiz/ent"
	"techbiz/ent/alloweddomain"
	"techbiz/ent/domainrequest"
	"techbiz/internal/access"
	"techbiz/internal/address"
	"techbiz/internal/audit"
	"techbiz/internal/database"
	"techbiz/internal/fault"
	"techbiz/internal/jobs"
	"techbiz/internal/mail"
)

// Options configure a Service.
type Options struct {
	DB         *database.DB
	Jobs       *jobs.Queue
	Government address.Government
	// Post sends a mail once, however often it is called with the same message.
	Post func(ctx context.Context, m mail.Message) error
	// BaseURL is where mails find the pages, and Host the part of a Message-ID
	// behind the @.
	BaseURL, Host string
	// Audit is the activity log; nil records nothing.
	Audit *audit.Log
	Log   *slog.Logger
}

// Service keeps the list of allowed domains and the requests for more.
type Service struct{ Options }

// New returns a service and registers its kind of job.
func New(o Options) *Service {
	s := &Service{o}
	jobs.Handle(o.Jobs, s.tell)
	return s
}

// Allowed returns the allowed domains in their alphabetical order.
func Allowed(ctx context.Context, client *ent.Client) ([]*ent.AllowedDomain, error) {
	all, err := client.AllowedDomain.Query().Order(alloweddomain.ByDomain()).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("load allowed domains: %w", err)
	}
	return all, nil
}

// Allow adds a domain, and approves the open requests for it. One that is allowed
// already stays as it is. It returns all. Codes, on field domain: REQUIRED,
// INVALID_FORMAT; UNAUTHENTICATED, FORBIDDEN.
func (s *Service) Allow(ctx context.Context, typed string) ([]*ent.AllowedDomain, error) {
	ctx, actor, err := access.Begin(ctx, access.AllowDomain)
	if err != nil {
		return nil, err
	}
	d, err := s.read(typed)
	if err != nil {
		return nil, err
	}
	var all []*ent.AllowedDomain
	err = s.DB.WithTx(ctx, func(ctx context.Context, tx *database.Tx) error {
		if err := s.approve(ctx, tx, actor, d, ""); err != nil {
			return err
		}
		if err := s.Audit.Record(ctx, tx, audit.Event{Type: audit.DomainAllowed, Detail: audit.Detail{Domain: d}}); err != nil {
			return err
		}
		all, err = Allowed(ctx, tx.Client)
		return err
	})
	return all, err
}

// approve adds a domain and approves every open request for it.
func (s *Service) approve(ctx context.Context, tx *database.Tx, actor access.Actor, d, note string) error {
	err := tx.AllowedDomain.Create().SetDomain(d).SetCreatedAt(tx.Now).SetAddedBy(actor.OfficerID).
		OnConflictColumns(alloweddomain.FieldDomain).Ignore().Exec(ctx)
	if err != nil {
		return fmt.Errorf("allow domain: %w", err)
	}
	open, err := tx.DomainRequest.Query().Where(domainrequest.Domain(d), domainrequest.StateEQ(domainrequest.StateOpen)).IDs(ctx)
	if err != nil {
		return fmt.Errorf("look for requests: %w", err)
	}
	return s.decide(ctx, tx, actor, domainrequest.StateApproved, note, open...)
}

// Disallow removes a domain and returns those that are left. Codes, on field
// domain: REQUIRED, NOT_FOUND; UNAUTHENTICATED, FORBIDDEN.
func (s *Service) Disallow(ctx context.Context, typed string) ([]*ent.AllowedDomain, error) {
	ctx, _, err := access.Begin(ctx, access.DisallowDomain)
	if err != nil {
		return nil, err
	}
	d := address.Fold(typed)
	if d == "" {
		return nil, required()
	}
	if read, problem := s.Government.VendorDomain(d); problem == "" {
		d = read
	}
	var all []*ent.AllowedDomain
	err = s.DB.WithTx(ctx, func(ctx context.Context, tx *database.Tx) error {
		n, err := tx.AllowedDomain.Delete().Where(alloweddomain.Domain(d)).Exec(ctx)
		if err != nil {
			return fmt.Errorf("remove domain: %w", err)
		}
		if n == 0 {
			return fault.Field("domain", fault.NotFound, "%s is not on the list. Look at it again.", d)
		}
		if err := s.Audit.Record(ctx, tx, audit.Event{Type: audit.DomainRemoved, Detail: audit.Detail{Domain: d}}); err != nil {
			return err
		}
		all, err = Allowed(ctx, tx.Client)
		return err
	})
	return all, err
}

// read reads a domain that is to be allowed. Codes, on field domain: REQUIRED,
// INVALID_FORMAT.
func (s *Service) read(typed string) (string, error) {
	if strings.TrimSpace(typed) == "" {
		return "", required()
	}
	d, problem := s.Government.VendorDomain(typed)
	if problem != "" {
		return "", fault.Field("domain", fault.InvalidFormat, "%s", problem)
	}
	return d, nil
}

func required() error {
	return fault.Field("domain", fault.Required, "Enter a domain, such as vendor.com.")
}

// maxText is how long a reason or a note may be, in characters.
const maxText = 255

// checkText trims a text and says what is wrong with it, "" for nothing.
func checkText(field, name, typed string) (string, *fault.Error) {
	s := strings.TrimSpace(strings.ReplaceAll(typed, "\r\n", "\n"))
	switch {
	case utf8.RuneCountInString(s) > maxText:
		return s, fault.Field(field, fault.TooLong, "Shorten %s to at most %d characters.", name, maxText)
	case !utf8.ValidString(s) || strings.ContainsFunc(s, unshown):
		return s, fault.Field(field, fault.InvalidFormat, "Remove the characters that cannot be shown from %s.", name)
	}
	return s, nil
}

// unshown are control characters but line breaks and tabs, and the marks that make
// text read in another order than it stands.
func unshown(r rune) bool {
	return unicode.IsControl(r) && r != '\n' && r != '\t' || r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069'
}
