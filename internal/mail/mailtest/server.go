// Package mailtest is a real SMTP server for tests.
//
// It listens on this machine, keeps every message that it took on, and can be
// told to refuse, to be unavailable, to break the connection off or to fall
// silent at any point of a message. It can ask for a login and offer TLS with a
// certificate of its own making. It delivers nothing.
package mailtest

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"net"
	"net/url"
	"slices"
	"sync"
	"testing"

	"github.com/emersion/go-smtp"
)

// Options say how the server is reached. The zero value is plain and open to all.
type Options struct {
	// User and Password are asked for where User is not empty.
	User, Password string
	// StartTLS offers TLS on the plain port; TLS insists on it from the start.
	StartTLS, TLS bool
}

// Stage is a point of a message at which the server can misbehave.
type Stage int

// The stages, in the order of a message.
const (
	AtSender    Stage = iota + 1 // the reply to MAIL FROM
	AtRecipient                  // the reply to RCPT TO
	AtContent                    // the reply to the whole message
)

// Trouble is how the server misbehaves. With a Code it replies with that and
// Text; otherwise it breaks the connection off, or keeps silent where Silent.
type Trouble struct {
	At     Stage
	Code   int
	Text   string
	Silent bool
	// Keep takes the message on all the same, where the trouble is AtContent.
	Keep bool
}

// Server is a running SMTP server. It is safe for concurrent use.
type Server struct {
	options  Options
	address  string
	roots    *x509.CertPool
	server   *smtp.Server
	listener net.Listener
	released chan struct{} // closed by Close: ends every silence
	closing  sync.Once
	parting  sync.Once

	mu       sync.Mutex
	trouble  *Trouble
	messages []Message
	arrived  chan struct{} // closed and renewed at each message
	parted   chan struct{} // closed when the first client has taken leave
	sessions int
	conns    []net.Conn
}

// New starts a server that ends with the test.
func New(tb testing.TB, o Options) *Server {
	tb.Helper()
	listener, err := new(net.ListenConfig).Listen(tb.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatalf("mailtest: listen: %v", err)
	}
	s := &Server{options: o, address: listener.Addr().String(), released: make(chan struct{}), arrived: make(chan struct{}), parted: make(chan struct{})}
	s.server = smtp.NewServer(smtp.BackendFunc(s.begin))
	s.server.Domain = "relay.test"
	s.server.ErrorLog = log.New(io.Discard, "", 0)
	s.server.AllowInsecureAuth = !o.StartTLS
	if o.StartTLS || o.TLS {
		certificate, roots, err := selfSigned()
		if err != nil {
			tb.Fatalf("mailtest: make a certificate: %v", err)
		}
		s.roots = roots
		s.server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	}
	if o.TLS {
		listener = tls.NewListener(listener, s.server.TLSConfig)
	}
	s.listener = listener
	served := make(chan error, 1)
	go func() { served <- s.server.Serve(listener) }()
	tb.Cleanup(func() {
		s.Close()
		if err := <-served; err != nil {
			tb.Errorf("mailtest: serve: %v", err)
		}
	})
	return s
}

// URL returns the server's address for mail.NewRelay, with the login.
func (s *Server) URL() string {
	u := url.URL{Scheme: "smtp", Host: s.address}
	if s.options.User != "" {
		u.User = url.UserPassword(s.options.User, s.options.Password)
	}
	if s.options.TLS {
		u.Scheme = "smtps"
	}
	if s.options.StartTLS {
		u.RawQuery = "tls=starttls"
	}
	return u.String()
}

// Roots returns what the server's certificate is verified by, nil without TLS.
func (s *Server) Roots() *x509.CertPool { return s.roots }

// Misbehave makes every message from now on run into the trouble.
func (s *Server) Misbehave(t Trouble) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trouble = &t
}

// Refuse makes the server refuse every recipient for good.
func (s *Server) Refuse(text string) {
	s.Misbehave(Trouble{At: AtRecipient, Code: 550, Text: text})
}

// BeUnavailable makes the server put off every recipient.
func (s *Server) BeUnavailable(text string) {
	s.Misbehave(Trouble{At: AtRecipient, Code: 451, Text: text})
}

// DropAfterContent makes the server break the connection off after each message
// without an answer; keep says whether it takes the message on all the same.
func (s *Server) DropAfterContent(keep bool) {
	s.Misbehave(Trouble{At: AtContent, Keep: keep})
}

// Behave ends the trouble.
func (s *Server) Behave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trouble = nil
}

// Messages returns what the server took on, in order.
func (s *Server) Messages() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.messages)
}

// Wait returns the messages as soon as there are n of them, or an error when
// the context ends first.
func (s *Server) Wait(ctx context.Context, n int) ([]Message, error) {
	for {
		s.mu.Lock()
		messages, arrived := slices.Clone(s.messages), s.arrived
		s.mu.Unlock()
		if len(messages) >= n {
			return messages, nil
		}
		select {
		case <-arrived:
		case <-ctx.Done():
			return messages, fmt.Errorf("mailtest: %d of %d messages: %w", len(messages), n, ctx.Err())
		}
	}
}

// Connections returns how many connections have said hello, with STARTTLS after it.
func (s *Server) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sessions
}

// Parted returns a channel that is closed when the first client has ended its
// dialogue.
func (s *Server) Parted() <-chan struct{} { return s.parted }

// HangUp breaks off every open connection, as a relay does with idle ones, and
// goes on listening.
func (s *Server) HangUp() {
	s.mu.Lock()
	conns := slices.Clone(s.conns)
	s.conns = nil
	s.mu.Unlock()
	for _, c := range conns {
		c.Close()
	}
}

// Close stops the server and breaks off every connection. It may be called again.
func (s *Server) Close() {
	s.closing.Do(func() {
		close(s.released)
		// go-smtp does not know the listener before Serve runs, so both are
		// closed; their only error is that the other was first.
		_ = s.server.Close()
		_ = s.listener.Close()
	})
}

// troubleAt returns how to misbehave at this stage, or nil.
func (s *Server) troubleAt(at Stage) *Trouble {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.trouble == nil || s.trouble.At != at {
		return nil
	}
	return s.trouble
}

func (s *Server) store(m Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.messages = append(s.messages, m)
	close(s.arrived)
	s.arrived = make(chan struct{})
}
