package main

import (
	"context"
	"errors"
	"fmt"

	"techbiz/internal/clock"
	"techbiz/internal/database"
)

type migrateCommand struct{ Storage }

// Run applies what is missing. Several at once don't fight: one does it, the
// others wait.
func (c *migrateCommand) Run(ctx context.Context, p *program) error {
	return c.withDatabase(ctx, func(db *database.DB) error {
		if err := db.Migrate(ctx); err != nil {
			return err
		}
		_, err := fmt.Fprintln(p.stdout, "The database is up to date.")
		return err
	})
}

// withDatabase opens the database for one command.
func (s *Storage) withDatabase(ctx context.Context, work func(*database.DB) error) (err error) {
	if s.DatabaseURL == "" {
		if err := prepareFolder(s.Data); err != nil {
			return err
		}
	}
	db, err := database.Open(ctx, database.Options{
		URL: s.DatabaseURL, DataDir: s.Data, Clock: clock.Machine, StatementTimeout: s.StatementTimeout,
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return work(db)
}
