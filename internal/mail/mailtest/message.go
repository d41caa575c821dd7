package mailtest

import (
	"bytes"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
	"strings"
)

// Message is one message as the server got it.
type Message struct {
	// From and To are the addresses of the SMTP commands, not of the header.
	From, To string
	// ID is the Message-ID without its angle brackets.
	ID string
	// Subject is decoded; Text and HTML are the decoded bodies.
	Subject, Text, HTML string
	Header              mail.Header
	// Raw is the whole message, header and bodies as sent.
	Raw []byte
}

// parse reads a message of multipart/alternative.
func parse(raw []byte) (Message, error) {
	read, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return Message{}, fmt.Errorf("read the header: %w", err)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(read.Header.Get("Subject"))
	if err != nil {
		return Message{}, fmt.Errorf("decode the subject: %w", err)
	}
	m := Message{
		ID:      strings.Trim(read.Header.Get("Message-ID"), "<>"),
		Subject: subject, Header: read.Header, Raw: raw,
	}
	kind, parameters, err := mime.ParseMediaType(read.Header.Get("Content-Type"))
	if err != nil {
		return Message{}, fmt.Errorf("read the content type: %w", err)
	}
	if kind != "multipart/alternative" {
		return Message{}, fmt.Errorf("the content type is %q, not multipart/alternative", kind)
	}
	err = m.readParts(multipart.NewReader(read.Body, parameters["boundary"]))
	return m, err
}

// readParts reads the text and HTML; the reader decodes quoted-printable.
func (m *Message) readParts(parts *multipart.Reader) error {
	for {
		part, err := parts.NextPart()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read a part: %w", err)
		}
		body, err := io.ReadAll(part)
		if err != nil {
			return fmt.Errorf("read a part: %w", err)
		}
		text := strings.ReplaceAll(string(body), "\r\n", "\n")
		switch kind, _, _ := mime.ParseMediaType(part.Header.Get("Content-Type")); kind {
		case "text/plain":
			m.Text = text
		case "text/html":
			m.HTML = text
		default:
			return fmt.Errorf("a part is of type %q", kind)
		}
	}
}
