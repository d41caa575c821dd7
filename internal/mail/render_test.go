package mail

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"
)

const (
	techPassGuide = "https://docs.developer.tech.gov.sg/docs/techpass-user-guide/"
	seedGuide     = "https://docs.developer.tech.gov.sg/docs/security-suite-for-engineering-endpoint-devices/"
	listPage      = "https://techbiz.gov.sg/invite/multiple/1"
	invited       = "https://techbiz.gov.sg/sandbox/open?token=aB-_3&kind=mail"
)

// submitted is 00:30 of the next day in Singapore.
var submitted = time.Date(2026, 11, 23, 16, 30, 0, 0, time.UTC)

func registrationFacts() RegistrationFacts {
	return RegistrationFacts{
		To: "tan.mei.ling@tech.gov.sg", Inviter: Inviter{Name: "Aisha Rahman", Email: "aisha@moe.gov.sg"}, Reason: "Works on the portal",
		Link: invited, Days: 5, CompleteBy: time.Date(2026, 11, 27, 17, 5, 0, 0, time.UTC), SeedRequired: true,
		Guides: Guides{TechPass: techPassGuide, Seed: seedGuide},
	}
}

func onboardingFacts() OnboardingFacts {
	return OnboardingFacts{
		To: "mei@vendor.example", Username: "tan.mei.ling", FirstName: "Mei Ling", LastName: "Tan",
		Inviter: Inviter{Name: "Aisha Rahman", Email: "aisha@moe.gov.sg"}, Reason: "Works on the portal",
		Link: invited, Days: 30, ActivateBy: time.Date(2026, 12, 31, 15, 59, 0, 0, time.UTC), SeedRequired: true,
		Guides: Guides{TechPass: techPassGuide, Seed: seedGuide},
	}
}

