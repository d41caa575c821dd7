package signin

import (
	"context"
	"log/slog"
	"net/http"

	"techbiz/ent"
	"techbiz/ent/officer"
	"techbiz/internal/access"
	"techbiz/internal/audit"
	"techbiz/internal/database"
	"techbiz/internal/fault"
)

// What the activity log hears of signing in. Whoever signs in acts as the officer
// from then on, and as nobody before.

// nobody acts before a sign-in.
var nobody = &access.Actor{}

// recordSignIn records that an officer has a session now.
func (s *Service) recordSignIn(ctx context.Context, tx *database.Tx, o *ent.Officer) error {
	actor := &access.Actor{OfficerID: o.ID, Email: o.Email, Role: o.Role}
	return s.audit.Record(ctx, tx, audit.Event{Type: audit.SignedIn, Actor: actor})
}

// recordRefusal records that somebody was not signed in; email is who that said to
// be, "" where nobody did. The officer whose address it is sees the record, too.
func (s *Service) recordRefusal(ctx context.Context, email string, why error) {
	code := fault.CodeOf(why)
	if s.audit == nil || ctx.Err() != nil || code == fault.Internal || code == fault.Unavailable {
		return
	}
	e := audit.Event{Type: audit.SignInRefused, Actor: nobody, Person: email, Detail: audit.Detail{Code: string(code)}}
	if code == fault.Forbidden {
		e.Detail.Reason = fault.Of(why)[0].Message // the rule; whom it keeps out stands apart
	}
	if email != "" {
		owner, err := s.db.Officer.Query().Where(officer.Email(email)).OnlyID(access.System(ctx))
		if err != nil && !ent.IsNotFound(err) {
			s.log.LogAttrs(ctx, slog.LevelError, "whose sign-in was refused is not known", slog.Any("error", err))
		}
		e.Owner = owner
	}
	s.audit.Refused(ctx, e)
}

// recordSignOut records that a session was ended by its officer.
func (s *Service) recordSignOut(r *http.Request) {
	if _, ok := access.From(r.Context()); !ok {
		return // the session had ended before
	}
	if err := s.audit.Note(r.Context(), audit.Event{Type: audit.SignedOut}); err != nil {
		s.log.LogAttrs(r.Context(), slog.LevelError, "a sign-out is not recorded", slog.Any("error", err))
	}
}

// recordRole records a role that an officer got by a setting or a command.
func (s *Service) recordRole(ctx context.Context, tx *database.Tx, o *ent.Officer) error {
	return s.audit.Record(ctx, tx, audit.Event{
		Type: audit.RoleChanged, Kind: audit.Officer, ID: o.ID, Owner: o.ID, Person: o.Email, Detail: audit.Detail{Role: string(o.Role)},
	})
}

// recordMove records that a person's address is another one at the provider, and who
// the person is here from now on: the same officer, or one of another agency.
func (s *Service) recordMove(ctx context.Context, tx *database.Tx, former, now *ent.Officer) error {
	e := audit.Event{Type: audit.IdentityMoved, Kind: audit.Officer, ID: now.ID, Owner: former.ID, Person: now.Email}
	if former.ID != now.ID {
		e.Detail = audit.Detail{What: "in another agency, as a new officer", Domain: now.Agency}
	}
	return s.audit.Record(ctx, tx, e)
}

// recordToken records what became of a token of an officer.
func (s *Service) recordToken(ctx context.Context, tx *database.Tx, act audit.Type, t *ent.Token) error {
	e := audit.Event{Type: act, Kind: audit.Token, ID: t.ID, Owner: t.OfficerID}
	if act == audit.TokenCreated {
		e.Detail.What = "may only read"
		if t.Write {
			e.Detail.What = "may read and write"
		}
	}
	return s.audit.Record(ctx, tx, e)
}
