package sandbox

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"techbiz/ent/sandboxperson"
	"techbiz/internal/address"
	"techbiz/internal/database"
	"techbiz/internal/directory"
	"techbiz/internal/fault"
)

// AssignSEED gives licences to people who are there, by Ref. Codes in a result:
// SEED_NOT_ELIGIBLE for an address at schools.gov.sg, NOT_FOUND.
func (s *Sandbox) AssignSEED(ctx context.Context, refs []string) ([]directory.Result, error) {
	var results []directory.Result
	err := s.change(ctx, len(refs), func(ctx context.Context, tx *database.Tx) error {
		results = make([]directory.Result, len(refs))
		n, err := assignAll(ctx, tx, refs)
		if err != nil {
			return err
		}
		if n == len(refs) {
			for i, ref := range refs {
				results[i].Ref = ref
			}
			return nil
		}
		people, err := byRefs(ctx, tx.Client, refs)
		if err != nil {
			return err
		}
		seeds := map[sandboxperson.Seed][]uuid.UUID{}
		for i, ref := range refs {
			p := people[ref]
			switch {
			case p == nil || gone(p, tx.Now):
				results[i].Err = fault.New(fault.NotFound, "The account is not there any more.")
			case address.Domain(p.EmailKey) == noSEED:
				results[i].Err = fault.Field("seedRequired", fault.SeedNotEligible, "An address at %s cannot have SEED licences.", noSEED)
				seeds[sandboxperson.SeedIneligible] = append(seeds[sandboxperson.SeedIneligible], p.ID)
			default:
				results[i].Ref = ref
				seeds[sandboxperson.SeedLicensed] = append(seeds[sandboxperson.SeedLicensed], p.ID)
			}
		}
		for seed, ids := range seeds {
			err := tx.SandboxPerson.Update().SetSeed(seed).
				Where(sandboxperson.IDIn(ids...), sandboxperson.SeedEQ(sandboxperson.SeedNone)).Exec(ctx)
			if err != nil {
				return fmt.Errorf("assign licences: %w", err)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return results, nil
}

// assignAll gives licences to those of the people who are there, can have one and
// have none, and returns how many these are.
func assignAll(ctx context.Context, tx *database.Tx, refs []string) (int, error) {
	ids := make([]uuid.UUID, 0, len(refs))
	for _, ref := range refs {
		if id, err := uuid.Parse(ref); err == nil { // else it is nobody's
			ids = append(ids, id)
		}
	}
	n, err := tx.SandboxPerson.Update().SetSeed(sandboxperson.SeedLicensed).Where(
		database.OneOfIDs(sandboxperson.FieldID, ids), sandboxperson.SeedEQ(sandboxperson.SeedNone),
		sandboxperson.StateNEQ(sandboxperson.StateTerminated),
		sandboxperson.Or(sandboxperson.ExpiresAtIsNil(), sandboxperson.ExpiresAtGT(tx.Now)),
		sandboxperson.Not(sandboxperson.EmailKeyHasSuffix("@"+noSEED))).Save(ctx)
	if err != nil {
		return 0, fmt.Errorf("assign licences: %w", err)
	}
	return n, nil
}