func must(t testing.TB) func(Message, error) Message {
	return func(m Message, err error) Message {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
}

func TestMessage_HTMLAndTextSayTheSame(t *testing.T) {
	t.Parallel()
	officer := onboardingFacts()
	officer.To, officer.Username, officer.SeedRequired = "tan.mei.ling@tech.gov.sg", "", false
	bare := registrationFacts()
	bare.Inviter, bare.Reason, bare.Guides, bare.Days = Inviter{}, "", Guides{}, 1
	seed := []string{"Onboarding to SEED is required", "A licence is assigned to you first", "Do not onboard a device before that mail has come"}
	cases := map[string]struct {
		message  Message
		subject  string
		says     []string
		saysNot  []string
		wantLink []string
	}{
		"a sign-in code": {
			must(t)(SignInCode("a@tech.gov.sg", "048213", 10*time.Minute)), "Your TechBiz sign-in code",
			[]string{"048213", "valid for 10 minutes", "Do not pass it on"}, []string{"a@tech.gov.sg"}, nil,
		},
		"no sign-in code": {
			must(t)(NoSignInCode("a@tech.gov.sg", "TechPass")), "Sign in to TechBiz another way",
			[]string{"You sign in with TechPass", "nobody was signed in"}, []string{"a@tech.gov.sg"}, nil,
		},
		"an e-mail invitation": {
			must(t)(Registration(registrationFacts())), "Complete your TechPass registration",
			append(seed, "Dear officer", "within 5 days, by 28-11-2026 at 01:05 (Singapore time)", "Asked for by: Aisha Rahman (aisha@moe.gov.sg)", "Reason: Works on the portal", "TechPass user guide"),
			[]string{"password", "TechPass ID"}, []string{invited, seedGuide, techPassGuide},
		},
		"an invitation without what may be absent": {
			must(t)(Registration(bare)), "Complete your TechPass registration",
			append(seed, "within 1 day, by", "Read the TechPass user guide.", "Read the SEED documentation."),
			[]string{"Asked for by", "Reason"}, []string{invited},
		},
		"a vendor's account": {
			must(t)(Onboarding(onboardingFacts())), "Activate your TechPass account",
			append(seed, "Dear Mei Ling Tan,", "TechPass username: tan.mei.ling@techpass.gov.sg", "initial password reaches you by another channel",
				"within 30 days of its creation, by 31-12-2026 at 23:59 (Singapore time)", "is terminated", "Asked for by: Aisha Rahman"),
			[]string{"TechPass ID"}, []string{invited, seedGuide, techPassGuide},
		},
		"a list where all went well": {
			must(t)(BatchDone(BatchDoneFacts{To: "tan@tech.gov.sg", SubmittedAt: submitted, Succeeded: 3, Link: listPage})), "Your list of users is done",
			[]string{"The list that was submitted on 24-11-2026 at 00:30 (Singapore time) is done", "Every account was created", "Accounts created: 3 users"},
			[]string{"Failed", "Cancelled", "Left out"}, []string{listPage},
		},
		"a list with every other end": {
			must(t)(BatchDone(BatchDoneFacts{
				To: "tan@tech.gov.sg", FileName: "new\nusers.xlsx", SubmittedAt: submitted, Failed: 1, Cancelled: 2, LeftOut: 30, Link: listPage,
			})), "Your list of users is done",
			[]string{"The list new users.xlsx that was", "Accounts created: 0 users", "Failed: 1 user.", "Cancelled: 2 users", "Left out: 30 users."},
			[]string{"Every account"}, []string{listPage},
		},
		"an officer's account without SEED": {
			must(t)(Onboarding(officer)), "Activate your TechPass account",
			[]string{"TechPass ID: tan.mei.ling@tech.gov.sg", "Your TechPass ID is your e-mail address"},
			[]string{"password", "username", "SEED", "techpass.gov.sg"}, []string{invited, techPassGuide},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if c.message.Subject != c.subject || c.message.ID != "" {
				t.Errorf("subject %q, ID %q", c.message.Subject, c.message.ID)
			}
			page := read(t, c.message.HTML)
			for part, body := range map[string]string{"text": c.message.Text, "HTML": page.text} {
				body = strings.ToLower(body)
				for _, want := range c.says {
					if !strings.Contains(body, strings.ToLower(want)) {
						t.Errorf("the %s does not say %q:\n%s", part, want, body)
					}
				}
				for _, not := range c.saysNot {
					if strings.Contains(body, strings.ToLower(not)) {
						t.Errorf("the %s says %q:\n%s", part, not, body)
					}
				}
			}
			if diff := cmp.Diff(c.wantLink, c.message.Links); diff != "" {
				t.Errorf("links (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(c.wantLink, page.links); diff != "" {
				t.Errorf("links of the HTML (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(c.wantLink, regexp.MustCompile(`https?://\S+`).FindAllString(c.message.Text, -1)); diff != "" {
				t.Errorf("links of the text (-want +got):\n%s", diff)
			}
			if strings.Contains(c.message.Text, "\n\n\n") || strings.ContainsAny(c.message.Text, "\r<") {
				t.Errorf("untidy text:\n%s", c.message.Text)
			}
		})
	}
}

func TestSignInCode_IsTheOnlyNumberOfSixDigits(t *testing.T) {
	t.Parallel()
	m := must(t)(SignInCode("user123456@tech.gov.sg", "048213", 15*time.Minute))
	six := regexp.MustCompile(`\d{6}`)
	if diff := cmp.Diff([]string{"048213"}, six.FindAllString(m.Text, -1)); diff != "" {
		t.Errorf("text (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"048213"}, six.FindAllString(m.HTML, -1)); diff != "" {
		t.Errorf("HTML (-want +got):\n%s", diff)
	}
	if six.MatchString(m.Subject) {
		t.Errorf("subject %q", m.Subject)
	}
}

func TestMessage_RefusesWhatCannotBeRight(t *testing.T) {
	t.Parallel()
	registration := func(change func(*RegistrationFacts)) func() (Message, error) {
		f := registrationFacts()
		change(&f)
		return func() (Message, error) { return Registration(f) }
	}
	onboarding := func(change func(*OnboardingFacts)) func() (Message, error) {
		f := onboardingFacts()
		change(&f)
		return func() (Message, error) { return Onboarding(f) }
	}
	code := func(to, code string, d time.Duration) func() (Message, error) {
		return func() (Message, error) { return SignInCode(to, code, d) }
	}
	cases := map[string]func() (Message, error){
		"a second header in the recipient":  code("a@tech.gov.sg\r\nBcc: x@x.sg", "048213", time.Minute),
		"two recipients":                    code("a@tech.gov.sg, b@tech.gov.sg", "048213", time.Minute),
		"a code of five digits":             code("a@tech.gov.sg", "04821", time.Minute),
		"a code of other signs":             code("a@tech.gov.sg", "04821x", time.Minute),
		"a code that is valid for no time":  code("a@tech.gov.sg", "048213", 0),
		"a code that is valid for weeks":    code("a@tech.gov.sg", "048213", 1000*time.Hour),
		"an invitation without a link":      registration(func(f *RegistrationFacts) { f.Link = "" }),
		"an invitation without a date":      registration(func(f *RegistrationFacts) { f.CompleteBy = time.Time{} }),
		"a link that is a script":           registration(func(f *RegistrationFacts) { f.Link = "javascript:alert(1)" }),
		"a relative link":                   onboarding(func(f *OnboardingFacts) { f.Link = "/open" }),
		"a link of two lines":               onboarding(func(f *OnboardingFacts) { f.Link += "\nhttps://evil.example" }),
		"a guide that is no address":        onboarding(func(f *OnboardingFacts) { f.Guides.Seed = "see the wiki" }),
		"an account without a recipient":    onboarding(func(f *OnboardingFacts) { f.To = "" }),
		"a list without a page":             func() (Message, error) { return BatchDone(BatchDoneFacts{To: "a@tech.gov.sg"}) },
		"an account that lives for no days": onboarding(func(f *OnboardingFacts) { f.Days = 0 }),
	}
	for name, render := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if m, err := render(); err == nil || strings.Contains(err.Error(), "\n") {
				t.Errorf("error %v, message %+v", err, m)
			}
		})
	}
}

