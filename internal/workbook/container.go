package workbook

import (
	"archive/zip"
	"compress/flate"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"techbiz/internal/fault"
)

// directoryBytes bounds what is read while the archive's directory is opened:
// each of its entries costs several times its own size in memory. A workbook's
// directory has a few kilobytes.
const directoryBytes = 1 << 20

// container is an open archive. It counts what it unzips.
type container struct {
	source   *source
	lim      Limits
	parts    map[string]*zip.File // by name, in lower case: part names have no case
	unzipped int64
}

// source is the uploaded file. It keeps what is not the file's fault, an error of
// the reader below or the context's end, and stops when its budget is spent.
type source struct {
	r      io.ReaderAt
	budget int64 // below zero: none
	err    error
}

var (
	errDirectory = errors.New("the archive's directory is too large")
	errOutside   = errors.New("the archive names a place before the file's start")
)

func (s *source) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 {
		return 0, errOutside
	}
	if s.budget >= 0 {
		if s.budget -= int64(len(p)); s.budget < 0 {
			s.budget = 0
			return 0, errDirectory
		}
	}
	n, err := s.r.ReadAt(p, off)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = fmt.Errorf("read the uploaded file: %w", err)
	}
	return n, err
}

// openContainer opens the archive and refuses what unzips past the limit by its
// own account, holds one name twice, or is encrypted.
func openContainer(r io.ReaderAt, size int64, lim Limits) (*container, error) {
	src := &source{r: r, budget: directoryBytes}
	if err := otherContent(src, size); err != nil {
		return nil, src.blame(err)
	}
	z, err := zip.NewReader(src, size)
	if err != nil {
		return nil, src.blame(fault.Wrap(err, fault.FileUnreadable,
			"The file is damaged or incomplete. Save it again in Excel, or upload it again."))
	}
	src.budget = -1
	c := &container{source: src, lim: lim, parts: make(map[string]*zip.File, len(z.File))}
	var total uint64
	for _, f := range z.File {
		name := partName(f.Name)
		if _, twice := c.parts[name]; twice {
			return nil, unreadable("The file is damaged: it holds the part %s twice. Open it in Excel and save it again.", quoted(f.Name))
		}
		if f.Flags&1 != 0 {
			return nil, unreadable("The file is protected by a password. Remove the password and upload it again.")
		}
		c.parts[name] = f
		if total += f.UncompressedSize64; total > uint64(lim.UnzippedBytes) || f.UncompressedSize64 > uint64(lim.UnzippedBytes) { // #nosec G115 -- a limit is above 0
			return nil, c.tooMuch()
		}
	}
	return c, nil
}

// partName folds the name of a part as the archive or a relationship writes it.
func partName(name string) string {
	return strings.ToLower(strings.TrimLeft(strings.ReplaceAll(name, `\`, "/"), "/"))
}

func (c *container) tooMuch() error {
	return unreadable("The file unzips to more than %s. Copy the users alone into a new workbook made from the template.",
		bytesText(c.lim.UnzippedBytes))
}

// blame returns what is not the file's fault in place of err, where there is
// such: then the file may be sound.
func (s *source) blame(err error) error {
	if s.err != nil {
		return s.err
	}
	return err
}

// errMissing says that the archive has no part of that name.
var errMissing = errors.New("a part is missing")

// open returns a part's content; reading it ends with the context, and at the
// limit of what may be unzipped.
func (c *container) open(ctx context.Context, name string) (io.ReadCloser, error) {
	f, ok := c.parts[name]
	if !ok {
		return nil, fmt.Errorf("%w: %s", errMissing, name)
	}
	rc, err := f.Open()
	if err != nil {
		return nil, err
	}
	return &part{ctx: ctx, c: c, rc: rc}, nil
}

type part struct {
	ctx context.Context // of one Read: a part does not outlive the call that opened it
	c   *container
	rc  io.ReadCloser
}

func (p *part) Read(b []byte) (int, error) {
	if p.ctx.Err() != nil {
		p.c.source.err = context.Cause(p.ctx)
		return 0, p.c.source.err
	}
	n, err := p.rc.Read(b)
	if p.c.unzipped += int64(n); p.c.unzipped > p.c.lim.UnzippedBytes {
		return 0, p.c.tooMuch()
	}
	return n, err
}

func (p *part) Close() error { return p.rc.Close() }

// each opens a part, hands it to read as a scanner, and says of what is damaged
// in it where that stands. what is the part's name for a person.
func (c *container) each(ctx context.Context, name, what string, read func(*scanner) error) error {
	rc, err := c.open(ctx, name)
	if err != nil {
		return c.source.blame(damaged(err, what))
	}
	unzip := newAhead(rc)
	err = read(newScanner(unzip, 4*c.lim.CellBytes))
	unzip.Close()
	_ = rc.Close()
	if err != nil {
		return c.source.blame(damaged(err, what))
	}
	return nil
}

// damaged turns what went wrong in a part into a fault; a fault stays what it is.
func damaged(err error, what string) error {
	var (
		known   *fault.Error
		corrupt flate.CorruptInputError
	)
	switch {
	case errors.As(err, &known):
		return err
	case errors.Is(err, errDoctype):
		return fault.Wrap(err, fault.FileUnreadable,
			"The file is refused: %s declares a document type, which no Excel workbook does. Copy the users into the template.", what)
	case errors.Is(err, errTooLong):
		return fault.Wrap(err, fault.FileUnreadable,
			"%s holds a text longer than the 32,767 characters that a cell can have. Shorten it and upload the file again.", upper(what))
	case errors.Is(err, errMissing):
		return fault.Wrap(err, fault.FileUnreadable,
			"The file is incomplete: %s is missing. Open it in Excel and save it again.", what)
	case errors.Is(err, zip.ErrAlgorithm):
		return fault.Wrap(err, fault.FileUnreadable,
			"The file is packed in a way that can't be read. Open it in Excel and save it again.")
	case errors.Is(err, zip.ErrChecksum), errors.Is(err, zip.ErrFormat), errors.As(err, &corrupt):
		return fault.Wrap(err, fault.FileUnreadable,
			"The file is damaged: the check of %s fails. Save it again in Excel, or upload it again.", what)
	}
	return fault.Wrap(err, fault.FileUnreadable,
		"The file is damaged: %s can't be read to its end. Open it in Excel, save it again and upload that file.", what)
}

func upper(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
