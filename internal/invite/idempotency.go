package invite

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"techbiz/ent"
	"techbiz/ent/idempotencykey"
	"techbiz/internal/access"
	"techbiz/internal/database"
	"techbiz/internal/fault"
	"techbiz/internal/seal"
)

// KeyLife is how long an idempotency key counts.
const KeyLife = 30 * 24 * time.Hour

// maxKey bounds an idempotency key, in bytes.
const maxKey = 200

// Once is a call that may come again: it counts per officer and mutation.
type Once struct {
	Officer  uuid.UUID
	Mutation string
	Key      string // empty: the call stands for itself

	keys  *seal.Keys
	input [sha256.Size]byte
}

// NewOnce returns the identity of a call. Of its input only a keyed hash is kept,
// from which nobody can try out a contact number. Codes: TOO_LONG and INVALID_FORMAT for
// the key.
func NewOnce(keys *seal.Keys, officer uuid.UUID, mutation, key string, input any) (Once, error) {
	if len(key) > maxKey {
		return Once{}, fault.Field("idempotencyKey", fault.TooLong, "Shorten the idempotency key to at most %d characters.", maxKey)
	}
	if !printable(key) {
		return Once{}, fault.Field("idempotencyKey", fault.InvalidFormat, "Remove the characters that cannot be shown from the idempotency key.")
	}
	raw, err := json.Marshal(input)
	if err != nil {
		return Once{}, fmt.Errorf("hash input of %s: %w", mutation, err)
	}
	return Once{Officer: officer, Mutation: mutation, Key: key, keys: keys, input: sha256.Sum256(raw)}, nil
}

// Before returns what an earlier call with the same key made, and false where
// there was none. Codes: CONFLICT when its input was another one.
func (o Once) Before(ctx context.Context, client *ent.Client, now time.Time) (uuid.UUID, bool, error) {
	if o.Key == "" {
		return uuid.Nil, false, nil
	}
	k, err := client.IdempotencyKey.Query().Where(
		idempotencykey.OfficerID(o.Officer), idempotencykey.Mutation(o.Mutation), idempotencykey.Key(o.Key),
		idempotencykey.CreatedAtGT(now.Add(-KeyLife))).Only(access.System(ctx))
	switch {
	case ent.IsNotFound(err):
		return uuid.Nil, false, nil
	case err != nil:
		return uuid.Nil, false, fmt.Errorf("look for idempotency key: %w", err)
	}
	like, err := o.keys.DigestLike(k.Input, o.input[:])
	switch {
	case err != nil:
		return uuid.Nil, false, fmt.Errorf("look for idempotency key: %w", err)
	case !bytes.Equal(like, k.Input):
		return uuid.Nil, false, fault.Field("idempotencyKey", fault.Conflict, "This idempotency key was used with another input. Use a new one.")
	}
	return k.ResultID, true, nil
}

// Keep remembers what the call made, in its transaction. A second call that runs
// at the same moment fails there on the unique key and is run again.
func (o Once) Keep(ctx context.Context, tx *database.Tx, result uuid.UUID) error {
	if o.Key == "" {
		return nil
	}
	ctx = access.System(ctx)
	_, err := tx.IdempotencyKey.Delete().Where(
		idempotencykey.OfficerID(o.Officer), idempotencykey.Mutation(o.Mutation), idempotencykey.Key(o.Key),
		idempotencykey.CreatedAtLTE(tx.Now.Add(-KeyLife))).Exec(ctx)
	if err != nil {
		return fmt.Errorf("forget idempotency key: %w", err)
	}
	input, err := tx.Keys.Digest(o.input[:])
	if err != nil {
		return fmt.Errorf("keep idempotency key: %w", err)
	}
	err = tx.IdempotencyKey.Create().SetOfficerID(o.Officer).SetMutation(o.Mutation).SetKey(o.Key).
		SetInput(input).SetResultID(result).SetCreatedAt(tx.Now).Exec(ctx)
	if err != nil {
		return fmt.Errorf("keep idempotency key: %w", err)
	}
	return nil
}

// ForgetKeys deletes idempotency keys that no longer count.
func (s *Service) ForgetKeys(ctx context.Context) error {
	return s.DB.WithTx(access.System(ctx), func(ctx context.Context, tx *database.Tx) error {
		if _, err := tx.IdempotencyKey.Delete().Where(idempotencykey.CreatedAtLTE(tx.Now.Add(-KeyLife))).Exec(ctx); err != nil {
			return fmt.Errorf("forget idempotency keys: %w", err)
		}
		return nil
	})
}
