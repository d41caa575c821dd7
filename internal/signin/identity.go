package signin

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"unicode"

	"techbiz/ent"
	"techbiz/ent/officer"
	"techbiz/ent/officeridentity"
	"techbiz/ent/session"
	"techbiz/ent/token"
	"techbiz/internal/access"
	"techbiz/internal/address"
	"techbiz/internal/audit"
	"techbiz/internal/database"
	"techbiz/internal/fault"
	"techbiz/internal/oidc"
)

const maxName = 100 // characters of a name that the provider tells

// identify returns the officer that a person at the provider is. A person is the
// issuer and the subject: the e-mail address says who that is here once, the first
// time, and after that it never hands anybody another officer's work
// (docs/decisions/011-a-person-is-issuer-and-subject.md). Codes:
// NOT_PUBLIC_OFFICER and FORBIDDEN.
func (s *Service) identify(ctx context.Context, tx *database.Tx, p oidc.Person) (*ent.Officer, error) {
	email := address.Fold(p.Email)
	// Letters exist that fold to ASCII ones, and one mailbox would become another.
	p.EmailBelieved = p.EmailBelieved && isASCII(p.Email)
	if email != "" && !s.isOfficer(email) {
		return nil, notOfficer() // no need to believe somebody who says so
	}
	if p.Missing != nil {
		return nil, fault.New(fault.Forbidden, "Device rule: %s has to say that %s, and does not say so of you and your device.", s.ProviderName(), p.Missing)
	}
	identity, err := tx.OfficerIdentity.Query().
		Where(officeridentity.Issuer(p.Issuer), officeridentity.Subject(p.Subject)).WithOfficer().Only(ctx)
	var o *ent.Officer
	switch {
	case ent.IsNotFound(err):
		o, err = s.firstTime(ctx, tx, p, email)
	case err != nil:
		return nil, fmt.Errorf("find identity: %w", err)
	default:
		o, err = s.again(ctx, tx, p, email, identity)
	}
	if err != nil {
		return nil, err
	}
	return s.rename(ctx, tx, o, p.Name)
}

func isASCII(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r > unicode.MaxASCII }) < 0
}

// firstTime binds a person to the officer of an address that the provider vouches
// for, unless that officer is another person already.
func (s *Service) firstTime(ctx context.Context, tx *database.Tx, p oidc.Person, email string) (*ent.Officer, error) {
	switch {
	case email == "":
		return nil, fault.New(fault.Forbidden, "%s does not tell your email address, by which public officers are known.", s.ProviderName())
	case !p.EmailBelieved:
		return nil, fault.New(fault.Forbidden, "%s does not say that your email address is verified, so that we cannot go by it.", s.ProviderName())
	}
	if _, err := s.officerAddress("email", email); err != nil {
		return nil, fault.Wrap(err, fault.Forbidden, "The email address that %s tells of you is no public officer's.", s.ProviderName())
	}
	o, err := s.ensure(ctx, tx, email, false)
	if err != nil {
		return nil, err
	}
	bound, err := tx.OfficerIdentity.Query().Where(officeridentity.Issuer(p.Issuer), officeridentity.OfficerID(o.ID)).Exist(ctx)
	if err != nil {
		return nil, fmt.Errorf("find who the officer is: %w", err)
	}
	if bound {
		return nil, s.anothersAddress()
	}
	err = tx.OfficerIdentity.Create().SetIssuer(p.Issuer).SetSubject(p.Subject).SetOfficer(o).
		SetCreatedAt(s.now()).SetLastSeenAt(s.now()).Exec(ctx)
	if err != nil {
		return nil, fmt.Errorf("bind identity: %w", err)
	}
	return o, nil
}

// again returns the officer to whom the person is bound. An address that the
// provider vouches for and that is another now is followed within the agency; in
// another agency the person is a new officer, who takes nothing along.
func (s *Service) again(ctx context.Context, tx *database.Tx, p oidc.Person, email string, identity *ent.OfficerIdentity) (*ent.Officer, error) {
	o := identity.Edges.Officer
	if err := tx.OfficerIdentity.UpdateOne(identity).SetLastSeenAt(s.now()).Exec(ctx); err != nil {
		return nil, fmt.Errorf("note the use of an identity: %w", err)
	}
	if email == "" || !p.EmailBelieved || email == o.Email {
		return o, nil
	}
	if _, err := s.officerAddress("email", email); err != nil {
		return nil, fault.Wrap(err, fault.Forbidden, "The email address that %s tells of you is no public officer's.", s.ProviderName())
	}
	taken, err := tx.Officer.Query().Where(officer.Email(email)).Exist(ctx)
	if err != nil {
		return nil, fmt.Errorf("find the new address: %w", err)
	}
	sameAgency := access.AgencyOf(email) == o.Agency
	switch {
	case sameAgency && taken:
		s.log.LogAttrs(ctx, slog.LevelWarn, "the new address of an officer is another officer's", slog.Any("officer", o.ID))
		return o, nil
	case sameAgency:
		if o, err = tx.Officer.UpdateOne(o).SetEmail(email).Save(ctx); err != nil {
			return nil, fmt.Errorf("follow an address: %w", err)
		}
		return o, s.recordMove(ctx, tx, o, o)
	case taken:
		return nil, s.anothersAddress()
	}
	return s.moveAway(ctx, tx, identity, email)
}

