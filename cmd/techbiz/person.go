package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"techbiz/internal/access"
	"techbiz/internal/address"
	"techbiz/internal/audit"
	"techbiz/internal/batch"
	"techbiz/internal/database"
	"techbiz/internal/invite"
	"techbiz/internal/jobs"
	"techbiz/internal/privacy"
	"techbiz/internal/seal"
)

type personCommands struct {
	Export personExportCommand `cmd:"" help:"Print everything that is held about a person, as JSON."`
	Erase  personEraseCommand  `cmd:"" help:"Remove what is held about a person; what is only counted stays, without a name."`
}

// Person says who is meant.
type Person struct {
	Email string `required:"" placeholder:"EMAIL" help:"The person's e-mail address."`
	Auditing
	Storage
}

func (c *Person) check() error {
	if address.Domain(c.Email) == "" {
		return mistaken("email", "%q is no e-mail address", c.Email)
	}
	return c.Storage.check()
}

type personExportCommand struct{ Person }

// Run prints the JSON and nothing else.
func (c *personExportCommand) Run(ctx context.Context, p *program) error {
	return c.withPrivacy(ctx, p, func(s *privacy.Service, activity *audit.Log) error {
		// Naming the address would make a person of it that the log did not know.
		who, known, err := activity.Person(ctx, c.Email)
		if err != nil {
			return err
		}
		e := audit.Event{Type: audit.PersonExported}
		if known {
			e.Kind, e.ID = audit.Person, who
		}
		if err := activity.Note(access.System(ctx), e); err != nil {
			return err
		}
		held, err := s.Export(ctx, c.Email)
		if err != nil {
			return err
		}
		out := json.NewEncoder(p.stdout)
		out.SetIndent("", "  ")
		return out.Encode(held)
	})
}

type personEraseCommand struct {
	Cancel bool `help:"End the person's open invitations first; a running server then withdraws them from the directory."`
	Person
}

// Run says what it has done.
func (c *personEraseCommand) Run(ctx context.Context, p *program) error {
	return c.withPrivacy(ctx, p, func(s *privacy.Service, _ *audit.Log) error {
		e, err := s.Erase(ctx, c.Email, c.Cancel)
		if err != nil {
			return inFlag(err)
		}
		p.print("Erased: %d invitations (%d of them were open and have been cancelled), %d rows of lists, %d people and mails of the sandbox.",
			e.Invitations, e.Cancelled, e.Rows, e.Sandbox)
		if e.Officer {
			p.print("The officer is signed out, and nameless in what the officer began.")
		}
		return nil
	})
}

// withPrivacy opens a migrated database for work on one person's data.
func (c *Person) withPrivacy(ctx context.Context, p *program, work func(*privacy.Service, *audit.Log) error) error {
	return c.withSealed(ctx, func(db *database.DB, set *seal.Set) error {
		if err := db.Migrated(ctx); err != nil {
			return err
		}
		if err := privacy.Adopt(ctx, db, set); err != nil {
			return err
		}
		log := slog.New(slog.NewTextHandler(p.stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
		return c.recording(ctx, db, c.Data, log, func(activity *audit.Log) error {
			queue := jobs.New(jobs.Options{DB: db, Log: log, MaxBackoff: time.Second}) // takes jobs and runs none
			var lists *batch.Service
			invites := invite.New(invite.Options{DB: db, Jobs: queue, Audit: activity, Log: log,
				Completed: func(ctx context.Context, tx *database.Tx, id uuid.UUID) error { return lists.Completed(ctx, tx, id) }})
			lists = batch.New(batch.Options{DB: db, Jobs: queue, Invite: invites, Audit: activity, Log: log})
			if err := queue.Open(); err != nil {
				return err
			}
			forget := []func(context.Context, *database.Tx, string) error{activity.Erase}
			return work(privacy.New(privacy.Options{DB: db, Invite: invites, Audit: activity, Also: forget}), activity)
		})
	})
}
