package main

import (
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"techbiz/internal/database/databasetest"
)

func TestToken_Life(t *testing.T) {
	t.Parallel()
	places := map[string]func(*testing.T) []string{
		"SQLite": func(t *testing.T) []string { return []string{"--data", t.TempDir()} },
		"PostgreSQL": func(t *testing.T) []string {
			place := []string{"--data", t.TempDir(), "--database-url", databasetest.PostgresURL(t)}
			early := runProgram(t, nil, append([]string{"token", "create", "--officer=tan@agency.gov.sg", "--name=early"}, place...)...)
			if early.status != 1 || !strings.Contains(early.stderr, "run techbiz migrate") {
				t.Errorf("before the migrations: %+v", early)
			}
			if got := runProgram(t, nil, append([]string{"migrate"}, place...)...); got.status != 0 {
				t.Fatalf("migrate: %+v", got)
			}
			return place
		},
	}
	for name, place := range places {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at := place(t)
			run := func(args ...string) result {
				return runProgram(t, nil, append(append([]string{"token"}, args...), at...)...)
			}
			got := run("create", "--officer=Tan.Ah.Kow@agency.gov.sg", "--name=pipeline", "--admin", "--expires=12h")
			if got.status != 0 || got.stderr != "" || !regexp.MustCompile(`^tbz_\w{49}\n$`).MatchString(got.stdout) {
				t.Fatalf("create: %+v", got)
			}
			secret := strings.TrimSpace(got.stdout)
			for range 2 {
				if got := run("revoke", "--token", secret); got != (result{}) {
					t.Errorf("revoke: %+v", got)
				}
			}
			want := result{status: 1, stderr: "techbiz: There is no such token. Check that it was copied whole.\n"}
			if diff := cmp.Diff(want, run("revoke", "--token", "tbz_unknown"), cmp.AllowUnexported(result{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestTokenCreate_Mistakes(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name string
		args []string
		line string
	}{
		{"no name", []string{"--officer=tan@agency.gov.sg"}, `missing flags: --name=NAME; "techbiz --help" says what there is`},
		{"an empty name", []string{"--officer=tan@agency.gov.sg", "--name= "}, "--name: Enter a name for the token, such as what will use it."},
		{"a vendor", []string{"--officer=tan@vendor.com", "--name=x"}, "--officer: This module is for public officers. If you are a vendor, ask the public officer you work with to create your TechPass account."},
		{"a TechPass ID", []string{"--officer=tan@techpass.gov.sg", "--name=x"}, "--officer: This module is for public officers. If you are a vendor, ask the public officer you work with to create your TechPass account."},
		{"a time without a unit", []string{"--officer=tan@agency.gov.sg", "--name=x", "--expires=90"}, "--expires: give a time such as 90d, 12h or 1d12h"},
		{"too long a time", []string{"--officer=tan@agency.gov.sg", "--name=x", "--expires=400d"}, "--expires: Choose an expiry of at most one year."},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := runProgram(t, nil, append([]string{"token", "create", "--data", t.TempDir()}, c.args...)...)
			if diff := cmp.Diff(result{status: 2, stderr: "techbiz: " + c.line + "\n"}, got, cmp.AllowUnexported(result{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}
