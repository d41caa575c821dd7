// Package clock is where the product takes the time from.
//
// Two clocks exist: the business clock, which the sandbox can move forward
// (invitations, resends, expiry), and the machine's clock (sessions, codes,
// tokens, jobs). What needs a time is handed a [Clock]; nothing else calls
// time.Now.
package clock

import "time"

// Clock returns the present time.
type Clock func() time.Time

// Machine is the machine's own clock, in UTC and to the microsecond, which both
// databases keep.
func Machine() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }

// Singapore is the zone in which dates are read and shown. Singapore has kept
// UTC+8 without daylight saving since 1982, so a fixed zone needs no zone data.
var Singapore = time.FixedZone("Asia/Singapore", 8*60*60)
