package oidc

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"techbiz/internal/fault"
)

// Attempt is one way to the provider and back. All of it but State is secret from
// the browser, and each counts once.
type Attempt struct {
	State    string // comes back in the answer's query
	Nonce    string // comes back in the token
	Verifier string // proves that whoever redeems the code began the attempt
}

// Person is whom the provider names.
type Person struct {
	Issuer, Subject string
	// Email is what the provider says of the address, "" where it says nothing, and
	// EmailBelieved whether it vouches for it.
	Email         string
	EmailBelieved bool
	Name          string // "" where it is not told
	// Missing is the first required claim that the person does not have, nil for none.
	Missing *Requirement
	// IDToken is the signed statement, for signing out.
	IDToken string
}

// SignOut is how a browser signs out at the provider: it posts Fields to Address.
// They stand in no address, since they name the person.
type SignOut struct {
	Address string
	Fields  map[string]string
}

// Begin returns a new attempt and the address to which the browser has to go.
// Codes: UNAVAILABLE.
func (p *Provider) Begin(ctx context.Context) (string, Attempt, error) {
	e, err := p.discover(ctx)
	if err != nil {
		return "", Attempt{}, err
	}
	a := Attempt{State: random(), Nonce: random(), Verifier: oauth2.GenerateVerifier()}
	return p.config(e).AuthCodeURL(a.State, oidc.Nonce(a.Nonce), oauth2.S256ChallengeOption(a.Verifier)), a, nil
}

// Finish redeems the provider's answer to an attempt, the query of the address at
// which the browser came back. Codes: UNAVAILABLE where the provider does not
// answer, BAD_REQUEST for an answer that names nobody.
func (p *Provider) Finish(ctx context.Context, a Attempt, answer url.Values) (Person, error) {
	e, err := p.discover(ctx)
	if err != nil {
		return Person{}, err
	}
	if err := p.checkAnswer(e, a, answer); err != nil {
		return Person{}, err
	}
	ctx = oidc.ClientContext(ctx, p.client)
	token, err := p.config(e).Exchange(ctx, answer.Get("code"), oauth2.VerifierOption(a.Verifier))
	if err != nil {
		return Person{}, p.notExchanged(err)
	}
	raw, _ := token.Extra("id_token").(string)
	said, claims, err := p.verify(ctx, e.Provider, raw, p.options.ClientID)
	if err == nil {
		err = p.checkToken(a, token.AccessToken, said, claims)
	}
	if err != nil {
		return Person{}, p.refuse(err)
	}
	person := p.person(ctx, e, token, said, claims)
	person.IDToken = raw
	return person, nil
}

// checkAnswer refuses an answer that is not to this attempt, or says that there is
// nobody.
func (p *Provider) checkAnswer(e *endpoints, a Attempt, answer url.Values) error {
	iss := answer.Get("iss")
	switch {
	case a.State == "" || subtle.ConstantTimeCompare([]byte(answer.Get("state")), []byte(a.State)) != 1:
		return p.refuse(errors.New("the state is another"))
	case iss != "" && iss != p.options.Issuer, iss == "" && e.issInReply:
		return p.refuse(errors.New("the answer comes from another issuer"))
	case answer.Get("error") == "access_denied":
		return fault.New(fault.BadRequest, "You did not sign in at %s. Try again, or use another way to sign in.", p.options.Name)
	case answer.Get("error") != "":
		return p.refuse(fmt.Errorf("the provider answers %s", plain(answer.Get("error"))))
	case answer.Get("code") == "":
		return p.refuse(errors.New("the answer has no code"))
	}
	return nil
}

// maxSubject is the longest name of a subject that OpenID Connect allows.
const maxSubject = 255

// verify reads a token that the provider signed for an audience. Errors say what is
// wrong with it, or that the keys could not be read.
func (p *Provider) verify(ctx context.Context, by *oidc.Provider, raw, audience string) (*oidc.IDToken, Claims, error) {
	now := p.options.Clock()
	// The library takes the token's end to the letter: the skew is granted here.
	verifier := by.Verifier(&oidc.Config{ClientID: audience, Now: func() time.Time { return now.Add(-Skew) }})
	said, err := verifier.Verify(ctx, raw)
	if err != nil {
		return nil, nil, err
	}
	var claims Claims
	if err := said.Claims(&claims); err != nil {
		return nil, nil, err
	}
	switch {
	case said.Subject == "" || len(said.Subject) > maxSubject:
		return nil, nil, errors.New("the token names no subject")
	case said.IssuedAt.After(now.Add(Skew)):
		return nil, nil, errors.New("the token was issued in the future")
	}
	return said, claims, nil
}

