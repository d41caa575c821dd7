package oidc

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"techbiz/internal/clock"
)

// keysAfter is how long the provider is not asked for its keys again at a stranger's
// wish.
const keysAfter = 10 * time.Second

var errKeysJustRead = errors.New("no present key signed the token, and the keys were read a moment ago")

// algorithms are those by which a provider may sign: never none, nor one whose key
// would have to be known to both.
var algorithms = []string{
	oidc.RS256, oidc.RS384, oidc.RS512, oidc.PS256, oidc.PS384, oidc.PS512, oidc.ES256, oidc.ES384, oidc.ES512, oidc.EdDSA,
}

// forStrangers returns the issuer with a key set of its own, for tokens that anybody
// may send. Whatever no known key has signed has the keys read anew, as they may have
// been rotated, and so does what somebody made up: at most once in keysAfter. People's
// tokens come from the provider itself, and have their keys apart, so that nobody can
// hold up their sign-in.
func (p *Provider) forStrangers(ctx context.Context, jwks string, offered []string) *oidc.Provider {
	client := *p.client
	client.Transport = &seldom{RoundTripper: client.Transport, now: p.options.Clock}
	known := slices.DeleteFunc(slices.Clone(offered), func(a string) bool { return !slices.Contains(algorithms, a) })
	config := oidc.ProviderConfig{IssuerURL: p.options.Issuer, JWKSURL: jwks, Algorithms: known}
	return config.NewProvider(oidc.ClientContext(ctx, &client))
}

// seldom sends a request once in keysAfter, and refuses the others.
type seldom struct {
	http.RoundTripper // nil for the default
	now               clock.Clock

	mu   sync.Mutex
	next time.Time
}

// RoundTrip sends one request, or none.
func (s *seldom) RoundTrip(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	now := s.now()
	tooSoon := now.Before(s.next)
	if !tooSoon {
		s.next = now.Add(keysAfter)
	}
	s.mu.Unlock()
	switch {
	case tooSoon:
		return nil, errKeysJustRead
	case s.RoundTripper == nil:
		return http.DefaultTransport.RoundTrip(r)
	}
	return s.RoundTripper.RoundTrip(r)
}
