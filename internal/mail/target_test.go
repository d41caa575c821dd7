package mail

import (
	"strings"
	"testing"
)

func TestNewRelay_Address(t *testing.T) {
	t.Parallel()
	const starttls, implicit, plain = "STARTTLS", "TLS", "plain"
	cases := map[string]struct{ url, address, user, protection string }{
		"smtp insists on STARTTLS":            {"smtp://relay.gov.sg", "relay.gov.sg:587", "", starttls},
		"smtps is TLS from the start":         {"smtps://u:p@relay.gov.sg", "relay.gov.sg:465", "u", implicit},
		"a port and a trailing slash":         {"smtp://u:p@relay.gov.sg:2525/", "relay.gov.sg:2525", "u", starttls},
		"TLS can be refused without password": {"smtp://relay.gov.sg:25?tls=none", "relay.gov.sg:25", "", plain},
		"this machine needs no TLS":           {"smtp://u:p@127.0.0.1:1025", "127.0.0.1:1025", "u", plain},
		"localhost is this machine":           {"smtp://localhost:1025", "localhost:1025", "", plain},
		"the IPv6 loopback is this machine":   {"smtp://[::1]:1025", "::1:1025", "", plain},
		"this machine with STARTTLS":          {"smtp://localhost:1025?tls=starttls", "localhost:1025", "", starttls},
		"an encoded user":                     {"smtps://a%40b.sg:p%2Fw@relay.gov.sg", "relay.gov.sg:465", "a@b.sg", implicit},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, err := NewRelay(c.url, "TechBiz <techbiz@tech.gov.sg>")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(r.Close)
			got := plain
			if r.target.startTLS {
				got = starttls
			} else if r.target.implicitTLS {
				got = implicit
			}
			if clear := r.target.host == "relay.gov.sg" && got == plain; Unprotected(c.url) != clear {
				t.Errorf("mails go in the clear: %t, not %t", !clear, clear)
			}
			if address := r.target.host + ":" + r.target.port; address != c.address || r.target.user != c.user || got != c.protection {
				t.Errorf("got %s, user %q, %s; want %s, %q, %s", address, r.target.user, got, c.address, c.user, c.protection)
			}
		})
	}
}

func TestNewRelay_BadAddressNeverShowsThePassword(t *testing.T) {
	t.Parallel()
	const from = "techbiz@tech.gov.sg"
	cases := map[string]struct{ url, from string }{
		"empty":                              {"", from},
		"another scheme":                     {"http://u:s3cret@relay.gov.sg", from},
		"no scheme":                          {"u:s3cret@relay.gov.sg:25", from},
		"no host":                            {"smtp://u:s3cret@:25", from},
		"no host name at all":                {"smtp://", from},
		"a slash in the password":            {"smtp://u:s3cret/x@relay.gov.sg:25", from},
		"a slash after digits":               {"smtp://u:12/s3cret@relay.gov.sg:25", from},
		"a hash in the password":             {"smtp://u:12#s3cret@relay.gov.sg:25", from},
		"a question mark in the password":    {"smtp://u:12?s3cret@relay.gov.sg:25", from},
		"a percent sign in the password":     {"smtp://u:s3cret%zz@relay.gov.sg:25", from},
		"a port that is none":                {"smtp://u:s3cret@relay.gov.sg:99999", from},
		"port zero":                          {"smtp://u:s3cret@relay.gov.sg:0", from},
		"a path":                             {"smtp://u:s3cret@relay.gov.sg/s3cret", from},
		"another parameter":                  {"smtp://u:s3cret@relay.gov.sg?s3cret=1", from},
		"another value of tls":               {"smtp://u:s3cret@relay.gov.sg?tls=s3cret", from},
		"tls=none with smtps":                {"smtps://u:s3cret@relay.gov.sg?tls=none", from},
		"a password in the clear":            {"smtp://u:s3cret@relay.gov.sg?tls=none", from},
		"a user without a password":          {"smtp://u@relay.gov.sg", from},
		"a password without a user":          {"smtp://:s3cret@relay.gov.sg", from},
		"a sender that is no address":        {"smtp://u:s3cret@relay.gov.sg", "TechBiz"},
		"a sender with a second header line": {"smtp://u:s3cret@relay.gov.sg", "TechBiz\r\nBcc: x@x.sg <techbiz@tech.gov.sg>"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := NewRelay(c.url, c.from)
			if err == nil {
				t.Fatal("no error")
			}
			if s := err.Error(); strings.Contains(s, "s3cret") || strings.ContainsAny(s, "\r\n") {
				t.Errorf("the error is not one line without the password: %s", s)
			}
		})
	}
}
