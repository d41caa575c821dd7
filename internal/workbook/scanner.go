package workbook

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
)

// token is what the scanner stands on.
type token uint8

const (
	endOfPart token = iota
	startTag
	endTag
	text
)

// Bounds of the grammar that no real part comes near.
const (
	mostDepth      = 64
	mostAttributes = 64
)

var (
	errDoctype = errors.New("a document type is declared")
	errTooLong = errors.New("a text or tag is too long")
)

// syntaxError says how a part is not well-formed XML.
type syntaxError string

func (e syntaxError) Error() string { return "malformed XML: " + string(e) }

func malformed(format string, args ...any) error {
	return syntaxError(fmt.Sprintf(format, args...))
}

// attribute is one of a start tag, its name with the prefix.
type attribute struct {
	name, value []byte
}

// scanner splits an XML part into tags and texts, in one pass and one buffer
// that holds the longest of them. It knows the grammar that workbooks use:
// UTF-8, elements, attributes, texts, CDATA, comments and processing
// instructions; it checks nesting, names, entities and characters, and refuses a
// document type. Name spaces are cut off and not resolved.
//
// name, text and attributes are valid until the next call of next.
type scanner struct {
	name []byte // of the tag, without prefix
	text []byte // decoded
	attr []attribute

	r        io.Reader
	buf      []byte
	pos, end int // what is read and not yet used
	most     int // bytes of one token
	ended    bool
	started  bool // the byte order mark is passed
	rooted   bool // the root element was there
	closing  bool // the tag closed itself: its end comes next
	path     []byte
	marks    []int // where the names of open elements start in path
}

const bufferBytes = 64 << 10

func newScanner(r io.Reader, most int) *scanner {
	return &scanner{r: r, buf: make([]byte, bufferBytes), most: max(most, bufferBytes)}
}

// depth is the number of open elements.
func (s *scanner) depth() int { return len(s.marks) }

