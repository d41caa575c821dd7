package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"techbiz/cmd/techbiz/programtest"
)

// result is what a run of the program left behind.
type result struct {
	status         int
	stdout, stderr string
}

// runProgram runs the program to its end, with these variables and no others.
func runProgram(t testing.TB, env []string, args ...string) result {
	t.Helper()
	var stdout, stderr bytes.Buffer
	p := program{env: env, stdout: &stdout, stderr: &stderr}
	status := p.run(t.Context(), args)
	return result{status, stdout.String(), stderr.String()}
}

func TestRun_Mistakes(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name string
		env  string
		args []string
		line string // without the leading "techbiz: "
	}{
		{"an unknown flag", "", []string{"--adr=:80"}, `unknown flag --adr, did you mean "--addr"?; "techbiz --help" says what there is`},
		{"an unknown command", "", []string{"server"}, `unexpected argument server; "techbiz --help" says what there is`},
		{"an address without a port", "", []string{"--addr=localhost"}, `--addr (TECHBIZ_ADDR): "localhost" is no address to listen on; give HOST:PORT, such as 127.0.0.1:8080`},
		{"a port that is none, from the environment", "TECHBIZ_ADDR=127.0.0.1:http", nil, `--addr (TECHBIZ_ADDR): "http" is no port; give a number from 0 to 65535`},
		{"a flag wins over the environment", "TECHBIZ_ADDR=127.0.0.1:1", []string{"--addr=127.0.0.1:70000"}, `--addr (TECHBIZ_ADDR): "70000" is no port; give a number from 0 to 65535`},
		{"the sandbox neither on nor off", "TECHBIZ_SANDBOX=perhaps", nil, `--sandbox (TECHBIZ_SANDBOX): bool value must be true, 1, yes, false, 0 or no but got "perhaps"`},
		{"a base URL without a scheme", "TECHBIZ_BASE_URL=techbiz.gov.sg", nil, `--base-url (TECHBIZ_BASE_URL): give an address that starts with http:// or https://, such as https://techbiz.agency.gov.sg`},
		{"a base URL with a path", "TECHBIZ_BASE_URL=https://techbiz.gov.sg/portal", nil, `--base-url (TECHBIZ_BASE_URL): leave out what follows the host; the portal stands at the root, such as https://techbiz.gov.sg`},
		{"a base URL with a password", "TECHBIZ_BASE_URL=https://tan:secret@techbiz.gov.sg", nil, `--base-url (TECHBIZ_BASE_URL): leave out user name and password before the host`},
		{"another kind of database", "TECHBIZ_DATABASE_URL=mysql://u:secret@db/techbiz", nil, `--database-url (TECHBIZ_DATABASE_URL): give an address such as postgres://user:password@host:5432/name, or none for SQLite`},
		{"a damaged database address", "TECHBIZ_DATABASE_URL=postgres://u:sec%ret@db/techbiz", nil, `--database-url (TECHBIZ_DATABASE_URL): give an address such as postgres://user:password@host:5432/name, or none for SQLite`},
		{"a short session key", "TECHBIZ_SESSION_KEY=secret", nil, "--session-key (TECHBIZ_SESSION_KEY): give 64 hexadecimal digits, such as `openssl rand -hex 32` prints"},
		{"the government's domain allowed", "TECHBIZ_ALLOWED_DOMAINS=vendor.com, GOV.SG", nil, `--allowed-domains (TECHBIZ_ALLOWED_DOMAINS): "GOV.SG": gov.sg cannot be allowed: no vendor has an address there.`},
		{"the vendors' TechPass IDs allowed", "TECHBIZ_ALLOWED_DOMAINS=techpass.gov.sg", nil, `--allowed-domains (TECHBIZ_ALLOWED_DOMAINS): "techpass.gov.sg": techpass.gov.sg cannot be allowed: no vendor has an address there.`},
		{"an address in place of a domain", "TECHBIZ_ALLOWED_DOMAINS=@vendor.com", nil, `--allowed-domains (TECHBIZ_ALLOWED_DOMAINS): "@vendor.com": Enter only what stands behind the @, such as vendor.com.`},
		{"a domain of one word", "TECHBIZ_ALLOWED_DOMAINS=vendor", nil, `--allowed-domains (TECHBIZ_ALLOWED_DOMAINS): "vendor": Enter a domain such as vendor.com, or *.vendor.com for its sub-domains.`},
		{"a vendor as administrator", "TECHBIZ_ADMINS=ann@vendor.com", nil, `--admins (TECHBIZ_ADMINS): "ann@vendor.com" is no public officer's address; give one such as tan.ah.kow@agency.gov.sg`},
		{"a TechPass ID as administrator", "TECHBIZ_ADMINS=ann@techpass.gov.sg", nil, `--admins (TECHBIZ_ADMINS): "ann@techpass.gov.sg" is no public officer's address; give one such as tan.ah.kow@agency.gov.sg`},
		{"an officers' domain that is none", "TECHBIZ_OFFICER_DOMAIN=.gov.sg", nil, `--officer-domain (TECHBIZ_OFFICER_DOMAIN): ".gov.sg" is no domain; give one such as gov.sg`},
		{"an unknown directory", "TECHBIZ_DIRECTORY=ldap", nil, `--directory (TECHBIZ_DIRECTORY): there is no directory "ldap"; choose sandbox`},
		{"a fault that is none", "TECHBIZ_SANDBOX_FAULTS=fail=2", nil, `--sandbox-faults (TECHBIZ_SANDBOX_FAULTS): fail of the sandbox's faults must be a share between 0 and 1, such as 0.1, not "2"`},
		{"a relay that is none", "TECHBIZ_SMTP_URL=https://u:secret@relay", nil, `--smtp-url (TECHBIZ_SMTP_URL): the SMTP address must look like smtp://user:password@host:587 or smtps://user:password@host:465, with signs such as @ / ? # in user and password percent-encoded`},
		{"a sender that is none", "TECHBIZ_MAIL_FROM=TechBiz", nil, `--mail-from (TECHBIZ_MAIL_FROM): "TechBiz" is no address; give one such as TechBiz <no-reply@techbiz.gov.sg>`},
		{"a size that is none", "TECHBIZ_MAX_UPLOAD=ten", nil, `--max-upload (TECHBIZ_MAX_UPLOAD): give a size such as 512KiB, 10MiB or 1048576`},
		{"a size above what a request may have", "TECHBIZ_MAX_UPLOAD=40MiB", nil, `--max-upload (TECHBIZ_MAX_UPLOAD): give a size from 1KiB to 30MiB`},
		{"no rows", "", []string{"--max-rows=0"}, `--max-rows (TECHBIZ_MAX_ROWS): give a number from 1 to 100000`},
		{"a recall window that is too long", "TECHBIZ_RECALL=16m", nil, `--recall (TECHBIZ_RECALL): give a time from 0s to 15m`},
		{"a link that is none", "", []string{"--link-seed-guide=javascript:alert(1)"}, `--link-seed-guide (TECHBIZ_LINK_SEED_GUIDE): give an address that starts with http:// or https://, such as https://techbiz.agency.gov.sg`},
		{"statements without an end", "TECHBIZ_STATEMENT_TIMEOUT=1h", nil, `--statement-timeout (TECHBIZ_STATEMENT_TIMEOUT): give a time from 1s to 10m`},
		{"an unknown level", "TECHBIZ_LOG_LEVEL=loud", nil, `--log-level (TECHBIZ_LOG_LEVEL): there is no level "loud"; choose debug, info, warn or error`},
		{"an unknown form of log", "TECHBIZ_LOG_FORMAT=xml", nil, `--log-format (TECHBIZ_LOG_FORMAT): there is no form "xml"; choose text or json`},
		{"an issuer that is none", "TECHBIZ_OIDC_ISSUER=login.example", nil, `--oidc-issuer (TECHBIZ_OIDC_ISSUER): give the issuer's address to the letter, such as https://login.microsoftonline.com/TENANT/v2.0`},
		{"an issuer over http", "TECHBIZ_OIDC_ISSUER=http://login.example", nil, `--oidc-issuer (TECHBIZ_OIDC_ISSUER): an issuer has to be reached over https; http is for one on this machine`},
		{"an issuer of every tenant", "TECHBIZ_OIDC_ISSUER=https://login.microsoftonline.com/common/v2.0", nil, `--oidc-issuer (TECHBIZ_OIDC_ISSUER): name one tenant; with common, organizations or consumers any tenant could sign in`},
		{"an issuer without our name", "TECHBIZ_OIDC_ISSUER=https://login.example", nil, `--oidc-client-id (TECHBIZ_OIDC_CLIENT_ID): say by which name the provider knows this service`},
		{"a name without an issuer", "TECHBIZ_OIDC_CLIENT_ID=techbiz", nil, `--oidc-client-id (TECHBIZ_OIDC_CLIENT_ID): this is about an OpenID provider; name it with --oidc-issuer (TECHBIZ_OIDC_ISSUER)`},
		{"no way to sign in", "TECHBIZ_SIGN_IN_CODE=0", nil, `--sign-in-code (TECHBIZ_SIGN_IN_CODE): without one-time codes and without an OpenID provider nobody can sign in; leave it on, or set --oidc-issuer (TECHBIZ_OIDC_ISSUER)`},
		{"codes that go round a rule", "TECHBIZ_REQUIRED_CLAIMS=device=compliant", []string{"--oidc-issuer=https://login.example", "--oidc-client-id=techbiz"}, `--sign-in-code (TECHBIZ_SIGN_IN_CODE): a one-time code proves none of the required claims, so that it would go round them; set TECHBIZ_SIGN_IN_CODE=0`},
		{"a required claim without a value", "TECHBIZ_REQUIRED_CLAIMS=device", nil, `--required-claims (TECHBIZ_REQUIRED_CLAIMS): give a claim and its values, such as device_compliant=true or network=gsib|gmd`},
		{"a network that is none", "TECHBIZ_ALLOWED_NETWORKS=10.0.0.0/40", nil, `--allowed-networks (TECHBIZ_ALLOWED_NETWORKS): "10.0.0.0/40" is no network; give one such as 10.0.0.0/8 or 2001:db8::/32, or a single address`},
		{"an interval that is too long", "TECHBIZ_CODE_INTERVAL=2h", nil, `--code-interval (TECHBIZ_CODE_INTERVAL): give a time from 0s to 1h`},
		{"less than no codes", "", []string{"--codes-per-hour=-1"}, `--codes-per-hour (TECHBIZ_CODES_PER_HOUR): give a number from 0`},
		{"help that is a script", "TECHBIZ_HELP_URL=javascript:alert(1)", nil, `--help-url (TECHBIZ_HELP_URL): give an address that starts with https://, or mailto: and an email address`},
		{"a mistake in another command", "", []string{"migrate", "--database-url=db"}, `--database-url (TECHBIZ_DATABASE_URL): give an address such as postgres://user:password@host:5432/name, or none for SQLite`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			data := filepath.Join(t.TempDir(), "data")
			got := runProgram(t, []string{c.env, "TECHBIZ_DATA=" + data}, c.args...)
			if diff := cmp.Diff(result{status: 2, stderr: "techbiz: " + c.line + "\n"}, got, cmp.AllowUnexported(result{})); diff != "" {
				t.Error(diff)
			}
			if _, err := os.Stat(data); err == nil {
				t.Error("something had started: the data folder exists")
			}
		})
	}
}

