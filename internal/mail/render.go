package mail

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	htmltemplate "html/template"
	"net/url"
	"slices"
	"strings"
	texttemplate "text/template"
	"time"
	"unicode"

	"techbiz/internal/clock"
)

//go:embed template
var files embed.FS

// The kinds of mail, parsed once.
var (
	signInCode   = parse("signin", "Your TechBiz sign-in code")
	noCode       = parse("nocode", "Sign in to TechBiz another way")
	registration = parse("registration", "Complete your TechPass registration")
	onboarding   = parse("onboarding", "Activate your TechPass account")
	batchDone    = parse("batchdone", "Your list of users is done")
)

// kind is one kind of mail: its fixed subject and the templates of its bodies.
type kind struct {
	subject string
	html    *htmltemplate.Template
	text    *texttemplate.Template
	forms   forms
}

func parse(name, subject string) *kind {
	return &kind{
		subject: subject,
		html:    htmltemplate.Must(htmltemplate.ParseFS(files, "template/layout.html", "template/"+name+".html")),
		text:    texttemplate.Must(texttemplate.ParseFS(files, "template/layout.txt", "template/"+name+".txt")),
	}
}

// render makes the message to one person. The links are those that the
// templates show, in their order; empty ones are left out.
func (k *kind) render(to string, view any, links ...string) (Message, error) {
	m, err := k.head(to, links...)
	if err == nil {
		m.HTML, m.Text, err = k.bodies(view)
	}
	if err != nil {
		return Message{}, err
	}
	return m, nil
}

// head makes the message without its bodies.
func (k *kind) head(to string, links ...string) (Message, error) {
	if err := checkRecipient(to); err != nil {
		return Message{}, err
	}
	m := Message{To: to, Subject: k.subject}
	for _, link := range links {
		if link == "" || slices.Contains(m.Links, link) {
			continue
		}
		if err := checkLink(link); err != nil {
			return Message{}, err
		}
		m.Links = append(m.Links, link)
	}
	return m, nil
}

// bodies runs both templates.
func (k *kind) bodies(view any) (html, text string, err error) {
	var b bytes.Buffer
	b.Grow(8 << 10)
	if err := k.html.ExecuteTemplate(&b, "layout", view); err != nil {
		return "", "", fmt.Errorf("mail: render %q as HTML: %w", k.subject, err)
	}
	html = b.String()
	b.Reset()
	if err := k.text.ExecuteTemplate(&b, "layout", view); err != nil {
		return "", "", fmt.Errorf("mail: render %q as text: %w", k.subject, err)
	}
	return html, b.String(), nil
}

// checkLink returns an error unless link is an absolute http or https address
// in printable ASCII. The link itself is not in the error: it may be a secret.
func checkLink(link string) error {
	u, err := url.Parse(link)
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") ||
		strings.ContainsFunc(link, func(r rune) bool { return r <= ' ' || r >= unicode.MaxASCII }) {
		return errors.New("mail: a link is not an absolute http or https address")
	}
	return nil
}

// oneLine returns what a person typed on one line: blanks and control characters
// become single spaces, so that nobody writes paragraphs of our mail, and marks
// that turn the direction of writing around are dropped.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r):
			return ' '
		case r >= '\u202a' && r <= '\u202e', r >= '\u2066' && r <= '\u2069':
			return -1
		}
		return r
	}, s)
	return strings.Join(strings.Fields(s), " ")
}

// day and minute show a time in Singapore.
func day(t time.Time) string    { return t.In(clock.Singapore).Format("02-01-2006") }
func minute(t time.Time) string { return t.In(clock.Singapore).Format("15:04") }
