package main

import (
	"context"
	"errors"
	"fmt"

	"techbiz/internal/clock"
	"techbiz/internal/database"
	"techbiz/internal/privacy"
	"techbiz/internal/seal"
)

type migrateCommand struct{ Storage }

// Run applies what is missing. Several at once don't fight: one does it, the
// others wait.
func (c *migrateCommand) Run(ctx context.Context, p *program) error {
	return c.withSealed(ctx, func(db *database.DB, set *seal.Set) error {
		if err := db.Migrate(ctx); err != nil {
			return err
		}
		if err := privacy.SealAll(ctx, db, set, p.print); err != nil {
			return err
		}
		_, err := fmt.Fprintln(p.stdout, "The database is up to date.")
		return err
	})
}

// print prints a line of what a long command has to tell.
func (p *program) print(format string, args ...any) { fmt.Fprintf(p.stdout, format+"\n", args...) }

// withDatabase opens the database for one command that touches no sealed data.
func (s *Storage) withDatabase(ctx context.Context, work func(*database.DB) error) (err error) {
	return s.open(ctx, nil, work)
}

// withSealed opens the database for one command, with the keys that it needs.
func (s *Storage) withSealed(ctx context.Context, work func(*database.DB, *seal.Set) error) error {
	set, err := s.dataKeys()
	if err != nil {
		return err
	}
	return s.open(ctx, seal.New(set), func(db *database.DB) error { return work(db, set) })
}

// dataKeys are those of the setting, or else those kept in the data folder.
func (s *Storage) dataKeys() (*seal.Set, error) {
	if s.DataKeys.Set != nil {
		return s.DataKeys.Set, nil
	}
	if err := prepareFolder(s.Data); err != nil {
		return nil, err
	}
	return keptDataKeys(s.Data)
}

func (s *Storage) open(ctx context.Context, keys *seal.Keys, work func(*database.DB) error) (err error) {
	if s.DatabaseURL == "" {
		if err := prepareFolder(s.Data); err != nil {
			return err
		}
	}
	db, err := database.Open(ctx, database.Options{
		URL: s.DatabaseURL, DataDir: s.Data, Keys: keys, Clock: clock.Machine, StatementTimeout: s.StatementTimeout,
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return work(db)
}
