package workbook

import "strings"

// sharedStrings is the workbook's table of texts, which cells name by number. It
// keeps them in blocks, for one allocation a text would cost more than reading.
type sharedStrings struct {
	blocks []string
	block  strings.Builder // the last one, while texts are added
	items  []span
}

// span is where a text stands.
type span struct{ block, from, to uint32 }

const blockBytes = 256 << 10

// at returns the text of that number.
func (s *sharedStrings) at(i int) (string, bool) {
	if i < 0 || i >= len(s.items) {
		return "", false
	}
	at := s.items[i]
	return s.blocks[at.block][at.from:at.to], true
}

// read loads the table from its part.
func (s *sharedStrings) read(x *scanner, lim Limits) error {
	if err := root(x, "sst"); err != nil {
		return err
	}
	var (
		buf   []byte
		total int64
	)
	for x.depth() > 0 {
		tok, err := x.next()
		switch {
		case err != nil:
			return err
		case tok == text && !blank(x.text):
			return malformed("a text between the shared texts")
		case tok != startTag:
			continue
		case string(x.name) != "si":
			if err := x.skip(); err != nil {
				return err
			}
			continue
		}
		if buf, err = richText(x, buf[:0], lim.CellBytes); err != nil {
			return err
		}
		total += int64(len(buf))
		if total > lim.UnzippedBytes/4 || len(s.items) >= lim.Rows*lim.Columns {
			return tooMuchText(lim)
		}
		s.add(buf)
	}
	s.close()
	_, err := x.next()
	return err
}

// add copies a text into the present block, or a new one where it has no room.
func (s *sharedStrings) add(t []byte) {
	if s.block.Len()+len(t) > blockBytes {
		s.close()
	}
	if s.block.Len() == 0 {
		s.block.Grow(blockBytes)
	}
	from := s.block.Len()
	_, _ = s.block.Write(t)                                                                     // never fails
	s.items = append(s.items, span{uint32(len(s.blocks)), uint32(from), uint32(s.block.Len())}) // #nosec G115 -- a workbook has less than 4 GiB unzipped
}

// close ends the present block. Texts can be had from then on.
func (s *sharedStrings) close() {
	s.blocks = append(s.blocks, s.block.String())
	s.block.Reset()
}

func tooMuchText(lim Limits) error {
	return unreadable("The file holds more text than a list of users can need (%s). Copy the users alone into a new workbook made from the template.",
		bytesText(lim.UnzippedBytes/4))
}

// root reads up to the root element, which must have that name.
func root(x *scanner, name string) error {
	for {
		tok, err := x.next()
		if err != nil {
			return err
		}
		if tok == startTag {
			if string(x.name) != name {
				return malformed("<%.40s> in place of <%s>", x.name, name)
			}
			return nil
		}
	}
}

// richText appends the text of the element whose start tag was just read (si or
// is) to dst: its own, or that of its runs joined, without what tells the
// pronunciation.
func richText(x *scanner, dst []byte, most int) ([]byte, error) {
	from, outer := len(dst), x.depth()
	for {
		tok, err := x.next()
		if err != nil {
			return dst, err
		}
		switch tok {
		case startTag:
			switch string(x.name) {
			case "t":
				dst, err = x.content(dst, from+most)
			case "r":
			default:
				err = x.skip()
			}
			if err != nil {
				return dst, err
			}
		case endTag:
			if x.depth() < outer {
				return dst[:from+len(decodeX(dst[from:]))], nil
			}
		case text:
			if !blank(x.text) {
				return dst, malformed("a text outside of <t>")
			}
		case endOfPart:
		}
	}
}
