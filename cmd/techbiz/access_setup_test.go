package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"techbiz/internal/access"
	"techbiz/internal/oidc/oidctest"
)

// The ways in.
const (
	bySession    = "session"
	byReadToken  = "read token"
	byWriteToken = "write token"
)

// caller is somebody who tries what there is: nobody, or an officer by some way in, a
// service client among them.
type caller struct {
	name, email, id string
	role            access.Role // "" for who is not let in
	by              string
	token           string
	client          *http.Client
}

// accessWalk is a server with three officers whose things are tried, and everybody
// who tries.
type accessWalk struct {
	base   *url.URL
	last   atomic.Int64
	admin  *caller // by a session
	tan    *caller
	lee    *caller // a colleague of tan's
	goh    *caller // of another agency
	actors []*caller
}

func newAccessWalk(t *testing.T, place []string) *accessWalk {
	t.Helper()
	const admin = "admin@agency.gov.sg"
	provider := oidctest.New(t)
	w := &accessWalk{base: start(t, append(place, "--allowed-domains=vendor.com", "--admins="+admin,
		"--oidc-issuer="+provider.Issuer(), "--oidc-client-id="+oidctest.ClientID, "--api-audience="+walkAudience,
		"--service-clients=pipeline=lee@agency.gov.sg,console="+admin)...)}
	w.admin = w.signIn(t, "an admin by session", admin, access.Admin)
	w.tan = w.signIn(t, "tan", "tan@agency.gov.sg", access.Officer)
	w.lee = w.signIn(t, "lee", "lee@agency.gov.sg", access.Officer)
	w.goh = w.signIn(t, "goh", "goh@lta.gov.sg", access.Officer)
	boss := w.signIn(t, "an agency admin by session", "boss@agency.gov.sg", access.AgencyAdmin)
	w.ask(t, w.admin, fmt.Sprintf(`mutation { setRole(officerId: %q, role: AGENCY_ADMIN) { officer { role } errors { code } } }`, boss.id), nil)
	w.actors = []*caller{
		{name: "nobody", client: &http.Client{}},
		{name: "a token that is none", by: byWriteToken, token: "tbz_" + strings.Repeat("0", 49), client: &http.Client{}},
		w.tan, boss, w.admin,
		w.withToken(t, w.tan, false), w.withToken(t, w.tan, true),
		w.withToken(t, boss, false), w.withToken(t, boss, true),
		w.withToken(t, w.admin, false), w.withToken(t, w.admin, true),
		asClient(provider, "pipeline", w.lee, false), asClient(provider, "pipeline", w.lee, true), asClient(provider, "console", w.admin, true),
	}
	for _, a := range w.actors {
		a.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	}
	return w
}

func (w *accessWalk) next() int { return int(w.last.Add(1)) }

// signIn signs an officer in as the pages do.
func (w *accessWalk) signIn(t *testing.T, name, email string, role access.Role) *caller {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	p := &caller{name: name, email: email, role: role, by: bySession, client: &http.Client{Jar: jar}}
	form := func(path string, values url.Values) {
		res := w.do(t.Context(), t, p, http.MethodPost, path, "application/x-www-form-urlencoded", []byte(values.Encode()))
		_ = res.Body.Close()
	}
	form("/sign-in", url.Values{"email": {email}})
	mails := (&portal{base: w.base}).mails(t, email)
	if len(mails) == 0 {
		t.Fatalf("no code for %s", email)
	}
	form("/sign-in/code", url.Values{"code": {sixDigits.FindString(mails[0].Text)}})
	var answer struct{ Viewer struct{ ID string } }
	w.ask(t, p, `{ viewer { id } }`, &answer)
	p.id = answer.Viewer.ID
	return p
}

