package directorytest

import (
	"testing"

	"techbiz/internal/directory"
	"techbiz/internal/fault"
)

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
