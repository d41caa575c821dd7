package sandbox

import (
	"context"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"techbiz/ent"
	"techbiz/ent/sandboxperson"
	"techbiz/internal/access"
	"techbiz/internal/database"
	"techbiz/internal/fault"
)

// Act is what a person does on the other side.
type Act string

const (
	// CompleteRegistration makes an active account of an invited person.
	CompleteRegistration Act = "complete-registration"
	// Activate makes a created account active; an active one stays so.
	Activate Act = "activate"
	// OnboardDevice puts a device under an active account's SEED licence.
	OnboardDevice Act = "onboard-device"
	// Terminate ends an account, or an invitation to one.
	Terminate Act = "terminate"
)

// Details are what a person gives to complete a registration. What is empty is
// made up.
type Details struct{ FirstName, LastName, ContactNumber string }

// Act lets the person with this e-mail address do something. Codes: NOT_FOUND,
// CONFLICT where the person's state forbids it (nothing changes then) or the
// contact number is taken, BAD_REQUEST for an act that there is not; for details
// TOO_LONG and INVALID_FORMAT.
func (s *Sandbox) Act(ctx context.Context, email string, act Act, d Details) (Person, error) {
	return s.act(ctx, act, d, func(ctx context.Context, tx *database.Tx) (*ent.SandboxPerson, error) {
		return byEmail(ctx, tx.Client, email)
	})
}

// ActByLink is [Sandbox.Act] for the person whose last mail has the link with
// this token.
func (s *Sandbox) ActByLink(ctx context.Context, token string, act Act, d Details) (Person, error) {
	return s.act(ctx, act, d, func(ctx context.Context, tx *database.Tx) (*ent.SandboxPerson, error) {
		return byToken(ctx, tx.Client, token)
	})
}

func (s *Sandbox) act(
	ctx context.Context, act Act, d Details, find func(context.Context, *database.Tx) (*ent.SandboxPerson, error),
) (Person, error) {
	var after Person
	err := s.o.DB.WithTx(access.System(ctx), func(ctx context.Context, tx *database.Tx) error {
		if err := sweep(ctx, tx); err != nil {
			return err
		}
		p, err := find(ctx, tx)
		if err != nil {
			return err
		}
		if after, err = asPerson(tx.Keys, p, tx.Now); err != nil {
			return err
		}
		changed, err := s.apply(ctx, tx, p, act, d)
		if err != nil || !changed {
			return err
		}
		if p, err = tx.SandboxPerson.Get(ctx, p.ID); err != nil {
			return fmt.Errorf("read the person again: %w", err)
		}
		if after, err = asPerson(tx.Keys, p, tx.Now); err != nil {
			return err
		}
		if s.o.Changed == nil {
			return nil
		}
		return s.o.Changed(ctx, tx, []string{p.ID.String()})
	})
	if err != nil {
		return Person{}, err
	}
	return after, nil
}

// apply changes the person as the act says, and returns false where the act
// changes nothing.
func (s *Sandbox) apply(ctx context.Context, tx *database.Tx, p *ent.SandboxPerson, act Act, d Details) (bool, error) {
	why, still := allowed(p, act)
	if why != nil || still {
		return false, why
	}
	// Somebody else may act at the same time: what was looked at is asked for
	// again.
	u := tx.SandboxPerson.Update().Where(sandboxperson.ID(p.ID), sandboxperson.StateEQ(p.State), sandboxperson.SeedEQ(p.Seed))
	switch act {
	case CompleteRegistration:
		if err := complete(ctx, tx, p, &d); err != nil {
			return false, err
		}
		number, err := store(tx.Keys, p.ID, d.ContactNumber)
		if err != nil {
			return false, err
		}
		u.SetFirstName(d.FirstName).SetLastName(d.LastName).
			SetNillableNumber(number.sealed).SetNillableNumberKey(number.key[0]).SetNillableNumberKey2(number.key[1])
		u.SetState(sandboxperson.StateActive).SetActivatedAt(tx.Now).ClearExpiresAt()
	case Activate:
		u.SetState(sandboxperson.StateActive).SetActivatedAt(tx.Now).ClearExpiresAt()
	case OnboardDevice:
		u.SetSeed(sandboxperson.SeedOnboarded)
	case Terminate:
		u.SetState(sandboxperson.StateTerminated)
	}
	n, err := u.Save(ctx)
	if err != nil {
		return false, fmt.Errorf("%s: %w", act, err)
	}
	if n == 0 {
		return false, fault.New(fault.Conflict, "Somebody else changed this person at the same time. Look again.")
	}
	return true, nil
}

