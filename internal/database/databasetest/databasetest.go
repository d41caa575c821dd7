// Package databasetest gives tests a migrated database of their own, on SQLite
// and on PostgreSQL.
package databasetest

import (
	"testing"

	"techbiz/internal/clock"
	"techbiz/internal/database"
	"techbiz/internal/seal"
)

// Each runs a test once on SQLite and once on PostgreSQL, each on an empty,
// migrated database.
func Each(t *testing.T, now clock.Clock, test func(t *testing.T, db *database.DB)) {
	t.Helper()
	for name, options := range Options(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, Open(t, options(t), now))
		})
	}
}

// Options returns, by the name of the database, what opens an empty one.
func Options(testing.TB) map[string]func(testing.TB) database.Options {
	return map[string]func(testing.TB) database.Options{
		"sqlite":   func(t testing.TB) database.Options { return database.Options{DataDir: t.TempDir(), Keys: Keys(t)} },
		"postgres": func(t testing.TB) database.Options { return database.Options{URL: PostgresURL(t), Keys: Keys(t)} },
	}
}

// Keys returns new data keys.
func Keys(t testing.TB) *seal.Keys {
	t.Helper()
	set, err := seal.Generate()
	if err != nil {
		t.Fatal(err)
	}
	return seal.New(set)
}

// Open opens a database of a test, migrates it, and closes it when the test ends.
func Open(t testing.TB, o database.Options, now clock.Clock) *database.DB {
	t.Helper()
	o.Clock = now
	db, err := database.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return db
}
