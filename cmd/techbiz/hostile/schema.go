package hostile

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// Seed decides which of the inputs are sampled. It is the same in every run.
const Seed = 20260223

const (
	selectDepth = 2  // of an answer, in objects
	inputDepth  = 5  // of an input that may hold itself
	sampled     = 4  // of the values for a place that was filled elsewhere
	tried       = 28 // of the values for a place, where they are many
)

// Operation is a field of the schema that takes arguments, with the way to it.
type Operation struct {
	// Name is the way, such as "query batch.rows".
	Name string
	// Kind is query, mutation or subscription.
	Kind ast.Operation
	// Query is the document; Inputs are what its variables may be.
	Query  string
	Inputs []Input
	// Returns are the types of objects with an id in the answer.
	Returns []string
}

// Input is one set of variables.
type Input struct {
	Name string
	// Variables is JSON, or is meant to be. Identifiers that have to exist stand in it
	// as [Placeholder] has them; @@n@@ is a number of seven digits, never the same.
	Variables Raw
	// Valid is set for the input that nothing is wrong with.
	Valid bool
}

// Placeholder is where an identifier of one of these types belongs.
func Placeholder(types []string) string { return "@@id:" + strings.Join(types, "|") + "@@" }

// walker makes the operations of a schema.
type walker struct {
	schema *ast.Schema
	all    bool
	full   map[string]bool // places that were filled with every value
}

// Operations are all fields that take arguments, and the root fields that take none,
// each with the inputs to try: every argument and every field of every input, with
// all values that are hostile there.
//
// With all, each place of a text is filled with every text; without, with as many as
// make a run short, others in each place.
func Operations(schema *ast.Schema, all bool) []Operation {
	return operations(&walker{schema: schema, all: all, full: map[string]bool{}})
}

func operations(w *walker) []Operation {
	schema := w.schema
	var all []Operation
	for _, root := range []struct {
		kind ast.Operation
		def  *ast.Definition
	}{{ast.Query, schema.Query}, {ast.Mutation, schema.Mutation}, {ast.Subscription, schema.Subscription}} {
		if root.def == nil {
			continue
		}
		for _, f := range root.def.Fields {
			if !strings.HasPrefix(f.Name, "__") {
				all = append(all, w.operation(root.kind, []*ast.FieldDefinition{f}))
			}
		}
	}
	for _, path := range w.nested() {
		all = append(all, w.operation(ast.Query, path))
	}
	return all
}

// nested are the shortest ways to the fields below the root that take arguments.
func (w *walker) nested() [][]*ast.FieldDefinition {
	var found, queue [][]*ast.FieldDefinition
	for _, f := range w.schema.Query.Fields {
		queue = append(queue, []*ast.FieldDefinition{f})
	}
	seen := map[string]bool{"Query": true}
	for len(queue) > 0 {
		path := queue[0]
		queue = queue[1:]
		def := w.schema.Types[path[len(path)-1].Type.Name()]
		if def == nil || def.Kind != ast.Object || seen[def.Name] {
			continue
		}
		seen[def.Name] = true
		for _, f := range def.Fields {
			way := append(slices.Clone(path), f)
			if len(f.Arguments) > 0 {
				found = append(found, way)
			}
			queue = append(queue, way)
		}
	}
	return found
}

// operation is the document that reaches the end of a path, and its inputs.
func (w *walker) operation(kind ast.Operation, path []*ast.FieldDefinition) Operation {
	o := Operation{Kind: kind}
	var names, declared []string
	var args []argument
	open := &strings.Builder{}
	for i, f := range path {
		names = append(names, f.Name)
		open.WriteString(" " + f.Name)
		var given []string
		for _, a := range f.Arguments {
			if i < len(path)-1 && !a.Type.NonNull {
				continue // only the last field's are tried
			}
			variable := fmt.Sprintf("v%d", len(args))
			args = append(args, argument{variable, a, f, i == len(path)-1})
			declared = append(declared, "$"+variable+": "+a.Type.String())
			given = append(given, a.Name+": $"+variable)
		}
		if given != nil {
			open.WriteString("(" + strings.Join(given, ", ") + ")")
		}
		if i < len(path)-1 {
			open.WriteString(" {")
		}
	}
	last := path[len(path)-1]
	o.Name = string(kind) + " " + strings.Join(names, ".")
	o.Query = string(kind)
	if declared != nil {
		o.Query += " Attack(" + strings.Join(declared, ", ") + ")"
	}
	o.Query += " {" + open.String() + w.selection(last.Type.Name(), selectDepth) + strings.Repeat(" }", len(path))
	o.Returns = w.identified(last.Type.Name())
	o.Inputs = w.inputs(o.Name, args)
	return o
}

