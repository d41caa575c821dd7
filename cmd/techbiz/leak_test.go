package main

import (
	"database/sql"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"entgo.io/ent/dialect"

	"techbiz/cmd/techbiz/programtest"
	"techbiz/internal/database"
)

// After everything that the product does with contact numbers none stands in clear
// anywhere: neither in the files of SQLite, its log of changes included, nor in any
// table or statistic of PostgreSQL, nor in the log.
func TestNumbers_NowhereInClear(t *testing.T) {
	t.Parallel()
	programtest.OnEach(t, func(t *testing.T, p *programtest.Place) {
		s := p.ServeReady(p.Token())
		n := numbers{s: s}
		n.single(t)
		n.list(t)
		n.workbook(t)
		n.register(t)
		n.read(t)
		db := p.Database()
		if err := db.Learn(t.Context()); err != nil { // statistics keep samples
			t.Fatal(err)
		}
		// Of the invitation and of the sandbox's person.
		if raw := p.Command("person", "export", "--email=mei.0@vendor.com"); strings.Count(raw, "+6590000000") != 2 {
			t.Errorf("the export lacks the number: %s", raw)
		}
		_, _, log := s.Terminate()
		everything := []string{log}
		if db.Dialect() == dialect.SQLite {
			everything = append(everything, files(t, p.Folder())...)
		} else {
			everything = append(everything, tables(t, db)...)
		}
		for _, clear := range n.clear() {
			for _, text := range everything {
				if at := strings.Index(text, clear); at >= 0 {
					t.Errorf("%s is in clear: …%q…", clear, text[max(0, at-60):min(len(text), at+30)])
				}
			}
		}
		if whole := strings.Join(everything, ""); !strings.Contains(whole, "mei.0@vendor.com") || !strings.Contains(whole, "user.7@vendor.com") {
			t.Error("what was looked through lacks the addresses, which stand in clear")
		}
	})
}

// numbers uses contact numbers in every way there is. They are typed with blanks or
// hyphens, or belong behind a 65, so that no other text looks like them.
type numbers struct{ s *programtest.Server }

// clear are the forms in which the numbers would be found.
func (n numbers) clear() []string {
	var all []string
	for i := range 20 {
		digits := fmt.Sprintf("9%07d", i)
		all = append(all, "+65"+digits, digits[:4]+" "+digits[4:], digits[:4]+"-"+digits[4:], `"`+digits+`"`)
		all = append(all, fmt.Sprintf("+658%07d", i), fmt.Sprintf("658%07d", i))
	}
	return append(all, "+6588887777", "8888 7777", "0065 9000")
}

func accountWith(i int, number string) map[string]any {
	a := programtest.Account(i)
	a["contactNumber"], a["seedRequired"] = number, false
	return a
}

// single creates accounts one by one, twice with the same key, and is refused.
func (n numbers) single(t *testing.T) {
	t.Helper()
	const create = `mutation($a: AccountInput!, $k: String) { createAccount(input: {account: $a, idempotencyKey: $k}) { invitation { id contactNumber } errors { code field message } } }`
	var answers [3]struct{ CreateAccount programtest.Made }
	for i := range 2 {
		n.s.Query(&answers[i], create, map[string]any{"a": accountWith(0, "9000 0000"), "k": "once"})
	}
	if first, again := answers[0].CreateAccount.ID(t), answers[1].CreateAccount.ID(t); first != again {
		t.Errorf("made twice: %s, %s", first, again)
	}
	n.s.Query(&answers[2], create, map[string]any{"a": accountWith(1, "9000-0000"), "k": "twice"})
	if errs := answers[2].CreateAccount.Errors; len(errs) != 1 || errs[0].Code != "ALREADY_INVITED" {
		t.Errorf("an open number: %+v", errs)
	}
}

