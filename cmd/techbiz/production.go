package main

import (
	"fmt"
	"strings"

	"techbiz/internal/mail"
)

// leastDistinct is how many different bytes a key of 32 has at least: of random
// ones practically none has fewer than 20, and what a person types has.
const leastDistinct = 16

// productionRule is one thing that production does not bear.
type productionRule struct {
	flag   string
	broken func(*Settings) bool
	says   string
}

// productionRules is all that refuses the start in production. A key or a part of
// the sandbox that is new belongs here.
var productionRules = []productionRule{
	{"directory", func(s *Settings) bool { return s.Directory == sandboxDirectory },
		"the sandbox's directory lets anybody who reaches it act as anybody; choose another directory"},
	{"smtp-url", func(s *Settings) bool { return s.SMTPURL == "" },
		"without a relay mails lie in the sandbox's mailbox, where anybody who reaches it reads them; name a relay"},
	{"smtp-url", func(s *Settings) bool { return mail.Unprotected(s.SMTPURL) },
		"tls=none lets anybody on the way read codes and links; leave it out, so that the relay is reached over TLS"},
	{"base-url", func(s *Settings) bool { return s.BaseURL.Host == "" },
		"name the address under which browsers reach the portal, such as https://techbiz.agency.gov.sg"},
	{"base-url", func(s *Settings) bool { return s.BaseURL.Scheme == "http" },
		"http lets anybody on the way read sessions and codes; give an address that starts with https://"},
	{"session-key", func(s *Settings) bool { return len(s.SessionKey) == 0 },
		"give a key, the same on every replica, such as `openssl rand -hex 32` prints"},
	{"session-key", func(s *Settings) bool { return weakKey(s.SessionKey) },
		"the key can be guessed; give a random one, such as `openssl rand -hex 32` prints"},
	{"audit-key", func(s *Settings) bool { return len(s.AuditKey) == 0 },
		"give the activity log a key, the same on every replica and never another one, such as `openssl rand -hex 32` prints"},
	{"audit-key", func(s *Settings) bool { return weakKey(s.AuditKey) },
		"the key can be guessed; give a random one, such as `openssl rand -hex 32` prints"},
	{"data-keys", func(s *Settings) bool { return s.DataKeys.Set == nil },
		"give the keys that contact numbers are sealed with, the same on every replica, as `techbiz keys create` prints them"},
	{"oidc-issuer", func(s *Settings) bool { return strings.HasPrefix(s.OIDCIssuer, "http://") },
		"http lets anybody on the way sign in as anybody; give an issuer that starts with https://"},
}

// checkProduction returns a mistake for each rule that is broken in production:
// where the server listens on more than this machine itself, is reached under
// another name than this machine's, or works on a directory that is not the
// sandbox's, unless it is meant as a sandbox.
func (s *Settings) checkProduction() error {
	why := ""
	switch {
	case s.Sandbox:
		return nil
	case !isLoopback(s.Addr):
		why = s.Addr + " is not a loopback address"
	case s.BaseURL.Host != "" && !isThisMachine(s.BaseURL.Hostname()): // a proxy on this machine lets others in
		why = "the base URL leads to " + s.BaseURL.Hostname() + ", which is not a loopback address"
	case s.Directory != sandboxDirectory:
		why = "the directory is not the sandbox's"
	default:
		return nil
	}
	var all mistakes
	for _, r := range productionRules {
		if r.broken(s) {
			all = append(all, &mistake{flag: r.flag, message: fmt.Sprintf(
				"%s (this is production: %s; for a sandbox say --sandbox, TECHBIZ_SANDBOX=1)", r.says, why)})
		}
	}
	if len(all) == 0 {
		return nil
	}
	return all
}

// weakKey says of a key that was given whether a person made it up: too few
// different bytes, or each the next of the one before.
func weakKey(key []byte) bool {
	if len(key) < 2 {
		return false // missing, which is said otherwise
	}
	distinct := map[byte]bool{}
	steady := true
	for i, b := range key {
		distinct[b] = true
		steady = steady && (i < 2 || b-key[i-1] == key[1]-key[0])
	}
	return len(distinct) < leastDistinct || steady
}

// mistakes are several, each reported in a line of its own.
type mistakes []*mistake

func (m mistakes) Error() string {
	lines := make([]string, len(m))
	for i, one := range m {
		lines[i] = one.Error()
	}
	return strings.Join(lines, "; ")
}
