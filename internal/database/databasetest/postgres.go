// Package databasetest gives tests databases of their own.
//
// A PostgreSQL database is empty when a test gets it and is dropped when the
// test ends. The cluster behind it is the one that `make test` started, or one
// that the test's process starts when it first needs it. Where PostgreSQL is not
// installed such a test is skipped, but fails under CI.
package databasetest

import (
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"

	"context"

	"techbiz/internal/database/databasetest/cluster"
)

// Environment of the tests.
const (
	// PostgresEnv holds the URL of a database, of a user who may create others,
	// in a cluster that tests may use.
	PostgresEnv = "TECHBIZ_TEST_POSTGRES"
	// RequireEnv, or CI, set to 1 or true turns skipping into failing.
	RequireEnv = "TECHBIZ_TEST_REQUIRE"
)

// shared is this process's way into a cluster: one pool, and one cluster at most.
var shared = sync.OnceValues(connect)

type server struct {
	admin *sql.DB
	base  *url.URL
	own   *cluster.Cluster // held, for it ends when it is collected
}

func connect() (*server, error) {
	address := os.Getenv(PostgresEnv)
	var own *cluster.Cluster
	if address == "" {
		var err error
		if own, err = cluster.Start(context.Background()); err != nil {
			return nil, err
		}
		address = own.URL("postgres") // it ends with this process
	}
	base, err := url.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", PostgresEnv, err)
	}
	admin, err := sql.Open("postgres", address)
	if err != nil {
		return nil, err
	}
	admin.SetMaxOpenConns(4)
	return &server{admin: admin, base: base, own: own}, nil
}

// PostgresURL returns the address, for lib/pq, of an empty database that is the
// test's own.
func PostgresURL(t testing.TB) string {
	t.Helper()
	s, err := shared()
	if errors.Is(err, cluster.ErrMissing) && !required() {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	name := "test_" + strings.ToLower(rand.Text())
	if _, err := s.admin.ExecContext(t.Context(), "CREATE DATABASE "+name); err != nil {
		t.Fatalf("create a database: %v", err)
	}
	t.Cleanup(func() {
		// The test's own context has ended by now.
		if _, err := s.admin.ExecContext(context.Background(), "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Errorf("drop the test's database: %v", err)
		}
	})
	address := *s.base
	address.Path = "/" + name
	return address.String()
}

func required() bool {
	for _, name := range []string{"CI", RequireEnv} {
		if v := os.Getenv(name); v == "1" || v == "true" {
			return true
		}
	}
	return false
}
