package privacy

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"techbiz/ent/invitation"
	"techbiz/ent/schema"
	"techbiz/internal/access"
	"techbiz/internal/database"
	"techbiz/internal/invite"
)

// Programs with the old keys, with both and with the new ones write side by side
// while the keys are exchanged twice, and no number is ever open twice.
func TestReencrypt_WhileProgramsWithOldAndNewKeysWrite(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, o database.Options) {
		set := generate(t)
		a, b := start(t, o, set), start(t, o, set)
		w := &writers{inviter: officer(t, a.DB)}
		w.write(t, a, b)
		for range 2 {
			w.more(t)
			next := rotated(t, set)
			b.give(next)
			w.more(t)
			command := start(t, o, next)
			command.leave(t.Context()) // a command only writes what it seals again
			r := Rotation{DB: command.DB, Set: next, Poll: 5 * time.Millisecond}
			if err := r.Reencrypt(t.Context()); err == nil || !strings.Contains(err.Error(), "does not have the newest keys") {
				t.Errorf("although one program lacks them: %v", err)
			}
			a.give(next)
			w.until(t, "both programs to have the keys", func() bool { return a.Keys.Set().Has(next.Newest()) && b.Keys.Set().Has(next.Newest()) })
			a.look(t)
			b.look(t)
			if err := r.Reencrypt(t.Context()); err != nil {
				t.Fatal(err)
			}
			only, err := r.Retire(t.Context(), false)
			if err != nil {
				t.Fatal(err)
			}
			a.give(only)
			w.more(t)
			b.give(only)
			w.more(t)
			set = only
		}
		w.stop(t)
		use := set.Newest()
		n := count(t, a.DB, `SELECT count(*) FROM invitations WHERE substr(contact_number, 2, 8) <> $1`, use.Data.String())
		if n += count(t, a.DB, `SELECT count(*) FROM invitations WHERE substr(COALESCE(number_key, number_key2), 1, 8) <> $1
			OR number_key IS NOT NULL AND number_key2 IS NOT NULL`, use.Index.String()); n > 0 {
			t.Errorf("%d values stand under old keys", n)
		}
		if w.refused.Load() == 0 || w.opened.Load() == 0 {
			t.Errorf("%d opened, %d refused: nothing was tried", w.opened.Load(), w.refused.Load())
		}
	})
}

// writers open and close invitations with few numbers from several programs.
type writers struct {
	inviter         uuid.UUID
	opened, refused atomic.Int64
	done            chan struct{}
	group           sync.WaitGroup
	programs        []*program
}

