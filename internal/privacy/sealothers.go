package privacy

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"

	"techbiz/ent/batchrow"
	"techbiz/internal/access"
	"techbiz/internal/database"
	"techbiz/internal/fault"
	"techbiz/internal/invite"
)

// sealOthers sees to what the version before kept besides the numbers, and says
// whether there was any: suggested numbers in the issues of lists, and plain hashes
// of calls, by which somebody could try out their numbers.
func sealOthers(ctx context.Context, db *database.DB) (some bool, err error) {
	err = db.WithTx(access.System(ctx), func(ctx context.Context, tx *database.Tx) error {
		some = false
		rows, err := tx.BatchRow.Query().Where(batchrow.Suggested(true)).Select(batchrow.FieldID, batchrow.FieldIssues).All(ctx)
		if err != nil {
			return err
		}
		for _, r := range rows {
			before, after, err := both(r.Issues)
			if err != nil {
				return err
			}
			if before == after {
				continue
			}
			some = true
			if _, err := tx.Exec(ctx, `UPDATE batch_rows SET issues = $2 WHERE id = $1`, r.ID, after); err != nil {
				return err
			}
		}
		calls, err := tx.IdempotencyKey.Query().All(ctx)
		if err != nil {
			return err
		}
		for _, c := range calls {
			if len(c.Input) != sha256.Size {
				continue
			}
			some = true
			input, err := tx.Keys.Digest(c.Input)
			if err != nil {
				return err
			}
			if err := c.Update().SetInput(input).Exec(ctx); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return false, fmt.Errorf("seal what is kept beside the numbers: %w", err)
	}
	return some, nil
}

func both(issues fault.List) (before, after string, err error) {
	b, err := json.Marshal(issues)
	if err != nil {
		return "", "", err
	}
	a, err := json.Marshal(invite.WithoutNumber(issues))
	return string(b), string(a), err
}
