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

	"techbiz/internal/directory/sandbox"
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

// faults are how the sandbox's directory misbehaves.
type faults struct{ sandbox.Faults }

// UnmarshalText reads what sandbox.ParseFaults does.
func (f *faults) UnmarshalText(text []byte) (err error) {
	f.Faults, err = sandbox.ParseFaults(string(text))
	return err
}
