// Package privacy keeps what is known of people no more readable, and no longer,
// than it has to be: it sees to the keys that contact numbers are sealed with and
// exchanges them while the product runs, makes old invitations nameless, and shows
// or erases what is held about one person.
//
// What is sealed and why is package seal's; how a rotation goes, step by step, and
// what holds at each of them, docs/privacy.md says.
package privacy

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"entgo.io/ent/dialect"

	"techbiz/internal/access"
	"techbiz/internal/clock"
	"techbiz/internal/database"
	"techbiz/internal/seal"
)

const (
	// refreshEvery is how often a program looks which keys are in use, and says
	// which ones it has.
	refreshEvery = 5 * time.Second
	// lease is how long what it saw holds: a program that is cut off for longer
	// seals nothing until it has looked again.
	lease = 45 * time.Second
	// aliveFor is for how long a program counts as running that was heard of last
	// then. It is well above lease.
	aliveFor = 90 * time.Second
)

// Source returns the keys that this program has been given by now.
type Source func() (*seal.Set, error)

// Adopt puts the program's keys to work as the database says; an empty database
// goes under the newest keys of the set. It fails where the set lacks a key that
// is in use: it is another database's, or an old one.
func Adopt(ctx context.Context, db *database.DB, set *seal.Set) error {
	use, err := inUse(ctx, db, set)
	if err != nil {
		return err
	}
	return db.Keys.Use(set, use, nil)
}

// inUse reads which keys are in use.
func inUse(ctx context.Context, db *database.DB, set *seal.Set) (use seal.InUse, err error) {
	newest := set.Newest()
	err = db.WithTx(access.System(ctx), func(ctx context.Context, tx *database.Tx) error {
		use, err = readUse(ctx, tx)
		if err != nil || use != (seal.InUse{}) {
			return err
		}
		use = newest
		_, err := tx.Exec(ctx, `INSERT INTO data_keys (id, data, "index", changed_at) VALUES (1, $1, $2, $3)`,
			newest.Data.String(), newest.Index.String(), tx.Now)
		return err
	})
	if err != nil {
		return use, fmt.Errorf("look which data keys are in use: %w", err)
	}
	return use, nil
}

func readUse(ctx context.Context, tx *database.Tx) (use seal.InUse, err error) {
	err = tx.Query(ctx, `SELECT data, "index" FROM data_keys`, nil, func(r *sql.Rows) error {
		var data, index string
		if err := r.Scan(&data, &index); err != nil {
			return err
		}
		if use.Data, err = seal.ParseID(data); err != nil {
			return err
		}
		use.Index, err = seal.ParseID(index)
		return err
	})
	return use, err
}

// Follow adopts the keys and keeps following what the database says, until ctx
// ends; and it says there which keys this program has. What the source brings is
// taken over while the program runs.
func Follow(ctx context.Context, db *database.DB, source Source, log *slog.Logger) error {
	f := follower{db: db, source: source}
	if err := f.refresh(ctx); err != nil {
		return err
	}
	go func() {
		tick := time.NewTicker(refreshEvery)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				f.leave(context.WithoutCancel(ctx))
				return
			case <-tick.C:
				if err := f.refresh(ctx); err != nil && ctx.Err() == nil {
					log.ErrorContext(ctx, "follow the data keys", "error", err)
				}
			}
		}
	}()
	return nil
}

type follower struct {
	db     *database.DB
	source Source
}

// refresh takes over what the source and the database say, and then tells it: what
// others read of this program is true already.
func (f follower) refresh(ctx context.Context) error {
	set, err := f.source()
	if err != nil {
		return err
	}
	held := seal.Lease(lease, clock.Machine) // from before the look
	use, err := inUse(ctx, f.db, set)
	if err != nil {
		return err
	}
	if err := f.db.Keys.Use(set, use, held); err != nil {
		return err
	}
	return f.db.WithTx(access.System(ctx), func(ctx context.Context, tx *database.Tx) error {
		now, err := databaseTime(ctx, f.db, tx)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO key_holders (id, keys, "use", seen_at) VALUES ($1, $2, $3, $4)
			ON CONFLICT (id) DO UPDATE SET keys = excluded.keys, "use" = excluded."use", seen_at = excluded.seen_at`,
			f.db.Name(), written(set.All()), written([]seal.ID{use.Data, use.Index}), now); err != nil {
			return fmt.Errorf("tell the data keys: %w", err)
		}
		_, err = tx.Exec(ctx, `DELETE FROM key_holders WHERE seen_at < $1`, now.Add(-24*time.Hour))
		return err
	})
}

// leave says that the program has ended. Where that fails it is forgotten soon.
func (f follower) leave(ctx context.Context) {
	ctx, cancel := context.WithTimeout(access.System(ctx), time.Second)
	defer cancel()
	_ = f.db.WithTx(ctx, func(ctx context.Context, tx *database.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM key_holders WHERE id = $1`, f.db.Name())
		return err
	})
}

// databaseTime is one clock for all replicas.
func databaseTime(ctx context.Context, db *database.DB, tx *database.Tx) (now time.Time, err error) {
	if db.Dialect() == dialect.SQLite {
		return clock.Machine(), nil
	}
	err = tx.Query(ctx, `SELECT clock_timestamp()`, nil, func(r *sql.Rows) error { return r.Scan(&now) })
	return now, err
}

func written(ids []seal.ID) string {
	words := make([]string, len(ids))
	for i, id := range ids {
		words[i] = id.String()
	}
	return strings.Join(words, " ")
}

// holder is a running program.
type holder struct{ keys, use string }

func (h holder) has(use seal.InUse) bool {
	return strings.Contains(h.keys, use.Data.String()) && strings.Contains(h.keys, use.Index.String())
}

// holders are the programs that run.
func holders(ctx context.Context, db *database.DB) (all []holder, err error) {
	err = db.WithTx(access.System(ctx), func(ctx context.Context, tx *database.Tx) error {
		all = nil
		now, err := databaseTime(ctx, db, tx)
		if err != nil {
			return err
		}
		return tx.Query(ctx, `SELECT keys, "use" FROM key_holders WHERE seen_at > $1`, []any{now.Add(-aliveFor)}, func(r *sql.Rows) error {
			var h holder
			err := r.Scan(&h.keys, &h.use)
			all = append(all, h)
			return err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("look which programs run: %w", err)
	}
	return all, nil
}
