// Package ui is the portal: the pages that people use.
//
// Every page is a client of the GraphQL schema, in process (inprocess.go); the
// operations stand beside the handlers in *.graphql. Sign-in and the sandbox are
// not GraphQL and are called directly. A page and the part of it that htmx asks
// for come from one template, and every form and link works without JavaScript.
//
// The package decides no rule: what is wrong with an input, who may see what and
// which act a state allows is the schema's answer. It keeps no state between
// requests.
package ui

//go:generate sh -c "cd .. && go tool genqlient ui/genqlient.yaml"
//go:generate go tool templ generate -path .

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/google/uuid"

	"techbiz/internal/clock"
	"techbiz/internal/directory/sandbox"
	"techbiz/internal/signin"
	"techbiz/ui/component"
)

// Links are the addresses outside the portal that pages link to; where one is
// empty, its text stands without a link.
type Links = component.Links

// Config is what the portal is joined with.
type Config struct {
	// Executor runs the operations; it is set up as for HTTP.
	Executor *executor.Executor
	// SignIn sends and checks one-time codes and keeps the sessions.
	SignIn *signin.Service
	// Sandbox plays the other side; nil when neither the directory nor the
	// mailbox is the sandbox, and then /sandbox is not there.
	Sandbox *sandbox.Sandbox
	// MailLeaves is set where mails go out by a relay and not into the sandbox's
	// mailbox.
	MailLeaves bool
	// Template writes the Excel template for a list of users.
	Template func(io.Writer) error
	// Corrections writes the workbook of a list's rows to fix, and Report the one of
	// what became of all its rows, for whoever acts in the context. Nothing is written
	// where there is an error.
	Corrections, Report func(ctx context.Context, list uuid.UUID, w io.Writer) error
	// RecordExport tells the activity log what leaves; where it fails, nothing does.
	// Nil for no log.
	RecordExport func(context.Context, Export) error
	// RecordRefused tells the activity log of a request that is refused for where it
	// comes from. Nil for no log.
	RecordRefused func(ctx context.Context, reason string)
	// Recall is how long a submitted list can be called back before it runs.
	Recall time.Duration
	// Take counts what a request reads and changes, and returns RATE_LIMITED where
	// that is too much. Nil counts nothing.
	Take func(ctx context.Context, reads, changes int) error
	// Explorer is set where the schema is told, at /explorer.
	Explorer bool
	// Links lead out of the portal.
	Links Links
	// Clock is the business clock, which the sandbox can move forward.
	Clock clock.Clock
	// MaxUpload is the largest workbook in bytes.
	MaxUpload int64
	// MaxRows is how many users a list may have, for the texts.
	MaxRows int
	// Log takes what went wrong on our side.
	Log *slog.Logger
}

// Export is data that leaves as a file.
type Export struct {
	What   string // status, activity, corrections or report
	Format string
	Rows   *int   // nil where they were not counted
	List   string // id of the list that it is about
}

// exactly is a count, nil where it is none that can be relied on.
func exactly(n int, exact bool) *int {
	if !exact {
		return nil
	}
	return &n
}

// recordExport tells the activity log what leaves.
func (p *portal) recordExport(ctx context.Context, e Export) error {
	if p.RecordExport == nil {
		return nil
	}
	return p.RecordExport(ctx, e)
}

// portal is the handlers' receiver.
type portal struct {
	Config
	gql inProcess
}

// New returns the portal's handler. It expects the signed-in officer in the
// request's context (access.From) and the request's id in the answer's header
// X-Request-Id.
func New(c Config) (http.Handler, error) {
	if c.Executor == nil || c.SignIn == nil || c.Clock == nil || c.Template == nil || c.Corrections == nil || c.Report == nil || c.Log == nil || c.MaxUpload <= 0 || c.MaxRows <= 0 {
		return nil, errors.New("ui: Executor, SignIn, Template, Corrections, Report, Clock, MaxUpload, MaxRows and Log are required")
	}
	p := &portal{Config: c, gql: inProcess{c.Executor}}
	return p.routes(), nil
}
