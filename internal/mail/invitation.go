package mail

import (
	"errors"
	"time"
)

// Inviter is the officer who asked for the account, as the invitee sees that
// officer. Either part may be empty.
type Inviter struct {
	Name, Email string
}

// String returns "Name (e-mail)", or the one that is known.
func (i Inviter) String() string {
	name, email := oneLine(i.Name), oneLine(i.Email)
	switch {
	case name == "":
		return email
	case email == "":
		return name
	}
	return name + " (" + email + ")"
}

// Guides are the addresses of the public guides. Where one is empty, the text
// that names the guide stands without a link.
type Guides struct {
	TechPass, Seed string
}

// RegistrationFacts are what the mail of an e-mail invitation says.
type RegistrationFacts struct {
	// To is the officer's plain e-mail address.
	To string
	// Inviter asked for the account, for this Reason (one line is made of it).
	Inviter Inviter
	Reason  string
	// Link is where the registration is completed: absolute, http or https.
	Link string
	// Days is how long the link works, and CompleteBy when it stops.
	Days       int
	CompleteBy time.Time
	// SeedRequired adds what SEED means.
	SeedRequired bool
	Guides       Guides
}

// OnboardingFacts are what the mail about a created account says.
type OnboardingFacts struct {
	// To is the invitee's plain e-mail address, which is an officer's TechPass ID.
	To string
	// Username is a vendor's TechPass username without its suffix; empty for an
	// officer.
	Username string
	// FirstName and LastName are greeted.
	FirstName, LastName string
	// Inviter asked for the account, for this Reason (one line is made of it).
	Inviter Inviter
	Reason  string
	// Link is where the account is activated: absolute, http or https.
	Link string
	// Days is how long after its creation the account is terminated unless
	// activated, and ActivateBy that moment.
	Days       int
	ActivateBy time.Time
	// SeedRequired adds what SEED means.
	SeedRequired bool
	Guides       Guides
}

// usernameSuffix ends the TechPass ID of every vendor.
const usernameSuffix = "@techpass.gov.sg"

// invitationView is what both templates show. Every field is on one line.
type invitationView struct {
	Subject, Name, TechPassID, Inviter, Reason, Link string
	Within, Date, Time                               string
	Vendor, SeedRequired                             bool
	Guides                                           Guides
}

// Registration makes the mail of an e-mail invitation to an officer. It fails
// on a recipient that is not one plain address, on a link that is not http or
// https, and without a link or a date.
func Registration(f RegistrationFacts) (Message, error) {
	v := invitationView{
		Subject: registration.subject,
		Inviter: f.Inviter.String(), Reason: oneLine(f.Reason), Link: f.Link,
		SeedRequired: f.SeedRequired, Guides: f.Guides,
	}
	return registration.invite(f.To, v, f.Days, f.CompleteBy)
}

// Onboarding makes the mail about an account that was created. A vendor's says
// the TechPass username, and that the initial password comes by another channel.
// It fails on a recipient that is not one plain address, on a link that is not
// http or https, and without a link or a date.
func Onboarding(f OnboardingFacts) (Message, error) {
	v := invitationView{
		Subject: onboarding.subject, Name: oneLine(f.FirstName + " " + f.LastName), TechPassID: f.To,
		Inviter: f.Inviter.String(), Reason: oneLine(f.Reason), Link: f.Link,
		SeedRequired: f.SeedRequired, Guides: f.Guides,
	}
	if f.Username != "" {
		v.Vendor, v.TechPassID = true, oneLine(f.Username)+usernameSuffix
	}
	return onboarding.invite(f.To, v, f.Days, f.ActivateBy)
}

func (k *kind) invite(to string, v invitationView, days int, by time.Time) (Message, error) {
	if v.Link == "" || days < 1 || by.IsZero() {
		return Message{}, errors.New("mail: an invitation has a link and a date until which it holds")
	}
	v.Within, v.Date, v.Time = count(days, "day"), day(by), minute(by)
	links := []string{v.Link}
	if v.SeedRequired {
		links = append(links, v.Guides.Seed)
	}
	m, err := k.head(to, append(links, v.Guides.TechPass)...)
	if err != nil {
		return Message{}, err
	}
	f, err := k.form(v)
	if err != nil {
		return Message{}, err
	}
	if m.HTML, m.Text, err = f.fill(v); err != nil {
		return Message{}, err
	}
	return m, nil
}
