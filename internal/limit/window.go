package limit

import (
	"context"
	"database/sql"
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"techbiz/internal/database"
)

// maxWindow is the largest Count that Take counts one by one.
const maxWindow = 1_000

// Take takes one of the key's Count in Per, and says when to try again where all
// are taken. It must not be called inside a transaction: what was taken stays so
// when the caller's work fails, unless it is put back. Where the database does not
// answer it returns an error, and the caller is to refuse.
func (l *Limiter) Take(ctx context.Context, key string, r Rate) (retryAt time.Time, ok bool, err error) {
	if r.Off() {
		return time.Time{}, true, nil
	}
	if r.Count > maxWindow {
		return time.Time{}, false, fmt.Errorf("limit: %d is more than can be counted one by one", r.Count)
	}
	ctx, cancel := context.WithTimeout(ctx, takeTimeout)
	defer cancel()
	err = l.change(ctx, l.id(key), func(row *row) bool {
		now := l.now()
		row.taken = slices.DeleteFunc(row.taken, func(at int64) bool { return at <= now.Add(-r.Per).UnixNano() })
		if ok = len(row.taken) < r.Count; !ok {
			retryAt = now.Add(r.Per - time.Duration(now.UnixNano()-row.taken[len(row.taken)-r.Count]))
			return false
		}
		retryAt = time.Time{}
		row.taken = append(row.taken, now.UnixNano())
		row.fullAt = now.Add(r.Per).UnixNano()
		return true
	})
	if err != nil {
		return time.Time{}, false, fmt.Errorf("take: %w", err)
	}
	return retryAt, ok, nil
}

// PutBack undoes the last Take of a key, for what came to nothing through no fault
// of whoever asked.
func (l *Limiter) PutBack(ctx context.Context, key string) error {
	return l.change(ctx, l.id(key), func(row *row) bool {
		if len(row.taken) == 0 {
			return false
		}
		row.taken = row.taken[:len(row.taken)-1]
		return true
	})
}

// row is what the database holds of a key.
type row struct {
	fullAt int64
	taken  []int64 // oldest first
}

// change locks the row of a key, makes it if need be, and stores what edit makes
// of it where edit says so. edit may run more than once.
func (l *Limiter) change(ctx context.Context, id uuid.UUID, edit func(*row) bool) error {
	return l.db.WithTx(ctx, func(ctx context.Context, tx *database.Tx) error {
		var r row
		var taken []byte
		// The update that changes nothing locks the row and returns it.
		err := tx.Query(ctx, `INSERT INTO rate_limits (id, full_at) VALUES ($1, 0)
			ON CONFLICT (id) DO UPDATE SET full_at = rate_limits.full_at RETURNING full_at, taken`,
			[]any{id}, func(rows *sql.Rows) error { return rows.Scan(&r.fullAt, &taken) })
		if err != nil {
			return err
		}
		r.taken = unpack(taken)
		if !edit(&r) {
			return nil
		}
		_, err = tx.Exec(ctx, "UPDATE rate_limits SET full_at = $2, taken = $3 WHERE id = $1", id, r.fullAt, pack(r.taken))
		return err
	})
}

func pack(times []int64) []byte {
	if len(times) == 0 {
		return nil
	}
	b := make([]byte, 0, 8*len(times))
	for _, t := range times {
		b = binary.BigEndian.AppendUint64(b, uint64(t)) // #nosec G115 -- the bits of a time, which unpack reads back
	}
	return b
}

func unpack(b []byte) []int64 {
	times := make([]int64, 0, len(b)/8+1)
	for ; len(b) >= 8; b = b[8:] {
		times = append(times, int64(binary.BigEndian.Uint64(b))) // #nosec G115 -- the bits of a time, which pack wrote
	}
	return times
}
