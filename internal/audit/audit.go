// Package audit is the activity log: who did what, when, from where, and on whom.
//
// What it guarantees:
//   - A record stands in the transaction of the act ([Log.Record]): both are kept,
//     or neither.
//   - Records are only added. Whoever changes, inserts or removes one with all the
//     rights on the database, and without the key outside it, is found by
//     [Log.Verify]; what that finds and what it can't is in docs/activity.md.
//   - Writing takes no lock and waits for no other writer: every record carries an
//     authentication code of its own, and a moment later one process seals what has
//     been committed into a chain of blocks (seal.go).
//   - Records name people by opaque ids. Who that is stands apart, under a key of the
//     person's own; [Log.Erase] destroys it, and the chain still verifies.
//
// Who may read a record is decided in ent/schema. The package records what it is
// told; it decides nothing about the act.
package audit

import (
	"context"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"log/slog"

	"techbiz/internal/clock"
	"techbiz/internal/database"
)

// KeyLength is the length of [Options.Key] in bytes.
const KeyLength = 32

// Options are what a Log needs.
type Options struct {
	DB *database.DB
	// Machine is the machine's clock.
	Machine clock.Clock
	// Key is the secret outside the database, the same on every replica.
	Key []byte
	// Anchor is the file in which this machine keeps the newest head of the chain it
	// has seen; "" for none.
	Anchor string
	Log    *slog.Logger
}

// Log is the activity log. A nil Log records nothing. It is safe for concurrent
// use. Make it with [New].
type Log struct {
	db      *database.DB
	machine clock.Clock
	log     *slog.Logger
	anchor  string

	recordKey, chainKey, lookupKey []byte
	wrap                           cipher.AEAD

	refusals *refusals
}

// New returns a log. It panics on a key of another length: nothing may be signed
// with that.
func New(o Options) *Log {
	if len(o.Key) != KeyLength {
		panic(fmt.Sprintf("audit: the key has %d bytes and needs %d", len(o.Key), KeyLength))
	}
	l := &Log{db: o.DB, machine: o.Machine, log: o.Log, anchor: o.Anchor, refusals: newRefusals()}
	if l.log == nil {
		l.log = slog.New(slog.DiscardHandler)
	}
	if l.machine == nil {
		l.machine = clock.Machine
	}
	l.recordKey, l.chainKey, l.lookupKey = derive(o.Key, "record"), derive(o.Key, "chain"), derive(o.Key, "lookup")
	l.wrap = newAEAD(derive(o.Key, "people"))
	return l
}

// derive returns a key of 32 bytes for one purpose.
func derive(secret []byte, purpose string) []byte {
	key, err := hkdf.Key(sha256.New, secret, nil, "techbiz audit "+purpose, sha256.Size)
	if err != nil {
		panic(fmt.Sprintf("audit: derive a key: %v", err)) // only with a length that HKDF cannot give
	}
	return key
}

// keyed is the authentication code of a text under a key.
func keyed(key []byte, text []byte) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write(text)
	return mac.Sum(nil)
}

// Note records what happens in no transaction of its own, such as an export, also
// when the caller has gone meanwhile.
func (l *Log) Note(ctx context.Context, e Event) error {
	if l == nil {
		return nil
	}
	return l.db.WithTx(context.WithoutCancel(ctx), func(ctx context.Context, tx *database.Tx) error {
		return l.Record(ctx, tx, e)
	})
}
