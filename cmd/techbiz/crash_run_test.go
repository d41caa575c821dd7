package main

import (
	"testing"

	"techbiz/cmd/techbiz/programtest"
)

// awaitRest waits until no work of invitations runs or waits.
func awaitRest(p *programtest.Place, s *programtest.Server) {
	s.Await("the work to rest", func() bool {
		return p.Count(`SELECT count(*) FROM river_job WHERE kind IN ('invitation_deliver', 'invitation_withdraw')
			AND state IN ('available', 'pending', 'running', 'retryable', 'scheduled')`) == 0
	})
}

func TestBatch_StoppedKilledAndContinued(t *testing.T) {
	t.Parallel()
	programtest.OnEach(t, func(t *testing.T, p *programtest.Place) {
		token := p.Token()
		s := p.ServeReady(token)
		id := startBatch(t, s, crashRows)
		awaitMiddle(s, id, 0)
		s.Stop(id)
		awaitRest(p, s)
		held := s.Progress(id)
		if held.State != "STOPPED" || held.Queued == 0 {
			t.Fatalf("nothing is held: %+v", held)
		}
		s.Kill()
		s = p.ServeReady(token)
		awaitRest(p, s)
		if got := s.Progress(id); got != held {
			t.Errorf("got %+v after a restart, was %+v", got, held)
		}
		// Rows that work had in hand at the stop have two jobs from now on.
		s.Continue(id)
		awaitMiddle(s, id, held.Succeeded)
		for range 3 {
			s.Stop(id)
			s.Continue(id)
		}
		s.Kill()
		s = p.ServeReady(token)
		checkBatch(t, p, s, id)
	}, slow)
}

func TestBatch_UndoneWhileItRuns(t *testing.T) {
	t.Parallel()
	programtest.OnEach(t, func(t *testing.T, p *programtest.Place) {
		s := p.ServeReady(p.Token())
		id := startBatch(t, s, crashRows)
		if !awaitMiddle(s, id, 0) {
			t.Fatal("there was no middle left")
		}
		if undone := s.Undo(id); undone != crashRows {
			t.Errorf("undone: %d, want %d", undone, crashRows)
		}
		// Counted, and not by their times: a mail's may be later than that of an undoing
		// which began before it and saw it.
		const invitees = `SELECT count(*) FROM sandbox_mails WHERE to_key <> '` + programtest.Officer + `'`
		mails := p.Count(invitees)
		s.AwaitCompletion(id)
		awaitRest(p, s)
		if n := p.Count(invitees); n != mails {
			t.Errorf("%d mails after the undoing", n-mails)
		}
		want := programtest.Progress{State: "COMPLETED", TotalRows: crashRows, Cancelled: crashRows}
		if got := s.Progress(id); got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
		for what, query := range map[string]string{
			"accounts that stay":        `SELECT count(*) FROM sandbox_persons WHERE state <> 'TERMINATED'`,
			"withdrawals to come":       `SELECT count(*) FROM invitations WHERE withdrawing`,
			"invitations that are open": `SELECT count(*) FROM invitations WHERE open`,
		} {
			if n := p.Count(query); n != 0 {
				t.Errorf("%d %s", n, what)
			}
		}
	}, slow)
}
