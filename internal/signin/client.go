package signin

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"techbiz/ent"
	"techbiz/ent/officer"
	"techbiz/internal/access"
	"techbiz/internal/database"
	"techbiz/internal/fault"
	"techbiz/internal/oidc"
)

// maxJWT is how long an access token of the provider may be, in bytes.
const maxJWT = 16 << 10

// Clients are the service clients: programs that come with access tokens of the
// OpenID provider which it gave to them alone, by their own credentials.
type Clients struct {
	// Audience is our API's name at the provider; "" lets no client in.
	Audience string
	// ReadRole and WriteRole are the application roles of which a client needs one.
	ReadRole, WriteRole string
	// Officers are the folded addresses of the officers who answer for the clients
	// and stand as inviters, by the clients' ids.
	Officers map[string]string
}

// clientActor returns who acts by an access token of the provider, and false where
// that is none of a client that we know. The token itself proves everything: what
// is read before its signature only spares the provider our asking.
func (s *Service) clientActor(ctx context.Context, raw string) (access.Actor, bool, error) {
	if s.provider == nil || s.clients.Audience == "" || !s.fromKnownClient(raw) {
		return access.Actor{}, false, nil
	}
	claims, err := s.provider.AccessToken(ctx, raw, s.clients.Audience)
	if err != nil {
		s.log.LogAttrs(ctx, slog.LevelInfo, "an access token is refused", slog.String("cause", cause(err)))
		if fault.CodeOf(err) == fault.Unavailable {
			return access.Actor{}, false, err
		}
		return access.Actor{}, false, nil
	}
	client := clientOf(claims)
	email := s.clients.Officers[client]
	write := slices.Contains(claims.Values("roles"), s.clients.WriteRole)
	switch {
	case email == "" || !s.isOfficer(email):
		return access.Actor{}, false, nil
	case !write && !slices.Contains(claims.Values("roles"), s.clients.ReadRole):
		s.log.LogAttrs(ctx, slog.LevelInfo, "a service client has no role here", slog.String("client", client))
		return access.Actor{}, false, nil
	case !forItself(claims):
		s.log.LogAttrs(ctx, slog.LevelInfo, "an access token that a person gave is refused", slog.String("client", client))
		return access.Actor{}, false, nil
	}
	o, err := s.answerable(ctx, email)
	if err != nil {
		return access.Actor{}, false, err
	}
	return access.Actor{OfficerID: o.ID, Email: o.Email, Role: o.Role, ByToken: true, Write: write, Client: client}, true, nil
}

// fromKnownClient reads an unproven token: whether it names our provider and a
// client of ours.
func (s *Service) fromKnownClient(raw string) bool {
	parts := strings.Split(raw, ".")
	if len(parts) != 3 || len(raw) > maxJWT {
		return false
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	var claims oidc.Claims
	if err != nil || json.Unmarshal(payload, &claims) != nil {
		return false
	}
	return slices.Equal(claims.Values("iss"), []string{s.provider.Issuer()}) && s.clients.Officers[clientOf(claims)] != ""
}

// clientOf is to whom a token was given. RFC 9068 calls it client_id, Entra ID azp,
// and in tokens of its first version appid. A token that names several is none.
func clientOf(c oidc.Claims) string {
	var id string
	for _, name := range []string{"client_id", "azp", "appid"} {
		for _, v := range c.Values(name) {
			if id != "" && id != v {
				return ""
			}
			id = v
		}
	}
	return id
}

// forItself says whether a client got a token by its own credentials and for no
// person: one that a person gave has scopes, and an ID token a nonce.
func forItself(c oidc.Claims) bool {
	kind := c.Values("idtyp") // Entra ID says so, where it is asked to
	return len(c.Values("scp")) == 0 && len(c.Values("nonce")) == 0 && len(c.Values("at_hash")) == 0 &&
		(len(kind) == 0 || slices.Equal(kind, []string{"app"}))
}

// answerable returns the officer with a folded address, made if need be.
func (s *Service) answerable(ctx context.Context, email string) (*ent.Officer, error) {
	ctx = access.System(ctx)
	o, err := s.db.Officer.Query().Where(officer.Email(email)).Only(ctx)
	if !ent.IsNotFound(err) {
		if err != nil {
			return nil, fmt.Errorf("find officer: %w", err)
		}
		return o, nil
	}
	err = s.db.WithTx(ctx, func(ctx context.Context, tx *database.Tx) error {
		o, err = s.ensure(ctx, tx, email, false)
		return err
	})
	return o, err
}
