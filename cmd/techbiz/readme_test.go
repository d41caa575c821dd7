package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

// The README's table has every setting, and none that does not exist.
func TestReadme_ListsEverySetting(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]bool{}
	for line := range strings.Lines(string(raw)) {
		if rest, ok := strings.CutPrefix(line, "| `TECHBIZ_"); ok {
			name, _, _ := strings.Cut(rest, "`")
			listed["TECHBIZ_"+name] = true
		}
	}
	for _, f := range reflect.VisibleFields(reflect.TypeFor[Settings]()) {
		if env := f.Tag.Get("env"); env != "" && !listed[env] {
			t.Errorf("%s is missing", env)
		} else {
			delete(listed, env)
		}
	}
	for env := range listed {
		t.Errorf("%s is no setting", env)
	}
}

// docs/security.md names a test for each control: tests that there are.
func TestSecurity_NamesTestsThatExist(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../../docs/security.md")
	if err != nil {
		t.Fatal(err)
	}
	there := testNames(t, "../..")
	named := regexp.MustCompile("`((?:Test|Fuzz)[A-Za-z0-9_]+)`").FindAllStringSubmatch(string(raw), -1)
	if len(named) < 50 {
		t.Errorf("only %d tests are named", len(named))
	}
	for _, n := range named {
		if !there[n[1]] {
			t.Errorf("there is no %s", n[1])
		}
	}
}

// testNames are the tests and fuzz targets below a folder.
func testNames(t *testing.T, root string) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	declared := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && path != root && strings.HasPrefix(entry.Name(), ".") {
			return fs.SkipDir
		}
		if !strings.HasSuffix(path, "_test.go") {
			return nil
		}
		source, err := os.ReadFile(path)
		for _, m := range declared.FindAllSubmatch(source, -1) {
			names[string(m[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}
