package main

import (
	"encoding/hex"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/google/go-cmp/cmp"
)

// goodKey is a key as openssl prints it.
const goodKey = "8f2b6c0d95e417a3fc3829b1de604f57a0e9137bd2c6485e91f70c3ab46d28e5"

func TestProduction(t *testing.T) {
	t.Parallel()
	everything := []string{"smtp-url=smtps://relay.gov.sg", "base-url=https://techbiz.gov.sg", "session-key=" + goodKey, "audit-key=" + goodKey, "data-keys=" + goodDataKeys(t)}
	missing := []string{"directory", "smtp-url", "base-url", "session-key", "audit-key", "data-keys"}
	cases := []struct {
		name     string
		settings []string
		broken   []string // the flags at fault, in the order of their lines
	}{
		{"this machine itself is a sandbox", []string{"addr=127.0.0.1:8080"}, nil},
		{"by its name", []string{"addr=localhost:8080"}, nil},
		{"and by IPv6", []string{"addr=[::1]:8080"}, nil},
		{"a browser's own machine", []string{"base-url=http://localhost:8080"}, nil},
		{"a name below it", []string{"base-url=http://techbiz.LOCALHOST.:8080"}, nil},
		{"its address", []string{"base-url=http://127.1.2.3:8080"}, nil},
		{"its address by IPv6", []string{"base-url=http://[::1]:8080"}, nil},
		{"a proxy on this machine that others reach", []string{"base-url=https://techbiz.gov.sg"}, slices.DeleteFunc(slices.Clone(missing), func(flag string) bool { return flag == "base-url" })},
		{"one that others reach by an address", []string{"base-url=http://10.0.0.1"}, missing},
		{"a name that only looks like this machine's", append(slices.Clone(everything), "base-url=https://localhost.gov.sg"), []string{"directory"}},
		{"a sandbox behind a proxy, by word", []string{"base-url=https://techbiz.gov.sg", "sandbox=true"}, nil},
		{"a relay over the network in the clear", append(append([]string{"addr=:8080"}, everything...), "smtp-url=smtp://relay.gov.sg:25?tls=none"), []string{"directory", "smtp-url"}},
		{"a relay that takes STARTTLS", append(append([]string{"addr=:8080"}, everything...), "smtp-url=smtp://relay.gov.sg:25"), []string{"directory"}},
		{"a relay on this machine", append(append([]string{"addr=:8080"}, everything...), "smtp-url=smtp://localhost:25?tls=none"), []string{"directory"}},
		{"a sandbox by word", []string{"addr=0.0.0.0:8080", "sandbox=true"}, nil},
		{"nothing is set", []string{"addr=0.0.0.0:8080"}, missing},
		{"every interface", []string{"addr=:8080"}, missing},
		{"a private address", []string{"addr=10.0.0.1:8080"}, missing},
		{"only the directory is the sandbox's", append([]string{"addr=:8080"}, everything...), []string{"directory"}},
		{"no encryption", append(append([]string{"addr=:8080"}, everything...), "base-url=http://techbiz.gov.sg"), []string{"directory", "base-url"}},
		{"a key of zeros", append(append([]string{"addr=:8080"}, everything...), "session-key="+strings.Repeat("0", 64)), []string{"directory", "session-key"}},
		{"a key of a few signs", append(append([]string{"addr=:8080"}, everything...), "session-key="+strings.Repeat("deadbeef", 8)), []string{"directory", "session-key"}},
		{"a key of the activity log that can be guessed", append(append([]string{"addr=:8080"}, everything...), "audit-key="+strings.Repeat("0", 64)), []string{"directory", "audit-key"}},
		{"a key that counts", append(append([]string{"addr=:8080"}, everything...), "session-key="+counting()), []string{"directory", "session-key"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var s serveCommand
			if _, err := kong.Must(&s, kong.Exit(func(int) {}), kong.ExplicitGroups(groups)).Parse(flags(c.settings)); err != nil {
				t.Fatal(err)
			}
			var broken []string
			all, ok := s.check().(mistakes)
			if !ok && s.check() != nil {
				t.Fatal(s.check())
			}
			for _, m := range all {
				broken = append(broken, m.flag)
			}
			if diff := cmp.Diff(c.broken, broken); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Another directory makes production of a loopback address, too.
func TestProduction_AnotherDirectory(t *testing.T) {
	t.Parallel()
	s := Settings{Addr: "127.0.0.1:8080", Directory: "techpass", SMTPURL: "smtps://relay.gov.sg"}
	err, _ := s.checkProduction().(mistakes)
	if len(err) != 4 || err[0].flag != "base-url" || err[1].flag != "session-key" || err[2].flag != "audit-key" || err[3].flag != "data-keys" {
		t.Errorf("got %v", err)
	}
	if err := s.BaseURL.UnmarshalText([]byte("https://techbiz.gov.sg")); err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{
		s.SessionKey.UnmarshalText([]byte(goodKey)), s.AuditKey.UnmarshalText([]byte(goodKey)), s.DataKeys.UnmarshalText([]byte(goodDataKeys(t))),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := s.checkProduction(); err != nil {
		t.Errorf("with everything: %v", err)
	}
	s.SMTPURL, s.Sandbox = "", true
	if err := s.checkProduction(); err != nil {
		t.Errorf("a sandbox by word: %v", err)
	}
}

// goodDataKeys are data keys as the command prints them.
func goodDataKeys(t *testing.T) string {
	t.Helper()
	text, err := newDataKeys()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(text))
}

// flags writes settings as flags.
func flags(settings []string) []string {
	all := make([]string, len(settings))
	for i, s := range settings {
		all[i] = "--" + s
	}
	return all
}

// counting is a key whose bytes count up.
func counting() string {
	b := make([]byte, keyLength)
	for i := range b {
		b[i] = byte(i)
	}
	return hex.EncodeToString(b)
}

// Each reason is a line of its own, nothing has started, and the key is not shown.
func TestProduction_Refuses(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "data")
	weak := strings.Repeat("ab", keyLength)
	got := runProgram(t, []string{"TECHBIZ_SESSION_KEY=" + weak, "TECHBIZ_DATA=" + data}, "--addr=0.0.0.0:8080", "--base-url=http://techbiz.gov.sg")
	want := []string{"--directory (TECHBIZ_DIRECTORY)", "--smtp-url (TECHBIZ_SMTP_URL)", "--base-url (TECHBIZ_BASE_URL)", "--session-key (TECHBIZ_SESSION_KEY)",
		"--audit-key (TECHBIZ_AUDIT_KEY)", "--data-keys (TECHBIZ_DATA_KEYS)"}
	lines := strings.Split(strings.TrimSuffix(got.stderr, "\n"), "\n")
	if got.status != exitMistake || got.stdout != "" || len(lines) != len(want) || strings.Contains(got.stderr, weak) {
		t.Fatalf("got %+v", got)
	}
	for i, line := range lines {
		if !strings.HasPrefix(line, "techbiz: "+want[i]+": ") || !strings.HasSuffix(line, "TECHBIZ_SANDBOX=1)") {
			t.Errorf("line %d: %s", i+1, line)
		}
	}
	if _, err := os.Stat(data); err == nil {
		t.Error("something had started: the data folder exists")
	}
}
