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
	"techbiz/ent/schema"
	"techbiz/internal/access"
	"techbiz/internal/audit"
	"techbiz/internal/database"
	"techbiz/internal/fault"
	"techbiz/internal/invite"
	"techbiz/internal/workbook"
)

// maxFileName bounds the name of a file that is kept, in characters.
const maxFileName = 255

// Upload reads a file into a draft, a new one or the one given, and checks every
// row. A file of [Service.Corrections], corrected, replaces the rows of the list
// that it came from, also after that was submitted. Codes: those of
// [workbook.Read], TOO_MANY_ROWS, NOT_FOUND, BATCH_NOT_DRAFT, UNAUTHENTICATED,
// FORBIDDEN.
func (s *Service) Upload(ctx context.Context, file io.ReaderAt, size int64, name string, into *uuid.UUID) (*ent.Batch, error) {
	ctx, actor, err := access.Begin(ctx, access.UploadBatch)
	if err != nil {
		return nil, err
	}
	if into != nil {
		if _, err := Load(ctx, s.DB.Client, *into); err != nil {
			return nil, err
		}
	}
	check, err := s.checking(ctx)
	if err != nil {
		return nil, err
	}
	defer check.Stop()
	reading := &reading{checking: check, file: fileName(name)}
	list, err := workbook.Read(ctx, file, size, name, s.Limits, reading.add)
	if err != nil {
		return nil, err
	}
	rows, err := s.finish(ctx, reading, list)
	if err != nil {
		return nil, err
	}
	name = reading.file
	if into == nil {
		list.Rows = nil // of a long list they take much, and nothing needs them any more
		if list.Correction {
			list.Notices = append(list.Notices, "The file corrects another list. Its users make a new one here; upload it to the list that it came from to correct that.")
		}
	}
	return s.change(ctx, func(ctx context.Context, tx *database.Tx) (uuid.UUID, error) {
		for _, r := range rows { // a run before may have placed them
			r.position = 0
		}
		if into == nil {
			b, err := create(ctx, tx, actor.OfficerID, name, list.Notices)
			if err != nil {
				return uuid.Nil, err
			}
			if err := s.add(ctx, tx, b, rows); err != nil {
				return uuid.Nil, err
			}
			return b.ID, s.record(ctx, tx, audit.ListUploaded, b, audit.Detail{Users: len(rows)})
		}
		if list.Correction {
			return *into, s.correct(ctx, tx, *into, name, list, rows)
		}
		b, err := holdDraft(ctx, tx, *into)
		if err != nil {
			return uuid.Nil, err
		}
		if err := b.Update().SetFileName(name).SetNotices(append(b.Notices, list.Notices...)).Exec(ctx); err != nil {
			return uuid.Nil, fmt.Errorf("store batch: %w", err)
		}
		if err := s.add(ctx, tx, b, rows); err != nil {
			return uuid.Nil, err
		}
		return b.ID, s.record(ctx, tx, audit.ListUploaded, b, audit.Detail{Users: len(rows)})
	})
}

// typedIn is what was typed into a row of a file.
func typedIn(r *workbook.Row) invite.Details {
	return invite.Details{
		Email: r.Email, Username: r.Username, FirstName: r.FirstName, LastName: r.LastName,
		CountryCode: r.CountryCode, ContactNumber: r.ContactNumber,
		Organisation: r.Organisation, Department: r.Department, Seed: r.Seed, Reason: r.Reason, StartOn: r.StartOn,
	}
}

// source is the file and the sheet that a row stands in.
func source(file, sheet string) string {
	if sheet == "" {
		return file
	}
	return file + ", " + database.Text(sheet)
}

// fileName is the bare name, for some browsers send a path.
func fileName(name string) string {
	name = filepath.Base(strings.ReplaceAll(database.Text(name), `\`, "/"))
	if r := []rune(name); len(r) > maxFileName {
		name = string(r[:maxFileName])
	}
	return name
}

// Create makes a draft of accounts without a file. key makes a repeated call
// harmless. Codes: BATCH_EMPTY, TOO_MANY_ROWS, CONFLICT, UNAUTHENTICATED,
// FORBIDDEN.
func (s *Service) Create(ctx context.Context, accounts []invite.Details, key string) (*ent.Batch, error) {
	ctx, actor, err := access.Begin(ctx, access.CreateBatch)
	if err != nil {
		return nil, err
	}
	if len(accounts) == 0 {
		return nil, fault.New(fault.BatchEmpty, "Give at least one account.")
	}
	once, err := invite.NewOnce(s.DB.Keys, actor.OfficerID, "createBatch", key, accounts)
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
	if err := s.check(ctx, rows, func(i int) invite.Details { return accounts[i] }); err != nil {
		return nil, err
	}
	return s.change(ctx, func(ctx context.Context, tx *database.Tx) (uuid.UUID, error) {
		if id, found, err := once.Before(ctx, tx.Client, tx.Now); err != nil || found {
			return id, err
		}
		b, err := create(ctx, tx, actor.OfficerID, "", nil)
		if err != nil {
			return uuid.Nil, err
		}
		if err := s.add(ctx, tx, b, rows); err != nil {
			return uuid.Nil, err
		}
		if err := s.record(ctx, tx, audit.ListCreated, b, audit.Detail{Users: len(rows)}); err != nil {
			return uuid.Nil, err
		}
		return b.ID, once.Keep(ctx, tx, b.ID)
	})
}

func create(ctx context.Context, tx *database.Tx, owner uuid.UUID, name string, notices []string) (*ent.Batch, error) {
	c := tx.Batch.Create().SetID(schema.NewID()).SetOwnerID(owner).SetNotices(append([]string{}, notices...)).
		SetDirectoryCheck(entbatch.DirectoryCheckDone).SetCreatedAt(tx.Now)
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

// add stores rows, those without a place behind those that the list has, and
// compares them with those.
func (s *Service) add(ctx context.Context, tx *database.Tx, b *ent.Batch, rows []*row) error {
	var last struct{ Rows, Position, Number int }
	err := tx.Query(ctx, `SELECT COALESCE(sum(CASE WHEN replaced THEN 0 ELSE 1 END), 0), COALESCE(max(position), 0), COALESCE(max(number), 0)
		FROM batch_rows WHERE batch_id = $1`,
		[]any{b.ID}, scanInto(&last.Rows, &last.Position, &last.Number))
	if err != nil {
		return fmt.Errorf("count rows: %w", err)
	}
	if err := s.limit(last.Rows + len(rows)); err != nil {
		return err
	}
	for i, r := range rows {
		if r.position == 0 {
			r.position = last.Position + i + 1
		}
		if r.number == 0 {
			r.number = last.Number + i + 1
		}
	}
	if last.Rows == 0 {
		compareRows(rows)
	}
	if err := insert(ctx, tx, b.ID, rows); err != nil {
		return err
	}
	if last.Rows > 0 {
		t := touch()
		t.addRows(rows)
		if err := regroup(ctx, tx, b.ID, t); err != nil {
			return err
		}
	}
	return s.changed(ctx, tx, b)
}

// compareRows compares the rows of a list that has no others.
func compareRows(rows []*row) {
	all := make([]*entry, len(rows))
	for i, r := range rows {
		all[i] = entryOf(r)
	}
	compareAll(append([]*entry{}, all...), nil)
	for i, r := range rows {
		r.Faults, r.Hints = all[i].issues, all[i].hints
	}
}
