package main

import (
	"context"

	"techbiz/internal/signin"
)

type identityCommands struct {
	Forget identityForgetCommand `cmd:"" help:"Let the next person with an officer's address be that officer: forget who it was at the OpenID provider, end the sessions, revoke the tokens and take the role away."`
}

type identityForgetCommand struct {
	Officer string `required:"" placeholder:"EMAIL" help:"Public officer whose identity is forgotten."`
	Officers
	Recorded
}

func (c *identityForgetCommand) check() error {
	if err := c.Officers.check(); err != nil {
		return err
	}
	return c.Storage.check()
}

// Run forgets the identity, beside a running server, with effect at once.
func (c *identityForgetCommand) Run(ctx context.Context, _ *program) error {
	return c.withTokens(ctx, c.government(), func(s *signin.Service) error {
		return inFlag(s.ForgetIdentity(ctx, c.Officer))
	})
}
