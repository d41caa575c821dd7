package database

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"

	"entgo.io/ent/dialect"
	"github.com/gofrs/flock"
	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"

	"techbiz/ent/migrate/migrations"
)

// JobDriver is the job engine's driver over the writing pool.
func (db *DB) JobDriver() riverdriver.Driver[*sql.Tx] { return jobDriver(db.dialect, db.write) }

func jobDriver(d string, pool *sql.DB) riverdriver.Driver[*sql.Tx] {
	if d == dialect.SQLite {
		return riversqlite.New(pool)
	}
	return riverdatabasesql.New(pool)
}

// advisoryLock is the key of the lock that one migration at a time holds on
// PostgreSQL.
const advisoryLock = 0x7465636862697a // "techbiz"

// Migrate brings the schema, the product's and the job engine's, to what this
// program needs. Started many times at once, one does it and the others wait and
// find nothing to do.
func (db *DB) Migrate(ctx context.Context) (err error) {
	unlock, err := db.lockMigration(ctx)
	if err != nil {
		return fmt.Errorf("lock for migration: %w", err)
	}
	defer func() { err = errors.Join(err, unlock()) }()
	pool, done, err := db.migrationPool()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()

	provider, err := db.provider(pool)
	if err != nil {
		return err
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	if db.dialect == dialect.SQLite {
		if err := checkForeignKeys(ctx, pool); err != nil {
			return err
		}
	}
	m, err := rivermigrate.New(jobDriver(db.dialect, pool), nil)
	if err != nil {
		return fmt.Errorf("migrate jobs: %w", err)
	}
	if _, err := m.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return fmt.Errorf("migrate jobs: %w", err)
	}
	return nil
}

// Migrated returns nil when every migration is in place, and says how many are
// not.
func (db *DB) Migrated(ctx context.Context) error {
	provider, err := db.provider(db.write)
	if err != nil {
		return err
	}
	pending, err := provider.HasPending(ctx)
	if err != nil {
		return fmt.Errorf("check migrations: %w", err)
	}
	if pending {
		return errors.New("migrations are pending: run techbiz migrate")
	}
	m, err := rivermigrate.New(db.JobDriver(), nil)
	if err != nil {
		return fmt.Errorf("check migrations: %w", err)
	}
	res, err := m.Validate(ctx, nil)
	if err != nil {
		return fmt.Errorf("check migrations: %w", err)
	}
	if !res.OK {
		return errors.New("migrations of the job engine are pending: run techbiz migrate")
	}
	return nil
}

func (db *DB) provider(pool *sql.DB) (*goose.Provider, error) {
	folder, gooseDialect := "postgres", goose.DialectPostgres
	if db.dialect == dialect.SQLite {
		folder, gooseDialect = "sqlite", goose.DialectSQLite3
	}
	files, err := fs.Sub(migrations.FS, folder)
	if err != nil {
		return nil, fmt.Errorf("migrations of %s: %w", folder, err)
	}
	p, err := goose.NewProvider(gooseDialect, pool, files, goose.WithTableName("schema_migrations"))
	if err != nil {
		return nil, fmt.Errorf("migrations of %s: %w", folder, err)
	}
	return p, nil
}

// migrationPool is the pool to migrate on. Rebuilding a table on SQLite drops the
// old one, and with foreign keys on that would delete its children: a connection
// of its own has them off.
func (db *DB) migrationPool() (*sql.DB, func() error, error) {
	if db.dialect != dialect.SQLite {
		return db.write, func() error { return nil }, nil
	}
	path := filepath.Join(db.dataDir, sqliteFile)
	c, err := newConnector(sqliteDSN(path, "foreign_keys(0)", readerCache, "_txlock=immediate"))
	if err != nil {
		return nil, nil, err
	}
	pool := sql.OpenDB(c)
	pool.SetMaxOpenConns(1)
	return pool, pool.Close, nil
}

func (db *DB) lockMigration(ctx context.Context) (func() error, error) {
	if db.dialect == dialect.SQLite {
		lock := flock.New(filepath.Join(db.dataDir, "migrate.lock"), flock.SetPermissions(0o600))
		if _, err := lock.TryLockContext(ctx, 20*time.Millisecond); err != nil {
			return nil, err
		}
		return lock.Unlock, nil
	}
	conn, err := db.write.Conn(ctx)
	if err != nil {
		return nil, err
	}
	// The wait for the lock and what it protects may take longer than a statement
	// of the service may.
	for _, q := range []string{"SET statement_timeout = 0", fmt.Sprintf("SELECT pg_advisory_lock(%d)", advisoryLock)} {
		if _, err := conn.ExecContext(ctx, q); err != nil {
			return nil, errors.Join(err, conn.Close())
		}
	}
	return func() error {
		// A fresh context: the lock has to go even when ctx has ended. The
		// connection keeps its setting, so it is not given back to the pool.
		_, err := conn.ExecContext(context.WithoutCancel(ctx), fmt.Sprintf("SELECT pg_advisory_unlock(%d)", advisoryLock))
		_ = conn.Raw(func(any) error { return driver.ErrBadConn }) // makes the pool drop it
		return err
	}, nil
}

func checkForeignKeys(ctx context.Context, pool *sql.DB) error {
	rows, err := pool.QueryContext(ctx, "PRAGMA foreign_key_check")
	broken := 0
	if err := each(rows, err, func(*sql.Rows) error { broken++; return nil }); err != nil {
		return fmt.Errorf("check foreign keys: %w", err)
	}
	if broken > 0 {
		return fmt.Errorf("check foreign keys: %d rows point to nothing", broken)
	}
	return nil
}
