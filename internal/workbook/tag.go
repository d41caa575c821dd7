package workbook

import (
	"bytes"
	"unicode/utf8"
)

// nameByte says which bytes stand in names, of tags and attributes.
var nameByte = func() (t [256]bool) {
	for c := range t {
		t[c] = c >= utf8.RuneSelf || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' ||
			c == '_' || c == ':' || c == '-' || c == '.'
	}
	return t
}()

// startTag reads <name attribute="value" ...> or the same with a closing slash.
func (s *scanner) startTag() (token, error) {
	end, err := s.tagEnd()
	if err != nil {
		return 0, err
	}
	tag := s.buf[s.pos+1 : s.pos+end]
	s.pos += end + 1
	if !validChars(tag) {
		return 0, malformed("a character that XML does not have")
	}
	if n := len(tag); n > 0 && tag[n-1] == '/' {
		s.closing = true
		tag = tag[:n-1]
	}
	n := 0
	for n < len(tag) && nameByte[tag[n]] {
		n++
	}
	name := tag[:n]
	if !validName(name) {
		return 0, malformed("a tag without a proper name")
	}
	if s.depth() == 0 && s.rooted {
		return 0, malformed("a second root element")
	}
	if s.depth() == mostDepth {
		return 0, malformed("elements nested too deep")
	}
	s.rooted = true
	s.marks = append(s.marks, len(s.path))
	s.path = append(s.path, name...)
	s.name = localName(name)
	return startTag, s.attributes(tag[n:])
}

// tagEnd returns how far behind pos the tag's ">" stands: the first that is not
// within quotation marks.
func (s *scanner) tagEnd() (int, error) {
	quote, i := byte(0), 1
	for {
		window := s.buf[s.pos:s.end]
		for ; i < len(window); i++ {
			switch c := window[i]; {
			case quote != 0:
				if c == quote {
					quote = 0
				}
			case c == '"' || c == '\'':
				quote = c
			case c == '>':
				return i, nil
			}
		}
		if err := s.fill(); err != nil {
			return 0, err
		}
	}
}

// attributes parses what stands behind a tag's name.
func (s *scanner) attributes(b []byte) error {
	s.attr = s.attr[:0]
	for {
		rest := trimLeft(b)
		if len(rest) == 0 {
			return nil
		}
		if len(rest) == len(b) {
			return malformed("no blank before an attribute")
		}
		n := 0
		for n < len(rest) && nameByte[rest[n]] {
			n++
		}
		name := rest[:n]
		rest = trimLeft(rest[n:])
		if !validName(name) || len(rest) == 0 || rest[0] != '=' {
			return malformed("an attribute without a name or value")
		}
		rest = trimLeft(rest[1:])
		if len(rest) == 0 || rest[0] != '"' && rest[0] != '\'' {
			return malformed("a value without quotation marks")
		}
		end := bytes.IndexByte(rest[1:], rest[0])
		if end < 0 {
			return malformed("a value without its second quotation mark")
		}
		if err := s.addAttribute(name, rest[1:1+end]); err != nil {
			return err
		}
		b = rest[end+2:]
	}
}

func (s *scanner) addAttribute(name, value []byte) error {
	if len(s.attr) == mostAttributes {
		return malformed("too many attributes")
	}
	for _, a := range s.attr {
		if bytes.Equal(a.name, name) {
			return malformed("the attribute %.40s stands twice", name)
		}
	}
	if bytes.IndexByte(value, '<') >= 0 {
		return malformed("< within a value")
	}
	var err error
	if bytes.IndexByte(value, '&') >= 0 || bytes.IndexByte(value, '\r') >= 0 {
		value, err = unescape(value)
	}
	s.attr = append(s.attr, attribute{name, value})
	return err
}

// value returns the attribute of that name, nil if it is absent.
func (s *scanner) value(name string) []byte {
	for _, a := range s.attr {
		if string(a.name) == name {
			return a.value
		}
	}
	return nil
}

// valueOfPrefixed returns the attribute with that local name and any prefix.
func (s *scanner) valueOfPrefixed(local string) []byte {
	for _, a := range s.attr {
		if len(a.name) > len(local)+1 && string(localName(a.name)) == local {
			return a.value
		}
	}
	return nil
}

// on says whether the attribute of that name is true.
func (s *scanner) on(name string) bool {
	v := s.value(name)
	return string(v) == "1" || string(v) == "true"
}

func localName(name []byte) []byte {
	return name[bytes.IndexByte(name, ':')+1:]
}

// validName says whether a run of name bytes is a name: it starts with a letter,
// and has one prefix at most.
func validName(name []byte) bool {
	start := func(b []byte) bool {
		return len(b) > 0 && b[0] != '-' && b[0] != '.' && (b[0] < '0' || b[0] > '9')
	}
	prefix, local, prefixed := bytes.Cut(name, []byte(":"))
	if !prefixed {
		return start(name)
	}
	return start(prefix) && start(local) && bytes.IndexByte(local, ':') < 0
}

func trimLeft(b []byte) []byte {
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\n' || b[0] == '\r' || b[0] == '\t') {
		b = b[1:]
	}
	return b
}

// blank says whether b is empty or XML white space.
func blank(b []byte) bool { return len(trimLeft(b)) == 0 }