// allowed is the table of what may be done in which state: a fault where the act
// is forbidden, and still where it changes nothing.
func allowed(p *ent.SandboxPerson, act Act) (why error, still bool) {
	if p.State == sandboxperson.StateTerminated {
		return fault.New(fault.Conflict, "%s is not in the directory any more.", p.Email), false
	}
	active := p.State == sandboxperson.StateActive
	switch act {
	case CompleteRegistration:
		if p.State != sandboxperson.StateInvited {
			return fault.New(fault.Conflict, "%s has an account: there is no registration to complete.", p.Email), false
		}
	case Activate:
		if p.State == sandboxperson.StateInvited {
			return fault.New(fault.Conflict, "%s has no account yet: complete the registration.", p.Email), false
		}
		return nil, active
	case OnboardDevice:
		if !active {
			return fault.New(fault.Conflict, "%s has no active account to onboard a device with.", p.Email), false
		}
		if p.Seed != sandboxperson.SeedLicensed && p.Seed != sandboxperson.SeedOnboarded {
			return fault.New(fault.Conflict, "%s has no SEED licence to onboard a device with.", p.Email), false
		}
		return nil, p.Seed == sandboxperson.SeedOnboarded
	case Terminate:
	default:
		return fault.New(fault.BadRequest, "A person can complete-registration, activate, onboard-device or terminate."), false
	}
	return nil, false
}

const (
	maxName   = 64 // characters
	maxNumber = 32 // characters, with what people separate digits by
)

var mobile = regexp.MustCompile(`^[89][0-9]{7}$`)

// complete checks the details and makes up what is absent; the number is then in
// E.164 and free.
func complete(ctx context.Context, tx *database.Tx, p *ent.SandboxPerson, d *Details) error {
	d.FirstName, d.LastName = strings.TrimSpace(d.FirstName), strings.TrimSpace(d.LastName)
	first, last := madeUpNames(p.Email)
	var faults fault.List
	for _, n := range []struct {
		field, name, madeUp string
		value               *string
	}{
		{"firstName", "the first name", first, &d.FirstName},
		{"lastName", "the last name", last, &d.LastName},
	} {
		if *n.value == "" {
			*n.value = n.madeUp
		}
		if utf8.RuneCountInString(*n.value) > maxName {
			faults = append(faults, fault.Field(n.field, fault.TooLong, "Shorten %s to %d characters.", n.name, maxName))
		}
	}
	number, err := numberFor(ctx, tx, d.ContactNumber)
	if found := fault.Of(err); found != nil {
		faults = append(faults, found...)
	} else if err != nil {
		return err
	}
	d.ContactNumber = number
	return faults.Err()
}

// numberFor returns the given number in E.164, or a free one where none is given.
func numberFor(ctx context.Context, tx *database.Tx, given string) (string, error) {
	if strings.TrimSpace(given) == "" {
		for {
			number := "+65" + strconv.Itoa(80_000_000+rand.IntN(20_000_000)) // #nosec G404 -- a number for nobody real
			if free, err := isFree(ctx, tx, number); err != nil || free {
				return number, err
			}
		}
	}
	digits := strings.TrimPrefix(strings.NewReplacer(" ", "", "-", "").Replace(given), "+")
	if len(digits) == 10 {
		digits = strings.TrimPrefix(digits, "65")
	}
	if len(given) > maxNumber || !mobile.MatchString(digits) {
		return "", fault.Field("contactNumber", fault.InvalidFormat, "Enter a Singapore mobile number: eight digits that start with 8 or 9.")
	}
	free, err := isFree(ctx, tx, "+65"+digits)
	if err == nil && !free {
		err = fault.Field("contactNumber", fault.Conflict, "A TechPass account with this contact number exists. Enter another number.")
	}
	return "+65" + digits, err
}

func isFree(ctx context.Context, tx *database.Tx, number string) (bool, error) {
	taken, err := (&holds{numbers: []string{number}}).find(ctx, tx.Client, tx.Keys)
	return len(taken) == 0, err
}

// madeUpNames are the names that an address suggests: Tan and Mei Ling for
// tan_mei_ling@agency.gov.sg.
func madeUpNames(email string) (first, last string) {
	local := email[:max(strings.LastIndexByte(email, '@'), 0)]
	words := strings.FieldsFunc(local, func(r rune) bool { return !unicode.IsLetter(r) })
	for i, w := range words {
		r, size := utf8.DecodeRuneInString(w)
		words[i] = string(unicode.ToUpper(r)) + w[size:]
	}
	switch len(words) {
	case 0:
		return "Sandbox", "Person"
	case 1:
		return shorten(words[0]), "Tan"
	}
	return shorten(words[0]), shorten(strings.Join(words[1:], " "))
}

// shorten keeps a made-up name within what a name may have.
func shorten(s string) string {
	if r := []rune(s); len(r) > maxName {
		return string(r[:maxName])
	}
	return s
}
