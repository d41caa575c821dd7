package sandbox

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/google/uuid"

	"techbiz/ent"
	"techbiz/ent/sandboxperson"
	"techbiz/internal/address"
	"techbiz/internal/database"
	"techbiz/internal/directory"
	"techbiz/internal/fault"
	"techbiz/internal/seal"
)

// noSEED is the domain whose people cannot have a SEED licence.
const noSEED = "schools.gov.sg"

// Invite makes registration links, which work for 5 days. A higher round makes a
// new link with 5 new days, and the one before works no more. Codes in a result:
// ACCOUNT_EXISTS; NOT_FOUND where what the key made is gone.
func (s *Sandbox) Invite(ctx context.Context, who []directory.Invitation) ([]directory.Result, error) {
	wishes := make([]wish, len(who))
	for i, w := range who {
		wishes[i] = wish{key: w.Key, email: w.Email, round: w.Round, state: sandboxperson.StateInvited, life: linkLife}
	}
	return s.make(ctx, wishes, s.registerLink)
}

// Create makes accounts, which are terminated 30 days later unless somebody
// activates them. A higher round makes anew what is gone. Codes in a result:
// ACCOUNT_EXISTS with the field; NOT_FOUND where what the key made in this round is
// gone.
func (s *Sandbox) Create(ctx context.Context, who []directory.Account) ([]directory.Result, error) {
	wishes := make([]wish, len(who))
	for i, w := range who {
		wishes[i] = wish{
			key: w.Key, email: w.Email, username: w.Username, firstName: w.FirstName, lastName: w.LastName, number: w.Number,
			round: w.Round, state: sandboxperson.StateCreated, life: accountLife,
		}
	}
	return s.make(ctx, wishes, s.activateLink)
}

// wish is a request that makes a person.
type wish struct {
	key, email, username, firstName, lastName, number string

	round int
	state sandboxperson.State
	life  time.Duration
}

