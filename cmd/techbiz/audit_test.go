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
			invite := []byte(`{"query": "mutation { inviteByEmail(input: {email: \"ong@agency.gov.sg\", reason: \"x\"}) { errors { code } } }"}`)
			if status, body := s.send(t, http.MethodPost, "/graphql", "application/json", s.token(t, "tan@agency.gov.sg"), invite); status != http.StatusOK {
				t.Fatalf("%d: %s", status, body)
			}
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
				s.send(t, http.MethodPost, "/graphql", "application/json", s.token(t, officer),
					[]byte(`{"query": "mutation { inviteByEmail(input: {email: \"`+invitee+`\", reason: \"x\"}) { errors { code } } }"}`))
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
		})
	}
}

// What leaves as a file is recorded before it leaves, and so is a token that signs
// nobody in.
func TestActivity_ExportsAndBadTokens(t *testing.T) {
	t.Parallel()
	s := serveAPI(t, databases["SQLite"](t))
	tan, admin := s.token(t, "tan@agency.gov.sg"), s.token(t, "admin@agency.gov.sg")
	invite := []byte(`{"query": "mutation { inviteByEmail(input: {email: \"ong@agency.gov.sg\", reason: \"x\"}) { errors { code } } }"}`)
	if status, body := s.send(t, http.MethodPost, "/graphql", "application/json", tan, invite); status != http.StatusOK {
		t.Fatalf("%d: %s", status, body)
	}
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
	s.send(t, http.MethodPost, "/graphql", "application/json", "tbz_"+strings.Repeat("0", 49), invite)
	_, log = s.send(t, http.MethodGet, "/activity/export.csv?event=ACCESS_REFUSED", "", admin, nil)
	if !strings.Contains(string(log), ",Access refused,ACCESS_REFUSED,Unknown,,Nobody,,Not a valid token,127.0.0.1,") {
		t.Errorf("the unknown token has no record:\n%s", log)
	}
}