// withToken is an officer who comes with a token.
func (w *accessWalk) withToken(t *testing.T, of *caller, write bool) *caller {
	t.Helper()
	var answer struct{ CreateToken struct{ Secret string } }
	w.ask(t, of, fmt.Sprintf(`mutation { createToken(name: "walk", write: %t) { secret errors { message } } }`, write), &answer)
	p := *of
	p.by, p.token, p.client = map[bool]string{false: byReadToken, true: byWriteToken}[write], answer.CreateToken.Secret, &http.Client{}
	p.name = strings.ToLower(string(p.role)) + " by a " + p.by
	return &p
}

// walkAudience is our API's name at the provider.
const walkAudience = "api://techbiz"

// asClient is a service client for which an officer answers, with a token of the
// OpenID provider.
func asClient(provider *oidctest.Provider, id string, of *caller, write bool) *caller {
	now := time.Now()
	p := *of
	p.by, p.client = map[bool]string{false: byReadToken, true: byWriteToken}[write], &http.Client{}
	p.token = provider.Sign(map[string]any{
		"iss": provider.Issuer(), "sub": "service-principal", "aud": walkAudience, "azp": id, "idtyp": "app",
		"roles": map[bool]string{false: "TechBiz.Read", true: "TechBiz.Write"}[write], "iat": now.Unix(), "exp": now.Add(time.Hour).Unix(),
	})
	p.name = strings.ToLower(string(p.role)) + "'s service client by a " + p.by
	return &p
}

// do sends a request in somebody's name.
func (w *accessWalk) do(ctx context.Context, t *testing.T, who *caller, method, path, kind string, body []byte) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, method, w.base.String()+path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", kind)
	if who.token != "" {
		req.Header.Set("Authorization", "Bearer "+who.token)
	}
	if strings.HasPrefix(kind, "text/event-stream") {
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Accept", kind)
	}
	res, err := who.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

// ask runs an operation that has to succeed.
func (w *accessWalk) ask(t *testing.T, who *caller, query string, into any) {
	t.Helper()
	body, err := json.Marshal(map[string]string{"query": query})
	if err != nil {
		t.Fatal(err)
	}
	res := w.do(t.Context(), t, who, http.MethodPost, "/graphql", "application/json", body)
	defer func() { _ = res.Body.Close() }()
	answer := struct {
		Data   any
		Errors []struct{ Message string }
	}{Data: into}
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil || len(answer.Errors) > 0 {
		t.Fatalf("%s: %s: %v %v", who.name, query, err, answer.Errors)
	}
}

// follow subscribes and returns the data of each event.
func (w *accessWalk) follow(ctx context.Context, t *testing.T, who *caller, query string) <-chan string {
	t.Helper()
	body, err := json.Marshal(map[string]string{"query": query})
	if err != nil {
		t.Fatal(err)
	}
	res := w.do(ctx, t, who, http.MethodPost, "/graphql", "text/event-stream", body)
	told := make(chan string, 100)
	go func() {
		defer close(told)
		defer func() { _ = res.Body.Close() }()
		for lines := bufio.NewScanner(res.Body); lines.Scan(); {
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok && strings.HasPrefix(data, "{") {
				told <- data
			}
		}
	}()
	return told
}

// account is the input of an account that nobody has.
func (on things) account() string {
	return fmt.Sprintf(`{email: "v%[1]d@vendor.com", techPassUsername: "v%[1]d", firstName: "A", lastName: "B", contactNumber: "9%07[1]d", organisation: "C", reason: "D"}`, on.n)
}

func (on things) number() string { return fmt.Sprint(on.n) }

