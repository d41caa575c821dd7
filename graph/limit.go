package graph

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/lexer"

	"techbiz/internal/fault"
)

// Limits on the size of a query, besides its cost. They stand far above what the
// portal sends, and the standard introspection query fits.
const (
	maxTokens     = 5_000
	maxDepth      = 16
	maxFields     = 5_000 // with fragments written out
	maxAliases    = 100
	maxDirectives = 100
	// maxItems is more than one list in a body has. The cost of a query is known only
	// after gqlgen has read every argument, a variable as often as it is used.
	maxItems = 30_000
)

// sizeLimit refuses queries that are too large in any way, before anything is
// spent on them.
type sizeLimit struct{}

var _ interface {
	graphql.HandlerExtension
	graphql.OperationParameterMutator
	graphql.OperationContextMutator
} = sizeLimit{}

// ExtensionName is gqlgen's name for it.
func (sizeLimit) ExtensionName() string { return "SizeLimit" }

// Validate is gqlgen's check of the schema.
func (sizeLimit) Validate(graphql.ExecutableSchema) error { return nil }

// MutateOperationParameters counts the tokens, before the query is parsed.
func (sizeLimit) MutateOperationParameters(_ context.Context, p *graphql.RawParams) *gqlerror.Error {
	l := lexer.New(&ast.Source{Input: p.Query})
	for n := 0; ; n++ {
		t, err := l.ReadToken()
		if err != nil || t.Kind == lexer.EOF {
			return nil // the parser says what is wrong
		}
		if n == maxTokens {
			return tooComplex("The query has more than %d tokens. Pass data as variables, and split it.", maxTokens)
		}
	}
}

// MutateOperationContext measures the parsed query.
func (sizeLimit) MutateOperationContext(_ context.Context, op *graphql.OperationContext) *gqlerror.Error {
	m := measure{variables: op.Variables, seen: map[*ast.FragmentDefinition]size{}}
	s := m.selections(op.Operation.SelectionSet)
	s.directives += len(op.Operation.Directives)
	switch {
	case s.depth > maxDepth:
		return tooComplex("The query is nested more than %d levels deep.", maxDepth)
	case s.fields > maxFields:
		return tooComplex("The query asks for more than %d fields.", maxFields)
	case s.aliases > maxAliases:
		return tooComplex("The query has more than %d aliases.", maxAliases)
	case s.directives > maxDirectives:
		return tooComplex("The query has more than %d directives.", maxDirectives)
	case s.items > maxItems:
		return tooComplex("The query passes more than %d things in lists, each use of a variable counted. Split it.", maxItems)
	}
	return nil
}

func tooComplex(format string, args ...any) *gqlerror.Error {
	err := gqlerror.Errorf(format, args...)
	errcode.Set(err, string(fault.QueryTooComplex))
	return err
}

// size is how large a part of a query is, with its fragments written out.
type size struct{ depth, fields, aliases, directives, items int }

func (s *size) add(o size) {
	s.depth = max(s.depth, o.depth)
	// A sum beyond every limit needs no precision, and must not overflow.
	s.fields = min(s.fields+o.fields, 2*maxFields)
	s.aliases = min(s.aliases+o.aliases, 2*maxAliases)
	s.directives = min(s.directives+o.directives, 2*maxDirectives)
	s.items = min(s.items+o.items, 2*maxItems)
}

// measure sizes each fragment once, however often it is spread: written out, a
// small query can be astronomically large.
type measure struct {
	variables map[string]any
	seen      map[*ast.FragmentDefinition]size
}

func (m measure) selections(set ast.SelectionSet) size {
	var s size
	for _, sel := range set {
		switch sel := sel.(type) {
		case *ast.Field:
			f := m.selections(sel.SelectionSet)
			f.depth++
			f.fields++
			f.directives += len(sel.Directives)
			if sel.Alias != sel.Name {
				f.aliases++
			}
			for _, a := range sel.Arguments {
				f.items += m.items(a.Value)
			}
			s.add(f)
		case *ast.InlineFragment:
			f := m.selections(sel.SelectionSet)
			f.directives += len(sel.Directives)
			s.add(f)
		case *ast.FragmentSpread:
			f, ok := m.seen[sel.Definition]
			if !ok {
				f = m.selections(sel.Definition.SelectionSet)
				m.seen[sel.Definition] = f
			}
			f.directives += len(sel.Directives)
			s.add(f)
		}
	}
	return s
}

// items is how many things a value brings in lists of variables; those that the query
// itself has are tokens.
func (m measure) items(v *ast.Value) int {
	if v.Kind == ast.Variable {
		return itemsOf(m.variables[v.Raw])
	}
	n := 0
	for _, child := range v.Children {
		n += m.items(child.Value)
	}
	return n
}

func itemsOf(v any) int {
	switch v := v.(type) {
	case []any:
		return len(v)
	case map[string]any:
		n := 0
		for _, field := range v {
			n += itemsOf(field)
		}
		return n
	}
	return 0
}
