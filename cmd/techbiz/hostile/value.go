package hostile

import (
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// texts for fields by their names, so that an input is wrong in one place only.
var usual = map[string]string{
	"email": "fuzz.@@n@@@vendor.com", "to": "colleague@agency.gov.sg", "techPassUsername": "fuzz.@@n@@", "firstName": "Mei Ling", "lastName": "Tan",
	"countryCode": "65", "contactNumber": "9@@n@@", "organisation": "Vendor Pte Ltd", "department": "Cloud", "reason": "Operates the service",
	"idempotencyKey": "key-@@n@@", "search": "mei", "field": "email", "domain": "vendor@@n@@.example", "name": "name @@n@@", "code": "123456",
}

// valid is a value that nothing is wrong with, or nil where none is needed.
func (w *walker) valid(t *ast.Type, name string, of *ast.FieldDefinition, depth int) any {
	if t.Elem != nil {
		if v := w.valid(t.Elem, strings.TrimSuffix(name, "s"), of, depth); v != nil {
			return array{v}
		}
		return array{}
	}
	def := w.schema.Types[t.NamedType]
	switch {
	case def.Kind == ast.Enum && t.NonNull:
		return quote(def.EnumValues[0].Name)
	case def.Kind == ast.InputObject && depth > 0:
		o := object{}
		for _, f := range def.Fields {
			if !f.Type.NonNull && f.Type.Elem == nil && w.schema.Types[f.Type.NamedType].Kind == ast.Enum {
				continue
			}
			if !f.Type.NonNull && usual[f.Name] == "" {
				continue
			}
			if v := w.valid(f.Type, f.Name, of, depth-1); v != nil && (f.DefaultValue == nil || f.Type.NonNull) {
				o[f.Name] = v
			}
		}
		if strings.Contains(def.Name, "ByEmail") {
			o["email"] = quote("fuzz.@@n@@@agency.gov.sg") // for officers alone
		}
		// A search or a single address would leave nothing to find.
		if strings.HasSuffix(def.Name, "Filter") {
			return object{}
		}
		return o
	case t.NamedType == "ID" && t.NonNull:
		return quote(Placeholder(w.kinds(name, of)))
	case !t.NonNull:
		if usual[name] != "" && name != "search" && name != "field" && name != "code" {
			return quote(usual[name])
		}
		return nil
	}
	switch t.NamedType {
	case "String":
		if usual[name] != "" {
			return quote(usual[name])
		}
		return quote("text @@n@@")
	case "Int":
		return Raw(`10`)
	case "Float":
		return Raw(`1.5`)
	case "Boolean":
		return Raw(`false`)
	case "Time":
		return quote("2026-11-23T09:30:00Z")
	case "Date":
		return quote("2026-11-23")
	}
	return quote("x")
}

// kinds are the types whose identifier an argument takes, the likeliest first: by its
// own name, by the field's, by what comes back.
func (w *walker) kinds(name string, of *ast.FieldDefinition) []string {
	var types []string
	for _, d := range w.schema.Types {
		if d.Kind == ast.Object && d.Fields.ForName("id") != nil {
			types = append(types, d.Name)
		}
	}
	// Of BatchRow and Batch the longer name is meant where both fit.
	slices.SortFunc(types, func(a, b string) int {
		if len(a) != len(b) {
			return len(b) - len(a)
		}
		return strings.Compare(a, b)
	})
	var found []string
	add := func(t string) {
		if !slices.Contains(found, t) {
			found = append(found, t)
		}
	}
	for _, in := range []string{name, of.Name} {
		for _, t := range types {
			if strings.Contains(strings.ToLower(in), strings.ToLower(t)) || in == name && strings.Contains(strings.ToLower(in), strings.ToLower(lastWord(t))) {
				add(t)
			}
		}
	}
	for _, t := range w.identified(of.Type.Name()) {
		add(t)
	}
	return found
}

// lastWord is Row of BatchRow.
func lastWord(name string) string {
	i := strings.LastIndexFunc(name, func(r rune) bool { return 'A' <= r && r <= 'Z' })
	return name[max(i, 0):]
}

// places calls visit for each place of an input: the whole, and each part of it. fill
// makes the input with that place filled by a value.
func (w *walker) places(t *ast.Type, name, place string, of *ast.FieldDefinition, depth int, visit func(place, key string, values []any, fill func(any) any)) {
	w.place(t, name, name, place, of, depth, visit, func(v any) any { return v })
}

func (w *walker) place(t *ast.Type, name, key, place string, of *ast.FieldDefinition, depth int, visit func(place, key string, values []any, fill func(any) any), fill func(any) any) {
	if t.Elem != nil {
		v := w.valid(t.Elem, strings.TrimSuffix(name, "s"), of, depth)
		if v == nil {
			v = Raw(`null`)
		}
		visit(place, "list "+key, lists(v), fill)
		w.place(t.Elem, strings.TrimSuffix(name, "s"), key, place+"[0]", of, depth, visit, func(v any) any { return fill(array{v}) })
		return
	}
	def := w.schema.Types[t.NamedType]
	if def.Kind != ast.InputObject {
		visit(place, key+" "+def.Name, w.values(def, name, of), fill)
		return
	}
	if depth == 0 {
		return
	}
	base, _ := w.valid(t, name, of, depth).(object)
	visit(place, "object "+def.Name, objects(base), fill)
	for _, f := range def.Fields {
		w.place(f.Type, f.Name, def.Name+"."+f.Name, place+"."+f.Name, of, depth-1, visit, func(v any) any {
			o := object{f.Name: v}
			for k, old := range base {
				if k != f.Name {
					o[k] = old
				}
			}
			return fill(o)
		})
	}
}

// lists are what may stand for a list of such elements.
func lists(element any) []any {
	many := func(n int) array {
		a := make(array, n)
		for i := range a {
			a[i] = element
		}
		return a
	}
	return append(raws(wrong), array{}, many(2), many(300), array{array{element}}, array{element, Raw(`null`)}, array{Raw(`null`), Raw(`null`)})
}

// objects are what may stand for an object that should be like this one.
func objects(base object) []any {
	with := func(change func(object)) object {
		o := object{}
		for k, v := range base {
			o[k] = v
		}
		change(o)
		return o
	}
	all := append(raws(wrong),
		object{},
		with(func(o object) { o["unknown"] = Raw(`1`) }),
		with(func(o object) { o["__typename"] = Raw(`"x"`) }),
		with(func(o object) { o["__proto__"] = object{"isAdmin": Raw(`true`)} }),
		with(func(o object) {
			for k := range o {
				o[k] = Raw(`null`)
			}
		}),
		Raw(strings.Repeat(`{"a":`, 500)+`1`+strings.Repeat(`}`, 500)), Raw(strings.Repeat(`[`, 9_000)+strings.Repeat(`]`, 9_000)),
	)
	keys := make([]string, 0, len(base))
	for k := range base {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		all = append(all, with(func(o object) { delete(o, k) }))
	}
	return all
}

// values are what is hostile where a scalar or an enum is taken.
func (w *walker) values(def *ast.Definition, name string, of *ast.FieldDefinition) []any {
	all := raws(wrong)
	switch {
	case def.Kind == ast.Enum:
		for _, v := range def.EnumValues {
			all = append(all, quote(v.Name), quote(strings.ToLower(v.Name)))
		}
		return append(all, quote(""), quote("NO_SUCH"), quote("' OR 1=1 --"), quote("A\x00"))
	case def.Name == "Int" || def.Name == "Float":
		return append(all, raws(numbers)...)
	case def.Name == "Boolean":
		return append(all, quote("true"), quote("yes"), Raw(`1`))
	case def.Name == "ID":
		all = append(all, quote(Placeholder(w.kinds(name, of))), quote("@@others:"+strings.Join(w.kinds(name, of), "|")+"@@"))
		return append(all, texts(IDs())...)
	case strings.HasPrefix(name, "after"), strings.HasPrefix(name, "before"):
		return append(all, texts(IDs())...)
	}
	// A scalar that is not known is tried as a text.
	return append(all, texts(Texts())...)
}

func raws(values []Raw) []any {
	all := make([]any, len(values))
	for i, v := range values {
		all[i] = v
	}
	return all
}

func texts(values []Text) []any {
	all := make([]any, len(values))
	for i, t := range values {
		all[i] = quote(t.Value)
	}
	return all
}
