package workbook

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"techbiz/internal/fault"
)

// manyTimes streams parts of a large document.
type manyTimes struct {
	head, each, tail string
	times            int
}

func (m manyTimes) write(t *testing.T, w io.Writer) {
	t.Helper()
	chunk := strings.Repeat(m.each, max(1, 64<<10/max(1, len(m.each))))
	per := len(chunk) / max(1, len(m.each))
	if _, err := io.WriteString(w, m.head); err != nil {
		t.Fatal(err)
	}
	for left := m.times / scale; left > 0; left -= per {
		if left < per {
			chunk = strings.Repeat(m.each, left)
		}
		if _, err := io.WriteString(w, chunk); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := io.WriteString(w, m.tail); err != nil {
		t.Fatal(err)
	}
}

// The cases run one by one, for they count what is allocated.
func TestRead_CostOfHostileFiles(t *testing.T) {
	const mib = 1 << 20
	whole := bytesText(DefaultLimits().UnzippedBytes / scale)
	head := strings.TrimSuffix(usersSheetXML(), "</sheetData></worksheet>")
	const tail = "</sheetData></worksheet>"
	cell := func(name string) func(n int) string {
		return func(n int) string {
			return fmt.Sprintf(`<row r="%d"><c r="%s%d"><v>1</v></c></row>`, n, name, n)
		}
	}
	rows := func(of func(n int) string, n int) string {
		var b strings.Builder
		for i := 2; i < n+2; i++ {
			b.WriteString(of(i))
		}
		return b.String()
	}
	for _, c := range []struct {
		name string
		part string
		doc  manyTimes
		says string
	}{
		{"a bomb of blanks", "xl/worksheets/sheet1.xml", manyTimes{"<worksheet>", " ", "</worksheet>", 100 * mib}, whole},
		{"a bomb in a part that is not read", "xl/media/image1.png", manyTimes{"", "\x00", "", 100 * mib}, whole},
		{"a cell of 300 MB", "xl/worksheets/sheet1.xml", manyTimes{head + `<row><c t="inlineStr"><is><t>`, "x", "</t></is></c></row>" + tail, 300 * mib}, whole},
		{"a cell of 60 MB", "xl/worksheets/sheet1.xml", manyTimes{head + `<row><c/><c t="inlineStr"><is><t>`, "x", "</t></is></c></row>" + tail, 60 * mib}, "B2"},
		{"a shared text of 60 MB", "xl/sharedStrings.xml", manyTimes{"<sst><si><t>", "x", "</t></si></sst>", 60 * mib}, "32,767"},
		{"a text in a million pieces", "xl/worksheets/sheet1.xml", manyTimes{head + `<row><c t="inlineStr"><is>`, "<r><t>xxxxxxxx</t></r>", "</is></c></row>" + tail, mib}, "A2"},
		{"a tag of 60 MB", "xl/worksheets/sheet1.xml", manyTimes{`<worksheet a="`, "x", `"/>`, 60 * mib}, "“Users”"},
		{"a comment of 60 MB", "xl/worksheets/sheet1.xml", manyTimes{`<worksheet><!--`, "x", `--></worksheet>`, 60 * mib}, "“Users”"},
		{"column XFD alone", "xl/worksheets/sheet1.xml", manyTimes{"<worksheet><sheetData>" + rows(cell("XFD"), 10_000), "", tail, 0}, "XFD2"},
		{"column XFD beside users", "xl/worksheets/sheet1.xml", manyTimes{head + rows(cell("XFD"), 10_000), "", tail, 0}, "XFD2"},
		{"too many users", "xl/worksheets/sheet1.xml", manyTimes{head, textRow(oneUser("a@b.gov.sg")...), tail, 100_000}, "10,000 users"},
		{"malformed behind 9,000 users", "xl/worksheets/sheet1.xml", manyTimes{head, textRow(oneUser("a@b.gov.sg")...), "<row><c></row>" + tail, 9000 * scale}, "near row 9002"},
		{"too many rows", "xl/worksheets/sheet1.xml", manyTimes{head, "<row/>", tail, 9 * mib}, "“Users”"},
		{"too many cells in a row", "xl/worksheets/sheet1.xml", manyTimes{head + "<row>", "<c/>", "</row>" + tail, 5 * mib}, "“Users”"},
		{"too many shared texts", "xl/sharedStrings.xml", manyTimes{"<sst>", "<si/>", "</sst>", 10 * mib}, "more text"},
		{"huge shared texts", "xl/sharedStrings.xml", manyTimes{"<sst>", "<si><t>" + strings.Repeat("x", 30_000) + "</t></si>", "</sst>", 2000}, "more text"},
		{"users of long texts", "xl/worksheets/sheet1.xml", manyTimes{head, textRow("1", strings.Repeat("x", 30_000)), tail, 2000}, "more text"},
		{"formulas of 60 MB", "xl/worksheets/sheet1.xml", manyTimes{head + "<row><c><f>", "x", "</f></c></row>" + tail, 60 * mib}, "“Users”"},
		{"merged cells without end", "xl/worksheets/sheet1.xml", manyTimes{head + "</sheetData><mergeCells>", `<mergeCell ref="H2:H9"/>`, "</mergeCells></worksheet>", mib}, ""},
		{"sheets without end", "xl/workbook.xml", manyTimes{`<workbook xmlns:r="r"><sheets>`, `<sheet name="Users" r:id="rId1"/>`, "</sheets></workbook>", mib}, "list of sheets"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var b bytes.Buffer
			z := zip.NewWriter(&b)
			for n, content := range bookOf(usersSheetXML()).with(c.part, "") {
				w, err := z.Create(n)
				if err != nil {
					t.Fatal(err)
				}
				if n == c.part {
					c.doc.write(t, w)
				} else if _, err := io.WriteString(w, content); err != nil {
					t.Fatal(err)
				}
			}
			if err := z.Close(); err != nil {
				t.Fatal(err)
			}
			err := cheaply(t, b.Bytes(), "users.xlsx")
			if c.says == "" {
				wantFault(t, err, fault.BatchEmpty)
				return
			}
			code := fault.FileUnreadable
			if strings.HasSuffix(c.says, "users") {
				code = fault.TooManyRows
			}
			wantFault(t, err, code, c.says)
		})
	}
}

