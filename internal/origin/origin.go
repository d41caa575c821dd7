// Package origin says from which network address a request came.
//
// The address of the connection counts, and the header X-Forwarded-For only as
// far as trusted proxies wrote it: whoever sends the header itself changes
// nothing. The address travels in the context, for sign-in limits, the device
// rule and the activity log.
package origin

import (
	"context"
	"net/http"
	"net/netip"
	"strings"
)

// Header is the header in which each proxy appends whom it answers.
const Header = "X-Forwarded-For"

// maxHops bounds how far back the header is read.
const maxHops = 32

type key struct{}

// With returns a context of a request that came from a.
func With(ctx context.Context, a netip.Addr) context.Context {
	return context.WithValue(ctx, key{}, a)
}

// From returns where the request came from, and the zero address, which is not
// valid, outside of a request.
func From(ctx context.Context) netip.Addr {
	a, _ := ctx.Value(key{}).(netip.Addr)
	return a
}

// Proxies are the networks of the proxies whose X-Forwarded-For is believed.
type Proxies []netip.Prefix

// Address returns the address that the nearest proxy we trust vouches for: the
// header is read from its end, past every trusted proxy. What does not parse, or
// is not trusted, ends the walk.
func (p Proxies) Address(r *http.Request) netip.Addr {
	at := parse(r.RemoteAddr)
	hops := strings.Split(strings.Join(r.Header.Values(Header), ","), ",")
	for n := 0; n < len(hops) && n < maxHops && p.trusts(at); n++ {
		before := parse(hops[len(hops)-1-n])
		if !before.IsValid() {
			break
		}
		at = before
	}
	return at
}

func (p Proxies) trusts(a netip.Addr) bool {
	for _, network := range p {
		if network.Contains(a) {
			return true
		}
	}
	return false
}

// parse reads an address with or without a port. An IPv4 address in IPv6 form is
// the IPv4 address, and a zone says nothing about the network.
func parse(text string) netip.Addr {
	text = strings.TrimSpace(text)
	a, err := netip.ParseAddr(strings.Trim(text, "[]"))
	if err != nil {
		withPort, err := netip.ParseAddrPort(text)
		if err != nil {
			return netip.Addr{}
		}
		a = withPort.Addr()
	}
	return a.Unmap().WithZone("")
}

// Middleware puts the address of each request into its context.
func (p Proxies) Middleware(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r.WithContext(With(r.Context(), p.Address(r))))
	})
}
