package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/vektah/gqlparser/v2/ast"

	"techbiz/graph"
	"techbiz/internal/access"
	"techbiz/internal/fault"
)

// verdict is what an actor gets of an act.
type verdict string

const (
	allowed         verdict = "allowed"
	unauthenticated         = verdict(fault.Unauthenticated)
	forbidden               = verdict(fault.Forbidden)
	notThere        verdict = "not there" // null, NOT_FOUND, or 404
)

// rootFields are all acts that the executable schema has.
func rootFields() []access.Act {
	schema := graph.Schema(&graph.Resolver{}).Schema()
	var acts []access.Act
	for _, root := range []*ast.Definition{schema.Query, schema.Mutation, schema.Subscription} {
		for _, f := range root.Fields {
			if !strings.HasPrefix(f.Name, "__") {
				acts = append(acts, access.Act(root.Name+"."+f.Name))
			}
		}
	}
	return acts
}

// Every field of the schema has a row in the access table and an example here, and
// the table has a row for nothing else.
func TestAccess_TableHasEveryField(t *testing.T) {
	t.Parallel()
	fields := rootFields()
	for _, act := range fields {
		if _, ok := access.RuleOf(act); !ok {
			t.Errorf("%s has no row in the access table", act)
		}
		if examples[act] == nil {
			t.Errorf("%s has no example in the walk", act)
		}
	}
	for _, r := range access.Table() {
		if !slices.Contains(fields, r.Act) && downloads[r.Act] == "" {
			t.Errorf("%s has a row, and is neither in the schema nor a download", r.Act)
		}
	}
}

// Every act is tried by everybody, on what is the officer's own, a colleague's and
// a stranger's. What is seen is what the table says.
func TestAccess_Walk(t *testing.T) {
	t.Parallel()
	for name, place := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newAccessWalk(t, place(t))
			for _, who := range w.actors {
				t.Run(who.name, func(t *testing.T) {
					for _, owner := range []*caller{w.tan, w.lee, w.goh} {
						on := w.things(t, owner)
						for _, act := range inOrder(rootFields()) {
							w.try(t, who, act, on)
						}
						for act, path := range downloads {
							w.download(t, who, act, path, on)
						}
					}
					w.lists(t, who)
				})
			}
			for _, who := range w.actors { // when nobody needs a session any more
				w.try(t, who, access.EndSessions, things{owner: w.tan})
			}
		})
	}
}

// inOrder puts what removes things behind what needs them, and leaves out what
// signs the caller out.
func inOrder(acts []access.Act) []access.Act {
	last := []access.Act{access.CancelInvitation, access.RemoveBatchRows, access.ResetBatch}
	acts = slices.DeleteFunc(acts, func(a access.Act) bool { return a == access.EndSessions || slices.Contains(last, a) })
	return append(acts, last...)
}

// things are what acts are tried on.
type things struct {
	owner                 *caller
	invitation, row, list string
	request, token        string
	n                     int
}

