package batch

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/google/uuid"

	"techbiz/ent"
	entbatch "techbiz/ent/batch"
	"techbiz/ent/batchrow"
	"techbiz/ent/schema"
	"techbiz/internal/access"
	"techbiz/internal/database"
	"techbiz/internal/fault"
	"techbiz/internal/invite"
	"techbiz/internal/workbook"
)

// maxFileName bounds the name of a file that is kept, in characters.
const maxFileName = 255

// Upload reads a workbook into a draft, a new one or the one given, and checks
// every row. Codes: those of [workbook.Read], TOO_MANY_ROWS, NOT_FOUND,
// BATCH_NOT_DRAFT, UNAUTHENTICATED, FORBIDDEN.
func (s *Service) Upload(ctx context.Context, file io.ReaderAt, size int64, name string, into *uuid.UUID) (*ent.Batch, error) {
	actor, err := access.RequireWrite(ctx)
	if err != nil {
		return nil, err
	}
	if into != nil {
		if _, err := Load(ctx, s.DB.Client, *into); err != nil {
			return nil, err
		}
	}
	list, err := workbook.Read(ctx, file, size, name, s.Limits)
	if err != nil {
		return nil, err
	}
	rows := make([]*row, len(list.Rows))
	details := make([]invite.Details, len(list.Rows))
	for i, r := range list.Rows {
		rows[i] = &row{number: r.Number, sheet: r.Sheet}
		details[i] = invite.Details{
			Email: r.Email, Username: r.Username, FirstName: r.FirstName, LastName: r.LastName,
			CountryCode: r.CountryCode, ContactNumber: r.ContactNumber,
			Organisation: r.Organisation, Department: r.Department, Seed: r.Seed, Reason: r.Reason,
		}
	}
	check, err := s.check(ctx, rows, details)
	if err != nil {
		return nil, err
	}
	return s.change(ctx, func(ctx context.Context, tx *database.Tx) (uuid.UUID, error) {
		if into == nil {
			b, err := create(ctx, tx, actor.OfficerID, fileName(name), list.Notices, check)
			if err != nil {
				return uuid.Nil, err
			}
			return b.ID, s.add(ctx, tx, b, rows)
		}
		b, err := holdDraft(ctx, tx, *into)
		if err != nil {
			return uuid.Nil, err
		}
		u := b.Update().SetFileName(fileName(name)).SetNotices(append(b.Notices, list.Notices...))
		if check == entbatch.DirectoryCheckUnavailable {
			u.SetDirectoryCheck(check)
		}
		if err := u.Exec(ctx); err != nil {
			return uuid.Nil, fmt.Errorf("store batch: %w", err)
		}
		return b.ID, s.add(ctx, tx, b, rows)
	})
}

// fileName is the bare name, for some browsers send a path.
func fileName(name string) string {
	name = filepath.Base(strings.ReplaceAll(strings.ToValidUTF8(storable(name), ""), `\`, "/"))
	if r := []rune(name); len(r) > maxFileName {
		name = string(r[:maxFileName])
	}
	return name
}

// Create makes a draft of accounts without a file. key makes a repeated call
// harmless. Codes: BATCH_EMPTY, TOO_MANY_ROWS, CONFLICT, UNAUTHENTICATED,
// FORBIDDEN.
func (s *Service) Create(ctx context.Context, accounts []invite.Details, key string) (*ent.Batch, error) {
	actor, err := access.RequireWrite(ctx)
	if err != nil {
		return nil, err
	}
	if len(accounts) == 0 {
		return nil, fault.New(fault.BatchEmpty, "Give at least one account.")
	}
	once, err := invite.NewOnce(actor.OfficerID, "createBatch", key, accounts)
	if err != nil {
		return nil, err
	}
	if id, found, err := once.Before(ctx, s.DB.Client, s.DB.Now()); err != nil || found {
		if err != nil {
			return nil, err
		}
		return Load(ctx, s.DB.Client, id)
	}
	rows := make([]*row, len(accounts))
	for i := range rows {
		rows[i] = &row{number: i + 1}
	}
	if err := s.limit(len(rows)); err != nil {
		return nil, err
	}
	check, err := s.check(ctx, rows, accounts)
	if err != nil {
		return nil, err
	}
	return s.change(ctx, func(ctx context.Context, tx *database.Tx) (uuid.UUID, error) {
		if id, found, err := once.Before(ctx, tx.Client, tx.Now); err != nil || found {
			return id, err
		}
		b, err := create(ctx, tx, actor.OfficerID, "", nil, check)
		if err != nil {
			return uuid.Nil, err
		}
		if err := s.add(ctx, tx, b, rows); err != nil {
			return uuid.Nil, err
		}
		return b.ID, once.Keep(ctx, tx, b.ID)
	})
}

func create(ctx context.Context, tx *database.Tx, owner uuid.UUID, name string, notices []string, check entbatch.DirectoryCheck) (*ent.Batch, error) {
	c := tx.Batch.Create().SetID(schema.NewID()).SetOwnerID(owner).SetNotices(append([]string{}, notices...)).
		SetDirectoryCheck(check).SetCreatedAt(tx.Now)
	if name != "" {
		c.SetFileName(name)
	}
	b, err := c.Save(ctx)
	if err != nil {
		return nil, fmt.Errorf("store batch: %w", err)
	}
	return b, nil
}

func (s *Service) limit(rows int) error {
	if rows > s.Limits.Rows {
		return fault.New(fault.TooManyRows, "A list holds at most %d users. Split it into several.", s.Limits.Rows)
	}
	return nil
}

// add stores rows behind those that the list has, and compares them with those.
func (s *Service) add(ctx context.Context, tx *database.Tx, b *ent.Batch, rows []*row) error {
	var last struct{ Rows, Position, Number int }
	err := tx.Query(ctx, `SELECT count(*), COALESCE(max(position), 0), COALESCE(max(number), 0) FROM batch_rows WHERE batch_id = $1`,
		[]any{b.ID}, scanInto(&last.Rows, &last.Position, &last.Number))
	if err != nil {
		return fmt.Errorf("count rows: %w", err)
	}
	if err := s.limit(last.Rows + len(rows)); err != nil {
		return err
	}
	for i, r := range rows {
		r.position = last.Position + i + 1
		if r.number == 0 {
			r.number = last.Number + i + 1
		}
	}
	if last.Rows == 0 {
		markDuplicates(rows)
	}
	if err := insert(ctx, tx, b.ID, rows); err != nil {
		return err
	}
	if last.Rows == 0 {
		return nil
	}
	return regroup(ctx, tx, b.ID, keysOf(rows))
}

// insert writes rows set-wise.
func insert(ctx context.Context, tx *database.Tx, batch uuid.UUID, rows []*row) error {
	values := make([][]any, len(rows))
	for i, r := range rows {
		v, err := r.values(batch)
		if err != nil {
			return err
		}
		values[i] = v
	}
	return tx.Insert(ctx, batchrow.Table, columns, "", values)
}
