package workbook

import (
	"strings"

	"github.com/xuri/excelize/v2"
)

// escapeFormula escapes a validation's formula for XML, which the library writes
// as it stands.
func escapeFormula(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}

// guide writes the sheet How to: the steps, then the rule of each column.
func (t *template) guide() {
	t.do(
		func() error { _, err := t.f.NewSheet(guideSheet); return err },
		func() error { return t.f.SetColWidth(guideSheet, "A", "A", 32) },
		func() error { return t.f.SetColWidth(guideSheet, "B", "B", 90) },
	)
	t.put(guideSheet, 1, 1, guideTitle, t.title)
	row := 3
	for _, step := range guide {
		t.put(guideSheet, 1, row, step, t.note)
		at := row
		t.do(
			func() error { return t.f.MergeCell(guideSheet, cellName(1, at), cellName(2, at)) },
			func() error { return t.f.SetRowHeight(guideSheet, at, 32) },
		)
		row++
	}
	row++
	t.put(guideSheet, 1, row, "Column", t.required)
	t.put(guideSheet, 2, row, "What to type", t.required)
	for f, r := range templateRules {
		if r.prompt == "" {
			continue
		}
		row++
		at := row
		t.put(guideSheet, 1, row, columns[f].title, t.note)
		t.put(guideSheet, 2, row, r.prompt, t.note)
		t.do(func() error { return t.f.SetRowHeight(guideSheet, at, 32) })
	}
	t.protect(guideSheet)
}

// example writes the sheet Example: the list filled in.
func (t *template) example() {
	t.do(func() error { _, err := t.f.NewSheet(exampleSheet); return err })
	t.list(exampleSheet, exampleTitle, "So a filled-in list looks: a public officer without a username, and a vendor with one. Type your users on the sheet Users.", templateFields)
	for i, u := range exampleUsers {
		row := templateFirst + i
		t.put(exampleSheet, 1, row, i+1, t.plain)
		for f := fieldEmail; f < templateFields; f++ {
			if v := *u.at(f); v != "" {
				t.put(exampleSheet, int(f)+1, row, v, t.value)
			}
		}
	}
	t.protect(exampleSheet)
}

// protect keeps people from typing into a sheet that is not read; there is no
// password to it.
func (t *template) protect(sheet string) {
	t.do(func() error {
		return t.f.ProtectSheet(sheet, &excelize.SheetProtectionOptions{SelectLockedCells: true, SelectUnlockedCells: true, FormatColumns: true})
	})
}

func (t *template) properties() {
	const made = "2026-11-23T00:00:00Z" // fixed, so that the same bytes come out each time
	t.do(
		func() error {
			return t.f.SetDocProps(&excelize.DocProperties{
				Title: "Create multiple TechPass accounts", Subject: "List of users", Creator: "TechBiz", LastModifiedBy: "TechBiz",
				Version: templateVersion, Created: made, Modified: made, Language: "en-GB",
			})
		},
		func() error { return t.f.SetAppProps(&excelize.AppProperties{Application: "TechBiz"}) },
		func() error {
			return t.f.SetCustomProps(excelize.CustomProperty{Name: "TechBizTemplateVersion", Value: templateVersion})
		},
	)
}
