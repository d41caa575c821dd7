package workbook

import (
	"cmp"
	"fmt"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

// shape is how a program that does not run here writes a workbook; where that is
// known from stands in testdata/producers/README.md.
type shape struct {
	workbook   string // format of the part, for its sheets
	sheetPart  string // its name below xl/
	head, tail string // of the sheet, around its rows
	texts      string // format of the part, for its texts
	styles     string // the part, of which format 1 is text and 2 a date
	big        string // how it writes the number 91234567, if not so
	base       int    // days that dates count from, later than Excel's
	separator  string // in the archive's names, where it is not /

	row, shared, number, date string // formats: number and attributes of a row; name and value of cells
}

const (
	spreadsheet = `xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"`
	extensions  = ` xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" mc:Ignorable="x14ac xr xr2 xr3"` +
		` xmlns:x14ac="http://schemas.microsoft.com/office/spreadsheetml/2009/9/ac" xmlns:xr="http://schemas.microsoft.com/office/spreadsheetml/2014/revision"` +
		` xmlns:xr2="http://schemas.microsoft.com/office/spreadsheetml/2015/revision2" xmlns:xr3="http://schemas.microsoft.com/office/spreadsheetml/2016/revision3"`
	googles = ` xmlns:mx="http://schemas.microsoft.com/office/mac/excel/2008/main" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"` +
		` xmlns:mv="urn:schemas-microsoft-com:mac:vml" xmlns:x14="http://schemas.microsoft.com/office/spreadsheetml/2009/9/main"` +
		` xmlns:x15="http://schemas.microsoft.com/office/spreadsheetml/2010/11/main" xmlns:x14ac="http://schemas.microsoft.com/office/spreadsheetml/2009/9/ac"` +
		` xmlns:xm="http://schemas.microsoft.com/office/excel/2006/main"`
	declared = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>`
)

var shapes = map[string]shape{
	"Excel": {
		sheetPart: "worksheets/sheet1.xml",
		workbook: `<workbook ` + spreadsheet + extensions + `><fileVersion appName="xl" lastEdited="7" lowestEdited="7" rupBuild="29227"/>` +
			`<workbookPr defaultThemeVersion="166925"/><mc:AlternateContent><mc:Choice Requires="x15"><x15ac:absPath url="C:\Users\x\" xmlns:x15ac="x"/></mc:Choice></mc:AlternateContent>` +
			`<xr:revisionPtr revIDLastSave="0" documentId="8_{AE39}"/><bookViews><workbookView xWindow="0"/></bookViews><sheets>%s</sheets><calcPr calcId="191028"/></workbook>`,
		head: `<worksheet ` + spreadsheet + extensions + ` xr:uid="{00000000-0001-0000-0000-000000000000}"><sheetPr filterMode="1"/><dimension ref="A1:L8"/><sheetViews><sheetView tabSelected="1" workbookViewId="0">` +
			`<pane ySplit="4" topLeftCell="A5" activePane="bottomLeft" state="frozen"/><selection pane="bottomLeft" activeCell="B5" sqref="B5"/></sheetView></sheetViews>` +
			`<sheetFormatPr baseColWidth="10" defaultRowHeight="15" x14ac:dyDescent="0.2"/>` +
			`<cols><col min="1" max="8" width="29.57" bestFit="1" customWidth="1"/><col min="9" max="9" width="0" hidden="1" customWidth="1"/></cols>`,
		row:    `<row r="%d" spans="1:12" ht="12.75" customHeight="1" x14ac:dyDescent="0.2"%s>`,
		shared: `<c r="%s" s="1" t="s"><v>%d</v></c>`, number: `<c r="%s"><v>%s</v></c>`, date: `<c r="%s" s="2"><v>%d</v></c>`,
		tail: `<sheetProtection sheet="1"/><autoFilter ref="A4:L8" xr:uid="{1}"/><mergeCells count="1"><mergeCell ref="A1:L1"/></mergeCells><phoneticPr fontId="1" type="noConversion"/>` +
			`<dataValidations count="1"><dataValidation type="list" sqref="J5:J8"><formula1>"Yes,No"</formula1></dataValidation></dataValidations>` +
			`<hyperlinks><hyperlink ref="B5" r:id="rId1" xr:uid="{2}"/></hyperlinks><pageMargins left="0.7" right="0.7" top="0.75" bottom="0.75" header="0.3" footer="0.3"/>` +
			`<legacyDrawing r:id="rId2"/><extLst><ext uri="{x}" xmlns:mx="x"><mx:PLV Mode="0"/></ext></extLst></worksheet>`,
		texts: `<sst ` + nsMain + ` count="40" uniqueCount="30">%s</sst>`,
		styles: `<styleSheet ` + nsMain + extensions + `><numFmts count="1"><numFmt numFmtId="164" formatCode="dd\-mm\-yyyy;@"/></numFmts><fonts count="1" x14ac:knownFonts="1"><font/></fonts>` +
			`<cellStyleXfs count="1"><xf numFmtId="0"/></cellStyleXfs><cellXfs count="3"><xf numFmtId="0" xfId="0"/><xf numFmtId="49" xfId="0"/><xf numFmtId="164" xfId="0" applyNumberFormat="1"/></cellXfs></styleSheet>`,
	},
	"Google Sheets": {
		sheetPart: "worksheets/sheet1.xml",
		workbook:  `<workbook ` + spreadsheet + googles + `><workbookPr/><sheets>%s</sheets><definedNames/><calcPr/></workbook>`,
		head: `<worksheet ` + spreadsheet + googles + `><sheetPr><outlinePr summaryBelow="0" summaryRight="0"/></sheetPr><sheetViews><sheetView workbookViewId="0"/></sheetViews>` +
			`<sheetFormatPr customHeight="1" defaultColWidth="12.63" defaultRowHeight="15.75"/>` +
			`<cols><col customWidth="1" min="1" max="8" width="30.0"/><col customWidth="1" hidden="1" min="9" max="9" width="12.0"/></cols>`,
		row:    `<row r="%d" ht="15.75" customHeight="1"%s>`,
		big:    "9.1234567E7",
		shared: `<c r="%s" s="1" t="s"><v>%d</v></c>`, number: `<c r="%s" s="1"><v>%s</v></c>`, date: `<c r="%s" s="2"><v>%d.0</v></c>`,
		tail: `<mergeCells count="1"><mergeCell ref="A1:L1"/></mergeCells><dataValidations><dataValidation type="list" allowBlank="1" sqref="J5:J8"><formula1>"Yes,No"</formula1></dataValidation></dataValidations>` +
			`<hyperlinks><hyperlink r:id="rId1" ref="B5"/></hyperlinks><drawing r:id="rId2"/></worksheet>`,
		texts: `<sst ` + nsMain + ` count="30" uniqueCount="30">%s</sst>`,
		styles: `<styleSheet ` + nsMain + `><numFmts count="1"><numFmt numFmtId="164" formatCode="dd-mm-yyyy"/></numFmts><cellStyleXfs count="1"><xf borderId="0" numFmtId="0"/></cellStyleXfs>` +
			`<cellXfs count="3"><xf borderId="0" numFmtId="0"/><xf numFmtId="49" xfId="0"/><xf numFmtId="164" xfId="0"><alignment readingOrder="0"/></xf></cellXfs><dxfs count="0"/></styleSheet>`,
	},
	"WPS": {
		separator: `\`, sheetPart: `worksheets\sheet1.xml`,
		workbook: `<workbook ` + spreadsheet + `><fileVersion appName="xl" lastEdited="3" lowestEdited="5" rupBuild="9302"/><workbookPr/><bookViews><workbookView windowWidth="28800"/></bookViews>` +
			`<sheets>%s</sheets><calcPr calcId="144525"/></workbook>`,
		head: `<worksheet ` + spreadsheet + ` xmlns:xdr="x" xmlns:x14="y" xmlns:mc="z" xmlns:etc="http://www.wps.cn/officeDocument/2017/etCustomData"><sheetPr/><dimension ref="A1:L8"/>` +
			`<sheetViews><sheetView tabSelected="1" zoomScale="115" workbookViewId="0"><selection activeCell="L2" sqref="L2"/></sheetView></sheetViews><sheetFormatPr defaultColWidth="9" defaultRowHeight="16.5"/>` +
			`<cols><col min="1" max="8" width="15.27" customWidth="1"/><col min="9" max="9" width="9" hidden="true"/></cols>`,
		row:    `<row r="%d" spans="1:12"%s>`,
		shared: `<c r="%s" s="1" t="s"><v>%d</v></c>`, number: `<c r="%s"><v>%s</v></c>`, date: `<c r="%s" s="2"><v>%d</v></c>`,
		tail: `<autoFilter ref="A4:L8" etc:filterBottomFollowUsedRange="0"><extLst/></autoFilter><mergeCells count="1"><mergeCell ref="A1:L1"/></mergeCells>` +
			`<hyperlinks><hyperlink ref="B5" r:id="rId1" display="a@b.gov.sg" tooltip="mailto:a@b.gov.sg"/></hyperlinks><pageMargins left="0.75" right="0.75" top="1" bottom="1" header="0.5" footer="0.5"/><headerFooter/></worksheet>`,
		texts: `<sst count="30" uniqueCount="30" ` + nsMain + `>%s</sst>`,
		styles: `<styleSheet ` + nsMain + `><numFmts count="2"><numFmt numFmtId="42" formatCode="_ &quot;￥&quot;* #,##0_ ;_ @_ "/><numFmt numFmtId="176" formatCode="yyyy&quot;年&quot;m&quot;月&quot;d&quot;日&quot;;@"/></numFmts>` +
			`<cellStyleXfs count="1"><xf numFmtId="0"/></cellStyleXfs><cellXfs count="3"><xf numFmtId="0"/><xf numFmtId="49"/><xf numFmtId="176"/></cellXfs></styleSheet>`,
	},
	"Numbers": {
		sheetPart: "worksheets/sheet.xml", base: 1462,
		workbook: `<workbook xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" ` + nsMain + `><workbookPr date1904="1"/><bookViews><workbookView xWindow="0" yWindow="40"/></bookViews><sheets>%s</sheets></workbook>`,
		head: `<worksheet ` + spreadsheet + `><sheetPr><pageSetUpPr fitToPage="1"/></sheetPr><dimension ref="A1:L8"/><sheetViews><sheetView workbookViewId="0" showGridLines="0" defaultGridColor="1">` +
			`<pane topLeftCell="B5" xSplit="1" ySplit="4" activePane="bottomRight" state="frozen"/></sheetView></sheetViews><sheetFormatPr defaultColWidth="9.03" defaultRowHeight="18" customHeight="1" outlineLevelRow="0" outlineLevelCol="0"/>` +
			`<cols><col min="1" max="8" width="9.05469" style="1" customWidth="1"/><col min="9" max="9" width="9" hidden="1" style="1"/><col min="10" max="256" width="9.05469" style="1" customWidth="1"/></cols>`,
		row:    `<row r="%d" ht="20.55" customHeight="1"%s><c r="A%[1]d" s="3"/>`,
		shared: `<c r="%s" t="s" s="1"><v>%d</v></c>`, number: `<c r="%s" s="1"><v>%s</v></c>`, date: `<c r="%s" s="2"><v>%d</v></c>`,
		tail: `<mergeCells count="1"><mergeCell ref="B1:L1"/></mergeCells><hyperlinks><hyperlink ref="B5" r:id="rId1" location="" tooltip="" display=""/></hyperlinks>` +
			`<pageMargins left="1" right="1" top="1" bottom="1" header="0.25" footer="0.25"/><pageSetup firstPageNumber="1" orientation="portrait"/><headerFooter><oddFooter>&amp;C&amp;P</oddFooter></headerFooter></worksheet>`,
		texts: `<sst uniqueCount="30" ` + nsMain + `>%s</sst>`,
		styles: `<styleSheet ` + nsMain + `><numFmts count="2"><numFmt numFmtId="0" formatCode="General"/><numFmt numFmtId="59" formatCode="dd/mm/yyyy"/></numFmts><cellStyleXfs count="1"><xf numFmtId="0"/></cellStyleXfs>` +
			`<cellXfs count="4"><xf numFmtId="0" applyNumberFormat="0"/><xf numFmtId="49" applyNumberFormat="1"/><xf numFmtId="59" applyNumberFormat="1"/><xf numFmtId="0"/></cellXfs></styleSheet>`,
	},
}

