package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// outcome is the payload of a change, with the codes of top-level errors among its
// own.
type outcome struct {
	Invitation, Batch *struct{ ID string }
	Errors            []struct{ Code string }
}

// TestAPI_AtTheSameMoment asks for the same thing many times at once.
func TestAPI_AtTheSameMoment(t *testing.T) {
	t.Parallel()
	for name, place := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			on := serveAPI(t, place(t))
			t.Run("40 officers invite one address", func(t *testing.T) { inviteOne(t, on) })
			t.Run("40 officers create one account", func(t *testing.T) { createOne(t, on) })
			t.Run("20 calls under one idempotency key", func(t *testing.T) { oneKey(t, on) })
			t.Run("20 resends of one invitation", func(t *testing.T) { resendOne(t, on) })
			t.Run("20 cancellations of one invitation", func(t *testing.T) { cancelOne(t, on) })
			t.Run("20 submissions of one batch", func(t *testing.T) { submitOne(t, on) })
			t.Run("20 users added to one batch", func(t *testing.T) { addAll(t, on) })
		})
	}
}

func inviteOne(t *testing.T, on *apiServer) {
	got := on.atOnce(t, 40, func(i int) (string, string) {
		return fmt.Sprintf("invite%d@agency.gov.sg", i), fmt.Sprintf(
			`mutation { it: inviteByEmail(input: {email: %q, reason: "x"}) { invitation { id } errors { code } } }`,
			[]string{"one@agency.gov.sg", "One@Agency.gov.sg"}[i%2])
	})
	expect(t, got, map[string]int{"done": 1, "ALREADY_INVITED": 39})
	on.expectTotal(t, "one@agency.gov.sg", 1)
}

func createOne(t *testing.T, on *apiServer) {
	got := on.atOnce(t, 40, func(i int) (string, string) {
		// One thing that must be unique is the same, and the others are not.
		email, username, number := fmt.Sprintf("c%d@vendor.com", i), fmt.Sprintf("c%d", i), fmt.Sprintf("8100%04d", i)
		if i%2 == 0 {
			username = "the.one"
		} else {
			number = "81009999"
		}
		return fmt.Sprintf("create%d@agency.gov.sg", i), fmt.Sprintf(`mutation { it: createAccount(input: {account: {email: %q, techPassUsername: %q,
			contactNumber: %q, firstName: "A", lastName: "B", organisation: "C", reason: "D"}}) { invitation { id } errors { code } } }`, email, username, number)
	})
	expect(t, got, map[string]int{"done": 2, "ALREADY_INVITED": 38})
}

func oneKey(t *testing.T, on *apiServer) {
	got := on.atOnce(t, 20, func(int) (string, string) {
		return "key@agency.gov.sg", `mutation { it: inviteByEmail(input: {email: "key2@agency.gov.sg", reason: "x", idempotencyKey: "k"}) { invitation { id } errors { code } } }`
	})
	expect(t, got, map[string]int{"done": 20})
	ids := map[string]bool{}
	for _, o := range got {
		if o.Invitation != nil {
			ids[o.Invitation.ID] = true
		}
	}
	if len(ids) != 1 {
		t.Errorf("%d invitations", len(ids))
	}
	on.expectTotal(t, "key2@agency.gov.sg", 1)
}

func resendOne(t *testing.T, on *apiServer) {
	id := on.mailed(t, "resend@agency.gov.sg", "resent@agency.gov.sg")
	got := on.atOnce(t, 20, func(int) (string, string) {
		return "resend@agency.gov.sg", fmt.Sprintf(`mutation { it: resendInvitation(id: %q) { invitation { id } errors { code } } }`, id)
	})
	expect(t, got, map[string]int{"done": 1, "RESEND_TOO_SOON": 19})
	on.expectMails(t, "resent@agency.gov.sg", 2)
}

