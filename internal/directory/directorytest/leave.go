package directorytest

import (
	"testing"

	"techbiz/internal/directory"
	"techbiz/internal/fault"
)

func (s *suite) withdraw(t *testing.T) {
	a, b := s.account(), s.account()
	created := made(t, s.create(t, a)[0])
	invited := made(t, must(s.d.Invite(t.Context(), []directory.Invitation{{Key: b.Key, Email: b.Email, Round: 1}}))(t)[0])
	for range 2 {
		for _, r := range must(s.d.Withdraw(t.Context(), []string{a.Key, "no such key", b.Key}))(t) {
			if r.Err != nil {
				t.Fatal(r.Err)
			}
		}
	}
	equal(t, directory.Absent, s.status(t, created.Ref).State)
	equal(t, directory.Absent, s.status(t, invited.Ref).State)
	again := []directory.Account{a, b}
	for i := range again {
		again[i].Key = "again-" + again[i].Key
	}
	for _, r := range s.create(t, again...) {
		made(t, r)
	}
}

// anew: what was withdrawn stays so for its round, and a higher one makes another.
func (s *suite) anew(t *testing.T) {
	a := s.account()
	a.Round = 1
	first := made(t, s.create(t, a)[0])
	equal(t, first, made(t, s.create(t, a)[0]))
	a.Round = 2
	equal(t, first, made(t, s.create(t, a)[0])) // which is there
	must(s.d.Withdraw(t.Context(), []string{a.Key}))(t)
	a.Round = 1
	refused(t, s.create(t, a)[0], fault.NotFound)
	a.Round = 2
	second := made(t, s.create(t, a)[0])
	if second.Ref == first.Ref || second.Link == first.Link {
		t.Errorf("the new account is the old one: %+v", second)
	}
	equal(t, second, made(t, s.create(t, a)[0]))
	equal(t, directory.Absent, s.status(t, first.Ref).State)
	equal(t, directory.Created, s.status(t, second.Ref).State)
	must(s.d.Withdraw(t.Context(), []string{a.Key}))(t)
	equal(t, directory.Absent, s.status(t, second.Ref).State)
	other := s.account()
	other.Email = a.Email
	made(t, s.create(t, other)[0])
	a.Round = 3
	refused(t, s.create(t, a)[0], fault.AccountExists, "email")
}

func (s *suite) withdrawActive(t *testing.T) {
	a := s.account()
	r := made(t, s.create(t, a)[0])
	ok(t, s.actor.Activate(t.Context(), a.Email))
	ok(t, s.actor.Activate(t.Context(), a.Email))
	refused(t, must(s.d.Withdraw(t.Context(), []string{a.Key}))(t)[0], fault.NotCancellable)
	equal(t, directory.Active, s.status(t, r.Ref).State)
}

func (s *suite) gone(t *testing.T) {
	a := s.account()
	r := made(t, s.create(t, a)[0])
	ok(t, s.actor.Activate(t.Context(), a.Email))
	ok(t, s.actor.Terminate(t.Context(), a.Email))
	states := must(s.d.Status(t.Context(), []string{"no such ref", r.Ref}))(t)
	equal(t, 2, len(states))
	equal(t, []directory.State{directory.Absent, directory.Absent}, []directory.State{states[0].State, states[1].State})
	equal(t, r.Ref, states[1].Ref)
	equal(t, 0, len(must(s.d.Lookup(t.Context(), []directory.Identity{{Email: a.Email, Username: a.Username, Number: a.Number}}))(t)))
	a.Key = "again-" + a.Key
	if again := made(t, s.create(t, a)[0]); again.Ref == r.Ref {
		t.Fatal("the new account has the old one's ref")
	}
}
