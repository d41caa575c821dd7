package batch

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	entsql "entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"techbiz/ent"
	"techbiz/ent/batchrow"
	"techbiz/ent/invitation"
	"techbiz/ent/schema"
	"techbiz/internal/access"
	"techbiz/internal/audit"
	"techbiz/internal/database"
	"techbiz/internal/directory"
	"techbiz/internal/fault"
	"techbiz/internal/invite"
	"techbiz/internal/workbook"
)

// ToCorrect matches the rows that a person has to correct: those with issues that
// were not submitted, and those whose work failed and in whose place no corrected
// row stands.
func ToCorrect(batch uuid.UUID) func(*entsql.Selector) {
	return func(s *entsql.Selector) {
		i := entsql.Table(invitation.Table)
		failed := entsql.Select(i.C(invitation.FieldID)).From(i).Where(entsql.And(
			entsql.EQ(i.C(invitation.FieldBatchID), batch),
			entsql.EQ(i.C(invitation.FieldProvisioning), string(invitation.ProvisioningFailed))))
		s.Where(entsql.And(entsql.EQ(s.C(batchrow.FieldReplaced), false), entsql.Or(
			entsql.And(entsql.EQ(s.C(batchrow.FieldFlagged), true), entsql.EQ(s.C(batchrow.FieldSubmitted), false)),
			entsql.And(entsql.EQ(s.C(batchrow.FieldSubmitted), true), entsql.In(s.C(batchrow.FieldID), failed)))))
	}
}

// Corrections writes the workbook of the rows of a list that have to be corrected,
// each with what is wrong with it; uploaded into the list again, it takes their
// place. Nothing is written where there is an error. Codes: NOT_FOUND, BATCH_EMPTY
// where there is nothing to correct, UNAUTHENTICATED.
func (s *Service) Corrections(ctx context.Context, id uuid.UUID, w io.Writer) error {
	ctx, _, err := access.Begin(ctx, access.DownloadCorrections)
	if err != nil {
		return err
	}
	if _, err := Load(ctx, s.DB.Client, id); err != nil {
		return err
	}
	rows, err := s.DB.BatchRow.Query().Where(batchrow.BatchID(id), ToCorrect(id)).
		Order(batchrow.ByPosition(), batchrow.ByID()).All(ctx)
	if err != nil {
		return fmt.Errorf("load rows: %w", err)
	}
	if len(rows) == 0 {
		return fault.New(fault.BatchEmpty, "No user of this list has to be corrected.")
	}
	reasons, err := s.failures(ctx, rows)
	if err != nil {
		return err
	}
	out := make([]workbook.CorrectionRow, len(rows))
	for i, r := range rows {
		d, err := details(s.DB.Keys, r)
		if err != nil {
			return err
		}
		out[i] = workbook.CorrectionRow{Issues: invite.WithNumber(r.Issues, d.ContactNumber), Row: workbook.Row{
			Number: r.Number, Sheet: r.Sheet, Email: d.Email, Username: d.Username, FirstName: d.FirstName, LastName: d.LastName,
			CountryCode: d.CountryCode, ContactNumber: d.ContactNumber, Organisation: d.Organisation, Department: d.Department,
			Seed: d.Seed, Reason: d.Reason, StartOn: d.StartOn, ID: r.ID.String(),
		}}
		if r.Submitted {
			out[i].Issues = fault.List{fault.New(fault.Unavailable, "%s", reasons[r.ID])}
		}
	}
	return workbook.WriteCorrection(w, out)
}

// failures are the reasons why submitted rows failed, whoever invited them: the
// list is the caller's.
func (s *Service) failures(ctx context.Context, rows []*ent.BatchRow) (map[uuid.UUID]string, error) {
	reasons := map[uuid.UUID]string{}
	for part := range slices.Chunk(rows, directory.MaxPeople) {
		ids := make([]uuid.UUID, 0, len(part))
		for _, r := range part {
			if r.Submitted {
				ids = append(ids, r.ID)
			}
		}
		failed, err := s.DB.Invitation.Query().Where(invitation.IDIn(ids...)).
			Select(invitation.FieldID, invitation.FieldFailure).All(access.System(ctx))
		if err != nil {
			return nil, fmt.Errorf("load failures: %w", err)
		}
		for _, i := range failed {
			reasons[i.ID] = cmp.Or(text(i.Failure), "The account could not be created.")
		}
	}
	return reasons, nil
}

// correction is what a correction workbook does to a list.
type correction struct {
	tx   *database.Tx
	id   uuid.UUID
	rows map[uuid.UUID]*ent.BatchRow // those of the list that the file names
	// heirs are the rows that stand in the place of corrected ones, by position.
	heirs  map[int]*ent.BatchRow
	failed map[uuid.UUID]bool
	taken  map[uuid.UUID]bool

	old       []*ent.BatchRow // changed where they stand …
	replaced  []*row          // … into these
	added     []*row          // new ones, with the heirs of failed rows
	outdated  []uuid.UUID     // failed rows that have an heir now
	unchanged int
	submitted int
	unknown   int
}

