// Holds Go code that uses all that an old SDK has to a new one: `consume OLD NEW`, folders of modules.
//
// Of every package two consumers are written from the types of the old side: a plain one that uses every name as code
// does, and a strict one that also implements the interfaces by hand. Both have to pass the type checker with the old
// package, and what it says of them with the new one is printed: JSON, a line a package.
package main

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"log"
	"os"
	"slices"
	"strings"

	"golang.org/x/exp/apidiff"
	"golang.org/x/tools/go/packages"
)

type answer struct {
	Case   string  `json:"case"`
	Plain  *string `json:"plain"`
	Strict *string `json:"strict"`
	Peer   *string `json:"peer"`
}

// All packages of a module, and what they import.
type side map[string]*types.Package

func load(dir string) side {
	config := &packages.Config{
		Mode: packages.NeedName | packages.NeedFiles | packages.NeedCompiledGoFiles | packages.NeedImports |
			packages.NeedDeps | packages.NeedTypes | packages.NeedSyntax | packages.NeedTypesInfo,
		Dir: dir,
	}
	roots, err := packages.Load(config, "./...")
	if err != nil {
		log.Fatal(err)
	}
	all := side{}
	packages.Visit(roots, nil, func(p *packages.Package) {
		if strings.HasPrefix(p.PkgPath, "example.com/") && len(p.Errors) > 0 {
			log.Fatalf("%s: %v", p.PkgPath, p.Errors[0])
		}
		all[p.PkgPath] = p.Types
	})
	return all
}

func (s side) Import(path string) (*types.Package, error) {
	if p := s[path]; p != nil {
		return p, nil
	}
	return nil, fmt.Errorf("no package %q", path)
}

// The consumers of a package.
type writer struct {
	p       *types.Package
	imports map[string]string
	body    strings.Builder
	count   int
}

func (w *writer) name(p *types.Package) string {
	if w.imports[p.Path()] == "" {
		w.imports[p.Path()] = fmt.Sprintf("p%d", len(w.imports))
	}
	return w.imports[p.Path()]
}

func (w *writer) of(t types.Type) string { return types.TypeString(types.Default(t), w.name) }

func (w *writer) line(format string, args ...any) {
	fmt.Fprintf(&w.body, format+"\n", args...)
}

// Whether all that a type is made of can be named from elsewhere.
func named(t types.Type) bool {
	ok := true
	var walk func(types.Type)
	walk = func(t types.Type) {
		switch t := t.(type) {
		case *types.Named:
			ok = ok && (t.Obj().Pkg() == nil || t.Obj().Exported())
		case *types.Pointer:
			walk(t.Elem())
		case *types.Slice:
			walk(t.Elem())
		case *types.Map:
			walk(t.Key())
			walk(t.Elem())
		case *types.Signature:
			for i := range t.Params().Len() {
				walk(t.Params().At(i).Type())
			}
			for i := range t.Results().Len() {
				walk(t.Results().At(i).Type())
			}
		}
	}
	walk(t)
	return ok
}

func (w *writer) implement(name, embed string, iface *types.Interface) {
	w.line("type %s struct{ %s }", name, embed)
	for i := range iface.NumMethods() {
		m := iface.Method(i)
		if !m.Exported() {
			continue
		}
		sig := w.of(m.Type())
		w.line("func (%s) %s%s { panic(0) }", name, m.Name(), strings.TrimPrefix(sig, "func"))
	}
}

func (w *writer) use(strict bool) {
	scope := w.p.Scope()
	self := w.name(w.p)
	for _, name := range scope.Names() {
		object := scope.Lookup(name)
		if !object.Exported() {
			continue
		}
		// What holds the descriptor of a file is named by code that is about descriptors.
		if strings.HasPrefix(name, "File_") && !strict {
			continue
		}
		w.count++
		full := self + "." + name
		switch object := object.(type) {
		case *types.Const, *types.Var:
			w.line("var _ %s = %s", w.of(object.Type()), full)
		case *types.Func:
			w.line("var _ %s = %s", w.of(object.Type()), full)
		case *types.TypeName:
			w.line("var _ %s", full)
			if object.IsAlias() {
				continue
			}
			t := object.Type().(*types.Named)
			w.methods(full, t)
			switch under := t.Underlying().(type) {
			case *types.Struct:
				w.fields(full, under)
			case *types.Interface:
				w.iface(name, under, strict)
			}
		}
	}
}

func (w *writer) methods(full string, t *types.Named) {
	if types.IsInterface(t) {
		return
	}
	set := types.NewMethodSet(types.NewPointer(t))
	for i := range set.Len() {
		m := set.At(i).Obj()
		if !m.Exported() {
			continue
		}
		if !named(m.Type()) {
			w.line("func _(x *%s) { _ = x.%s }", full, m.Name())
			continue
		}
		sig := w.of(set.At(i).Type())
		w.line("func _(x *%s) { var _ %s = x.%s }", full, sig, m.Name())
	}
}

