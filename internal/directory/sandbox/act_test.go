package sandbox

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"techbiz/internal/directory"
	"techbiz/internal/fault"
)

// in brings somebody new into a state, and forgets what was told so far.
func (s *fixture) in(t *testing.T, state, seed string) (email, ref string) {
	t.Helper()
	s.people++
	a := account(s.people)
	if seed == "INELIGIBLE" {
		a.Email = fmt.Sprintf("pupil.%d@schools.gov.sg", s.people)
	}
	email = a.Email
	var r directory.Result
	if state == "INVITED" {
		r = s.invite(t, a.Key, email, 1)
	} else {
		r = s.create(t, a)
	}
	if seed != "NONE" {
		if _, err := s.AssignSEED(t.Context(), []string{r.Ref}); err != nil {
			t.Fatal(err)
		}
	}
	if state == "ACTIVE" || state == "TERMINATED" {
		s.act(t, email, Activate)
	}
	if seed == "ONBOARDED" {
		s.act(t, email, OnboardDevice)
	}
	if state == "TERMINATED" {
		s.act(t, email, Terminate)
	}
	s.changed = nil
	return email, r.Ref
}

func TestAct_TheStateDecides(t *testing.T) {
	t.Parallel()
	type outcome struct{ State, Seed string } // empty: forbidden
	cases := map[string]struct {
		state, seed string
		act         Act
		want        outcome
		still       bool
	}{
		"an invited person completes the registration":  {state: "INVITED", seed: "NONE", act: CompleteRegistration, want: outcome{"ACTIVE", "NONE"}},
		"a created account has none to complete":        {state: "CREATED", seed: "NONE", act: CompleteRegistration},
		"an active account has none to complete":        {state: "ACTIVE", seed: "NONE", act: CompleteRegistration},
		"an invited person has nothing to activate":     {state: "INVITED", seed: "NONE", act: Activate},
		"a created account is activated":                {state: "CREATED", seed: "LICENSED", act: Activate, want: outcome{"ACTIVE", "LICENSED"}},
		"an active account stays active":                {state: "ACTIVE", seed: "NONE", act: Activate, want: outcome{"ACTIVE", "NONE"}, still: true},
		"a licensed account onboards a device":          {state: "ACTIVE", seed: "LICENSED", act: OnboardDevice, want: outcome{"ACTIVE", "ONBOARDED"}},
		"a device is onboarded once":                    {state: "ACTIVE", seed: "ONBOARDED", act: OnboardDevice, want: outcome{"ACTIVE", "ONBOARDED"}, still: true},
		"without a licence there is no device":          {state: "ACTIVE", seed: "NONE", act: OnboardDevice},
		"who cannot have a licence has no device":       {state: "ACTIVE", seed: "INELIGIBLE", act: OnboardDevice},
		"a created account onboards no device":          {state: "CREATED", seed: "LICENSED", act: OnboardDevice},
		"an invited person is terminated":               {state: "INVITED", seed: "NONE", act: Terminate, want: outcome{"TERMINATED", "NONE"}},
		"a created account is terminated":               {state: "CREATED", seed: "NONE", act: Terminate, want: outcome{"TERMINATED", "NONE"}},
		"an active account is terminated":               {state: "ACTIVE", seed: "LICENSED", act: Terminate, want: outcome{"TERMINATED", "LICENSED"}},
		"a terminated account is not terminated again":  {state: "TERMINATED", seed: "NONE", act: Terminate},
		"a terminated account is not activated":         {state: "TERMINATED", seed: "NONE", act: Activate},
		"a terminated account has nothing to complete":  {state: "TERMINATED", seed: "NONE", act: CompleteRegistration},
		"a terminated account has no device to onboard": {state: "TERMINATED", seed: "LICENSED", act: OnboardDevice},
	}
	each(t, func(t *testing.T, s *fixture) {
		for name, c := range cases {
			t.Run(name, func(t *testing.T) {
				email, ref := s.in(t, c.state, c.seed)
				before := s.person(t, email)
				p, err := s.Act(t.Context(), strings.ToUpper(email), c.act, Details{})
				after := s.person(t, email)
				if c.want == (outcome{}) {
					hasCode(t, err, fault.Conflict)
				} else if err != nil {
					t.Fatal(err)
				} else {
					equal(t, c.want, outcome{p.State, p.Seed})
					equal(t, p, after)
				}
				if c.want == (outcome{}) || c.still {
					equal(t, before, after)
					equal(t, []string(nil), s.changed)
				} else {
					equal(t, []string{ref}, s.changed)
				}
			})
		}
	})
}

