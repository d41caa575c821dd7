package main

import (
	"testing"
	"time"

	"techbiz/cmd/techbiz/programtest"
)

func TestMain(m *testing.M) { programtest.Main(m) }

// crashRows is the size of the batches that crashes and faults must not harm: a dozen
// chunks, so that there is a middle.
const crashRows = 6_000

// slow makes a batch take long enough to have a middle.
const slow = "TECHBIZ_SANDBOX_FAULTS=latency=200ms"

// startBatch uploads and submits a batch.
func startBatch(t *testing.T, s *programtest.Server, users int) string {
	t.Helper()
	id := s.Upload(programtest.Workbook(t, 0, users))
	s.Submit(id)
	return id
}

// checkBatch waits until the batch, the only one, is completed, and fails unless
// each user has one account and one mail, and the officer one
// about the completion.
func checkBatch(t *testing.T, p *programtest.Place, s *programtest.Server, id string) {
	t.Helper()
	s.AwaitCompletion(id)
	want := programtest.Progress{State: "COMPLETED", TotalRows: crashRows, Succeeded: crashRows}
	if got := s.Progress(id); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	s.Await("the mail about the completion", func() bool { return s.Mailbox().Total >= crashRows+1 })
	people := map[string]int{}
	for _, m := range s.Mailbox().Mails {
		people[m.To]++
	}
	if got := people[programtest.Officer]; got != 1 {
		t.Errorf("%d mails to the officer, want one", got)
	}
	delete(people, programtest.Officer)
	for who, mails := range people {
		if mails != 1 {
			t.Errorf("%d mails to %s", mails, who)
		}
	}
	if len(people) != crashRows {
		t.Errorf("mails to %d people, want %d", len(people), crashRows)
	}
	for what, query := range map[string]string{
		"creations told of":    `SELECT count(*) FROM invitation_events WHERE what = 'ACCOUNT_CREATED'`,
		"accounts":             `SELECT count(*) FROM sandbox_persons WHERE state = 'CREATED'`,
		"people with accounts": `SELECT count(DISTINCT email_key) FROM sandbox_persons`,
		"people with licences": `SELECT 2 * count(*) FROM sandbox_persons WHERE seed = 'LICENSED'`,
	} {
		if n := p.Count(query); n != crashRows {
			t.Errorf("%d %s, want %d", n, what, crashRows)
		}
	}
}

// awaitMiddle waits until more than so many rows of a batch are done, and returns
// whether others are not.
func awaitMiddle(s *programtest.Server, id string, done int) bool {
	var at programtest.Progress
	s.Await("the middle of the batch", func() bool {
		at = s.Progress(id)
		return at.Succeeded > done
	})
	return at.Queued > 0
}

func TestBatch_KilledFiveTimes(t *testing.T) {
	t.Parallel()
	programtest.OnEach(t, func(t *testing.T, p *programtest.Place) {
		token := p.Token()
		s := p.ServeReady(token)
		id := startBatch(t, s, crashRows)
		const kills = 5
		for n := range kills {
			middle := awaitMiddle(s, id, n*crashRows/2/kills)
			s.Kill()
			if !middle {
				t.Fatalf("kill %d: there was no middle left", n+1)
			}
			s = p.ServeReady(token)
		}
		begin := time.Now()
		checkBatch(t, p, s, id)
		t.Logf("completed %s after the last start", time.Since(begin).Round(time.Millisecond))
	}, slow)
}

func TestBatch_FailuresAndLostAnswers(t *testing.T) {
	t.Parallel()
	programtest.OnEach(t, func(t *testing.T, p *programtest.Place) {
		s := p.ServeReady(p.Token())
		checkBatch(t, p, s, startBatch(t, s, crashRows))
	}, "TECHBIZ_SANDBOX_FAULTS=fail=0.1,lost=0.05")
}