func TestRun_Help(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"--help"}, {"serve", "--help"}} {
		got := runProgram(t, nil, args...)
		help := strings.Join(strings.Fields(got.stdout), " ") // lines are wrapped
		for _, want := range []string{"TECHBIZ_ADDR", "Default: 127.0.0.1:8080", "TECHBIZ_SANDBOX_FAULTS", "--max-rows=N"} {
			if got.status != 0 || got.stderr != "" || !strings.Contains(help, want) {
				t.Errorf("%v: status %d, no %q in the help%s", args, got.status, want, got.stderr)
			}
		}
	}
}

func TestRun_Version(t *testing.T) {
	t.Parallel()
	got := runProgram(t, []string{"TECHBIZ_ADRR=:80", "TECHBIZ_SOMETHING_ELSE=1", "TECHBIZ_TEST_REQUIRE=1"}, "version")
	want := "techbiz: warning: there is no setting TECHBIZ_ADRR; did you mean TECHBIZ_ADDR?\n" +
		"techbiz: warning: there is no setting TECHBIZ_SOMETHING_ELSE\n"
	if got.status != 0 || !strings.HasPrefix(got.stdout, "techbiz ") || got.stderr != want {
		t.Errorf("got %+v", got)
	}
}

func TestServe_Failures(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	damaged := map[string]string{sessionKeyFile: t.TempDir(), auditKeyFile: t.TempDir(), dataKeysFile: t.TempDir()}
	paths := []string{file}
	for name, dir := range damaged {
		paths = append(paths, filepath.Join(dir, name))
	}
	for _, path := range paths {
		if err := os.WriteFile(path, []byte("hello"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cases := []struct{ name, data, addr, says string }{
		{"a data folder that cannot be made", filepath.Join(file, "data"), "127.0.0.1:0", "make the data folder"},
		{"a damaged key of the sessions", damaged[sessionKeyFile], "127.0.0.1:0", "session.key is damaged; delete it"},
		{"a damaged key of the activity log", damaged[auditKeyFile], "127.0.0.1:0", "audit.key is damaged; put back the copy that was made of it: under another key"},
		{"damaged data keys", damaged[dataKeysFile], "127.0.0.1:0", "data.keys is damaged; put back the copy that was made of it: without it"},
		{"an address of another machine", t.TempDir(), "192.0.2.1:1", "listen on 192.0.2.1:1"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := runProgram(t, nil, "--sandbox", "--data", c.data, "--addr", c.addr)
			if got.status != 1 || !strings.Contains(got.stderr, c.says) || strings.Count(got.stderr, "\n") != 1 {
				t.Errorf("got %+v", got)
			}
		})
	}
}

// A key that something was written under is not made anew where it is missing: what
// does not fit says that the one from before has to be put back.
func TestServe_WithoutTheKeyFromBefore(t *testing.T) {
	t.Parallel()
	for name, says := range map[string]string{auditKeyFile: "put back the one of the first start", dataKeysFile: "put back the copy of the one in use"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			place := []string{"--data", t.TempDir()}
			if got := runProgram(t, nil, append([]string{"token", "create", "--officer=tan@tech.gov.sg", "--name=x"}, place...)...); got.status != exitOK {
				t.Fatalf("%+v", got)
			}
			t.Run("a server", func(t *testing.T) { start(t, place...) })
			if err := os.Remove(filepath.Join(place[1], name)); err != nil {
				t.Fatal(err)
			}
			got := runProgram(t, nil, append([]string{"serve", "--addr=127.0.0.1:0"}, place...)...)
			if got.status != exitFailure || !strings.Contains(got.stderr, says) {
				t.Errorf("%+v", got)
			}
		})
	}
}

