package signin

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"techbiz/ent"
	"techbiz/ent/token"
	"techbiz/internal/access"
	"techbiz/internal/audit"
	"techbiz/internal/database"
	"techbiz/internal/fault"
)

const (
	// defaultTokenLife is how long a token lasts for which nothing else is asked.
	defaultTokenLife = 90 * 24 * time.Hour
	// mostTokens is how many tokens of one officer may work at a time, and
	// mostListed how many are listed, the newest.
	mostTokens = 50
	mostListed = 200
)

// Tokens returns the caller's tokens, newest first, those that have ended
// included.
func (s *Service) Tokens(ctx context.Context) ([]*ent.Token, error) {
	ctx, _, err := access.Begin(ctx, access.ReadTokens)
	if err != nil {
		return nil, err
	}
	all, err := s.db.Token.Query().Order(token.ByCreatedAt(sql.OrderDesc()), token.ByID(sql.OrderDesc())).Limit(mostListed).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("load tokens: %w", err)
	}
	return all, nil
}

// MakeToken makes a token for the caller, with an expiry in 90 days where none is
// given. The secret is returned here and never again. Codes, on fields name and
// expiresAt: REQUIRED, TOO_LONG, INVALID_FORMAT; CONFLICT where the caller has too
// many; UNAUTHENTICATED, FORBIDDEN.
func (s *Service) MakeToken(ctx context.Context, name string, write bool, expiresAt *time.Time) (t *ent.Token, secret string, err error) {
	ctx, actor, err := access.Begin(ctx, access.CreateToken)
	if err != nil {
		return nil, "", err
	}
	now := s.now()
	until := now.Add(defaultTokenLife)
	if expiresAt != nil {
		until = expiresAt.UTC()
	}
	var faults fault.List
	name = strings.TrimSpace(name)
	if bad := checkTokenName(name); bad != nil {
		faults = append(faults, bad)
	}
	if !until.After(now) || until.After(now.AddDate(1, 0, 0)) {
		faults = append(faults, fault.Field("expiresAt", fault.InvalidFormat, "Choose a time after now and at most one year ahead."))
	}
	if err := faults.Err(); err != nil {
		return nil, "", err
	}
	secret = newToken()
	err = s.db.WithTx(ctx, func(ctx context.Context, tx *database.Tx) error {
		live, err := tx.Token.Query().Where(token.RevokedAtIsNil(), token.ExpiresAtGT(now)).Count(ctx)
		if err != nil {
			return fmt.Errorf("count tokens: %w", err)
		}
		if live >= mostTokens {
			return fault.New(fault.Conflict, "You have %d tokens that work. Revoke one that you do not need.", live)
		}
		t, err = tx.Token.Create().SetOfficerID(actor.OfficerID).SetName(name).SetPrefix(secret[:shownLength]).
			SetHash(hash(secret)).SetWrite(write).SetCreatedAt(now).SetExpiresAt(until).Save(ctx)
		if err != nil {
			return fmt.Errorf("store token: %w", err)
		}
		return s.recordToken(ctx, tx, audit.TokenCreated, t)
	})
	if err != nil {
		return nil, "", err
	}
	return t, secret, nil
}

// checkTokenName says what is wrong with the name of a token.
func checkTokenName(name string) *fault.Error {
	switch {
	case name == "":
		return fault.Field("name", fault.Required, "Enter a name for the token, such as what will use it.")
	case utf8.RuneCountInString(name) > maxTokenName:
		return fault.Field("name", fault.TooLong, "Enter a name of at most %d characters.", maxTokenName)
	case !utf8.ValidString(name) || strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }):
		return fault.Field("name", fault.InvalidFormat, "Remove the characters that cannot be shown from the name.")
	}
	return nil
}

// EndToken revokes a token of the caller's; one that has ended stays as it is.
// Codes: NOT_FOUND, UNAUTHENTICATED, FORBIDDEN.
func (s *Service) EndToken(ctx context.Context, id uuid.UUID) (*ent.Token, error) {
	ctx, _, err := access.Begin(ctx, access.RevokeToken)
	if err != nil {
		return nil, err
	}
	var after *ent.Token
	err = s.db.WithTx(ctx, func(ctx context.Context, tx *database.Tx) error {
		n, err := tx.Token.Update().Where(token.ID(id), token.RevokedAtIsNil()).SetRevokedAt(s.now()).Save(ctx)
		if err != nil {
			return fmt.Errorf("revoke token: %w", err)
		}
		after, err = tx.Token.Get(ctx, id)
		if ent.IsNotFound(err) {
			return fault.New(fault.NotFound, "There is no such token among yours.")
		}
		if err != nil || n == 0 {
			return err
		}
		return s.recordToken(ctx, tx, audit.TokenRevoked, after)
	})
	if err != nil {
		return nil, err
	}
	return after, nil
}
