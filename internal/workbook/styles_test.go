package workbook

import (
	"strconv"
	"strings"
	"testing"

	"techbiz/internal/fault"
)

// formatted is a workbook of one user in whose cells the numbers stand, with the
// formats 1 to n of these codes.
func formatted(properties string, cells map[field]string, codes ...string) parts {
	user := oneUser("a@b.gov.sg")
	var xml strings.Builder
	xml.WriteString("<row>")
	for f := range templateFields {
		switch {
		case cells[f] != "":
			xml.WriteString(cells[f])
		case int(f) < len(user):
			xml.WriteString(inline(user[f]))
		default:
			xml.WriteString("<c/>")
		}
	}
	p := bookOf(sheet(textRow(append(titles(), "Start date")...), xml.String()+"</row>"))
	formats, uses := "", `<xf numFmtId="0"/>`
	for i, code := range codes {
		id := strconv.Itoa(164 + i)
		if n, err := strconv.Atoi(code); err == nil {
			id = strconv.Itoa(n)
		} else {
			formats += `<numFmt numFmtId="` + id + `" formatCode="` + code + `"/>`
		}
		uses += `<xf numFmtId="` + id + `" fontId="0"><alignment wrapText="1"/></xf>`
	}
	p["xl/styles.xml"] = `<styleSheet ` + nsMain + `><numFmts>` + formats + `</numFmts><cellStyleXfs><xf numFmtId="14"/><xf numFmtId="14"/></cellStyleXfs><cellXfs>` +
		uses + `</cellXfs><dxfs><dxf><numFmt numFmtId="0" formatCode="dd"/></dxf></dxfs></styleSheet>`
	p["xl/_rels/workbook.xml.rels"] = rels("rId1", "worksheet", "worksheets/sheet1.xml", "rId3", "styles", "styles.xml")
	p["xl/workbook.xml"] = strings.Replace(p["xl/workbook.xml"], "<sheets>", properties+"<sheets>", 1)
	return p
}

func TestRead_DatesInColumnsOfText(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ code, value, properties, want string }{
		"a built-in format":              {"14", "46349", "", "23-11-2026"},
		"day and month":                  {"d\\-mmm", "46349", "", "23-11-2026"},
		"a month alone":                  {"mmm", "46349", "", "23-11-2026"},
		"another country's":              {"[$-404]yyyy&quot;年&quot;m&quot;月&quot;d&quot;日&quot;;@", "46349", "", "23-11-2026"},
		"with a time":                    {"yyyy-mm-dd hh:mm", "46349.604166666664", "", "23-11-2026 14:30"},
		"counted from 1904":              {"14", "44887", `<workbookPr date1904="1"/>`, "23-11-2026"},
		"the last day before 1900's gap": {"14", "59", "", "28-02-1900"},
		"the first day after it":         {"14", "61", "", "01-03-1900"},
		"the last day of all":            {"14", "2958465", "", "31-12-9999"},
		"a phone number is no date":      {"14", "91234567", "", "91234567"},
		"below zero is no date":          {"14", "-5", "", "-5"},
		"zero is no date":                {"14", "0", "", "0"},
		"a time is a number":             {"h:mm:ss", "0.5", "", "0.5"},
		"elapsed hours":                  {"[h]:mm", "46349", "", "46349"},
		"no format":                      {"General", "46349", "", "46349"},
		"words in quotation marks":       {"0 &quot;days&quot;", "46349", "", "46349"},
		"escaped letters":                {"0\\d_y*m", "46349", "", "46349"},
		"a colour":                       {"[Red]0", "46349", "", "46349"},
		"a mark that does not end":       {"&quot;d", "46349", "", "46349"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cell := `<c s="1"><v>` + c.value + `</v></c>`
			l := readOK(t, formatted(c.properties, map[field]string{fieldOrganisation: cell}, c.code).bytes(t))
			if got := l.Rows[0].Organisation; got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestRead_StartDate(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ cell, want string }{
		"a date":                         {`<c s="1"><v>46419</v></c>`, "01-02-2027"},
		"a date with a time":             {`<c s="1"><v>46419.75</v></c>`, "01-02-2027"},
		"a date as a number":             {`<c><v>46419</v></c>`, "01-02-2027"},
		"a date's formula":               {`<c s="1"><f>TODAY()</f><v>46419</v></c>`, "01-02-2027"},
		"a date in ISO 8601":             {`<c t="d"><v>2027-02-01T09:00:00Z</v></c>`, "01-02-2027"},
		"a text as typed":                {inline(" 01-02-2027 "), "01-02-2027"},
		"another text as typed":          {inline("1 Feb 2027"), "1 Feb 2027"},
		"a text of digits":               {inline("46419"), "46419"},
		"a number that can't be a date":  {`<c><v>1022027</v></c>`, "1022027"},
		"a number that is hardly a date": {`<c><v>7</v></c>`, "7"},
		"nothing":                        {`<c s="1"/>`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := readOK(t, formatted("", map[field]string{fieldStartOn: c.cell}, "dd\\-mm\\-yyyy").bytes(t))
			want := userRow(2, "a@b.gov.sg")
			want.StartOn = c.want
			wantRows(t, l, want)
		})
	}
}

func TestRead_DamagedFormats(t *testing.T) {
	t.Parallel()
	for name, part := range map[string]string{"another part": sst(), "cut": "<styleSheet><cellXfs><xf"} {
		_, err := read(formatted("", nil).with("xl/styles.xml", part).bytes(t))
		if err == nil {
			t.Errorf("%s: no error", name)
			continue
		}
		wantFault(t, err, fault.FileUnreadable, "table of formats")
	}
}
