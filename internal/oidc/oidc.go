// Package oidc signs people in at an OpenID provider, such as TechPass: by the
// authorization code flow with PKCE, state and nonce.
//
// It guarantees that a [Person] was named by the configured issuer, to us, in
// answer to the attempt that is given, by a token that one of the provider's
// present keys signed and that has not expired; and that an e-mail address is
// told from one that the provider vouches for. The provider is asked for its
// endpoints when it is first needed and not before: it may be away while we start.
//
// It keeps no session and knows no officer: package signin decides who that
// person is here.
package oidc

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
	"golang.org/x/sync/singleflight"

	"techbiz/internal/clock"
	"techbiz/internal/fault"
)

const (
	// Skew is by how much the provider's clock and ours may differ.
	Skew = 2 * time.Minute

	// Always, as [Options.VerifiedClaim], says that the provider hands out no e-mail
	// address that it has not verified.
	Always = "always"

	// discoveryLife is how long endpoints and keys count before they are read anew: a
	// key that the provider has withdrawn counts no longer than that.
	discoveryLife = time.Hour

	// retryAfter is how long a provider that did not answer is not asked again.
	retryAfter = 5 * time.Second
)

// Options are what is known of the provider.
type Options struct {
	// Issuer is the address that the provider gives itself, to the letter.
	Issuer string
	// Name is what people call the provider; "" is TechPass.
	Name string
	// ClientID and ClientSecret are ours; the secret may be empty.
	ClientID, ClientSecret string
	// RedirectURL is where the provider sends people back to, and AfterSignOut where
	// it does once it has signed them out. Both are registered there.
	RedirectURL, AfterSignOut string
	// Scopes are asked for besides openid.
	Scopes []string
	// EmailClaim holds the e-mail address; "" is email.
	EmailClaim string
	// VerifiedClaim says whether the address is verified, [Always] that it is in any
	// case; "" is email_verified.
	VerifiedClaim string
	// Required are the claims that a person needs.
	Required []Requirement
	// Clock is the machine's clock.
	Clock clock.Clock
	// Client asks the provider; nil is one with bounds on time and size.
	Client *http.Client
}

// Provider is an OpenID provider. It is safe for concurrent use. Make it with [New].
type Provider struct {
	options Options
	client  *http.Client
	asking  singleflight.Group

	mu     sync.Mutex
	known  *endpoints
	failed error     // of the last try, nil when it succeeded
	retry  time.Time // when the next try may be made
}

// endpoints are what discovery found out.
type endpoints struct {
	*oidc.Provider
	strangers  *oidc.Provider // the same one, for tokens that anybody may send
	at         time.Time
	authStyle  oauth2.AuthStyle
	endSession string
	issInReply bool // every answer names the issuer (RFC 9207)
}

// New returns a provider that has not been asked for anything yet.
func New(o Options) *Provider {
	o.Name = or(o.Name, "TechPass")
	o.EmailClaim = or(o.EmailClaim, "email")
	o.VerifiedClaim = or(o.VerifiedClaim, "email_verified")
	p := &Provider{options: o, client: o.Client}
	if p.client == nil {
		p.client = newClient()
	}
	return p
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// Name is what people call the provider.
func (p *Provider) Name() string { return p.options.Name }

// Issuer is the provider's own address.
func (p *Provider) Issuer() string { return p.options.Issuer }

// Ready says whether the provider has told its endpoints, and asks for them if
// need be. Codes: UNAVAILABLE.
func (p *Provider) Ready(ctx context.Context) error {
	_, err := p.discover(ctx)
	return err
}

// discover returns the provider's endpoints. Those known are kept while the
// provider cannot tell them anew. One call asks for all that wait, and goes on
// when the first of them is cancelled.
func (p *Provider) discover(ctx context.Context) (*endpoints, error) {
	if e, err := p.kept(); e != nil || err != nil {
		return e, err
	}
	asked := p.asking.DoChan("", func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), requestTimeout)
		defer cancel()
		return p.keep(p.ask(ctx))
	})
	select {
	case <-ctx.Done():
		return nil, p.away(ctx.Err())
	case r := <-asked:
		e, _ := r.Val.(*endpoints)
		return e, r.Err
	}
}

// kept returns what is known, and whether that is to be asked for anew: then both
// are nil.
func (p *Provider) kept() (*endpoints, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.options.Clock()
	switch {
	case p.known != nil && now.Before(p.known.at.Add(discoveryLife)):
		return p.known, nil
	case !now.Before(p.retry):
		return nil, nil
	case p.known != nil:
		return p.known, nil
	}
	return nil, p.failed
}

