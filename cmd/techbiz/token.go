package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"techbiz/internal/address"
	"techbiz/internal/audit"
	"techbiz/internal/clock"
	"techbiz/internal/database"
	"techbiz/internal/fault"
	"techbiz/internal/signin"
)

type tokenCommands struct {
	Create tokenCreateCommand `cmd:"" help:"Make a token that may read and write for an officer, and print it; it cannot be shown again."`
	Revoke tokenRevokeCommand `cmd:"" help:"End a token at once."`
}

type tokenCreateCommand struct {
	Officer string `required:"" placeholder:"EMAIL" help:"Public officer for whom the token acts; made if not known yet."`
	Name    string `required:"" placeholder:"NAME" help:"What the token is for, such as pipeline."`
	Admin   bool   `help:"Make the officer an administrator."`
	Expires span   `default:"90d" placeholder:"TIME" help:"How long the token lasts, such as 90d or 12h; at most 366d."`
	Officers
	Recorded
}

func (c *tokenCreateCommand) check() error {
	if err := c.Officers.check(); err != nil {
		return err
	}
	return c.Storage.check()
}

// Run prints the token and nothing else.
func (c *tokenCreateCommand) Run(ctx context.Context, p *program) error {
	return c.withTokens(ctx, c.government(), func(s *signin.Service) error {
		secret, err := s.CreateToken(ctx, c.Officer, c.Name, c.Admin, time.Duration(c.Expires))
		if err != nil {
			return inFlag(err)
		}
		_, err = fmt.Fprintln(p.stdout, secret)
		return err
	})
}

type tokenRevokeCommand struct {
	Token string `required:"" placeholder:"TOKEN" help:"The token, as it was printed."`
	Recorded
}

// Run revokes the token; one that has ended already stays so.
func (c *tokenRevokeCommand) Run(ctx context.Context, _ *program) error {
	return c.withTokens(ctx, address.Government{}, func(s *signin.Service) error {
		return inFlag(s.RevokeToken(ctx, c.Token))
	})
}

// withTokens opens the database for work on tokens.
func (c *Recorded) withTokens(ctx context.Context, g address.Government, work func(*signin.Service) error) error {
	return c.withActivity(ctx, func(db *database.DB, log *audit.Log) error {
		unused := make([]byte, signin.MinKeys) // keys sign sessions, and tokens are none
		_, _ = rand.Read(unused)               // never fails
		return work(signin.New(signin.Options{
			DB: db, Machine: clock.Machine, Keys: unused, Audit: log,
			IsOfficer: func(email string) bool { return g.Officer(address.Domain(email)) },
		}))
	})
}

// inFlag makes a mistake of a fault that concerns one field, which is named as
// its flag; another fault is shown by its sentence.
func inFlag(err error) error {
	faults := fault.Of(err)
	if len(faults) == 0 {
		return err
	}
	if len(faults[0].Field) > 0 {
		return mistaken(faults[0].Field[0], "%s", faults[0].Message)
	}
	return errors.New(faults[0].Message)
}
