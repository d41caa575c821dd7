// Package directorytest is what every directory provider has to pass: the
// promises of package directory, kept alone, set-wise and by many at once.
//
// It does not test how long links and accounts live, for a real directory's clock
// cannot be moved, nor what a provider does when it misbehaves.
package directorytest

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"techbiz/internal/directory"
	"techbiz/internal/fault"
)

// Actor plays the people on the other side.
type Actor interface {
	CompleteRegistration(ctx context.Context, email string) error
	Activate(ctx context.Context, email string) error
	OnboardDevice(ctx context.Context, email string) error
	Terminate(ctx context.Context, email string) error
}

// Run runs the suite over one directory, which is empty at the start.
func Run(t *testing.T, open func(t *testing.T) (directory.Directory, Actor)) {
	d, actor := open(t)
	s := &suite{d: d, actor: actor}
	for name, test := range map[string]func(*suite, *testing.T){
		"a created account is found by any of the three":         (*suite).lookup,
		"a repeated key finds what the first call made":          (*suite).repeated,
		"what is unique is taken once":                           (*suite).unique,
		"requests of one call compete with each other":           (*suite).within,
		"an invited person has a link and can register":          (*suite).invite,
		"a higher round makes a new link":                        (*suite).rounds,
		"what nobody has activated is withdrawn":                 (*suite).withdraw,
		"what was withdrawn can be made anew":                    (*suite).anew,
		"an active account is not withdrawn":                     (*suite).withdrawActive,
		"somebody who is gone is absent, and holds nothing":      (*suite).gone,
		"a licence is given and used":                            (*suite).seed,
		"some addresses cannot have a licence":                   (*suite).ineligible,
		"many create the same person, and one does it":           (*suite).race,
		"many repeat one request, and all get the same person":   (*suite).raceOfOneKey,
		"five hundred are made, found and withdrawn in one call": (*suite).many,
		"nothing asked for is nothing answered":                  (*suite).nothing,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(s, t)
		})
	}
}

type suite struct {
	d      directory.Directory
	actor  Actor
	people atomic.Int64
}

// account returns an account whose details nobody else has.
func (s *suite) account() directory.Account {
	n := s.people.Add(1)
	return directory.Account{
		Key: fmt.Sprintf("key-%d", n), Email: fmt.Sprintf("Person.%d@Vendor.example", n), Username: fmt.Sprintf("Person.%d", n),
		FirstName: "Mei Ling", LastName: "Tan", Number: fmt.Sprintf("+65%d", 80_000_000+n),
	}
}

func (s *suite) accounts(n int) []directory.Account {
	all := make([]directory.Account, n)
	for i := range all {
		all[i] = s.account()
	}
	return all
}

func (s *suite) create(t *testing.T, who ...directory.Account) []directory.Result {
	t.Helper()
	return must(s.d.Create(t.Context(), who))(t)
}

func (s *suite) status(t *testing.T, ref string) directory.Person {
	t.Helper()
	return must(s.d.Status(t.Context(), []string{ref}))(t)[0]
}

// must ends the test where a whole call failed.
func must[T any](v T, err error) func(t *testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// made checks a result that stands for a person.
func made(t *testing.T, r directory.Result) directory.Result {
	t.Helper()
	if r.Err != nil {
		t.Fatal(r.Err)
	}
	if r.Ref == "" || !strings.HasPrefix(r.Link, "http") || r.ExpiresAt.IsZero() {
		t.Fatalf("the result has a gap: %+v", r)
	}
	return r
}

// refused checks a result that says no.
func refused(t *testing.T, r directory.Result, code fault.Code, field ...string) {
	t.Helper()
	if r.Err == nil || r.Err.Code != code || r.Err.Message == "" || r.Ref != "" {
		t.Fatalf("got %+v (%v), want %s", r, r.Err, code)
	}
	if field != nil {
		equal(t, field, r.Err.Field)
	}
}

func equal(t *testing.T, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("-want +got\n%s", diff)
	}
}

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