// things makes one of each for an officer.
func (w *accessWalk) things(t *testing.T, owner *caller) things {
	t.Helper()
	on := things{owner: owner, n: w.next()}
	var made struct {
		InviteByEmail struct{ Invitation struct{ ID string } }
		CreateBatch   struct {
			Batch struct {
				ID   string
				Rows struct{ Nodes []struct{ ID string } }
			}
		}
		RequestDomain struct{ Request struct{ ID string } }
		CreateToken   struct{ Token struct{ ID string } }
	}
	w.ask(t, owner, fmt.Sprintf(`mutation {
		inviteByEmail(input: {email: "t%[1]d@lta.gov.sg", reason: "x"}) { invitation { id } }
		createBatch(accounts: [%[2]s]) { batch { id rows { nodes { id } } } }
		requestDomain(domain: "t%[1]d.com", reason: "x") { request { id } }
		createToken(name: "thing") { token { id } }
	}`, on.n, on.account()), &made)
	on.invitation, on.list = made.InviteByEmail.Invitation.ID, made.CreateBatch.Batch.ID
	on.row = made.CreateBatch.Batch.Rows.Nodes[0].ID
	if made.RequestDomain.Request.ID == "" {
		t.Fatalf("%s has asked for as many domains as an officer may", owner.name)
	}
	on.request, on.token = made.RequestDomain.Request.ID, made.CreateToken.Token.ID
	return on
}

// lists compares what lists show with how far they reach.
func (w *accessWalk) lists(t *testing.T, who *caller) {
	t.Helper()
	if who.role == "" {
		return
	}
	var answer struct {
		Own, All struct {
			Nodes []struct{ Inviter struct{ Email string } }
		}
		Summary struct{ Total int }
		Counted struct{ TotalCount int }
		Batches struct {
			Nodes []struct{ Owner struct{ Email string } }
		}
		Officers struct {
			TotalCount int
			Nodes      []struct{ Email string }
		}
		DomainRequests []struct{ RequestedBy struct{ Email string } }
	}
	all := ""
	if who.role != access.Officer {
		all = "allOfficers: true"
	}
	w.ask(t, who, fmt.Sprintf(`{
		own: invitations(first: 200) { nodes { inviter { email } } }
		all: invitations(first: 200, filter: {%[1]s}) { nodes { inviter { email } } }
		counted: invitations(first: 1, filter: {%[1]s}) { totalCount }
		summary: invitationSummary(filter: {%[1]s}) { total }
		batches(first: 200 %[1]s) { nodes { owner { email } } }
		officers(first: 200) { totalCount nodes { email } }
		domainRequests { requestedBy { email } }
	}`, all), &answer)
	emails := map[string]map[string]bool{"own": {}, "invitations": {}, "batches": {}, "officers": {}, "requests": {}}
	for _, n := range answer.Own.Nodes {
		emails["own"][n.Inviter.Email] = true
	}
	for _, n := range answer.All.Nodes {
		emails["invitations"][n.Inviter.Email] = true
	}
	for _, n := range answer.Batches.Nodes {
		emails["batches"][n.Owner.Email] = true
	}
	for _, n := range answer.Officers.Nodes {
		emails["officers"][n.Email] = true
	}
	for _, n := range answer.DomainRequests {
		emails["requests"][n.RequestedBy.Email] = true
	}
	for list, act := range map[string]access.Act{
		"own": access.ReadViewer, "invitations": access.ReadInvitations, "batches": access.ReadBatches,
		"officers": access.ReadOfficers, "requests": access.ReadDomainRequests,
	} {
		rule, _ := access.RuleOf(act)
		for _, owner := range []*caller{w.tan, w.lee, w.goh} {
			want := slices.Contains([]bool{
				rule.Reach(who.role) == access.Everything,
				rule.Reach(who.role) == access.Agency && access.AgencyOf(who.email) == access.AgencyOf(owner.email),
				who.email == owner.email,
			}, true)
			if got := emails[list][owner.email]; got != want {
				t.Errorf("%s: what is %s's stands in it: %t, want %t", list, owner.name, got, want)
			}
		}
	}
	if answer.Summary.Total != answer.Counted.TotalCount || answer.Officers.TotalCount != len(answer.Officers.Nodes) {
		t.Errorf("%d in the summary and %d in the list; %d officers and %d in the list",
			answer.Summary.Total, answer.Counted.TotalCount, answer.Officers.TotalCount, len(answer.Officers.Nodes))
	}
}
