package audit

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"techbiz/internal/address"
	"techbiz/internal/database"
)

// personKeyLength is that of AES-256.
const personKeyLength = 32

func newAEAD(key []byte) cipher.AEAD {
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(fmt.Sprintf("audit: %v", err)) // only with a key of another length
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(fmt.Sprintf("audit: %v", err)) // AES has the block size of GCM
	}
	return aead
}

func (l *Log) lookup(email string) []byte { return keyed(l.lookupKey, []byte(email)) }

// identify returns the ids of the people with these folded addresses, and makes
// those that are not known yet. Two transactions that meet a new person at the same
// moment find the same one: the second waits for the first.
func (l *Log) identify(ctx context.Context, tx *database.Tx, emails ...string) (map[string]uuid.UUID, error) {
	people, err := l.known(ctx, tx, emails)
	if err != nil {
		return nil, err
	}
	var rows [][]any
	for _, email := range emails {
		if _, ok := people[email]; !ok && email != "" {
			rows = append(rows, l.newPerson(email))
		}
	}
	if len(rows) == 0 {
		return people, nil
	}
	if err := tx.Insert(ctx, "audit_people", []string{"id", "lookup", "wrapped_key", "sealed"}, "lookup", rows); err != nil {
		return nil, err
	}
	return l.known(ctx, tx, emails)
}

// newPerson is a row of audit_people.
func (l *Log) newPerson(email string) []any {
	id := uuid.New()
	key := make([]byte, personKeyLength)
	_, _ = rand.Read(key) // never fails
	// #nosec G407 -- the AEAD draws each nonce itself
	return []any{id, l.lookup(email), l.wrap.Seal(nil, nil, key, id[:]), newAEAD(key).Seal(nil, nil, []byte(email), id[:])}
}

// querier is what a transaction and the database have in common.
type querier interface {
	Query(ctx context.Context, query string, args []any, scan func(*sql.Rows) error) error
}

// known returns the ids of those of the people whom the log knows.
func (l *Log) known(ctx context.Context, q querier, emails []string) (map[string]uuid.UUID, error) {
	byLookup := map[string]string{}
	var args []any
	for _, email := range emails {
		if email == "" {
			continue
		}
		lookup := l.lookup(email)
		if _, twice := byLookup[string(lookup)]; !twice {
			byLookup[string(lookup)] = email
			args = append(args, lookup)
		}
	}
	people := map[string]uuid.UUID{}
	if len(args) == 0 {
		return people, nil
	}
	err := q.Query(ctx, `SELECT lookup, id FROM audit_people WHERE lookup IN (`+marks(len(args))+`)`, args, func(rows *sql.Rows) error {
		var lookup []byte
		var id uuid.UUID
		err := rows.Scan(&lookup, &id)
		people[byLookup[string(lookup)]] = id
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("look for people: %w", err)
	}
	return people, nil
}

// marks are n parameters.
func marks(n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "$%d", i+1)
	}
	return b.String()
}

// Person returns the opaque id under which the log knows an address, and false
// where it does not.
func (l *Log) Person(ctx context.Context, email string) (uuid.UUID, bool, error) {
	email = address.Fold(email)
	people, err := l.known(ctx, l.db, []string{email})
	id, ok := people[email]
	return id, ok, err
}

// addresses returns the addresses of people; who was erased has none.
func (l *Log) addresses(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]string, error) {
	found := map[uuid.UUID]string{}
	if len(ids) == 0 {
		return found, nil
	}
	args := make([]any, len(ids))
	for i, id := range ids {
		args[i] = id
	}
	err := l.db.Query(ctx, `SELECT id, lookup, wrapped_key, sealed FROM audit_people WHERE id IN (`+marks(len(ids))+`)`, args,
		func(rows *sql.Rows) error {
			var p personRow
			if err := rows.Scan(&p.id, &p.lookup, &p.wrapped, &p.sealed); err != nil {
				return err
			}
			email, err := l.open(p)
			if err != nil {
				// The row is not what we wrote: techbiz audit verify says which. The list goes on.
				l.log.ErrorContext(ctx, "a person of the activity log cannot be read", "person", p.id, "error", err)
				return nil
			}
			found[p.id] = email
			return nil
		})
	if err != nil {
		return nil, fmt.Errorf("load people: %w", err)
	}
	return found, nil
}

// personRow is a row of audit_people.
type personRow struct {
	id                      uuid.UUID
	lookup, wrapped, sealed []byte
}

var errPerson = errors.New("it was changed, or belongs to another key")

// open returns the address of a person.
func (l *Log) open(p personRow) (string, error) {
	key, err := l.wrap.Open(nil, nil, p.wrapped, p.id[:])
	if err != nil || len(key) != personKeyLength {
		return "", errPerson
	}
	email, err := newAEAD(key).Open(nil, nil, p.sealed, p.id[:])
	if err != nil || string(l.lookup(string(email))) != string(p.lookup) {
		return "", errPerson
	}
	return string(email), nil
}

// Erase destroys what tells who a person of the log is, and records that, naming
// only the opaque id. Records of the person stay, and name nobody. An address that
// the log does not know is no error, and the record then names nobody.
func (l *Log) Erase(ctx context.Context, tx *database.Tx, email string) error {
	if l == nil {
		return nil
	}
	email = address.Fold(email)
	people, err := l.known(ctx, tx, []string{email})
	if err != nil {
		return err
	}
	id, ok := people[email]
	if !ok { // the erasure is an act all the same
		return l.Record(ctx, tx, Event{Type: PersonErased})
	}
	if _, err := tx.Exec(ctx, `DELETE FROM audit_people WHERE id = $1`, id); err != nil {
		return fmt.Errorf("erase person: %w", err)
	}
	return l.Record(ctx, tx, Event{Type: PersonErased, Kind: Person, ID: id})
}
