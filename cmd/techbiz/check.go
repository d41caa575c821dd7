package main

import (
	"net"
	"net/mail"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"techbiz/internal/address"
	relay "techbiz/internal/mail"
)

// sandboxDirectory is the setting of the sandbox's directory.
const sandboxDirectory = "sandbox"

const (
	maxRowsLimit = 100_000
	leastUpload  = 1 << 10
	mostUpload   = 30 << 20 // a request ends at 32 MiB
	leastTimeout = time.Second
	mostTimeout  = 10 * time.Minute
	leastSession = time.Second
	mostSession  = 24 * time.Hour

	leastStreamCheck = 10 * time.Millisecond
	mostStreamCheck  = time.Minute

	leastDraft    = time.Hour
	mostDraft     = 365 * 24 * time.Hour
	mostRecall    = 15 * time.Minute
	maxDomainSize = 253
)

func (s *Settings) check() error {
	for _, rule := range []func() error{
		s.checkAddr, s.checkBaseURL, s.Storage.check, s.checkPeople, s.checkDirectory, s.checkMail,
		s.checkSession, s.SignIn.check, s.checkUpload, s.Logging.check, s.checkProduction,
	} {
		if err := rule(); err != nil {
			return err
		}
	}
	return nil
}

func (s *Settings) checkAddr() error {
	_, port, err := net.SplitHostPort(s.Addr)
	if err != nil {
		return mistaken("addr", "%q is no address to listen on; give HOST:PORT, such as 127.0.0.1:8080", s.Addr)
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return mistaken("addr", "%q is no port; give a number from 0 to 65535", port)
	}
	return nil
}

func (s *Settings) checkBaseURL() error {
	u := &s.BaseURL
	if strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		return mistaken("base-url", "leave out what follows the host; the portal stands at the root, such as %s://%s", u.Scheme, u.Host)
	}
	u.Path = ""
	return nil
}

func (s *Storage) check() error {
	if s.Data == "" {
		return mistaken("data", "name a folder")
	}
	if s.StatementTimeout < leastTimeout || s.StatementTimeout > mostTimeout {
		return mistaken("statement-timeout", "give a time from 1s to 10m")
	}
	if s.DatabaseURL == "" {
		return nil
	}
	// The address may hold a password and is not quoted.
	u, err := url.Parse(s.DatabaseURL)
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" || strings.Trim(u.Path, "/") == "" {
		return mistaken("database-url", "give an address such as postgres://user:password@host:5432/name, or none for SQLite")
	}
	return nil
}

func (o *Officers) check() error {
	o.OfficerDomain = address.Fold(o.OfficerDomain)
	if !isDomain(o.OfficerDomain) {
		return mistaken("officer-domain", "%q is no domain; give one such as gov.sg", o.OfficerDomain)
	}
	return nil
}

// government tells officers from vendors. The settings have been checked.
func (o *Officers) government() address.Government {
	return address.Government{Parent: o.OfficerDomain}
}

func (s *Settings) checkPeople() error {
	if err := s.Officers.check(); err != nil {
		return err
	}
	government := s.government()
	allowed := s.AllowedDomains[:0]
	for _, d := range s.AllowedDomains {
		if government.Officer(address.Fold(d)) {
			continue // always allowed
		}
		domain, problem := government.VendorDomain(d)
		if problem != "" {
			return mistaken("allowed-domains", "%q: %s", d, problem)
		}
		allowed = append(allowed, domain)
	}
	s.AllowedDomains = allowed
	for client, email := range s.ServiceClients {
		if !address.Valid(email) || !government.Officer(address.Domain(email)) {
			return mistaken("service-clients", "%q is no public officer's address; name for %s the officer who answers for it, such as tan.ah.kow@agency.%s", email, client, s.OfficerDomain)
		}
		s.ServiceClients[client] = address.Fold(email)
	}
	for i, a := range s.Admins {
		if !address.Valid(a) || !government.Officer(address.Domain(a)) {
			return mistaken("admins", "%q is no public officer's address; give one such as tan.ah.kow@agency.%s", a, s.OfficerDomain)
		}
		s.Admins[i] = address.Fold(a)
	}
	slices.Sort(s.Admins)
	s.Admins = slices.Compact(s.Admins)
	slices.Sort(s.AllowedDomains)
	s.AllowedDomains = slices.Compact(s.AllowedDomains)
	return nil
}

func isDomain(d string) bool { return len(d) <= maxDomainSize && address.Valid("x@"+d) }

func (s *Settings) checkDirectory() error {
	if s.Directory != sandboxDirectory {
		return mistaken("directory", "there is no directory %q; choose sandbox", s.Directory)
	}
	return nil
}

func (s *Settings) checkMail() error {
	if _, err := mail.ParseAddress(s.MailFrom); err != nil {
		return mistaken("mail-from", "%q is no address; give one such as TechBiz <no-reply@techbiz.gov.sg>", s.MailFrom)
	}
	if s.SMTPURL == "" {
		return nil
	}
	r, err := relay.NewRelay(s.SMTPURL, s.MailFrom)
	if err != nil {
		return mistaken("smtp-url", "%s", err)
	}
	r.Close()
	return nil
}

func isLoopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.Unmap().IsLoopback()
}

// isThisMachine says of the host of an address whether it leads every browser to its
// own machine, as the names below localhost do, too.
func isThisMachine(host string) bool {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	return strings.HasSuffix(host, ".localhost") || isLoopback(net.JoinHostPort(host, "0"))
}

func (s *Settings) checkSession() error {
	for _, t := range []struct {
		name string
		time time.Duration
	}{{"session-idle", s.SessionIdle}, {"session-max", s.SessionMax}} {
		if t.time < leastSession || t.time > mostSession {
			return mistaken(t.name, "%s is out of bounds; give a time from %s to %s, such as 15m", t.time, leastSession, mostSession)
		}
	}
	if s.StreamCheck < leastStreamCheck || s.StreamCheck > mostStreamCheck {
		return mistaken("stream-check", "give a time from 10ms to 1m")
	}
	return nil
}

func (s *Settings) checkUpload() error {
	if s.MaxUpload < leastUpload || s.MaxUpload > mostUpload {
		return mistaken("max-upload", "give a size from 1KiB to 30MiB")
	}
	if s.MaxRows < 1 || s.MaxRows > maxRowsLimit {
		return mistaken("max-rows", "give a number from 1 to %d", maxRowsLimit)
	}
	if s.DraftLife < leastDraft || s.DraftLife > mostDraft {
		return mistaken("draft-life", "%s is out of bounds; give a time from 1h to 8760h, such as 720h", s.DraftLife)
	}
	if s.Recall < 0 || s.Recall > mostRecall {
		return mistaken("recall", "give a time from 0s to 15m")
	}
	return nil
}

func (l *Logging) check() error {
	if !slices.Contains([]string{"debug", "info", "warn", "error"}, l.LogLevel) {
		return mistaken("log-level", "there is no level %q; choose debug, info, warn or error", l.LogLevel)
	}
	if l.LogFormat != "text" && l.LogFormat != "json" {
		return mistaken("log-format", "there is no form %q; choose text or json", l.LogFormat)
	}
	return nil
}
