package main

import (
	"net/http"
	"time"

	"techbiz/graph"
	"techbiz/internal/address"
	"techbiz/internal/clock"
	"techbiz/internal/oidc"
	"techbiz/internal/signin"
	"techbiz/ui"
)

// SignIn says how officers sign in, and from where.
type SignIn struct {
	OIDCIssuer        string       `name:"oidc-issuer" env:"TECHBIZ_OIDC_ISSUER" group:"sign-in" placeholder:"URL" help:"OpenID provider at which officers sign in, such as https://login.microsoftonline.com/TENANT/v2.0. Default: none."`
	OIDCName          string       `default:"TechPass" name:"oidc-name" env:"TECHBIZ_OIDC_NAME" group:"sign-in" placeholder:"NAME" help:"What people call the provider."`
	OIDCClientID      string       `name:"oidc-client-id" env:"TECHBIZ_OIDC_CLIENT_ID" group:"sign-in" placeholder:"ID" help:"Our name at the provider."`
	OIDCClientSecret  string       `name:"oidc-client-secret" secret:"" env:"TECHBIZ_OIDC_CLIENT_SECRET" group:"sign-in" placeholder:"SECRET" help:"Our secret at the provider. Default: none; PKCE protects the codes in any case."`
	OIDCScopes        list         `default:"email,profile" name:"oidc-scopes" env:"TECHBIZ_OIDC_SCOPES" group:"sign-in" placeholder:"SCOPE,..." help:"What we ask the provider for, besides openid."`
	OIDCEmailClaim    string       `default:"email" name:"oidc-email-claim" env:"TECHBIZ_OIDC_EMAIL_CLAIM" group:"sign-in" placeholder:"CLAIM" help:"Claim that holds the email address."`
	OIDCEmailVerified string       `default:"email_verified" name:"oidc-email-verified" env:"TECHBIZ_OIDC_EMAIL_VERIFIED" group:"sign-in" placeholder:"CLAIM" help:"Claim that says whether the address is verified, or always, for a provider that hands out no other ones."`
	RequiredClaims    requirements `name:"required-claims" env:"TECHBIZ_REQUIRED_CLAIMS" group:"sign-in" placeholder:"CLAIM=VALUE|VALUE,..." help:"What the provider has to say of an officer, such as device_compliant=true."`

	APIAudience    string         `name:"api-audience" env:"TECHBIZ_API_AUDIENCE" group:"sign-in" placeholder:"NAME" help:"Our API's name at the OpenID provider, for which service clients get their access tokens. Default: none; only API tokens are taken."`
	APIReadRole    string         `default:"TechBiz.Read" name:"api-read-role" env:"TECHBIZ_API_READ_ROLE" group:"sign-in" placeholder:"ROLE" help:"Application role of a service client that may read."`
	APIWriteRole   string         `default:"TechBiz.Write" name:"api-write-role" env:"TECHBIZ_API_WRITE_ROLE" group:"sign-in" placeholder:"ROLE" help:"Application role of a service client that may read and write."`
	ServiceClients serviceClients `name:"service-clients" env:"TECHBIZ_SERVICE_CLIENTS" group:"sign-in" placeholder:"CLIENT=EMAIL,..." help:"Service clients, each with the public officer who answers for it and stands as inviter."`

	SignInCode      bool          `default:"true" negatable:"" env:"TECHBIZ_SIGN_IN_CODE" group:"sign-in" help:"Send one-time codes by mail."`
	CodeInterval    time.Duration `default:"1m" env:"TECHBIZ_CODE_INTERVAL" group:"sign-in" placeholder:"TIME" help:"Least time between two codes to one email address, 0s to 1h."`
	CodesPerHour    int           `default:"60" env:"TECHBIZ_CODES_PER_HOUR" group:"sign-in" placeholder:"N" help:"Codes that one network address may ask for in an hour; 0 is no limit."`
	AllowedNetworks networks      `env:"TECHBIZ_ALLOWED_NETWORKS" group:"sign-in" placeholder:"NETWORK,..." help:"Networks from which the portal and the API can be used, such as 203.0.113.0/24. Default: all."`
	HelpURL         helpURL       `name:"help-url" env:"TECHBIZ_HELP_URL" group:"sign-in" placeholder:"URL" help:"Where whom a rule keeps out gets help: a page, or mailto: and an address. Default: the text stands without a link."`
}

const mostInterval = time.Hour

