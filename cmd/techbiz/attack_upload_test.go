package main

import (
	"archive/zip"
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"techbiz/cmd/techbiz/hostile"
	"techbiz/cmd/techbiz/programtest"
)

// TestAttack_Uploads sends files with hostile names, types and contents, to the page
// and to the API.
func TestAttack_Uploads(t *testing.T) {
	t.Parallel()
	for name, place := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAttack(t, place(t))
			v := a.visitor(t)
			good := string(programtest.Workbook(t, 0, 2))
			for i, text := range hostile.Texts() {
				if name == "SQLite" || i%4 == 0 || strings.Contains(text.Value, "\x00") || text.Kind == "encoding" {
					v.upload(t, "a file's name of "+text.String(), text.Value+".xlsx", "application/octet-stream", good)
					v.upload(t, "a list with cells of "+text.String(), "users.csv", "text/csv", csvOf(text.Value))
				}
			}
			for what, content := range hostileFiles(t, good) {
				for _, file := range []string{"users.xlsx", "users.csv", "users.xls", "users", ".xlsx", "users.xlsx.exe"} {
					v.upload(t, what+" as "+file, file, "text/html", content)
				}
			}
			a.tried(t, "files on "+name)
		})
	}
}

// upload sends a file to the page and to the API.
func (v *visitor) upload(t testing.TB, what, name, kind, content string) {
	t.Helper()
	const boundary = "----attack"
	part := func(field string) string {
		return "--" + boundary + "\r\nContent-Disposition: form-data; name=\"" + field + "\"; filename=\"" + name + "\"\r\nContent-Type: " + kind + "\r\n\r\n" + content + "\r\n--" + boundary + "--\r\n"
	}
	header := http.Header{"Content-Type": {"multipart/form-data; boundary=" + boundary}}
	v.visit(t, what, http.MethodPost, "/invite/multiple", header.Clone(), part("file"))
	const operations = `{"query":"mutation($f: Upload!) { uploadBatch(file: $f) { batch { id fileName notices rows { nodes { email firstName issues { message } } } } errors { code message } } }","variables":{"f":null}}`
	body := "--" + boundary + "\r\nContent-Disposition: form-data; name=\"operations\"\r\n\r\n" + operations + "\r\n--" + boundary + "\r\nContent-Disposition: form-data; name=\"map\"\r\n\r\n{\"0\":[\"variables.f\"]}\r\n" + part("0")
	header.Set("Authorization", "Bearer "+v.token)
	res, answer, took, err := v.exchange(t.Context(), http.MethodPost, "/graphql", header, body)
	if err != nil {
		t.Errorf("%s: %v", what, err)
		return
	}
	v.judge(t, what, body, answer, res.StatusCode, took)
}

// csvOf is a list with one user, each of whose cells is the text.
func csvOf(text string) string {
	cell := `"` + strings.ReplaceAll(text, `"`, `""`) + `"`
	return "Email,Username,First Name,Last Name,Country Code,Contact Number,Organisation,Department,Onboarding to SEED required?,Reason for creation\n" + strings.TrimSuffix(strings.Repeat(cell+",", 10), ",") + "\n"
}

// hostileFiles are contents that are no list of users, by what they are.
func hostileFiles(t testing.TB, good string) map[string]string {
	t.Helper()
	packed := func(name, content string) string {
		var b bytes.Buffer
		w := zip.NewWriter(&b)
		for _, part := range []string{"[Content_Types].xml", "xl/workbook.xml", name} {
			f, err := w.Create(part)
			if err == nil {
				_, err = f.Write([]byte(content))
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	const entity = `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><worksheet><sheetData><row><c t="inlineStr"><is><t>&e;</t></is></c></row></sheetData></worksheet>`
	const laughs = `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]><worksheet>&c;</worksheet>`
	files := map[string]string{
		"nothing": "", "one byte": "P", "the beginning of a workbook": good[:100], "half of a workbook": good[:len(good)/2], "a page": "<html><script>xss(1)</script></html>",
		"an encrypted workbook": "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + strings.Repeat("\x00", 1000), "a program": "MZ\x90\x00", "NUL": strings.Repeat("\x00", 5_000), "no text": strings.Repeat("\xff\xfe", 5_000),
		"quotes that do not end": "Email\n\"" + strings.Repeat("x\n", 5_000), "many columns": strings.Repeat("Email,", 20_000), "many empty lines": strings.Repeat("\n", 100_000),
		"an entity from a file": packed("xl/worksheets/sheet1.xml", entity), "entities that multiply": packed("xl/worksheets/sheet1.xml", laughs), "a part outside": packed("../../../../tmp/attack", "x"), "a part of a bomb": packed("xl/worksheets/sheet1.xml", strings.Repeat(" ", 20<<20)),
	}
	for i := 0; i < len(good); i += max(1, len(good)/12) {
		files[fmt.Sprintf("a workbook that is damaged at %d", i)] = good[:i] + "\xff" + good[i+1:]
	}
	return files
}

// FuzzUpload tries files of the fuzzer's own making:
//
//	go test -fuzz FuzzUpload ./cmd/techbiz
func FuzzUpload(f *testing.F) {
	good := string(programtest.Workbook(f, 0, 1))
	f.Add("users.xlsx", good)
	for what, content := range hostileFiles(f, good) {
		if len(content) < 20_000 {
			f.Add(what, content)
		}
	}
	f.Add("users.csv", csvOf("x"))
	v := newAttack(f, databases["SQLite"](f)).visitor(f)
	f.Fuzz(func(t *testing.T, name, content string) {
		v.upload(t, "the fuzzer's", strings.Map(printable, strings.ReplaceAll(name, `"`, "")), "text/plain", content)
	})
}
