// Package database opens SQLite and PostgreSQL and makes them behave alike.
//
// It guarantees one behaviour over both: transactions that retry what another
// transaction lost them ([DB.WithTx]), key-set pages ([Paginate]), prefix search
// that uses an index ([HasPrefix]), and versioned migrations that may be started
// many times at once ([DB.Migrate]). It knows no entity and no business rule.
//
// SQLite has one writing connection and a pool of reading ones; PostgreSQL has
// one pool.
package database

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"github.com/google/uuid"
	_ "github.com/lib/pq" // driver "postgres"
	"modernc.org/sqlite"

	"techbiz/ent"
	_ "techbiz/ent/runtime" // the policies of ent/schema
	"techbiz/internal/clock"
	"techbiz/internal/seal"
)

// Options say which database to open.
type Options struct {
	// URL is postgres://…; empty means SQLite in DataDir.
	URL string
	// DataDir is the folder of the SQLite file. It is made if need be.
	DataDir string
	// Keys seal contact numbers; nil stores none.
	Keys *seal.Keys
	// Clock stamps transactions; nil means the machine's.
	Clock clock.Clock
	// StatementTimeout bounds each statement on PostgreSQL and each transaction
	// on both; 0 means 30 s.
	StatementTimeout time.Duration
	// MaxConns bounds the connections to PostgreSQL; 0 means 20.
	MaxConns int
	// Trace, if set, is told each statement that reads outside a transaction,
	// before it runs, so that tests can count and explain what a list costs.
	Trace func(query string, args []any)
}

// DB is an open database. It is safe for concurrent use.
type DB struct {
	// Client reads, outside any transaction. Whatever writes goes through
	// [DB.WithTx]; on SQLite this client cannot write at all.
	*ent.Client
	// Keys seal contact numbers.
	Keys *seal.Keys

	name    string
	dialect string
	write   *sql.DB
	read    *sql.DB
	clock   clock.Clock
	dataDir string
	timeout time.Duration
	trace   func(query string, args []any)

	checkpointer checkpointer
}

// sqliteFile is the name of the SQLite file in the data folder.
const sqliteFile = "techbiz.db"

// Open opens the database and checks that it answers. It does not migrate.
func Open(ctx context.Context, o Options) (*DB, error) {
	db := &DB{Keys: o.Keys, name: "techbiz-" + uuid.NewString(), dialect: dialect.SQLite, clock: o.Clock, dataDir: o.DataDir, timeout: o.StatementTimeout}
	if db.clock == nil {
		db.clock = clock.Machine
	}
	if db.timeout == 0 {
		db.timeout = 30 * time.Second
	}
	var err error
	if o.URL == "" {
		err = db.openSQLite()
	} else {
		db.dialect = dialect.Postgres
		err = db.openPostgres(o)
	}
	if err != nil {
		return nil, err
	}
	if err := db.Ping(ctx); err != nil {
		_ = db.Close()
		return nil, fmt.Errorf("open database: %w", err)
	}
	reader := entsql.OpenDB(db.dialect, db.read)
	db.trace = func(string, []any) {}
	db.Client = ent.NewClient(ent.Driver(reader))
	if o.Trace != nil {
		db.trace = o.Trace
		db.Client = ent.NewClient(ent.Driver(traced{reader, o.Trace}))
	}
	return db, nil
}

func (db *DB) openSQLite() error {
	if err := os.MkdirAll(db.dataDir, 0o700); err != nil {
		return fmt.Errorf("make data folder: %w", err)
	}
	path := filepath.Join(db.dataDir, sqliteFile)
	// SQLite would make the file readable by others.
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("open database file: %w", err)
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("open database file: %w", err)
	}
	if db.write, err = openKeeping(sqliteDSN(path, "foreign_keys(1)", writerCache, "_txlock=immediate", "_pragma="+endlessLog)); err != nil {
		return err
	}
	db.write.SetMaxOpenConns(1)
	if db.read, err = openKeeping(sqliteDSN(path, "query_only(1)", readerCache)); err != nil {
		return err
	}
	readers := max(4, runtime.NumCPU())
	db.read.SetMaxOpenConns(readers)
	db.read.SetMaxIdleConns(readers) // to open one means to read the whole schema
	db.read.SetConnMaxIdleTime(time.Minute)
	db.read.SetConnMaxLifetime(10 * time.Minute) // a new one sees new statistics ([DB.Learn])
	mover, err := openKeeping(sqliteDSN(path, "foreign_keys(1)", readerCache))
	if err != nil {
		return err
	}
	db.checkpointer.start(mover, db.write)
	return nil
}

