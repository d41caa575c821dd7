package audit

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"entgo.io/ent/dialect"
	"github.com/google/uuid"

	"techbiz/internal/access"
	"techbiz/internal/database"
)

const (
	// sealEvery is how often a process looks for records to seal.
	sealEvery = time.Second
	// blockMost is how many records one block seals.
	blockMost = 1_000
	// anchorEvery is how often a process notes the head of the chain, whoever
	// sealed, and tellEvery how often it logs it.
	anchorEvery = 10 * time.Second
	tellEvery   = 10 * time.Minute
	// sealLock is the key of the lock under which one process at a time seals.
	sealLock = 0x7465636861756474 // "techaudt"
	// entrySize is an id and an authentication code.
	entrySize = 16 + 32
)

// block is a row of audit_blocks.
type block struct {
	seq      int
	sealedAt time.Time
	writer   string
	entries  []byte
	total    int64
	previous []byte
	hash     []byte

	sound bool // as verify finds it
}

const blockColumns = "id, sealed_at, writer, entries, total, previous, hash"

func (b *block) into() []any {
	return []any{&b.seq, &b.sealedAt, &b.writer, &b.entries, &b.total, &b.previous, &b.hash}
}

// digest is what the block's hash has to be.
func (l *Log) digest(b *block) []byte {
	t := []byte{layout}
	t = binary.BigEndian.AppendUint64(t, uint64(b.seq))                  // #nosec G115 -- counted from 1
	t = binary.BigEndian.AppendUint64(t, uint64(b.sealedAt.UnixMicro())) // #nosec G115 -- after 1970
	t = binary.BigEndian.AppendUint64(t, uint64(b.total))                // #nosec G115 -- counts up
	for _, part := range [][]byte{[]byte(b.writer), b.previous, b.entries} {
		t = binary.BigEndian.AppendUint32(t, uint32(len(part))) // #nosec G115 -- no part has 4 GiB
		t = append(t, part...)
	}
	return keyed(l.chainKey, t)
}

// Run seals records until ctx ends, and what is left then. It returns only then.
func (l *Log) Run(ctx context.Context) {
	tick := time.NewTicker(sealEvery)
	defer tick.Stop()
	var noted, told time.Time
	for {
		select {
		case <-ctx.Done():
			l.finish(ctx)
			return
		case <-tick.C:
		}
		if err := l.Seal(ctx); err != nil && ctx.Err() == nil {
			l.log.ErrorContext(ctx, "the activity log is not sealed", "error", err)
		}
		now := l.machine()
		if now.Sub(noted) < anchorEvery {
			continue
		}
		noted = now
		tell := now.Sub(told) >= tellEvery
		if tell {
			told = now
		}
		l.keepHead(ctx, tell)
	}
}

// finishTimeout is how long the last sealing may take.
const finishTimeout = 5 * time.Second

func (l *Log) finish(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishTimeout)
	defer cancel()
	if err := l.Seal(ctx); err != nil {
		l.log.ErrorContext(ctx, "the activity log is not sealed", "error", err)
	}
	l.keepHead(ctx, true)
}

// Seal seals what has been committed. Where another process is at it, that one
// does.
func (l *Log) Seal(ctx context.Context) error {
	if l == nil {
		return nil
	}
	for {
		waiting := false
		err := l.db.Query(ctx, `SELECT 1 FROM audit_pending LIMIT 1`, nil, func(*sql.Rows) error { waiting = true; return nil })
		if err != nil || !waiting {
			return err
		}
		more := false
		if err := l.db.WithTx(access.System(ctx), func(ctx context.Context, tx *database.Tx) (err error) {
			more, err = l.sealBlock(ctx, tx)
			return err
		}); err != nil {
			return fmt.Errorf("seal: %w", err)
		}
		if !more {
			return nil
		}
	}
}

// sealBlock adds one block and says whether there may be more to seal.
func (l *Log) sealBlock(ctx context.Context, tx *database.Tx) (more bool, err error) {
	if free, err := l.lock(ctx, tx); err != nil || !free {
		return false, err
	}
	last, err := head(ctx, tx)
	if err != nil {
		return false, err
	}
	next := &block{seq: last.seq + 1, sealedAt: l.machine(), writer: l.db.Name(), previous: last.hash, total: last.total}
	var seals, gone [][]any
	err = tx.Query(ctx, `SELECT `+selected+` FROM audit_pending p JOIN audit_records r ON r.id = p.id
		WHERE NOT EXISTS (SELECT 1 FROM audit_seals s WHERE s.id = p.id) ORDER BY p.id LIMIT $1`,
		[]any{blockMost}, func(rows *sql.Rows) error {
			var r record
			if err := rows.Scan(r.into()...); err != nil {
				return err
			}
			gone = append(gone, []any{r.id})
			if !l.genuine(&r) { // without a seal it is found
				l.log.ErrorContext(ctx, "a record of the activity log is not ours", "record", r.id)
				return nil
			}
			next.entries = append(append(next.entries, r.id[:]...), r.mac...)
			seals = append(seals, []any{r.id, next.seq})
			return nil
		})
	if err != nil || len(gone) == 0 {
		return false, err
	}
	if err := forget(ctx, tx, gone); err != nil {
		return false, err
	}
	if len(seals) > 0 {
		next.total += int64(len(seals))
		err = l.addBlock(ctx, tx, next, seals)
	}
	return len(gone) == blockMost, err
}