// moveAway makes a person who is in another agency now a new officer.
func (s *Service) moveAway(ctx context.Context, tx *database.Tx, identity *ent.OfficerIdentity, email string) (*ent.Officer, error) {
	former := identity.Edges.Officer
	if err := s.endAccess(ctx, tx, former); err != nil {
		return nil, err
	}
	moved, err := s.ensure(ctx, tx, email, false)
	if err != nil {
		return nil, err
	}
	if err := tx.OfficerIdentity.UpdateOne(identity).SetOfficer(moved).Exec(ctx); err != nil {
		return nil, fmt.Errorf("move identity: %w", err)
	}
	if err := s.leaveVacant(ctx, tx, former, identity); err != nil {
		return nil, err
	}
	return moved, s.recordMove(ctx, tx, former, moved)
}

// leaveVacant keeps whoever has the address next from being an officer who has moved
// away, by the provider and by code, and takes the role away. What stands for the person
// is an identity that nobody has, until [Service.ForgetIdentity].
func (s *Service) leaveVacant(ctx context.Context, tx *database.Tx, former *ent.Officer, was *ent.OfficerIdentity) error {
	err := tx.OfficerIdentity.Create().SetIssuer(was.Issuer).SetSubject("moved away " + was.ID.String()).SetOfficer(former).
		SetCreatedAt(s.now()).SetLastSeenAt(s.now()).Exec(ctx)
	if err != nil {
		return fmt.Errorf("leave an officer vacant: %w", err)
	}
	if former.Role == access.Officer {
		return nil
	}
	former, err = tx.Officer.UpdateOne(former).SetRole(access.Officer).Save(ctx)
	if err != nil {
		return fmt.Errorf("take a role away: %w", err)
	}
	return s.recordRole(ctx, tx, former)
}

// endAccess ends the sessions of an officer and revokes the tokens: nobody is that
// officer any more.
func (s *Service) endAccess(ctx context.Context, tx *database.Tx, o *ent.Officer) error {
	if _, err := tx.Session.Delete().Where(session.OfficerID(o.ID)).Exec(ctx); err != nil {
		return fmt.Errorf("end sessions: %w", err)
	}
	err := tx.Token.Update().Where(token.OfficerID(o.ID), token.RevokedAtIsNil()).SetRevokedAt(s.now()).Exec(ctx)
	if err != nil {
		return fmt.Errorf("revoke tokens: %w", err)
	}
	return nil
}

// rename keeps the name that the provider tells.
func (s *Service) rename(ctx context.Context, tx *database.Tx, o *ent.Officer, name string) (*ent.Officer, error) {
	name = strings.Join(strings.Fields(name), " ")
	long := len([]rune(name)) > maxName
	odd := strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) })
	if name == "" || long || odd || o.Name != nil && *o.Name == name {
		return o, nil
	}
	return tx.Officer.UpdateOne(o).SetName(name).Save(ctx)
}

// ForgetIdentity lets the next person with an officer's address be that officer:
// it forgets who that was at the provider, ends the sessions, revokes the tokens
// and takes the role away. Codes: those of an officer's address on field officer,
// and NOT_FOUND.
func (s *Service) ForgetIdentity(ctx context.Context, officerEmail string) error {
	email, err := s.officerAddress("officer", officerEmail)
	if err != nil {
		return err
	}
	return s.db.WithTx(access.System(ctx), func(ctx context.Context, tx *database.Tx) error {
		o, err := tx.Officer.Query().Where(officer.Email(email)).Only(ctx)
		if ent.IsNotFound(err) {
			return fault.Field("officer", fault.NotFound, "No officer has this address.")
		}
		if err != nil {
			return err
		}
		if _, err := tx.OfficerIdentity.Delete().Where(officeridentity.OfficerID(o.ID)).Exec(ctx); err != nil {
			return fmt.Errorf("forget identities: %w", err)
		}
		if err := s.endAccess(ctx, tx, o); err != nil {
			return err
		}
		if err := tx.Officer.UpdateOne(o).SetRole(access.Officer).Exec(ctx); err != nil {
			return err
		}
		return s.audit.Record(ctx, tx, audit.Event{Type: audit.IdentityForgotten, Kind: audit.Officer, ID: o.ID, Owner: o.ID, Person: o.Email})
	})
}

func notOfficer() error {
	return fault.New(fault.NotPublicOfficer, "This module is for public officers. If you are a vendor, ask the public officer you work with to create your TechPass account.")
}

func (s *Service) anothersAddress() error {
	return fault.New(fault.Forbidden, "Your email address belongs to an officer who signed in with another account of %s. So that nobody gets another officer’s work, an administrator has to look at it first.", s.ProviderName())
}
