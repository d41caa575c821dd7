package main

import (
	"database/sql"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"techbiz/internal/access"
	"techbiz/internal/audit"
)

// place says where a database is, and opens it as somebody with all rights on it
// does.
func openPlace(t *testing.T, place []string) *sql.DB {
	t.Helper()
	driver, dsn := "sqlite", "file:"+filepath.Join(place[1], "techbiz.db")+"?_pragma=busy_timeout(10000)"
	if i := slices.Index(place, "--database-url"); i >= 0 {
		driver, dsn = "postgres", place[i+1]
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// Somebody removes a record, with all rights on the database, and the command says
// which.
func TestAuditVerify(t *testing.T) {
	t.Parallel()
	for name, place := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			where := place(t)
			s := serveAPI(t, where)
			s.invited(t, "tan@agency.gov.sg", "ong@agency.gov.sg")
			verify := append([]string{"audit", "verify"}, where...)
			sound := runProgram(t, nil, verify...)
			if sound.status != 0 || !strings.Contains(sound.stdout, "Nothing was changed, inserted or removed.") {
				t.Fatalf("%+v", sound)
			}
			if key, err := os.Stat(filepath.Join(where[1], auditKeyFile)); err != nil || key.Mode().Perm() != keyMode {
				t.Errorf("the key is kept as %v: %v", key, err)
			}
			db := openPlace(t, where)
			var id string
			if err := db.QueryRowContext(t.Context(), "SELECT id FROM audit_records WHERE type = 'INVITATION_SENT'").Scan(&id); err != nil {
				t.Fatal(err)
			}
			refused := "DELETE FROM audit_records"
			if _, err := db.ExecContext(t.Context(), refused); err == nil {
				t.Error("the database does not refuse to delete")
			}
			tamper := []string{"DROP TRIGGER audit_records_no_delete"}
			if slices.Contains(where, "--database-url") {
				tamper = []string{"ALTER TABLE audit_records DISABLE TRIGGER USER"}
			}
			for _, statement := range append(tamper, "DELETE FROM audit_records WHERE id = '"+id+"'") {
				if _, err := db.ExecContext(t.Context(), statement); err != nil {
					t.Fatal(err)
				}
			}
			found := runProgram(t, nil, verify...)
			if found.status != exitFailure || !strings.Contains(found.stdout, "MISSING record "+id) || !strings.Contains(found.stderr, "tampered") {
				t.Errorf("%+v", found)
			}
			cut := runProgram(t, nil, append(verify, "--head=99:"+strings.Repeat("00", 32))...)
			if cut.status != exitFailure || !strings.Contains(cut.stdout, "CUT block 99") {
				t.Errorf("%+v", cut)
			}
			wrong := runProgram(t, nil, append(verify, "--head=99")...)
			if wrong.status != exitMistake {
				t.Errorf("%+v", wrong)
			}
		})
	}
}

// What is held about a person includes what the log has of the person, the export
// itself included, and of nobody else.
func TestPersonExport_HasTheActivity(t *testing.T) {
	t.Parallel()
	for name, place := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serveAPI(t, place(t))
			for officer, invitee := range map[string]string{"tan@agency.gov.sg": "ong@lta.gov.sg", "lee@agency.gov.sg": "goh@lta.gov.sg"} {
				s.invited(t, officer, invitee)
			}
			for email, want := range map[string]string{
				"tan@agency.gov.sg": "TOKEN_CREATED the product , INVITATION_SENT this person 127.0.0.1, PERSON_EXPORTED the product ",
				"ong@lta.gov.sg":    "INVITATION_SENT another person , PERSON_EXPORTED the product ",
				"new@lta.gov.sg":    "",
			} {
				out := runProgram(t, nil, append([]string{"person", "export", "--email=" + email}, s.place...)...)
				var held struct{ Activity []map[string]string }
				if err := json.Unmarshal([]byte(out.stdout), &held); err != nil {
					t.Fatalf("%+v: %v", out, err)
				}
				var got []string
				for _, r := range held.Activity {
					got = append(got, r["type"]+" "+r["by"]+" "+r["network_address"])
					if _, err := time.Parse(time.RFC3339, r["recorded_at"]); err != nil || r["event"] == "" {
						t.Errorf("%s: %v", email, r)
					}
				}
				if got := strings.Join(got, ", "); got != want {
					t.Errorf("%s: %s, want %s", email, got, want)
				}
			}
			// What an erasure ends is in the log of who invited.
			if out := runProgram(t, nil, append([]string{"person", "erase", "--email=ong@lta.gov.sg", "--cancel"}, s.place...)...); out.status != 0 {
				t.Fatalf("%+v", out)
			}
			for officer, want := range map[string]bool{"tan@agency.gov.sg": true, "lee@agency.gov.sg": false} {
				_, log := s.send(t, http.MethodGet, "/activity/export.csv?event=INVITATION_CANCELLED", "", s.token(t, officer), nil)
				if has := strings.Contains(string(log), ",INVITATION_CANCELLED,"); has != want || strings.Contains(string(log), "ong@lta") {
					t.Errorf("%s finds that the invitation ended: %v\n%s", officer, has, log)
				}
			}
		})
	}
}