// fill reads more, keeping what is not yet used. It returns io.EOF at the end.
func (s *scanner) fill() error {
	if s.ended {
		return io.EOF
	}
	if s.pos > 0 {
		s.end = copy(s.buf, s.buf[s.pos:s.end])
		s.pos = 0
	}
	if s.end == len(s.buf) {
		if len(s.buf) >= s.most {
			return errTooLong
		}
		grown := make([]byte, min(2*len(s.buf), s.most))
		copy(grown, s.buf)
		s.buf = grown
	}
	for range 100 {
		n, err := s.r.Read(s.buf[s.end:])
		s.end += n
		if errors.Is(err, io.EOF) && n == 0 {
			s.ended = true
			return io.EOF
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if n > 0 {
			return nil
		}
	}
	return io.ErrNoProgress
}

// find returns how far behind pos the next delim starts, looking from there on.
func (s *scanner) find(from int, delim string) (int, error) {
	for {
		window := s.buf[s.pos:s.end]
		if from < len(window) {
			var i int
			if len(delim) == 1 {
				i = bytes.IndexByte(window[from:], delim[0])
			} else {
				i = bytes.Index(window[from:], []byte(delim))
			}
			if i >= 0 {
				return from + i, nil
			}
			from = max(from, len(window)-len(delim)+1)
		}
		if err := s.fill(); err != nil {
			return 0, err
		}
	}
}

// next moves to the next token. At the end of a complete document it returns
// endOfPart; every other end is an error.
func (s *scanner) next() (token, error) {
	if s.closing {
		s.closing = false
		s.pop()
		return endTag, nil
	}
	for {
		if s.pos == s.end {
			if err := s.fill(); errors.Is(err, io.EOF) {
				return s.finish()
			} else if err != nil {
				return 0, err
			}
		}
		if !s.started {
			if err := s.start(); err != nil {
				return 0, err
			}
			continue
		}
		var (
			tok token
			err error
		)
		if s.buf[s.pos] == '<' {
			tok, err = s.markup()
		} else {
			tok, err = s.chars()
		}
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		if err != nil || tok != endOfPart {
			return tok, err
		}
	}
}

func (s *scanner) finish() (token, error) {
	if s.depth() > 0 || !s.rooted {
		return 0, io.ErrUnexpectedEOF
	}
	return endOfPart, nil
}

// start passes a byte order mark, and refuses those of other encodings.
func (s *scanner) start() error {
	for s.end-s.pos < 3 {
		if err := s.fill(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return err
		}
	}
	s.started = true
	switch head := s.buf[s.pos:s.end]; {
	case bytes.HasPrefix(head, []byte("\xEF\xBB\xBF")):
		s.pos += 3
	case bytes.HasPrefix(head, []byte("\xFE\xFF")), bytes.HasPrefix(head, []byte("\xFF\xFE")):
		return malformed("the encoding is not UTF-8")
	}
	return nil
}

// chars reads the text up to the next tag. Outside the root it may be blank only.
func (s *scanner) chars() (token, error) {
	n, err := s.find(0, "<")
	if errors.Is(err, io.EOF) && s.depth() == 0 {
		n = s.end - s.pos
	} else if err != nil {
		return 0, err
	}
	raw := s.buf[s.pos : s.pos+n]
	s.pos += n
	if s.depth() == 0 {
		if !blank(raw) {
			return 0, malformed("text outside of the root element")
		}
		return endOfPart, nil
	}
	if bytes.Contains(raw, []byte("]]>")) {
		return 0, malformed("]]> in a text")
	}
	s.text, err = unescape(raw)
	return text, err
}

// markup reads what starts with "<". It returns endOfPart for what is no token.
func (s *scanner) markup() (token, error) {
	for s.end-s.pos < 2 {
		if err := s.fill(); err != nil {
			return 0, err
		}
	}
	switch s.buf[s.pos+1] {
	case '/':
		return s.endTag()
	case '?':
		return endOfPart, s.instruction()
	case '!':
		return s.declaration()
	}
	return s.startTag()
}

// instruction passes <? ... ?>; the XML declaration may name UTF-8 only.
func (s *scanner) instruction() error {
	n, err := s.find(2, "?>")
	if err != nil {
		return err
	}
	body := s.buf[s.pos+2 : s.pos+n]
	s.pos += n + 2
	if !validChars(body) {
		return malformed("a character that XML does not have")
	}
	if len(body) == 0 || !nameByte[body[0]] {
		return malformed("an instruction without a name")
	}
	if bytes.HasPrefix(body, []byte("xml ")) {
		_, enc, found := bytes.Cut(bytes.ToLower(body), []byte("encoding"))
		enc = bytes.Trim(enc, " =\t\r\n")
		if found && !bytes.HasPrefix(enc[min(1, len(enc)):], []byte("utf-8")) && !bytes.Contains(enc, []byte("ascii")) {
			return malformed("the encoding is not UTF-8")
		}
	}
	return nil
}

// declaration reads <! ... >: a comment or a CDATA section.
func (s *scanner) declaration() (token, error) {
	const comment, cdata = "<!--", "<![CDATA["
	for s.end-s.pos < len(cdata) {
		if err := s.fill(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return 0, err
		}
	}
	head := s.buf[s.pos:min(s.end, s.pos+len(cdata))]
	switch {
	case bytes.HasPrefix(head, []byte(comment)):
		n, err := s.find(len(comment), "-->")
		if err != nil {
			return 0, err
		}
		body := s.buf[s.pos+len(comment) : s.pos+n]
		s.pos += n + len("-->")
		if !validChars(body) || bytes.Contains(body, []byte("--")) {
			return 0, malformed("a comment that XML does not allow")
		}
		return endOfPart, nil
	case string(head) == cdata && s.depth() > 0:
		n, err := s.find(len(cdata), "]]>")
		if err != nil {
			return 0, err
		}
		raw := s.buf[s.pos+len(cdata) : s.pos+n]
		s.pos += n + len("]]>")
		if !validChars(raw) {
			return 0, malformed("a character that XML does not have")
		}
		s.text = lineEnds(raw)
		return text, nil
	case strings.HasPrefix("<!DOCTYPE", string(head)):
		return 0, errDoctype
	}
	return 0, malformed("a declaration")
}

func (s *scanner) endTag() (token, error) {
	n, err := s.find(2, ">")
	if err != nil {
		return 0, err
	}
	name := s.buf[s.pos+2 : s.pos+n]
	s.pos += n + 1
	for len(name) > 0 && blank(name[len(name)-1:]) {
		name = name[:len(name)-1]
	}
	if s.depth() == 0 || !bytes.Equal(name, s.path[s.marks[len(s.marks)-1]:]) {
		return 0, malformed("</%.40s> closes nothing", name)
	}
	s.pop()
	return endTag, nil
}

// pop closes the innermost element and sets name to its.
func (s *scanner) pop() {
	last := len(s.marks) - 1
	s.name = localName(s.path[s.marks[last]:])
	s.path = s.path[:s.marks[last]]
	s.marks = s.marks[:last]
}

// skip passes the rest of the element whose start tag was just read.
func (s *scanner) skip() error {
	for outer := s.depth() - 1; s.depth() > outer; {
		if _, err := s.next(); err != nil {
			return err
		}
	}
	return nil
}

// content appends the text of the element whose start tag was just read to dst,
// which may not become longer than most. It has no elements in it.
func (s *scanner) content(dst []byte, most int) ([]byte, error) {
	for {
		tok, err := s.next()
		if err != nil {
			return dst, err
		}
		switch tok {
		case text:
			if dst = append(dst, s.text...); len(dst) > most {
				return dst, errTooLong
			}
		case endTag:
			return dst, nil
		case startTag, endOfPart:
			return dst, malformed("an element within a text")
		}
	}
}
