package privacy

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"techbiz/ent/batchrow"
	"techbiz/ent/invitation"
	"techbiz/ent/sandboxperson"
	"techbiz/internal/access"
	"techbiz/internal/database"
	"techbiz/internal/invite"
	"techbiz/internal/seal"
)

// place is a table that keeps contact numbers.
type place struct {
	table, sealed string
	// typed says that the text beside the number counts: a list keeps what was typed.
	typed bool
}

// places are all of them. In each the blind index stands in the same two columns.
var places = []place{
	{invitation.Table, invitation.FieldContactNumber, false},
	{batchrow.Table, batchrow.FieldContactNumber, true},
	{sandboxperson.Table, sandboxperson.FieldNumber, false},
}

var slots = [seal.Slots]string{invitation.FieldNumberKey, invitation.FieldNumberKey2}

// chunk is how many rows one transaction changes.
const chunk = 500

// wanted says under which keys a row's values should stand: "" means that the
// slot should be empty.
type wanted struct {
	data string
	slot [seal.Slots]string
}

// want is what the program's keys write now.
func want(k *seal.Keys) (wanted, error) {
	use := k.InUse()
	w := wanted{data: use.Data.String()}
	x, err := k.Index("+65") // any text shows which keys are used
	if err != nil {
		return w, err
	}
	for slot, value := range x {
		if value != "" {
			w.slot[slot] = value[:8]
		}
	}
	return w, nil
}

// differs is true for the rows whose values don't stand under the wanted keys.
func (p place) differs(w wanted, args *[]any) string {
	arg := func(v any) string {
		*args = append(*args, v)
		return fmt.Sprintf("$%d", len(*args))
	}
	any := []string{fmt.Sprintf("substr(%s, 1, 9) <> %s", p.sealed, arg("~"+w.data))}
	for slot, column := range slots {
		if w.slot[slot] == "" {
			any = append(any, column+" IS NOT NULL")
			continue
		}
		any = append(any, fmt.Sprintf("COALESCE(%s, %s) IS NOT NULL AND (%s IS NULL OR substr(%s, 1, 8) <> %s)",
			slots[0], slots[1], column, column, arg(w.slot[slot])))
	}
	return p.sealed + " IS NOT NULL AND (" + strings.Join(any, " OR ") + ")"
}

// left counts the rows of all places whose values don't stand under the wanted
// keys.
func left(ctx context.Context, tx *database.Tx, w wanted) (int, error) {
	all := 0
	for _, p := range places {
		var args []any
		err := tx.Query(ctx, `SELECT count(*) FROM `+p.table+` WHERE `+p.differs(w, &args), args, func(r *sql.Rows) error {
			var n int
			err := r.Scan(&n)
			all += n
			return err
		})
		if err != nil {
			return 0, fmt.Errorf("count numbers to seal again: %w", err)
		}
	}
	return all, nil
}

// reseal seals the numbers of a place again and makes their index anew, chunk by
// chunk in the order of the rows, and tells how many it has changed. It may be
// stopped at any moment, and run beside itself and the product: a row that changes
// meanwhile keeps its new value.
func (p place) reseal(ctx context.Context, db *database.DB, w wanted, told func(changed int)) error {
	after := uuid.Nil
	for {
		n, last, err := p.resealChunk(ctx, db, w, after)
		if err != nil {
			return fmt.Errorf("seal the numbers of %s again: %w", p.table, err)
		}
		if last == uuid.Nil {
			return nil
		}
		after = last
		told(n)
	}
}

type kept struct {
	id     uuid.UUID
	sealed string
	key    [seal.Slots]*string
}

func (p place) resealChunk(ctx context.Context, db *database.DB, w wanted, after uuid.UUID) (n int, last uuid.UUID, err error) {
	err = db.WithTx(access.System(ctx), func(ctx context.Context, tx *database.Tx) error {
		n, last = 0, uuid.Nil
		args := []any{after, chunk}
		var rows []kept
		err := tx.Query(ctx, `SELECT id, `+p.sealed+`, `+slots[0]+`, `+slots[1]+` FROM `+p.table+`
			WHERE id > $1 AND `+p.differs(w, &args)+` ORDER BY id LIMIT $2`, args, func(r *sql.Rows) error {
			var k kept
			err := r.Scan(&k.id, &k.sealed, &k.key[0], &k.key[1])
			rows = append(rows, k)
			return err
		})
		if err != nil || len(rows) == 0 {
			return err
		}
		last = rows[len(rows)-1].id
		values := make([][]any, len(rows))
		for i, k := range rows {
			if values[i], err = p.again(tx.Keys, k); err != nil {
				return err
			}
		}
		args = nil
		table := tx.Table(&args, []string{"uuid", "text", "text", "text", "text"}, values)
		n, err = tx.Exec(ctx, `WITH v(id, old, sealed, key1, key2) AS (`+table+`)
			UPDATE `+p.table+` SET `+p.sealed+` = v.sealed, `+slots[0]+` = v.key1, `+slots[1]+` = v.key2
			FROM v WHERE `+p.table+`.id = v.id AND `+p.table+`.`+p.sealed+` = v.old`, args...)
		return err
	})
	return n, last, err
}

// again is a row with its values under the keys in use.
func (p place) again(k *seal.Keys, row kept) ([]any, error) {
	number, typed, err := invite.Number(k, row.id, &row.sealed)
	if err != nil {
		return nil, err
	}
	if _, sealed := seal.KeyOf(row.sealed); !sealed && p.typed {
		// The version before kept it as typed, and the number beside it.
		if number = ""; row.key[0] != nil {
			number = *row.key[0]
		}
	}
	if !p.typed && typed == number {
		typed = "" // what was made of a list keeps what was typed there
	}
	s, err := invite.Store(k, row.id, number, typed)
	if err != nil {
		return nil, err
	}
	return []any{row.id, row.sealed, s.Sealed, s.Key[0], s.Key[1]}, nil
}
