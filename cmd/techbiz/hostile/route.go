package hostile

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Route is an address that the program's source registers.
type Route struct {
	Method string // "" where the source names none
	Path   string // with its wildcards, such as /status/{id}
}

// Wildcards are the names of the parts of the path that vary.
func (r Route) Wildcards() []string {
	var names []string
	for _, m := range wildcard.FindAllStringSubmatch(r.Path, -1) {
		if m[1] != "$" {
			names = append(names, m[1])
		}
	}
	return names
}

// Fill puts texts in the place of the wildcards.
func (r Route) Fill(with func(name string) string) string {
	return wildcard.ReplaceAllStringFunc(r.Path, func(w string) string {
		if w == "{$}" {
			return ""
		}
		return with(strings.Trim(w, "{.}"))
	})
}

var (
	wildcard  = regexp.MustCompile(`\{([\w$]+)(?:\.\.\.)?\}`)
	pattern   = regexp.MustCompile(`^(?:([A-Z]+) )?(/\S*)$`)
	fieldName = regexp.MustCompile(`^[a-z][A-Za-z_-]*$`)
	inMarkup  = regexp.MustCompile(`\b[nN]ame(?:=|: )"([a-z][A-Za-z_-]*)"`)
)

// Site is what the program's source says of its pages.
type Site struct {
	Routes []Route
	Fields []string // the names of the fields of forms and of the parameters of queries
}

// ReadSite reads the routes and the fields out of the source below a folder, so that
// a new page is attacked without anybody adding it here.
func ReadSite(root string) (Site, error) {
	var s Site
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		switch name := entry.Name(); {
		case entry.IsDir() && (strings.HasPrefix(name, ".") && path != root && name != ".." || slices.Contains([]string{"node_modules", "ent", "generated", "vendor", "hostile"}, name)):
			return fs.SkipDir
		case entry.IsDir() || strings.HasSuffix(name, "_test.go") || strings.HasSuffix(name, "_templ.go"):
			return nil
		case strings.HasSuffix(name, ".templ"):
			return s.readMarkup(path)
		case strings.HasSuffix(name, ".go"):
			return s.readGo(path)
		}
		return nil
	})
	slices.SortFunc(s.Routes, func(a, b Route) int { return strings.Compare(a.Path+" "+a.Method, b.Path+" "+b.Method) })
	s.Routes = slices.Compact(s.Routes)
	slices.Sort(s.Fields)
	s.Fields = slices.Compact(s.Fields)
	return s, err
}

func (s *Site) readMarkup(path string) error {
	text, err := os.ReadFile(path)
	for _, m := range inMarkup.FindAllSubmatch(text, -1) {
		s.Fields = append(s.Fields, string(m[1]))
	}
	return err
}

func (s *Site) readGo(path string) error {
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	pages := strings.Contains(filepath.ToSlash(path), "/ui/")
	ast.Inspect(file, func(n ast.Node) bool {
		if list, ok := n.(*ast.CompositeLit); ok && pages {
			s.addFields(literals(list.Elts))
		}
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		switch called := name(call.Fun); {
		case called == "HandleFunc" || called == "Handle":
			for _, text := range literals(call.Args[:min(1, len(call.Args))]) {
				if m := pattern.FindStringSubmatch(text); m != nil {
					s.Routes = append(s.Routes, Route{m[1], m[2]})
				}
			}
		case pages && slices.Contains([]string{"Get", "Has", "FormValue", "PostFormValue", "readValues"}, called):
			s.addFields(literals(call.Args))
		}
		return true
	})
	return nil
}

// addFields keeps the texts that can be names of fields; those of headers begin with a
// capital.
func (s *Site) addFields(texts []string) {
	for _, text := range texts {
		if fieldName.MatchString(text) {
			s.Fields = append(s.Fields, text)
		}
	}
}

// name is what is called, without what it is called on.
func name(called ast.Expr) string {
	switch f := called.(type) {
	case *ast.SelectorExpr:
		return f.Sel.Name
	case *ast.Ident:
		return f.Name
	}
	return ""
}

func literals(args []ast.Expr) []string {
	var found []string
	for _, a := range args {
		if l, ok := a.(*ast.BasicLit); ok && l.Kind == token.STRING {
			if text, err := strconv.Unquote(l.Value); err == nil {
				found = append(found, text)
			}
		}
	}
	return found
}
