package signin

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"fmt"
	"math"
	"net/netip"
	"time"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"

	"techbiz/ent"
	"techbiz/ent/signincode"
	"techbiz/internal/database"
	"techbiz/internal/fault"
	"techbiz/internal/origin"
)

// limitWindow is how long a code counts for its network address.
const limitWindow = time.Hour

// networkBits is how much of an IPv6 address tells one customer of a network from
// another: with the rest one machine could pass for many.
const networkBits = 64

// checkRate returns RATE_LIMITED where an e-mail address or a network address has
// had enough codes. The codes themselves are what is counted, so that all replicas
// count the same.
func (s *Service) checkRate(ctx context.Context, tx *database.Tx, email string) error {
	now, network := s.now(), s.networkHash(ctx)
	// Whoever counts both counts the e-mail address first, so that nobody waits in a
	// circle.
	for _, counted := range []string{"e-mail " + email, "network " + string(network)} {
		if err := s.lockCount(ctx, tx, counted); err != nil {
			return fmt.Errorf("lock a count: %w", err)
		}
	}
	if s.interval > 0 {
		last, err := tx.SignInCode.Query().Where(signincode.Email(email), signincode.CreatedAtGT(now.Add(-s.interval))).
			Order(signincode.ByCreatedAt(entsql.OrderDesc())).First(ctx)
		if err == nil {
			return limited(now, last.CreatedAt.Add(s.interval), "A code was sent to this address a moment ago. Look into your mailbox, or ask again in %s.")
		}
		if !ent.IsNotFound(err) {
			return err
		}
	}
	if s.anHour <= 0 {
		return nil
	}
	asked, err := tx.SignInCode.Query().Where(signincode.Network(network), signincode.CreatedAtGT(now.Add(-limitWindow))).
		Order(signincode.ByCreatedAt(entsql.OrderDesc())).Offset(s.anHour - 1).First(ctx)
	if ent.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	return limited(now, asked.CreatedAt.Add(limitWindow), "Too many codes were asked for from your network. Ask again in %s.")
}

func limited(now, until time.Time, text string) error {
	f := fault.Field("email", fault.RateLimited, text, waiting(until.Sub(now)))
	f.RetryAt = &until
	return f
}

// Until says how long it is until a time of ours, such as that of a fault.
func (s *Service) Until(t time.Time) time.Duration { return t.Sub(s.now()) }

// waiting says how long to wait, rounded up.
func waiting(d time.Duration) string {
	n, unit := int(math.Ceil(d.Seconds())), "second"
	if n > 99 {
		n, unit = int(math.Ceil(d.Minutes())), "minute"
	}
	if n == 1 {
		return "1 " + unit
	}
	return fmt.Sprintf("%d %ss", n, unit)
}

// lockCount lets one transaction at a time count something and add to it. On
// SQLite there is only one at a time anyway.
func (s *Service) lockCount(ctx context.Context, tx *database.Tx, counted string) error {
	if s.db.Dialect() != dialect.Postgres {
		return nil
	}
	key := int64(binary.BigEndian.Uint64(hash("sign-in codes for " + counted))) // #nosec G115 -- any number does
	return tx.Query(ctx, "SELECT pg_advisory_xact_lock($1)", []any{key}, func(*sql.Rows) error { return nil })
}

// networkHash is by what the network address of the request is counted: an IPv4
// address, or the network that an IPv6 address belongs to.
func (s *Service) networkHash(ctx context.Context) []byte {
	mac := hmac.New(sha256.New, s.networkKey)
	mac.Write([]byte(network(origin.From(ctx)).String()))
	return mac.Sum(nil)
}

func network(a netip.Addr) netip.Prefix {
	bits := a.BitLen()
	if a.Is6() {
		bits = networkBits
	}
	p, _ := a.Prefix(bits) // fails for no address only
	return p
}