// What leaves as a file is recorded before it leaves, and so is a token that signs
// nobody in.
func TestActivity_ExportsAndBadTokens(t *testing.T) {
	t.Parallel()
	s := serveAPI(t, databases["SQLite"](t))
	tan, admin := s.token(t, "tan@agency.gov.sg"), s.token(t, "admin@agency.gov.sg")
	s.invited(t, "tan@agency.gov.sg", "ong@agency.gov.sg")
	for _, path := range []string{"/status/export.xlsx", "/status/export.csv"} {
		if status, body := s.send(t, http.MethodGet, path, "", tan, nil); status != http.StatusOK {
			t.Fatalf("%s: %d: %.200s", path, status, body)
		}
	}
	status, log := s.send(t, http.MethodGet, "/activity/export.csv?event=EXPORTED", "", tan, nil)
	if status != http.StatusOK || !strings.HasPrefix(string(log), "\ufeffWhen,Event,Type,") {
		t.Fatalf("%d: %s", status, log)
	}
	for _, want := range []string{`User creation status,"1 row, .xlsx",127.0.0.1,`, `User creation status,"1 row, .csv",127.0.0.1,`} {
		if strings.Count(string(log), want) != 1 {
			t.Errorf("%s does not stand once in\n%s", want, log)
		}
	}
	if _, log = s.send(t, http.MethodGet, "/activity/export.csv?event=EXPORTED", "", tan, nil); !strings.Contains(string(log), `,Activity,"2 rows, .csv",`) {
		t.Errorf("the log's own export has no record:\n%s", log)
	}
	invite := []byte(`{"query": "mutation { inviteByEmail(input: {email: \"ong@agency.gov.sg\", reason: \"x\"}) { errors { code } } }"}`)
	s.send(t, http.MethodPost, "/graphql", "application/json", "tbz_"+strings.Repeat("0", 49), invite)
	_, log = s.send(t, http.MethodGet, "/activity/export.csv?event=ACCESS_REFUSED", "", admin, nil)
	if !strings.Contains(string(log), ",Access refused,ACCESS_REFUSED,Unknown,,Nobody,,Not a valid token,127.0.0.1,") {
		t.Errorf("the unknown token has no record:\n%s", log)
	}
}

// recordsOf are the records of some types, as their type and detail, oldest first.
func recordsOf(t *testing.T, place []string, types ...string) (records []string) {
	t.Helper()
	rows, err := openPlace(t, place).QueryContext(t.Context(),
		"SELECT type, COALESCE(detail, '') FROM audit_records WHERE type IN ('"+strings.Join(types, "', '")+"') ORDER BY recorded_at, id")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var kind, detail string
		if err := rows.Scan(&kind, &detail); err != nil {
			t.Fatal(err)
		}
		records = append(records, strings.TrimSpace(kind+" "+detail))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return records
}

