package main

import (
	"net/http"
	"sync"
	"testing"
	"time"

	"techbiz/cmd/techbiz/programtest"
	"techbiz/internal/mail/mailtest"
)

// stopWithin is how long the program may take to end.
const stopWithin = 15 * time.Second

func terminateInTime(t *testing.T, s *programtest.Server) {
	t.Helper()
	if status, took, log := s.Terminate(); status != 0 || took > stopWithin {
		t.Errorf("ended with status %d after %s: %s", status, took, log)
	}
}

func TestTerminate_InTheMiddleOfABatch(t *testing.T) {
	t.Parallel()
	programtest.OnEach(t, func(t *testing.T, p *programtest.Place) {
		token := p.Token()
		s := p.ServeReady(token)
		id := startBatch(t, s, crashRows)
		middle := awaitMiddle(s, id, 0)
		terminateInTime(t, s)
		if !middle {
			t.Fatal("there was no middle left")
		}
		checkBatch(t, p, p.ServeReady(token), id)
	}, slow)
}

func TestTerminate_WhileTheRelayIsSilent(t *testing.T) {
	t.Parallel()
	relay := mailtest.New(t, mailtest.Options{})
	p := programtest.New(t, "TECHBIZ_SMTP_URL="+relay.URL())
	token := p.Token()
	s := p.ServeReady(token)
	relay.Misbehave(mailtest.Trouble{At: mailtest.AtContent, Silent: true, Keep: true})
	first := s.CreateAccount(1)
	awaitMails(t, relay, 1)
	second := s.CreateAccount(2)
	terminateInTime(t, s)
	relay.Behave()

	s = p.ServeReady(token)
	awaitDelivery(s, second, isSent)
	if d := deliveryOf(s, first); !isInDoubt(d) {
		t.Errorf("got %+v", d)
	}
	if n := len(relay.Messages()); n != 2 {
		t.Errorf("%d messages, want 2", n)
	}
}

func TestServe_WaitsForMigrations(t *testing.T) {
	t.Parallel()
	p := programtest.NewPostgres(t)
	s := p.Serve()
	for path, want := range map[string]int{"/healthz": http.StatusOK, "/readyz": http.StatusServiceUnavailable, "/": http.StatusServiceUnavailable} {
		if status, _ := s.Get(path); status != want {
			t.Errorf("before the migrations, %s: %d, want %d", path, status, want)
		}
	}
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			if _, err := p.TryCommand("migrate"); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	s.AwaitReady()
	s.Token = p.Token()
	awaitDelivery(s, s.CreateAccount(1), isSent)
}

func TestToken_BesideAServer(t *testing.T) {
	t.Parallel()
	const anything = `{ invitations(first: 1) { totalCount } }`
	programtest.OnEach(t, func(t *testing.T, p *programtest.Place) {
		s := p.Serve()
		s.AwaitReady()
		s.Token = p.Token()
		if errs := s.TryQuery(&struct{}{}, anything, nil); errs != nil {
			t.Errorf("a new token: %v", errs)
		}
		p.Command("token", "revoke", "--token="+s.Token)
		if errs := s.TryQuery(&struct{}{}, anything, nil); len(errs) != 1 || errs[0].Extensions.Code != "UNAUTHENTICATED" {
			t.Errorf("a revoked token: %v", errs)
		}
	})
}

func TestReplicas_ShareABatch(t *testing.T) {
	t.Parallel()
	p := programtest.Databases["PostgreSQL"](t, slow)
	token := p.Token()
	one, other := p.ServeReady(token), p.ServeReady(token)
	id := startBatch(t, one, crashRows)
	checkBatch(t, p, other, id)
	workers := p.Count(`SELECT count(DISTINCT attempted_by[1]) FROM river_job WHERE kind = 'invitation_deliver'`)
	tries := p.Count(`SELECT max(attempt) FROM river_job WHERE kind = 'invitation_deliver'`)
	if workers != 2 || tries != 1 {
		t.Errorf("%d replicas worked, in up to %d tries; want 2 and 1", workers, tries)
	}
}

// TestReplicas_TakeOver kills one of two replicas: the other one finishes its
// work without a restart.
func TestReplicas_TakeOver(t *testing.T) {
	t.Parallel()
	p := programtest.Databases["PostgreSQL"](t, "TECHBIZ_SANDBOX_FAULTS=latency=1s")
	token := p.Token()
	first := p.ServeReady(token)
	id := startBatch(t, first, crashRows)
	first.Await("the batch to be worked", func() bool {
		return p.Count(`SELECT count(*) FROM river_job WHERE kind = 'invitation_deliver' AND state = 'running'`) > 0
	})
	other := p.ServeReady(token)
	first.Kill()
	checkBatch(t, p, other, id)
}
