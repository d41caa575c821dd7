package main

import (
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"techbiz/internal/address"
	"techbiz/internal/directory/sandbox"
	"techbiz/internal/limit"
	"techbiz/internal/oidc"
	"techbiz/internal/seal"
)

// span is a time such as 90d, 12h or 1d12h.
type span time.Duration

var errSpan = errors.New("give a time such as 90d, 12h or 1d12h")

// UnmarshalText reads days, which time.ParseDuration does not know, and what may
// follow them.
func (s *span) UnmarshalText(text []byte) error {
	days, rest, found := strings.Cut(string(text), "d")
	if !found {
		days, rest = "0", string(text)
	}
	n, err := strconv.ParseUint(days, 10, 16)
	if err != nil {
		return errSpan
	}
	var d time.Duration
	if rest != "" {
		if d, err = time.ParseDuration(rest); err != nil || d < 0 {
			return errSpan
		}
	}
	if *s = span(time.Duration(n)*24*time.Hour + d); *s <= 0 {
		return errSpan
	}
	return nil
}

// byteSize is a number of bytes, written 512KiB, 10MiB or 1048576.
type byteSize int64

// UnmarshalText reads whole bytes, KiB and MiB.
func (s *byteSize) UnmarshalText(text []byte) error {
	digits, unit := strings.TrimSpace(string(text)), int64(1)
	for suffix, u := range map[string]int64{"KiB": 1 << 10, "MiB": 1 << 20} {
		if d, ok := strings.CutSuffix(digits, suffix); ok {
			digits, unit = strings.TrimSpace(d), u
			break
		}
	}
	n, err := strconv.ParseInt(digits, 10, 32)
	if err != nil || n < 0 {
		return errors.New("give a size such as 512KiB, 10MiB or 1048576")
	}
	*s = byteSize(n * unit)
	return nil
}

// list is a comma-separated list of words; blanks around them and empty ones
// don't count.
type list []string

// UnmarshalText splits at commas.
func (l *list) UnmarshalText(text []byte) error {
	*l = nil
	for word := range strings.SplitSeq(string(text), ",") {
		if word = strings.TrimSpace(word); word != "" {
			*l = append(*l, word)
		}
	}
	return nil
}

// networks is a comma-separated list of networks and single addresses.
type networks []netip.Prefix

// UnmarshalText reads prefixes such as 10.0.0.0/8, and addresses, which are
// networks of one.
func (n *networks) UnmarshalText(text []byte) error {
	var words list
	if err := words.UnmarshalText(text); err != nil {
		return err
	}
	*n = nil
	for _, word := range words {
		p, err := netip.ParsePrefix(word)
		if a, notOne := netip.ParseAddr(word); notOne == nil {
			p, err = netip.PrefixFrom(a, a.BitLen()), nil
		}
		if err != nil || p.Addr().Is4In6() {
			return fmt.Errorf("%q is no network; give one such as 10.0.0.0/8 or 2001:db8::/32, or a single address", word)
		}
		*n = append(*n, p.Masked())
	}
	return nil
}

// rate is how often something may happen, such as 100/s burst 1000.
type rate struct{ limit.Rate }

var errRate = errors.New("give a rate such as 100/s, 60/m or 60/h, with a burst if need be, such as 100/s burst 1000, or off")

// UnmarshalText reads COUNT/UNIT, what may come at once, and off.
func (r *rate) UnmarshalText(text []byte) error {
	*r = rate{}
	words := strings.Fields(string(text))
	if len(words) == 1 && words[0] == "off" {
		return nil
	}
	if len(words) != 1 && (len(words) != 3 || words[1] != "burst") {
		return errRate
	}
	count, unit, _ := strings.Cut(words[0], "/")
	per, ok := map[string]time.Duration{"s": time.Second, "m": time.Minute, "h": time.Hour}[unit]
	n, err := strconv.ParseUint(count, 10, 20)
	if err != nil || !ok || n == 0 {
		return errRate
	}
	r.Rate = limit.Rate{Count: int(n), Per: per}
	if len(words) == 3 {
		burst, err := strconv.ParseUint(words[2], 10, 20)
		if err != nil || burst == 0 {
			return errRate
		}
		r.Burst = int(burst)
	}
	return nil
}

// webURL is an http or https address, or empty.
type webURL struct{ url.URL }

