// Package fault holds the errors that a caller can act on.
//
// An [Error] carries a code of the public contract (graph/*.graphqls, enum
// ErrorCode, or a top-level access code), the path of the field it concerns and
// a sentence for a person. Whatever has no code is INTERNAL: it is logged with
// its cause and never shown. The package knows no transport; GraphQL, HTTP and
// the jobs each map codes in one table of their own.
package fault

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Code names what went wrong. The input codes are those of the contract's
// enum ErrorCode.
type Code string

// Codes of the contract's enum ErrorCode: the input is at fault, and the answer
// stands in a payload.
const (
	Required           Code = "REQUIRED"
	TooLong            Code = "TOO_LONG"
	InvalidFormat      Code = "INVALID_FORMAT"
	NotPublicOfficer   Code = "NOT_PUBLIC_OFFICER"
	DomainNotAllowed   Code = "DOMAIN_NOT_ALLOWED"
	UsernameNotAllowed Code = "USERNAME_NOT_ALLOWED"
	OffshoreNumber     Code = "OFFSHORE_NUMBER"
	SeedNotEligible    Code = "SEED_NOT_ELIGIBLE"
	AccountExists      Code = "ACCOUNT_EXISTS"
	AlreadyInvited     Code = "ALREADY_INVITED"
	DuplicateInFile    Code = "DUPLICATE_IN_FILE"
	AccountTerminated  Code = "ACCOUNT_TERMINATED"
	SeedNotAssigned    Code = "SEED_NOT_ASSIGNED"
	ResendTooSoon      Code = "RESEND_TOO_SOON"
	NotResendable      Code = "NOT_RESENDABLE"
	NotCancellable     Code = "NOT_CANCELLABLE"
	RowsFlagged        Code = "ROWS_FLAGGED"
	BatchEmpty         Code = "BATCH_EMPTY"
	BatchNotDraft      Code = "BATCH_NOT_DRAFT"
	FileUnreadable     Code = "FILE_UNREADABLE"
	FileTooLarge       Code = "FILE_TOO_LARGE"
	TemplateMismatch   Code = "TEMPLATE_MISMATCH"
	TooManyRows        Code = "TOO_MANY_ROWS"
	NotFound           Code = "NOT_FOUND"
	Conflict           Code = "CONFLICT"
)

// Access codes: the caller's access or request is at fault, not its input. In
// GraphQL they are top-level errors with extensions.code.
const (
	Unauthenticated Code = "UNAUTHENTICATED"
	Forbidden       Code = "FORBIDDEN"
	RateLimited     Code = "RATE_LIMITED"
	BadRequest      Code = "BAD_REQUEST"
	QueryTooComplex Code = "QUERY_TOO_COMPLEX"
	Internal        Code = "INTERNAL"
)

// Codes of outside systems: a job retries on Unavailable and waits on Throttled
// without counting the attempt. A person sees the sentence, never the code.
const (
	Unavailable Code = "UNAVAILABLE"
	Throttled   Code = "THROTTLED"
)

// Error is one fault. Message is a sentence a person can act on; Field is the
// path below the account or input, nil for the whole; RetryAt says when the same
// request may succeed; Suggestion is the value that was probably meant.
type Error struct {
	Code       Code       `json:"code"`
	Field      []string   `json:"field,omitempty"`
	Message    string     `json:"message"`
	RetryAt    *time.Time `json:"retryAt,omitempty"`
	Suggestion *string    `json:"suggestion,omitempty"`
	cause      error
}

// New returns a fault about the whole input; the message is formatted as by
// fmt.Sprintf.
func New(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// Field returns a fault about one field, named as in the contract.
func Field(field string, code Code, format string, args ...any) *Error {
	return &Error{Code: code, Field: []string{field}, Message: fmt.Sprintf(format, args...)}
}

// Wrap returns a fault whose cause is kept for the log and for errors.Is.
func Wrap(cause error, code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...), cause: cause}
}

// Error returns code, field and sentence, and the cause where there is one. It
// is for logs; show [Error.Message] to a person.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(string(e.Code))
	if len(e.Field) > 0 {
		b.WriteString(" " + strings.Join(e.Field, "."))
	}
	b.WriteString(": " + e.Message)
	if e.cause != nil {
		b.WriteString(": " + e.cause.Error())
	}
	return b.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.cause }

// List is every fault of one input, all at once. A nil or empty List is no error:
// return [List.Err], not the List itself.
type List []*Error

// Error joins the faults for a log.
func (l List) Error() string {
	s := make([]string, len(l))
	for i, e := range l {
		s[i] = e.Error()
	}
	return strings.Join(s, "; ")
}

// Err returns the list as an error, or nil when it is empty.
func (l List) Err() error {
	if len(l) == 0 {
		return nil
	}
	return l
}

// LeftOut is how many items a change of many left out for one reason.
type LeftOut struct {
	Code    Code   `json:"code"`
	Count   int    `json:"count"`
	Message string `json:"message"`
}

// CodeOf returns the code of err: its own, or its first one for a [List], and
// [Internal] where it has none.
func CodeOf(err error) Code {
	if l := Of(err); len(l) > 0 {
		return l[0].Code
	}
	return Internal
}

// Of returns the faults in err, or nil when err is nil or has none.
func Of(err error) List {
	var l List
	if errors.As(err, &l) {
		return l
	}
	var e *Error
	if errors.As(err, &e) {
		return List{e}
	}
	return nil
}
