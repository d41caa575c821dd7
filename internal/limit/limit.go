// Package limit holds rate limits that all replicas share.
//
// [Limiter.Take] is exact: never more than Count in any Per, over all replicas,
// at the price of one transaction; it fails with the database. [Limiter.Allow] is
// for every request: a bucket that holds Burst and is filled at the rate, of which
// a process takes a slice at a time and spends it in memory. In any time t all
// replicas together let through at most Burst + rate·t, and one slice ([Rate.slice],
// a twentieth of the burst) for each process. Where the database does not answer
// at once, Allow does not fail: each process then keeps the whole limit alone.
//
// Keys are stored as keyed hashes. Times are the machine's: a clock that differs
// by d between replicas shifts a limit by what comes in d. The package does not
// know whom a key names, nor what happens to whoever is refused.
package limit

import (
	"context"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/hashicorp/golang-lru/v2/simplelru"

	"techbiz/internal/clock"
	"techbiz/internal/database"
)

const (
	// cuts is into how many slices a burst is cut.
	cuts = 20
	// leaseLife is how long a slice may be spent. Whoever makes a request now and
	// then costs one write in this time.
	leaseLife = time.Minute
	// defaultKeys is of how many keys a process remembers something, of some 200
	// bytes each. What is forgotten is asked of the database again.
	defaultKeys = 50_000

	// patience is how long Allow waits for the database, and aloneFor how long it
	// then does without.
	patience = 250 * time.Millisecond
	aloneFor = time.Second

	// takeTimeout is how long Take waits for the database.
	takeTimeout = 3 * time.Second

	secretBytes = 32
)

// Rate is how often something may happen. The zero Rate is no limit.
type Rate struct {
	Count int
	Per   time.Duration
	// Burst is what [Limiter.Allow] lets through at once, after a pause; 0 means
	// Count. [Limiter.Take] does not use it.
	Burst int
}

// PerSecond is a rate of so many a second with that burst.
func PerSecond(count, burst int) Rate { return Rate{Count: count, Per: time.Second, Burst: burst} }

// Off says that there is no limit.
func (r Rate) Off() bool { return r.Count <= 0 || r.Per <= 0 }

func (r Rate) burst() int {
	if r.Burst <= 0 {
		return r.Count
	}
	return r.Burst
}

// slice is how much a process takes of the bucket at a time.
func (r Rate) slice() int { return max(1, r.burst()/cuts) }

// each is the time in which one comes back.
func (r Rate) each() time.Duration { return max(1, r.Per/time.Duration(r.Count)) }

// Options are what a limiter needs.
type Options struct {
	DB *database.DB
	// Clock is the machine's clock.
	Clock clock.Clock
	// Secret, the same on every replica, is what the hashes of the keys are made
	// with.
	Secret []byte
	// Keys is of how many keys the process remembers something; 0 means 50,000.
	Keys int
	// Patience is how long Allow waits for the database before the process counts
	// alone; 0 means a quarter of a second.
	Patience time.Duration
	// Log takes a line when the database does not answer. Nil discards.
	Log *slog.Logger
}

// Limiter counts. It is safe for concurrent use. Make it with [New].
type Limiter struct {
	db   *database.DB
	now  clock.Clock
	key  []byte
	log  *slog.Logger
	keys int

	patience time.Duration

	mu     sync.Mutex
	leases *simplelru.LRU[uuid.UUID, *lease]
	alone  atomic.Int64 // until when the database is not asked, in nanoseconds
}

// New returns a limiter.
func New(o Options) (*Limiter, error) {
	key, err := hkdf.Key(sha256.New, o.Secret, nil, "techbiz rate limits", secretBytes)
	if err != nil {
		return nil, fmt.Errorf("key of the rate limits: %w", err)
	}
	if o.Keys <= 0 {
		o.Keys = defaultKeys
	}
	if o.Patience <= 0 {
		o.Patience = patience
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	leases, err := simplelru.NewLRU[uuid.UUID, *lease](o.Keys, nil)
	if err != nil {
		return nil, fmt.Errorf("memory of the rate limits: %w", err)
	}
	return &Limiter{db: o.DB, now: o.Clock, key: key, log: o.Log, keys: o.Keys, patience: o.Patience, leases: leases}, nil
}

// Network names the network of an address as one key: whoever has one address of
// IPv6 has the 64 bits behind it as well.
func Network(a netip.Addr) string {
	a = a.Unmap().WithZone("")
	if !a.Is6() {
		return a.String()
	}
	p, err := a.Prefix(64)
	if err != nil {
		return a.String() // not with 64
	}
	return p.String()
}

// Sweep deletes what says nothing any more. It may run at any time and on several
// replicas at once.
func (l *Limiter) Sweep(ctx context.Context) error {
	return l.db.WithTx(ctx, func(ctx context.Context, tx *database.Tx) error {
		_, err := tx.Exec(ctx, "DELETE FROM rate_limits WHERE full_at <= $1", l.now().UnixNano())
		return err
	})
}

// id is what stands for a key in the database.
func (l *Limiter) id(key string) uuid.UUID {
	mac := hmac.New(sha256.New, l.key)
	mac.Write([]byte(key))
	return uuid.UUID(mac.Sum(nil)[:len(uuid.UUID{})])
}
