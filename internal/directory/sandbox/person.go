package sandbox

import (
	"context"
	"fmt"
	"time"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"techbiz/ent"
	"techbiz/ent/predicate"
	"techbiz/ent/sandboxperson"
	"techbiz/internal/address"
	"techbiz/internal/database"
	"techbiz/internal/directory"
	"techbiz/internal/seal"
)

// Lookup returns who is there and holds any of the given e-mails, usernames or
// numbers, each once.
func (s *Sandbox) Lookup(ctx context.Context, who []directory.Identity) ([]directory.Person, error) {
	var found []directory.Person
	err := s.call(ctx, len(who), func(ctx context.Context) error {
		h := holds{}
		for _, w := range who {
			h.add(w.Email, w.Username, w.Number)
		}
		people, err := h.find(ctx, s.o.DB.Client, s.o.DB.Keys)
		if err != nil {
			return err
		}
		now := s.Now()
		found = make([]directory.Person, 0, len(people))
		for _, p := range people {
			if gone(p, now) {
				continue
			}
			one, err := s.asDirectory(p)
			if err != nil {
				return err
			}
			found = append(found, one)
		}
		return nil
	})
	return found, err
}

// Former returns who had one of these e-mails last and is terminated, or due to be
// by the next sweep.
func (s *Sandbox) Former(ctx context.Context, emails []string) ([]directory.Person, error) {
	var former []directory.Person
	err := s.call(ctx, len(emails), func(ctx context.Context) error {
		folded := make([]string, len(emails))
		for i, e := range emails {
			folded[i] = address.Fold(e)
		}
		people, err := s.o.DB.SandboxPerson.Query().Where(database.OneOf(sandboxperson.FieldEmailKey, folded)).
			Order(sandboxperson.ByCreatedAt(sql.OrderDesc()), sandboxperson.ByID(sql.OrderDesc())).All(ctx)
		if err != nil {
			return fmt.Errorf("look up former people: %w", err)
		}
		now, told := s.Now(), map[string]bool{}
		former = nil
		for _, p := range people {
			if gone(p, now) && !told[p.EmailKey] {
				told[p.EmailKey] = true
				was, err := s.asDirectory(p)
				if err != nil {
					return err
				}
				was.State = directory.Absent
				former = append(former, was)
			}
		}
		return nil
	})
	return former, err
}

// Status returns the present state of people by Ref, in the same order.
func (s *Sandbox) Status(ctx context.Context, refs []string) ([]directory.Person, error) {
	var states []directory.Person
	err := s.call(ctx, len(refs), func(ctx context.Context) error {
		people, err := byRefs(ctx, s.o.DB.Client, refs)
		if err != nil {
			return err
		}
		now := s.Now()
		states = make([]directory.Person, len(refs))
		for i, ref := range refs {
			if p := people[ref]; p != nil && !gone(p, now) {
				if states[i], err = s.asDirectory(p); err != nil {
					return err
				}
			} else {
				states[i] = directory.Person{Ref: ref, State: directory.Absent, Seed: directory.SeedNone}
			}
		}
		return nil
	})
	return states, err
}

// gone says whether a person is not there any more: terminated, or due to be by
// the next sweep.
func gone(p *ent.SandboxPerson, now time.Time) bool {
	return p.State == sandboxperson.StateTerminated || p.ExpiresAt != nil && !p.ExpiresAt.After(now)
}

// sweep terminates the people whose time has run out, which frees what they hold.
// Looking needs no sweep, for [gone] judges by the time; changing does.
func sweep(ctx context.Context, tx *database.Tx) error {
	_, err := tx.Exec(ctx, `UPDATE sandbox_persons SET state = 'TERMINATED'
		WHERE state IN ('INVITED', 'CREATED') AND expires_at <= $1`, tx.Now)
	if err != nil {
		return fmt.Errorf("terminate who did not come in time: %w", err)
	}
	return nil
}

// there keeps to people who are not terminated. It is a literal, for only then
// the partial indexes serve the query.
func there(s *sql.Selector) { s.Where(sql.ExprP("state <> 'TERMINATED'")) }

// holds are things of which one person may hold each; keys are those of requests,
// which the terminated hold too.
type holds struct{ keys, emails, usernames, numbers []string }

func (h *holds) add(email, username, number string) {
	if email != "" {
		h.emails = append(h.emails, address.Fold(email))
	}
	if username != "" {
		h.usernames = append(h.usernames, address.Fold(username))
	}
	if number != "" {
		h.numbers = append(h.numbers, number)
	}
}

// find returns who holds any of it, in one query.
func (h *holds) find(ctx context.Context, c *ent.Client, k *seal.Keys) ([]*ent.SandboxPerson, error) {
	var kinds []predicate.SandboxPerson
	if len(h.keys) > 0 {
		kinds = append(kinds, database.OneOf(sandboxperson.FieldKey, h.keys))
	}
	if len(h.emails) > 0 {
		kinds = append(kinds, sandboxperson.And(there, database.OneOf(sandboxperson.FieldEmailKey, h.emails)))
	}
	if len(h.usernames) > 0 {
		kinds = append(kinds, sandboxperson.And(there, database.OneOf(sandboxperson.FieldUsernameKey, h.usernames)))
	}
	if len(h.numbers) > 0 {
		wanted, err := h.byNumber(k)
		if err != nil {
			return nil, err
		}
		kinds = append(kinds, wanted...)
	}
	if len(kinds) == 0 {
		return nil, nil
	}
	people, err := c.SandboxPerson.Query().Where(sandboxperson.Or(kinds...)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("look up people: %w", err)
	}
	return people, nil
}

// byNumber matches who has one of the numbers.
func (h *holds) byNumber(k *seal.Keys) ([]predicate.SandboxPerson, error) {
	var keys [seal.Slots][]string
	for _, n := range h.numbers {
		x, err := k.Find(n)
		if err != nil {
			return nil, fmt.Errorf("index a contact number: %w", err)
		}
		for slot, key := range x {
			if key != "" {
				keys[slot] = append(keys[slot], key)
			}
		}
	}
	var kinds []predicate.SandboxPerson
	if len(keys[0]) > 0 {
		kinds = append(kinds, sandboxperson.And(there, database.OneOf(sandboxperson.FieldNumberKey, keys[0])))
	}
	if len(keys[1]) > 0 {
		kinds = append(kinds, sandboxperson.And(there, database.OneOf(sandboxperson.FieldNumberKey2, keys[1])))
	}
	return kinds, nil
}

// byRefs returns the people with these ids; what is no id has nobody.
func byRefs(ctx context.Context, c *ent.Client, refs []string) (map[string]*ent.SandboxPerson, error) {
	ids := make([]uuid.UUID, 0, len(refs))
	for _, ref := range refs {
		if id, err := uuid.Parse(ref); err == nil {
			ids = append(ids, id)
		}
	}
	people, err := c.SandboxPerson.Query().Where(database.OneOfIDs(sandboxperson.FieldID, ids)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("look up people by id: %w", err)
	}
	found := make(map[string]*ent.SandboxPerson, len(people))
	for _, p := range people {
		found[p.ID.String()] = p
	}
	return found, nil
}

// asDirectory is a person who is there, as the directory tells of it.
func (s *Sandbox) asDirectory(p *ent.SandboxPerson) (directory.Person, error) {
	n, err := number(s.o.DB.Keys, p)
	return directory.Person{
		Ref: p.ID.String(), Key: p.Key, State: directory.State(p.State), Seed: directory.Seed(p.Seed),
		Email: p.Email, Username: text(p.Username), FirstName: p.FirstName, LastName: p.LastName, Number: n,
	}, err
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
