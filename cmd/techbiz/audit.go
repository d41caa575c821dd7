package main

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"

	"github.com/google/uuid"

	"techbiz/internal/audit"
	"techbiz/internal/clock"
	"techbiz/internal/database"
)

// Files of the activity log in the data folder.
const (
	auditKeyFile  = "audit.key"
	auditHeadFile = "audit.head"
)

// Auditing says under which key the activity log stands; the commands that record
// something share it.
type Auditing struct {
	AuditKey hexKey `secret:"" env:"TECHBIZ_AUDIT_KEY" group:"storage" placeholder:"HEX" help:"Key of the activity log, 64 hexadecimal digits, the same on every replica and never another one. Default: made once and kept in the data folder."`
}

// activity is the activity log on a database.
func (a *Auditing) activity(db *database.DB, folder string, log *slog.Logger) (*audit.Log, error) {
	key := a.AuditKey
	if len(key) == 0 {
		if err := prepareFolder(folder); err != nil {
			return nil, err
		}
		var err error
		if key, err = keptKey(folder, auditKeyFile, thenRestore+"under another key the whole activity log would look tampered with"); err != nil {
			return nil, err
		}
	}
	return audit.New(audit.Options{
		DB: db, Machine: clock.Machine, Key: key, Anchor: filepath.Join(folder, auditHeadFile), Log: log,
	}), nil
}

// Recorded is a database on which a command does what is recorded.
type Recorded struct {
	Auditing
	Storage
}

// withActivity opens a database and its activity log for one command, and seals
// what that records. As serve does, it migrates SQLite and only checks PostgreSQL.
func (c *Recorded) withActivity(ctx context.Context, work func(*database.DB, *audit.Log) error) error {
	return c.withDatabase(ctx, func(db *database.DB) error {
		ready := db.Migrate
		if c.DatabaseURL != "" {
			ready = db.Migrated
		}
		if err := ready(ctx); err != nil {
			return err
		}
		return c.recording(ctx, db, c.Data, nil, func(log *audit.Log) error { return work(db, log) })
	})
}

// recording has a command recorded: under the key of the log and no other, since
// under another one nobody of the log would be found, and sealed in the end, however
// that came.
func (a *Auditing) recording(ctx context.Context, db *database.DB, folder string, log *slog.Logger, work func(*audit.Log) error) error {
	activity, err := a.activity(db, folder, log)
	if err != nil {
		return err
	}
	if err := activity.CheckKey(ctx); err != nil {
		return err
	}
	err = work(activity)
	if sealed := activity.Seal(context.WithoutCancel(ctx)); err == nil {
		err = sealed
	}
	return err
}

type auditCommands struct {
	Verify auditVerifyCommand `cmd:"" help:"Look for records of the activity log that were changed, inserted or removed."`
}

type auditVerifyCommand struct {
	Head []string `placeholder:"BLOCK:HASH" sep:"," help:"Heads of the log that were seen, as the server logs them, besides the one in the data folder."`
	Auditing
	Storage
}

// Run prints what was found, one line each, and a summary. It fails where
// something was found.
func (c *auditVerifyCommand) Run(ctx context.Context, p *program) error {
	heads, err := c.heads()
	if err != nil {
		return err
	}
	return c.withDatabase(ctx, func(db *database.DB) error {
		if err := db.Migrated(ctx); err != nil {
			return err
		}
		log, err := c.activity(db, c.Data, nil)
		if err != nil {
			return err
		}
		sum, err := log.Verify(ctx, audit.VerifyOptions{Heads: heads}, func(f audit.Finding) {
			fmt.Fprintln(p.stdout, findingLine(f))
		})
		if err != nil {
			return err
		}
		fmt.Fprintf(p.stdout, "%d records in %d blocks, %d not sealed yet, %d people, %d erasures; head %s\n",
			sum.Records, sum.Blocks, sum.Pending, sum.People, sum.Erasures, sum.Head)
		if sum.Findings > 0 {
			return fmt.Errorf("the activity log was tampered with: %d findings", sum.Findings)
		}
		_, err = fmt.Fprintln(p.stdout, "Nothing was changed, inserted or removed.")
		return err
	})
}

// heads are the one in the data folder and those given.
func (c *auditVerifyCommand) heads() ([]audit.Head, error) {
	kept, err := audit.ReadHead(filepath.Join(c.Data, auditHeadFile))
	if err != nil {
		return nil, err
	}
	var heads []audit.Head
	if kept.Block > 0 {
		heads = append(heads, kept)
	}
	for _, text := range c.Head {
		h, err := audit.ParseHead(text)
		if err != nil {
			return nil, mistaken("head", "%s", err)
		}
		heads = append(heads, h)
	}
	return heads, nil
}

// findingLine names what is wrong.
func findingLine(f audit.Finding) string {
	line := string(f.Problem)
	switch {
	case f.ID == uuid.Nil:
	case f.Problem == audit.PersonChanged || f.Problem == audit.PersonMissing:
		line += " person " + f.ID.String()
	default:
		line += " record " + f.ID.String()
	}
	if f.Block > 0 {
		line += fmt.Sprintf(" block %d", f.Block)
	}
	return line + ": " + f.Text
}
