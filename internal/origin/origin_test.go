package origin

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
)

func TestProxies_Address(t *testing.T) {
	t.Parallel()
	proxies := Proxies{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	cases := []struct {
		name, remote string
		forwarded    []string
		want         string
	}{
		{"a connection without a header", "203.0.113.7:4711", nil, "203.0.113.7"},
		{"a stranger's header counts for nothing", "203.0.113.7:4711", []string{"192.0.2.1"}, "203.0.113.7"},
		{"a proxy's header counts", "10.0.0.1:4711", []string{"192.0.2.1"}, "192.0.2.1"},
		{"what the client made up before the proxy does not", "10.0.0.1:4711", []string{"198.51.100.9, 192.0.2.1"}, "192.0.2.1"},
		{"a chain of proxies is walked", "10.0.0.1:4711", []string{"198.51.100.9, 192.0.2.1, 10.2.3.4"}, "192.0.2.1"},
		{"several headers are one", "10.0.0.1:4711", []string{"192.0.2.1", "10.2.3.4"}, "192.0.2.1"},
		{"only proxies: the farthest", "10.0.0.1:4711", []string{"10.9.9.9, 10.2.3.4"}, "10.9.9.9"},
		{"a proxy that names nobody stands for itself", "10.0.0.1:4711", []string{"unknown"}, "10.0.0.1"},
		{"a word in the chain ends it", "10.0.0.1:4711", []string{"192.0.2.1, _hidden, 10.2.3.4"}, "10.2.3.4"},
		{"an address with a port", "10.0.0.1:4711", []string{"192.0.2.1:99"}, "192.0.2.1"},
		{"IPv6", "[fd00::1]:4711", []string{"2001:db8::1"}, "2001:db8::1"},
		{"IPv6 in brackets with a port", "[fd00::1]:4711", []string{"[2001:db8::1]:99"}, "2001:db8::1"},
		{"IPv4 in IPv6 form is IPv4", "[::ffff:10.0.0.1]:4711", []string{"::ffff:192.0.2.1"}, "192.0.2.1"},
		{"a zone is left out", "[fe80::1%eth0]:4711", nil, "fe80::1"},
		{"no address at all", "@", []string{"192.0.2.1"}, "invalid IP"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
			r.RemoteAddr = c.remote
			for _, f := range c.forwarded {
				r.Header.Add(Header, f)
			}
			var got netip.Addr
			proxies.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				got = From(r.Context())
			})).ServeHTTP(httptest.NewRecorder(), r)
			if got.String() != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func FuzzProxies_Address(f *testing.F) {
	f.Add("10.0.0.1:1", "192.0.2.1, 10.0.0.2")
	f.Add("[fd00::1]:1", ",,[::1%x]:0, 999.1.1.1")
	trusted := Proxies{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")}
	f.Fuzz(func(t *testing.T, remote, forwarded string) {
		r := &http.Request{RemoteAddr: remote, Header: http.Header{Header: {forwarded}}}
		if got := (Proxies)(nil).Address(r); got != parse(remote) {
			t.Errorf("without trust: %s", got)
		}
		trusted.Address(r) // ends
	})
}