// list makes a list with a number that is taken, one twice, and one that is
// misspelt and suggested, corrects that, and submits.
func (n numbers) list(t *testing.T) {
	t.Helper()
	rows := []map[string]any{accountWith(2, "9000 0002"), accountWith(3, "9000-0003"), accountWith(4, "9000 0000"), accountWith(5, "9000 0003"), accountWith(6, "0065 9000 0006")}
	var made struct{ CreateBatch programtest.Made }
	n.s.Query(&made, `mutation($a: [AccountInput!]!) { createBatch(accounts: $a, idempotencyKey: "list") { batch { id } errors { code message } } }`, map[string]any{"a": rows})
	id := made.CreateBatch.ID(t)
	var list struct {
		Batch struct {
			Rows struct {
				Nodes []struct {
					ContactNumber string
					Issues        []struct {
						Code       string
						Suggestion *string
					}
				}
			}
		}
	}
	read := func() (got []string) {
		n.s.Query(&list, `query($id: ID!) { batch(id: $id) { rows(first: 50) { nodes { contactNumber issues { code suggestion } } } } }`, map[string]any{"id": id})
		for _, r := range list.Batch.Rows.Nodes {
			line := r.ContactNumber
			for _, issue := range r.Issues {
				if line += " " + issue.Code; issue.Suggestion != nil {
					line += " " + *issue.Suggestion
				}
			}
			got = append(got, line)
		}
		return got
	}
	want := []string{"9000 0002", "9000-0003", "9000 0000 ALREADY_INVITED", "9000 0003 DUPLICATE_IN_FILE", "0065 9000 0006 INVALID_FORMAT 90000006"}
	if got := read(); !slices.Equal(got, want) {
		t.Errorf("rows: %q", got)
	}
	if status, body := n.bearer(t, "/invite/multiple/"+id+"/corrections.xlsx"); status != http.StatusOK {
		t.Errorf("the rows to correct: %d %s", status, body)
	}
	n.s.Query(&struct{}{}, `mutation($id: ID!) { applySuggestions(batchId: $id) { batch { id } errors { code } } }`, map[string]any{"id": id})
	if got := read(); got[4] != "90000006" {
		t.Errorf("corrected: %q", got[4])
	}
	n.s.Query(&made, `mutation($id: ID!) { submitBatch(id: $id, skipFlagged: true) { batch { id } errors { code message } } }`, map[string]any{"id": id})
	n.s.AwaitCompletion(id)
	if status, body := n.bearer(t, "/invite/multiple/"+id+"/report.xlsx"); status != http.StatusOK {
		t.Errorf("the report: %d %s", status, body)
	}
}

// workbook uploads a file and submits it.
func (n numbers) workbook(t *testing.T) {
	t.Helper()
	id := n.s.Upload(programtest.Workbook(t, 7, 12))
	n.s.Submit(id)
	n.s.AwaitCompletion(id)
}

// register lets an officer complete a registration with a number, and a vendor
// activate.
func (n numbers) register(t *testing.T) {
	t.Helper()
	var made struct{ InviteByEmail programtest.Made }
	n.s.Query(&made, `mutation { inviteByEmail(input: {email: "lee@lta.gov.sg", reason: "r"}) { invitation { id } errors { code message } } }`, nil)
	id := made.InviteByEmail.ID(t)
	n.s.Await("the registration link", func() bool {
		status, _ := n.post(t, "/sandbox/people/lee@lta.gov.sg/complete-registration", `{"contactNumber": "8888 7777"}`)
		return status == http.StatusOK
	})
	n.post(t, "/sandbox/people/mei.0@vendor.com/activate", `{}`)
	var got struct {
		Invitation struct{ ContactNumber *string }
	}
	n.s.Await("the number that was registered", func() bool {
		n.s.Query(&got, `query($id: ID!) { invitation(id: $id) { contactNumber } }`, map[string]any{"id": id})
		return got.Invitation.ContactNumber != nil
	})
	if *got.Invitation.ContactNumber != "+6588887777" {
		t.Errorf("registered: %s", *got.Invitation.ContactNumber)
	}
}

// read looks at the numbers wherever they are shown.
func (n numbers) read(t *testing.T) {
	t.Helper()
	for path, want := range map[string]string{"/status/export.csv": "90000002", "/status": "lee<wbr>@lta.gov.sg"} {
		if status, body := n.bearer(t, path); status != http.StatusOK || !strings.Contains(string(body), want) {
			t.Errorf("%s: %d, without %s", path, status, want)
		}
	}
}

func (n numbers) bearer(t *testing.T, path string) (int, []byte) {
	t.Helper()
	return n.send(t, http.MethodGet, path, "")
}

func (n numbers) post(t *testing.T, path, body string) (int, []byte) {
	t.Helper()
	return n.send(t, http.MethodPost, path, body)
}

func (n numbers) send(t *testing.T, method, path, body string) (int, []byte) {
	t.Helper()
	status, answer := n.s.Send(method, path, body)
	if status == http.StatusInternalServerError || status == 0 {
		t.Errorf("%s %s: %d %s", method, path, status, answer)
	}
	return status, answer
}

// files are the files of a database in a folder.
func files(t *testing.T, folder string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(folder, "techbiz.db*"))
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	var all []string
	for _, name := range names {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, string(raw))
	}
	return all
}

// tables are all rows of all tables, the job engine's included, and what the
// statistics keep.
func tables(t *testing.T, db *database.DB) []string {
	t.Helper()
	if _, err := db.Writer().ExecContext(t.Context(), "ANALYZE"); err != nil {
		t.Fatal(err)
	}
	var names, all []string
	if err := db.Query(t.Context(), `SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = current_schema()`, nil, func(r *sql.Rows) error {
		var name string
		err := r.Scan(&name)
		names = append(names, name+" t")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	for _, from := range append(names, "pg_stats t WHERE schemaname = current_schema()") {
		if err := db.Query(t.Context(), `SELECT COALESCE(json_agg(t)::text, '') FROM `+from, nil, func(r *sql.Rows) error {
			var text string
			err := r.Scan(&text)
			all = append(all, text)
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	if len(names) < 15 {
		t.Fatalf("only %d tables", len(names))
	}
	return all
}
