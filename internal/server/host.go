package server

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// sameHost answers 421 to a request for another host than the portal's: no page,
// mail or cache is to be made with a name that the client chose, and a page of
// another site that lets its own name lead to this machine is to read nothing. A
// portal on a loopback address is reached by each of its names, by any port.
func sameHost(next http.Handler, base *url.URL) http.Handler {
	name, port := hostOf(base.Host, base.Scheme)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, p := hostOf(r.Host, base.Scheme)
		if n == name && p == port || isLoopback(name) && isLoopback(n) {
			next.ServeHTTP(w, r)
			return
		}
		http.Error(w, "This is not the server of that address. A proxy before the portal has to pass the header Host on as it is.", http.StatusMisdirectedRequest)
	})
}

// hostOf parts a host from its port, which is the scheme's where it has none.
func hostOf(host, scheme string) (name, port string) {
	name, port, err := net.SplitHostPort(host)
	if err != nil {
		name, port = strings.Trim(host, "[]"), map[string]string{"http": "80", "https": "443"}[scheme]
	}
	return strings.TrimSuffix(strings.ToLower(name), "."), port
}

func isLoopback(name string) bool {
	a, err := netip.ParseAddr(name)
	return name == "localhost" || err == nil && a.IsLoopback()
}