// correct takes the rows of a correction workbook over: each that has the id of a
// row of the list replaces that one, the others are added, and rows that the file
// does not have stay. A row whose work failed keeps its invitation, and the
// corrected one becomes a new row in its place.
func (s *Service) correct(ctx context.Context, tx *database.Tx, id uuid.UUID, name string, list *workbook.List, rows []*row) error {
	b, err := hold(ctx, tx, id)
	if err != nil {
		return err
	}
	c := &correction{tx: tx, id: id, taken: map[uuid.UUID]bool{}}
	if err := c.load(ctx, list.Rows); err != nil {
		return err
	}
	for i, r := range rows {
		*r = row{id: schema.NewID(), number: list.Rows[i].Number, sheet: source(name, list.Rows[i].Sheet), person: r.person, Candidate: r.Candidate}
		if err := c.take(r, list.Rows[i].ID); err != nil {
			return err
		}
	}
	submitted := b.SubmittedAt != nil
	for _, r := range c.added {
		r.leftOut = submitted
	}
	notices := slices.Concat(b.Notices, list.Notices, []string{c.notice(name)})
	if err := b.Update().SetNotices(notices).Exec(ctx); err != nil {
		return fmt.Errorf("store batch: %w", err)
	}
	if len(c.outdated) > 0 {
		for part := range slices.Chunk(c.outdated, directory.MaxPeople) {
			if err := tx.BatchRow.Update().Where(batchrow.IDIn(part...)).SetReplaced(true).Exec(access.System(ctx)); err != nil {
				return fmt.Errorf("mark corrected rows: %w", err)
			}
		}
	}
	if len(c.replaced) > 0 {
		if err := s.replace(ctx, tx, b, c.old, c.replaced); err != nil {
			return err
		}
	}
	if len(c.added) > 0 {
		if err := s.add(ctx, tx, b, c.added); err != nil {
			return err
		}
	}
	return s.record(ctx, tx, audit.ListCorrected, b, audit.Detail{Users: len(c.replaced) + len(c.added)})
}

// load reads the rows that the file names, and those that stand in their place.
func (c *correction) load(ctx context.Context, file []*workbook.Row) error {
	var ids []uuid.UUID
	for _, r := range file {
		if id, err := uuid.Parse(r.ID); err == nil {
			ids = append(ids, id)
		}
	}
	ctx = access.System(ctx)
	c.rows, c.heirs, c.failed = map[uuid.UUID]*ent.BatchRow{}, map[int]*ent.BatchRow{}, map[uuid.UUID]bool{}
	var gone []int
	for part := range slices.Chunk(ids, directory.MaxPeople) {
		found, err := c.tx.BatchRow.Query().Where(batchrow.BatchID(c.id), batchrow.IDIn(part...)).All(ctx)
		if err != nil {
			return fmt.Errorf("load rows: %w", err)
		}
		for _, r := range found {
			c.rows[r.ID] = r
			if r.Replaced {
				gone = append(gone, r.Position)
			}
		}
	}
	for part := range slices.Chunk(gone, directory.MaxPeople) {
		heirs, err := c.tx.BatchRow.Query().Where(batchrow.BatchID(c.id), batchrow.PositionIn(part...), batchrow.Replaced(false)).All(ctx)
		if err != nil {
			return fmt.Errorf("load rows: %w", err)
		}
		for _, r := range heirs {
			c.heirs[r.Position] = r
		}
	}
	failed, err := c.tx.Invitation.Query().Where(invitation.BatchID(c.id), invitation.ProvisioningEQ(invitation.ProvisioningFailed)).IDs(ctx)
	if err != nil {
		return fmt.Errorf("look for failures: %w", err)
	}
	for _, id := range failed {
		c.failed[id] = true
	}
	return nil
}

// take decides what becomes of one row of the file.
func (c *correction) take(r *row, id string) error {
	known := c.row(id)
	var stands invite.Details
	if known != nil {
		var err error
		if stands, err = details(c.tx.Keys, known); err != nil {
			return err
		}
	}
	switch {
	case id == "":
		c.added = append(c.added, r)
	case known == nil:
		c.unknown++
		c.added = append(c.added, r)
	case c.taken[known.ID], stands == asStored(r.Request):
		c.unchanged++
	case !known.Submitted:
		r.id = known.ID
		c.old, c.replaced = append(c.old, known), append(c.replaced, r)
		c.taken[known.ID] = true
	case c.failed[known.ID]:
		r.position, r.number, r.sheet = known.Position, known.Number, known.Sheet
		c.added, c.outdated = append(c.added, r), append(c.outdated, known.ID)
		c.taken[known.ID] = true
	default:
		c.submitted++
	}
	return nil
}

// row is the row of the list that an id names, or the one in its place.
func (c *correction) row(id string) *ent.BatchRow {
	parsed, err := uuid.Parse(id)
	if err != nil {
		return nil
	}
	r := c.rows[parsed]
	if r != nil && r.Replaced {
		return c.heirs[r.Position]
	}
	return r
}

// notice says what the file did.
func (c *correction) notice(name string) string {
	users := func(n int, what string) string {
		if n == 1 {
			return "1 user " + what
		}
		return fmt.Sprintf("%d users %s", n, what)
	}
	corrected, added := len(c.replaced)+len(c.outdated), len(c.added)-len(c.outdated)
	said := []string{users(corrected, "corrected")}
	if added > 0 {
		said = append(said, fmt.Sprintf("%d added", added))
	}
	if c.unchanged > 0 {
		said = append(said, fmt.Sprintf("%d as before", c.unchanged))
	}
	s := name + ": " + strings.Join(said, ", ") + "."
	if c.unknown > 0 {
		s += fmt.Sprintf(" Of those added, %d came from another list, or had been removed from this one.", c.unknown)
	}
	if c.submitted > 0 {
		s += " " + users(c.submitted, "had been submitted already and stayed as submitted.")
	}
	return s
}
