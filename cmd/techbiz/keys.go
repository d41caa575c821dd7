package main

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"techbiz/internal/access"
	"techbiz/internal/audit"
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

type keysRotateCommand struct{ Recorded }

// Run adds keys to the set.
func (c *keysRotateCommand) Run(ctx context.Context, p *program) error {
	set, err := c.dataKeys()
	if err != nil {
		return err
	}
	next, err := set.Rotate()
	if err != nil {
		return err
	}
	return c.withActivity(ctx, func(_ *database.DB, activity *audit.Log) error {
		if err := recordKeys(ctx, activity, "new keys added beside the old ones"); err != nil {
			return err
		}
		return c.keep(p, next, "Give it to every replica, and then run techbiz keys reencrypt.")
	})
}

// recordKeys records what is done with the data keys.
func recordKeys(ctx context.Context, activity *audit.Log, what string) error {
	return activity.Note(access.System(ctx), audit.Event{Type: audit.KeysRotated, Detail: audit.Detail{What: what}})
}

// withKeys opens a migrated database and its activity log for work with the keys that
// are in use.
func (c *Recorded) withKeys(ctx context.Context, work func(*database.DB, *seal.Set, *audit.Log) error) error {
	return c.withSealed(ctx, func(db *database.DB, set *seal.Set) error {
		if err := db.Migrated(ctx); err != nil {
			return err
		}
		return c.recording(ctx, db, c.Data, nil, func(activity *audit.Log) error { return work(db, set, activity) })
	})
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

type keysReencryptCommand struct{ Recorded }

// Run seals everything again. It waits as long as a transaction may run that began
// before a program had the new keys.
func (c *keysReencryptCommand) Run(ctx context.Context, p *program) error {
	return c.withKeys(ctx, func(db *database.DB, set *seal.Set, activity *audit.Log) error {
		if err := recordKeys(ctx, activity, "sealing everything with the newest keys: begun"); err != nil {
			return err
		}
		if err := (privacy.Rotation{DB: db, Set: set, Say: p.print, Settle: c.StatementTimeout + time.Second}).Reencrypt(ctx); err != nil {
			return err
		}
		return recordKeys(ctx, activity, "sealing everything with the newest keys: done")
	})
}

type keysRetireCommand struct {
	Forget bool `help:"Forget the idempotency keys of the last 30 days that are known by an old key."`
	Recorded
}

// Run removes the old keys from the set.
func (c *keysRetireCommand) Run(ctx context.Context, p *program) error {
	return c.withKeys(ctx, func(db *database.DB, set *seal.Set, activity *audit.Log) error {
		next, err := privacy.Rotation{DB: db, Set: set}.Retire(ctx, c.Forget)
		if err != nil {
			return err
		}
		if err := recordKeys(ctx, activity, "old keys removed"); err != nil {
			return err
		}
		return c.keep(p, next, "The old keys are gone from it; give it to every replica.")
	})
}
