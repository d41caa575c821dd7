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
	m := measure{seen: map[*ast.FragmentDefinition]size{}}
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
	}
	return nil
}

func tooComplex(format string, args ...any) *gqlerror.Error {
	err := gqlerror.Errorf(format, args...)
	errcode.Set(err, string(fault.QueryTooComplex))
	return err
}

// size is how large a part of a query is, with its fragments written out.
type size struct{ depth, fields, aliases, directives int }

func (s *size) add(o size) {
	s.depth = max(s.depth, o.depth)
	// A sum beyond every limit needs no precision, and must not overflow.
	s.fields = min(s.fields+o.fields, 2*maxFields)
	s.aliases = min(s.aliases+o.aliases, 2*maxAliases)
	s.directives = min(s.directives+o.directives, 2*maxDirectives)
}

// measure sizes each fragment once, however often it is spread: written out, a
// small query can be astronomically large.
type measure struct {
	seen map[*ast.FragmentDefinition]size
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
