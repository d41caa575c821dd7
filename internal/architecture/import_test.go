package architecture

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const module = "techbiz"

// house says for each folder and what is below it, unless a longer entry says
// otherwise, on which level it stands and what it may import: all levels up to
// and including upTo, and the folders of also. Every folder may import itself.
// A package that no entry covers is an offence, so that a new one gets its place.
var house = []folder{
	{path: "cmd", level: 5, upTo: 4},
	{path: "internal/bench", level: 5, upTo: 4, also: []string{"cmd/techbiz/programtest"}},
	{path: "internal/tools", level: 5, upTo: 4},
	{path: "ent/migrate/diff", level: 5, upTo: 4}, // a developer's command, not part of ent

	{path: "graph", level: 4, upTo: 3},
	// The pages reach the features by GraphQL operations only; sign-in, the sandbox
	// and the mailbox have none, so that their types are used as they are.
	{path: "ui", level: 4, upTo: 0, also: []string{"internal/signin", "internal/directory/sandbox", "internal/mail"}},
	{path: "internal/server", level: 4, upTo: 2},

	{path: "internal/invite", level: 3, upTo: 2, also: []string{"internal/audit"}},
	{path: "internal/batch", level: 3, upTo: 2, also: []string{"internal/invite", "internal/audit"}},
	{path: "internal/reconcile", level: 3, upTo: 2, also: []string{"internal/invite"}},
	{path: "internal/signin", level: 3, upTo: 2, also: []string{"internal/audit"}},
	{path: "internal/domain", level: 3, upTo: 2, also: []string{"internal/audit"}},
	{path: "internal/role", level: 3, upTo: 2, also: []string{"internal/audit"}},
	{path: "internal/watch", level: 3, upTo: 2},
	{path: "internal/audit", level: 3, upTo: 2},
	// What it forgets of a person, open invitations included, it ends by their rules.
	{path: "internal/privacy", level: 3, upTo: 2, also: []string{"internal/invite", "internal/audit"}},

	{path: "internal/database", level: 2, upTo: 1},
	{path: "internal/limit", level: 2, upTo: 1, also: []string{"internal/database"}},
	{path: "internal/jobs", level: 2, upTo: 1, also: []string{"internal/database"}},
	{path: "internal/directory", level: 2, upTo: 0},
	{path: "internal/directory/sandbox", level: 2, upTo: 0, also: []string{"internal/directory", "internal/mail", "internal/database", "ent"}},
	{path: "internal/oidc", level: 2, upTo: 0},
	{path: "internal/mail", level: 2, upTo: 0, also: []string{"internal/database", "ent"}},
	{path: "internal/workbook", level: 2, upTo: 0},

	{path: "ent", level: 1, upTo: 0},

	{path: "internal/access", level: 0, upTo: none, also: []string{"internal/fault"}},
	{path: "internal/address", level: 0, upTo: none},
	{path: "internal/architecture", level: 0, upTo: none},
	{path: "internal/clock", level: 0, upTo: none},
	{path: "internal/fault", level: 0, upTo: none},
	{path: "internal/formula", level: 0, upTo: none},
	{path: "internal/origin", level: 0, upTo: none},
	{path: "internal/seal", level: 0, upTo: none},
	{path: "internal/requestid", level: 0, upTo: none},
}

type folder struct {
	path        string
	level, upTo int
	also        []string
}

const none = -1

func within(path, folder string) bool { return path == folder || strings.HasPrefix(path, folder+"/") }

// place returns the entry that covers the package, the longest one.
func place(path string) (folder, bool) {
	var best folder
	for _, f := range house {
		if within(path, f.path) && len(f.path) > len(best.path) {
			best = f
		}
	}
	return best, best.path != ""
}

// offence says what is wrong with one import of the house, "" where nothing is.
func offence(from, to string) string {
	f, ok := place(from)
	if !ok {
		return from + " has no place in the table of levels"
	}
	t, ok := place(to)
	if !ok {
		return to + " has no place in the table of levels"
	}
	covers := func(also string) bool { return within(to, also) }
	if f.path == t.path || t.level <= f.upTo || slices.ContainsFunc(f.also, covers) {
		return ""
	}
	return from + " imports " + to
}

func TestImports(t *testing.T) {
	t.Parallel()
	packages := list(t)
	if len(packages) == 0 {
		t.Fatal("go list found no package")
	}
	for _, p := range packages {
		from := strings.TrimPrefix(p.ImportPath, module+"/")
		if _, ok := place(from); !ok {
			t.Errorf("%s has no place in the table of levels", from)
		}
		for _, imported := range p.Imports {
			to, ours := strings.CutPrefix(imported, module+"/")
			if !ours {
				continue
			}
			if o := offence(from, to); o != "" {
				t.Error(o)
			}
		}
	}
}

type goPackage struct {
	ImportPath string
	Imports    []string
}

// list returns the packages of the module, also those that don't compile.
func list(t *testing.T) []goPackage {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-e", "-json=ImportPath,Imports", module+"/...")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v: %s", err, stderr.String())
	}
	var packages []goPackage
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p goPackage
		err := d.Decode(&p)
		if errors.Is(err, io.EOF) {
			return packages
		}
		if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
}

func TestOffence(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, from, to, want string }{
		{"downwards", "internal/invite", "internal/database", ""},
		{"downwards by two levels", "internal/invite", "ent/invitation", ""},
		{"within a folder", "ui", "ui/component", ""},
		{"on the same level by leave", "internal/batch", "internal/invite", ""},
		{"on the same level without", "internal/invite", "internal/batch", "internal/invite imports internal/batch"},
		{"upwards", "internal/database", "internal/invite", "internal/database imports internal/invite"},
		{"pages and entities", "ui", "ent", "ui imports ent"},
		{"pages and the sandbox", "ui", "internal/directory/sandbox", ""},
		{"pages and the directory", "ui", "internal/directory", "ui imports internal/directory"},
		{"a longer entry wins", "internal/directory/sandbox", "internal/database", ""},
		{"another provider", "internal/directory/scim", "internal/database", "internal/directory/scim imports internal/database"},
		{"a folder of a similar name", "internal/inviter", "internal/fault", "internal/inviter has no place in the table of levels"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, offence(c.from, c.to)); diff != "" {
				t.Error(diff)
			}
		})
	}
}
