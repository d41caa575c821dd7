package mail

import (
	"errors"
	"time"
)

var domainDecision = parse("domain", "Your request for a domain in TechBiz")

// DomainDecisionFacts are what the mail about a decided request for a domain says.
type DomainDecisionFacts struct {
	// To is the plain e-mail address of the officer who asked.
	To string
	// Domain is the domain that was asked for, and AskedOn when.
	Domain  string
	AskedOn time.Time
	// Approved is set when the domain is allowed now.
	Approved bool
	// Note is what the administrator says about it, "" for nothing.
	Note string
	// Link is where the officer's requests stand: absolute, http or https.
	Link string
}

type domainDecisionView struct {
	Subject, Domain, Date, Note, Link string
	Approved                          bool
}

// DomainDecision makes the mail that tells an officer what became of a request. It
// fails on a recipient that is not one plain address, on a link that is not http
// or https, and without a domain or a link.
func DomainDecision(f DomainDecisionFacts) (Message, error) {
	if f.Domain == "" || f.Link == "" {
		return Message{}, errors.New("mail: a decision names its domain and links to the request")
	}
	return domainDecision.render(f.To, domainDecisionView{
		Subject: domainDecision.subject, Domain: oneLine(f.Domain), Date: day(f.AskedOn), Approved: f.Approved, Note: oneLine(f.Note), Link: f.Link,
	}, f.Link)
}