// start serves on a free port until the test ends, and returns the address. What it
// logs, at every level, is looked through for what no log may hold.
func start(t testing.TB, args ...string) *url.URL {
	t.Helper()
	// The test's context ends before what the test cleans up: pages that are still open
	// would complain of a server that is gone.
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	serving, ended := make(chan *url.URL, 1), make(chan int, 1)
	var stderr logbook
	p := program{stdout: io.Discard, stderr: programtest.WatchLog(t.Name(), &stderr), serving: func(base *url.URL) { serving <- base }}
	go func() { ended <- p.run(ctx, append([]string{"--addr=127.0.0.1:0", "--log-level=debug"}, args...)) }()
	t.Cleanup(func() {
		cancel()
		if status := <-ended; status != 0 {
			t.Errorf("ended with status %d: %s", status, stderr.String())
		}
		for line := range strings.Lines(stderr.String()) {
			if t.Failed() && strings.Contains(line, "level=ERROR") {
				t.Log(line)
			}
		}
	})
	select {
	case base := <-serving:
		return base
	case status := <-ended:
		ended <- 0
		t.Fatalf("did not start, status %d: %s", status, stderr.String())
		return nil
	}
}

// logbook keeps what a program writes. A request that is cut off at the end may still
// write its line while the test reads.
type logbook struct {
	mu      sync.Mutex
	written bytes.Buffer
}

func (l *logbook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.written.Write(p)
}

func (l *logbook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.written.String()
}

func TestServe_Probes(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "data")
	base := start(t, "--data", data)
	for _, path := range []string{"healthz", "readyz"} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base.JoinPath(path).String(), nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != http.StatusOK {
			t.Errorf("%s: %s", path, res.Status)
		}
	}
	info, err := os.Stat(filepath.Join(data, sessionKeyFile))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the session key: %v, %v", info, err)
	}
}

func TestTemplate(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "users.xlsx")
	got := runProgram(t, nil, "template", file)
	content, err := os.ReadFile(file)
	if got.status != 0 || got.stderr != "" || err != nil || !bytes.HasPrefix(content, []byte("PK")) {
		t.Errorf("got %+v, %v", got, err)
	}
	if got := runProgram(t, nil, "template", filepath.Join(file, "users.xlsx")); got.status != 1 || strings.Count(got.stderr, "\n") != 1 {
		t.Errorf("where nothing can be written: %+v", got)
	}
}
