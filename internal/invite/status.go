package invite

import (
	"time"

	entsql "entgo.io/ent/dialect/sql"

	"techbiz/ent"
	"techbiz/ent/batch"
	"techbiz/ent/invitation"
	"techbiz/ent/predicate"
)

// The moves of an invitation, and who makes them:
//
//	open, NOT_ONBOARDED, SCHEDULED   accepted, to wait for its time (send.go)
//	  → QUEUED                       its time has come (start.go)
//	  → CANCELLED, USER_NOT_FOUND    called off (cancel.go)
//	open, NOT_ONBOARDED, QUEUED      accepted (send.go)
//	  → SUCCEEDED                    account or link there (provision.go), mail out (post.go)
//	  → FAILED, USER_NOT_FOUND       refused, or given up (deliver.go)
//	  → CANCELLED, USER_NOT_FOUND    called off (cancel.go)
//	FAILED, USER_NOT_FOUND
//	  → open, NOT_ONBOARDED, QUEUED  tried again (reopen.go)
//	open, NOT_ONBOARDED              until the directory says otherwise:
//	  → ONBOARDED                    activated (Apply)
//	  → USER_NOT_FOUND               lapsed (Lapse), terminated or deleted (Apply)
//	ONBOARDED → USER_NOT_FOUND       terminated or deleted (Apply)
//
// Whatever leaves NOT_ONBOARDED closes the invitation: address, username and
// number are free again. The rows of a stopped batch stay QUEUED and are left
// alone (held).

// ResendPause is how long after a resend the next one is possible.
const ResendPause = 24 * time.Hour

// LinkLife is how long a registration link works, from its mail. AccountLife is
// how long an account waits for its activation, from its creation. Both are the
// directory's rules (TechPass user guide).
const (
	LinkLife    = 5 * 24 * time.Hour
	AccountLife = 30 * 24 * time.Hour
)

// lapsed matches registration links that have run out unused. A row without an
// end is none of them, and none also where the predicate is turned round: NOT of
// NULL would be NULL.
func lapsed(now time.Time) predicate.Invitation {
	return invitation.And(
		invitation.MethodEQ(invitation.MethodEmailInvitation),
		invitation.TechpassStatusEQ(invitation.TechpassStatusNotOnboarded),
		invitation.ExpiresAtNotNil(),
		invitation.ExpiresAtLTE(now))
}

// resendable matches what has a mail out and nobody has onboarded by it. The
// pause between resends is not part of it.
func resendable(now time.Time) predicate.Invitation {
	return invitation.And(
		invitation.Open(true),
		invitation.ProvisioningEQ(invitation.ProvisioningSucceeded),
		invitation.TechpassStatusEQ(invitation.TechpassStatusNotOnboarded),
		invitation.SendCountGT(0),
		invitation.Not(lapsed(now)))
}

// rested matches what was not resent within the pause.
func rested(now time.Time) predicate.Invitation {
	return invitation.Or(invitation.ResentAtIsNil(), invitation.ResentAtLTE(now.Add(-ResendPause)))
}

// Resend says whether an invitation can be resent now; if not, but later, at says
// when. It answers for one row what resendable and rested match in SQL.
func Resend(i *ent.Invitation, now time.Time) (can bool, at *time.Time) {
	if !i.Open || i.Provisioning != invitation.ProvisioningSucceeded || i.SendCount == 0 ||
		i.TechpassStatus != invitation.TechpassStatusNotOnboarded || isLapsed(i, now) {
		return false, nil
	}
	if i.ResentAt != nil {
		if next := i.ResentAt.Add(ResendPause); next.After(now) {
			return false, &next
		}
	}
	return true, nil
}

func isLapsed(i *ent.Invitation, now time.Time) bool {
	return i.Method == invitation.MethodEmailInvitation && i.ExpiresAt != nil && !i.ExpiresAt.After(now) &&
		i.TechpassStatus == invitation.TechpassStatusNotOnboarded
}

// CanCancel says whether an invitation can be called off.
func CanCancel(i *ent.Invitation, now time.Time) bool {
	return i.Open && i.TechpassStatus == invitation.TechpassStatusNotOnboarded && !isLapsed(i, now)
}

// cancellable matches what [CanCancel] says yes to.
func cancellable(now time.Time) predicate.Invitation {
	return invitation.And(
		invitation.Open(true),
		invitation.TechpassStatusEQ(invitation.TechpassStatusNotOnboarded),
		invitation.Not(lapsed(now)))
}

// stuckAfter is how long a person may take before somebody should look.
const stuckAfter = 7 * 24 * time.Hour

// Stuck matches what needs somebody: a mail that was refused or came back, work
// that failed, or a person who has not onboarded for long, counted from the start
// date where there is one.
func Stuck(now time.Time) predicate.Invitation {
	return invitation.Or(
		invitation.And(invitation.ProvisioningEQ(invitation.ProvisioningFailed), invitation.AnonymisedAtIsNil()),
		invitation.And(
			invitation.Open(true),
			invitation.Or(
				invitation.MailIn(invitation.MailRefused, invitation.MailBounced),
				invitation.And(
					invitation.TechpassStatusEQ(invitation.TechpassStatusNotOnboarded),
					invitation.ProvisioningNEQ(invitation.ProvisioningScheduled),
					invitation.InvitedAtLT(now.Add(-stuckAfter)),
					invitation.Or(invitation.StartOnIsNil(), invitation.StartOnLTE(StartedDay(now.Add(-stuckAfter))))))))
}

// due matches rows with work to do: the first delivery unless it is held, or a
// resend's mail.
func due() predicate.Invitation {
	return invitation.And(
		invitation.ProvisioningIn(invitation.ProvisioningQueued, invitation.ProvisioningSucceeded),
		invitation.Open(true),
		invitation.Not(held()),
		func(s *entsql.Selector) {
			s.Where(entsql.ColumnsGT(s.C(invitation.FieldMailsWanted), s.C(invitation.FieldMailsDone)))
		})
}

// held matches first deliveries of stopped batches.
func held() predicate.Invitation {
	return func(s *entsql.Selector) {
		b := entsql.Table(batch.Table)
		s.Where(entsql.And(
			entsql.EQ(s.C(invitation.FieldProvisioning), invitation.ProvisioningQueued),
			entsql.Exists(entsql.Select().From(b).Where(entsql.And(
				entsql.ColumnsEQ(b.C(batch.FieldID), s.C(invitation.FieldBatchID)),
				entsql.EQ(b.C(batch.FieldState), batch.StateStopped))))))
	}
}

// heldSQL is held for a statement of its own.
const heldSQL = `(invitations.provisioning = 'QUEUED' AND EXISTS (
	SELECT 1 FROM batches WHERE batches.id = invitations.batch_id AND batches.state = 'STOPPED'))`
