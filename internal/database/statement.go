package database

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/hashicorp/golang-lru/v2/simplelru"
)

const (
	// keptStatements is how many prepared statements a connection keeps.
	keptStatements = 64
	// keptLength is the longest text of a statement that is kept, in bytes: what
	// longer ones take in memory is not worth their parsing.
	keptLength = 64 << 10
)

// keeping makes SQLite connections that keep their prepared statements. SQLite
// parses and plans a statement each time it comes as text, which for one of
// hundreds of values takes as long as running it; lib/pq's server does so quickly.
type keeping struct{ driver.Connector }

// openKeeping opens a pool of them.
func openKeeping(dsn string) (*sql.DB, error) {
	c, err := newConnector(dsn)
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(keeping{c}), nil
}

// Connect opens a connection.
func (k keeping) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := k.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	inner, ok := c.(sqliteConn)
	if !ok {
		return nil, errors.Join(fmt.Errorf("open database: a connection is a %T", c), c.Close())
	}
	kept, err := simplelru.NewLRU(keptStatements, func(_ string, s *statement) { s.drop() })
	if err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return &keepingConn{sqliteConn: inner, kept: kept}, nil
}

// sqliteConn is all that database/sql uses of SQLite's connection.
type sqliteConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

// keepingConn is a connection with its statements.
type keepingConn struct {
	sqliteConn
	kept *simplelru.LRU[string, *statement]
}

// CheckNamedValue takes what SQLite takes as it is, and the values that we use most;
// database/sql finds out about each of the others by reflection.
func (c *keepingConn) CheckNamedValue(v *driver.NamedValue) error {
	switch x := v.Value.(type) {
	case nil, string, int64, float64, bool, []byte, time.Time:
	case int:
		v.Value = int64(x)
	case uuid.UUID:
		v.Value = x.String()
	default:
		return driver.ErrSkip
	}
	return nil
}

// statement is one that was prepared. It runs once at a time: the same text is
// prepared again while the rows of the first are open.
type statement struct {
	sqliteStmt
	running, dropped bool
}

// sqliteStmt is all that is used of SQLite's statement.
type sqliteStmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

// drop closes the statement, once it has run.
func (s *statement) drop() {
	if s.dropped = true; !s.running {
		_ = s.Close() // what it had to say it said when it ran
	}
}

// Close closes the statements and the connection.
func (c *keepingConn) Close() error {
	c.kept.Purge()
	return c.sqliteConn.Close()
}

// ExecContext runs a statement.
func (c *keepingConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	if len(query) > keptLength {
		return c.sqliteConn.ExecContext(ctx, query, args)
	}
	s, err := c.take(ctx, query)
	if err != nil {
		return nil, err
	}
	result, err := s.ExecContext(ctx, args)
	c.give(query, s, err)
	return result, err
}

// QueryContext runs a statement that has rows.
func (c *keepingConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	if len(query) > keptLength {
		return c.sqliteConn.QueryContext(ctx, query, args)
	}
	s, err := c.take(ctx, query)
	if err != nil {
		return nil, err
	}
	rows, err := s.QueryContext(ctx, args)
	if err != nil {
		c.give(query, s, err)
		return nil, err
	}
	return &keepingRows{Rows: rows, close: func(err error) { c.give(query, s, err) }}, nil
}

// take returns a statement that is the caller's until it is given back.
func (c *keepingConn) take(ctx context.Context, query string) (*statement, error) {
	known, ok := c.kept.Get(query)
	if ok && !known.running {
		known.running = true
		return known, nil
	}
	prepared, err := c.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	inner, isSQLite := prepared.(sqliteStmt)
	if !isSQLite {
		return nil, errors.Join(fmt.Errorf("database: a statement is a %T", prepared), prepared.Close())
	}
	s := &statement{sqliteStmt: inner, running: true, dropped: ok}
	if !ok {
		c.kept.Add(query, s)
	}
	return s, nil
}

// give gives a statement back. One that failed is not kept.
func (c *keepingConn) give(query string, s *statement, err error) {
	s.running = false
	switch {
	case s.dropped:
		s.drop()
	case err != nil:
		c.kept.Remove(query)
	}
}

// keepingRows are the rows of a statement, which is given back with them.
type keepingRows struct {
	driver.Rows
	close func(error)
}

// Close ends the rows. It may be called again.
func (r *keepingRows) Close() error {
	if r.close == nil {
		return nil
	}
	err := r.Rows.Close()
	r.close(err)
	r.close = nil
	return err
}
