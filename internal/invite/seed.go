package invite

import (
	"context"
	"fmt"
	"slices"

	"techbiz/ent/invitation"
	"techbiz/internal/database"
	"techbiz/internal/directory"
	"techbiz/internal/fault"
)

// assignSEED gives licences to those for whom they were asked. To ask twice gives
// one licence: so what became of them is noted on the rows, and stored with the
// mails where those are put into our own mailbox, in one transaction.
func (s *Service) assignSEED(ctx context.Context, all rows) (rows, error) {
	asked := slices.DeleteFunc(slices.Clone(all), func(i *row) bool {
		return !i.SeedRequired || i.SeedDone || i.AccountRef == nil
	})
	for part := range slices.Chunk(asked, directory.MaxPeople) {
		refs := make([]string, len(part))
		for n, i := range part {
			refs[n] = *i.AccountRef
		}
		results, err := s.Directory.AssignSEED(ctx, refs)
		if err != nil {
			return nil, err
		}
		for n, i := range part {
			i.SeedDone, i.SeedStatus = true, seedGiven(i, results[n])
		}
		if s.Mailbox != nil {
			continue
		}
		if err := s.DB.WithTx(ctx, func(ctx context.Context, tx *database.Tx) error {
			return storeSEED(ctx, tx, part)
		}); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// seedGiven is what became of a licence. Who cannot have one is onboarded without.
// Without an account there is no status.
func seedGiven(i *row, r directory.Result) *invitation.SeedStatus {
	var status invitation.SeedStatus
	switch {
	case r.Err != nil && r.Err.Code == fault.SeedNotEligible:
		status = invitation.SeedStatusIneligible
	case r.Err == nil && i.Method != invitation.MethodEmailInvitation:
		status = invitation.SeedStatusLicenseAssigned
	default:
		return nil
	}
	return &status
}

// storeSEED keeps what became of the licences.
func storeSEED(ctx context.Context, tx *database.Tx, part rows) error {
	values := make([][]any, len(part))
	for n, i := range part {
		values[n] = []any{i.ID, seedStatus(i)}
	}
	args := []any{tx.Now}
	_, err := tx.Exec(ctx, `WITH given(id, status) AS (`+tx.Table(&args, []string{"uuid", "text"}, values)+`)
		UPDATE invitations SET seed_done = true, seed_status = given.status, updated_at = $1
		FROM given WHERE invitations.id = given.id AND invitations.open`, args...)
	if err != nil {
		return fmt.Errorf("store licences: %w", err)
	}
	return nil
}

// seedStatus is the row's, or NULL.
func seedStatus(i *row) any {
	if i.SeedStatus == nil {
		return nil
	}
	return string(*i.SeedStatus)
}
