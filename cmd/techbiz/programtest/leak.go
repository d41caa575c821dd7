package programtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// What no log may hold, by what it would be. The logs of every program that a test
// starts are looked through while they are written, and [Main] fails the run for
// what was found.
var confidential = []struct {
	what    string
	hint    func(line string) bool // whether the pattern is worth a look, which takes long
	pattern *regexp.Regexp         // the first group, where there is one, is what leaked
	but     func(found string) bool
}{
	// A module's version in a stack trace looks like a host.
	{"an e-mail address", holds("@", "%40"), regexp.MustCompile(`[\p{L}\p{N}._%+'-]+(?:@|%40)[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+`), regexp.MustCompile(`@v\d+\.\d+\.\d+`).MatchString},
	{"a one-time code", digits(6), regexp.MustCompile(`(?:^|[^0-9A-Za-z.:+_-])(\d{3} ?\d{3})(?:$|[^0-9A-Za-z.:_-])`), nil},
	{"a contact number", digits(8), regexp.MustCompile(`(?:^|[^0-9A-Za-z.:_-])((?:\+?65[ -]?)?[89]\d{3}[ -]?\d{4})(?:$|[^0-9A-Za-z.:_-])`), nil},
	{"an API token", holds("tbz_"), regexp.MustCompile(`tbz_[0-9A-Za-z]{20,}`), nil},
	{"what stands behind Bearer", holds("earer"), regexp.MustCompile(`(?i)bearer[ =:]+([0-9A-Za-z._~+/-]{8,})`), nil},
	{"a cookie", holds("techbiz="), regexp.MustCompile(`(?:__Host-)?techbiz=([^;\s"]{8,})`), nil},
	{"a password in an address", holds("://"), regexp.MustCompile(`[a-z]+://[^\s/:@]*:([^\s/@]+)@`), nil},
	{"a signed token", holds("eyJ"), regexp.MustCompile(`eyJ[0-9A-Za-z_-]{8,}\.[0-9A-Za-z_-]{8,}`), nil},
	{"a key", longWord, regexp.MustCompile(`\b[0-9a-fA-F]{64}\b`), nil},
	{"the secret of a link or a session", longWord, regexp.MustCompile(`\b[0-9A-Za-z_-]{40,}\b`), noSecret},
	{"the query of an address", holds("?"), regexp.MustCompile(`(?:path|url|uri)=\S*\?(\S+)`), nil},
}

func holds(texts ...string) func(string) bool {
	return func(line string) bool {
		return slices.ContainsFunc(texts, func(t string) bool { return strings.Contains(line, t) })
	}
}

// digits says whether a line has so many in a row, blanks and hyphens left out.
func digits(least int) func(string) bool {
	return func(line string) bool {
		row := 0
		for i := range len(line) {
			switch c := line[i]; {
			case '0' <= c && c <= '9':
				if row++; row == least {
					return true
				}
			case c != ' ' && c != '-':
				row = 0
			}
		}
		return false
	}
}

func longWord(line string) bool {
	const least = 40
	row := 0
	for i := range len(line) {
		if c := line[i]; c == '_' || c == '-' || '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z' {
			if row++; row == least {
				return true
			}
		} else {
			row = 0
		}
	}
	return false
}

// noSecret says of a long word that it is none of our secrets, which have digits,
// capitals and small letters.
func noSecret(word string) bool {
	return !strings.ContainsAny(word, "0123456789") || strings.ToUpper(word) == word || strings.ToLower(word) == word
}

// published is what looks like a key and is meant to be seen: the head of the activity
// log, which is a hash, stands in the log so that it is kept apart from the database.
var published = regexp.MustCompile(`\bhead="?\d+:[0-9a-f]{64}\b`)

// counted are the attributes that hold measures, also behind other words and a "_": any
// number may stand there.
var counted = []string{"time", "duration", "bytes", "took", "after", "elapsed"}

// leaks is what the logs of this run held and should not have.
var leaks struct {
	sync.Mutex
	found   []string
	secrets [][2]string // what, and its text
	lines   int
}

// Confide tells of a text that no log may hold, such as a password of the test's own
// making; what says which it is.
func Confide(what, text string) {
	leaks.Lock()
	defer leaks.Unlock()
	if pair := [2]string{what, text}; !slices.Contains(leaks.secrets, pair) {
		leaks.secrets = append(leaks.secrets, pair)
	}
}