func (s *SignIn) check() error {
	given := func(flag string, is bool) error {
		if is {
			return mistaken(flag, "this is about an OpenID provider; name it with --oidc-issuer (TECHBIZ_OIDC_ISSUER)")
		}
		return nil
	}
	switch {
	case s.OIDCIssuer == "":
		for _, f := range []struct {
			flag string
			is   bool
		}{{"oidc-client-id", s.OIDCClientID != ""}, {"oidc-client-secret", s.OIDCClientSecret != ""}, {"required-claims", len(s.RequiredClaims) > 0}} {
			if err := given(f.flag, f.is); err != nil {
				return err
			}
		}
		if !s.SignInCode {
			return mistaken("sign-in-code", "without one-time codes and without an OpenID provider nobody can sign in; leave it on, or set --oidc-issuer (TECHBIZ_OIDC_ISSUER)")
		}
	case oidc.CheckIssuer(s.OIDCIssuer) != nil:
		return mistaken("oidc-issuer", "%s", oidc.CheckIssuer(s.OIDCIssuer))
	case s.OIDCClientID == "":
		return mistaken("oidc-client-id", "say by which name the provider knows this service")
	case len(s.RequiredClaims) > 0 && s.SignInCode:
		return mistaken("sign-in-code", "a one-time code proves none of the required claims, so that it would go round them; set TECHBIZ_SIGN_IN_CODE=0")
	}
	if err := s.checkClients(); err != nil {
		return err
	}
	if s.CodeInterval < 0 || s.CodeInterval > mostInterval {
		return mistaken("code-interval", "give a time from 0s to 1h")
	}
	if s.CodesPerHour < 0 {
		return mistaken("codes-per-hour", "give a number from 0")
	}
	return nil
}

func (s *SignIn) checkClients() error {
	switch {
	case s.APIAudience == "" && len(s.ServiceClients) > 0:
		return mistaken("api-audience", "say by which name the provider knows the API that service clients get tokens for")
	case s.APIAudience == "":
		return nil
	case s.OIDCIssuer == "":
		return mistaken("api-audience", "this is about an OpenID provider; name it with --oidc-issuer (TECHBIZ_OIDC_ISSUER)")
	case s.APIAudience == s.OIDCClientID:
		return mistaken("api-audience", "the API needs a name of its own at the provider: tokens with this one are people's, for signing in")
	case s.APIReadRole == "" || s.APIWriteRole == "" || s.APIReadRole == s.APIWriteRole:
		return mistaken("api-write-role", "give two roles, one for reading and another for writing")
	}
	return nil
}

// clients are the service clients of the settings.
func (s *Settings) clients() signin.Clients {
	return signin.Clients{Audience: s.APIAudience, ReadRole: s.APIReadRole, WriteRole: s.APIWriteRole, Officers: s.ServiceClients}
}

// provider returns the OpenID provider of the settings, nil for none.
func (s *Settings) provider() *oidc.Provider {
	if s.OIDCIssuer == "" {
		return nil
	}
	base := s.BaseURL.String()
	return oidc.New(oidc.Options{
		Issuer: s.OIDCIssuer, Name: s.OIDCName, ClientID: s.OIDCClientID, ClientSecret: s.OIDCClientSecret,
		RedirectURL: base + ui.CallbackPath, AfterSignOut: base + ui.SignedOutPath, Scopes: s.OIDCScopes,
		EmailClaim: s.OIDCEmailClaim, VerifiedClaim: s.OIDCEmailVerified, Required: s.RequiredClaims, Clock: clock.Machine,
	})
}

// newSignIn makes the service that knows who acts.
func (p *parts) newSignIn() *signin.Service {
	s := p.settings
	return signin.New(signin.Options{
		DB: p.db, Machine: clock.Machine, Post: p.post, Keys: s.SessionKey, Secure: s.BaseURL.Scheme == "https",
		IsOfficer:  func(email string) bool { return s.government().Officer(address.Domain(email)) },
		Provider:   s.provider(),
		Clients:    s.clients(),
		NoCodes:    !s.SignInCode,
		Background: ui.Background,
		Lasting:    func(r *http.Request) bool { return ui.Streams(r) || graph.Streams(r) },
		Recheck:    s.StreamCheck,
		Idle:       s.SessionIdle, Absolute: s.SessionMax,
		CodeInterval: s.CodeInterval, CodesAnHour: s.CodesPerHour,
		Networks: s.AllowedNetworks,
		Audit:    p.activity,
		Log:      p.log,
	})
}
