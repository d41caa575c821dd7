package sandbox

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"techbiz/internal/directory"
	"techbiz/internal/directory/directorytest"
	"techbiz/internal/fault"
)

type actor struct{ *Sandbox }

func (a actor) CompleteRegistration(ctx context.Context, email string) error {
	return a.do(ctx, email, CompleteRegistration)
}
func (a actor) Activate(ctx context.Context, email string) error { return a.do(ctx, email, Activate) }
func (a actor) OnboardDevice(ctx context.Context, email string) error {
	return a.do(ctx, email, OnboardDevice)
}
func (a actor) Terminate(ctx context.Context, email string) error { return a.do(ctx, email, Terminate) }

func (a actor) do(ctx context.Context, email string, act Act) error {
	_, err := a.Act(ctx, email, act, Details{})
	return err
}

func TestSandbox_IsADirectory(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *fixture) {
		directorytest.Run(t, func(*testing.T) (directory.Directory, directorytest.Actor) { return s.Sandbox, actor{s.Sandbox} })
	})
}

func TestExpiry_AccountsEndAfterThirtyDays(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *fixture) {
		late, used := account(1), account(2)
		r, kept := s.create(t, late), s.create(t, used)
		equal(t, start.Add(30*24*time.Hour), r.ExpiresAt.UTC())
		s.act(t, used.Email, Activate)
		s.advance(t, 29)
		equal(t, directory.Created, s.state(t, r.Ref))
		s.advance(t, 1)
		equal(t, directory.Absent, s.state(t, r.Ref))
		equal(t, directory.Active, s.state(t, kept.Ref))
		again := late
		again.Key = "another"
		if r := s.create(t, again); r.Err != nil {
			t.Fatal(r.Err)
		}
	})
}

func TestExpiry_IsSeenWithoutASweep(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *fixture) {
		a := account(1)
		r := s.create(t, a)
		s.clock.raise(31 * 24 * 60 * 60) // time goes by, and nobody touches the tables
		equal(t, directory.Absent, s.state(t, r.Ref))
		found, err := s.Lookup(t.Context(), []directory.Identity{{Email: a.Email}})
		if err != nil || len(found) > 0 {
			t.Fatalf("got %v, %v", found, err)
		}
		equal(t, "TERMINATED", s.person(t, a.Email).State)
		_, err = s.Act(t.Context(), a.Email, Activate, Details{})
		hasCode(t, err, fault.Conflict)
	})
}

func TestInvite_LinksLapseFiveDaysAfterTheLastRound(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *fixture) {
		const email = "tan_mei_ling@agency.gov.sg"
		first := s.invite(t, "key", email, 1)
		s.advance(t, 4)
		second := s.invite(t, "key", email, 2)
		equal(t, start.Add(9*24*time.Hour), second.ExpiresAt.UTC())
		_, err := s.PersonByLink(t.Context(), token(first.Link))
		hasCode(t, err, fault.NotFound)
		s.advance(t, 4)
		equal(t, directory.Invited, s.state(t, second.Ref))
		p, err := s.PersonByLink(t.Context(), token(second.Link))
		if err != nil || p.State != "INVITED" {
			t.Fatalf("got %+v, %v", p, err)
		}
		s.advance(t, 1)
		equal(t, directory.Absent, s.state(t, second.Ref))
		if r := s.invite(t, "key of a new invitation", email, 1); r.Err != nil {
			t.Fatal(r.Err)
		}
	})
}

func TestInvite_ManyOfOneRoundGetTheSameLink(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *fixture) {
		ask := []directory.Invitation{{Key: "key", Email: "a@agency.gov.sg", Round: 1}}
		first := s.invite(t, ask[0].Key, ask[0].Email, 1)
		ask[0].Round = 2
		links := make([]string, 20)
		var all sync.WaitGroup
		for i := range links {
			all.Go(func() {
				if r, err := s.Invite(t.Context(), ask); err != nil {
					t.Error(err)
				} else {
					links[i] = r[0].Link
				}
			})
		}
		all.Wait()
		if links = slices.Compact(links); len(links) != 1 || links[0] == first.Link {
			t.Fatalf("got %d links", len(links))
		}
	})
}

func token(link string) string { return link[strings.LastIndexByte(link, '/')+1:] }

func TestMake_LinksLeadToThePages(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *fixture) {
		invited, created := s.invite(t, "key", "a@agency.gov.sg", 1), s.create(t, account(1))
		for prefix, link := range map[string]string{
			"https://portal.example/sandbox/register/": invited.Link,
			"https://portal.example/sandbox/activate/": created.Link,
		} {
			if !strings.HasPrefix(link, prefix) || len(link) < len(prefix)+20 {
				t.Errorf("got %s, want %s and a secret", link, prefix)
			}
		}
	})
}

func TestMake_AUsedKeyNeverComesBack(t *testing.T) {
	t.Parallel()
	ends := map[string]func(t *testing.T, s *fixture, a directory.Account){
		"after the withdrawal": func(t *testing.T, s *fixture, a directory.Account) {
			if _, err := s.Withdraw(t.Context(), []string{a.Key}); err != nil {
				t.Fatal(err)
			}
		},
		"after the termination": func(t *testing.T, s *fixture, a directory.Account) { s.act(t, a.Email, Terminate) },
		"after its time":        func(t *testing.T, s *fixture, _ directory.Account) { s.advance(t, 30) },
	}
	each(t, func(t *testing.T, s *fixture) {
		for name, end := range ends {
			t.Run(name, func(t *testing.T) {
				s.people++
				a := account(s.people)
				first := s.create(t, a)
				end(t, s, a)
				if r := s.create(t, a); r.Err == nil || r.Err.Code != fault.NotFound || r.Ref != "" {
					t.Fatalf("got %+v", r)
				}
				if r := s.invite(t, a.Key, a.Email, 5); r.Err == nil || r.Err.Code != fault.NotFound {
					t.Fatalf("got %+v", r)
				}
				equal(t, directory.Absent, s.state(t, first.Ref))
			})
		}
	})
}

func TestCall_TooManyPeopleAreRefused(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *fixture) {
		_, err := s.Status(t.Context(), make([]string, directory.MaxPeople+1))
		hasCode(t, err, fault.BadRequest)
	})
}

func TestCall_WhatWasDoneBeforeALostAnswerIsFoundAgain(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *fixture) {
		// The first call fails, the second one loses its answer, the third is fine.
		draws := []float64{0.1, 0.3, 0.9}
		s.gate = newGate(Faults{Fail: 0.2, Lost: 0.2, Chance: func() float64 {
			d := draws[0]
			draws = draws[1:]
			return d
		}}, s.clock.Now)
		who := []directory.Account{account(1)}
		for _, there := range []int{0, 1} {
			_, err := s.Create(t.Context(), who)
			hasCode(t, err, fault.Unavailable)
			_, total, err := s.People(t.Context(), "", 1)
			if err != nil {
				t.Fatal(err)
			}
			equal(t, there, total)
		}
		if r := s.create(t, who[0]); r.Err != nil || r.Ref == "" {
			t.Fatalf("got %+v", r)
		}
	})
}

func BenchmarkCreate500(b *testing.B) {
	eachBench(b, func(b *testing.B, s *fixture) {
		who := make([]directory.Account, directory.MaxPeople)
		n := 0
		for b.Loop() {
			for i := range who {
				n++
				who[i] = account(n)
			}
			if _, err := s.Create(b.Context(), who); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "people/s")
	})
}
