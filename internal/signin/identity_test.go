package signin

import (
	"strings"
	"testing"
	"time"

	"techbiz/ent/officer"
	"techbiz/internal/access"
	"techbiz/internal/fault"
	"techbiz/internal/oidc"
	"techbiz/internal/oidc/oidctest"
)

func TestProvider_WhoGetsIn(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		person oidctest.Person
		code   fault.Code // "" where the person gets in
		says   string
	}{
		{"a public officer", oidctest.Person{Email: "Lim.Bee.Hoon@Agency.gov.sg"}, "", ""},
		{"one without an address", oidctest.Person{}, fault.Forbidden, "does not tell your email address"},
		{"one whose address is not verified", oidctest.Person{Email: "a@agency.gov.sg", Unverified: true}, fault.Forbidden, "verified"},
		{"a vendor", oidctest.Person{Email: "mei.ling@vendor.com"}, fault.NotPublicOfficer, "public officers"},
		{"a vendor whose address is not verified", oidctest.Person{Email: "mei.ling@vendor.com", Unverified: true}, fault.NotPublicOfficer, "public officers"},
		{"a vendor's TechPass ID", oidctest.Person{Email: "mei.ling@techpass.gov.sg"}, fault.NotPublicOfficer, "public officers"},
		{"what only looks like an officer's address", oidctest.Person{Email: "a@agency.gov.sg@vendor.com"}, fault.NotPublicOfficer, "public officers"},
		{"a letter that folds to an officer's", oidctest.Person{Email: "\u212Aoh@agency.gov.sg"}, fault.Forbidden, "verified"},
		{"no address at all", oidctest.Person{Email: "a b@agency.gov.sg"}, fault.Forbidden, "no public officer"},
		{"who turns back", oidctest.Person{Email: "a@agency.gov.sg", Absent: true}, fault.BadRequest, "did not sign in"},
	}
	eachBehind(t, func(t *testing.T, w *behind) {
		for i, c := range cases {
			t.Run(c.name, func(t *testing.T) {
				c.person.Subject = "subject " + string(rune('a'+i))
				w.provider.Be(c.person)
				b := w.browser(t)
				a := b.atProvider()
				if c.code == "" {
					wantIn(t, a)
					return
				}
				if a.Fault == nil || a.Fault.Code != c.code || !strings.Contains(a.Fault.Message, c.says) || b.look().Email != "" {
					t.Errorf("answered %v %s", a.Fault, a.Failed)
				}
			})
		}
	})
}

func TestProvider_ClaimsAreSettings(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name     string
		change   func(*oidc.Options)
		claims   map[string]any
		verified bool
		says     string // "" where the person gets in
	}{
		{"another claim holds the address", func(o *oidc.Options) { o.EmailClaim, o.VerifiedClaim = "upn", "xms_edov" }, map[string]any{"upn": tan, "xms_edov": "1"}, false, ""},
		{"a number says that it is verified", func(o *oidc.Options) { o.VerifiedClaim = "xms_edov" }, map[string]any{"xms_edov": 1}, false, ""},
		{"another claim says that it is not", func(o *oidc.Options) { o.VerifiedClaim = "xms_edov" }, map[string]any{"xms_edov": false}, true, "verified"},
		{"the provider verifies in any case", func(o *oidc.Options) { o.VerifiedClaim = oidc.Always }, nil, false, ""},
		{"a required claim is there", require("device=compliant|managed"), map[string]any{"device": "managed"}, true, ""},
		{"a required claim is a yes", require("device_compliant=true"), map[string]any{"device_compliant": true}, true, ""},
		{"a required claim is in a list", require("network=gsib"), map[string]any{"network": []string{"internet", "gsib"}}, true, ""},
		{"a required claim is missing", require("device=compliant"), nil, true, "Device rule: TechPass has to say that device is compliant"},
		{"a required claim has another value", require("device=compliant"), map[string]any{"device": "compliant|managed"}, true, "Device rule"},
		{"one of two required claims is missing", require("device=compliant", "network=gsib|gmd"), map[string]any{"device": "compliant"}, true, "network is gsib or gmd"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			eachBehind(t, func(t *testing.T, w *behind) {
				w.provider.Be(oidctest.Person{Subject: "tan-1", Email: tan, Unverified: !c.verified, Claims: c.claims})
				b := w.browser(t)
				a := b.atProvider()
				if c.says == "" {
					wantIn(t, a)
				} else if a.Fault == nil || a.Fault.Code != fault.Forbidden || !strings.Contains(a.Fault.Message, c.says) || b.look().Email != "" {
					t.Errorf("answered %v %s", a.Fault, a.Failed)
				}
			}, c.change)
		})
	}
}