// UnmarshalText reads an absolute address without user information.
func (w *webURL) UnmarshalText(text []byte) error {
	*w = webURL{}
	if len(text) == 0 {
		return nil
	}
	u, err := url.Parse(string(text))
	switch {
	case err != nil, u.Scheme != "http" && u.Scheme != "https", u.Hostname() == "", !validPort(u.Port()):
		return errors.New("give an address that starts with http:// or https://, such as https://techbiz.agency.gov.sg")
	case u.User != nil:
		return errors.New("leave out user name and password before the host")
	}
	w.URL = *u
	return nil
}

func validPort(port string) bool {
	n, err := strconv.ParseUint(port, 10, 16)
	return port == "" || err == nil && n > 0
}

// hexKey is a key of 32 bytes, written in hexadecimal.
type hexKey []byte

const keyLength = 32

// UnmarshalText never quotes the key in its error.
func (k *hexKey) UnmarshalText(text []byte) error {
	key, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(key) != keyLength {
		return errors.New("give 64 hexadecimal digits, such as `openssl rand -hex 32` prints")
	}
	*k = key
	return nil
}

// dataKeys are the keys that contact numbers are sealed with.
type dataKeys struct{ *seal.Set }

// UnmarshalText never quotes the keys in its error.
func (k *dataKeys) UnmarshalText(text []byte) (err error) {
	k.Set, err = seal.Parse(text)
	return err
}

// retention is how long personal data is kept: a time as span has it, or 0 for ever.
type retention time.Duration

// leastRetention is longer than anything takes that is still under way.
const leastRetention = 90 * 24 * time.Hour

// UnmarshalText reads a time of 90 days or more, or 0.
func (r *retention) UnmarshalText(text []byte) error {
	if *r = 0; strings.TrimSpace(string(text)) == "0" {
		return nil
	}
	var s span
	if err := s.UnmarshalText(text); err != nil || time.Duration(s) < leastRetention {
		return errors.New("give a time of at least 90 days, such as 730d, or 0 to keep everything for ever")
	}
	*r = retention(s)
	return nil
}

// faults are how the sandbox's directory misbehaves.
type faults struct{ sandbox.Faults }

// UnmarshalText reads what sandbox.ParseFaults does.
func (f *faults) UnmarshalText(text []byte) (err error) {
	f.Faults, err = sandbox.ParseFaults(string(text))
	return err
}

// helpURL is an address that a link may lead to: a page's, or one of mail.
type helpURL struct{ url.URL }

// UnmarshalText reads a web address, or mailto: and an address.
func (h *helpURL) UnmarshalText(text []byte) error {
	u, err := url.Parse(string(text))
	if err == nil && u.Scheme == "mailto" && address.Valid(u.Opaque) {
		h.URL = *u
		return nil
	}
	var w webURL
	if w.UnmarshalText(text) != nil {
		return errors.New("give an address that starts with https://, or mailto: and an email address")
	}
	h.URL = w.URL
	return nil
}

// requirements are the claims that a person needs.
type requirements []oidc.Requirement

// UnmarshalText reads claim=value or claim=value|value, separated by commas.
func (r *requirements) UnmarshalText(text []byte) error {
	*r = nil
	var words list
	if err := words.UnmarshalText(text); err != nil {
		return err
	}
	for _, word := range words {
		one, err := oidc.ParseRequirement(word)
		if err != nil {
			return err
		}
		*r = append(*r, one)
	}
	return nil
}

// serviceClients are service clients' ids with their officers' addresses.
type serviceClients map[string]string

// UnmarshalText splits at commas, and each part at its last equals sign: ids of
// clients may have one.
func (c *serviceClients) UnmarshalText(text []byte) error {
	*c = serviceClients{}
	for part := range strings.SplitSeq(string(text), ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		at := strings.LastIndexByte(part, '=')
		if at <= 0 || strings.TrimSpace(part[at+1:]) == "" {
			return errors.New("give each client with its officer, such as client-id=tan.ah.kow@agency.gov.sg")
		}
		client := strings.TrimSpace(part[:at])
		if (*c)[client] != "" {
			return fmt.Errorf("the client %s stands there twice", client)
		}
		(*c)[client] = strings.TrimSpace(part[at+1:])
	}
	return nil
}
