// Package signin knows who acts in a request: it sends one-time codes, asks the
// OpenID provider, keeps sessions and checks bearer tokens.
//
// It guarantees that the database holds no secret that signs anybody in (only
// hashes of codes, sessions and tokens), that a code works once, in the browser
// that asked for it and for a few tries, and so does a way to the provider, that
// a session's id is new after sign-in, that nobody acts from a network that is not
// allowed, and that ending a session or revoking a token takes effect with the
// next request on every replica, and within seconds on open streams: nothing is
// cached. All its times are the machine's. It does not decide what an actor may do: that is package access.
package signin

import (
	"context"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"techbiz/ent/session"
	"techbiz/ent/signinattempt"
	"techbiz/ent/signincode"
	"techbiz/internal/access"
	"techbiz/internal/audit"
	"techbiz/internal/clock"
	"techbiz/internal/database"
	"techbiz/internal/mail"
	"techbiz/internal/oidc"
)

// MinKeys is the least length of [Options.Keys], in bytes.
const MinKeys = 32

const (
	defaultIdle     = 15 * time.Minute
	defaultAbsolute = 8 * time.Hour

	// useInterval is how often the last use of a session or token is written at
	// most, and useTimeout how long a request waits for it.
	useInterval = time.Minute
	useTimeout  = time.Second

	// warnBefore is how long before its end an officer hears of it.
	warnBefore = 2 * time.Minute
)

// Options are what the service needs.
type Options struct {
	DB *database.DB
	// Machine is the machine's clock.
	Machine clock.Clock
	// Post sends one mail at once. Its errors are those of [mail.Relay.Send].
	Post func(ctx context.Context, msg mail.Message) error
	// IsOfficer says whether a folded address belongs to a public officer.
	IsOfficer func(email string) bool
	// Keys is the secret, of [MinKeys] bytes or more, from which the keys of
	// cookies and codes are derived. It is the same on every replica.
	Keys []byte
	// Secure is set where browsers come over HTTPS: the cookie is then Secure and
	// its name has the prefix __Host-.
	Secure bool
	// Idle and Absolute bound a session: since its last use and since sign-in.
	// 0 means 15 minutes and 8 hours.
	Idle, Absolute time.Duration
	// Provider signs people in; nil for none.
	Provider *oidc.Provider
	// Clients are the service clients, whose access tokens Provider signs.
	Clients Clients
	// NoCodes is set where no one-time codes are sent.
	NoCodes bool
	// CodeInterval is the least time between two codes to one e-mail address, and
	// CodesAnHour how many codes one network address may ask for in an hour; 0 is no
	// such limit.
	CodeInterval time.Duration
	CodesAnHour  int
	// Networks are those from which the service may be used; none means all.
	Networks []netip.Prefix
	// Background says of a request that a page made it by itself, such as a poll:
	// it does not keep the session from idling out. Nil means none.
	Background func(*http.Request) bool
	// Lasting says of a request that its answer may be a stream, which has no end of
	// its own; Recheck is how often it is looked at whether it may go on, 0 for every
	// 5 seconds. Nil means none.
	Lasting func(*http.Request) bool
	Recheck time.Duration
	// Audit is the activity log; nil records nothing.
	Audit *audit.Log
	// Log gets no address, code or secret. Nil discards.
	Log *slog.Logger
}

// Service signs officers in and out. It is safe for concurrent use. Make it with
// [New].
type Service struct {
	db         *database.DB
	now        clock.Clock
	post       func(context.Context, mail.Message) error
	isOfficer  func(string) bool
	background func(*http.Request) bool
	lasting    func(*http.Request) bool
	recheck    time.Duration
	log        *slog.Logger
	codeKey    []byte
	networkKey []byte
	store      *store
	provider   *oidc.Provider
	clients    Clients
	noCodes    bool
	interval   time.Duration
	anHour     int
	networks   []netip.Prefix
	audit      *audit.Log
}

// New returns a service. It panics on a secret that is too short: nothing may be
// signed with that.
func New(o Options) *Service {
	if len(o.Keys) < MinKeys {
		panic(fmt.Sprintf("signin: the secret has %d bytes and needs %d", len(o.Keys), MinKeys))
	}
	s := &Service{
		db: o.DB, now: o.Machine, post: o.Post, isOfficer: o.IsOfficer,
		background: o.Background, lasting: o.Lasting, recheck: o.Recheck, log: o.Log, provider: o.Provider, clients: o.Clients, noCodes: o.NoCodes,
		interval: o.CodeInterval, anHour: o.CodesAnHour, networks: o.Networks, audit: o.Audit,
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	none := func(*http.Request) bool { return false }
	if s.background == nil {
		s.background = none
	}
	if s.lasting == nil {
		s.lasting = none
	}
	if s.recheck <= 0 {
		s.recheck = defaultRecheck
	}
	if o.Idle <= 0 {
		o.Idle = defaultIdle
	}
	if o.Absolute <= 0 {
		o.Absolute = defaultAbsolute
	}
	s.codeKey = derive(o.Keys, "one-time code")
	s.networkKey = derive(o.Keys, "network address")
	s.store = newStore(o, derive(o.Keys, "cookie authentication"), derive(o.Keys, "cookie encryption"))
	return s
}

// derive returns a key of 32 bytes for one purpose.
func derive(secret []byte, purpose string) []byte {
	key, err := hkdf.Key(sha256.New, secret, nil, "techbiz signin "+purpose, sha256.Size)
	if err != nil {
		panic(fmt.Sprintf("signin: derive a key: %v", err)) // only with a length that HKDF cannot give
	}
	return key
}

// Sweep deletes the sessions and ways to the provider that have ended, and the
// codes that count for no limit any more. It may run at any time and on several
// replicas at once.
func (s *Service) Sweep(ctx context.Context) error {
	now := s.now()
	return s.db.WithTx(access.System(ctx), func(ctx context.Context, tx *database.Tx) error {
		_, sessions := tx.Session.Delete().Where(session.Or(
			session.ExpiresAtLTE(now), session.SeenAtLTE(now.Add(-s.store.idle)),
		)).Exec(ctx)
		_, codes := tx.SignInCode.Delete().Where(signincode.CreatedAtLTE(now.Add(-limitWindow))).Exec(ctx)
		_, attempts := tx.SignInAttempt.Delete().Where(signinattempt.ExpiresAtLTE(now)).Exec(ctx)
		return errors.Join(sessions, codes, attempts)
	})
}
