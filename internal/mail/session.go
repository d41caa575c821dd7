package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/textproto"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"
)

// session is one connection to the relay, logged in. go-mail builds, encrypts
// and logs in; the few commands of a message are given here one by one, because
// its Send hides the bare reply and adds round trips.
type session struct {
	client *smtp.Client
	conn   net.Conn // the bare connection below TLS
}

// state is how a message leaves the connection.
type state int

const (
	usable state = iota // it takes another message
	broken              // it does not
	gone                // it does not, and did not before the message was begun
)

// dial connects, encrypts and logs in.
func (r *Relay) dial(ctx context.Context) (*session, error) {
	s := &session{}
	stop := func() bool { return true }
	connect := func(dialCtx context.Context, network, _ string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(dialCtx, network, net.JoinHostPort(r.target.host, r.target.port))
		if err != nil {
			return nil, err
		}
		s.conn = conn
		stop = context.AfterFunc(ctx, s.abandon)
		if !r.target.implicitTLS {
			return conn, nil
		}
		secure := tls.Client(conn, r.target.tls)
		return secure, secure.HandshakeContext(dialCtx)
	}
	client, err := gomail.NewClient(r.target.host, r.target.options(connect)...)
	if err != nil {
		return nil, err
	}
	s.client, err = client.DialToSMTPClientWithContext(ctx)
	if !stop() {
		err = ctx.Err()
	}
	if err != nil {
		s.abandon() // go-mail leaves the connection open when the greeting or the login fails
		return nil, err
	}
	return s, nil
}

// options are go-mail's for this relay.
func (t *target) options(connect gomail.DialContextFunc) []gomail.Option {
	policy := gomail.NoTLS
	if t.startTLS {
		policy = gomail.TLSMandatory
	}
	options := []gomail.Option{
		gomail.WithDialContextFunc(connect), gomail.WithTimeout(dialTimeout),
		gomail.WithTLSPolicy(policy), gomail.WithTLSConfig(t.tls),
	}
	if t.user == "" {
		return options
	}
	login := []gomail.SMTPAuthType{gomail.SMTPAuthPlain, gomail.SMTPAuthLogin, gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthCramMD5}
	if !t.encrypted() { // to this machine only
		login[0], login[1] = gomail.SMTPAuthPlainNoEnc, gomail.SMTPAuthLoginNoEnc
	}
	return append(options, gomail.WithUsername(t.user), gomail.WithPassword(t.password), gomail.WithOpportunisticSMTPAuth(login...))
}

// hand gives the commands of one message. Only the relay's answer to the end of
// the message decides that it was taken on; before that end is sent the relay
// has nothing that it may deliver.
func (s *session) hand(ctx context.Context, msg *gomail.Msg) (state, error) {
	stop := context.AfterFunc(ctx, s.abandon)
	after, err := s.converse(msg)
	if !stop() && after == usable {
		after = broken
	}
	return after, err
}

func (s *session) converse(msg *gomail.Msg) (state, error) {
	from, err := msg.GetSender(false)
	if err != nil {
		return broken, err
	}
	to, err := msg.GetRecipients()
	if err != nil {
		return broken, err
	}
	if err := s.client.UpdateDeadline(commandTimeout); err != nil {
		return gone, unreachable(err)
	}
	if err := s.client.Mail(from); err != nil {
		return s.giveUp(err)
	}
	if err := s.client.Rcpt(to[0]); err != nil {
		return s.giveUp(err)
	}
	content, err := s.client.Data()
	if err != nil {
		return s.giveUp(err)
	}
	if _, err := msg.WriteTo(content); err != nil {
		// Without a further command: the library would end the message first.
		return broken, unreachable(err)
	}
	if err := s.client.UpdateDeadline(answerTimeout); err != nil {
		return broken, unreachable(err)
	}
	return conclude(content.Close())
}

// giveUp ends a message that was not begun.
func (s *session) giveUp(err error) (state, error) {
	reply, ok := errors.AsType[*textproto.Error](err)
	switch {
	case !ok:
		return gone, unreachable(err)
	case reply.Code == 421: // the relay closes the connection
		return gone, answered(reply)
	case s.client.Reset() != nil:
		return broken, answered(reply)
	}
	return usable, answered(reply)
}

// conclude reads the relay's answer to a whole message. Only a reply of 4xx or
// 5xx is a no; anything that is no reply leaves open what became of the message.
func conclude(err error) (state, error) {
	if err == nil {
		return usable, nil
	}
	reply, ok := errors.AsType[*textproto.Error](err)
	switch {
	case ok && reply.Code/100 == 2:
		return usable, nil
	case ok && reply.Code == 421:
		return broken, answered(reply)
	case ok && (reply.Code/100 == 4 || reply.Code/100 == 5):
		return usable, answered(reply)
	}
	return broken, inDoubt(err)
}

// abandon breaks the connection off without a word.
func (s *session) abandon() {
	if s.conn != nil {
		_ = s.conn.Close() // nobody waits for it
	}
}

// quit takes leave of the relay and closes the connection.
func (s *session) quit() {
	if s.client.UpdateDeadline(quitTimeout) == nil {
		// The relay's goodbye changes nothing: the connection is closed either way.
		_ = s.client.Quit()
	}
	s.abandon()
}