func (w *writers) write(t *testing.T, programs ...*program) {
	w.done, w.programs = make(chan struct{}), programs
	for _, p := range programs {
		w.group.Go(func() { // as Follow does
			for !w.over() {
				p.look(t)
				time.Sleep(2 * time.Millisecond)
			}
		})
		for range 2 {
			w.group.Go(func() {
				for !w.over() {
					if err := w.one(t.Context(), p); err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
	}
}

func (w *writers) over() bool {
	select {
	case <-w.done:
		return true
	default:
		return false
	}
}

// one tries to open a number, which may be taken, or closes one.
func (w *writers) one(ctx context.Context, p *program) error {
	number := fmt.Sprintf("+659000000%d", rand.IntN(8))
	err := p.WithTx(access.System(ctx), func(ctx context.Context, tx *database.Tx) error {
		if rand.IntN(4) > 0 {
			return open(ctx, tx, w.inviter, number)
		}
		some, err := tx.Invitation.Query().Where(invitation.Open(true)).Limit(1).Offset(rand.IntN(3)).IDs(ctx)
		if err != nil {
			return err
		}
		return tx.Invitation.Update().Where(invitation.IDIn(some...)).SetOpen(false).Exec(ctx)
	})
	if database.IsUnique(err) {
		w.refused.Add(1)
		return nil
	}
	w.opened.Add(1)
	return err
}

// more waits until more was written, and looks for a number that is open twice.
func (w *writers) more(t *testing.T) {
	t.Helper()
	before := w.opened.Load()
	w.until(t, "the writers", func() bool { return w.opened.Load() > before+15 })
	w.look(t)
}

func (w *writers) until(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited too long for %s", what)
		}
	}
}

func (w *writers) look(t *testing.T) {
	t.Helper()
	// Both programs have the newest keys only at the end of a step: one of them reads
	// everything.
	var failures []string
	for _, p := range w.programs {
		all, err := p.Invitation.Query().Where(invitation.Open(true)).All(access.System(t.Context()))
		if err != nil {
			t.Fatal(err)
		}
		held, bad := map[string]uuid.UUID{}, ""
		for _, i := range all {
			number, _, err := invite.Number(p.Keys, i.ID, i.ContactNumber)
			if err != nil {
				bad = err.Error()
			} else if other, twice := held[number]; twice {
				t.Errorf("%s is open twice: %s and %s", number, other, i.ID)
			}
			held[number] = i.ID
		}
		if bad == "" {
			return
		}
		failures = append(failures, bad)
	}
	t.Errorf("no program can read everything: %v", failures)
}

func (w *writers) stop(t *testing.T) {
	t.Helper()
	close(w.done)
	w.group.Wait()
	w.look(t)
}

// What the version before kept in clear is sealed, with its index, and stays unique;
// the step may be stopped at any moment and run again.
func TestSealAll(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, o database.Options) {
		set := generate(t)
		p := start(t, o, set)
		inviter := officer(t, p.DB)
		ids := plain(t, p.DB, inviter)
		if done, err := Sealed(t.Context(), p.DB); err != nil || done {
			t.Fatalf("sealed before: %v, %v", done, err)
		}
		stopped, stop := context.WithCancel(t.Context())
		if err := SealAll(stopped, p.DB, set, func(string, ...any) { stop() }); err == nil {
			t.Error("not stopped")
		}
		for range 2 {
			if err := SealAll(t.Context(), p.DB, set, nil); err != nil {
				t.Fatal(err)
			}
		}
		if done, err := Sealed(t.Context(), p.DB); err != nil || !done {
			t.Fatalf("sealed: %v, %v", done, err)
		}
		i, err := p.Invitation.Get(access.System(t.Context()), ids.invitation)
		if err != nil {
			t.Fatal(err)
		}
		if number, _, err := invite.Number(p.Keys, i.ID, i.ContactNumber); err != nil || number != "+6591110001" || *i.ContactNumber == number {
			t.Errorf("invitation: %q, %v", number, err)
		}
		r, err := p.BatchRow.Get(access.System(t.Context()), ids.row)
		if err != nil {
			t.Fatal(err)
		}
		if number, typed, err := invite.Number(p.Keys, r.ID, r.ContactNumber); err != nil || number != "+6591110002" || typed != "9111-0002" {
			t.Errorf("row: %q %q, %v", number, typed, err)
		}
		if s := r.Issues[0].Suggestion; s == nil || *s != "" {
			t.Errorf("the suggestion still stands: %v", s)
		}
		call, err := p.IdempotencyKey.Query().Only(access.System(t.Context()))
		if err != nil {
			t.Fatal(err)
		}
		if like, err := p.Keys.DigestLike(call.Input, make([]byte, 32)); err != nil || string(like) != string(call.Input) {
			t.Errorf("the call is not known again: %x, %x, %v", call.Input, like, err)
		}
		if err := p.WithTx(access.System(t.Context()), func(ctx context.Context, tx *database.Tx) error {
			return open(ctx, tx, inviter, "+6591110001")
		}); !database.IsUnique(err) {
			t.Errorf("a number that was open before was opened again: %v", err)
		}
		for _, clear := range []string{"91110001", "9111-0002", "91110002", "91110003"} {
			for _, column := range []string{"invitations.contact_number", "invitations.number_key", "batch_rows.contact_number", "batch_rows.number_key", "batch_rows.issues", "sandbox_persons.number"} {
				table, name, _ := strings.Cut(column, ".")
				if n := count(t, p.DB, `SELECT count(*) FROM `+table+` WHERE CAST(`+name+` AS text) LIKE $1`, "%"+clear+"%"); n > 0 {
					t.Errorf("%s has %s in clear", column, clear)
				}
			}
		}
	})
}

