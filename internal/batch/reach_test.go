package batch

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"techbiz/ent"
	"techbiz/ent/auditrecord"
	entbatch "techbiz/ent/batch"
	"techbiz/ent/batchrow"
	"techbiz/ent/invitation"
	"techbiz/ent/schema"
	"techbiz/internal/access"
	"techbiz/internal/database"
	"techbiz/internal/fault"
	"techbiz/internal/invite"
)

// another is the context of another officer who acts.
func (f *fixture) another(t *testing.T, email string, role access.Role) context.Context {
	t.Helper()
	a := access.Actor{OfficerID: schema.NewID(), Email: email, Role: role, Write: true}
	if err := f.DB.WithTx(access.System(t.Context()), func(ctx context.Context, tx *database.Tx) error {
		return tx.Officer.Create().SetID(a.OfficerID).SetEmail(email).SetAgency(a.Agency()).SetRole(role).SetCreatedAt(tx.Now).Exec(ctx)
	}); err != nil {
		t.Fatal(err)
	}
	return access.With(t.Context(), a)
}

// handedOver is a list of which tan has submitted two users, and lee the third one
// after it was handed over. A fourth is left out.
func (f *fixture) handedOver(t *testing.T, lee context.Context) *ent.Batch {
	t.Helper()
	accounts := users(4, func(i int, d *invite.Details) {
		if i > 1 {
			d.Email = d.Username + "@other.com"
		}
	})
	b := f.submitted(t, accounts)
	actor, _ := access.From(lee)
	if _, err := f.HandOver(f.ctx, b.ID, actor.Email); err != nil {
		t.Fatal(err)
	}
	row, err := f.DB.BatchRow.Query().Where(batchrow.BatchID(b.ID), batchrow.Email(accounts[2].Email)).OnlyID(access.System(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	accounts[2].Email = "mei.2@vendor.com"
	if _, _, err := f.UpdateRow(lee, row, accounts[2]); err != nil {
		t.Fatal(err)
	}
	if b, err = f.Submit(lee, b.ID, true); err != nil {
		t.Fatal(err)
	}
	return b
}

// standing are how many invitations of an officer are open and not.
func (f *fixture) standing(t *testing.T, email string) (open, ended int) {
	t.Helper()
	of := `SELECT count(*) FROM invitations i JOIN officers o ON o.id = i.inviter_id WHERE o.email = $1 AND `
	return f.number(t, of+`i.open`, email), f.number(t, of+`NOT i.open`, email)
}

// done are the acts of others that an officer sees in the activity log.
func (f *fixture) done(t *testing.T, ctx context.Context) []string {
	t.Helper()
	actor, _ := access.From(ctx)
	reading, _, err := access.Begin(access.With(t.Context(), actor), access.ReadActivity)
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	for _, r := range f.DB.AuditRecord.Query().Where(auditrecord.ActorIDNEQ(actor.OfficerID)).Order(ent.Asc(auditrecord.FieldID)).AllX(reading) {
		line := r.Type
		if r.Detail != nil {
			line += " " + *r.Detail
		}
		told = append(told, line)
	}
	return told
}

// Whoever gets a list acts on what that officer has submitted of it, and not on what
// the former owner has; an administrator acts on both, and both see it.
func TestHandOver_InvitationsStayTheInviters(t *testing.T) {
	t.Parallel()
	each(t, 0, func(t *testing.T, f *fixture) {
		const leeAddress = "lee@tech.gov.sg"
		lee, boss := f.another(t, leeAddress, access.Officer), f.another(t, "boss@tech.gov.sg", access.AgencyAdmin)
		b := f.handedOver(t, lee)
		stop := func(ctx context.Context) (*ent.Batch, error) { return f.Stop(ctx, b.ID) }
		goOn := func(ctx context.Context) (*ent.Batch, error) { return f.Continue(ctx, b.ID) }
		retry := func(ctx context.Context) (*ent.Batch, error) { return f.Retry(ctx, b.ID, nil) }
		handOver := func(ctx context.Context) (*ent.Batch, error) { return f.HandOver(ctx, b.ID, officerAddress) }
		expect := func(what string, ctx context.Context, act func(context.Context) (*ent.Batch, error), want fault.Code, state entbatch.State) {
			t.Helper()
			_, err := act(ctx)
			if got := code(err); got != want {
				t.Errorf("%s: %v, want %q", what, err, want)
			}
			if after := f.DB.Batch.GetX(access.System(t.Context()), b.ID); after.State != state {
				t.Errorf("%s: the list is %s, want %s", what, after.State, state)
			}
		}
		expect("the new owner stops it", lee, stop, fault.NotCancellable, entbatch.StateSubmitted)
		expect("an administrator stops it", boss, stop, "", entbatch.StateStopped)
		expect("the new owner continues it", lee, goOn, fault.BatchEmpty, entbatch.StateStopped)
		expect("a stopped list is handed over", lee, handOver, fault.BatchNotDraft, entbatch.StateStopped)
		expect("an administrator continues it", boss, goOn, "", entbatch.StateSubmitted)

		left := []*fault.LeftOut{{Code: fault.NotCancellable, Count: 2, Message: "Another officer invited the person; that officer or an administrator can cancel it."}}
		for _, dryRun := range []bool{true, false} {
			after, ended, err := f.Undo(lee, b.ID, dryRun)
			if err != nil || ended.Count() != 1 {
				t.Fatalf("undone %d, %v", ended.Count(), err)
			}
			if diff := cmp.Diff(left, ended.Left); diff != "" {
				t.Error(diff)
			}
			if !dryRun && (after.Undone != 1 || cmp.Diff(left, after.UndoLeftOut) != "") {
				t.Errorf("the receipt says %d, %v", after.Undone, after.UndoLeftOut)
			}
		}
		if open, ended := f.standing(t, officerAddress); open != 2 || ended != 0 {
			t.Errorf("of the former owner's, %d are open and %d ended", open, ended)
		}
		if _, _, err := f.Undo(lee, b.ID, false); code(err) != fault.NotCancellable {
			t.Errorf("undone again: %v", err)
		}

		if err := f.DB.WithTx(access.System(t.Context()), func(ctx context.Context, tx *database.Tx) error {
			return tx.Invitation.Update().Where(invitation.Open(true)).SetOpen(false).SetProvisioning(invitation.ProvisioningFailed).
				SetTechpassStatus(invitation.TechpassStatusUserNotFound).SetFailure("The directory is away.").Exec(ctx)
		}); err != nil {
			t.Fatal(err)
		}
		expect("the new owner tries those who failed again", lee, retry, fault.BatchEmpty, entbatch.StateSubmitted)
		if n := f.number(t, `SELECT count(*) FROM invitations WHERE failure = 'The directory is away.'`); n != 2 {
			t.Errorf("%d of 2 are as they were", n)
		}
		expect("an administrator does", boss, retry, "", entbatch.StateSubmitted)
		if _, ended, err := f.Undo(boss, b.ID, false); err != nil || ended.Count() != 2 {
			t.Errorf("an administrator undoes %d, %v", ended.Count(), err)
		}
		if open, ended := f.standing(t, officerAddress); open != 0 || ended != 2 {
			t.Errorf("of the former owner's, %d are open and %d ended", open, ended)
		}

		two, one := ` {"users":2}`, ` {"users":1}`
		want := []string{"LIST_STOPPED" + two, "LIST_CONTINUED" + two, "LIST_RETRIED" + two, "LIST_UNDONE" + two}
		if diff := cmp.Diff(want, f.done(t, f.ctx)); diff != "" {
			t.Errorf("the former owner sees: %s", diff)
		}
		want = []string{"LIST_HANDED_OVER", "LIST_STOPPED" + one, "LIST_CONTINUED" + one, "LIST_RETRIED", `LIST_UNDONE {"leftOut":1}`}
		if diff := cmp.Diff(want, f.done(t, lee)); diff != "" {
			t.Errorf("the owner sees: %s", diff)
		}
	})
}

// Within the recall window, too, only the own users go back on the list.
func TestHandOver_RecallTakesBackTheOwn(t *testing.T) {
	t.Parallel()
	each(t, time.Minute, func(t *testing.T, f *fixture) {
		lee := f.another(t, "lee@tech.gov.sg", access.Officer)
		b, ended, err := f.Undo(lee, f.handedOver(t, lee).ID, false)
		if err != nil || len(ended.Waiting) != 1 || b.State != entbatch.StateSubmitted {
			t.Fatalf("%d are taken back, the list is %s: %v", len(ended.Waiting), b.State, err)
		}
		if open, ended := f.standing(t, officerAddress); open != 2 || ended != 0 {
			t.Errorf("of the former owner's, %d are open and %d ended", open, ended)
		}
		if _, err := f.Submit(lee, b.ID, true); err != nil {
			t.Error(err)
		}
	})
}

// code is that of an error, "" for none.
func code(err error) fault.Code {
	if err == nil {
		return ""
	}
	return fault.CodeOf(err)
}
