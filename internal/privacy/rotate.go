package privacy

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"entgo.io/ent/dialect"

	"techbiz/ent/schema"
	"techbiz/internal/access"
	"techbiz/internal/clock"
	"techbiz/internal/database"
	"techbiz/internal/invite"
	"techbiz/internal/seal"
)

// Rotation takes the newest keys of a set into use and seals everything again with
// them. The zero value of what may be left out is right for a command.
type Rotation struct {
	DB  *database.DB
	Set *seal.Set
	// Say tells a person how far it is; it may be nil.
	Say func(format string, args ...any)
	// Settle is how long a transaction may run that began with old keys.
	Settle time.Duration
	// Poll is how often the other programs are looked at; 0 means every second.
	Poll time.Duration
}

// Reencrypt goes through the rotation; it can be stopped and run again, and does
// nothing where nothing is left to do. While it runs, at every moment any two
// running programs write an index of a number under a key that both have, so that
// what is unique stays so:
//
//  1. Every program has the newest keys, or nothing happens. From here on each
//     writes both indexes, the one in use and the next.
//  2. The newest key encrypts.
//  3. What was stored before is sealed again, and gets the next index.
//  4. When every row has it, looked at while nobody writes, the newest index is
//     the one in use.
//  5. When every program has noticed, the old indexes are removed.
func (r Rotation) Reencrypt(ctx context.Context) error {
	if r.Say == nil {
		r.Say = func(string, ...any) {}
	}
	if r.Poll == 0 {
		r.Poll = time.Second
	}
	newest := r.Set.Newest()
	if err := Adopt(ctx, r.DB, r.Set); err != nil {
		return err
	}
	if r.DB.Keys.InUse() != newest {
		if err := r.takeIntoUse(ctx, newest); err != nil {
			return err
		}
	}
	if err := r.sealAgain(ctx); err != nil {
		return err
	}
	r.Say("Everything is sealed with the keys %s and %s.", newest.Data, newest.Index)
	return nil
}

func (r Rotation) takeIntoUse(ctx context.Context, newest seal.InUse) error {
	running, err := holders(ctx, r.DB)
	if err != nil {
		return err
	}
	for _, h := range running {
		if !h.has(newest) {
			return fmt.Errorf("a running program does not have the newest keys, %s and %s: give every program the new keyset first", newest.Data, newest.Index)
		}
	}
	if err := pause(ctx, r.Settle); err != nil { // for transactions that began before it had them
		return err
	}
	first := seal.InUse{Data: newest.Data, Index: r.DB.Keys.InUse().Index}
	if err := r.set(ctx, first, func(context.Context, *database.Tx) error { return nil }); err != nil {
		return err
	}
	if err := r.noticed(ctx, first); err != nil {
		return err
	}
	for {
		if err := r.sealAgain(ctx); err != nil {
			return err
		}
		all, err := r.switchIndex(ctx, newest)
		if err != nil {
			return err
		}
		if all {
			break
		}
	}
	return r.noticed(ctx, newest)
}

// set says which keys are in use, unless check finds a reason against it.
func (r Rotation) set(ctx context.Context, use seal.InUse, check func(context.Context, *database.Tx) error) error {
	err := r.DB.WithTx(access.System(ctx), func(ctx context.Context, tx *database.Tx) error {
		if err := check(ctx, tx); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `UPDATE data_keys SET data = $1, "index" = $2, changed_at = $3`, use.Data.String(), use.Index.String(), tx.Now)
		return err
	})
	if err != nil {
		return err
	}
	return r.DB.Keys.Use(r.Set, use, nil)
}

// errMore says that rows without the next index have come.
var errMore = errors.New("there are rows without the next index")

// switchIndex takes the newest index into use if every row has it. Nobody writes
// while it looks: SQLite has one writer, and PostgreSQL's are waited for.
func (r Rotation) switchIndex(ctx context.Context, newest seal.InUse) (all bool, err error) {
	w, err := want(r.DB.Keys)
	if err != nil {
		return false, err
	}
	err = r.set(ctx, newest, func(ctx context.Context, tx *database.Tx) error {
		if r.DB.Dialect() == dialect.Postgres {
			for _, p := range places {
				if _, err := tx.Exec(ctx, `LOCK TABLE `+p.table+` IN SHARE MODE`); err != nil {
					return err
				}
			}
		}
		n, err := left(ctx, tx, w)
		if err == nil && n > 0 {
			err = errMore
		}
		return err
	})
	if errors.Is(err, errMore) {
		return false, nil
	}
	return err == nil, err
}

// noticed waits until every running program uses these keys.
func (r Rotation) noticed(ctx context.Context, use seal.InUse) error {
	words := written([]seal.ID{use.Data, use.Index})
	for waited := time.Duration(0); ; waited += r.Poll {
		running, err := holders(ctx, r.DB)
		if err != nil {
			return err
		}
		behind := 0
		for _, h := range running {
			if h.use != words {
				behind++
			}
		}
		if behind == 0 {
			return nil
		}
		if waited%(10*time.Second) == 0 {
			r.Say("Waiting for %d running programs to notice.", behind)
		}
		if err := pause(ctx, r.Poll); err != nil {
			return err
		}
	}
}