// WatchLog returns a writer that passes a log on, and looks through each line of it
// for what no log may hold. The name is the test's.
func WatchLog(name string, to io.Writer) io.Writer { return &watchedLog{name: name, to: to} }

type watchedLog struct {
	name string
	to   io.Writer

	mu   sync.Mutex
	rest []byte // a line that has not ended
}

// Write looks at the whole lines, and passes everything on.
func (w *watchedLog) Write(p []byte) (int, error) {
	w.mu.Lock()
	w.rest = append(w.rest, p...)
	for {
		line, rest, ended := bytes.Cut(w.rest, []byte{'\n'})
		if !ended {
			break
		}
		noteLeaks(w.name, string(line))
		w.rest = rest
	}
	w.mu.Unlock()
	return w.to.Write(p)
}

func noteLeaks(name, line string) {
	leaks.Lock()
	secrets := slices.Clone(leaks.secrets)
	leaks.lines++
	leaks.Unlock()
	if found := Leaks(line, secrets...); len(found) > 0 {
		leaks.Lock()
		defer leaks.Unlock()
		for _, f := range found {
			leaks.found = append(leaks.found, name+": "+f)
		}
	}
}

// Leaks says what a line of a log holds and should not, each as a sentence with the
// line, in which that is masked. Secrets are pairs of what they are and their text.
func Leaks(line string, secrets ...[2]string) []string {
	secret := slices.ContainsFunc(secrets, func(s [2]string) bool { return strings.Contains(line, s[1]) })
	suspected := false
	for _, c := range confidential {
		suspected = suspected || c.hint(line)
	}
	if !secret && !suspected {
		return nil
	}
	text := published.ReplaceAllString(measuresLeftOut(line), "")
	var found []string
	for _, s := range secrets {
		if strings.Contains(text, s[1]) {
			found = append(found, fmt.Sprintf("%s in the line %s", s[0], strings.ReplaceAll(text, s[1], "***")))
		}
	}
	for _, c := range confidential {
		if !c.hint(text) {
			continue
		}
		for _, at := range c.pattern.FindAllStringSubmatchIndex(text, -1) {
			from, to := at[len(at)-2], at[len(at)-1] // the group, or the whole
			if c.but == nil || !c.but(text[from:to]) {
				found = append(found, fmt.Sprintf("%s in the line %s***%s", c.what, text[:from], text[to:]))
				break
			}
		}
	}
	return found
}

var measure = regexp.MustCompile(`(^| )(?:\w+_)?(?:` + strings.Join(counted, "|") + `)=(?:"[^"]*"|\S+)`)

// measuresLeftOut is a line, in either form of the log, as key=value pairs without
// those that hold measures.
func measuresLeftOut(line string) string {
	var attrs map[string]any
	d := json.NewDecoder(strings.NewReader(line))
	d.UseNumber()
	if d.Decode(&attrs) != nil {
		return measure.ReplaceAllString(line, "$1")
	}
	var b strings.Builder
	writeAttrs(&b, attrs)
	return b.String()
}

func writeAttrs(b *strings.Builder, attrs map[string]any) {
	keys := make([]string, 0, len(attrs))
	for k := range attrs {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		switch v := attrs[k].(type) {
		case map[string]any:
			writeAttrs(b, v)
		default:
			if !slices.Contains(counted, k[strings.LastIndexByte(k, '_')+1:]) {
				fmt.Fprintf(b, "%s=%v ", k, v)
			}
		}
	}
}

// leaked prints what the logs of the run held and should not, and says whether there
// was anything.
func leaked(to io.Writer) bool {
	leaks.Lock()
	defer leaks.Unlock()
	for i, f := range leaks.found {
		if i == 20 {
			fmt.Fprintf(to, "and %d more\n", len(leaks.found)-i)
			break
		}
		fmt.Fprintln(to, "--- LEAK:", f)
	}
	return len(leaks.found) > 0
}

// LogLines is how many lines of logs have been looked through so far.
func LogLines() int {
	leaks.Lock()
	defer leaks.Unlock()
	return leaks.lines
}
