package signin

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"techbiz/internal/fault"
)

func TestNetworkRule(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		inside := []string{"X-Forwarded-For", "192.0.2.7"}
		b := w.browser(t)
		if a := b.send(tan, inside...); a.Fault != nil {
			t.Fatal(a.Fault)
		}
		code := w.mails.code(t)
		secret, err := w.CreateToken(t.Context(), tan, "script", false, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		for name, from := range map[string]string{
			"another network":                  "198.51.100.1",
			"what the client says of itself":   "192.0.2.7, 198.51.100.1",
			"the proxy itself":                 "",
			"an address that is none":          "somewhere",
			"an allowed network of the others": "2001:db9::1",
		} {
			outside := []string{"X-Forwarded-For", from}
			for what, a := range map[string]answer{
				"asking for a code":   w.browser(t).send("lim@agency.gov.sg", outside...),
				"entering it":         b.do("POST", "/sign-in", map[string][]string{"code": {code}}, outside...),
				"going to a provider": w.browser(t).do("GET", "/begin", nil, outside...),
				"coming back":         w.browser(t).do("GET", "/callback?state=x", nil, outside...),
			} {
				if a.Fault == nil || a.Fault.Code != fault.Forbidden || !strings.HasPrefix(a.Fault.Message, "Network rule: ") || a.Email != "" {
					t.Errorf("%s from %s: %v %s", what, name, a.Fault, a.Failed)
				}
			}
		}
		if a := b.do("POST", "/sign-in", map[string][]string{"code": {code}}, inside...); a.Fault != nil {
			t.Fatal(a.Fault)
		}
		for _, who := range [][]string{nil, {"Authorization", "Bearer " + secret}} {
			if a := b.look(append(who, inside...)...); a.Email != tan {
				t.Errorf("inside: acts as %q", a.Email)
			}
			if a := b.look(append(who, "X-Forwarded-For", "2001:db8::9")...); a.Email != tan {
				t.Errorf("inside by IPv6: acts as %q", a.Email)
			}
			a := b.look(append(who, "X-Forwarded-For", "198.51.100.1")...)
			if a.Email != "" || a.Write != string(fault.Forbidden) || a.Refused == "" || a.BadToken {
				t.Errorf("outside: %+v", a)
			}
		}
		if b.look(inside...).Email != tan {
			t.Error("a look from outside ended the session")
		}
	}, func(o *Options) {
		o.Networks = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("2001:db8::/32")}
	})
}

func TestCodes_MayBeOff(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		b := w.browser(t)
		for _, a := range []answer{b.send(tan), b.enter("123456")} {
			if a.Fault == nil || a.Fault.Code != fault.Forbidden || len(a.cookies) > 0 {
				t.Errorf("answered %v %s", a.Fault, a.Failed)
			}
		}
		if len(w.mails.mails) > 0 || w.OffersCodes() {
			t.Error("codes are sent")
		}
	}, func(o *Options) { o.NoCodes = true })
}
