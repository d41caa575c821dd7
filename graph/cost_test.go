package graph_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"entgo.io/ent/dialect"
	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/google/uuid"

	"techbiz/ent/schema"
	"techbiz/graph"
	"techbiz/internal/access"
	"techbiz/internal/batch"
	"techbiz/internal/database"
	"techbiz/internal/database/databasetest"
	"techbiz/internal/jobs"
)

// api is the schema over a database whose reads are noted.
type api struct {
	db   *database.DB
	exec *executor.Executor

	mu    sync.Mutex
	noted []statement
}

type statement struct {
	query string
	args  []any
}

// each runs a test on both databases.
func each(t *testing.T, test func(t *testing.T, a *api)) {
	t.Helper()
	for name, options := range databasetest.Options(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, newAPI(t, options(t)))
		})
	}
}

func newAPI(t *testing.T, o database.Options) *api {
	t.Helper()
	a := &api{}
	o.Trace = func(query string, args []any) {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.noted = append(a.noted, statement{query, args})
	}
	var err error
	if a.db, err = database.Open(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.db.Close() })
	if err := a.db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	r := &graph.Resolver{DB: a.db, Lists: batch.New(batch.Options{DB: a.db, Jobs: jobs.New(jobs.Options{DB: a.db, Log: log}), Log: log}), Log: log}
	a.exec = executor.New(graph.Schema(r))
	graph.Configure(a.exec, r, graph.Options{Log: log})
	return a
}

// ask runs a query and returns the statements that it took.
func (a *api) ask(t *testing.T, actor access.Actor, query string) []statement {
	t.Helper()
	a.mu.Lock()
	a.noted = nil
	a.mu.Unlock()
	ctx := graphql.StartOperationTrace(access.With(t.Context(), actor))
	op, errs := a.exec.CreateOperationContext(ctx, &graphql.RawParams{Query: query})
	if errs != nil {
		t.Fatal(errs)
	}
	next, ctx := a.exec.DispatchOperation(ctx, op)
	answer := next(ctx)
	if len(answer.Errors) > 0 {
		t.Fatal(answer.Errors)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.noted
}

// fill stores officers, each with a batch, and invitations that go round among
// them.
func (a *api) fill(t *testing.T, officers, invitations int) []access.Actor {
	t.Helper()
	actors := make([]access.Actor, officers)
	batches := make([]uuid.UUID, officers)
	at := time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC)
	err := a.db.WithTx(access.System(t.Context()), func(ctx context.Context, tx *database.Tx) error {
		var people, lists, rows [][]any
		for i := range actors {
			actors[i] = access.Actor{OfficerID: schema.NewID(), Email: fmt.Sprintf("officer%d@agency.gov.sg", i), Role: access.Officer}
			batches[i] = schema.NewID()
			people = append(people, []any{actors[i].OfficerID, actors[i].Email, "agency.gov.sg", "OFFICER", at})
			lists = append(lists, []any{batches[i], actors[i].OfficerID, "SUBMITTED", "DONE", "[]", at})
		}
		for i := range invitations {
			email := fmt.Sprintf("%s.%d@vendor.com", names[i%len(names)], i)
			rows = append(rows, []any{
				schema.NewID(), actors[i%officers].OfficerID, batches[i%officers], "MULTIPLE_ACCOUNTS", "VENDOR", email, email,
				names[i%len(names)], names[i*7%len(names)], fmt.Sprintf("vendor %d", i%300), "ops",
				false, "D", at.Add(time.Duration(i) * time.Second), at.Add(time.Duration(i) * time.Second), true, "SUCCEEDED", "NOT_ONBOARDED", "ACCEPTED",
			})
		}
		return errors.Join(
			tx.Insert(ctx, "officers", []string{"id", "email", "agency", "role", "created_at"}, "", people),
			tx.Insert(ctx, "batches", []string{"id", "owner_id", "state", "directory_check", "notices", "created_at"}, "", lists),
			tx.Insert(ctx, "invitations", []string{
				"id", "inviter_id", "batch_id", "method", "user_type", "email", "email_key",
				"first_name_key", "last_name_key", "organisation_key", "department_key",
				"seed_required", "reason", "invited_at", "updated_at", "open", "provisioning", "techpass_status", "mail",
			}, "", rows))
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.db.Writer().ExecContext(t.Context(), "ANALYZE"); err != nil {
		t.Fatal(err)
	}
	return actors
}

// names are what the invitees of the tests are called.
var names = []string{"ahmad", "bala", "chen", "devi", "goh", "kumar", "lee", "lim", "mei", "ng", "ong", "tan", "wong"}

const everything = `query { invitations(first: %d, filter: {allOfficers: true}) {
	totalCount totalIsExact pageInfo { hasNextPage endCursor }
	nodes {
		id method userType email techPassUsername firstName lastName contactNumber organisation department seedRequired reason
		invitedAt updatedAt lastSentAt sendCount mail mailFailure expiresAt techPassStatus seedStatus provisioning failure
		canResend resendAvailableAt canCancel
		inviter { id email name role isAdmin }
		batch { id state totalRows validRows flaggedRows leftOut queued succeeded failed cancelled scheduled estimatedCompletionAt undo { by { email } } owner { email } }
	}
} }`

// TestInvitations_CostAFixedNumberOfStatements counts what pages of 5 and of 50
// take, every row with an inviter and a batch of its own.
func TestInvitations_CostAFixedNumberOfStatements(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, a *api) {
		a.fill(t, 60, 60)
		admin := access.Actor{OfficerID: schema.NewID(), Email: "admin@agency.gov.sg", Role: access.Admin}
		// The page, its total, inviters, batches, their owners, and two counts of them.
		const most = 1 + 2 + 1 + 1 + 1 + 2
		for _, size := range []int{5, 50} {
			if got := a.ask(t, admin, fmt.Sprintf(everything, size)); len(got) != most {
				t.Errorf("a page of %d took %d statements, not %d:\n%s", size, len(got), most, queries(got))
			}
		}
	})
}