// cheaply reads the file and checks what that costs: below 64 MiB allocated in
// all, and two seconds.
func cheaply(t *testing.T, b []byte, name string) error {
	t.Helper()
	lim := DefaultLimits()
	lim.FileBytes = 1 << 30
	lim.UnzippedBytes /= scale
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	ctx, cancel := context.WithTimeout(context.Background(), 2*scale*time.Second)
	defer cancel()
	_, err := Read(ctx, bytes.NewReader(b), int64(len(b)), name, lim, nil)
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > 64<<20 {
		t.Errorf("%d MiB allocated for %d KiB", n>>20, len(b)>>10)
	}
	return err
}

func TestRead_DirectoryOfManyParts(t *testing.T) {
	one := archive(t, func(z *zip.Writer, _ string) {
		for i := range 200_000 {
			rawEntry(t, z, zip.FileHeader{Name: fmt.Sprint(i)}, nil)
		}
	})
	wantFault(t, cheaply(t, one, "users.xlsx"), fault.FileUnreadable, "damaged")
}

// A directory that names one part many times, at the same place.
func TestRead_OverlappingParts(t *testing.T) {
	b := archive(t, func(z *zip.Writer, sheet string) {
		w, err := z.Create("xl/worksheets/sheet1.xml")
		if err != nil {
			t.Fatal(err)
		}
		manyTimes{sheet[:20], " ", sheet[20:], 20 << 20}.write(t, w)
		for i := range 3 {
			rawEntry(t, z, zip.FileHeader{Name: fmt.Sprint(i), Method: zip.Deflate, UncompressedSize64: 20 << 20}, nil)
		}
	})
	wantFault(t, cheaply(t, b, "users.xlsx"), fault.FileUnreadable, bytesText(DefaultLimits().UnzippedBytes/scale))
}
