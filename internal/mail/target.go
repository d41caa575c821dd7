package mail

import (
	"crypto/tls"
	"errors"
	"net"
	"net/url"
	"strconv"
	"strings"
)

// target is where the relay listens and how to talk to it.
type target struct {
	host, port     string
	user, password string
	implicitTLS    bool
	startTLS       bool
	tls            *tls.Config
}

// errTarget names no part of the address: a password with an unescaped sign in
// it turns up in any of them.
var errTarget = errors.New("the SMTP address must look like smtp://user:password@host:587 or smtps://user:password@host:465, " +
	"with signs such as @ / ? # in user and password percent-encoded")

// parseTarget reads an SMTP address. Its errors never quote it.
func parseTarget(address string) (*target, error) {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" || u.Opaque != "" || strings.Trim(u.Path, "/") != "" || u.Fragment != "" {
		return nil, errTarget
	}
	t := &target{host: u.Hostname(), port: u.Port(), tls: &tls.Config{ServerName: u.Hostname(), MinVersion: tls.VersionTLS12}}
	switch u.Scheme {
	case "smtp":
		t.startTLS = !t.loopback()
	case "smtps":
		t.implicitTLS = true
	default:
		return nil, errTarget
	}
	if err := t.setPort(); err != nil {
		return nil, err
	}
	if err := t.setTLS(u); err != nil {
		return nil, err
	}
	return t, t.setLogin(u.User)
}

func (t *target) setPort() error {
	if t.port == "" {
		t.port = "587"
		if t.implicitTLS {
			t.port = "465"
		}
	}
	if n, err := strconv.ParseUint(t.port, 10, 16); err != nil || n == 0 {
		return errTarget
	}
	return nil
}

func (t *target) setTLS(u *url.URL) error {
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return errTarget
	}
	for name, values := range query {
		if name != "tls" || len(values) != 1 {
			return errors.New("the only parameter of the SMTP address is tls, as in smtp://host:25?tls=none")
		}
		switch {
		case t.implicitTLS:
			return errors.New("the SMTP address smtps:// always uses TLS and takes no tls parameter")
		case values[0] == "none":
			t.startTLS = false
		case values[0] == "starttls":
			t.startTLS = true
		default:
			return errors.New("the parameter tls of the SMTP address is none or starttls")
		}
	}
	return nil
}

func (t *target) setLogin(login *url.Userinfo) error {
	if login == nil {
		return nil
	}
	t.user = login.Username()
	t.password, _ = login.Password()
	if t.user == "" || t.password == "" {
		return errors.New("the SMTP address needs both a user and a password, or neither")
	}
	if !t.encrypted() && !t.loopback() {
		return errors.New("the SMTP address has a password and tls=none: a password is not sent unencrypted to another machine")
	}
	return nil
}

// Unprotected says of an SMTP address whether mails would go to another machine
// without TLS. An address that is none is not judged.
func Unprotected(address string) bool {
	t, err := parseTarget(address)
	return err == nil && !t.encrypted() && !t.loopback()
}

// encrypted reports whether all that matters goes through TLS.
func (t *target) encrypted() bool { return t.implicitTLS || t.startTLS }

// loopback reports whether the relay runs on this machine.
func (t *target) loopback() bool {
	ip := net.ParseIP(t.host)
	return t.host == "localhost" || ip != nil && ip.IsLoopback()
}
