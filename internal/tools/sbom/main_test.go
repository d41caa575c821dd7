package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const manifest = "../../../ui/static/vendor/manifest.json"

// The program of this test is a binary with modules of its own.
func TestWrite(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var first, second bytes.Buffer
	if err := write(&first, self, manifest); err != nil {
		t.Fatal(err)
	}
	if err := write(&second, self, manifest); err != nil || !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Errorf("the same program gave another list: %v", err)
	}
	var got bom
	if err := json.Unmarshal(first.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if got.Format != "CycloneDX" || got.SpecVersion != "1.6" || !strings.HasPrefix(got.SerialNumber, "urn:uuid:") || got.Metadata.Component.Name != "techbiz" {
		t.Errorf("head is %+v", got)
	}
	var refs []string
	for _, c := range got.Components {
		refs = append(refs, c.Ref)
		if c.Version == "" || c.PURL == "" {
			t.Errorf("lacks something: %+v", c)
		}
		if c.Name == "htmx.org" && (len(c.Licences) != 1 || c.Licences[0].License.ID != "0BSD" || len(c.Hashes) != 1) {
			t.Errorf("of the browser: %+v", c)
		}
	}
	for _, want := range []string{"pkg:golang/github.com/google/uuid@", "pkg:golang/std@", "pkg:npm/%40fontsource-variable/inter@", "pkg:npm/htmx.org@"} {
		if !slices.ContainsFunc(refs, func(r string) bool { return strings.HasPrefix(r, want) }) {
			t.Errorf("no %s in %v", want, refs)
		}
	}
	if compact := slices.Compact(slices.Clone(refs)); !slices.IsSorted(refs) || len(compact) != len(refs) {
		t.Errorf("not each once and in order: %v", refs)
	}
}

func TestWrite_Mistakes(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	broken := filepath.Join(t.TempDir(), "manifest.json")
	if err := os.WriteFile(broken, []byte(`[{"file": "a.js", "package": "a"}]`), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, args := range map[string][2]string{
		"no program":               {manifest, manifest},
		"no manifest":              {self, broken + "x"},
		"a manifest that is none":  {self, self},
		"an entry without licence": {self, broken},
	} {
		if err := write(&bytes.Buffer{}, args[0], args[1]); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
