// Prints the Go files of a folder without their comments and without space. `go run code.go FOLDER`.
package main

import (
	"bytes"
	"fmt"
	"go/parser"
	"go/printer"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

func main() {
	err := filepath.WalkDir(os.Args[1], func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") {
			return err
		}
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, path, nil, 0)
		if err != nil {
			return err
		}
		var text bytes.Buffer
		if err := printer.Fprint(&text, files, file); err != nil {
			return err
		}
		fmt.Println(filepath.Base(path))
		for line := range strings.Lines(text.String()) {
			if line = strings.Join(strings.Fields(line), " "); line != "" {
				fmt.Println(line)
			}
		}
		return nil
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
