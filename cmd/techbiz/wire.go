package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/google/uuid"

	"techbiz/graph"
	"techbiz/internal/audit"
	"techbiz/internal/batch"
	"techbiz/internal/clock"
	"techbiz/internal/database"
	"techbiz/internal/directory/sandbox"
	"techbiz/internal/domain"
	"techbiz/internal/invite"
	"techbiz/internal/jobs"
	"techbiz/internal/limit"
	"techbiz/internal/mail"
	"techbiz/internal/privacy"
	"techbiz/internal/reconcile"
	"techbiz/internal/seal"
	"techbiz/internal/server"
	"techbiz/internal/signin"
	"techbiz/internal/watch"
	"techbiz/internal/workbook"
	"techbiz/ui"
)

// app is the joined product: what serve runs.
type app struct {
	handler http.Handler
	upload  func(path string) bool      // says which paths take workbooks
	ready   func(context.Context) error // nil when requests can be served
	start   func(context.Context) error // begins the background work and returns
	stop    func(context.Context) error // finishes or hands back what runs
	close   func() error                // releases the database
	limits  *limit.Limiter
	foreign func(*http.Request) // hears of requests that other sites' pages send
	anyHost bool                // nobody knows under which host browsers come
}

// parts are the concrete things that wire joins.
type parts struct {
	settings *Settings
	log      *slog.Logger
	db       *database.DB
	clock    *sandbox.Clock
	queue    *jobs.Queue
	sandbox  *sandbox.Sandbox
	relay    *mail.Relay // nil: mails go to the sandbox's mailbox
	invites  *invite.Service
	lists    *batch.Service
	domains  *domain.Service
	signin   *signin.Service
	guard    *limit.Guard
	activity *audit.Log
	// sealing lasts while the activity log is sealed, until stopSealing.
	sealing     sync.WaitGroup
	stopSealing context.CancelFunc
	started     atomic.Bool
}

// maxBackoff is the longest pause between two tries of a job: in the sandbox a
// person waits for it.
const maxBackoff = 10 * time.Second

// attempts is how often a step of an invitation may fail before it is given up:
// the directory or the relay may be down for the better part of an hour.
const attempts = 400

// wire joins the concrete things. It is the only place that knows them all.
func wire(ctx context.Context, s *Settings, log *slog.Logger) (*app, error) {
	p := &parts{settings: s, log: log, clock: sandbox.NewClock(clock.Machine)}
	set, err := s.dataKeys()
	if err != nil {
		return nil, err
	}
	if p.db, err = database.Open(ctx, database.Options{
		URL: s.DatabaseURL, DataDir: s.Data, Keys: seal.New(set), Clock: p.clock.Now, StatementTimeout: s.StatementTimeout,
	}); err != nil {
		return nil, err
	}
	if s.SMTPURL != "" {
		if p.relay, err = mail.NewRelay(s.SMTPURL, s.MailFrom); err != nil {
			return nil, errors.Join(err, p.db.Close())
		}
	}
	limits, err := limit.New(limit.Options{DB: p.db, Clock: clock.Machine, Secret: s.SessionKey, Log: log})
	if err != nil {
		return nil, errors.Join(err, p.db.Close())
	}
	p.guard = &limit.Guard{
		Limiter: limits, Reads: s.LimitReads.Rate, Changes: s.LimitChanges.Rate, Strangers: s.LimitStrangers.Rate,
		FreeLoopback: s.Directory == sandboxDirectory,
	}
	if p.activity, err = s.activity(p.db, s.Data, log); err != nil {
		return nil, errors.Join(err, p.db.Close())
	}
	p.services()
	if err := p.queue.Open(); err != nil {
		return nil, errors.Join(err, p.db.Close())
	}
	handler, err := p.handler()
	if err != nil {
		return nil, errors.Join(err, p.db.Close())
	}
	following, unfollow := context.WithCancel(context.WithoutCancel(ctx))
	return &app{
		handler: handler,
		upload: func(path string) bool {
			return path == "/graphql" || path == "/invite/multiple" || strings.HasPrefix(path, "/invite/multiple/") && strings.HasSuffix(path, "/upload")
		},
		ready: p.ready,
		start: func(ctx context.Context) error { return p.start(ctx, following) },
		stop: func(ctx context.Context) error {
			unfollow()
			if !p.started.Load() {
				return nil
			}
			err := p.queue.Stop(ctx)
			p.stopSealing() // what the last jobs recorded is sealed, too
			p.sealing.Wait()
			return err
		},
		close:   p.close,
		limits:  limits,
		foreign: p.recordForeign,
	}, nil
}