// FuzzMessage checks that whatever a person types stays text on one line.
func FuzzMessage(f *testing.F) {
	f.Add("<script>alert(1)</script>", "O'Brien \"x\" & co", "a\r\n\r\nYour account is closed: https://evil.example")
	f.Add("{{.Link}}", "</td></table><a href=x>", "\u202egnp.exe\u2066 \x00\x1b[31m \xff\xfe")
	f.Add(" \t", "陈美玲", "=?utf-8?q?=0A?= --boundary\n.\n")
	plain := map[bool]int{}
	for _, seed := range []bool{false, true} {
		plain[seed] = read(f, must(f)(Onboarding(hostile("a", "b", "c", seed))).HTML).elements
	}
	f.Fuzz(func(t *testing.T, first, last, reason string) {
		for _, seed := range []bool{false, true} {
			facts := hostile(first, last, reason, seed)
			if oneLine(reason) == "" || oneLine(last) == "" {
				return // their lines are left out
			}
			m := must(t)(Onboarding(facts))
			page := read(t, m.HTML)
			if page.elements != plain[seed] || !slices.Equal(page.links, m.Links) {
				t.Errorf("the HTML has %d elements, want %d; links %q", page.elements, plain[seed], page.links)
			}
			for _, line := range []string{
				"Dear " + oneLine(first+" "+last) + ",", "Asked for by: " + oneLine(last) + " (aisha@moe.gov.sg)", "Reason: " + oneLine(reason),
			} {
				if !slices.Contains(strings.Split(m.Text, "\n"), line) || !strings.Contains(page.text, line) {
					t.Errorf("%q is no line of the text, or not in the HTML:\n%s\n%s", line, m.Text, page.text)
				}
			}
			if strings.ContainsAny(m.Subject, "\r\n") || strings.Contains(m.Text, "\r") {
				t.Errorf("subject %q, text %q", m.Subject, m.Text)
			}
		}
	})
}

func hostile(first, last, reason string, seed bool) OnboardingFacts {
	f := onboardingFacts()
	f.FirstName, f.LastName, f.Inviter.Name, f.Reason, f.SeedRequired = first, last, last, reason, seed
	return f
}

// page is what a reader of HTML gets.
type page struct {
	text     string
	links    []string // each once, in order
	elements int
}

func read(t testing.TB, source string) page {
	t.Helper()
	root, err := html.Parse(strings.NewReader(source))
	if err != nil {
		t.Fatal(err)
	}
	var p page
	var text strings.Builder
	for n := range root.Descendants() {
		switch n.Type {
		case html.TextNode:
			text.WriteString(n.Data)
		case html.ElementNode:
			p.elements++
			if slices.Contains([]string{"script", "img", "link", "style", "iframe", "form"}, n.Data) {
				t.Errorf("the HTML has an element %q", n.Data)
			}
			for _, a := range n.Attr {
				if a.Key == "href" && !slices.Contains(p.links, a.Val) {
					p.links = append(p.links, a.Val)
				}
			}
		}
	}
	p.text = text.String()
	return p
}

func BenchmarkOnboarding(b *testing.B) {
	f := onboardingFacts()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Onboarding(f); err != nil {
			b.Fatal(err)
		}
	}
}
