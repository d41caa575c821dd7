package signin

import (
	"context"
	"crypto/rand"
	"database/sql"
	"hash/crc32"
	"math/big"
	"strings"
	"time"

	"github.com/google/uuid"

	"techbiz/ent"
	"techbiz/ent/token"
	"techbiz/internal/access"
	"techbiz/internal/audit"
	"techbiz/internal/database"
	"techbiz/internal/fault"
)

// A token is tbz_, 43 characters that hold 32 random bytes, and 6 that hold their
// checksum, in the digits 0-9a-zA-Z: scanners for secrets find it by
// tbz_[0-9A-Za-z]{49}, and what was mistyped is told apart without the database.
const (
	tokenPrefix = "tbz_"
	tokenBytes  = 32
	bodyLength  = 43 // 62^43 > 2^256
	checkLength = 6  // 62^6 > 2^32
	shownLength = 10 // of the characters that are kept to recognise it by

	maxTokenName = 100 // characters
	maxTokenLife = 366 * 24 * time.Hour
)

// CreateToken makes a token of an officer that may read and write, and the
// officer if need be; with admin the officer's role becomes ADMIN. The secret is
// returned here and never again. Codes, on fields officer, name and expires:
// REQUIRED, TOO_LONG, INVALID_FORMAT, NOT_PUBLIC_OFFICER.
func (s *Service) CreateToken(ctx context.Context, officerEmail, name string, admin bool, expires time.Duration) (secret string, err error) {
	var faults fault.List
	email, err := s.officerAddress("officer", officerEmail)
	faults = append(faults, fault.Of(err)...)
	name = strings.TrimSpace(name)
	if bad := checkTokenName(name); bad != nil {
		faults = append(faults, bad)
	}
	if expires <= 0 || expires > maxTokenLife {
		faults = append(faults, fault.Field("expires", fault.InvalidFormat, "Choose an expiry of at most one year."))
	}
	if err := faults.Err(); err != nil {
		return "", err
	}
	secret = newToken()
	err = s.db.WithTx(access.System(ctx), func(ctx context.Context, tx *database.Tx) error {
		o, err := s.ensure(ctx, tx, email, admin)
		if err != nil {
			return err
		}
		now := s.now()
		t, err := tx.Token.Create().SetOfficer(o).SetName(name).SetPrefix(secret[:shownLength]).
			SetHash(hash(secret)).SetWrite(true).SetCreatedAt(now).SetExpiresAt(now.Add(expires)).Save(ctx)
		if err != nil {
			return err
		}
		return s.recordToken(ctx, tx, audit.TokenCreated, t)
	})
	if err != nil {
		return "", err
	}
	return secret, nil
}

// RevokeToken ends a token with the next request; one that has ended stays so.
// Codes: NOT_FOUND.
func (s *Service) RevokeToken(ctx context.Context, secret string) error {
	return s.db.WithTx(access.System(ctx), func(ctx context.Context, tx *database.Tx) error {
		t, err := tx.Token.Query().Where(token.Hash(hash(strings.TrimSpace(secret)))).Only(ctx)
		if ent.IsNotFound(err) {
			return fault.New(fault.NotFound, "There is no such token. Check that it was copied whole.")
		}
		if err != nil || t.RevokedAt != nil {
			return err
		}
		if err := tx.Token.UpdateOne(t).SetRevokedAt(s.now()).Exec(ctx); err != nil {
			return err
		}
		return s.recordToken(ctx, tx, audit.TokenRevoked, t)
	})
}

// tokenActor returns who acts by a token of ours or of the provider, and false where
// it is none, has expired or was revoked, or its owner is a public officer no more.
func (s *Service) tokenActor(ctx context.Context, secret string) (access.Actor, bool, error) {
	a, t, ok, err := s.bearerActor(ctx, secret)
	if ok && t.id != uuid.Nil {
		s.noteUse(ctx, s.touchToken(ctx, t, s.now()))
	}
	return a, ok, err
}

// bearerActor is tokenActor without noting the use; a token of the provider has none.
func (s *Service) bearerActor(ctx context.Context, secret string) (a access.Actor, t tokenUse, ok bool, err error) {
	if !isToken(secret) {
		a, ok, err = s.clientActor(ctx, secret)
		return a, t, ok, err
	}
	// The hot path of every script: one statement where ent would take two.
	err = s.db.Query(ctx, `SELECT t.id, t.write, t.last_used_at, o.id, o.email, o.role
		FROM tokens t JOIN officers o ON o.id = t.officer_id
		WHERE t.hash = $1 AND t.expires_at > $2 AND t.revoked_at IS NULL`, []any{hash(secret), s.now()},
		func(rows *sql.Rows) error {
			ok = true
			return rows.Scan(&t.id, &a.Write, &t.last, &a.OfficerID, &a.Email, &a.Role)
		})
	if err != nil || !ok || !s.isOfficer(a.Email) {
		return access.Actor{}, tokenUse{}, false, err
	}
	a.ByToken = true
	return a, t, true, nil
}

// tokenUse is the last use of a token.
type tokenUse struct {
	id   uuid.UUID
	last sql.NullTime
}

// touchToken writes the last use of a token, at most once in a while.
func (s *Service) touchToken(ctx context.Context, t tokenUse, now time.Time) error {
	stale := now.Add(-useInterval)
	if t.last.Valid && t.last.Time.After(stale) {
		return nil
	}
	ctx, cancel := context.WithTimeout(access.System(ctx), useTimeout)
	defer cancel()
	return s.db.WithTx(ctx, func(ctx context.Context, tx *database.Tx) error {
		return tx.Token.Update().
			Where(token.ID(t.id), token.Or(token.LastUsedAtIsNil(), token.LastUsedAtLTE(stale))).
			SetLastUsedAt(now).Exec(ctx)
	})
}

func newToken() string {
	var b [tokenBytes]byte
	_, _ = rand.Read(b[:]) // never fails
	body := base62(new(big.Int).SetBytes(b[:]), bodyLength)
	return tokenPrefix + body + checksum(body)
}

func isToken(secret string) bool {
	body, ok := strings.CutPrefix(secret, tokenPrefix)
	return ok && len(body) == bodyLength+checkLength && checksum(body[:bodyLength]) == body[bodyLength:]
}

func checksum(body string) string {
	return base62(big.NewInt(int64(crc32.ChecksumIEEE([]byte(body)))), checkLength)
}

func base62(n *big.Int, length int) string {
	digits := n.Text(62)
	return strings.Repeat("0", length-len(digits)) + digits
}