func cancelOne(t *testing.T, on *apiServer) {
	id := on.mailed(t, "cancel@agency.gov.sg", "cancelled@agency.gov.sg")
	got := on.atOnce(t, 20, func(int) (string, string) {
		return "cancel@agency.gov.sg", fmt.Sprintf(`mutation { it: cancelInvitation(id: %q) { invitation { id } errors { code } } }`, id)
	})
	expect(t, got, map[string]int{"done": 1, "NOT_CANCELLABLE": 19})
}

const batchAccount = `{email: %q, firstName: "A", lastName: "B", contactNumber: %q, organisation: "C", reason: "D"}`

// draft makes a batch of one.
func (s *apiServer) draft(t *testing.T, officer, email, number string) string {
	t.Helper()
	made := s.ask(t, officer, fmt.Sprintf(`mutation { it: createBatch(accounts: [`+batchAccount+`]) { batch { id } errors { code } } }`, email, number))
	if made.Batch == nil {
		t.Fatalf("no batch: %+v", made)
	}
	return made.Batch.ID
}

func submitOne(t *testing.T, on *apiServer) {
	id := on.draft(t, "submit@agency.gov.sg", "submitted@agency.gov.sg", "82000001")
	got := on.atOnce(t, 20, func(int) (string, string) {
		return "submit@agency.gov.sg", fmt.Sprintf(`mutation { it: submitBatch(id: %q) { batch { id } errors { code } } }`, id)
	})
	expect(t, got, map[string]int{"done": 1, "BATCH_NOT_DRAFT": 19})
	on.expectMails(t, "submitted@agency.gov.sg", 1)
	on.expectTotal(t, "submitted@agency.gov.sg", 1)
}

func addAll(t *testing.T, on *apiServer) {
	id := on.draft(t, "add@agency.gov.sg", "added@agency.gov.sg", "82000002")
	got := on.atOnce(t, 20, func(i int) (string, string) {
		account := fmt.Sprintf(batchAccount, fmt.Sprintf("added%d@agency.gov.sg", i), fmt.Sprintf("8300%04d", i))
		return "add@agency.gov.sg", fmt.Sprintf(`mutation { it: addBatchRow(batchId: %q, account: %s) { batch { id } errors { code } } }`, id, account)
	})
	expect(t, got, map[string]int{"done": 20})
	var answer struct {
		Batch struct {
			Rows struct{ Nodes []struct{ Number int } }
		}
	}
	s := fmt.Sprintf(`{ batch(id: %q) { rows(first: 200) { nodes { number } } } }`, id)
	on.query(t, "add@agency.gov.sg", s, &answer)
	numbers := map[int]bool{}
	for _, n := range answer.Batch.Rows.Nodes {
		numbers[n.Number] = true
	}
	if len(numbers) != 21 || !numbers[1] || !numbers[21] {
		t.Errorf("the rows' numbers: %v", slices.Sorted(maps.Keys(numbers)))
	}
}

// atOnce sends n changes at the same moment, each by the officer and with the
// text that call gives.
func (s *apiServer) atOnce(t *testing.T, n int, call func(i int) (officer, text string)) []outcome {
	t.Helper()
	outcomes, errs := make([]outcome, n), make([]error, n)
	ready := make(chan struct{})
	var wg sync.WaitGroup
	for i := range n {
		officer, text := call(i)
		token := s.token(t, officer)
		wg.Go(func() {
			<-ready
			outcomes[i], errs[i] = s.change(t.Context(), token, text)
		})
	}
	close(ready)
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			t.Error(err)
		}
	}
	return outcomes
}

