package batch

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/google/uuid"

	"techbiz/ent"
	entbatch "techbiz/ent/batch"
	"techbiz/ent/batchrow"
	"techbiz/ent/invitation"
	"techbiz/ent/predicate"
	"techbiz/internal/access"
	"techbiz/internal/directory"
	"techbiz/internal/workbook"
)

// Report writes a workbook of every row of a batch, in the list's order, with what
// became of it. It reads the rows in pages, so that its memory does not grow with
// the list. Codes: NOT_FOUND, UNAUTHENTICATED.
func (s *Service) Report(ctx context.Context, id uuid.UUID, w io.Writer) error {
	ctx, _, err := access.Begin(ctx, access.DownloadReport)
	if err != nil {
		return err
	}
	b, err := Load(ctx, s.DB.Client, id)
	if err != nil {
		return err
	}
	return workbook.WriteReport(w, func(yield func(workbook.ReportRow, error) bool) {
		last := &ent.BatchRow{Position: -1}
		for {
			rows, err := s.DB.BatchRow.Query().Where(batchrow.BatchID(id), after(last)).
				Order(batchrow.ByPosition(), batchrow.ByID()).Limit(directory.MaxPeople).All(ctx)
			if err != nil {
				yield(workbook.ReportRow{}, fmt.Errorf("load rows: %w", err))
				return
			}
			if len(rows) == 0 {
				return
			}
			last = rows[len(rows)-1]
			became, err := s.became(ctx, rows)
			if err != nil {
				yield(workbook.ReportRow{}, err)
				return
			}
			for _, r := range rows {
				if !yield(s.reportRow(b, r, became[r.ID])) {
					return
				}
			}
		}
	})
}

// after matches the rows behind one in the list's order.
func after(last *ent.BatchRow) predicate.BatchRow {
	return batchrow.Or(batchrow.PositionGT(last.Position), batchrow.And(batchrow.Position(last.Position), batchrow.IDGT(last.ID)))
}

// became loads the invitations of rows.
func (s *Service) became(ctx context.Context, rows []*ent.BatchRow) (map[uuid.UUID]*ent.Invitation, error) {
	ids := make([]uuid.UUID, 0, len(rows))
	for _, r := range rows {
		if r.Submitted {
			ids = append(ids, r.ID)
		}
	}
	found, err := s.DB.Invitation.Query().Where(invitation.IDIn(ids...)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("load invitations: %w", err)
	}
	m := make(map[uuid.UUID]*ent.Invitation, len(found))
	for _, i := range found {
		m[i.ID] = i
	}
	return m, nil
}

func (s *Service) reportRow(b *ent.Batch, r *ent.BatchRow, i *ent.Invitation) (workbook.ReportRow, error) {
	d, err := details(s.DB.Keys, r)
	if err != nil {
		return workbook.ReportRow{}, err
	}
	out := workbook.ReportRow{
		Row: workbook.Row{
			Number: r.Number, Sheet: r.Sheet, Email: d.Email, Username: d.Username, FirstName: d.FirstName, LastName: d.LastName,
			CountryCode: d.CountryCode, ContactNumber: d.ContactNumber, Organisation: d.Organisation, Department: d.Department,
			Seed: d.Seed, Reason: d.Reason, StartOn: d.StartOn,
		},
		Outcome: notSubmitted(b, r),
	}
	if r.StartOn != nil {
		out.StartOn = *r.StartOn
	}
	if i == nil {
		issues := make([]string, len(r.Issues))
		for n, e := range r.Issues {
			issues[n] = e.Message
		}
		out.Failure = strings.Join(issues, " ")
		return out, nil
	}
	out.Outcome = outcome(b, r, i)
	out.TechPassStatus = techPassWords[i.TechpassStatus]
	if i.SeedStatus != nil {
		out.SeedStatus = seedWords[*i.SeedStatus]
	}
	out.Mail = mailWords[i.Mail]
	out.Failure = strings.TrimSpace(text(i.Failure) + " " + text(i.MailFailure))
	return out, nil
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// notSubmitted says where a row without an invitation stands.
func notSubmitted(b *ent.Batch, r *ent.BatchRow) string {
	switch {
	case r.Flagged && b.State == entbatch.StateDraft:
		return "Needs correction"
	case r.Flagged:
		return "Left out"
	}
	return "Not submitted"
}

// outcome says where our own work for a row stands.
func outcome(b *ent.Batch, r *ent.BatchRow, i *ent.Invitation) string {
	switch i.Provisioning {
	case invitation.ProvisioningScheduled:
		return "Scheduled"
	case invitation.ProvisioningQueued:
		if b.State == entbatch.StateStopped {
			return "Stopped"
		}
		return "In progress"
	case invitation.ProvisioningSucceeded:
		return "Created"
	case invitation.ProvisioningCancelled:
		return "Cancelled"
	case invitation.ProvisioningFailed:
	}
	if r.Replaced {
		return "Failed, replaced"
	}
	return "Failed"
}

// The words of the status list.
var (
	techPassWords = map[invitation.TechpassStatus]string{
		invitation.TechpassStatusNotOnboarded: "Not Onboarded",
		invitation.TechpassStatusOnboarded:    "Onboarded",
		invitation.TechpassStatusUserNotFound: "User Not Found",
	}
	seedWords = map[invitation.SeedStatus]string{
		invitation.SeedStatusNotRequired:     "Not Required",
		invitation.SeedStatusLicenseAssigned: "License Assigned",
		invitation.SeedStatusFullyOnboarded:  "Fully Onboarded",
		invitation.SeedStatusIneligible:      "Ineligible",
	}
	mailWords = map[invitation.Mail]string{
		invitation.MailAccepted: "Sent",
		invitation.MailRefused:  "Refused",
		invitation.MailBounced:  "Came back",
		invitation.MailInDoubt:  "In doubt",
	}
)