// parts writes two users with a title and the header in row 4, of which the second
// stands in a hidden row.
func (s shape) parts() parts {
	var texts strings.Builder
	count := 0
	text := func(column, row int, t string) string {
		if !strings.HasPrefix(t, "<") {
			t = "<t>" + t + "</t>"
		}
		texts.WriteString("<si>" + t + "</si>")
		count++
		return fmt.Sprintf(s.shared, cellName(column, row), count-1)
	}
	var rows strings.Builder
	row := func(number int, hidden string, cells ...string) {
		fmt.Fprintf(&rows, s.row, number, hidden)
		rows.WriteString(strings.Join(cells, "") + "</row>")
	}
	row(1, "", text(2, 1, "Create multiple TechPass accounts"))
	row(2, "")
	var header []string
	for i, title := range []string{"E-mail *", "Username", "First&#10;name", "LAST NAME", "Country code", "Contact no.", "Organization", "Dept", "SEED (Yes/No)", "Reason", "Start date"} {
		header = append(header, text(i+2, 4, title))
	}
	row(4, "", header...)
	row(5, "", text(2, 5, "a@b.gov.sg"), text(4, 5, "<r><rPr><b/><sz val=\"10\"/></rPr><t>Wei</t></r><r><t xml:space=\"preserve\"> Jie</t></r>"), text(5, 5, "\u00a0Lim\u200b"),
		fmt.Sprintf(s.number, "F5", "65"), fmt.Sprintf(s.number, "G5", cmp.Or(s.big, "91234567")), text(8, 5, "Example Agency"), `<c r="J5" t="str"><f>IF(TRUE,"No")</f><v>No</v></c>`,
		text(11, 5, "Line one\nline two"), fmt.Sprintf(s.date, "L5", 46419-s.base))
	row(6, ` hidden="1"`, text(2, 6, "mei@vendor.example"), text(3, 6, "tan.mei.ling"), text(4, 6, "Mei Ling"), text(5, 6, "Tan"),
		text(7, 6, "+65 8123 4567"), text(8, 6, "Vendor"), text(9, 6, "Hidden"), `<c r="J6" t="b"><v>1</v></c>`, text(11, 6, "Operates"))
	row(8, "")
	wb := fmt.Sprintf(s.workbook, `<sheet state="visible" name="Users" sheetId="1" r:id="rId4"/>`)
	p := parts{
		"[Content_Types].xml": strings.ReplaceAll(bookOf("")["[Content_Types].xml"], "worksheets/sheet1.xml", strings.ReplaceAll(s.sheetPart, `\`, "/")),
		"_rels/.rels":         rels("rId1", "extended-properties", "docProps/app.xml", "rId2", "officeDocument", "xl/workbook.xml"),
		"xl/workbook.xml":     declared + "\n" + wb, "xl/styles.xml": declared + s.styles, "xl/sharedStrings.xml": declared + fmt.Sprintf(s.texts, texts.String()),
		"xl/_rels/workbook.xml.rels": rels("rId1", "theme", "theme/theme1.xml", "rId2", "styles", "styles.xml", "rId3", "sharedStrings", "sharedStrings.xml", "rId4", "worksheet", strings.ReplaceAll(s.sheetPart, `\`, "/")),
		"xl/" + s.sheetPart:          declared + "\r\n" + s.head + "<sheetData>" + rows.String() + "</sheetData>" + s.tail,
	}
	if s.separator == "" {
		return p
	}
	q := parts{}
	for name, part := range p {
		q[strings.ReplaceAll(name, "/", s.separator)] = part
	}
	return q
}

func TestRead_ShapesOfOtherProducers(t *testing.T) {
	t.Parallel()
	for name, s := range shapes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := s.parts().bytes(t)
			first := userRow(5, "a@b.gov.sg")
			first.Reason, first.StartOn = "Line one\nline two", "01-02-2027"
			l := readOK(t, b)
			wantRows(t, l, first, Row{Number: 6, Sheet: "Users", Email: "mei@vendor.example", Username: "tan.mei.ling", FirstName: "Mei Ling", LastName: "Tan",
				ContactNumber: "+65 8123 4567", Organisation: "Vendor", Department: "Hidden", Seed: "TRUE", Reason: "Operates"})
			want := []string{"Row 6 of the sheet “Users” is hidden; it was read.", "The column “Department” of the sheet “Users” is hidden; it was read."}
			if d := gocmp.Diff(want, l.Notices); d != "" {
				t.Errorf("notices (-want +got):\n%s", d)
			}
			ours, err := grids(b)
			if err != nil {
				t.Fatal(err)
			}
			theirs, err := oracle(b, "Users")
			if err != nil {
				t.Fatal(err)
			}
			sameGrid(t, ours["Users"], theirs)
		})
	}
}
