package sandbox

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"time"

	"techbiz/internal/clock"
	"techbiz/internal/fault"
)

// Faults are how the sandbox's directory misbehaves; the zero value is none. They
// concern each call of [directory.Directory], not what a person does and not the
// mailbox.
type Faults struct {
	// Latency is how long each call takes at least.
	Latency time.Duration
	// Fail is the share of calls, 0 to 1, that fail before they do anything.
	Fail float64
	// Lost is the share of calls that do it, and then the answer is lost.
	Lost float64
	// Rate is how many calls this process may make in a second; 0 is without
	// bound.
	Rate int
	// Chance draws from [0, 1) once a call; nil means at random. Calls may use it
	// at the same time.
	Chance func() float64
}

// maxLatency keeps a mistyped latency from looking like a service that hangs.
const maxLatency = time.Minute

// ParseFaults reads faults such as "latency=200ms,fail=0.1,lost=0.05,rate=20";
// what is absent does not happen. The error is one sentence.
func ParseFaults(s string) (Faults, error) {
	var f Faults
	if strings.TrimSpace(s) == "" {
		return f, nil
	}
	seen := map[string]bool{}
	for part := range strings.SplitSeq(s, ",") {
		name, value, _ := strings.Cut(part, "=")
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		if seen[name] {
			return Faults{}, fmt.Errorf("%s stands twice in the sandbox's faults", name)
		}
		seen[name] = true
		if err := f.set(name, value); err != nil {
			return Faults{}, err
		}
	}
	if f.Fail+f.Lost > 1 {
		return Faults{}, errors.New("fail and lost of the sandbox's faults must not be more than 1 together")
	}
	return f, nil
}

func (f *Faults) set(name, value string) (err error) {
	switch name {
	case "latency":
		if f.Latency, err = time.ParseDuration(value); err != nil || f.Latency < 0 || f.Latency > maxLatency {
			return fmt.Errorf("latency of the sandbox's faults must be a time up to 1m, such as 200ms, not %q", value)
		}
	case "fail", "lost":
		share, err := strconv.ParseFloat(value, 64)
		if err != nil || !(share >= 0 && share <= 1) { // refuses NaN too
			return fmt.Errorf("%s of the sandbox's faults must be a share between 0 and 1, such as 0.1, not %q", name, value)
		}
		if name == "fail" {
			f.Fail = share
		} else {
			f.Lost = share
		}
	case "rate":
		if f.Rate, err = strconv.Atoi(value); err != nil || f.Rate < 1 || f.Rate > maxRate {
			return fmt.Errorf("rate of the sandbox's faults must be a number of calls a second between 1 and %d, not %q", maxRate, value)
		}
	default:
		return fmt.Errorf("the sandbox's faults are latency, fail, lost and rate, such as latency=200ms,rate=20, not %q", name)
	}
	return nil
}

// maxRate bounds the memory of the calls that were made.
const maxRate = 100_000

// gate is what every call of the directory goes through.
type gate struct {
	faults  Faults
	machine clock.Clock

	mu    sync.Mutex
	calls []time.Time // a ring: when the last Rate calls were let in
	next  int
}

func newGate(f Faults, machine clock.Clock) *gate {
	if f.Chance == nil {
		f.Chance = rand.Float64
	}
	return &gate{faults: f, machine: machine, calls: make([]time.Time, f.Rate)}
}

// pass runs work unless a fault comes first. Codes: THROTTLED, UNAVAILABLE, and
// those of work.
func (g *gate) pass(ctx context.Context, work func() error) error {
	if err := g.admit(); err != nil {
		return err
	}
	if err := wait(ctx, g.faults.Latency); err != nil {
		return fault.Wrap(err, fault.Unavailable, "The sandbox directory did not answer in time.")
	}
	chance := g.faults.Chance()
	if chance < g.faults.Fail {
		return fault.New(fault.Unavailable, "The sandbox directory failed, as it was told to.")
	}
	if err := work(); err != nil {
		if fault.Of(err) != nil {
			return err
		}
		return fault.Wrap(err, fault.Unavailable, "The sandbox directory did not answer.")
	}
	if chance < g.faults.Fail+g.faults.Lost {
		return fault.New(fault.Unavailable, "The sandbox directory's answer was lost, as it was told to be.")
	}
	return nil
}

// admit lets at most Rate calls in within any second.
func (g *gate) admit() error {
	if g.faults.Rate == 0 {
		return nil
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.machine()
	if free := g.calls[g.next].Add(time.Second); free.After(now) {
		e := fault.New(fault.Throttled, "Too many requests to the sandbox directory. Try again in a second.")
		e.RetryAt = &free
		return e
	}
	g.calls[g.next] = now
	g.next = (g.next + 1) % len(g.calls)
	return nil
}

func wait(ctx context.Context, d time.Duration) error {
	if d == 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
