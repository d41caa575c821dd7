package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"techbiz/ent"
	"techbiz/ent/marker"
	"techbiz/internal/access"
	"techbiz/internal/audit"
	"techbiz/internal/database"
	"techbiz/internal/jobs"
	"techbiz/internal/privacy"
)

// migrationPoll is how often a server that waits for its migrations looks again.
const migrationPoll = time.Second

// start begins the background work. On SQLite it migrates first; on PostgreSQL
// migrations are another command's, and until they are in place the server waits
// and is not ready. following ends with the server.
func (p *parts) start(ctx, following context.Context) error {
	if p.settings.DatabaseURL == "" {
		if err := p.db.Migrate(ctx); err != nil {
			return err
		}
		set, err := p.settings.dataKeys()
		if err != nil {
			return err
		}
		if err := privacy.SealAll(ctx, p.db, set, func(format string, args ...any) { p.log.InfoContext(ctx, fmt.Sprintf(format, args...)) }); err != nil {
			return err
		}
		return p.begin(following)
	}
	if err := p.migrated(ctx); err == nil {
		return p.begin(following)
	}
	p.log.WarnContext(ctx, "waiting for migrations: run techbiz migrate")
	go func() {
		tick := time.NewTicker(migrationPoll)
		defer tick.Stop()
		for {
			select {
			case <-following.Done():
				return
			case <-tick.C:
			}
			if p.migrated(following) != nil {
				continue
			}
			if err := p.begin(following); err != nil {
				p.log.ErrorContext(following, "start", "error", err)
				continue
			}
			return
		}
	}()
	return nil
}

// migrated returns nil when the migrations are in place, with the step that follows
// them.
func (p *parts) migrated(ctx context.Context) error {
	if err := p.db.Migrated(ctx); err != nil {
		return err
	}
	sealed, err := privacy.Sealed(ctx, p.db)
	if err == nil && !sealed {
		err = errors.New("contact numbers are not sealed yet: run techbiz migrate")
	}
	return err
}

// begin stores what the settings say about people and domains, and starts jobs
// and clock.
func (p *parts) begin(ctx context.Context) error {
	ctx = access.System(ctx)
	if err := privacy.Follow(ctx, p.db, p.settings.dataKeys, p.log); err != nil {
		return err
	}
	if err := p.clock.Follow(ctx, p.db); err != nil {
		return fmt.Errorf("follow the sandbox's clock: %w", err)
	}
	if err := p.activity.CheckKey(ctx); err != nil { // before anything is recorded
		return err
	}
	if err := p.allowDomains(ctx); err != nil {
		return err
	}
	if err := p.signin.EnsureAdmins(ctx, p.settings.Admins); err != nil {
		return err
	}
	if err := p.queue.Start(ctx); err != nil {
		return err
	}
	sealing, stop := context.WithCancel(context.WithoutCancel(ctx))
	p.stopSealing = stop
	p.sealing.Go(func() { p.activity.Run(sealing) })
	p.started.Store(true)
	return nil
}

// domainsSeeded marks that the allowed domains of the settings were stored.
const domainsSeeded = "allowed-domains"

// allowDomains stores the allowed domains of the settings, once: later they are
// kept in the database only.
func (p *parts) allowDomains(ctx context.Context) error {
	if len(p.settings.AllowedDomains) == 0 {
		return nil
	}
	return p.db.WithTx(ctx, func(ctx context.Context, tx *database.Tx) error {
		done, err := tx.Marker.Query().Where(marker.Name(domainsSeeded)).Exist(ctx)
		if err != nil || done {
			return err
		}
		all := make([]*ent.AllowedDomainCreate, 0, len(p.settings.AllowedDomains))
		for _, d := range p.settings.AllowedDomains {
			all = append(all, tx.AllowedDomain.Create().SetDomain(d).SetCreatedAt(tx.Now))
		}
		if err := tx.AllowedDomain.CreateBulk(all...).OnConflictColumns("domain").Ignore().Exec(ctx); err != nil {
			return fmt.Errorf("allow domains: %w", err)
		}
		for _, d := range p.settings.AllowedDomains {
			if err := p.activity.Record(ctx, tx, audit.Event{Type: audit.DomainAllowed, Detail: audit.Detail{Domain: d}}); err != nil {
				return err
			}
		}
		return tx.Marker.Create().SetName(domainsSeeded).SetCreatedAt(tx.Now).Exec(ctx)
	})
}

// sweep is the job that deletes what has ended: sessions, codes, and idempotency
// keys.
type sweep struct{}

// Kind names the job.
func (sweep) Kind() string { return "housekeeping" }

// learn is the job that keeps the database's statistics fresh.
type learn struct{}

// Kind names the job.
func (learn) Kind() string { return "learn_statistics" }

// forget is the job that deletes rate limits of which nothing is used.
type forget struct{}

// Kind names the job.
func (forget) Kind() string { return "forget_limits" }

func (p *parts) housekeeping() {
	jobs.Handle(p.queue, func(ctx context.Context, _ sweep) error {
		if err := p.signin.Sweep(ctx); err != nil {
			return err
		}
		return p.invites.ForgetKeys(ctx)
	})
	p.queue.Every(time.Hour, sweep{})
	jobs.Handle(p.queue, func(ctx context.Context, _ learn) error { return p.db.Learn(ctx) })
	p.queue.Every(time.Minute, learn{})
	jobs.Handle(p.queue, func(ctx context.Context, _ forget) error { return p.guard.Sweep(ctx) })
	p.queue.Every(time.Minute, forget{})
}
