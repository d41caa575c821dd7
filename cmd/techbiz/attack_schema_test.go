package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sync/errgroup"

	"techbiz/cmd/techbiz/hostile"
	"techbiz/graph"
)

const (
	attackers = 4  // officers who attack at the same time
	chunk     = 60 // inputs between two looks at what there is to attack
)

// attackedSchema is every operation of the API with what it is attacked by.
var attackedSchema = sync.OnceValue(func() []hostile.Operation {
	return hostile.Operations(graph.Schema(&graph.Resolver{}).Schema(), everything())
})

// everything says whether every text is tried in every place, which takes many
// minutes; otherwise a sample is, which is the same in each run.
func everything() bool { return os.Getenv("TECHBIZ_TEST_ATTACK") == "all" }

// share is a part of the inputs of one operation.
type share struct {
	hostile.Operation
	inputs []hostile.Input
}

// TestAttack_Schema fills every argument and every field of every input of the schema
// with all that is hostile there. Nothing may be answered by a fault of ours, or
// late, or with what is somebody else's.
func TestAttack_Schema(t *testing.T) {
	t.Parallel()
	for name, place := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAttack(t, place(t))
			shares := make(chan share)
			var group errgroup.Group
			for i := range attackers {
				group.Go(func() error {
					officer := a.attacker(t, i)
					for s := range shares {
						officer.assail(t, s)
					}
					return nil
				})
			}
			for _, s := range sharesOf(name) {
				shares <- s
			}
			close(shares)
			if err := group.Wait(); err != nil {
				t.Fatal(err)
			}
			a.tried(t, "inputs of the API on "+name)
		})
	}
}

// noUTF8 says of a byte that text of ours has none such.
func noUTF8(b byte) bool { return b == 0xff || b == 0xed || b == 0xc0 }

// sharesOf are the inputs in parts, in an order of chance that is always the same:
// what one operation leaves behind another one meets. On PostgreSQL every fourth
// value is enough besides those that only a database can choke on.
func sharesOf(database string) []share {
	var all []share
	for _, o := range attackedSchema() {
		inputs := o.Inputs
		if database != "SQLite" {
			inputs = nil
			for i, in := range o.Inputs {
				if in.Valid || i%4 == 0 || slices.ContainsFunc([]byte(in.Variables), noUTF8) || strings.Contains(string(in.Variables), `\u00`) {
					inputs = append(inputs, in)
				}
			}
		}
		for from := 0; from < len(inputs); from += chunk {
			all = append(all, share{o, inputs[from:min(from+chunk, len(inputs))]})
		}
	}
	r := rand.New(rand.NewPCG(hostile.Seed, 1))
	r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all
}

// assail sends a share's inputs, after it made something to attack.
func (o *attacker) assail(t *testing.T, s share) {
	o.prepare(t)
	for _, in := range s.inputs {
		body := hostile.Document(s.Query, hostile.Raw(o.fill(string(in.Variables))))
		answer := o.post(t, in.Name, body, s.Kind == "subscription")
		if !o.admin && strings.Contains(answer, foreign) {
			t.Errorf("%s tells what another officer has: %.300s", in.Name, answer)
		}
		if in.Valid && strings.Contains(answer, `"BAD_REQUEST"`) && !strings.Contains(s.Query, "Upload") && !strings.Contains(s.Query, "__") ||
			in.Valid && strings.Contains(answer, `"QUERY_TOO_COMPLEX"`) {
			t.Errorf("%s reaches nothing: %.300s", in.Name, answer)
		}
	}
}

// TestAttack_Documents sends queries that are hostile themselves.
func TestAttack_Documents(t *testing.T) {
	t.Parallel()
	a := newAttack(t, databases["SQLite"](t))
	o := a.attacker(t, 0)
	o.prepare(t)
	for name, body := range hostile.Documents() {
		answer := o.post(t, name, o.fill(body), false)
		var got struct {
			Data   json.RawMessage
			Errors []struct{ Message string }
		}
		if err := json.Unmarshal([]byte(answer), &got); err == nil && len(got.Errors) == 0 && !strings.HasPrefix(name, "harmless") {
			t.Errorf("%s is answered: %.300s", name, answer)
		}
	}
	a.tried(t, "hostile queries")
}

// FuzzGraphQL tries values of the fuzzer's own making in every place:
//
//	go test -fuzz FuzzGraphQL ./cmd/techbiz
func FuzzGraphQL(f *testing.F) {
	for i, text := range hostile.Texts() {
		if i%7 == 0 {
			f.Add(uint16(i*31), uint16(i), []byte(fmt.Sprintf("%q", text.Value)))
		}
	}
	f.Add(uint16(0), uint16(0), []byte(`{"a":`))
	o := newAttack(f, databases["SQLite"](f)).attacker(f, 0)
	o.prepare(f)
	f.Fuzz(func(t *testing.T, operation, input uint16, value []byte) {
		op := attackedSchema()[int(operation)%len(attackedSchema())]
		in := op.Inputs[int(input)%len(op.Inputs)]
		variables := o.fill(string(in.Variables))
		// One value of the input makes place for the fuzzer's.
		if from, to := strings.Index(variables, `:"`), strings.Index(variables, `",`); from > 0 && to > from {
			variables = variables[:from+1] + string(value) + variables[to+1:]
		}
		o.post(t, in.Name, hostile.Document(op.Query, hostile.Raw(variables)), op.Kind == "subscription")
	})
}
