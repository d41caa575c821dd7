package mail

import (
	"errors"
	"time"
)

// BatchDoneFacts are what the mail about a finished list of users says.
type BatchDoneFacts struct {
	// To is the officer's plain e-mail address.
	To string
	// FileName is the list's file; empty for a list without one.
	FileName    string
	SubmittedAt time.Time
	// How many users came to which end. LeftOut still wait on the list for a
	// correction.
	Succeeded, Failed, Cancelled, LeftOut int
	// Link is the list's page: absolute, http or https.
	Link string
}

type batchDoneView struct {
	Subject, FileName, Date, Time, Link   string
	Succeeded, Failed, Cancelled, LeftOut string
	AllDone                               bool
}

// BatchDone makes the mail that tells an officer that a list is done. It fails on a
// recipient that is not one plain address, on a link that is not http or https, and
// without a link.
func BatchDone(f BatchDoneFacts) (Message, error) {
	if f.Link == "" {
		return Message{}, errors.New("mail: a mail about a list links to it")
	}
	some := func(n int) string {
		if n == 0 {
			return ""
		}
		return count(n, "user")
	}
	return batchDone.render(f.To, batchDoneView{
		Subject: batchDone.subject, FileName: oneLine(f.FileName), Date: day(f.SubmittedAt), Time: minute(f.SubmittedAt), Link: f.Link,
		Succeeded: count(f.Succeeded, "user"), Failed: some(f.Failed), Cancelled: some(f.Cancelled), LeftOut: some(f.LeftOut),
		AllDone: f.Failed+f.Cancelled+f.LeftOut == 0,
	}, f.Link)
}