// TestBatchRows_CostAFixedNumberOfStatements counts the same for the rows of a
// batch with their invitations.
func TestBatchRows_CostAFixedNumberOfStatements(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, a *api) {
		officer := a.fill(t, 1, 60)[0]
		// Each row has the id of its invitation.
		_, err := a.db.Writer().ExecContext(t.Context(), `INSERT INTO batch_rows (id, batch_id, position, number, email, user_type,
			first_name_key, last_name_key, organisation_key, department_key, issues, flagged, submitted)
			SELECT id, batch_id, row_number() OVER (ORDER BY id), 1, email, user_type, '', '', '', '', '[]', false, true FROM invitations`)
		if err != nil {
			t.Fatal(err)
		}
		const most = 1 + 2 + 1 + 1 + 1 + 1 + 1 // batches, their counts, rows, invitations, inviters, batches of those, history
		for _, size := range []int{5, 50} {
			got := a.ask(t, officer, fmt.Sprintf(`{ batches(first: 1) { nodes { totalRows rows(first: %d) { edges { node {
				email ... on BatchRow { invitation { ...I } } } } } } } }
				fragment I on Invitation { email inviter { email } batch { id } history { what by { email } } }`, size))
			if len(got) != most {
				t.Errorf("a page of %d took %d statements, not %d:\n%s", size, len(got), most, queries(got))
			}
		}
	})
}

func queries(all []statement) string {
	var b strings.Builder
	for _, s := range all {
		fmt.Fprintln(&b, s.query)
	}
	return b.String()
}

