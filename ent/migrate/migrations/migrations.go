// Package migrations holds the versioned migrations of both databases, in
// goose's format. They are written by ent/migrate/diff and never changed once
// they have landed.
package migrations

import "embed"

// FS has the folders postgres and sqlite.
//
//go:embed postgres/*.sql sqlite/*.sql
var FS embed.FS