// ask sends one change.
func (s *apiServer) ask(t *testing.T, officer, text string) outcome {
	t.Helper()
	o, err := s.change(t.Context(), s.token(t, officer), text)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func (s *apiServer) change(ctx context.Context, token, text string) (outcome, error) {
	var answer struct {
		Data   struct{ It outcome }
		Errors []struct {
			Message    string
			Extensions struct{ Code string }
		}
	}
	body, err := json.Marshal(map[string]string{"query": text})
	if err != nil {
		return outcome{}, err
	}
	_, raw, err := s.request(ctx, http.MethodPost, "/graphql", "application/json", token, body)
	if err != nil {
		return outcome{}, err
	}
	if err := json.Unmarshal(raw, &answer); err != nil {
		return outcome{}, fmt.Errorf("%w: %s", err, raw)
	}
	o := answer.Data.It
	for _, e := range answer.Errors {
		o.Errors = append(o.Errors, struct{ Code string }{e.Extensions.Code})
	}
	return o, nil
}

// query reads the data of a query.
func (s *apiServer) query(t *testing.T, officer, text string, data any) {
	t.Helper()
	body, err := json.Marshal(map[string]string{"query": text})
	if err != nil {
		t.Fatal(err)
	}
	_, raw := s.send(t, http.MethodPost, "/graphql", "application/json", s.token(t, officer), body)
	answer := struct{ Data any }{data}
	if err := json.Unmarshal(raw, &answer); err != nil {
		t.Fatalf("%v: %s", err, raw)
	}
}

// expect compares how many calls had which outcome: done, or the code of their
// first error.
func expect(t *testing.T, got []outcome, want map[string]int) {
	t.Helper()
	counts := map[string]int{}
	for _, o := range got {
		what := "done"
		if len(o.Errors) > 0 {
			what = o.Errors[0].Code
		} else if o.Invitation == nil && o.Batch == nil {
			what = "nothing"
		}
		counts[what]++
	}
	if diff := cmp.Diff(want, counts); diff != "" {
		t.Error(diff)
	}
}

// expectTotal counts the invitations of an address over all officers.
func (s *apiServer) expectTotal(t *testing.T, email string, want int) {
	t.Helper()
	var answer struct{ Invitations struct{ TotalCount int } }
	s.query(t, "admin@agency.gov.sg", fmt.Sprintf(`{ invitations(filter: {allOfficers: true, email: %q}) { totalCount } }`, email), &answer)
	if got := answer.Invitations.TotalCount; got != want {
		t.Errorf("%d invitations of %s, want %d", got, email, want)
	}
}

// mailed invites an officer and waits for the mail.
func (s *apiServer) mailed(t *testing.T, officer, email string) (id string) {
	t.Helper()
	id = s.invited(t, officer, email)
	s.expectMails(t, email, 1)
	return id
}

// invited has an officer invite somebody by e-mail.
func (s *apiServer) invited(t *testing.T, officer, email string) (id string) {
	t.Helper()
	made := s.ask(t, officer, fmt.Sprintf(`mutation { it: inviteByEmail(input: {email: %q, reason: "x"}) { invitation { id } errors { code } } }`, email))
	if made.Invitation == nil {
		t.Fatalf("no invitation: %+v", made)
	}
	return made.Invitation.ID
}

// expectMails waits until somebody has so many mails, and until the work behind
// them is done.
func (s *apiServer) expectMails(t *testing.T, email string, want int) {
	t.Helper()
	var answer struct {
		Invitations struct{ Nodes []struct{ SendCount int } }
	}
	text := fmt.Sprintf(`{ invitations(filter: {allOfficers: true, email: %q}) { nodes { sendCount } } }`, email)
	deadline := time.Now().Add(patience)
	for {
		s.query(t, "admin@agency.gov.sg", text, &answer)
		if n := answer.Invitations.Nodes; len(n) == 1 && n[0].SendCount == want {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s was not sent %d mails: %+v", email, want, answer)
		}
		pause(t, 20*time.Millisecond)
	}
	_, raw := s.send(t, http.MethodGet, "/sandbox/mail.json?to="+email, "", "", nil)
	var box struct{ Total int }
	if err := json.Unmarshal(raw, &box); err != nil || box.Total != want {
		t.Errorf("%d mails to %s, want %d: %v", box.Total, email, want, err)
	}
}
