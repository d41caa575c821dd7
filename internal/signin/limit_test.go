package signin

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"techbiz/internal/fault"
)

// limits are those of the product.
func limits(o *Options) { o.CodeInterval, o.CodesAnHour = time.Minute, 60 }

func TestSendCode_OneAMinuteForAnAddress(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		var sent atomic.Int32
		w.at20(t, func(int) {
			if a := w.browser(t).send(tan); a.Fault == nil && a.Failed == "" {
				sent.Add(1)
			}
		})
		if sent.Load() != 1 {
			t.Errorf("%d codes were sent at once, want 1", sent.Load())
		}
		w.clock.move(59 * time.Second)
		b := w.browser(t)
		a := b.send("  " + strings.ToUpper(tan))
		wantFault(t, a, "email", fault.RateLimited)
		if want := w.clock.now().Add(time.Second); a.Fault == nil || a.Fault.RetryAt == nil || !a.Fault.RetryAt.Equal(want) || !strings.Contains(a.Fault.Message, "in 1 second.") {
			t.Errorf("a second code: %v, want to retry at %v", a.Fault, want)
		}
		if a := b.send("lim@agency.gov.sg"); a.Fault != nil {
			t.Errorf("another officer: %v", a.Fault)
		}
		w.clock.move(time.Second)
		b.signIn(tan)
		wantFault(t, w.browser(t).send(tan), "email", fault.RateLimited) // a used code counts as well
	}, limits)
}

func TestSendCode_SixtyAnHourForANetworkAddress(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		for i := range 60 {
			if a := w.browser(t).send(fmt.Sprintf("officer%d@agency.gov.sg", i), "X-Forwarded-For", "192.0.2.1"); a.Fault != nil {
				t.Fatalf("code %d: %v", i+1, a.Fault)
			}
			w.clock.move(time.Second)
		}
		a := w.browser(t).send("one.more@agency.gov.sg", "X-Forwarded-For", "192.0.2.1")
		wantFault(t, a, "email", fault.RateLimited)
		if want := w.clock.now().Add(59 * time.Minute); a.Fault == nil || a.Fault.RetryAt == nil || !a.Fault.RetryAt.Equal(want) {
			t.Errorf("the 61st code: %v, want to retry at %v", a.Fault, want)
		}
		if a := w.browser(t).send("one.more@agency.gov.sg", "X-Forwarded-For", "192.0.2.2"); a.Fault != nil {
			t.Errorf("another network address: %v", a.Fault)
		}
		if err := w.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.clock.move(58 * time.Minute)
		if err := w.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		wantFault(t, w.browser(t).send("still.more@agency.gov.sg", "X-Forwarded-For", "192.0.2.1"), "email", fault.RateLimited)
		w.clock.move(time.Minute)
		if a := w.browser(t).send("still.more@agency.gov.sg", "X-Forwarded-For", "192.0.2.1"); a.Fault != nil {
			t.Errorf("an hour later: %v", a.Fault)
		}
	}, limits)
}

func TestSendCode_OneNetworkOfIPv6CountsAsOneAddress(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		for i, from := range []string{"2001:db8:1:2::1", "2001:db8:1:2:ffff::2"} {
			if a := w.browser(t).send(fmt.Sprintf("officer%d@agency.gov.sg", i), "X-Forwarded-For", from); a.Fault != nil {
				t.Fatal(a.Fault)
			}
		}
		wantFault(t, w.browser(t).send(tan, "X-Forwarded-For", "2001:db8:1:2::3"), "email", fault.RateLimited)
		if a := w.browser(t).send(tan, "X-Forwarded-For", "2001:db8:1:3::1"); a.Fault != nil {
			t.Error(a.Fault)
		}
	}, func(o *Options) { o.CodesAnHour = 2 })
}
