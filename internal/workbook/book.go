package workbook

import (
	"context"
	"net/url"
	"path"
	"slices"
	"strings"
)

// mostParts bounds the relations and the sheets of a workbook.
const mostParts = 4096

// relation is one line of a .rels part: what a part refers to.
type relation struct{ id, kind, target string }

type relations []relation

// by returns the first relation that fits.
func (r relations) by(fits func(relation) bool) (relation, bool) {
	i := slices.IndexFunc(r, fits)
	if i < 0 {
		return relation{}, false
	}
	return r[i], true
}

// sheetPart is one sheet of the workbook.
type sheetPart struct {
	name   string
	part   string // its part's name; empty where it is no worksheet
	hidden bool
}

// book is what the workbook says about itself.
type book struct {
	sheets   []sheetPart
	strings  string // the part of the shared texts, empty if it has none
	styles   string // the part of the formats, likewise
	from1904 bool   // dates count from 1904, as on Macs of old
}

// relations reads what a part refers to; the part "" is the archive as a whole.
// Without a .rels part that is nothing.
func (c *container) relations(ctx context.Context, part string) (relations, error) {
	dir, base := path.Split(part)
	name := path.Join(dir, "_rels", base+".rels")
	if _, ok := c.parts[name]; !ok {
		return nil, nil
	}
	var rels relations
	err := c.each(ctx, name, "its list of parts", func(x *scanner) error {
		return elements(x, func(name string) error {
			if name != "Relationship" || string(x.value("TargetMode")) == "External" {
				return nil
			}
			if len(rels) == mostParts {
				return malformed("too many relations")
			}
			rels = append(rels, relation{
				id: string(x.value("Id")),
				// Only the end of the kind's address matters: strict workbooks differ before it.
				kind:   path.Base(string(x.value("Type"))),
				target: resolve(part, string(x.value("Target"))),
			})
			return nil
		})
	})
	return rels, err
}

// resolve turns a relationship's target into the name of a part.
func resolve(from, target string) string {
	if plain, err := url.PathUnescape(target); err == nil {
		target = plain
	}
	target = strings.ReplaceAll(target, `\`, "/")
	if !strings.HasPrefix(target, "/") {
		target = path.Join("/", path.Dir(from), target)
	}
	return partName(path.Clean(target))
}

// elements calls on with the name of every start tag in the part, and reads the
// part to its end.
func elements(x *scanner, on func(name string) error) error {
	for {
		tok, err := x.next()
		if err != nil || tok == endOfPart {
			return err
		}
		if tok == startTag {
			if err := on(string(x.name)); err != nil {
				return err
			}
		}
	}
}

// openBook finds the workbook's sheets and shared texts.
func openBook(ctx context.Context, c *container) (*book, error) {
	top, err := c.relations(ctx, "")
	if err != nil {
		return nil, err
	}
	main := "xl/workbook.xml"
	if r, ok := top.by(func(r relation) bool { return r.kind == "officeDocument" }); ok {
		main = r.target
	}
	if _, ok := c.parts[main]; !ok || !strings.HasSuffix(main, ".xml") ||
		strings.HasPrefix(main, "word/") || strings.HasPrefix(main, "ppt/") {
		return nil, otherArchive(c)
	}
	rels, err := c.relations(ctx, main)
	if err != nil {
		return nil, err
	}
	b := &book{}
	if r, ok := rels.by(func(r relation) bool { return r.kind == "sharedStrings" }); ok {
		b.strings = r.target
	}
	if r, ok := rels.by(func(r relation) bool { return r.kind == "styles" }); ok {
		b.styles = r.target
	}
	return b, c.each(ctx, main, "its list of sheets", func(x *scanner) error {
		return elements(x, func(name string) error {
			switch name {
			case "sheet":
				return b.add(x, rels)
			case "workbookPr":
				b.from1904 = x.on("date1904")
			}
			return nil
		})
	})
}

// add notes the sheet whose start tag was just read.
func (b *book) add(x *scanner, rels relations) error {
	if x.depth() != 3 { // workbook, sheets, sheet
		return nil
	}
	s := sheetPart{name: string(x.value("name"))}
	s.hidden = strings.HasSuffix(strings.ToLower(string(x.value("state"))), "hidden") // or veryHidden
	id := string(x.valueOfPrefixed("id"))
	r, ok := rels.by(func(r relation) bool { return r.id == id })
	if !ok {
		return malformed("the sheet %.40q has no part", s.name)
	}
	if len(b.sheets) == mostParts {
		return malformed("too many sheets")
	}
	if r.kind == "worksheet" {
		s.part = r.target
	}
	b.sheets = append(b.sheets, s)
	return nil
}
