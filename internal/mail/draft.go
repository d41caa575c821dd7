package mail

import (
	"errors"
	"time"
)

var draftExpiry = parse("draft", "Your TechBiz list of users will be deleted")

// DraftExpiryFacts are what the notice about a draft that will go says.
type DraftExpiryFacts struct {
	// To is the plain e-mail address of the list's owner.
	To string
	// FileName is that of the uploaded file, empty for a list without one.
	FileName string
	// Users is how many the list has, at least 1.
	Users int
	// MadeOn is when the list was made, and ExpiresAt when it goes.
	MadeOn, ExpiresAt time.Time
	// Link is where the list is: absolute, http or https.
	Link string
}

type draftView struct{ Subject, List, Made, Date, Time, Link string }

// DraftExpiry makes the notice that a list which nobody has submitted will be
// deleted. It fails on a recipient that is not one plain address, on a link that is
// not http or https, and without users or a date.
func DraftExpiry(f DraftExpiryFacts) (Message, error) {
	if f.Users < 1 || f.ExpiresAt.IsZero() {
		return Message{}, errors.New("mail: a draft that goes has users and a date")
	}
	v := draftView{
		Subject: draftExpiry.subject, List: count(f.Users, "user"), Made: day(f.MadeOn),
		Date: day(f.ExpiresAt), Time: minute(f.ExpiresAt), Link: f.Link,
	}
	if name := oneLine(f.FileName); name != "" {
		v.List += " from " + name
	}
	return draftExpiry.render(f.To, v, f.Link)
}
