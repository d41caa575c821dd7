package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"techbiz/internal/database/databasetest"
)

// The API's tests are data: testdata/api/*.txtar, each a story of steps against a
// running server, told on both databases. README.md beside them says how they are
// written.

// patience is how long a step may wait for background work, some of which is
// looked for every minute, with the race detector on a busy machine.
const patience = 3 * time.Minute

// databases are the command-line settings of an empty, migrated database of each
// kind.
var databases = map[string]func(testing.TB) []string{
	"SQLite": func(t testing.TB) []string { return []string{"--data", t.TempDir()} },
	"PostgreSQL": func(t testing.TB) []string {
		place := []string{"--data", t.TempDir(), "--database-url", databasetest.PostgresURL(t)}
		if got := runProgram(t, nil, append([]string{"migrate"}, place...)...); got.status != 0 {
			t.Fatalf("migrate: %+v", got)
		}
		return place
	},
}

func TestAPI(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/api/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for name, place := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			shared := serveAPI(t, place(t))
			for i, file := range files {
				t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
					t.Parallel()
					c := readCase(t, file, i)
					on := shared
					if c.alone {
						on = serveAPI(t, place(t), c.settings...)
					}
					c.run(t, on)
				})
			}
		})
	}
}

// run takes the steps of a case one after the other.
func (c *apiCase) run(t *testing.T, on *apiServer) {
	for _, s := range c.steps {
		if !c.take(t, on, s) {
			t.FailNow()
		}
	}
}

// take takes one step, again and again where it waits for something, and says
// whether the answer was the expected one.
func (c *apiCase) take(t *testing.T, on *apiServer, s step) bool {
	t.Helper()
	deadline := time.Now().Add(patience)
	for {
		status, answer := on.do(t, c, s)
		diff := c.compare(t, s, status, answer)
		if diff == "" {
			return true
		}
		if !s.until || time.Now().After(deadline) {
			t.Errorf("%s: (-want +got)\n%s", s.title, diff)
			return false
		}
		pause(t, 20*time.Millisecond)
	}
}

// compare returns how an answer differs from the expected one, and keeps what the
// expected one names.
func (c *apiCase) compare(t *testing.T, s step, status int, answer []byte) string {
	t.Helper()
	if s.answer == "" {
		if status != s.status {
			return fmt.Sprintf("status %d, want %d: %s", status, s.status, answer)
		}
		return ""
	}
	var want, got any
	if err := json.Unmarshal([]byte(c.fill(t, s.answer)), &want); err != nil {
		t.Fatalf("%s: the expected answer is no JSON: %v", s.title, err)
	}
	if err := json.Unmarshal(answer, &got); err != nil {
		got = string(answer)
	}
	dropLocations(got)
	b := binding{values: maps.Clone(c.values)}
	b.bind(want, got)
	got = b.mask(want, got)
	diff := cmp.Diff(want, got)
	if status != s.status {
		diff += fmt.Sprintf("status %d, want %d", status, s.status)
	}
	if diff == "" {
		c.values = b.values
	}
	return diff
}

// dropLocations leaves out where in its text a query went wrong.
func dropLocations(answer any) {
	response, _ := answer.(map[string]any)
	faults, _ := response["errors"].([]any)
	for _, f := range faults {
		if f, ok := f.(map[string]any); ok {
			delete(f, "locations")
		}
	}
}

// pause waits before the next look at what works in the background.
func pause(t *testing.T, d time.Duration) {
	t.Helper()
	select {
	case <-time.After(d):
	case <-t.Context().Done():
		t.Fatal("the test has ended")
	}
}

func readFile(t testing.TB, name string) []byte {
	t.Helper()
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// methodOf splits "POST /path" off the first line of a step.
func methodOf(body string) (method, path, rest string) {
	line, rest, _ := strings.Cut(body, "\n")
	method, path, _ = strings.Cut(strings.TrimSpace(line), " ")
	if path == "" {
		method, path = http.MethodGet, method
	}
	return method, path, strings.TrimSpace(rest)
}
