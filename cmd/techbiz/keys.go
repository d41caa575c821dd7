package main

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"techbiz/internal/database"
	"techbiz/internal/privacy"
	"techbiz/internal/seal"
)

type keysCommands struct {
	Create    keysCreateCommand    `cmd:"" help:"Print a new keyset, for TECHBIZ_DATA_KEYS in a secret store."`
	Rotate    keysRotateCommand    `cmd:"" help:"Add new keys beside the old ones; reencrypt takes them into use."`
	Reencrypt keysReencryptCommand `cmd:"" help:"Seal every contact number with the newest keys, while the service runs; can be stopped and run again."`
	Retire    keysRetireCommand    `cmd:"" help:"Remove the old keys, after a look that nothing needs them any more."`
}

type keysCreateCommand struct{}

// Run prints the keyset and nothing else.
func (c *keysCreateCommand) Run(p *program) error {
	text, err := newDataKeys()
	if err == nil {
		_, err = p.stdout.Write(text)
	}
	return err
}

type keysRotateCommand struct{ Storage }

// Run adds keys to the set.
func (c *keysRotateCommand) Run(p *program) error {
	set, err := c.dataKeys()
	if err != nil {
		return err
	}
	next, err := set.Rotate()
	if err != nil {
		return err
	}
	return c.keep(p, next, "Give it to every replica, and then run techbiz keys reencrypt.")
}

// keep puts a changed set into the data folder, where a running program finds it;
// one that came from the settings is printed, for the secret store.
func (s *Storage) keep(p *program, set *seal.Set, then string) error {
	text, err := set.Text()
	if err != nil {
		return err
	}
	if s.DataKeys.Set != nil {
		if _, err := p.stdout.Write(text); err != nil {
			return err
		}
		p.say("the new keyset stands on standard output. " + then)
		return nil
	}
	path := filepath.Join(s.Data, dataKeysFile)
	if err := replaceKey(s.Data, path, text); err != nil {
		return fmt.Errorf("keep the data keys: %w", err)
	}
	p.print("The new keyset is in %s. %s", path, then)
	return nil
}

type keysReencryptCommand struct{ Storage }

// Run seals everything again. It waits as long as a transaction may run that began
// before a program had the new keys.
func (c *keysReencryptCommand) Run(ctx context.Context, p *program) error {
	return c.withSealed(ctx, func(db *database.DB, set *seal.Set) error {
		if err := db.Migrated(ctx); err != nil {
			return err
		}
		return privacy.Rotation{DB: db, Set: set, Say: p.print, Settle: c.StatementTimeout + time.Second}.Reencrypt(ctx)
	})
}

type keysRetireCommand struct {
	Forget bool `help:"Forget the idempotency keys of the last 30 days that are known by an old key."`
	Storage
}

// Run removes the old keys from the set.
func (c *keysRetireCommand) Run(ctx context.Context, p *program) error {
	return c.withSealed(ctx, func(db *database.DB, set *seal.Set) error {
		if err := db.Migrated(ctx); err != nil {
			return err
		}
		next, err := privacy.Rotation{DB: db, Set: set}.Retire(ctx, c.Forget)
		if err != nil {
			return err
		}
		return c.keep(p, next, "The old keys are gone from it; give it to every replica.")
	})
}
