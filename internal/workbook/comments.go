package workbook

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"
)

// comment is a note on a cell of the sheet Users.
type comment struct {
	column, row int
	text        string
}

// The parts that hold the comments of the first sheet, and their drawing.
const (
	commentsPart = "xl/comments1.xml"
	drawingPart  = "xl/drawings/vmlDrawing1.vml"
)

const commentAuthor = "TechBiz"

// comments writes all of them at once. The library makes the first, with all that
// refers to it; the two parts are then written anew, since its cost grows with the
// square of their number, and it keeps to one block of 1,024 drawings where Excel
// wants each block named.
func (t *template) comments(all []comment) {
	if len(all) == 0 {
		return
	}
	first := excelize.Comment{Cell: cellName(all[0].column, all[0].row), Author: commentAuthor, Text: "-"}
	t.do(func() error { return t.f.AddComment(usersSheet, first) }, func() error {
		if t.f.Comments[commentsPart] == nil || t.f.VMLDrawing[drawingPart] == nil {
			return fmt.Errorf("the comments are not in %s and %s", commentsPart, drawingPart)
		}
		delete(t.f.Comments, commentsPart)
		delete(t.f.VMLDrawing, drawingPart)
		t.f.Pkg.Store(commentsPart, commentsXML(all))
		t.f.Pkg.Store(drawingPart, drawingVML(all))
		return nil
	})
}

func commentsXML(all []comment) []byte {
	var b bytes.Buffer
	b.WriteString(xml.Header + `<comments xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><authors><author>` + commentAuthor +
		`</author></authors><commentList>`)
	for _, c := range all {
		b.WriteString(`<comment ref="` + cellName(c.column, c.row) + `" authorId="0"><text><r><t xml:space="preserve">`)
		_ = xml.EscapeText(&b, []byte(c.text)) // a buffer never fails
		b.WriteString(`</t></r></text></comment>`)
	}
	b.WriteString(`</commentList></comments>`)
	return b.Bytes()
}

// drawingVML draws the boxes that the comments stand in, as Excel does.
func drawingVML(all []comment) []byte {
	const block = 1024 // ids of one block
	var blocks []string
	for n := range len(all)/block + 1 {
		blocks = append(blocks, strconv.Itoa(n+1))
	}
	var b bytes.Buffer
	b.WriteString(`<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" xmlns:x="urn:schemas-microsoft-com:office:excel">` +
		`<o:shapelayout v:ext="edit"><o:idmap v:ext="edit" data="` + strings.Join(blocks, ",") + `"/></o:shapelayout>` +
		`<v:shapetype id="_x0000_t202" coordsize="21600,21600" o:spt="202" path="m,l,21600r21600,l21600,xe"><v:stroke joinstyle="miter"/>` +
		`<v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype>`)
	for i, c := range all {
		fmt.Fprintf(&b, `<v:shape id="_x0000_s%d" type="#_x0000_t202" style="position:absolute;width:240pt;height:60pt;z-index:%d;visibility:hidden"`+
			` fillcolor="#ffffe1" o:insetmode="auto"><v:fill color2="#ffffe1"/><v:shadow on="t" color="black" obscured="t"/>`+
			`<v:path o:connecttype="none"/><v:textbox style="mso-direction-alt:auto"><div style="text-align:left"></div></v:textbox>`+
			`<x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/><x:Anchor>%d, 15, %d, 2, %d, 15, %d, 2</x:Anchor>`+
			`<x:AutoFill>False</x:AutoFill><x:Row>%d</x:Row><x:Column>%d</x:Column></x:ClientData></v:shape>`,
			block+1+i, i+1, c.column, max(c.row-2, 0), c.column+2, c.row+3, c.row-1, c.column-1)
	}
	b.WriteString(`</xml>`)
	return b.Bytes()
}
