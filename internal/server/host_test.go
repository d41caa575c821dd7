package server

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
)

func TestSameHost(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, base, host, path string
		status                 int
	}{
		{"the portal's", "https://portal.example.sg", "portal.example.sg", "/", 200},
		{"in capitals, with the port", "https://portal.example.sg", "Portal.Example.SG:443", "/", 200},
		{"with the dot of the root", "https://portal.example.sg", "portal.example.sg.", "/", 200},
		{"of a portal on another port", "https://portal.example.sg:8443", "portal.example.sg:8443", "/", 200},
		{"without its port", "https://portal.example.sg:8443", "portal.example.sg", "/", 421},
		{"another port", "https://portal.example.sg", "portal.example.sg:80", "/", 421},
		{"another site's", "https://portal.example.sg", "evil.example", "/sign-in", 421},
		{"one that ends alike", "https://portal.example.sg", "evilportal.example.sg", "/", 421},
		{"one that begins alike", "https://portal.example.sg", "portal.example.sg.evil.example", "/", 421},
		{"two", "https://portal.example.sg", "portal.example.sg, evil.example", "/", 421},
		{"none", "https://portal.example.sg", "", "/", 421},
		{"this machine's, from outside", "https://portal.example.sg", "localhost", "/", 421},
		{"a probe by address", "https://portal.example.sg", "10.1.2.3:8080", "/healthz", 200},
		{"another probe", "https://portal.example.sg", "10.1.2.3:8080", "/readyz", 200},
		{"on one's own machine by name", "http://127.0.0.1:8080", "localhost:8080", "/", 200},
		{"by a forwarded port", "http://127.0.0.1:8080", "localhost:9000", "/", 200},
		{"by IPv6", "http://127.0.0.1:8080", "[::1]:8080", "/", 200},
		{"by a name that leads there", "http://127.0.0.1:8080", "evil.example:8080", "/", 421},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			base, err := url.Parse(c.base)
			if err != nil {
				t.Fatal(err)
			}
			s, _ := setup(t, func(http.ResponseWriter, *http.Request) {}, func(o *Options) { o.BaseURL, o.AnyHost = base, false })
			r := httptest.NewRequest(http.MethodGet, c.path, nil)
			r.Host = c.host
			if got := serve(s, r).Code; got != c.status {
				t.Errorf("got %d, want %d", got, c.status)
			}
		})
	}
}