func (w *writer) fields(full string, t *types.Struct) {
	for i := range t.NumFields() {
		f := t.Field(i)
		if !f.Exported() || f.Embedded() {
			continue
		}
		if !named(f.Type()) {
			// A oneof: its wrappers are put into it and told apart.
			w.line("func _(x *%s) { _ = x.%s }", full, f.Name())
			iface, ok := f.Type().Underlying().(*types.Interface)
			if !ok {
				continue
			}
			for _, name := range w.p.Scope().Names() {
				object, ok := w.p.Scope().Lookup(name).(*types.TypeName)
				if !ok || !object.Exported() || !types.Implements(types.NewPointer(object.Type()), iface) {
					continue
				}
				w.line("var _ = %s{%s: &%s.%s{}}", full, f.Name(), w.name(w.p), name)
				w.line("func _(x *%s) { switch x.%s.(type) { case *%s.%s: } }", full, f.Name(), w.name(w.p), name)
			}
			continue
		}
		w.line("func _(x *%s, v %s) { x.%s = v; v = x.%s }", full, w.of(f.Type()), f.Name(), f.Name())
		w.line("func _(v %s) { _ = %s{%s: v} }", w.of(f.Type()), full, f.Name())
	}
}

func (w *writer) iface(name string, t *types.Interface, strict bool) {
	self := w.name(w.p)
	for i := range t.NumMethods() {
		if m := t.Method(i); m.Exported() {
			w.line("func _(x %s.%s) { var _ %s = x.%s }", self, name, w.of(m.Type()), m.Name())
		}
	}
	if w.p.Scope().Lookup("Unimplemented"+name) != nil {
		plain := fmt.Sprintf("server%d", w.count)
		w.implement(plain, self+".Unimplemented"+name, t)
		w.line("var _ %s.%s = %s{}", self, name, plain)
		w.line("func _() { %s.Register%s(nil, %s{}) }", self, name, plain)
		if strict {
			w.implement("strict"+plain, self+".Unsafe"+name, t)
			w.line("var _ %s.%s = strict%s{}", self, name, plain)
		}
	}
	if strict && strings.HasSuffix(name, "Client") && w.p.Scope().Lookup("New"+name) != nil {
		mock := fmt.Sprintf("client%d", w.count)
		w.implement(mock, "", t)
		w.line("var _ %s.%s = %s{}", self, name, mock)
	}
}

func consumer(p *types.Package, strict bool) string {
	w := &writer{p: p, imports: map[string]string{}}
	w.use(strict)
	var out strings.Builder
	out.WriteString("package consumer\n")
	for path, name := range w.imports {
		fmt.Fprintf(&out, "import %s %q\n", name, path)
	}
	return out.String() + w.body.String()
}

// The first error of the checker, or none.
func check(text string, s side) *string {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, "consumer.go", text, 0)
	if err != nil {
		log.Fatalf("%v\n%s", err, text)
	}
	var first *string
	config := types.Config{Importer: s, Error: func(err error) {
		// A package that is only named in what is never used is no loss.
		if e, ok := err.(types.Error); ok && e.Soft {
			return
		}
		if first == nil {
			said := err.Error()
			if e, ok := err.(types.Error); ok {
				said += ": " + strings.Split(text, "\n")[files.Position(e.Pos).Line-1]
			}
			first = &said
		}
	}}
	config.Check("consumer", files, []*ast.File{file}, nil)
	return first
}

func main() {
	log.SetFlags(0)
	old, new := load(os.Args[1]), load(os.Args[2])
	var paths []string
	for path := range old {
		if strings.HasPrefix(path, "example.com/sdk/c") && !strings.HasSuffix(path, "/contract") {
			paths = append(paths, path)
		}
	}
	slices.Sort(paths)
	out := json.NewEncoder(os.Stdout)
	for _, path := range paths {
		a := answer{Case: strings.Split(path, "/")[2]}
		plain, strict := consumer(old[path], false), consumer(old[path], true)
		if said := check(strict, old); said != nil {
			log.Fatalf("%s: the consumer does not fit the old side: %s", path, *said)
		}
		a.Plain, a.Strict = check(plain, new), check(strict, new)
		if new[path] == nil {
			said := "the package is gone"
			a.Peer = &said
		} else {
			for _, change := range apidiff.Changes(old[path], new[path]).Changes {
				// Another number is for the lens `wire`.
				if !change.Compatible && !strings.Contains(change.Message, "value changed from") {
					said := change.Message
					a.Peer = &said
					break
				}
			}
		}
		if err := out.Encode(a); err != nil {
			log.Fatal(err)
		}
	}
}
