package main

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// secretSettings are the flags that are secrets.
func secretSettings() map[string]string {
	all := map[string]string{}
	for _, f := range reflect.VisibleFields(reflect.TypeFor[Settings]()) {
		if _, ok := f.Tag.Lookup(secretTag); ok {
			all[f.Name] = f.Tag.Get("env")
		}
	}
	return all
}

// What is a key, a password or an address that may hold one is marked as a secret.
func TestSecrets_AreMarked(t *testing.T) {
	t.Parallel()
	secret := secretSettings()
	for _, f := range reflect.VisibleFields(reflect.TypeFor[Settings]()) {
		suspect := f.Type == reflect.TypeFor[hexKey]()
		for _, word := range []string{"PASSWORD@", "SECRET"} {
			suspect = suspect || strings.Contains(f.Tag.Get("placeholder"), word)
		}
		for _, word := range []string{"Secret", "Key", "Password", "DatabaseURL"} {
			suspect = suspect || strings.Contains(f.Name, word)
		}
		if f.Tag.Get("env") != "" && suspect && secret[f.Name] == "" {
			t.Errorf("%s looks like a secret and is not marked as one", f.Name)
		}
	}
	if len(secret) < 3 {
		t.Errorf("found only %v", secret)
	}
}

func TestSecrets_FromFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good, empty, large, short := file("good", goodKey+"\n"), file("empty", "\n"), file("large", strings.Repeat("a", maxSecret+1)), file("short", "hunter2\n")
	const at = "techbiz: --session-key (TECHBIZ_SESSION_KEY): "
	for _, c := range []struct {
		name string
		env  []string
		args []string
		want string // on standard error
	}{
		{"a key in a file", []string{"TECHBIZ_SESSION_KEY_FILE=" + good}, []string{"--max-rows=0"}, "techbiz: --max-rows (TECHBIZ_MAX_ROWS): give a number from 1 to 100000\n"},
		{"both", []string{"TECHBIZ_SESSION_KEY_FILE=" + good, "TECHBIZ_SESSION_KEY=" + goodKey}, nil, at + "TECHBIZ_SESSION_KEY_FILE is set as well; keep one of them\n"},
		{"the flag wins", []string{"TECHBIZ_SESSION_KEY_FILE=" + empty}, []string{"--session-key=" + goodKey, "--max-rows=0"}, "techbiz: --max-rows (TECHBIZ_MAX_ROWS): give a number from 1 to 100000\n"},
		{"an empty variable counts as unset", []string{"TECHBIZ_SESSION_KEY_FILE="}, []string{"--max-rows=0"}, "techbiz: --max-rows (TECHBIZ_MAX_ROWS): give a number from 1 to 100000\n"},
		{"no file", []string{"TECHBIZ_SESSION_KEY_FILE=" + good + "x"}, nil, at + "the file that TECHBIZ_SESSION_KEY_FILE names cannot be used: open " + good + "x: no such file or directory\n"},
		{"an empty file", []string{"TECHBIZ_SESSION_KEY_FILE=" + empty}, nil, at + "the file that TECHBIZ_SESSION_KEY_FILE names cannot be used: " + empty + " is empty\n"},
		{"a large file", []string{"TECHBIZ_SESSION_KEY_FILE=" + large}, nil, at + "the file that TECHBIZ_SESSION_KEY_FILE names cannot be used: " + large + " is too large for a secret\n"},
		{"what is no key is not shown", []string{"TECHBIZ_SESSION_KEY_FILE=" + short}, nil, at + "give 64 hexadecimal digits, such as `openssl rand -hex 32` prints\n"},
		{"a file for what is no secret", []string{"TECHBIZ_ADDR_FILE=" + good}, []string{"--max-rows=0"}, "techbiz: warning: there is no setting TECHBIZ_ADDR_FILE\ntechbiz: --max-rows (TECHBIZ_MAX_ROWS): give a number from 1 to 100000\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := runProgram(t, c.env, c.args...)
			if diff := cmp.Diff(result{status: exitMistake, stderr: c.want}, got, cmp.AllowUnexported(result{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// No secret is shown by the help, by a mistake in it or in another setting, or in
// the log of a server that runs on it.
func TestSecrets_AreNotShown(t *testing.T) {
	t.Parallel()
	const secret = "hunter2correcthorse"
	var env []string
	for _, name := range secretSettings() {
		env = append(env, name+"="+secret)
	}
	for _, args := range [][]string{{"--help"}, {"serve"}, {"migrate"}, {"--max-rows=0"}, {"--no-such-flag"}, {"version"}} {
		got := runProgram(t, append(env, "TECHBIZ_DATA="+t.TempDir()), args...)
		if strings.Contains(got.stdout+got.stderr, secret) {
			t.Errorf("%v: %+v", args, got)
		}
	}
	for _, name := range secretSettings() {
		got := runProgram(t, []string{name + "=" + secret, "TECHBIZ_DATA=" + t.TempDir()}, "serve")
		if got.status != exitMistake || strings.Contains(got.stderr, secret) {
			t.Errorf("%s: %+v", name, got)
		}
	}
	got := runProgram(t, nil, "--help")
	if help := strings.Join(strings.Fields(got.stdout), " "); !strings.Contains(help, "TECHBIZ_SESSION_KEY or TECHBIZ_SESSION_KEY_FILE") {
		t.Error("the help does not say that a secret may stand in a file")
	}
}
