package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"techbiz/cmd/techbiz/hostile"
)

// runs is how a spreadsheet tells a formula: by the first character of a cell.
var runs = regexp.MustCompile(`^[=+\-@\t\r]`)

// TestAttack_Formulas puts formulas into every field, and reads every workbook and
// list that can be downloaded: no cell is a formula, or becomes one by a copy.
func TestAttack_Formulas(t *testing.T) {
	t.Parallel()
	a := newAttack(t, databases["SQLite"](t))
	v := a.visitor(t)
	v.storeFormulas(t)
	files, cells := 0, 0
	for _, r := range routes(t) {
		if r.Method != http.MethodGet || !strings.HasSuffix(r.Path, ".xlsx") && !strings.HasSuffix(r.Path, ".csv") {
			continue
		}
		addresses := []string{v.address(r)}
		if strings.Contains(r.Path, "{id}") {
			addresses = nil
			for _, id := range v.ids["Batch"] {
				addresses = append(addresses, r.Fill(func(string) string { return id }))
			}
		}
		for _, path := range addresses {
			res, content, _, err := a.exchange(t.Context(), http.MethodGet, path, a.ownPage(v.cookie), "")
			if err != nil || res.StatusCode != http.StatusOK && res.StatusCode != http.StatusConflict {
				t.Errorf("%s: %v, %v", path, res, err)
				continue
			}
			if res.StatusCode == http.StatusOK {
				files++
				cells += noFormulas(t, path, content)
			}
		}
	}
	if files < 4 {
		t.Errorf("only %d files", files)
	}
	t.Logf("%d cells of %d files", cells, files)
	stated(t, "cells of downloads", cells)
}

// noFormulas fails the test for a cell that runs, and returns how many there are.
func noFormulas(t *testing.T, path, content string) (cells int) {
	t.Helper()
	if strings.HasSuffix(path, ".csv") {
		rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(content, "\ufeff"))).ReadAll()
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		for _, row := range rows {
			for _, cell := range row {
				cells++
				if runs.MatchString(cell) {
					t.Errorf("%s has the cell %q", path, cell)
				}
			}
		}
		return cells
	}
	f, err := excelize.OpenReader(bytes.NewReader([]byte(content)))
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	defer func() { _ = f.Close() }()
	for _, sheet := range f.GetSheetList() {
		rows, err := f.GetRows(sheet, excelize.Options{RawCellValue: true})
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		for i, row := range rows {
			for j, cell := range row {
				at, _ := excelize.CoordinatesToCellName(j+1, i+1) // both are positive
				formula, err := f.GetCellFormula(sheet, at)
				if err != nil || formula != "" {
					t.Errorf("%s, %s %s runs %q, %v", path, sheet, at, formula, err)
				}
				if linked, target, _ := f.GetCellHyperLink(sheet, at); linked && !strings.HasPrefix(target, "http") {
					t.Errorf("%s, %s %s leads to %q", path, sheet, at, target)
				}
				if cells++; runs.MatchString(cell) && !isText(t, f, sheet, at) {
					t.Errorf("%s, %s %s has %q", path, sheet, at, cell)
				}
			}
		}
	}
	return cells
}

// isText says of a cell that its format is Text: what stands there stays as it is, also
// when somebody edits it. The workbook of corrections gives back what was typed.
func isText(t *testing.T, f *excelize.File, sheet, at string) bool {
	t.Helper()
	const text = 49 // the number of Excel's format "@"
	kind, err := f.GetCellType(sheet, at)
	if err != nil {
		t.Fatal(err)
	}
	style, err := f.GetCellStyle(sheet, at)
	if err != nil {
		t.Fatal(err)
	}
	format, err := f.GetStyle(style)
	return err == nil && format.NumFmt == text && (kind == excelize.CellTypeSharedString || kind == excelize.CellTypeInlineString)
}

// storeFormulas makes invitations, a list to correct, and one that was submitted.
func (v *visitor) storeFormulas(t *testing.T) {
	t.Helper()
	var wrong, right []any
	for n, f := range hostile.Formulas {
		account := map[string]string{"email": v.fill("f.@@n@@@vendor.com"), "techPassUsername": v.fill("f.@@n@@"), "contactNumber": v.fill("8@@n@@")}
		flawed := map[string]string{"email": f, "techPassUsername": f, "contactNumber": f, "countryCode": f, "startOn": f}
		for _, field := range []string{"firstName", "lastName", "organisation", "department", "reason"} {
			account[field], flawed[field] = f, f
		}
		if printableText := strings.TrimSpace(f); printableText != f {
			account["firstName"], account["lastName"] = "F", "L"
		}
		wrong = append(wrong, flawed)
		if n%2 == 0 {
			v.try(t, `mutation($a: AccountInput!) { createAccount(input: {account: $a}) { invitation { __typename id } errors { code field } } }`, map[string]any{"a": account})
		} else {
			right = append(right, account)
		}
	}
	const list = `mutation($a: [AccountInput!]!) { createBatch(accounts: $a) { batch { __typename id } errors { code } } }`
	v.mutate(t, list, map[string]any{"a": wrong})
	v.mutate(t, list, map[string]any{"a": right})
	last := v.ids["Batch"][len(v.ids["Batch"])-1]
	v.mutate(t, `mutation($id: ID!) { submitBatch(id: $id, skipFlagged: true) { batch { __typename id } errors { code message } } }`, map[string]any{"id": last})
	for range 500 {
		var got struct {
			Data struct{ Batch struct{ State string } }
		}
		answer := v.post(t, "the list", hostile.Document(fmt.Sprintf(`{ batch(id: %q) { state } }`, last), ""), false)
		if err := json.Unmarshal([]byte(answer), &got); err == nil && got.Data.Batch.State == "COMPLETED" {
			return
		}
		pauseFor(t, waitStep)
	}
	t.Fatal("the list does not end")
}

// try runs a change that may be refused, and keeps the identifiers.
func (o *attacker) try(t *testing.T, query string, variables map[string]any) {
	t.Helper()
	text, err := json.Marshal(variables)
	if err != nil {
		t.Fatal(err)
	}
	o.keep(o.post(t, query, hostile.Document(query, hostile.Raw(text)), false))
}
