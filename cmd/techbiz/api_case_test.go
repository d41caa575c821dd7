package main

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"techbiz/internal/clock"
)

// apiCase is one file of testdata/api.
type apiCase struct {
	tag      string // in every address, so that cases don't meet
	index    int
	alone    bool // on a server of its own
	settings []string
	steps    []step
	values   map[string]string // what answers have named
	began    time.Time         // in Singapore
}

// step is one request and its expected answer.
type step struct {
	title     string
	actor     string // whose token is sent: an officer's, or nobody or stranger
	raw       bool   // method, path and body stand in the text
	until     bool   // repeated until the answer is the expected one
	body      string
	variables string
	file      *upload
	status    int
	answer    string
}

// upload is a file that a step sends.
type upload struct{ name, form, content string }

var (
	stepHeading   = regexp.MustCompile(`^(until )?([a-z]+)(?: (sends)| uploads ([^:]*))?: (.+)$`)
	answerHeading = regexp.MustCompile(`^answer(?: (\d{3}))?$`)
)

func readCase(t *testing.T, file string, index int) *apiCase {
	t.Helper()
	tag := strings.TrimSuffix(filepath.Base(file), ".txtar")
	c := &apiCase{tag: strings.ReplaceAll(tag, "_", "-"), index: index, values: map[string]string{}, began: time.Now().In(clock.Singapore)}
	for _, section := range txtar.Parse(readFile(t, file)).Files {
		if err := c.read(section.Name, string(section.Data)); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
	}
	return c
}

// read takes one section of the archive.
func (c *apiCase) read(name, text string) error {
	if name == "settings" {
		c.alone, c.settings = true, strings.Fields(text)
		return nil
	}
	if m := stepHeading.FindStringSubmatch(name); m != nil {
		s := step{title: name, until: m[1] != "", actor: m[2], raw: m[3] != "" || m[2] == "sandbox", body: text, status: 200}
		if m[4] != "" {
			s.file = &upload{name: m[4]}
		}
		c.alone = c.alone || strings.Contains(text, "/sandbox/clock/")
		c.steps = append(c.steps, s)
		return nil
	}
	if len(c.steps) == 0 {
		return fmt.Errorf("no step before %q", name)
	}
	s := &c.steps[len(c.steps)-1]
	if m := answerHeading.FindStringSubmatch(name); m != nil {
		s.answer = strings.TrimSpace(text)
		if m[1] != "" {
			s.status, _ = strconv.Atoi(m[1]) // three digits
		}
		return nil
	}
	switch {
	case name == "variables":
		s.variables = text
	case s.file != nil && (name == "template" || name == "workbook" || name == "content"):
		s.file.form, s.file.content = name, text
	default:
		return fmt.Errorf("no section is called %q", name)
	}
	return nil
}

var (
	hole     = regexp.MustCompile(`\{\{(.+?)\}\}`)
	repeated = regexp.MustCompile(`(?s)^(.+)\*(\d+)$`)
	mobiles  = regexp.MustCompile(`^mobile(\d{1,3})$`)
	days     = regexp.MustCompile(`^(day|written)\+(\d{1,3})$`)
)

// fill replaces what stands in double braces.
func (c *apiCase) fill(t *testing.T, text string) string {
	t.Helper()
	return hole.ReplaceAllStringFunc(text, func(h string) string {
		name := h[2 : len(h)-2]
		if m := repeated.FindStringSubmatch(name); m != nil {
			n, _ := strconv.Atoi(m[2]) // digits
			var b strings.Builder
			for i := range n {
				b.WriteString(strings.ReplaceAll(m[1], "#", strconv.Itoa(i)))
			}
			return b.String()
		}
		if m := mobiles.FindStringSubmatch(name); m != nil {
			return fmt.Sprintf("9%04d%03s", c.index, m[1])
		}
		if m := days.FindStringSubmatch(name); m != nil {
			n, _ := strconv.Atoi(m[2]) // digits
			return c.began.AddDate(0, 0, n).Format(map[string]string{"day": time.DateOnly, "written": "02-01-2006"}[m[1]])
		}
		if name == "case" {
			return c.tag
		}
		if v, ok := c.values[name]; ok {
			return v
		}
		if c.isActor(name) {
			return c.officer(name)
		}
		t.Fatalf("nothing is called %q yet", name)
		return ""
	})
}

func (c *apiCase) isActor(name string) bool {
	for _, s := range c.steps {
		if s.actor == name {
			return true
		}
	}
	return false
}

// officer is the address of an officer of the case.
func (c *apiCase) officer(name string) string { return name + "." + c.tag + "@agency.gov.sg" }