// A page of another site that has somebody's session send something is recorded with
// whose session it is; a cookie that signs nobody in is not.
func TestActivity_RequestsFromOtherSites(t *testing.T) {
	t.Parallel()
	for name, place := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			where := place(t)
			w := &accessWalk{base: start(t, where...)}
			tan := w.signIn(t, "tan", "tan@agency.gov.sg", access.Officer)
			foreign := func(cookie string) {
				t.Helper()
				r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.base.String()+"/graphql", strings.NewReader("{}"))
				if err != nil {
					t.Fatal(err)
				}
				r.Header = http.Header{"Origin": {"https://evil.example"}, "Sec-Fetch-Site": {"cross-site"}, "Cookie": {cookie}}
				res, err := http.DefaultClient.Do(r)
				if err != nil {
					t.Fatal(err)
				}
				_ = res.Body.Close()
				if res.StatusCode != http.StatusForbidden {
					t.Errorf("%s: %s", cookie, res.Status)
				}
			}
			session := tan.client.Jar.Cookies(w.base)[0].String()
			foreign("techbiz=forged")
			foreign(session)
			res := w.do(t.Context(), t, tan, http.MethodPost, "/sign-out", "application/x-www-form-urlencoded", nil)
			_ = res.Body.Close()
			foreign(session)
			want := []string{`ACCESS_REFUSED {"code":"FORBIDDEN","reason":"A request from another site"}`}
			if diff := cmp.Diff(want, recordsOf(t, where, "ACCESS_REFUSED")); diff != "" {
				t.Error(diff)
			}
			var email string
			if err := openPlace(t, where).QueryRowContext(t.Context(), `SELECT o.email FROM audit_records r
				JOIN officers o ON o.id = r.actor_id WHERE r.type = 'ACCESS_REFUSED' AND r.address = '127.0.0.1'`).Scan(&email); err != nil || email != tan.email {
				t.Errorf("it is %q's: %v", email, err)
			}
		})
	}
}

// What the settings and the commands about keys do is recorded, under the log's own key
// and no other.
func TestActivity_SettingsAndKeys(t *testing.T) {
	t.Parallel()
	for name, place := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			where := place(t)
			run := func(args ...string) result {
				t.Helper()
				got := runProgram(t, nil, append(args, where...)...)
				if got.status != exitOK {
					t.Fatalf("%v: %+v", args, got)
				}
				return got
			}
			t.Run("a server", func(t *testing.T) {
				for range 2 { // the second start changes nothing
					t.Run("starts", func(t *testing.T) {
						start(t, append(where, "--admins=boss@agency.gov.sg", "--allowed-domains=vendor.com")...)
					})
				}
			})
			run("keys", "rotate")
			run("keys", "reencrypt", "--statement-timeout=1s")
			run("keys", "retire")
			want := []string{
				`DOMAIN_ALLOWED {"domain":"vendor.com"}`, `ROLE_CHANGED {"role":"ADMIN"}`,
				`KEYS_ROTATED {"what":"new keys added beside the old ones"}`,
				`KEYS_ROTATED {"what":"sealing everything with the newest keys: begun"}`, `KEYS_ROTATED {"what":"sealing everything with the newest keys: done"}`,
				`KEYS_ROTATED {"what":"old keys removed"}`,
			}
			types := []string{"DOMAIN_ALLOWED", "ROLE_CHANGED", "KEYS_ROTATED"}
			if diff := cmp.Diff(want, recordsOf(t, where, types...)); diff != "" {
				t.Error(diff)
			}
			another := append([]string{"--audit-key=" + goodKey}, where...)
			for _, args := range [][]string{{"keys", "rotate"}, {"serve", "--admins=other@agency.gov.sg", "--addr=127.0.0.1:0"}} {
				if got := runProgram(t, nil, append(args, another...)...); got.status != exitFailure || !strings.Contains(got.stderr, "another key") {
					t.Errorf("under another key: %+v", got)
				}
			}
			if diff := cmp.Diff(want, recordsOf(t, where, types...)); diff != "" {
				t.Errorf("under another key: %s", diff)
			}
			run("audit", "verify")
		})
	}
}

// docs/activity.md has every type.
func TestActivity_TypesAreDocumented(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../../docs/activity.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range audit.Types() {
		if !strings.Contains(string(raw), "`"+string(n.Type)+"`") {
			t.Errorf("%s is missing", n.Type)
		}
	}
}
