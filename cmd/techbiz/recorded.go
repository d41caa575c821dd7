package main

import (
	"context"
	"net/http"

	"github.com/google/uuid"

	"techbiz/internal/access"
	"techbiz/internal/audit"
	"techbiz/internal/fault"
	"techbiz/internal/signin"
	"techbiz/ui"
)

// What the activity log hears that belongs to no service: exports, which the pages
// make, and requests in which nobody may act.

// recordExport records that data leaves as a file.
func (p *parts) recordExport(ctx context.Context, e ui.Export) error {
	event := audit.Event{Type: audit.Exported, Detail: audit.Detail{What: e.What, Format: e.Format, Rows: e.Rows}}
	if id, err := uuid.Parse(e.List); err == nil {
		event.Kind, event.ID = audit.List, id
	}
	return p.activity.Note(ctx, event)
}

// recordRefused records a request that the pages refuse.
func (p *parts) recordRefused(ctx context.Context, reason string) {
	p.activity.Refused(ctx, audit.Event{Type: audit.AccessRefused, Detail: audit.Detail{Code: string(fault.Forbidden), Reason: reason}})
}

// recordForeign records what a page of another site sends with the cookie of somebody
// who is signed in. Others' cookies tell nothing, and what comes with none changes
// nothing; the access log has both.
func (p *parts) recordForeign(r *http.Request) {
	if !p.started.Load() {
		return
	}
	actor, err := p.signin.SessionActor(r)
	if err != nil {
		p.log.ErrorContext(r.Context(), "whose request came from another site is not known", "error", err)
	}
	if actor != nil {
		p.activity.Refused(r.Context(), audit.Event{Type: audit.AccessRefused, Actor: actor, Detail: audit.Detail{
			Code: string(fault.Forbidden), Reason: "A request from another site",
		}})
	}
}

// recordStrangers records requests from networks that are not allowed, and those
// whose bearer token signs nobody in.
func (p *parts) recordStrangers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if access.Refused(r.Context()) != nil {
			p.recordRefused(r.Context(), "Network rule")
		}
		if signin.BadToken(r.Context()) {
			p.activity.Refused(r.Context(), audit.Event{Type: audit.AccessRefused, Detail: audit.Detail{
				Code: string(fault.Unauthenticated), Reason: "Not a valid token",
			}})
		}
		next.ServeHTTP(w, r)
	})
}
