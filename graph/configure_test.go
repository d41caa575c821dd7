package graph_test

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/google/uuid"

	"techbiz/graph"
	"techbiz/internal/access"
)

// Every account of a call and every file costs: one list as large as lists may be is
// let through with all that is told of it, and no second one in the same request.
func TestCosts_Lists(t *testing.T) {
	t.Parallel()
	const (
		checks   = `validateAccounts(accounts: $a) { account errors { code field message retryAt suggestion } }`
		least    = `validateAccounts(accounts: $a, askDirectory: false) { account }`
		accounts = `query($a: [AccountInput!]!) { %s }`
		list     = `mutation($a: [AccountInput!]!) { %s }`
		rows     = `mutation($i: [ID!]!) { %s }`
		remove   = "removeBatchRows(ids: $i) { errors { code } }"
		file     = `mutation($f: Upload!) { %s }`
		made     = `{ batch {
			id fileName state owner { id email name } createdAt expiresAt directoryCheck directoryChecked totalRows validRows flaggedRows suggestedRows
			startingLater hintedRows rowsToCorrect issueKinds { code field rows suggested } notices
			rows(first: 50) { totalCount pageInfo { hasNextPage endCursor } nodes {
				id number email techPassUsername firstName lastName countryCode contactNumber organisation department seedRequired reason startOn
				directoryChecked issues { code field message suggestion } hints { code field message } } }
		} errors { code field message retryAt suggestion } }`
		create = `createBatch(accounts: $a, idempotencyKey: "k") ` + made
		upload = `uploadBatch(file: $f) ` + made
	)
	for _, c := range []struct {
		name, operation, fields string
		items                   int
		refused                 bool
	}{
		{"a check of the largest list, with the directory", accounts, checks, 10_000, false},
		{"a second one", accounts, checks + " b: " + checks, 10_000, true},
		{"a second one that is told next to nothing", accounts, least + " b: " + least, 10_000, true},
		{"many of a large list", accounts, many(42, least), 9_000, true},
		{"many of a small one", accounts, many(42, checks), 5, false},
		{"in a fragment", accounts, "...F ...G } fragment F on Query { " + least + " } fragment G on Query { b: " + least, 10_000, true},
		{"the largest list", list, create, 10_000, false},
		{"a second list", list, create + ` b: createBatch(accounts: $a) { errors { code } }`, 10_000, true},
		{"as many rows as a request can name", rows, remove, 27_000, false},
		{"the same rows again and again", rows, many(90, remove), 1_000, true},
		{"a file", file, upload, 0, false},
		{"many files", file, many(3, "uploadBatch(file: $f) { errors { code } }"), 0, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			err := costs(t, fmt.Sprintf(c.operation, c.fields), map[string]any{
				"a": someAccounts(c.items), "i": slices.Repeat([]any{uuid.NewString()}, c.items), "f": graphql.Upload{Filename: "a.xlsx"},
			})
			if refused := strings.Contains(err, "QUERY_TOO_COMPLEX"); refused != c.refused || !refused && err != "" {
				t.Errorf("refused: %t, by %q", refused, err)
			}
		})
	}
}

// costs returns why an operation is refused before anything of it is done, "" where it
// is not.
func costs(t *testing.T, query string, variables map[string]any) string {
	t.Helper()
	r, log := &graph.Resolver{}, slog.New(slog.DiscardHandler)
	exec := executor.New(graph.Schema(r))
	graph.Configure(exec, r, graph.Options{Log: log})
	ctx := access.With(t.Context(), access.Actor{OfficerID: uuid.New(), Email: "tan@tech.gov.sg", Role: access.Officer})
	ctx = graphql.StartOperationTrace(ctx)
	op, refused := exec.CreateOperationContext(ctx, &graphql.RawParams{Query: query, Variables: variables})
	if refused == nil {
		return ""
	}
	answer := exec.DispatchError(graphql.WithOperationContext(ctx, op), refused)
	return fmt.Sprint(answer.Errors[0].Extensions["code"], ": ", answer.Errors[0].Message)
}

// many asks for a field n times.
func many(n int, field string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "f%d: %s ", i, field)
	}
	return b.String()
}

func someAccounts(n int) []any {
	all := make([]any, n)
	for i := range all {
		all[i] = map[string]any{"email": fmt.Sprintf("v%d@vendor.com", i), "firstName": "Mei", "lastName": "Tan", "organisation": "Vendor", "reason": "x", "contactNumber": "81234567"}
	}
	return all
}
