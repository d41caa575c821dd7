package hostile

import (
	"fmt"
	"strings"
)

// Documents are bodies of requests, by what they try. Those whose name begins with
// harmless may be answered; no other one may.
func Documents() map[string]string {
	many := func(n int, format string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, strings.ReplaceAll(format, "%", "%[1]d"), i)
		}
		return b.String()
	}
	query := func(q string) string { return Document(q, "") }
	deep := strings.Repeat("batch { rows { nodes { invitation { ", 200)
	return map[string]string{
		"a thousand aliases":              query("{ " + many(1000, "a%: viewer { id } ") + "}"),
		"a hundred thousand fields":       query("{ viewer { " + strings.Repeat("id ", 100_000) + "} }"),
		"nesting":                         query("{ invitations { nodes { " + deep + "id" + strings.Repeat(" } } } }", 200) + " } } }"),
		"pages of pages":                  query(`{ batches(first: 200) { nodes { rows(first: 200) { nodes { invitation { batch { rows(first: 200) { nodes { id } } } } } } } } }`),
		"a fragment in itself":            query("{ ...a } fragment a on Query { ...a }"),
		"fragments in each other":         query("{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }"),
		"fragments that multiply":         query("{ ...f0 } " + many(30, "fragment f% on Query { ...f%x ...f%x } fragment f%x on Query { viewer { id } } ")),
		"fragments that double":           query(doubling(25)),
		"a thousand directives":           query("{ viewer " + strings.Repeat("@include(if: true) ", 1000) + "{ id } }"),
		"an unknown directive":            query("{ viewer @sql(q: \"x\") { id } }"),
		"a thousand operations":           query(many(1000, "query q% { viewer { id } } ")),
		"a thousand variables":            query("query(" + many(1000, "$v%: Int ") + ") { viewer { id } }"),
		"introspection":                   query("{ __schema { types { name fields { name } } } }"),
		"a type's introspection":          query(`{ __type(name: "Query") { name } }`),
		"introspection under an alias":    query("{ harmless: __schema { types { name } } }"),
		"introspection in a fragment":     query("{ ...f } fragment f on Query { __schema { types { name } } }"),
		"no query":                        `{}`,
		"a query that is no text":         `{"query":{"a":1}}`,
		"a number":                        `1`,
		"null":                            `null`,
		"a text":                          `"{ viewer { id } }"`,
		"nothing":                         ``,
		"half of JSON":                    `{"query":"{ viewer`,
		"two requests in one":             `[{"query":"{ viewer { id } }"},{"query":"{ viewer { id } }"}]`,
		"a thousand requests in one":      `[` + strings.TrimSuffix(strings.Repeat(`{"query":"{ viewer { id } }"},`, 1000), ",") + `]`,
		"a query of NUL":                  query("\x00"),
		"a query that is no UTF-8":        `{"query":"{ viewer { id } } ` + "\xff\xfe" + `"}`,
		"an endless string":               query(`{ invitations(filter: {search: "` + strings.Repeat("x", 900_000)),
		"an endless comment":              query("#" + strings.Repeat("x", 900_000)),
		"a block string":                  query(`{ invitations(filter: {search: """` + strings.Repeat(`\"""`, 10_000) + `"""}) { totalCount } } }`),
		"a number beyond every limit":     query(`{ batches(first: ` + strings.Repeat("9", 10_000) + `) { totalCount } }`),
		"an escape that is none":          query(`{ invitations(filter: {search: "\uZZZZ"}) { totalCount } }`),
		"nested lists":                    query(`mutation { removeBatchRows(ids: ` + strings.Repeat("[", 2_000) + strings.Repeat("]", 2_000) + `) { errors { code } } }`),
		"a mutation and a query":          query("query a { viewer { id } } mutation b { cancelInvitation(id: \"x\") { errors { code } } }"),
		"an operation that is not there":  `{"query":"query a { viewer { id } }","operationName":"b"}`,
		"an operation's name of markup":   `{"query":"query a { viewer { id } }","operationName":"<script>"}`,
		"variables that are a list":       `{"query":"{ viewer { id } }","variables":[1]}`,
		"variables of another operation":  `{"query":"query($id: ID!) { batch(id: $id) { id } }","variables":{"x":1}}`,
		"a persisted query that is not":   `{"extensions":{"persistedQuery":{"version":1,"sha256Hash":"` + strings.Repeat("0", 64) + `"}}}`,
		"a persisted query of a number":   `{"extensions":{"persistedQuery":1}}`,
		"harmless hash of another query":  `{"query":"{ viewer { id } } #zqx","extensions":{"persistedQuery":{"version":1,"sha256Hash":"` + strings.Repeat("0", 64) + `"}}}`,
		"two subscriptions in one":        query(`subscription { a: invitationUpdated { id } b: invitationUpdated { id } }`),
		"a file without a form":           `{"query":"mutation($f: Upload!) { uploadBatch(file: $f) { errors { code } } }","variables":{"f":{"Filename":"/etc/passwd"}}}`,
		"harmless extensions":             `{"query":"{ viewer { id } }","extensions":{"x":{"y":[1]}}}`,
		"harmless keys that come twice":   `{"query":"{ x }","query":"{ viewer { id } }"}`,
		"harmless text after the request": `{"query":"{ viewer { id } }"} trailing`,
	}
}

// doubling is a query that is 2^n fields when its fragments are written out.
func doubling(n int) string {
	var b strings.Builder
	b.WriteString("{ ...d0 } ")
	for i := range n {
		fmt.Fprintf(&b, "fragment d%d on Query { a%d: viewer { id } ...d%d b%d: viewer { id } ...d%d } ", i, i, i+1, i, i+1)
	}
	fmt.Fprintf(&b, "fragment d%d on Query { viewer { id } }", n)
	return b.String()
}