// examples are one call of every field. What concerns nothing in particular says
// nothing of on but its number, which makes names of their own.
var examples = map[access.Act]func(on things) string{
	access.ReadViewer: func(things) string { return `{ viewer { email } }` },
	access.ReadInvitation: func(on things) string {
		return `{ invitation(id: "` + on.invitation + `") { email history { what } } }`
	},
	access.ReadInvitations:  func(things) string { return `{ invitations { nodes { email } } }` },
	access.SummariseList:    func(things) string { return `{ invitationSummary { total } }` },
	access.ReadBatch:        func(on things) string { return `{ batch(id: "` + on.list + `") { id rows { nodes { id } } } }` },
	access.ReadBatches:      func(things) string { return `{ batches { nodes { id } } }` },
	access.ValidateAccounts: func(on things) string { return `{ validateAccounts(accounts: [` + on.account() + `]) { account } }` },
	access.ValidateEmail: func(things) string {
		return `{ validateEmailInvitation(input: {email: "x@lta.gov.sg", reason: "x"}) { code } }`
	},
	access.ReadTokens:         func(things) string { return `{ tokens { id } }` },
	access.ReadAllowedDomains: func(things) string { return `{ allowedDomains { domain addedBy { email } } }` },
	access.ReadDomainRequests: func(things) string { return `{ domainRequests { domain requestedBy { email } } }` },
	access.ReadOfficer:        func(on things) string { return `{ officer(id: "` + on.owner.id + `") { email } }` },
	access.ReadOfficers:       func(things) string { return `{ officers { nodes { email } } }` },
	access.FollowBatch:        func(on things) string { return `subscription { batchProgress(id: "` + on.list + `") { id } }` },
	access.FollowInvitations:  func(things) string { return `subscription { invitationUpdated { id } }` },
	access.InviteByEmail: func(on things) string {
		return `mutation { inviteByEmail(input: {email: "e` + on.number() + `@lta.gov.sg", reason: "x"}) { errors { code } } }`
	},
	access.CreateAccount: func(on things) string {
		return `mutation { createAccount(input: {account: ` + on.account() + `}) { errors { code } } }`
	},
	access.ResendInvitation:  onInvitation("resendInvitation(id: %q)"),
	access.ResendInvitations: func(things) string { return `mutation { resendInvitations(dryRun: true) { errors { code } } }` },
	access.CorrectAddress: func(on things) string {
		return `mutation { correctAddress(id: "` + on.invitation + `", email: "c` + on.number() + `@lta.gov.sg") { errors { code field } } }`
	},
	access.CancelInvitation: onInvitation("cancelInvitation(id: %q)"),
	access.UploadBatch: func(on things) string {
		return `mutation($file: Upload!) { uploadBatch(file: $file, into: "` + on.list + `") { errors { code field } } }`
	},
	access.CreateBatch: func(on things) string {
		return `mutation { createBatch(accounts: [` + on.account() + `]) { errors { code } } }`
	},
	access.AddBatchRow: func(on things) string {
		return `mutation { addBatchRow(batchId: "` + on.list + `", account: ` + on.account() + `) { errors { code field } } }`
	},
	access.UpdateBatchRow: func(on things) string {
		return `mutation { updateBatchRow(id: "` + on.row + `", account: ` + on.account() + `) { errors { code field } } }`
	},
	access.RemoveBatchRows: func(on things) string {
		return `mutation { removeBatchRows(ids: ["` + on.row + `"]) { errors { code field } } }`
	},
	access.ResetBatch:       onList("resetBatch(id: %q)"),
	access.ApplySuggestions: onList("applySuggestions(batchId: %q)"),
	access.HandOverBatch: func(on things) string {
		return `mutation { handOverBatch(id: "` + on.list + `", to: "` + on.owner.email + `") { errors { code field } } }`
	},
	access.SubmitBatch:    onList("submitBatch(id: %q)"),
	access.RetryBatchRows: onList("retryBatchRows(batchId: %q)"),
	access.StopBatch:      onList("stopBatch(id: %q)"),
	access.ContinueBatch:  onList("continueBatch(id: %q)"),
	access.UndoBatch:      onList("undoBatch(id: %q, dryRun: true)"),
	access.CreateToken:    func(things) string { return `mutation { createToken(name: "walk") { errors { code } } }` },
	access.RevokeToken: func(on things) string {
		return `mutation { revokeToken(id: "` + on.token + `") { errors { code field } } }`
	},
	access.RequestDomain: func(on things) string {
		return `mutation { requestDomain(domain: "r` + on.number() + `.com", reason: "x") { errors { code } } }`
	},
	access.AllowDomain: func(on things) string {
		return `mutation { allowDomain(domain: "a` + on.number() + `.com") { errors { code } } }`
	},
	access.DisallowDomain: func(on things) string {
		return `mutation { disallowDomain(domain: "a` + on.number() + `.com") { errors { code field } } }`
	},
	access.DecideDomainRequest: func(on things) string {
		return `mutation { decideDomainRequest(id: "` + on.request + `", approve: false) { errors { code field } } }`
	},
	access.ReadSessions:      func(things) string { return `{ sessions { id } }` },
	access.ReadActivity:      func(things) string { return `{ activity { nodes { id } } }` },
	access.ReadActivityTypes: func(things) string { return `{ activityTypes { type } }` },
	access.EndSession: func(things) string {
		return `mutation { endSession(id: "` + uuid.NewString() + `") { errors { code field } } }`
	},
	access.EndSessions: func(things) string { return `mutation { endSessions { errors { code field } } }` },
	access.SetRole: func(on things) string {
		return `mutation { setRole(officerId: "` + on.owner.id + `", role: OFFICER) { errors { code field } } }`
	},
}

func onInvitation(field string) func(things) string {
	return func(on things) string {
		return "mutation { " + fmt.Sprintf(field, on.invitation) + " { errors { code field } } }"
	}
}

func onList(field string) func(things) string {
	return func(on things) string {
		return "mutation { " + fmt.Sprintf(field, on.list) + " { errors { code field } } }"
	}
}

// downloads are the acts that the schema has not.
var downloads = map[access.Act]string{
	access.DownloadCorrections: "/corrections.xlsx",
	access.DownloadReport:      "/report.xlsx",
}

// concern are the acts on a thing that belongs to somebody. Whoever may do them
// gets at it as far as the act reaches; all others concern the caller alone, or
// nobody's.
var concern = map[access.Act]bool{
	access.ReadInvitation: true, access.ReadBatch: true, access.ReadOfficer: true, access.FollowBatch: true, access.DownloadCorrections: true, access.DownloadReport: true,
	access.ResendInvitation: true, access.CorrectAddress: true, access.CancelInvitation: true,
	access.UploadBatch: true, access.AddBatchRow: true, access.UpdateBatchRow: true, access.RemoveBatchRows: true, access.ResetBatch: true,
	access.ApplySuggestions: true, access.HandOverBatch: true, access.SubmitBatch: true, access.RetryBatchRows: true, access.StopBatch: true,
	access.ContinueBatch: true, access.UndoBatch: true, access.RevokeToken: true,
}

