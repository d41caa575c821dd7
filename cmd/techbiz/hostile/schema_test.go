package hostile_test

import (
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"techbiz/cmd/techbiz/hostile"
)

var schema = gqlparser.MustLoadSchema(&ast.Source{Input: `
	scalar Time
	scalar Oddity
	enum Colour { RED GREEN }
	type Thing { id: ID! name: String parts(first: Int, after: String): [Part!]! }
	type Part { id: ID! thing: Thing! }
	input Inner { colour: Colour!, odd: Oddity, again: Inner }
	input ThingInput { name: String!, inner: [Inner!], on: Time }
	type Payload { thing: Thing }
	type Query { viewer: String thing(id: ID!): Thing }
	type Mutation { makeThing(input: ThingInput!): Payload! renamePart(id: ID!, name: String!): Payload! }
	type Subscription { thingChanged(id: ID!): Thing! }
`})

// Every operation, argument and place of an input is tried, and every document is
// one that the schema takes.
func TestOperations(t *testing.T) {
	t.Parallel()
	names, inputs := map[string]hostile.Operation{}, &strings.Builder{}
	for _, o := range hostile.Operations(schema, true) {
		names[o.Name] = o
		if _, err := gqlparser.LoadQueryWithRules(schema, o.Query, rules.NewDefaultRules()); err != nil {
			t.Errorf("%s: %v in %s", o.Name, err, o.Query)
		}
		for _, i := range o.Inputs {
			inputs.WriteString(i.Name + "\n")
			if i.Valid && !hostile.IsJSON(string(i.Variables)) {
				t.Errorf("%s: %s", i.Name, i.Variables)
			}
		}
	}
	for _, name := range []string{"query viewer", "query thing", "query thing.parts", "mutation makeThing", "mutation renamePart", "subscription thingChanged"} {
		if names[name].Query == "" {
			t.Errorf("no %s", name)
		}
	}
	for _, place := range []string{
		"query thing, id: ", "query thing.parts, first: ", "query thing.parts, after: ", "mutation makeThing, input: ", "mutation makeThing, input.name: ",
		"mutation makeThing, input.inner: ", "mutation makeThing, input.inner[0]: ", `mutation makeThing, input.inner[0].colour: "GREEN"`,
		"mutation makeThing, input.inner[0].odd: ", "mutation makeThing, input.inner[0].again.colour: ", "mutation makeThing, input.on: ",
		"mutation renamePart, id: \"@@id:Part|Thing@@\"", "mutation renamePart, id: \"@@others:Part|Thing@@\"", "subscription thingChanged, id: ",
	} {
		if !strings.Contains(inputs.String(), place) {
			t.Errorf("no input for %s", place)
		}
	}
}

func TestOperations_AreTheSameInEveryRun(t *testing.T) {
	t.Parallel()
	a, b := hostile.Operations(schema, true), hostile.Operations(schema, true)
	for i := range a {
		for j := range a[i].Inputs {
			if a[i].Inputs[j] != b[i].Inputs[j] {
				t.Fatalf("%+v and %+v", a[i].Inputs[j], b[i].Inputs[j])
			}
		}
	}
}
