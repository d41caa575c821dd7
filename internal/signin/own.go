package signin

import (
	"context"
	"strings"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"techbiz/ent"
	"techbiz/ent/session"
	"techbiz/internal/access"
	"techbiz/internal/audit"
	"techbiz/internal/database"
	"techbiz/internal/fault"
	"techbiz/internal/origin"
)

type sessionKey struct{}

// Current says whether a session is the one that signs the request in.
func Current(ctx context.Context, id uuid.UUID) bool {
	present, ok := ctx.Value(sessionKey{}).(uuid.UUID)
	return ok && present == id
}

// Sessions are those of whoever acts, the last used first. Codes: those of
// [access.Begin].
func (s *Service) Sessions(ctx context.Context) ([]*ent.Session, error) {
	ctx, a, err := access.Begin(ctx, access.ReadSessions)
	if err != nil {
		return nil, err
	}
	now := s.now()
	return s.db.Session.Query().Where(session.OfficerID(a.OfficerID), session.ExpiresAtGT(now), session.SeenAtGT(now.Add(-s.store.idle))).
		Order(session.BySeenAt(sql.OrderDesc()), session.ByID()).All(access.System(ctx))
}

// EndSession signs whoever acts out of one session, with the next request in it.
// Codes: those of [access.Begin], and NOT_FOUND.
func (s *Service) EndSession(ctx context.Context, id uuid.UUID) error {
	ctx, a, err := access.Begin(ctx, access.EndSession)
	if err != nil {
		return err
	}
	return s.db.WithTx(access.System(ctx), func(ctx context.Context, tx *database.Tx) error {
		n, err := tx.Session.Delete().Where(session.ID(id), session.OfficerID(a.OfficerID)).Exec(ctx)
		if err == nil && n == 0 {
			return fault.Field("id", fault.NotFound, "This session has ended already.")
		}
		if err != nil {
			return err
		}
		return s.audit.Record(ctx, tx, audit.Event{Type: audit.SessionEnded, Actor: &a, Kind: audit.Session, ID: id})
	})
}

// EndSessions signs whoever acts out everywhere, here too. Codes: those of
// [access.Begin].
func (s *Service) EndSessions(ctx context.Context) error {
	ctx, a, err := access.Begin(ctx, access.EndSessions)
	if err != nil {
		return err
	}
	return s.db.WithTx(access.System(ctx), func(ctx context.Context, tx *database.Tx) error {
		if _, err := tx.Session.Delete().Where(session.OfficerID(a.OfficerID)).Exec(ctx); err != nil {
			return err
		}
		return s.audit.Record(ctx, tx, audit.Event{Type: audit.SessionsEnded, Actor: &a})
	})
}

// addressText is the network address of the request, "" where it has none.
func addressText(ctx context.Context) string {
	if a := origin.From(ctx); a.IsValid() {
		return a.String()
	}
	return ""
}

// word is a part of a User-Agent header and what it stands for.
type word struct{ part, name string }

// Others name those that come later as well, so the order counts.
var browsers = []word{
	{"Edg", "Edge"}, {"OPR/", "Opera"}, {"SamsungBrowser/", "Samsung Internet"}, {"Firefox/", "Firefox"}, {"FxiOS/", "Firefox"},
	{"CriOS/", "Chrome"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"}, {"curl/", "curl"},
}

var systems = []word{
	{"Android", "Android"}, {"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Windows", "Windows"}, {"CrOS", "ChromeOS"},
	{"Macintosh", "macOS"}, {"Linux", "Linux"},
}

// browserOf says in a few words what a User-Agent header stands for. The header
// itself is not kept.
func browserOf(agent string) string {
	named := func(words []word) string {
		for _, w := range words {
			if strings.Contains(agent, w.part) {
				return w.name
			}
		}
		return ""
	}
	browser, system := named(browsers), named(systems)
	switch {
	case browser != "" && system != "":
		return browser + " on " + system
	case browser+system != "":
		return browser + system
	}
	return "Another program"
}