func (s *suite) seed(t *testing.T) {
	a := s.account()
	r := made(t, s.create(t, a)[0])
	for range 2 {
		if given := must(s.d.AssignSEED(t.Context(), []string{r.Ref}))(t)[0]; given.Err != nil {
			t.Fatal(given.Err)
		}
		equal(t, directory.SeedLicensed, s.status(t, r.Ref).Seed)
	}
	ok(t, s.actor.Activate(t.Context(), a.Email))
	ok(t, s.actor.OnboardDevice(t.Context(), a.Email))
	equal(t, directory.SeedOnboarded, s.status(t, r.Ref).Seed)
	equal(t, (*fault.Error)(nil), must(s.d.AssignSEED(t.Context(), []string{r.Ref}))(t)[0].Err)
	equal(t, directory.SeedOnboarded, s.status(t, r.Ref).Seed)
}

func (s *suite) ineligible(t *testing.T) {
	pupil, other := s.account(), s.account()
	pupil.Email, pupil.Username = "Pupil@Schools.gov.sg", ""
	results := s.create(t, pupil, other)
	refs := []string{made(t, results[0]).Ref, made(t, results[1]).Ref}
	given := must(s.d.AssignSEED(t.Context(), refs))(t)
	refused(t, given[0], fault.SeedNotEligible)
	equal(t, (*fault.Error)(nil), given[1].Err)
	equal(t, directory.SeedIneligible, s.status(t, refs[0]).Seed)
	equal(t, directory.SeedLicensed, s.status(t, refs[1]).Seed)
}

// atOnce is how many do the same at the same moment.
const atOnce = 40

// raceOf lets each of them create an account and returns the results.
func (s *suite) raceOf(t *testing.T, account func(i int) directory.Account) []directory.Result {
	t.Helper()
	results, errs := make([]directory.Result, atOnce), make([]error, atOnce)
	var all sync.WaitGroup
	start := make(chan struct{})
	for i := range atOnce {
		a := account(i)
		all.Go(func() {
			<-start
			var r []directory.Result
			if r, errs[i] = s.d.Create(t.Context(), []directory.Account{a}); errs[i] == nil {
				results[i] = r[0]
			}
		})
	}
	close(start)
	all.Wait()
	for _, err := range errs {
		ok(t, err)
	}
	return results
}

func (s *suite) race(t *testing.T) {
	same := s.account()
	results := s.raceOf(t, func(int) directory.Account {
		a := s.account()
		a.Email = same.Email
		return a
	})
	winners := 0
	for _, r := range results {
		if r.Err == nil {
			winners++
			continue
		}
		refused(t, r, fault.AccountExists, "email")
	}
	equal(t, 1, winners)
	equal(t, 1, len(must(s.d.Lookup(t.Context(), []directory.Identity{{Email: same.Email}}))(t)))
}

func (s *suite) raceOfOneKey(t *testing.T) {
	same := s.account()
	results := s.raceOf(t, func(int) directory.Account { return same })
	for _, r := range results {
		equal(t, made(t, results[0]), made(t, r))
	}
}

func (s *suite) many(t *testing.T) {
	all := s.accounts(directory.MaxPeople)
	refs, keys := make([]string, len(all)), make([]string, len(all))
	who := make([]directory.Identity, len(all))
	for i, r := range s.create(t, all...) {
		refs[i], keys[i] = made(t, r).Ref, all[i].Key
		who[i] = directory.Identity{Email: all[i].Email, Username: all[i].Username, Number: all[i].Number}
	}
	for i, p := range must(s.d.Status(t.Context(), refs))(t) {
		equal(t, all[i].Email, p.Email)
		equal(t, refs[i], p.Ref)
	}
	equal(t, len(all), len(must(s.d.Lookup(t.Context(), who))(t)))
	for _, r := range must(s.d.AssignSEED(t.Context(), refs))(t) {
		equal(t, (*fault.Error)(nil), r.Err)
	}
	equal(t, len(all), len(must(s.d.Withdraw(t.Context(), keys))(t)))
	equal(t, 0, len(must(s.d.Lookup(t.Context(), who))(t)))
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
