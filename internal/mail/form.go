package mail

import (
	"bytes"
	"crypto/rand"
	"fmt"
	htmltemplate "html/template"
	"strings"
	"sync"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// A list of users makes thousands of mails that differ in a person's name, id and
// link only. So the templates run once for all that is alike, with marks in the place
// of these three, and the text between the marks is kept: a form. It is filled with
// what the template's own escaping makes of a person's values.

// keptForms is how many forms a kind of mail keeps: a batch needs two at a time, with
// SEED and without.
const keptForms = 16

// The marks are letters and digits only, which no escaping changes, and nobody who
// writes a reason can know them.
var markName, markID, markLink = rand.Text(), rand.Text(), rand.Text()

// forms are those of one kind of mail.
type forms struct {
	mu   sync.Mutex
	kept *simplelru.LRU[invitationView, *form]
}

// form is what the bodies of a mail are made of.
type form struct{ html, text []piece }

// piece is a text, and which value stands behind it.
type piece struct {
	text  string
	value value
}

type value int

const (
	nothing value = iota
	name
	id
	link
	href // the link, as an attribute
)

// form returns the form for a view, which has all that is not one person's.
func (k *kind) form(v invitationView) (*form, error) {
	if v.Name != "" {
		v.Name = markName
	}
	if v.TechPassID != "" {
		v.TechPassID = markID
	}
	v.Link = markLink
	k.forms.mu.Lock()
	defer k.forms.mu.Unlock()
	if k.forms.kept == nil {
		kept, err := simplelru.NewLRU[invitationView, *form](keptForms, nil)
		if err != nil {
			return nil, fmt.Errorf("mail: keep forms: %w", err)
		}
		k.forms.kept = kept
	}
	if f, ok := k.forms.kept.Get(v); ok {
		return f, nil
	}
	html, text, err := k.bodies(v)
	if err != nil {
		return nil, err
	}
	f := &form{html: pieces(html), text: pieces(text)}
	k.forms.kept.Add(v, f)
	return f, nil
}

// pieces cuts a body at the marks.
func pieces(body string) []piece {
	var all []piece
	for body != "" {
		p, rest := piece{text: body}, ""
		for v, mark := range map[value]string{name: markName, id: markID, link: markLink} {
			if before, after, found := strings.Cut(body, mark); found && len(before) < len(p.text) {
				p, rest = piece{before, v}, after
			}
		}
		if p.value == link && strings.HasSuffix(p.text, `href="`) {
			p.value = href
		}
		all = append(all, p)
		body = rest
	}
	return all
}

// escaped is how the values of a person stand in an HTML body, by their order in
// [value], with line ends between them: each has one line.
var escaped = htmltemplate.Must(htmltemplate.New("values").Parse("\n{{.Name}}\n{{.TechPassID}}\n{{.Link}}\n<a href=\"{{.Link}}\">"))

// fill makes the bodies for a person.
func (f *form) fill(v invitationView) (html, text string, err error) {
	values := []string{"", v.Name, v.TechPassID, v.Link, v.Link}
	text = join(f.text, values)
	if !plain(v.Name) || !plain(v.TechPassID) || !plain(v.Link) {
		if values, err = escape(v); err != nil {
			return "", "", err
		}
	}
	return join(f.html, values), text, nil
}

// plain says of a value that no escaping changes it, as most values are: that takes
// a fraction of the time that the escaping does.
func plain(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c|0x20 && c|0x20 <= 'z', '-' <= c && c <= ':', c == '@', c == '_', c == ' ':
		default:
			return false
		}
	}
	return true
}

// escape returns the values as they stand in an HTML body, by their order in [value].
func escape(v invitationView) ([]string, error) {
	var b bytes.Buffer
	if err := escaped.Execute(&b, v); err != nil {
		return nil, fmt.Errorf("mail: escape values: %w", err)
	}
	values := strings.Split(b.String(), "\n")
	if len(values) != int(href)+1 {
		return nil, fmt.Errorf("mail: %d values of a person", len(values))
	}
	values[href] = strings.TrimSuffix(strings.TrimPrefix(values[href], `<a href="`), `">`)
	return values, nil
}

func join(all []piece, values []string) string {
	size := 0
	for _, p := range all {
		size += len(p.text) + len(values[p.value])
	}
	var b strings.Builder
	b.Grow(size)
	for _, p := range all {
		b.WriteString(p.text)
		b.WriteString(values[p.value])
	}
	return b.String()
}
