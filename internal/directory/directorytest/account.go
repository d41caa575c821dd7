package directorytest

import (
	"strings"
	"testing"

	"techbiz/internal/directory"
	"techbiz/internal/fault"
)

func (s *suite) lookup(t *testing.T) {
	a := s.account()
	r := made(t, s.create(t, a)[0])
	want := []directory.Person{{
		Ref: r.Ref, Key: a.Key, State: directory.Created, Seed: directory.SeedNone,
		Email: a.Email, Username: a.Username, FirstName: a.FirstName, LastName: a.LastName, Number: a.Number,
	}}
	equal(t, want[0], s.status(t, r.Ref))
	for _, who := range []directory.Identity{
		{Email: strings.ToUpper(a.Email)},
		{Username: strings.ToUpper(a.Username)},
		{Number: a.Number},
		{Email: a.Email, Username: a.Username, Number: a.Number},
	} {
		equal(t, want, must(s.d.Lookup(t.Context(), []directory.Identity{who, who}))(t))
	}
	b := s.account()
	equal(t, 0, len(must(s.d.Lookup(t.Context(), []directory.Identity{{Email: b.Email, Username: b.Username, Number: b.Number}, {}}))(t)))
}

func (s *suite) repeated(t *testing.T) {
	a := s.account()
	first := made(t, s.create(t, a)[0])
	both := s.create(t, a, a)
	equal(t, []directory.Result{first, first}, both)
	ok(t, s.actor.Activate(t.Context(), a.Email))
	after := s.create(t, a)[0]
	if after.Err != nil || after.Ref != first.Ref {
		t.Fatalf("after the activation: got %+v, want %s", after, first.Ref)
	}

	b := s.account()
	invitation := []directory.Invitation{{Key: b.Key, Email: b.Email, Round: 1}}
	link := made(t, must(s.d.Invite(t.Context(), invitation))(t)[0])
	equal(t, link, must(s.d.Invite(t.Context(), invitation))(t)[0])
}

func (s *suite) unique(t *testing.T) {
	a := s.account()
	made(t, s.create(t, a)[0])
	for field, change := range map[string]func(*directory.Account){
		"email":            func(b *directory.Account) { b.Email = strings.ToUpper(a.Email) },
		"techPassUsername": func(b *directory.Account) { b.Username = strings.ToUpper(a.Username) },
		"contactNumber":    func(b *directory.Account) { b.Number = a.Number },
	} {
		b, c := s.account(), s.account()
		change(&b)
		results := s.create(t, b, c)
		refused(t, results[0], fault.AccountExists, field)
		made(t, results[1])
	}
	refused(t, must(s.d.Invite(t.Context(), []directory.Invitation{{Key: s.account().Key, Email: a.Email, Round: 1}}))(t)[0], fault.AccountExists, "email")
	officers := s.accounts(2)
	for i := range officers {
		officers[i].Username = ""
	}
	for _, r := range s.create(t, officers...) {
		made(t, r)
	}
}

func (s *suite) within(t *testing.T) {
	a, b, c := s.account(), s.account(), s.account()
	b.Email, c.Number = a.Email, a.Number
	results := s.create(t, a, b, c)
	made(t, results[0])
	refused(t, results[1], fault.AccountExists, "email")
	refused(t, results[2], fault.AccountExists, "contactNumber")
}

func (s *suite) invite(t *testing.T) {
	a := s.account()
	r := made(t, must(s.d.Invite(t.Context(), []directory.Invitation{{Key: a.Key, Email: a.Email, Round: 1}}))(t)[0])
	equal(t, directory.Person{Ref: r.Ref, Key: a.Key, State: directory.Invited, Seed: directory.SeedNone, Email: a.Email}, s.status(t, r.Ref))
	refused(t, s.create(t, directory.Account{Key: "other-" + a.Key, Email: a.Email})[0], fault.AccountExists, "email")
	ok(t, s.actor.CompleteRegistration(t.Context(), a.Email))
	p := s.status(t, r.Ref)
	if p.State != directory.Active || p.FirstName == "" || p.LastName == "" || !strings.HasPrefix(p.Number, "+65") {
		t.Fatalf("after the registration: %+v", p)
	}
	refused(t, must(s.d.Invite(t.Context(), []directory.Invitation{{Key: a.Key, Email: a.Email, Round: 2}}))(t)[0], fault.AccountExists, "email")
}

func (s *suite) rounds(t *testing.T) {
	a := s.account()
	ask := func(round int) directory.Result {
		t.Helper()
		return made(t, must(s.d.Invite(t.Context(), []directory.Invitation{{Key: a.Key, Email: a.Email, Round: round}}))(t)[0])
	}
	first, second := ask(1), ask(2)
	if first.Ref != second.Ref || first.Link == second.Link {
		t.Fatalf("the second round: got %+v after %+v", second, first)
	}
	equal(t, second, ask(2))
	equal(t, second, ask(1))
}

func (s *suite) nothing(t *testing.T) {
	ctx := t.Context()
	equal(t, 0, len(must(s.d.Lookup(ctx, nil))(t)))
	equal(t, 0, len(must(s.d.Invite(ctx, nil))(t)))
	equal(t, 0, len(must(s.d.Create(ctx, nil))(t)))
	equal(t, 0, len(must(s.d.AssignSEED(ctx, nil))(t)))
	equal(t, 0, len(must(s.d.Withdraw(ctx, nil))(t)))
	equal(t, 0, len(must(s.d.Status(ctx, nil))(t)))
}