type plainIDs struct{ invitation, row uuid.UUID }

// plain stores what the version before would have.
func plain(t *testing.T, db *database.DB, inviter uuid.UUID) plainIDs {
	t.Helper()
	ids := plainIDs{schema.NewID(), schema.NewID()}
	list := schema.NewID()
	change(t, db, func(ctx context.Context, tx *database.Tx) error {
		for _, row := range []struct {
			table   string
			columns []string
			values  []any
		}{
			{"invitations", []string{"id", "inviter_id", "method", "user_type", "email", "email_key", "contact_number", "number_key", "seed_required", "reason", "invited_at", "updated_at"},
				[]any{ids.invitation, inviter, "SINGLE_ACCOUNT", "VENDOR", "a@vendor.com", "a@vendor.com", "+6591110001", "+6591110001", false, "r", tx.Now, tx.Now}},
			{"batches", []string{"id", "owner_id", "notices", "created_at"}, []any{list, inviter, "[]", tx.Now}},
			{"batch_rows", []string{"id", "batch_id", "position", "number", "email", "contact_number", "number_key", "user_type", "first_name_key", "last_name_key", "organisation_key", "department_key", "issues", "flagged", "suggested"},
				[]any{ids.row, list, 1, 5, "b@vendor.com", "9111-0002", "+6591110002", "VENDOR", "", "", "", "", `[{"code":"INVALID_FORMAT","field":["contactNumber"],"message":"m","suggestion":"91110002"}]`, true, true}},
			{"sandbox_persons", []string{"id", "key", "email", "email_key", "number", "token", "state", "created_at"},
				[]any{schema.NewID(), "k", "c@vendor.com", "c@vendor.com", "+6591110003", "t", "ACTIVE", tx.Now}},
			{"idempotency_keys", []string{"id", "officer_id", "mutation", "key", "input", "result_id", "created_at"},
				[]any{schema.NewID(), inviter, "createAccount", "k", make([]byte, 32), ids.invitation, tx.Now}},
		} {
			if err := tx.Insert(ctx, row.table, row.columns, "", [][]any{row.values}); err != nil {
				return err
			}
		}
		return nil
	})
	return ids
}

// A set that lacks the keys in use is refused, as is a database of other keys.
func TestAdopt_OtherKeys(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, o database.Options) {
		p := start(t, o, generate(t))
		if err := Adopt(t.Context(), p.DB, generate(t)); err == nil {
			t.Error("another database's keys were adopted")
		}
	})
}

// While calls are known by the old index key it is not retired, unless they are
// forgotten.
func TestRetire_IdempotencyKeys(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, o database.Options) {
		set := generate(t)
		p := start(t, o, set)
		inviter := officer(t, p.DB)
		change(t, p.DB, func(ctx context.Context, tx *database.Tx) error {
			once, err := invite.NewOnce(tx.Keys, inviter, "createAccount", "k", "input")
			if err != nil {
				return err
			}
			return once.Keep(ctx, tx, inviter)
		})
		p.leave(t.Context())
		next := rotated(t, set)
		r := Rotation{DB: p.DB, Set: next}
		if _, err := r.Retire(t.Context(), false); err == nil {
			t.Error("retired before the new keys were in use")
		}
		if err := r.Reencrypt(t.Context()); err != nil {
			t.Fatal(err)
		}
		again, err := invite.NewOnce(p.Keys, inviter, "createAccount", "k", "input")
		if err != nil {
			t.Fatal(err)
		}
		if _, found, err := again.Before(t.Context(), p.Client, p.Now()); err != nil || !found {
			t.Errorf("the call is not known any more: %v, %v", found, err)
		}
		if _, err := r.Retire(t.Context(), false); err == nil || !strings.Contains(err.Error(), "1 idempotency keys") {
			t.Errorf("retired: %v", err)
		}
		only, err := r.Retire(t.Context(), true)
		if err != nil || len(only.All()) != 2 {
			t.Errorf("%v, %v", only, err)
		}
		if n := count(t, p.DB, `SELECT count(*) FROM idempotency_keys`); n != 0 {
			t.Errorf("%d idempotency keys are left", n)
		}
	})
}