// selection asks for everything of a type that needs no argument.
func (w *walker) selection(name string, depth int) string {
	def := w.schema.Types[name]
	if def == nil || def.IsLeafType() {
		return ""
	}
	asked := []string{"__typename"}
	for _, f := range def.Fields {
		if strings.HasPrefix(f.Name, "__") || slices.ContainsFunc(f.Arguments, func(a *ast.ArgumentDefinition) bool { return a.Type.NonNull && a.DefaultValue == nil }) {
			continue
		}
		leaf := w.schema.Types[f.Type.Name()].IsLeafType()
		if leaf || depth > 0 {
			asked = append(asked, f.Name+w.selection(f.Type.Name(), depth-1))
		}
	}
	for _, p := range w.schema.GetPossibleTypes(def) {
		if p.Name != name {
			asked = append(asked, "... on "+p.Name+w.selection(p.Name, depth-1))
		}
	}
	return " { " + strings.Join(asked, " ") + " }"
}

// identified are the types with an id that an answer of this type may hold.
func (w *walker) identified(name string) []string {
	var found []string
	var look func(name string, depth int)
	look = func(name string, depth int) {
		def := w.schema.Types[name]
		if def == nil || def.Kind != ast.Object || depth < 0 {
			return
		}
		if def.Fields.ForName("id") != nil && !slices.Contains(found, name) {
			found = append(found, name)
		}
		for _, f := range def.Fields {
			look(f.Type.Name(), depth-1)
		}
	}
	look(name, 2)
	return found
}

// argument is one variable of an operation.
type argument struct {
	variable string
	*ast.ArgumentDefinition
	of    *ast.FieldDefinition
	tried bool
}

// inputs are the valid one and, for each place of each argument, one with each value
// that is hostile there.
func (w *walker) inputs(name string, args []argument) []Input {
	whole := func(with map[string]any) Raw {
		all := object{}
		for _, a := range args {
			if v, ok := with[a.variable]; ok {
				all[a.variable] = v
			} else if v := w.valid(a.Type, a.Name, a.of, inputDepth); v != nil {
				all[a.variable] = v
			}
		}
		b := &strings.Builder{}
		encode(b, all)
		return Raw(b.String())
	}
	inputs := []Input{{Name: name + " as it should be", Variables: whole(nil), Valid: true}}
	for _, a := range args {
		if !a.tried {
			continue
		}
		w.places(a.Type, a.Name, a.Name, a.of, inputDepth, func(place string, key string, values []any, fill func(any) any) {
			for _, v := range w.sample(name, key, values) {
				b := &strings.Builder{}
				encode(b, v)
				inputs = append(inputs, Input{
					Name:      fmt.Sprintf("%s, %s: %s", name, place, short(b.String())),
					Variables: whole(map[string]any{a.variable: fill(v)}),
				})
			}
		})
	}
	return inputs
}

func short(s string) string {
	if len(s) > 60 {
		s = s[:60] + "..."
	}
	return strings.ToValidUTF8(s, "\ufffd")
}

// sample returns all values for a place that is met for the first time, and a few
// for one that other operations have as well.
func (w *walker) sample(operation, key string, values []any) []any {
	n := sampled
	// Whose object it is decides every operation for itself.
	if !w.full[key] || strings.HasSuffix(key, " ID") {
		w.full[key] = true
		n = tried
	}
	if len(values) <= n || w.all && n == tried {
		return values
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(operation + key))
	r := rand.New(rand.NewPCG(Seed, h.Sum64()))
	var some []any
	for _, i := range r.Perm(len(values))[:n] {
		some = append(some, values[i])
	}
	return some
}
