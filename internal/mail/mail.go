// Package mail makes the mails that the product sends and hands them to an
// SMTP relay.
//
// [SignInCode], [Registration], [Onboarding] and [BatchDone] render a [Message]: HTML and
// text with the same facts, the subject always ours, what a person typed
// escaped and kept to one line. [Relay] hands over one message at a time and
// always tells apart the three ways in which that can fail: refused for good
// ([RefusedError]), nothing handed over ([fault.Unavailable]), and in doubt
// ([InDoubtError]). It never tries a message again once its end was sent. The
// package keeps no queue and no mailbox, and does not learn of later bounces.
package mail

import (
	"errors"
	netmail "net/mail"
	"strings"
)

// Message is one mail to one person.
type Message struct {
	// ID is the Message-ID without its angle brackets. The renderers leave it
	// empty; the caller sets one that stays the same however often the message
	// is tried. Where it is empty the relay makes one up.
	ID string
	// To is one plain address, without a name.
	To string
	// Subject is one line, never made from what a person typed.
	Subject string
	// Text and HTML are the two bodies, with the same facts.
	Text, HTML string
	// Links are the addresses that the message links to, each once, in order.
	Links []string
}

// checkRecipient returns an error unless to is one plain address. It guards the
// header and the SMTP command, so it is asked before both.
func checkRecipient(to string) error {
	a, err := netmail.ParseAddress(to)
	if err != nil || a.Name != "" || a.Address != to || strings.ContainsAny(to, "\r\n") {
		return errors.New("mail: the recipient is not one plain e-mail address")
	}
	return nil
}
