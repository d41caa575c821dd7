package workbook

import (
	"context"
	"io"
)

// readXLSX reads the users on all visible sheets of an Office Open XML workbook.
func readXLSX(ctx context.Context, r io.ReaderAt, size int64, lim Limits, early func([]*Row)) (*List, error) {
	c, err := openContainer(r, size, lim)
	if err != nil {
		return nil, err
	}
	b, err := openBook(ctx, c)
	if err != nil {
		return nil, err
	}
	shared := &sharedStrings{}
	if _, ok := c.parts[b.strings]; ok {
		err := c.each(ctx, b.strings, "its table of texts", func(x *scanner) error { return shared.read(x, lim) })
		if err != nil {
			return nil, err
		}
	}
	formats := &styles{}
	if _, ok := c.parts[b.styles]; ok {
		if err := c.each(ctx, b.styles, "its table of formats", formats.read); err != nil {
			return nil, err
		}
	}
	col := &collector{lim: lim, early: early}
	for _, s := range b.sheets {
		if s.hidden {
			col.hiddenSheets = append(col.hiddenSheets, quoted(s.name))
			continue
		}
		if s.part == "" {
			continue // a chart, or a dialogue of old
		}
		err := c.each(ctx, s.part, "the sheet "+quoted(s.name), func(x *scanner) error {
			r := newSheetReader(x, shared, lim)
			r.styles, r.from1904 = formats, b.from1904
			return col.read(s.name, r)
		})
		if err != nil {
			return nil, err
		}
	}
	return col.result()
}