// make makes the people who are wished for, set-wise, and answers each wish.
func (s *Sandbox) make(ctx context.Context, wishes []wish, link func(token string) string) ([]directory.Result, error) {
	var results []directory.Result
	err := s.change(ctx, len(wishes), func(ctx context.Context, tx *database.Tx) error {
		if err := sweep(ctx, tx); err != nil {
			return err
		}
		made, err := insertNew(ctx, tx, wishes)
		if err != nil {
			return err
		}
		results = make([]directory.Result, len(wishes))
		var left []wish
		var at []int // of those in wishes
		for i, w := range wishes {
			if p := made[w.key]; p != nil {
				results[i] = told(p, link)
			} else {
				left, at = append(left, w), append(at, i)
			}
		}
		if len(left) == 0 {
			return nil
		}
		others, err := makeRest(ctx, tx, left, link)
		for n, i := range at {
			if err == nil {
				results[i] = others[n]
			}
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return results, nil
}

// insertNew makes the people against whom nothing stands, and returns them by
// their keys. Most wishes are such: to ask first would cost as much again.
func insertNew(ctx context.Context, tx *database.Tx, wishes []wish) (map[string]*ent.SandboxPerson, error) {
	people, made := make([]*ent.SandboxPerson, len(wishes)), make(map[string]*ent.SandboxPerson, len(wishes))
	for i, w := range wishes {
		var err error
		if people[i], err = w.person(tx.Keys, tx.Now); err != nil {
			return nil, err
		}
	}
	keys, err := tx.InsertNew(ctx, sandboxperson.Table, columns, rowsOf(people))
	if err != nil {
		return nil, err
	}
	added := make(map[string]bool, len(keys))
	for _, key := range keys {
		added[key] = true
	}
	for _, p := range people { // the first of those with one key
		if added[p.Key] && made[p.Key] == nil {
			made[p.Key] = p
		}
	}
	return made, nil
}

// makeRest answers the wishes against which something stands: what they made
// before, or what somebody else holds.
func makeRest(ctx context.Context, tx *database.Tx, wishes []wish, link func(token string) string) ([]directory.Result, error) {
	known, err := whoIsThere(ctx, tx, wishes)
	if err != nil {
		return nil, err
	}
	results := make([]directory.Result, len(wishes))
	if err := makeWay(ctx, tx, known, wishes); err != nil {
		return nil, err
	}
	var made []*ent.SandboxPerson
	for i, w := range wishes {
		if known.byKey[w.key] != nil {
			continue
		}
		if results[i].Err = known.taken(w); results[i].Err == nil {
			p, err := w.person(tx.Keys, tx.Now)
			if err == nil {
				err = known.add(tx.Keys, p)
			}
			if err != nil {
				return nil, err
			}
			made = append(made, p)
		}
	}
	if err := tx.Insert(ctx, sandboxperson.Table, columns, "", rowsOf(made)); err != nil {
		return nil, err
	}
	for i, w := range wishes {
		if results[i].Err != nil {
			continue
		}
		if results[i], err = answer(ctx, tx, w, known.byKey[w.key], link); err != nil {
			return nil, err
		}
	}
	return results, nil
}

// makeWay frees the keys of withdrawn accounts that a higher round makes anew.
func makeWay(ctx context.Context, tx *database.Tx, known register, wishes []wish) error {
	var old [][]any
	for _, w := range wishes {
		p := known.byKey[w.key]
		if p != nil && w.state == sandboxperson.StateCreated && w.round > p.Round && gone(p, tx.Now) {
			old = append(old, []any{p.ID, fmt.Sprintf("%s round %d", p.Key, p.Round)})
			delete(known.byKey, w.key)
		}
	}
	if len(old) == 0 {
		return nil
	}
	var args []any
	_, err := tx.Exec(ctx, `WITH old(id, key) AS (`+tx.Table(&args, []string{"uuid", "text"}, old)+`)
		UPDATE sandbox_persons SET key = old.key FROM old WHERE sandbox_persons.id = old.id`, args...)
	if err != nil {
		return fmt.Errorf("free the keys of withdrawn accounts: %w", err)
	}
	return nil
}

// person is who the wish makes, with a new secret for the link.
func (w wish) person(k *seal.Keys, now time.Time) (*ent.SandboxPerson, error) {
	expires := now.Add(w.life)
	id := uuid.Must(uuid.NewV7())
	p := &ent.SandboxPerson{
		ID: id, Key: w.key, Email: w.email, EmailKey: address.Fold(w.email),
		FirstName: w.firstName, LastName: w.lastName, Token: secret(id), Round: w.round,
		State: w.state, Seed: sandboxperson.SeedNone, CreatedAt: now, ExpiresAt: &expires,
	}
	if w.username != "" {
		folded := address.Fold(w.username)
		p.Username, p.UsernameKey = &w.username, &folded
	}
	number, err := store(k, p.ID, w.number)
	p.Number, p.NumberKey, p.NumberKey2 = number.sealed, number.key[0], number.key[1]
	return p, err
}

// secret is a new one for a link, of 130 random bits. The moment at which the person was
// made stands before them, so that the tokens of a list stand side by side in their index:
// at random places, each call for a part of the list would change most of its pages.
func secret(person uuid.UUID) string { return hex.EncodeToString(person[:6]) + rand.Text() }

// columns are those of a person who is made, and rowsOf their values.
var columns = []string{
	"key", "id", "email", "email_key", "username", "username_key", "first_name", "last_name", "number", "number_key", "number_key2",
	"token", "round", "state", "seed", "created_at", "expires_at",
}

func rowsOf(people []*ent.SandboxPerson) [][]any {
	rows := make([][]any, len(people))
	for i, p := range people {
		rows[i] = []any{
			p.Key, p.ID, p.Email, p.EmailKey, orNull(p.Username), orNull(p.UsernameKey), p.FirstName, p.LastName,
			orNull(p.Number), orNull(p.NumberKey), orNull(p.NumberKey2),
			p.Token, p.Round, string(p.State), string(p.Seed), p.CreatedAt, *p.ExpiresAt,
		}
	}
	return rows
}

// orNull is the text behind a pointer, or NULL.
func orNull(p *string) any {
	if p == nil {
		return nil
	}
	return *p
}

// told is the answer about a person who is there.
func told(p *ent.SandboxPerson, link func(string) string) directory.Result {
	r := directory.Result{Ref: p.ID.String(), Link: link(p.Token)}
	if p.ExpiresAt != nil {
		r.ExpiresAt = *p.ExpiresAt
	}
	return r
}

// answer tells of the person whom a wish made, now or before.
func answer(ctx context.Context, tx *database.Tx, w wish, p *ent.SandboxPerson, link func(string) string) (directory.Result, error) {
	if w.round > p.Round && p.State == sandboxperson.StateInvited {
		var err error
		if p, err = renew(ctx, tx, w, p); err != nil {
			return directory.Result{}, err
		}
	}
	var refused *fault.Error
	switch {
	case gone(p, tx.Now):
		refused = fault.New(fault.NotFound, "What was made for %s has lapsed, or was withdrawn or terminated. Send a new invitation.", p.Email)
	case w.round > p.Round && w.state == sandboxperson.StateInvited:
		refused = exists("email", "%s has completed the registration and needs no new link.", p.Email)
	default:
		return told(p, link), nil
	}
	return directory.Result{Err: refused}, nil
}

// renew gives an invited person a new link, and returns the person as it then
// stands: another call may have come first.
func renew(ctx context.Context, tx *database.Tx, w wish, p *ent.SandboxPerson) (*ent.SandboxPerson, error) {
	_, err := tx.Exec(ctx, `UPDATE sandbox_persons SET token = $1, round = $2, expires_at = $3
		WHERE id = $4 AND round < $2 AND state = 'INVITED'`, secret(p.ID), w.round, tx.Now.Add(w.life), p.ID)
	if err != nil {
		return nil, fmt.Errorf("renew the link of %s: %w", p.ID, err)
	}
	if p, err = tx.SandboxPerson.Get(ctx, p.ID); err != nil {
		return nil, fmt.Errorf("renew the link: %w", err)
	}
	return p, nil
}

// register is who is known, by what only one may hold.
type register struct{ byKey, byEmail, byUsername, byNumber map[string]*ent.SandboxPerson }

// whoIsThere returns who stands in the way of the wishes, or was made by them
// before.
func whoIsThere(ctx context.Context, tx *database.Tx, wishes []wish) (register, error) {
	h := holds{keys: make([]string, len(wishes))}
	for i, w := range wishes {
		h.keys[i] = w.key
		h.add(w.email, w.username, w.number)
	}
	people, err := h.find(ctx, tx.Client, tx.Keys)
	if err != nil {
		return register{}, err
	}
	r := register{
		byKey: map[string]*ent.SandboxPerson{}, byEmail: map[string]*ent.SandboxPerson{},
		byUsername: map[string]*ent.SandboxPerson{}, byNumber: map[string]*ent.SandboxPerson{},
	}
	for _, p := range people {
		if err := r.add(tx.Keys, p); err != nil {
			return register{}, err
		}
	}
	return r, nil
}

func (r register) add(k *seal.Keys, p *ent.SandboxPerson) error {
	r.byKey[p.Key] = p
	if p.State == sandboxperson.StateTerminated {
		return nil
	}
	r.byEmail[p.EmailKey] = p
	if p.UsernameKey != nil {
		r.byUsername[*p.UsernameKey] = p
	}
	n, err := number(k, p)
	if n != "" {
		r.byNumber[n] = p
	}
	return err
}

// taken says which of the things that only one may hold somebody holds already.
func (r register) taken(w wish) *fault.Error {
	switch {
	case r.byEmail[address.Fold(w.email)] != nil:
		return exists("email", "A TechPass account with this e-mail address exists, or a link to register one.")
	case w.username != "" && r.byUsername[address.Fold(w.username)] != nil:
		return exists("techPassUsername", "A TechPass account with this username exists. Choose another username.")
	case w.number != "" && r.byNumber[w.number] != nil:
		return exists("contactNumber", "A TechPass account with this contact number exists. Enter the person's own number.")
	}
	return nil
}

func exists(field, format string, args ...any) *fault.Error {
	return fault.Field(field, fault.AccountExists, format, args...)
}

// Withdraw terminates those whom the requests with these keys made and nobody has
// activated; a key that made nobody is no error. Codes in a result:
// NOT_CANCELLABLE for an active account.
func (s *Sandbox) Withdraw(ctx context.Context, keys []string) ([]directory.Result, error) {
	var results []directory.Result
	err := s.change(ctx, len(keys), func(ctx context.Context, tx *database.Tx) error {
		err := tx.SandboxPerson.Update().SetState(sandboxperson.StateTerminated).Where(
			sandboxperson.KeyIn(keys...),
			sandboxperson.StateIn(sandboxperson.StateInvited, sandboxperson.StateCreated),
		).Exec(ctx)
		if err != nil {
			return fmt.Errorf("withdraw: %w", err)
		}
		people, err := (&holds{keys: keys}).find(ctx, tx.Client, tx.Keys)
		if err != nil {
			return err
		}
		byKey := make(map[string]*ent.SandboxPerson, len(people))
		for _, p := range people {
			byKey[p.Key] = p
		}
		results = make([]directory.Result, len(keys))
		for i, key := range keys {
			switch p := byKey[key]; {
			case p == nil:
			case p.State == sandboxperson.StateActive:
				results[i].Err = fault.New(fault.NotCancellable, "%s has activated the account already.", p.Email)
			default:
				results[i].Ref = p.ID.String()
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return results, nil
}
