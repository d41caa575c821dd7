package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"

	"techbiz/ent"
	"techbiz/internal/seal"
)

// Tx is an open transaction: an ent client over it, the transaction itself for
// set-wise SQL and for the job engine, and one time stamp for all it writes.
type Tx struct {
	*ent.Client
	SQL *sql.Tx
	Now time.Time
	// Keys seal contact numbers.
	Keys *seal.Keys

	dialect string
}

type inTx struct{}

// tries is how often a transaction that lost against another one is run.
const tries = 5

// WithTx runs fn in a transaction: it commits when fn returns nil, and rolls back
// when fn fails or panics.
//
// What another transaction took away (a serialization failure, a deadlock, a busy
// file, or something unique that the other one stored first) is run again from
// the start, a few times: fn may run more than once and keeps no state between
// runs; its checks then see what the other one wrote. fn does nothing outside the
// database. WithTx refuses to nest.
func (db *DB) WithTx(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error {
	if ctx.Value(inTx{}) != nil {
		return errors.New("database: a transaction inside a transaction")
	}
	ctx, cancel := context.WithTimeout(ctx, db.timeout)
	defer cancel()
	for try := 1; ; try++ {
		err := db.once(context.WithValue(ctx, inTx{}, true), fn)
		if err == nil || try == tries || !lostToAnother(err) {
			return err
		}
		wait := time.NewTimer(time.Duration(rand.IntN(10*try)+1) * time.Millisecond) // #nosec G404 -- only has tries part
		select {
		case <-wait.C:
		case <-ctx.Done():
			wait.Stop()
			return err
		}
	}
}

func (db *DB) once(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) (err error) {
	raw, err := db.write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	committed := false
	defer func() {
		if !committed {
			_ = raw.Rollback() // also when fn panics; its error is the one that counts
		}
	}()
	driver := nested{entsql.NewDriver(db.dialect, entsql.Conn{ExecQuerier: raw})}
	tx := &Tx{Client: ent.NewClient(ent.Driver(driver)), SQL: raw, Now: db.clock(), Keys: db.Keys, dialect: db.dialect}
	if err := fn(ctx, tx); err != nil {
		return err
	}
	if err := raw.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	committed = true
	db.checkpointer.committed()
	return nil
}

// nested is a driver inside a transaction: where ent would open one of its own
// (to create edges, say), it goes on in this one.
type nested struct{ *entsql.Driver }

func (d nested) Tx(context.Context) (dialect.Tx, error) { return dialect.NopTx(d), nil }

func (d nested) BeginTx(context.Context, *sql.TxOptions) (dialect.Tx, error) {
	return dialect.NopTx(d), nil
}

// Exec runs one set-wise statement, whose parameters are written $1, $2, …, and
// returns how many rows it changed.
func (tx *Tx) Exec(ctx context.Context, query string, args ...any) (int, error) {
	query, args = rebind(tx.dialect, query, args)
	res, err := tx.SQL.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, fmt.Errorf("exec: %w", err)
	}
	n, err := res.RowsAffected()
	return int(n), err
}

// Query runs one statement, whose parameters are written $1, $2, …, and calls
// scan for each row.
func (tx *Tx) Query(ctx context.Context, query string, args []any, scan func(*sql.Rows) error) error {
	query, args = rebind(tx.dialect, query, args)
	rows, err := tx.SQL.QueryContext(ctx, query, args...)
	return each(rows, err, scan)
}

// Query runs one reading statement outside any transaction, as [Tx.Query] does
// inside.
func (db *DB) Query(ctx context.Context, query string, args []any, scan func(*sql.Rows) error) error {
	query, args = rebind(db.dialect, query, args)
	return db.query(ctx, query, args, scan)
}

// query runs one reading statement whose parameters the database knows.
func (db *DB) query(ctx context.Context, query string, args []any, scan func(*sql.Rows) error) error {
	db.trace(query, args)
	rows, err := db.read.QueryContext(ctx, query, args...)
	return each(rows, err, scan)
}

func each(rows *sql.Rows, err error, scan func(*sql.Rows) error) error {
	if err != nil {
		return fmt.Errorf("query: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return fmt.Errorf("scan: %w", err)
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("query: %w", err)
	}
	return nil
}

// rebind writes PostgreSQL's $1, $2, … as SQLite's plain ?, each with its argument.
// SQLite goes through all numbered parameters for each of them, which for a
// statement with thousands takes longer than the statement itself. Statements
// hold no other dollar.
func rebind(d, query string, args []any) (string, []any) {
	if d != dialect.SQLite {
		return query, args
	}
	var b strings.Builder
	b.Grow(len(query))
	bound := make([]any, 0, len(args))
	for {
		text, rest, found := strings.Cut(query, "$")
		b.WriteString(text)
		if !found {
			return b.String(), bound
		}
		n, end := 0, 0
		for ; end < len(rest) && '0' <= rest[end] && rest[end] <= '9'; end++ {
			n = 10*n + int(rest[end]-'0')
		}
		query = rest[end:]
		if n < 1 || n > len(args) { // a mistake, which SQLite will tell
			b.WriteString("$" + rest[:end])
			continue
		}
		b.WriteByte('?')
		bound = append(bound, args[n-1])
	}
}
