package mail

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A filled form is, to the letter, what the templates make of the same facts: also of
// values that have to be escaped, that are empty, and that look like each other.
func TestForm_IsWhatTheTemplatesMake(t *testing.T) {
	t.Parallel()
	odd := []string{"", "Mei Ling Tan", `<script>alert("x")</script>`, `O'Neill & "Sons" + <b>`, "José \u2028 \u00a0 {{.Link}}", "%41 `~` =;", "href=\"", "colleague"}
	links := []string{
		"https://portal.example/sandbox/activate/ABC", `http://portal.example/a?b=c&d="e"'<f>&#x;`, "https://portal.example/%zz/ü?q=a+b#x",
	}
	for _, k := range []*kind{registration, onboarding} {
		for n, person := range odd {
			for m, reason := range odd {
				v := invitationView{
					Subject: k.subject, Name: person, TechPassID: odd[(n+m)%len(odd)], Inviter: odd[m], Reason: reason, Link: links[(n+m)%len(links)],
					Within: "30 days", Date: "01-02-2027", Time: "09:00", Vendor: n%2 == 0, SeedRequired: m%2 == 0,
					Guides: Guides{TechPass: links[0], Seed: ""},
				}
				html, text, err := k.bodies(v)
				if err != nil {
					t.Fatal(err)
				}
				for range 2 { // made, and kept
					f, err := k.form(v)
					if err != nil {
						t.Fatal(err)
					}
					gotHTML, gotText, err := f.fill(v)
					if diff := cmp.Diff([]any{html, text, nil}, []any{gotHTML, gotText, err}); diff != "" {
						t.Fatalf("%q, %q: %s", person, reason, diff)
					}
				}
			}
		}
	}
}