func require(texts ...string) func(*oidc.Options) {
	return func(o *oidc.Options) {
		for _, text := range texts {
			r, err := oidc.ParseRequirement(text)
			if err != nil {
				panic(err)
			}
			o.Required = append(o.Required, r)
		}
	}
}

func TestProvider_APersonIsIssuerAndSubject(t *testing.T) {
	t.Parallel()
	eachBehind(t, func(t *testing.T, w *behind) {
		ctx := access.System(t.Context())
		lim := "lim@agency.gov.sg"
		w.browser(t).signIn(lim) // by code: an officer of this address stands
		first := w.browser(t)
		wantIn(t, first.atProvider())
		id := w.db.Officer.Query().Where(officer.Email(tan)).OnlyIDX(ctx)

		w.provider.Be(oidctest.Person{Subject: "tan-1", Email: lim})
		b := w.browser(t)
		wantIn(t, b.atProvider())
		if a := b.look(); a.Email != tan {
			t.Errorf("with another officer's address the person acts as %s", a.Email)
		}

		w.provider.Be(oidctest.Person{Subject: "somebody-else", Email: tan})
		b = w.browser(t)
		if a := b.atProvider(); a.Fault == nil || a.Fault.Code != fault.Forbidden || b.look().Email != "" {
			t.Errorf("another person with an officer's address: %v %s", a.Fault, a.Failed)
		}

		w.provider.Be(oidctest.Person{Subject: "tan-1", Email: "tan.new@agency.gov.sg"})
		b = w.browser(t)
		wantIn(t, b.atProvider())
		if o := w.db.Officer.GetX(ctx, id); b.look().Email != "tan.new@agency.gov.sg" || o.Email != "tan.new@agency.gov.sg" {
			t.Errorf("a new address in the agency: acts as %s, the officer has %s", b.look().Email, o.Email)
		}

		w.provider.Be(oidctest.Person{Subject: "tan-1", Email: "tan@vendor.com", Unverified: true})
		b = w.browser(t)
		if a := b.atProvider(); a.Fault == nil || a.Fault.Code != fault.NotPublicOfficer {
			t.Errorf("an officer who has become a vendor: %v %s", a.Fault, a.Failed)
		}
		w.provider.Be(oidctest.Person{Subject: "tan-1", Email: "any@other.gov.sg", Unverified: true})
		b = w.browser(t)
		wantIn(t, b.atProvider())
		w.provider.Be(oidctest.Person{Subject: "tan-1", Email: "\u212Aoh.new@agency.gov.sg"})
		wantIn(t, w.browser(t).atProvider())
		if a := b.look(); a.Email != "tan.new@agency.gov.sg" {
			t.Errorf("an address that is not verified changed who acts: %s", a.Email)
		}
	})
}