func pause(ctx context.Context, length time.Duration) error {
	t := time.NewTimer(length)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// sayEvery is after how many rows a person is told how far it is.
const sayEvery = 10_000

// sealAgain brings every row under what the program writes now, and returns when
// no row is left.
func (r Rotation) sealAgain(ctx context.Context) error {
	w, err := want(r.DB.Keys)
	if err != nil {
		return err
	}
	for {
		total := 0
		if err := r.DB.WithTx(access.System(ctx), func(ctx context.Context, tx *database.Tx) (err error) {
			total, err = left(ctx, tx, w)
			return err
		}); err != nil || total == 0 {
			return err
		}
		done := 0
		for _, p := range places {
			if err := p.reseal(ctx, r.DB, w, func(changed int) {
				if done += changed; (done-changed)/sayEvery < done/sayEvery {
					r.Say("%d of %d numbers are sealed again.", done, total)
				}
			}); err != nil {
				return err
			}
		}
		r.Say("%d of %d numbers are sealed again.", done, total)
	}
}

// Retire returns the set without the keys that are not in use, after a look that
// nothing is under them any more: neither a number nor, within its 30 days, an
// idempotency key, which forget removes.
func (r Rotation) Retire(ctx context.Context, forget bool) (*seal.Set, error) {
	if err := Adopt(ctx, r.DB, r.Set); err != nil {
		return nil, err
	}
	use := r.DB.Keys.InUse()
	if use != r.Set.Newest() {
		return nil, errors.New("the newest keys are not in use yet: run `techbiz keys reencrypt` first")
	}
	w, err := want(r.DB.Keys)
	if err != nil {
		return nil, err
	}
	err = r.DB.WithTx(access.System(ctx), func(ctx context.Context, tx *database.Tx) error {
		n, err := left(ctx, tx, w)
		if err != nil {
			return err
		}
		if n > 0 {
			return fmt.Errorf("%d numbers are still sealed with old keys: run `techbiz keys reencrypt` first", n)
		}
		return idempotencyKeys(ctx, tx, r.Set, use, forget)
	})
	if err != nil {
		return nil, err
	}
	return r.Set.Retire(use)
}

// idempotencyKeys refuses while calls of the last 30 days are known by an old key:
// without it the same call would be taken for another one.
func idempotencyKeys(ctx context.Context, tx *database.Tx, set *seal.Set, use seal.InUse, forget bool) error {
	var old [][]byte
	var last time.Time
	all, err := tx.IdempotencyKey.Query().All(ctx)
	if err != nil {
		return fmt.Errorf("look for idempotency keys: %w", err)
	}
	for _, k := range all {
		id, ok := seal.DigestKey(k.Input)
		if !ok || id == use.Index || !set.Has(seal.InUse{Data: use.Data, Index: id}) {
			continue
		}
		old = append(old, k.Input)
		if k.CreatedAt.After(last) {
			last = k.CreatedAt
		}
		if forget {
			if err := tx.IdempotencyKey.DeleteOne(k).Exec(ctx); err != nil {
				return fmt.Errorf("forget an idempotency key: %w", err)
			}
		}
	}
	if len(old) == 0 || forget {
		return nil
	}
	return fmt.Errorf("%d idempotency keys are still known by the old key, the last until %s: retire it then, or at once with --forget",
		len(old), last.Add(invite.KeyLife).Format(time.DateOnly))
}

// sealedMarker records that the numbers of the version before were sealed.
const sealedMarker = "numbers-sealed"

// Sealed says whether the numbers of the version before were sealed: before that
// nothing may be served.
func Sealed(ctx context.Context, db *database.DB) (done bool, err error) {
	err = db.Query(ctx, `SELECT EXISTS (SELECT 1 FROM markers WHERE name = $1)`, []any{sealedMarker}, func(r *sql.Rows) error { return r.Scan(&done) })
	return done, err
}

// SealAll is the step that follows the migrations: it seals the numbers that the
// version before kept in clear, and removes what is left of them in the files of
// the database. It does so once, and goes on where it was stopped. No program of
// the version before may write any more.
func SealAll(ctx context.Context, db *database.DB, set *seal.Set, say func(format string, args ...any)) error {
	if err := Adopt(ctx, db, set); err != nil {
		return err
	}
	if done, err := Sealed(ctx, db); err != nil || done {
		return err
	}
	changed := false
	r := Rotation{DB: db, Set: set, Say: func(format string, args ...any) {
		changed = true
		if say != nil {
			say(format, args...)
		}
	}}
	if err := r.sealAgain(ctx); err != nil {
		return err
	}
	some, err := sealOthers(ctx, db)
	if err != nil {
		return err
	}
	if changed || some {
		if err := db.Rewrite(ctx, "invitations", "batch_rows", "sandbox_persons", "idempotency_keys"); err != nil {
			return err
		}
	}
	return db.WithTx(access.System(ctx), func(ctx context.Context, tx *database.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO markers (id, name, created_at) VALUES ($1, $2, $3) ON CONFLICT (name) DO NOTHING`,
			schema.NewID(), sealedMarker, clock.Machine())
		return err
	})
}
