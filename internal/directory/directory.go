// Package directory is what the product needs of the identity directory on the
// other side, and no more.
//
// Every provider behaves as its real one does: e-mail, username and number are
// unique there, and inviting or creating somebody who is there already is an
// error of that one request. Calls are for many people at once, and each has a
// result of its own. Every request that changes something carries a stable key:
// sent again after an answer was lost, it finds what the first one made and makes
// nothing twice.
//
// A call that fails as a whole returns a fault with the code UNAVAILABLE (try
// again) or THROTTLED (wait, and try again); whether it did its work is then
// unknown.
package directory

import (
	"context"
	"time"

	"techbiz/internal/fault"
)

// State is where a person stands in the directory.
type State string

const (
	// Absent: there is no such person, or it was terminated or deleted.
	Absent State = "ABSENT"
	// Invited: the registration has not been completed.
	Invited State = "INVITED"
	// Created: the account exists, and nobody has activated it.
	Created State = "CREATED"
	// Active: the person uses the account.
	Active State = "ACTIVE"
)

// Seed is what the directory says of the person's SEED licence.
type Seed string

const (
	// SeedNone: no licence.
	SeedNone Seed = "NONE"
	// SeedLicensed: a licence and no device.
	SeedLicensed Seed = "LICENSED"
	// SeedOnboarded: a licence and a device.
	SeedOnboarded Seed = "ONBOARDED"
	// SeedIneligible: the person cannot have a licence.
	SeedIneligible Seed = "INELIGIBLE"
)

// Person is what the directory knows of somebody.
type Person struct {
	// Ref is the directory's own id.
	Ref string
	// Key is the key of the request that made the person; empty where that is
	// unknown.
	Key       string
	State     State
	Seed      Seed
	Email     string
	Username  string // without suffix
	FirstName string
	LastName  string
	Number    string // E.164
}

// Identity is what makes a person unique. Empty fields are not looked for.
type Identity struct {
	Email    string
	Username string
	Number   string // E.164
}

// Invitation asks for a registration link to be made.
type Invitation struct {
	// Key is stable for the invitation.
	Key   string
	Email string
	// Round distinguishes a new link (a resend) from a repeated call: a higher
	// round makes a new link, the same round answers with the same one.
	Round int
}

// Account asks for an account to be created.
type Account struct {
	Key       string
	Email     string
	Username  string // empty for an officer
	FirstName string
	LastName  string
	Number    string // E.164
	// Round distinguishes a new try from a repeated call: a higher round makes
	// anew what was withdrawn, the same round finds what it made.
	Round int
}

// Result is the outcome for one request of a call, in the order of the requests.
type Result struct {
	// Ref is the directory's id of the person; empty where Err stands.
	Ref string
	// Link is where the person goes on: the registration, or the activation.
	Link string
	// ExpiresAt is when the link lapses or the account is terminated unless it is
	// used.
	ExpiresAt time.Time
	// Err says why this one was refused; no code but those of input
	// (ACCOUNT_EXISTS, …), and trying again does not help.
	Err *fault.Error
}

// Directory is what invitations need.
type Directory interface {
	// Lookup returns who holds any of the given e-mails, usernames or numbers.
	Lookup(ctx context.Context, who []Identity) ([]Person, error)
	// Invite makes registration links. ACCOUNT_EXISTS for somebody who is there.
	Invite(ctx context.Context, who []Invitation) ([]Result, error)
	// Create makes accounts. ACCOUNT_EXISTS, with the field, for what is taken.
	Create(ctx context.Context, who []Account) ([]Result, error)
	// AssignSEED gives licences to people, by Ref. SEED_NOT_ELIGIBLE for somebody
	// who cannot have one; giving twice is no error.
	AssignSEED(ctx context.Context, refs []string) ([]Result, error)
	// Withdraw removes what the requests with these keys made and nobody has
	// activated. What is not there is no error; NOT_CANCELLABLE for an active
	// account.
	Withdraw(ctx context.Context, keys []string) ([]Result, error)
	// Status returns the present state of people by Ref, in the same order; State
	// is [Absent] for one who is gone.
	Status(ctx context.Context, refs []string) ([]Person, error)
}

// Remembering is what a directory may have besides: it knows who was there and is
// gone.
type Remembering interface {
	// Former returns, for at most [MaxPeople] e-mail addresses, people who had one
	// of them and were terminated or deleted, with the State [Absent]; one person
	// for each address, who may not be its present holder.
	Former(ctx context.Context, emails []string) ([]Person, error)
}

// MaxPeople bounds the people in one call.
const MaxPeople = 500
