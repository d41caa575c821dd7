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
