// Prints the exported names of generated Go files: folder, tab, name, and the type of fields and getters after another tab. `go run names.go FOLDER`.
package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

func receiver(t ast.Expr) string {
	switch t := t.(type) {
	case *ast.StarExpr:
		return receiver(t.X)
	case *ast.Ident:
		return t.Name
	}
	return ""
}

func main() {
	root := os.Args[1]
	say := func(folder, name string) { fmt.Printf("%s\t%s\n", folder, name) }
	err := filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
		// What a build tag turns on in place of the file beside it.
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_protoopaque.pb.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		folder, err := filepath.Rel(root, filepath.Dir(path))
		if err != nil {
			return err
		}
		for _, decl := range file.Decls {
			switch decl := decl.(type) {
			case *ast.FuncDecl:
				name := decl.Name.Name + "()"
				if decl.Recv != nil {
					name = receiver(decl.Recv.List[0].Type) + "." + name
				}
				if ast.IsExported(decl.Name.Name) && ast.IsExported(name) {
					results := decl.Type.Results
					if decl.Recv != nil && len(decl.Type.Params.List) == 0 && results != nil && len(results.List) == 1 {
						name += "\t" + types.ExprString(results.List[0].Type)
					}
					say(folder, name)
				}
			case *ast.GenDecl:
				for _, spec := range decl.Specs {
					switch spec := spec.(type) {
					case *ast.ValueSpec:
						for _, name := range spec.Names {
							if name.IsExported() {
								say(folder, name.Name)
							}
						}
					case *ast.TypeSpec:
						if !spec.Name.IsExported() {
							continue
						}
						say(folder, spec.Name.Name)
						inside := func(fields *ast.FieldList, after string) {
							for _, field := range fields.List {
								for _, name := range field.Names {
									if name.IsExported() {
										of := ""
										if after == "" {
											of = "\t" + types.ExprString(field.Type)
										}
										say(folder, spec.Name.Name+"."+name.Name+after+of)
									}
								}
							}
						}
						switch of := spec.Type.(type) {
						case *ast.StructType:
							inside(of.Fields, "")
						case *ast.InterfaceType:
							inside(of.Methods, "()")
						}
					}
				}
			}
		}
		return nil
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