// expected is what the table says of an act.
func (w *accessWalk) expected(who *caller, act access.Act, on things) verdict {
	rule, ok := access.RuleOf(act)
	if !ok {
		return "no row"
	}
	switch {
	case who.role == "":
		return unauthenticated
	case rule.Reach(who.role) == access.Nothing,
		who.by == byReadToken && rule.Tokens != access.AnyToken,
		who.by == byWriteToken && rule.Tokens == access.NoToken:
		return forbidden
	case !concern[act]:
		return allowed
	}
	reached := map[access.Reach]bool{
		access.Own:        who.email == on.owner.email,
		access.Agency:     access.AgencyOf(who.email) == access.AgencyOf(on.owner.email),
		access.Everything: true,
	}[rule.Reach(who.role)]
	if reached {
		return allowed
	}
	return notThere
}

// try does an act and compares what comes of it with the table.
func (w *accessWalk) try(t *testing.T, who *caller, act access.Act, on things) {
	t.Helper()
	on.n = w.next()
	if examples[act] == nil {
		t.Fatalf("%s has no example", act)
	}
	if strings.HasPrefix(string(act), "Subscription.") {
		w.tryToFollow(t, who, act, on)
		return
	}
	query := map[string]any{"query": examples[act](on)}
	body, err := json.Marshal(query)
	if err != nil {
		t.Fatal(err)
	}
	kind := "application/json"
	if act == access.UploadBatch {
		query["variables"] = map[string]any{"file": nil}
		body, _ = json.Marshal(query) // it could be written before
		kind, body = multipartBody(t, body, "users.csv", []byte("Email,First Name\n"))
	}
	got, answer := observed(t, w.do(t.Context(), t, who, http.MethodPost, "/graphql", kind, body), act)
	if want := w.expected(who, act, on); got != want {
		t.Errorf("%s of %s's: %s, want %s: %s", act, on.owner.name, got, want, answer)
	}
}

// observed reads an answer of the API.
func observed(t *testing.T, res *http.Response, act access.Act) (verdict, string) {
	t.Helper()
	var raw bytes.Buffer
	_, err := raw.ReadFrom(res.Body)
	_ = res.Body.Close()
	if err != nil {
		t.Fatal(err)
	}
	return read(t, raw.String(), act), raw.String()
}

func read(t *testing.T, raw string, act access.Act) verdict {
	t.Helper()
	var answer struct {
		Data   map[string]json.RawMessage
		Errors []struct{ Extensions struct{ Code string } }
	}
	if err := json.Unmarshal([]byte(raw), &answer); err != nil {
		t.Fatalf("%s: %v: %s", act, err, raw)
	}
	if len(answer.Errors) > 0 {
		return verdict(answer.Errors[0].Extensions.Code)
	}
	_, field, _ := strings.Cut(string(act), ".")
	value := string(answer.Data[field])
	var payload struct {
		Errors []struct {
			Code  string
			Field []string
		}
	}
	switch {
	case value == "null":
		return notThere
	case json.Unmarshal([]byte(value), &payload) == nil && len(payload.Errors) > 0 && payload.Errors[0].Code == string(fault.NotFound) && payload.Errors[0].Field == nil:
		return notThere
	}
	return allowed
}

// tryToFollow reads the first answer of a subscription. One that says nothing by
// itself, as nothing changes, is let in when it begins to stream.
func (w *accessWalk) tryToFollow(t *testing.T, who *caller, act access.Act, on things) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	want := w.expected(who, act, on)
	told := w.follow(ctx, t, who, examples[act](on))
	got, answer := allowed, ""
	if act == access.FollowBatch || want != allowed {
		answer = <-told
		// It has no null and no payload to say so in.
		if got = read(t, answer, act); got == verdict(fault.BadRequest) {
			got = notThere
		}
	}
	if got != want {
		t.Errorf("%s of %s's: %s, want %s: %s", act, on.owner.name, got, want, answer)
	}
}

// download gets a file.
func (w *accessWalk) download(t *testing.T, who *caller, act access.Act, path string, on things) {
	t.Helper()
	res := w.do(t.Context(), t, who, http.MethodGet, "/invite/multiple/"+on.list+path, "", nil)
	_ = res.Body.Close()
	got := map[int]verdict{
		http.StatusOK: allowed, http.StatusConflict: allowed, // there is nothing to correct
		http.StatusNotFound: notThere, http.StatusForbidden: forbidden,
		http.StatusUnauthorized: unauthenticated, http.StatusSeeOther: unauthenticated,
	}[res.StatusCode]
	if want := w.expected(who, act, on); got != want {
		t.Errorf("%s of %s's: %d, want %s", act, on.owner.name, res.StatusCode, want)
	}
}