// services makes the services and registers their jobs.
func (p *parts) services() {
	s := p.settings
	p.queue = jobs.New(jobs.Options{DB: p.db, Log: p.log, MaxBackoff: maxBackoff})
	var rec *reconcile.Service
	p.sandbox = sandbox.New(sandbox.Options{
		DB: p.db, Clock: p.clock, Machine: clock.Machine, BaseURL: s.BaseURL.String(), Faults: s.SandboxFaults.Faults,
		Changed: func(ctx context.Context, tx *database.Tx, refs []string) error { return rec.Changed(ctx, tx, refs) },
		Moved: func(ctx context.Context, tx *database.Tx) error {
			return errors.Join(rec.Soon(ctx, tx), p.lists.Soon(ctx, tx))
		},
	})
	o := invite.Options{
		DB: p.db, Jobs: p.queue, Directory: p.sandbox, Government: s.government(), Links: p.links(),
		Host: s.BaseURL.Hostname(), Attempts: attempts, Audit: p.activity, Log: p.log,
		Completed: func(ctx context.Context, tx *database.Tx, id uuid.UUID) error { return p.lists.Completed(ctx, tx, id) },
	}
	if p.relay != nil {
		o.Relay = p.relay
	} else {
		o.Mailbox = p.sandbox
	}
	p.invites = invite.New(o)
	rec = reconcile.New(p.db, p.queue, p.sandbox, p.invites, p.log)
	limits := workbook.DefaultLimits()
	limits.FileBytes, limits.Rows = int64(s.MaxUpload), s.MaxRows
	p.lists = batch.New(batch.Options{
		DB: p.db, Jobs: p.queue, Invite: p.invites, Limits: limits, DraftLife: s.DraftLife, Recall: s.Recall,
		BaseURL: s.BaseURL.String(), Host: s.BaseURL.Hostname(), Audit: p.activity, Log: p.log,
	})
	p.domains = domain.New(domain.Options{
		DB: p.db, Jobs: p.queue, Government: s.government(), Post: p.invites.Post,
		BaseURL: s.BaseURL.String(), Host: s.BaseURL.Hostname(), Audit: p.activity, Log: p.log,
	})
	privacy.New(privacy.Options{DB: p.db, Jobs: p.queue, Invite: p.invites, Audit: p.activity, Retention: time.Duration(s.Retention)})
	p.signin = p.newSignIn()
	p.housekeeping()
}

func (p *parts) links() invite.Links {
	s := p.settings
	return invite.Links{
		TechPassGuide: s.LinkTechPassGuide.String(), SEEDGuide: s.LinkSeedGuide.String(),
		ServiceRequest: s.LinkServiceRequest.String(), TechPassPortal: s.LinkTechPassPortal.String(),
	}
}

// post sends one mail at once: a sign-in waits for it.
func (p *parts) post(ctx context.Context, m mail.Message) error {
	if p.relay != nil {
		return p.relay.Send(ctx, m)
	}
	return p.db.WithTx(ctx, func(ctx context.Context, tx *database.Tx) error { return p.sandbox.Put(ctx, tx, m) })
}

// handler joins the API and the pages. Static files and the sandbox need nobody
// to be signed in.
func (p *parts) handler() (http.Handler, error) {
	s := p.settings
	resolver := &graph.Resolver{
		DB: p.db, Invites: p.invites, Lists: p.lists, Domains: p.domains, SignIn: p.signin, Hub: watch.New(p.db, p.log),
		Audit: p.activity, Log: p.log,
	}
	schema := graph.Schema(resolver)
	options := graph.Options{Introspection: s.Introspection, Log: p.log}

	outside := options
	outside.Take = p.guard.Check
	api := graph.Handler(schema, resolver, outside, graph.Bounds{Operation: server.MaxBody, Upload: server.MaxUploadBody, Memory: int64(s.MaxUpload)})
	inside := executor.New(schema)
	graph.Configure(inside, resolver, options)

	l := p.links()
	pages, err := ui.New(ui.Config{
		Executor: inside, SignIn: p.signin, Sandbox: p.sandbox, MailLeaves: p.relay != nil, Template: workbook.WriteTemplate,
		Links:       ui.Links{TechPassGuide: l.TechPassGuide, SeedGuide: l.SEEDGuide, ServiceRequest: l.ServiceRequest, TechPassPortal: l.TechPassPortal, Help: s.HelpURL.String()},
		Corrections: p.lists.Corrections, Report: p.lists.Report, Recall: s.Recall, Take: p.guard.Check, Explorer: s.Introspection,
		RecordExport: p.recordExport, RecordRefused: p.recordRefused,
		Clock:     p.clock.Now,
		MaxUpload: int64(s.MaxUpload), MaxRows: s.MaxRows, Log: p.log,
	})
	if err != nil {
		return nil, fmt.Errorf("pages: %w", err)
	}
	m := http.NewServeMux()
	m.Handle("/graphql", p.signin.Middleware(p.guard.Middleware(p.recordStrangers(api))))
	m.Handle("/", p.signin.Middleware(p.guard.Middleware(p.recordStrangers(pages))))
	m.Handle("/static/", pages)
	m.Handle("/sandbox", p.signin.Guard(p.guard.Middleware(pages)))
	m.Handle("/sandbox/", p.signin.Guard(p.guard.Middleware(pages)))
	return p.whenStarted(m), nil
}

// whenStarted answers 503 until the migrations are in place.
func (p *parts) whenStarted(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !p.started.Load() {
			w.Header().Set("Retry-After", "5")
			http.Error(w, "The service is starting. Try again in a moment.", http.StatusServiceUnavailable)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (p *parts) ready(ctx context.Context) error {
	if err := p.db.Ping(ctx); err != nil {
		return err
	}
	if err := p.migrated(ctx); err != nil {
		return err
	}
	if !p.started.Load() {
		return errors.New("starting")
	}
	return nil
}

func (p *parts) close() error {
	if p.relay != nil {
		p.relay.Close()
	}
	return p.db.Close()
}
