// Package graph is the GraphQL API: the public contract over the services.
//
// Resolvers are thin: they read arguments, call one service and shape the payload.
// Who may see a row is decided below (ent's policies), and what is a good input
// below too (package invite). Errors of the input stand in the payload, those of
// access at the top level (errors.go). [Configure] sets up the executor with every
// limit, for the HTTP handler and for the pages alike.
package graph

//go:generate sh -c "cd .. && go tool gqlgen generate"

import (
	"log/slog"

	"techbiz/internal/audit"
	"techbiz/internal/batch"
	"techbiz/internal/database"
	"techbiz/internal/domain"
	"techbiz/internal/invite"
	"techbiz/internal/signin"
	"techbiz/internal/watch"
)

// Resolver holds the services that resolvers call.
type Resolver struct {
	DB      *database.DB
	Invites *invite.Service
	Lists   *batch.Service
	Domains *domain.Service
	SignIn  *signin.Service // tokens and sessions
	Hub     *watch.Hub
	Audit   *audit.Log
	Log     *slog.Logger

	streams streams // that are open
}
