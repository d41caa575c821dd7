package mail

import (
	"errors"
	"fmt"
	"net/textproto"
	"slices"
	"strings"

	"techbiz/internal/fault"
)

// RefusedError says that the relay refused the message for good (a 5xx reply).
// Nothing was sent, and trying again would not help.
type RefusedError struct {
	// Reason is a sentence for a person, with the relay's own words.
	Reason string
}

// Error returns the reason.
func (e *RefusedError) Error() string { return "mail refused: " + e.Reason }

// InDoubtError says that the message was handed over and the relay's answer
// never came: it may have been sent or not. Trying again may send it twice.
type InDoubtError struct {
	// Reason is a sentence for a person.
	Reason string
	cause  error
}

// Error returns the cause, for a log.
func (e *InDoubtError) Error() string { return "mail in doubt: " + e.cause.Error() }

// Unwrap returns the cause.
func (e *InDoubtError) Unwrap() error { return e.cause }

// ourFault holds the permanent replies that concern our login or the session,
// not the message: with the settings put right the same message goes through.
var ourFault = []int{502, 503, 530, 534, 535, 538}

// unreachable is the outcome of an error before the end of the message was sent
// and without a reply to it.
func unreachable(cause error) error {
	if reply, ok := errors.AsType[*textproto.Error](cause); ok {
		return fault.Wrap(cause, fault.Unavailable,
			"The mail relay did not let us in and said: %s.", quote(reply))
	}
	return fault.Wrap(cause, fault.Unavailable,
		"The mail relay cannot be reached.")
}

// answered is the outcome of a reply that is not a success.
func answered(reply *textproto.Error) error {
	switch {
	case slices.Contains(ourFault, reply.Code):
		return unreachable(reply)
	case reply.Code >= 500 && reply.Code < 600:
		return &RefusedError{Reason: fmt.Sprintf("The mail relay refused this mail and said: %s.", quote(reply))}
	default:
		return fault.Wrap(reply, fault.Unavailable,
			"The mail relay put this mail off and said: %s.", quote(reply))
	}
}

// inDoubt is the outcome of an error after the end of the message was sent.
func inDoubt(cause error) error {
	return &InDoubtError{
		Reason: "The mail relay fell silent after the mail was handed over, so the mail may or may not have been sent.",
		cause:  cause,
	}
}

// quote returns a reply on one line and short enough to be shown, without the
// full stop at its end.
func quote(reply *textproto.Error) string {
	const most = 200 // characters
	text := []rune(strings.TrimRight(oneLine(fmt.Sprintf("%d %s", reply.Code, reply.Msg)), "."))
	if len(text) > most {
		return string(text[:most-1]) + "…"
	}
	return string(text)
}