// checkToken refuses a token that is not for us or not of this attempt.
func (p *Provider) checkToken(a Attempt, access string, said *oidc.IDToken, claims Claims) error {
	party := claims.text("azp")
	switch {
	case party != "" && party != p.options.ClientID, party == "" && len(said.Audience) > 1:
		return errors.New("the token was issued to another party")
	case a.Nonce == "" || subtle.ConstantTimeCompare([]byte(said.Nonce), []byte(a.Nonce)) != 1:
		return errors.New("the nonce is another")
	case said.AccessTokenHash != "":
		return said.VerifyAccessToken(access)
	}
	return nil
}

// person reads the claims. What the token does not say, the provider is asked for:
// some keep the e-mail address out of the token.
func (p *Provider) person(ctx context.Context, e *endpoints, token *oauth2.Token, said *oidc.IDToken, claims Claims) Person {
	sources := []Claims{claims}
	person := p.read(said, sources)
	if (person.EmailBelieved && person.Missing == nil) || e.UserInfoEndpoint() == "" {
		return person
	}
	info, err := e.UserInfo(ctx, oauth2.StaticTokenSource(token))
	if err != nil || info.Subject != said.Subject {
		return person // what we know has to do
	}
	var more Claims
	if info.Claims(&more) != nil {
		return person
	}
	return p.read(said, append(sources, more))
}

// read makes a person of what the sources say. An address and its verification
// count only from one and the same source.
func (p *Provider) read(said *oidc.IDToken, sources []Claims) Person {
	person := Person{Issuer: said.Issuer, Subject: said.Subject}
	for _, c := range sources {
		person.Name = or(person.Name, c.text("name"))
		email := c.text(p.options.EmailClaim)
		if email == "" || person.EmailBelieved {
			continue
		}
		believed := p.options.VerifiedClaim == Always || c.yes(p.options.VerifiedClaim)
		if believed || person.Email == "" {
			person.Email, person.EmailBelieved = email, believed
		}
	}
	for _, r := range p.options.Required {
		if !slices.ContainsFunc(sources, r.Met) {
			person.Missing = &r
			break
		}
	}
	return person
}

// AccessToken reads an access token that the provider signed for an audience of
// ours, such as one of a service client. Codes: UNAVAILABLE where the provider
// does not answer, UNAUTHENTICATED for a token that is no good. However many such
// tokens come, the provider is asked for its keys once in a while only.
func (p *Provider) AccessToken(ctx context.Context, raw, audience string) (Claims, error) {
	e, err := p.discover(ctx)
	if err != nil {
		return nil, err
	}
	_, claims, err := p.verify(ctx, e.strangers, raw, audience)
	if err != nil {
		return nil, fault.Wrap(err, fault.Unauthenticated, "The access token signs nobody in.")
	}
	return claims, nil
}

// SignOut returns how a browser signs out at the provider whom an ID token names,
// and false where the provider offers none or does not answer.
func (p *Provider) SignOut(ctx context.Context, idToken string) (SignOut, bool) {
	e, err := p.discover(ctx)
	if err != nil || e.endSession == "" || idToken == "" {
		return SignOut{}, false
	}
	return SignOut{Address: e.endSession, Fields: map[string]string{
		"id_token_hint": idToken, "client_id": p.options.ClientID, "post_logout_redirect_uri": p.options.AfterSignOut,
	}}, true
}

// notExchanged tells a provider that is away from one that refuses. Neither the
// code nor what the provider wrote is kept.
func (p *Provider) notExchanged(err error) error {
	refused, ok := errors.AsType[*oauth2.RetrieveError](err)
	if !ok {
		return p.away(err)
	}
	status := 0
	if refused.Response != nil {
		status = refused.Response.StatusCode
	}
	cause := fmt.Errorf("the token endpoint answers %d %s", status, plain(refused.ErrorCode))
	if status >= 500 || status == 429 {
		return p.away(cause)
	}
	return p.refuse(cause)
}

// refuse is the answer to what names nobody; the cause is for the log.
func (p *Provider) refuse(cause error) error {
	return fault.Wrap(cause, fault.BadRequest, "The answer of %s could not be used. Try again.", p.options.Name)
}

// plain keeps what a standard error code may hold, so that nobody writes into our
// log.
func plain(code string) string {
	if len(code) > 64 || strings.Trim(code, "abcdefghijklmnopqrstuvwxyz_") != "" {
		return "something else"
	}
	return code
}

// random returns 32 random bytes, as text.
func random() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails
	return base64.RawURLEncoding.EncodeToString(b[:])
}
