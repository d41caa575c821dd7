package main

import (
	"bytes"
	"encoding"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"
)

func TestSpan(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, text string
		want       time.Duration // 0: refused
	}{
		{"days", "90d", 90 * 24 * time.Hour},
		{"hours", "12h", 12 * time.Hour},
		{"days and hours", "1d12h", 36 * time.Hour},
		{"minutes", "30m", 30 * time.Minute},
		{"no unit", "90", 0},
		{"nothing", "", 0},
		{"no time at all", "0d", 0},
		{"the past", "-1d", 0},
		{"a day less an hour", "1d-1h", 0},
		{"words", "ninety days", 0},
		{"more days than anybody means", "99999d", 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var s span
			err := s.UnmarshalText([]byte(c.text))
			if (err == nil) != (c.want > 0) || err == nil && time.Duration(s) != c.want {
				t.Errorf("read %v, %v", time.Duration(s), err)
			}
		})
	}
}

func TestByteSize(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]byteSize{"512KiB": 512 << 10, "10MiB": 10 << 20, "10 MiB": 10 << 20, "1024": 1024, "10MB": -1, "": -1, "-1": -1, "1.5MiB": -1} {
		var s byteSize
		if err := s.UnmarshalText([]byte(text)); (err == nil) != (want >= 0) || err == nil && s != want {
			t.Errorf("%q: read %d, %v", text, s, err)
		}
	}
}

func TestNetworks(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"10.0.0.0/8, 192.0.2.7": "[10.0.0.0/8 192.0.2.7/32]", "10.1.2.3/8": "[10.0.0.0/8]", "2001:db8::/32,::1": "[2001:db8::/32 ::1/128]",
		"": "[]", "10.0.0.0/33": "", "proxy.local": "", "::ffff:10.0.0.1": "",
	} {
		var n networks
		if err := n.UnmarshalText([]byte(text)); (err == nil) != (want != "") || err == nil && fmt.Sprint([]netip.Prefix(n)) != want {
			t.Errorf("%q: read %v, %v", text, n, err)
		}
	}
}

func TestRate(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"100/s burst 1000": "{100 1s 1000}", "60/m": "{60 1m0s 0}", " 5/h ": "{5 1h0m0s 0}", "off": "{0 0s 0}",
		"": "", "100": "", "100/d": "", "0/s": "", "-1/s": "", "100/s 1000": "", "100/s burst": "", "100/s burst 0": "",
		"100/s burst x": "", "100/s burst 9 9": "", "9999999/s": "", "off off": "",
	} {
		var r rate
		if err := r.UnmarshalText([]byte(text)); (err == nil) != (want != "") || err == nil && fmt.Sprint(r.Rate) != want {
			t.Errorf("%q: read %v, %v", text, r, err)
		}
	}
}

// A flag may be given twice: the later value stands alone.
func TestValues_Replace(t *testing.T) {
	t.Parallel()
	l, w := list{"old"}, webURL{}
	for value, text := range map[encoding.TextUnmarshaler]string{&l: " a.com ,,b.com", &w: ""} {
		if err := value.UnmarshalText([]byte(text)); err != nil {
			t.Error(err)
		}
	}
	if len(l) != 2 || l[0] != "a.com" || l[1] != "b.com" || w.Host != "" {
		t.Errorf("read %q and %v", l, w)
	}
}

func TestBaseURL(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, addr, want string }{
		{"loopback stays as it was given", "127.0.0.1:0", "http://127.0.0.1:4711"},
		{"a name stays", "localhost:0", "http://localhost:4711"},
		{"IPv6 is bracketed", "[::1]:0", "http://[::1]:4711"},
		{"every address is reached as localhost", "0.0.0.0:0", "http://localhost:4711"},
		{"no host, too", ":0", "http://localhost:4711"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := baseURL(c.addr, fixedListener{})
			if got.String() != c.want {
				t.Errorf("got %s, want %s", got.String(), c.want)
			}
		})
	}
}

type fixedListener struct{ net.Listener }

func (fixedListener) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 4711} }

func TestKeptKey_OneForAllWhoStartAtOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	keys := make([][]byte, 16)
	var all sync.WaitGroup
	for i := range keys {
		all.Go(func() {
			k, err := keptKey(dir, sessionKeyFile, thenDelete)
			if err != nil {
				t.Error(err)
			}
			keys[i] = k
		})
	}
	all.Wait()
	for _, k := range keys {
		if len(k) != keyLength || !bytes.Equal(k, keys[0]) {
			t.Errorf("two keys: %x and %x", k, keys[0])
		}
	}
}
