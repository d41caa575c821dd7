package mail

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	netmail "net/mail"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"techbiz/internal/fault"
)

// How long the relay may take for each part. The answer to a whole message may
// take long where it is searched for viruses first.
const (
	dialTimeout    = 15 * time.Second
	commandTimeout = 30 * time.Second
	answerTimeout  = 60 * time.Second
	quitTimeout    = 2 * time.Second
	// keepOpen is how long a connection stays open after a message.
	keepOpen = 10 * time.Second
)

// Relay hands messages to one SMTP relay, one at a time, over a connection that
// stays open for some seconds between them. It is safe for concurrent use.
type Relay struct {
	from   *netmail.Address
	target *target
	keep   time.Duration

	// slot holds the right to use what follows: one value, taken while a message
	// is in flight.
	slot   chan struct{}
	open   *session // nil when there is no connection
	idle   *time.Timer
	closed bool
}

// NewRelay returns a relay at an address such as smtps://user:password@host:465
// or smtp://host:587, without connecting. smtp:// insists on STARTTLS, except to
// this machine or with ?tls=none (without a password only); ?tls=starttls
// insists on it here too. from is the sender, as in "TechBiz <techbiz@agency.gov.sg>".
// An error is one sentence without the password.
func NewRelay(url, from string) (*Relay, error) {
	sender, err := netmail.ParseAddress(from)
	if err != nil || strings.ContainsAny(from, "\r\n") {
		return nil, errors.New("the sender of mails must be an address such as TechBiz <techbiz@agency.gov.sg>")
	}
	t, err := parseTarget(url)
	if err != nil {
		return nil, err
	}
	r := &Relay{from: sender, target: t, keep: keepOpen, slot: make(chan struct{}, 1)}
	r.idle = time.AfterFunc(r.keep, r.closeIdle)
	r.idle.Stop()
	return r, nil
}

// Send hands over one message and waits for the relay's answer. It returns nil
// when the relay took the message on, [*RefusedError] when it never will,
// [*InDoubtError] when its answer did not come, and a fault with code
// [fault.Unavailable] when nothing was handed over and it may be tried again:
// no connection, login refused, a 4xx reply, ctx done before the end of the
// message was sent, or the relay is closed.
func (r *Relay) Send(ctx context.Context, m Message) error {
	msg, err := r.compose(m)
	if err != nil {
		return err
	}
	if err := r.take(ctx); err != nil {
		return unreachable(err)
	}
	defer r.release()
	if r.closed {
		return fault.New(fault.Unavailable, "Mail is not sent while the service stops.")
	}
	reused := r.open != nil
	after, err := r.deliver(ctx, msg)
	if reused && after == gone && ctx.Err() == nil {
		// The relay had closed the idle connection. Nothing was handed over yet.
		_, err = r.deliver(ctx, msg)
	}
	if r.open != nil {
		r.idle.Reset(r.keep)
	}
	return err
}

// Close waits for the message in flight and ends the connection. Whatever is
// sent afterwards fails with [fault.Unavailable]. It may be called again.
func (r *Relay) Close() {
	r.slot <- struct{}{}
	defer r.release()
	r.closed = true
	r.idle.Stop()
	r.hangUp()
}

// closeIdle ends a connection that nobody has used for a while.
func (r *Relay) closeIdle() {
	select {
	case r.slot <- struct{}{}:
		defer r.release()
		r.hangUp()
	default: // in use: the message in flight starts the time anew
	}
}

func (r *Relay) hangUp() {
	if r.open != nil {
		r.open.quit()
		r.open = nil
	}
}

func (r *Relay) take(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case r.slot <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (r *Relay) release() { <-r.slot }

// deliver hands the message over on the open connection or a new one, and says
// how it leaves the connection.
func (r *Relay) deliver(ctx context.Context, msg *gomail.Msg) (state, error) {
	if r.open == nil {
		s, err := r.dial(ctx)
		if err != nil {
			return broken, unreachable(err)
		}
		r.open = s
	}
	after, err := r.open.hand(ctx, msg)
	if after != usable {
		r.open.abandon()
		r.open = nil
	}
	return after, err
}

// compose builds the message as the relay gets it.
func (r *Relay) compose(m Message) (*gomail.Msg, error) {
	if err := checkRecipient(m.To); err != nil {
		return nil, &RefusedError{Reason: "The mail cannot be sent: the e-mail address is not a valid one."}
	}
	if strings.ContainsAny(m.ID+m.Subject, "\r\n") || strings.ContainsAny(m.ID, " <>") {
		return nil, fmt.Errorf("mail: the Message-ID or the subject %q is not one line", m.Subject)
	}
	id := m.ID
	if id == "" {
		_, domain, _ := strings.Cut(r.from.Address, "@")
		id = letters() + "@" + domain
	}
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent(), gomail.WithBoundary(letters()))
	msg.FromMailAddress(r.from)
	msg.ToMailAddress(&netmail.Address{Address: m.To})
	msg.Subject(m.Subject)
	msg.SetMessageIDWithValue(id)
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	msg.SetBodyString(gomail.TypeTextPlain, m.Text)
	msg.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	return msg, nil
}

// letters returns 26 random letters. They are unguessable, so no body can hold
// the boundary, and have no digits, so none are taken for a sign-in code.
func letters() string {
	return strings.Map(func(r rune) rune {
		if r >= '2' && r <= '7' {
			return r - '2' + 'a'
		}
		return r
	}, rand.Text())
}