func (l *Log) addBlock(ctx context.Context, tx *database.Tx, b *block, seals [][]any) error {
	b.hash = l.digest(b)
	if _, err := tx.Exec(ctx, `INSERT INTO audit_blocks (`+blockColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		b.seq, b.sealedAt, b.writer, b.entries, b.total, b.previous, b.hash); err != nil {
		return err
	}
	return tx.Insert(ctx, "audit_seals", []string{"id", "block"}, "", seals)
}

// forget takes records off the list of those that wait.
func forget(ctx context.Context, tx *database.Tx, ids [][]any) error {
	var args []any
	_, err := tx.Exec(ctx, `DELETE FROM audit_pending WHERE id IN (`+tx.Table(&args, []string{"uuid"}, ids)+`)`, args...)
	return err
}

// lock says whether this transaction is the one that seals. SQLite has one at a
// time anyway.
func (l *Log) lock(ctx context.Context, tx *database.Tx) (bool, error) {
	if l.db.Dialect() != dialect.Postgres {
		return true, nil
	}
	free := false
	err := tx.Query(ctx, `SELECT pg_try_advisory_xact_lock($1)`, []any{sealLock}, func(r *sql.Rows) error { return r.Scan(&free) })
	return free, err
}

// head returns the last block of the chain; before the first it is block 0.
func head(ctx context.Context, q querier) (*block, error) {
	b := &block{hash: []byte{}}
	err := q.Query(ctx, `SELECT `+blockColumns+` FROM audit_blocks ORDER BY id DESC LIMIT 1`, nil, func(r *sql.Rows) error {
		return r.Scan(b.into()...)
	})
	return b, err
}

// CheckKey returns an error where the log stands under another key than ours: what
// we wrote would look like tampering.
func (l *Log) CheckKey(ctx context.Context) error {
	last, err := head(ctx, l.db)
	if err != nil || last.seq == 0 || bytes.Equal(last.hash, l.digest(last)) {
		return err
	}
	return errors.New("the activity log stands under another key: put back the one of the first start, as TECHBIZ_AUDIT_KEY or audit.key in the data folder")
}

// keepHead writes the head of the chain to this machine's file, and with tell to
// the log: whoever cuts the chain's end off in the database reaches neither.
func (l *Log) keepHead(ctx context.Context, tell bool) {
	last, err := head(ctx, l.db)
	if err != nil {
		if ctx.Err() == nil {
			l.log.ErrorContext(ctx, "the head of the activity log is not known", "error", err)
		}
		return
	}
	if last.seq == 0 {
		return
	}
	now := Head{Block: last.seq, Hash: last.hash}
	if tell {
		l.log.InfoContext(ctx, "head of the activity log", "head", now.String())
	}
	if l.anchor == "" {
		return
	}
	if err := l.advance(ctx, now); err != nil {
		l.log.ErrorContext(ctx, "the head of the activity log is not kept", "error", err)
	}
}

// errCut is that the chain does not hold a block that it held before.
var errCut = errors.New("the chain was cut: run techbiz audit verify")

// advance moves the anchor forward, and never away from a head that the chain does
// not hold any more: that is what it is kept for.
func (l *Log) advance(ctx context.Context, now Head) error {
	kept, err := ReadHead(l.anchor)
	if err != nil || kept.Block == now.Block && bytes.Equal(kept.Hash, now.Hash) {
		return err
	}
	if kept.Block > 0 {
		var hash []byte
		err := l.db.Query(ctx, `SELECT hash FROM audit_blocks WHERE id = $1`, []any{kept.Block}, func(r *sql.Rows) error { return r.Scan(&hash) })
		if err != nil {
			return err
		}
		if !bytes.Equal(hash, kept.Hash) {
			return errCut
		}
	}
	if kept.Block > now.Block {
		return nil // another look was faster
	}
	return writeHead(l.anchor, now)
}

// entriesOf calls yield for each record that a block seals.
func entriesOf(b *block, yield func(id uuid.UUID, mac []byte)) {
	for e := b.entries; len(e) >= entrySize; e = e[entrySize:] {
		yield(uuid.UUID(e[:16]), e[16:entrySize])
	}
}
