package workbook

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/xuri/excelize/v2"
)

// manyUsers is a workbook of n complete users as Excel lays it out: the template
// with the rows below its header.
func manyUsers(t testing.TB, n int) []byte {
	t.Helper()
	var tmpl bytes.Buffer
	if err := WriteTemplate(&tmpl); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(&tmpl)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	for i := range n {
		row := []any{i + 1, fmt.Sprintf("user.%d@vendor%d.example", i, i%50), fmt.Sprintf("user.%d", i), fmt.Sprintf("First %d", i%900),
			fmt.Sprintf("Last %d", i%700), "65", fmt.Sprintf("9%07d", i), fmt.Sprintf("Organisation %d Pte Ltd", i%50), "Digital Services",
			[]string{"Yes", "No"}[i%2], "Operates the licensing service under contract"}
		if err := f.SetSheetRow(usersSheet, cellName(1, templateFirst+i), &row); err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	if _, err := f.WriteTo(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func BenchmarkRead10000(b *testing.B) {
	file := manyUsers(b, 10_000)
	b.ReportAllocs()
	for b.Loop() {
		if l := readOK(b, file); len(l.Rows) != 10_000 {
			b.Fatal(len(l.Rows))
		}
	}
}

// BenchmarkExcelizeRows10000 is the measure: excelize's bare streaming read of
// the same file.
func BenchmarkExcelizeRows10000(b *testing.B) {
	file := manyUsers(b, 10_000)
	b.ReportAllocs()
	for b.Loop() {
		f, err := excelize.OpenReader(bytes.NewReader(file), excelize.Options{RawCellValue: true})
		if err != nil {
			b.Fatal(err)
		}
		rows, err := f.Rows(usersSheet)
		if err != nil {
			b.Fatal(err)
		}
		n := 0
		for ; rows.Next(); n++ {
			if _, err := rows.Columns(); err != nil {
				b.Fatal(err)
			}
		}
		if err := rows.Close(); err != nil || n != templateFirst-1+10_000 {
			b.Fatal(n, err)
		}
		if err := f.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
