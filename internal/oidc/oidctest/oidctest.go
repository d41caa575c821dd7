// Package oidctest starts a real OpenID provider for tests, at which whoever the
// test says is signed in without being asked.
//
// Its keys can be rotated, it can be taken away, and a hostile token endpoint can
// stand before its own, for tokens that an honest provider never issues.
package oidctest

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"

	jose "github.com/go-jose/go-jose/v4"
	"github.com/zitadel/oidc/v3/example/server/storage"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// What we are at the provider.
const (
	ClientID     = "techbiz"
	ClientSecret = "a secret of this test"
)

// Person is who sits at the provider.
type Person struct {
	Subject string
	Email   string // "" for one without
	// Unverified is set where the provider does not vouch for the address.
	Unverified bool
	// Claims are added to the token.
	Claims map[string]any
	// Absent lets the person turn back without signing in.
	Absent bool
}

// Provider is a running OpenID provider.
type Provider struct {
	server *httptest.Server
	issuer string
	users  *people

	mu    sync.Mutex
	key   *key
	away  bool
	forge func(claims map[string]any) string
	ended []string // subjects that were signed out
	read  int      // how often the keys were

	redirect, afterSignOut string
}

// New starts a provider, which ends with the test. [Provider.SendBack] has to say
// where it sends people.
func New(t testing.TB) *Provider {
	t.Helper()
	p := &Provider{users: &people{}, key: newKey()}
	p.server = httptest.NewUnstartedServer(nil)
	// Another name of this machine: to a browser the provider is another site.
	p.issuer = fmt.Sprintf("http://localhost:%d", p.server.Listener.Addr().(*net.TCPAddr).Port)
	keeper := &keeper{
		Storage: storage.NewStorageWithClients(p.users, map[string]*storage.Client{
			ClientID: storage.WebClient(ClientID, ClientSecret),
		}),
		p: p,
	}
	provider, err := op.NewProvider(&op.Config{CodeMethodS256: true, AuthMethodPost: true, DefaultLogoutRedirectURI: "/"},
		keeper, op.StaticIssuer(p.issuer), op.WithAllowInsecure())
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/", provider)
	mux.Handle("POST "+op.DefaultEndpoints.Token.Relative(), p.hostile(provider))
	mux.Handle("GET /login/username", op.NewIssuerInterceptor(provider.IssuerFromRequest).HandlerFunc(p.login(keeper, op.AuthCallbackURL(provider))))
	p.server.Config.Handler = p.unlessAway(mux)
	p.server.Start()
	t.Cleanup(p.server.Close)
	return p
}

// Issuer is the provider's address.
func (p *Provider) Issuer() string { return p.issuer }

// SendBack says where the provider sends people once they are signed in, and out.
func (p *Provider) SendBack(redirect, afterSignOut string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.redirect, p.afterSignOut = redirect, afterSignOut
}

// Be says who sits at the provider from now on.
func (p *Provider) Be(person Person) { p.users.sit(person) }

// Rotate gives the provider a new key and withdraws the one before.
func (p *Provider) Rotate() {
	k := newKey()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.key = k
}

// GoAway lets every request fail, or brings the provider back.
func (p *Provider) GoAway(away bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.away = away
}

// Forge puts what f makes of the claims of each ID token in its place; nil lets
// the provider answer itself.
func (p *Provider) Forge(f func(claims map[string]any) string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.forge = f
}

// Ended are the subjects that were signed out at the provider.
func (p *Provider) Ended() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.ended...)
}

// KeysRead says how often somebody has asked for the provider's keys.
func (p *Provider) KeysRead() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.read
}

