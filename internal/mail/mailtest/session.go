package mailtest

import (
	"errors"
	"io"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// session is one connection's dialogue.
type session struct {
	server   *Server
	conn     *smtp.Conn
	loggedIn bool
	from, to string
}

func (s *Server) begin(c *smtp.Conn) (smtp.Session, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, encrypted := c.TLSConnectionState(); encrypted || !s.options.StartTLS {
		s.sessions++
	}
	s.conns = append(s.conns, c.Conn())
	return &session{server: s, conn: c}, nil
}

// AuthMechanisms offers PLAIN where a login is asked for.
func (s *session) AuthMechanisms() []string {
	if s.server.options.User == "" {
		return nil
	}
	return []string{sasl.Plain}
}

// Auth checks the login.
func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != s.server.options.User || password != s.server.options.Password {
			return smtp.ErrAuthFailed
		}
		s.loggedIn = true
		return nil
	}), nil
}

// Mail begins a message.
func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if s.server.options.User != "" && !s.loggedIn {
		return &smtp.SMTPError{Code: 530, EnhancedCode: smtp.EnhancedCode{5, 7, 0}, Message: "Authentication required"}
	}
	s.from = from
	return s.suffer(s.server.troubleAt(AtSender))
}

// Rcpt takes the recipient.
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.to = to
	return s.suffer(s.server.troubleAt(AtRecipient))
}

// Data takes the content, and the message on.
func (s *session) Data(r io.Reader) error {
	content, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	m, err := parse(content)
	if err != nil {
		return &smtp.SMTPError{Code: 554, EnhancedCode: smtp.EnhancedCode{5, 6, 0}, Message: err.Error()}
	}
	m.From, m.To = s.from, s.to
	t := s.server.troubleAt(AtContent)
	if t == nil || t.Keep {
		s.server.store(m)
	}
	return s.suffer(t)
}

// Reset forgets the message.
func (s *session) Reset() { s.from, s.to = "", "" }

// Logout ends the dialogue.
func (s *session) Logout() error {
	s.server.parting.Do(func() { close(s.server.parted) })
	return nil
}

// suffer does what the server was told to do; nil is nothing.
func (s *session) suffer(t *Trouble) error {
	switch {
	case t == nil:
		return nil
	case t.Code != 0:
		return &smtp.SMTPError{Code: t.Code, EnhancedCode: smtp.NoEnhancedCode, Message: t.Text}
	case t.Silent:
		<-s.server.released
	}
	// What goes wrong in closing is what the client sees anyway.
	_ = s.conn.Conn().Close()
	return errors.New("no answer")
}