func (p *Provider) keep(e *endpoints, err error) (*endpoints, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err == nil {
		p.known, p.failed = e, nil
		return e, nil
	}
	p.failed, p.retry = p.away(err), p.options.Clock().Add(retryAfter)
	if p.known != nil {
		return p.known, nil
	}
	return nil, p.failed
}

func (p *Provider) away(cause error) error {
	return fault.Wrap(cause, fault.Unavailable, "%s does not answer at the moment. Try again in a minute.", p.options.Name)
}

// ask reads the provider's discovery document.
func (p *Provider) ask(ctx context.Context) (*endpoints, error) {
	found, err := oidc.NewProvider(oidc.ClientContext(ctx, p.client), p.options.Issuer)
	if err != nil {
		return nil, fmt.Errorf("discover %s: %w", p.options.Issuer, err)
	}
	var more struct {
		JWKS        string   `json:"jwks_uri"`
		EndSession  string   `json:"end_session_endpoint"`
		Algorithms  []string `json:"id_token_signing_alg_values_supported"`
		AuthMethods []string `json:"token_endpoint_auth_methods_supported"`
		Iss         bool     `json:"authorization_response_iss_parameter_supported"`
	}
	if err := found.Claims(&more); err != nil {
		return nil, fmt.Errorf("discover %s: %w", p.options.Issuer, err)
	}
	e := &endpoints{
		Provider: found, at: p.options.Clock(), endSession: more.EndSession, issInReply: more.Iss,
		authStyle: authStyle(p.options.ClientSecret, more.AuthMethods),
	}
	for _, address := range []string{found.Endpoint().AuthURL, found.Endpoint().TokenURL, more.JWKS} {
		if !p.safe(address) {
			return nil, fmt.Errorf("discover %s: endpoint %q", p.options.Issuer, address)
		}
	}
	for _, address := range []string{e.endSession, found.UserInfoEndpoint()} { // not every provider has them
		if address != "" && !p.safe(address) {
			return nil, fmt.Errorf("discover %s: endpoint %q", p.options.Issuer, address)
		}
	}
	e.strangers = p.forStrangers(ctx, more.JWKS, more.Algorithms)
	return e, nil
}

// safe says whether an endpoint is an address that is as well protected as the
// issuer's: secrets and keys go over it.
func (p *Provider) safe(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil {
		return false
	}
	return u.Scheme == "https" || u.Scheme == "http" && strings.HasPrefix(p.options.Issuer, "http://")
}

// authStyle is how we prove at the token endpoint who we are. It is never tried
// out: a code counts once.
func authStyle(secret string, methods []string) oauth2.AuthStyle {
	if secret == "" || len(methods) > 0 && !slices.Contains(methods, "client_secret_basic") {
		return oauth2.AuthStyleInParams
	}
	return oauth2.AuthStyleInHeader
}

// config is ours for the authorization code flow.
func (p *Provider) config(e *endpoints) *oauth2.Config {
	at := e.Endpoint()
	at.AuthStyle = e.authStyle
	return &oauth2.Config{
		ClientID: p.options.ClientID, ClientSecret: p.options.ClientSecret, Endpoint: at,
		RedirectURL: p.options.RedirectURL, Scopes: append([]string{oidc.ScopeOpenID}, p.options.Scopes...),
	}
}

// CheckIssuer says what is wrong with the address of an issuer.
func CheckIssuer(issuer string) error {
	u, err := url.Parse(issuer)
	switch {
	case err != nil, u.Host == "", u.User != nil, u.RawQuery != "", u.Fragment != "", u.Scheme != "https" && u.Scheme != "http":
		return errors.New("give the issuer's address to the letter, such as https://login.microsoftonline.com/TENANT/v2.0")
	case u.Scheme == "http" && !isLoopback(u.Hostname()):
		return errors.New("an issuer has to be reached over https; http is for one on this machine")
	case slices.Contains([]string{"common", "organizations", "consumers"}, firstSegment(u.Path)) && strings.HasPrefix(u.Hostname(), "login.microsoftonline"):
		return errors.New("name one tenant; with common, organizations or consumers any tenant could sign in")
	}
	return nil
}

func firstSegment(path string) string {
	first, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	return first
}