func (p *Provider) unlessAway(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		away := p.away
		if r.URL.Path == op.DefaultEndpoints.JwksURI.Relative() {
			p.read++
		}
		p.mu.Unlock()
		if away {
			http.Error(w, "down for maintenance", http.StatusServiceUnavailable)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// login signs in whoever sits there.
func (p *Provider) login(keeper *keeper, callback func(context.Context, string) string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		id, person := r.FormValue("authRequestID"), p.users.who()
		if person.Absent {
			request, err := keeper.AuthRequestByID(r.Context(), id)
			if err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
			q := url.Values{"error": {"access_denied"}, "state": {request.GetState()}}
			http.Redirect(w, r, request.GetRedirectURI()+"?"+q.Encode(), http.StatusFound)
			return
		}
		if err := keeper.CheckUsernamePassword(person.Subject, "", id); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		http.Redirect(w, r, callback(r.Context(), id), http.StatusFound)
	}
}

// keeper is the module's example of a storage, with our keys, people and client.
type keeper struct {
	*storage.Storage
	p *Provider
}

func (k *keeper) SigningKey(context.Context) (op.SigningKey, error) { return k.p.signingKey(), nil }

func (k *keeper) KeySet(context.Context) ([]op.Key, error) {
	return []op.Key{public{k.p.signingKey()}}, nil
}

func (k *keeper) SignatureAlgorithms(context.Context) ([]jose.SignatureAlgorithm, error) {
	return []jose.SignatureAlgorithm{jose.RS256}, nil
}

func (k *keeper) GetClientByClientID(ctx context.Context, id string) (op.Client, error) {
	c, err := k.Storage.GetClientByClientID(ctx, id)
	if err != nil {
		return nil, err
	}
	k.p.mu.Lock()
	defer k.p.mu.Unlock()
	return client{c, k.p.redirect, k.p.afterSignOut}, nil
}

// SetUserinfoFromRequest fills in an ID token.
func (k *keeper) SetUserinfoFromRequest(_ context.Context, info *oidc.UserInfo, request op.IDTokenRequest, _ []string) error {
	return k.p.users.tell(info, request.GetSubject())
}

// SetUserinfoFromToken fills in an answer to who a token is.
func (k *keeper) SetUserinfoFromToken(_ context.Context, info *oidc.UserInfo, _, subject, _ string) error {
	return k.p.users.tell(info, subject)
}

// TerminateSession notes whom it signs out.
func (k *keeper) TerminateSession(ctx context.Context, subject, clientID string) error {
	k.p.mu.Lock()
	k.p.ended = append(k.p.ended, subject)
	k.p.mu.Unlock()
	return k.Storage.TerminateSession(ctx, subject, clientID)
}

// client is ours: claims stand in the ID token, as Entra ID has it.
type client struct {
	op.Client
	redirect, afterSignOut string
}

func (c client) IDTokenUserinfoClaimsAssertion() bool { return true }
func (c client) RedirectURIs() []string               { return []string{c.redirect} }
func (c client) PostLogoutRedirectURIs() []string     { return []string{c.afterSignOut} }
func (c client) DevMode() bool                        { return true }

// people are who has ever sat at the provider, by subject.
type people struct {
	mu  sync.Mutex
	now Person
	all map[string]Person
}

func (s *people) sit(p Person) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all == nil {
		s.all = map[string]Person{}
	}
	s.now, s.all[p.Subject] = p, p
}

func (s *people) who() Person {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

func (s *people) tell(info *oidc.UserInfo, subject string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, ok := s.all[subject]
	if !ok {
		return errors.New("nobody has this subject")
	}
	info.Subject = subject
	if p.Email != "" {
		info.Email, info.EmailVerified = p.Email, oidc.Bool(!p.Unverified)
	}
	for name, value := range p.Claims {
		info.AppendClaims(name, value)
	}
	return nil
}

// GetUserByID returns a user of the module's example.
func (s *people) GetUserByID(id string) *storage.User { return s.GetUserByUsername(id) }

// GetUserByUsername returns a user of the module's example.
func (s *people) GetUserByUsername(name string) *storage.User {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.all[name]; !ok {
		return nil
	}
	return &storage.User{ID: name, Username: name}
}

// ExampleClientID is needed by the module's example.
func (s *people) ExampleClientID() string { return "service" }

// key is a signing key.
type key struct {
	id      string
	private *rsa.PrivateKey
}

func newKey() *key {
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err) // there is no randomness
	}
	return &key{fmt.Sprintf("%x", k.N.Bytes()[:8]), k}
}

func (k *key) ID() string                                  { return k.id }
func (k *key) SignatureAlgorithm() jose.SignatureAlgorithm { return jose.RS256 }
func (k *key) Key() any                                    { return k.private }

type public struct{ *key }

func (k public) Algorithm() jose.SignatureAlgorithm { return jose.RS256 }
func (k public) Use() string                        { return "sig" }
func (k public) Key() any                           { return &k.private.PublicKey }

func (p *Provider) signingKey() *key {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.key
}