// What the pages in memory may take, in KiB below zero. A batch writes into two
// dozen indexes: what the writer's cache cannot hold is written early and read again.
// A reader's is out of date after each change.
const (
	writerCache = "-8000"
	readerCache = "-4000"
)

// pageSize holds for files that are made from now on: a change of a batch touches
// half as many pages as with SQLite's own 4 KiB. The driver sets pragmas in the order
// of their letters, and this one comes before the journal's, by its quotation mark.
const pageSize = `_pragma="main".page_size(8192)`

// sqliteDSN is the address of the file with the settings that a service needs:
// readers that don't wait for the writer, a wait for locks, one time format that
// sorts as text, and pragma as the caller says.
func sqliteDSN(path, pragma, cache string, more ...string) string {
	q := append([]string{
		"_pragma=busy_timeout(" + strconv.FormatInt(lockPatience.Milliseconds(), 10) + ")", pageSize, "_pragma=journal_mode(WAL)", "_pragma=synchronous(NORMAL)",
		"_pragma=cache_size(" + cache + ")", "_pragma=" + pragma, "_time_format=sqlite",
	}, more...)
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + strings.Join(q, "&")
}

const (
	// lockPatience is how long SQLite waits for a lock.
	lockPatience = 10 * time.Second
	// busyPatience is how long is tried again what SQLite does not wait for, or not for
	// long enough on a slow disk: that a file is made, or its log emptied.
	busyPatience = time.Minute
)

// patient makes SQLite connections. Where several programs make or leave one file at the
// same moment, SQLite calls it busy without any wait, lest they wait for each other.
type patient struct{ driver.Connector }

func newConnector(dsn string) (driver.Connector, error) {
	c, err := sqlite.NewConnector(dsn)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	return patient{c}, nil
}

// Connect opens a connection.
func (p patient) Connect(ctx context.Context) (conn driver.Conn, err error) {
	err = whileBusy(ctx, func() error {
		conn, err = p.Connector.Connect(ctx)
		return err
	})
	return conn, err
}

// whileBusy does again what SQLite calls busy.
func whileBusy(ctx context.Context, do func() error) error {
	patience := time.NewTimer(busyPatience)
	defer patience.Stop()
	for {
		err := do()
		if err == nil || !isBusy(err) {
			return err
		}
		select {
		case <-patience.C:
			return err
		case <-time.After(rand.N(20 * time.Millisecond)): // #nosec G404 -- only has them part
		case <-ctx.Done():
			return err
		}
	}
}

func (db *DB) openPostgres(o Options) error {
	u, err := url.Parse(o.URL)
	if err != nil {
		return fmt.Errorf("open database: the address is not a URL")
	}
	q := u.Query()
	q.Set("statement_timeout", strconv.FormatInt(db.timeout.Milliseconds(), 10))
	q.Set("application_name", db.name)
	u.RawQuery = q.Encode()
	if db.write, err = sql.Open("postgres", u.String()); err != nil {
		return fmt.Errorf("open database: %w", err)
	}
	conns := o.MaxConns
	if conns == 0 {
		conns = 20
	}
	db.write.SetMaxOpenConns(conns)
	db.write.SetMaxIdleConns(conns)
	db.write.SetConnMaxIdleTime(5 * time.Minute)
	db.read = db.write
	return nil
}

// Ping says whether the database answers.
func (db *DB) Ping(ctx context.Context) error {
	if err := db.write.PingContext(ctx); err != nil {
		return err
	}
	return db.read.PingContext(ctx)
}

// Close closes every connection.
func (db *DB) Close() error {
	err := errors.Join(db.checkpointer.close(), db.write.Close())
	if db.read != db.write {
		if rerr := db.read.Close(); err == nil {
			err = rerr
		}
	}
	return err
}

// Name is one's own, of this program as long as it runs. On PostgreSQL it is the
// application_name of every connection.
func (db *DB) Name() string { return db.name }

// Dialect is dialect.SQLite or dialect.Postgres.
func (db *DB) Dialect() string { return db.dialect }

// Writer is the pool that writes, for the job engine.
func (db *DB) Writer() *sql.DB { return db.write }

// Now is the business clock's time.
func (db *DB) Now() time.Time { return db.clock() }
