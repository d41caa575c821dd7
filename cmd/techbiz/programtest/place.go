// Package programtest builds the program, once, and runs it as a process of its
// own, for tests that kill it and for benches.
//
// A [Place] is where a program keeps its data; a [Server] is one that runs there.
// What a test starts ends with the test. Whoever uses the package calls [Main]
// from TestMain.
package programtest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"techbiz/internal/database"
	"techbiz/internal/database/databasetest"
)

// built is the program's folder.
var built struct {
	sync.Once
	dir string
	err error
}

// Main runs the tests, removes what they built, and ends the process. The run fails
// where the log of a program held what no log may hold.
func Main(m *testing.M) {
	// Libraries that know no other log write to the standard one.
	log.SetOutput(WatchLog("the standard log", os.Stderr))
	status := m.Run()
	if leaked(os.Stderr) && status == 0 {
		status = 1
	}
	if built.dir != "" {
		_ = os.RemoveAll(built.dir)
	}
	os.Exit(status)
}

// binary builds the program and returns its path.
func binary(tb testing.TB) string {
	tb.Helper()
	built.Do(func() {
		if built.dir, built.err = os.MkdirTemp("", "techbiz-test-"); built.err != nil {
			return
		}
		// The context of one test must not end what the others wait for.
		built.err = build(context.WithoutCancel(tb.Context()), built.dir)
	})
	if built.err != nil {
		tb.Fatal(built.err)
	}
	return filepath.Join(built.dir, "techbiz")
}

// build puts the program into a folder. It is built in its own module, also for the
// tests of another one.
func build(ctx context.Context, dir string) error {
	module, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", "techbiz").Output()
	if err != nil {
		return fmt.Errorf("go list: %w", err)
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-o", dir, "techbiz/cmd/techbiz")
	cmd.Dir = strings.TrimSpace(string(module))
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go build: %w: %s", err, out)
	}
	return nil
}

// Place is where a program keeps its data, and what else it is told.
type Place struct {
	tb       testing.TB
	settings []string
	options  database.Options
}

// New returns an empty place on SQLite. The settings are environment variables.
func New(tb testing.TB, settings ...string) *Place {
	tb.Helper()
	p := &Place{tb: tb, options: database.Options{DataDir: tb.TempDir()}}
	p.Set("TECHBIZ_DATA="+p.options.DataDir, "TECHBIZ_ADDR=127.0.0.1:0", "TECHBIZ_LOG_FORMAT=json", "TECHBIZ_ALLOWED_DOMAINS=vendor.com")
	if isTest(tb) {
		p.Set("TECHBIZ_LOG_LEVEL=debug")
	}
	p.Set(settings...)
	return p
}

// isTest tells a test from a bench, which measures the program as it is used.
func isTest(tb testing.TB) bool {
	_, bench := tb.(*testing.B)
	return !bench
}

// NewPostgres returns a place on an empty PostgreSQL database without tables.
func NewPostgres(tb testing.TB, settings ...string) *Place {
	tb.Helper()
	p := New(tb, settings...)
	p.options.URL = databasetest.PostgresURL(tb)
	p.Set("TECHBIZ_DATABASE_URL=" + p.options.URL)
	return p
}

// Databases make, by the name of the database, an empty place with all tables.
var Databases = map[string]func(tb testing.TB, settings ...string) *Place{
	"SQLite": New,
	"PostgreSQL": func(tb testing.TB, settings ...string) *Place {
		tb.Helper()
		p := NewPostgres(tb, settings...)
		p.Command("migrate")
		return p
	},
}

// OnEach runs a test on each database, at the same time.
func OnEach(t *testing.T, test func(t *testing.T, p *Place), settings ...string) {
	t.Helper()
	for name, place := range Databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, place(t, settings...))
		})
	}
}

// Set adds to the settings of what is started from now on; the last of a name
// counts.
func (p *Place) Set(settings ...string) { p.settings = append(p.settings, settings...) }

// Command runs one of the program's commands and returns what it printed.
func (p *Place) Command(args ...string) string {
	p.tb.Helper()
	out, err := p.TryCommand(args...)
	if err != nil {
		p.tb.Fatal(err)
	}
	return out
}

// TryCommand is Command where the command may fail.
func (p *Place) TryCommand(args ...string) (string, error) {
	cmd := exec.CommandContext(p.tb.Context(), binary(p.tb), args...)
	cmd.Env = p.settings
	out, err := cmd.Output()
	if failed, ok := errors.AsType[*exec.ExitError](err); ok {
		err = fmt.Errorf("techbiz %v: %w: %s", args, err, failed.Stderr)
	}
	return strings.TrimSpace(string(out)), err
}

// Officer is the address of the officer who acts.
const Officer = "tan.ah.kow@agency.gov.sg"

// Folder is where the data is.
func (p *Place) Folder() string { return p.options.DataDir }

// Token makes a token for the officer.
func (p *Place) Token() string {
	p.tb.Helper()
	return p.Command("token", "create", "--officer="+Officer, "--name=test")
}

// Database opens the place's database, until the test ends.
func (p *Place) Database() *database.DB {
	p.tb.Helper()
	db, err := database.Open(p.tb.Context(), p.options)
	if err != nil {
		p.tb.Fatal(err)
	}
	p.tb.Cleanup(func() {
		if err := db.Close(); err != nil {
			p.tb.Error(err)
		}
	})
	return db
}

// Count runs a query, of one number, on the place's database.
func (p *Place) Count(query string) (n int) {
	p.tb.Helper()
	db, err := database.Open(p.tb.Context(), p.options)
	if err != nil {
		p.tb.Fatal(err)
	}
	err = db.Query(p.tb.Context(), query, nil, func(r *sql.Rows) error { return r.Scan(&n) })
	if err = errors.Join(err, db.Close()); err != nil {
		p.tb.Fatal(err)
	}
	return n
}
