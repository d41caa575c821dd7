package sandbox

import (
	"context"
	"fmt"
	"time"

	"entgo.io/ent/dialect/sql"

	"techbiz/ent"
	"techbiz/ent/sandboxperson"
	"techbiz/internal/access"
	"techbiz/internal/address"
	"techbiz/internal/database"
	"techbiz/internal/fault"
	"techbiz/internal/seal"
)

// Person is somebody in the directory, as a person on the other side sees it.
type Person struct {
	Email string
	// Username is without its suffix, and empty for an officer.
	Username            string
	FirstName, LastName string
	// ContactNumber is in E.164, and empty before a registration.
	ContactNumber string
	// State is INVITED, CREATED, ACTIVE or TERMINATED.
	State string
	// Seed is NONE, LICENSED, ONBOARDED or INELIGIBLE.
	Seed      string
	CreatedAt time.Time
	// ExpiresAt is when the link lapses or the account is terminated, nil for an
	// active account.
	ExpiresAt, ActivatedAt *time.Time
}

func asPerson(k *seal.Keys, p *ent.SandboxPerson, now time.Time) (Person, error) {
	n, err := number(k, p)
	state := p.State
	if gone(p, now) {
		state = sandboxperson.StateTerminated
	}
	return Person{
		Email: p.Email, Username: text(p.Username), FirstName: p.FirstName, LastName: p.LastName,
		ContactNumber: n, State: string(state), Seed: string(p.Seed),
		CreatedAt: p.CreatedAt, ExpiresAt: p.ExpiresAt, ActivatedAt: p.ActivatedAt,
	}, err
}

const (
	defaultLimit = 50
	maxLimit     = 10_000
)

// atMost is how many rows a list of so many has.
func atMost(limit int) int {
	if limit < 1 {
		return defaultLimit
	}
	return min(limit, maxLimit)
}

// People returns the people whose e-mail address or username begins with search,
// the newest first, and how many there are; the terminated are among them. A
// limit below 1 means 50, and the most is 10,000.
func (s *Sandbox) People(ctx context.Context, search string, limit int) ([]Person, int, error) {
	ctx = access.System(ctx)
	q := s.o.DB.SandboxPerson.Query()
	if prefix := address.Fold(search); prefix != "" {
		q.Where(func(sel *sql.Selector) {
			sel.Where(database.HasPrefix(sel, prefix, sandboxperson.FieldEmailKey, sandboxperson.FieldUsernameKey))
		})
	}
	total, err := q.Clone().Count(ctx)
	if err != nil {
		return nil, 0, fmt.Errorf("count people: %w", err)
	}
	rows, err := q.Order(sandboxperson.ByCreatedAt(sql.OrderDesc()), sandboxperson.ByID(sql.OrderDesc())).
		Limit(atMost(limit)).All(ctx)
	if err != nil {
		return nil, 0, fmt.Errorf("list people: %w", err)
	}
	now := s.Now()
	people := make([]Person, len(rows))
	for i, p := range rows {
		if people[i], err = asPerson(s.o.DB.Keys, p, now); err != nil {
			return nil, 0, err
		}
	}
	return people, total, nil
}

// Person returns who has this e-mail address now, or else who had it last. Codes:
// NOT_FOUND.
func (s *Sandbox) Person(ctx context.Context, email string) (Person, error) {
	p, err := byEmail(access.System(ctx), s.o.DB.Client, email)
	if err != nil {
		return Person{}, err
	}
	return asPerson(s.o.DB.Keys, p, s.Now())
}

// PersonByLink returns the person whose last mail has the link with this token.
// Codes: NOT_FOUND, also for a link that a newer one replaced.
func (s *Sandbox) PersonByLink(ctx context.Context, token string) (Person, error) {
	p, err := byToken(access.System(ctx), s.o.DB.Client, token)
	if err != nil {
		return Person{}, err
	}
	return asPerson(s.o.DB.Keys, p, s.Now())
}

func byEmail(ctx context.Context, c *ent.Client, email string) (*ent.SandboxPerson, error) {
	p, err := c.SandboxPerson.Query().Where(sandboxperson.EmailKey(address.Fold(email))).Order(
		func(s *sql.Selector) { s.OrderExpr(sql.Expr("CASE WHEN state = 'TERMINATED' THEN 1 ELSE 0 END")) },
		sandboxperson.ByCreatedAt(sql.OrderDesc()), sandboxperson.ByID(sql.OrderDesc()),
	).First(ctx)
	if ent.IsNotFound(err) {
		return nil, fault.New(fault.NotFound, "The sandbox directory has nobody with this e-mail address.")
	}
	if err != nil {
		return nil, fmt.Errorf("look up a person by e-mail: %w", err)
	}
	return p, nil
}

func byToken(ctx context.Context, c *ent.Client, token string) (*ent.SandboxPerson, error) {
	p, err := c.SandboxPerson.Query().Where(sandboxperson.Token(database.Text(token))).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, fault.New(fault.NotFound, "This link does not work, or a newer mail has replaced it.")
	}
	if err != nil {
		return nil, fmt.Errorf("look up a person by link: %w", err)
	}
	return p, nil
}