func TestProvider_WhoMovesToAnotherAgencyTakesNothingAlong(t *testing.T) {
	t.Parallel()
	eachBehind(t, func(t *testing.T, w *behind) {
		ctx := access.System(t.Context())
		old := w.browser(t)
		wantIn(t, old.atProvider())
		secret, err := w.CreateToken(t.Context(), tan, "script", true, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		w.provider.Be(oidctest.Person{Subject: "tan-1", Email: "tan@other.gov.sg"})
		b := w.browser(t)
		wantIn(t, b.atProvider())
		if a := b.look(); a.Email != "tan@other.gov.sg" || a.Role != access.Officer {
			t.Errorf("in the other agency: %+v", a)
		}
		if old.look().Email != "" || !w.browser(t).look("Authorization", "Bearer "+secret).BadToken {
			t.Error("sessions or tokens of the former officer go on")
		}
		if n := w.db.Officer.Query().CountX(ctx); n != 2 {
			t.Errorf("%d officers", n)
		}

		w.browser(t).signIn("taken@third.gov.sg")
		w.provider.Be(oidctest.Person{Subject: "tan-1", Email: "taken@third.gov.sg"})
		b = w.browser(t)
		if a := b.atProvider(); a.Fault == nil || a.Fault.Code != fault.Forbidden || b.look().Email != "" {
			t.Errorf("the address of an officer of another agency: %v %s", a.Fault, a.Failed)
		}
		if err := w.ForgetIdentity(t.Context(), "tan@other.gov.sg"); err != nil {
			t.Fatal(err)
		}
		b = w.browser(t)
		wantIn(t, b.atProvider())
		if a := b.look(); a.Email != "taken@third.gov.sg" {
			t.Errorf("after an administrator has looked at it: acts as %q", a.Email)
		}
	})
}

// Who has the address of somebody who moved away is nobody, and no administrator, until
// an administrator has looked at it.
func TestProvider_TheAddressOfWhoMovedAwayIsNobodys(t *testing.T) {
	t.Parallel()
	eachBehind(t, func(t *testing.T, w *behind) {
		ctx := access.System(t.Context())
		if err := w.EnsureAdmins(t.Context(), []string{tan}); err != nil {
			t.Fatal(err)
		}
		wantIn(t, w.browser(t).atProvider())
		former := w.db.Officer.Query().Where(officer.Email(tan)).OnlyIDX(ctx)
		w.provider.Be(oidctest.Person{Subject: "tan-1", Email: "tan@other.gov.sg"})
		wantIn(t, w.browser(t).atProvider())
		if o := w.db.Officer.GetX(ctx, former); o.Email != tan || o.Role != access.Officer {
			t.Errorf("the former officer: %s, %s", o.Email, o.Role)
		}
		next := oidctest.Person{Subject: "another-tan", Email: tan}
		for who, p := range map[string]oidctest.Person{"who has the address next": next, "who went away": {Subject: "tan-1", Email: tan}} {
			w.provider.Be(p)
			b := w.browser(t)
			if a := b.atProvider(); a.Fault == nil || a.Fault.Code != fault.Forbidden || b.look().Email != "" {
				t.Errorf("%s: %v %s, acts as %q", who, a.Fault, a.Failed, b.look().Email)
			}
		}
		sent := len(w.mails.mails)
		w.browser(t).send(tan)
		if m := w.mails.mails[sent]; sixDigits.MatchString(m.Text) {
			t.Error("a code was mailed to who has the address next")
		}
		if err := w.ForgetIdentity(t.Context(), tan); err != nil {
			t.Fatal(err)
		}
		w.provider.Be(next)
		b := w.browser(t)
		wantIn(t, b.atProvider())
		if a := b.look(); a.Email != tan || a.Role != access.Officer {
			t.Errorf("after an administrator has looked at it: %+v", a)
		}
	})
}

// Who signs in at the provider cannot go round it by mail, and an answer does not
// tell who that is.
func TestProvider_NoCodesForWhoSignsInThere(t *testing.T) {
	t.Parallel()
	eachBehind(t, func(t *testing.T, w *behind) {
		wantIn(t, w.browser(t).atProvider())
		b, other := w.browser(t), w.browser(t)
		mine, others := b.send(tan), other.send("lim@agency.gov.sg")
		if mine.Fault != nil || others.Fault != nil || mine.Pending != tan || len(mine.cookies) != len(others.cookies) {
			t.Errorf("answers differ: %+v, %+v", mine, others)
		}
		if m := w.mails.mails[0]; sixDigits.MatchString(m.Text) || !strings.Contains(m.Text, "You sign in with TechPass") {
			t.Errorf("mailed %q", m.Text)
		}
		for range codeTries {
			mine, others = b.enter("000000"), other.enter("000000")
			if mine.Fault == nil || others.Fault == nil || mine.Fault.Message != others.Fault.Message {
				t.Errorf("answers differ: %v, %v", mine.Fault, others.Fault)
			}
		}
		if err := w.ForgetIdentity(t.Context(), tan); err != nil {
			t.Fatal(err)
		}
		w.browser(t).signIn(tan)
	})
}
