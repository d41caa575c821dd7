package directorytest

import (
	"sync"
	"testing"

	"techbiz/internal/directory"
	"techbiz/internal/fault"
)

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
