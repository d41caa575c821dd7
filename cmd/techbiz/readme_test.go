package main

import (
	"os"
	"reflect"
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