func (s *fixture) person(t *testing.T, email string) Person {
	t.Helper()
	p, err := s.Person(t.Context(), email)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestAct_CompleteRegistration(t *testing.T) {
	t.Parallel()
	const officer = "tan_mei_ling@agency.gov.sg"
	cases := map[string]struct {
		email string
		give  Details
		want  Details // no number: any
		codes map[string]fault.Code
	}{
		"what is given is kept": {
			email: officer, give: Details{" Mei Ling ", "Tan", "+65 9123-4567"}, want: Details{"Mei Ling", "Tan", "+6591234567"}},
		"what is absent is made up": {email: officer, want: Details{FirstName: "Tan", LastName: "Mei Ling"}},
		"an address with one word":  {email: "alice2@agency.gov.sg", want: Details{FirstName: "Alice", LastName: "Tan"}},
		"an address that is very long": {
			email: strings.Repeat("é", 70) + "." + strings.Repeat("x", 70) + "@agency.gov.sg",
			want:  Details{FirstName: "É" + strings.Repeat("é", 63), LastName: "X" + strings.Repeat("x", 63)}},
		"an address without letters":     {email: "42@agency.gov.sg", want: Details{FirstName: "Sandbox", LastName: "Person"}},
		"a number that starts otherwise": {email: officer, give: Details{ContactNumber: "61234567"}, codes: map[string]fault.Code{"contactNumber": fault.InvalidFormat}},
		"a number that is taken":         {email: officer, give: Details{ContactNumber: "80000001"}, codes: map[string]fault.Code{"contactNumber": fault.Conflict}},
		"every mistake at once": {
			email: officer, give: Details{strings.Repeat("é", 65), strings.Repeat("x", 65), "x"},
			codes: map[string]fault.Code{"firstName": fault.TooLong, "lastName": fault.TooLong, "contactNumber": fault.InvalidFormat}},
	}
	each(t, func(t *testing.T, s *fixture) {
		s.create(t, account(1)) // holds +6580000001
		for name, c := range cases {
			t.Run(name, func(t *testing.T) {
				link := s.invite(t, name, c.email, 1).Link
				defer s.act(t, c.email, Terminate) // frees the address and the number
				p, err := s.ActByLink(t.Context(), token(link), CompleteRegistration, c.give)
				codes := map[string]fault.Code{}
				for _, f := range fault.Of(err) {
					codes[f.Field[0]] = f.Code
				}
				if diff := cmp.Diff(c.codes, codes, cmpopts.EquateEmpty()); diff != "" {
					t.Fatalf("-want +got\n%s", diff)
				}
				if c.codes != nil {
					equal(t, "INVITED", s.person(t, c.email).State)
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				if c.want.ContactNumber == "" {
					if n := strings.TrimPrefix(p.ContactNumber, "+65"); !mobile.MatchString(n) {
						t.Fatalf("made up %q", p.ContactNumber)
					}
					p.ContactNumber = ""
				}
				equal(t, c.want, Details{p.FirstName, p.LastName, p.ContactNumber})
				if p.State != "ACTIVE" || p.ExpiresAt != nil || p.ActivatedAt == nil {
					t.Fatalf("got %+v", p)
				}
			})
		}
	})
}

func TestAct_UnknownPeopleAndActs(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *fixture) {
		_, err := s.Act(t.Context(), "nobody@agency.gov.sg", Activate, Details{})
		hasCode(t, err, fault.NotFound)
		_, err = s.ActByLink(t.Context(), "no such link", Activate, Details{})
		hasCode(t, err, fault.NotFound)
		_, err = s.Person(t.Context(), "nobody@agency.gov.sg")
		hasCode(t, err, fault.NotFound)
		s.create(t, account(1))
		_, err = s.Act(t.Context(), account(1).Email, "dance", Details{})
		hasCode(t, err, fault.BadRequest)
	})
}

func TestAct_FaultsConcernTheDirectoryOnly(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *fixture) {
		email, _ := s.in(t, "CREATED", "NONE")
		s.gate = newGate(Faults{Fail: 1}, s.clock.Now)
		s.act(t, email, Activate)
	})
}

func TestAct_ManyAtOnceChangeItOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *fixture) {
		email, ref := s.in(t, "INVITED", "NONE")
		var all sync.WaitGroup
		var done atomic.Int64
		for range 20 {
			all.Go(func() {
				_, err := s.Act(t.Context(), email, CompleteRegistration, Details{})
				if err == nil {
					done.Add(1)
				} else if fault.CodeOf(err) != fault.Conflict {
					t.Error(err)
				}
			})
		}
		all.Wait()
		equal(t, int64(1), done.Load())
		equal(t, []string{ref}, s.changed)
	})
}

func TestPeople_FindsByTheBeginning(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *fixture) {
		for n := range 3 {
			s.create(t, account(n))
		}
		s.create(t, directory.Account{Key: "x", Email: "someone@else.example", Username: "Person.X"})
		for search, want := range map[string]int{"": 4, " PERSON.": 4, "person.1@": 1, "%": 0, "person_": 0, "someone": 1} {
			people, total, err := s.People(t.Context(), search, 3)
			if err != nil {
				t.Fatal(err)
			}
			equal(t, []int{want, min(want, 3)}, []int{total, len(people)})
		}
	})
}

func TestPerson_PrefersThePresentOne(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *fixture) {
		a := account(1)
		s.create(t, a)
		s.act(t, a.Email, Terminate)
		equal(t, "TERMINATED", s.person(t, a.Email).State)
		a.Key = "again"
		s.create(t, a)
		equal(t, "CREATED", s.person(t, a.Email).State)
	})
}