// TestInvitations_AreFoundByIndexes explains every statement of a list over many
// rows: none may go through the whole table, in whatever order.
func TestInvitations_AreFoundByIndexes(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, a *api) {
		many := 10_000 // fewer, and PostgreSQL finds it cheaper to read them all
		if a.db.Dialect() == dialect.SQLite {
			many = 2_000 // which takes long enough with the race detector
		}
		officer := a.fill(t, 100, many)[0]
		admin := access.Actor{OfficerID: schema.NewID(), Email: "admin@agency.gov.sg", Role: access.Admin}
		agency := access.Actor{OfficerID: schema.NewID(), Email: "admin@small.gov.sg", Role: access.AgencyAdmin}
		if _, err := a.db.Writer().ExecContext(t.Context(), `UPDATE officers SET agency = 'small.gov.sg' WHERE email = 'officer1@agency.gov.sg'`); err != nil {
			t.Fatal(err)
		}
		cases := []struct {
			name   string
			actor  access.Actor
			filter string
		}{
			{"an officer's own", officer, ``},
			{"an officer's rare prefix", officer, `filter: {search: "tan.19"}`},
			{"an officer's frequent prefix", officer, `filter: {search: "t"}`},
			{"an officer's prefix that nobody has", officer, `filter: {search: "zz%_"}`},
			{"everybody's rare prefix", admin, `filter: {allOfficers: true, search: "tan.19"}`},
			{"everybody's prefix that nobody has", admin, `filter: {allOfficers: true, search: "zz%_"}`},
			{"everybody's organisation", admin, `filter: {allOfficers: true, search: "vendor 299"}`},
			{"a small agency's", agency, `filter: {allOfficers: true}`},
			{"a small agency's frequent prefix", agency, `filter: {allOfficers: true, search: "t"}`},
			{"one address", admin, `filter: {allOfficers: true, email: "tan.11@vendor.com"}`},
		}
		for _, order := range []string{"INVITED_AT", "UPDATED_AT", "EMAIL", "TECHPASS_STATUS"} {
			for _, c := range cases {
				taken := a.ask(t, c.actor, fmt.Sprintf(`{ invitations(%s orderBy: {field: %s}) { nodes { id } } }`, c.filter, order))
				for _, s := range taken {
					if strings.Contains(s.query, "WHERE FALSE") {
						continue // reads nothing, though SQLite's plan does not say so
					}
					if plan := a.explain(t, s); a.scans(t, plan) {
						t.Errorf("%s by %s goes through all invitations:\n%s\n%s", c.name, order, s.query, plan)
					}
				}
			}
		}
	})
}

// explain is the database's plan for a statement.
func (a *api) explain(t *testing.T, s statement) string {
	t.Helper()
	explain := "EXPLAIN QUERY PLAN "
	if a.db.Dialect() == dialect.Postgres {
		explain = "EXPLAIN (FORMAT JSON) "
	}
	rows, err := a.db.Writer().QueryContext(t.Context(), explain+s.query, s.args...)
	if err != nil {
		t.Fatalf("explain %s: %v", s.query, err)
	}
	defer func() { _ = rows.Close() }()
	var b strings.Builder
	for rows.Next() {
		var line string
		to := []any{&line}
		if a.db.Dialect() == dialect.SQLite {
			to = []any{new(int), new(int), new(sql.RawBytes), &line}
		}
		if err := rows.Scan(to...); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(&b, line)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// scans says whether a plan reads all invitations: the table, or an index from
// end to end.
func (a *api) scans(t *testing.T, plan string) bool {
	t.Helper()
	if a.db.Dialect() == dialect.SQLite {
		return strings.Contains(plan, "SCAN invitations")
	}
	var explained []struct{ Plan node }
	if err := json.Unmarshal([]byte(plan), &explained); err != nil {
		t.Fatal(err)
	}
	return explained[0].Plan.scans()
}

// node is a node of PostgreSQL's plan.
type node struct {
	Type      string `json:"Node Type"`
	Relation  string `json:"Relation Name"`
	Condition string `json:"Index Cond"`
	Plans     []node
}

func (n node) scans() bool {
	byIndex := n.Condition != "" || n.Type == "Bitmap Heap Scan"
	if n.Relation == "invitations" && !byIndex {
		return true
	}
	for _, p := range n.Plans {
		if p.scans() {
			return true
		}
	}
	return false
}
