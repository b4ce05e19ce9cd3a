// Generates the contract with the generator of the release at hand: every file a package of its own, so that no names
// meet. What the runtime brings itself is taken from there.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	gengo "google.golang.org/protobuf/cmd/protoc-gen-go/internal_gengo"
	"google.golang.org/protobuf/compiler/protogen"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/pluginpb"
)

const own = "protopact.invalid/driver"

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func main() {
	raw, err := os.ReadFile("contract.binpb")
	check(err)
	set := &descriptorpb.FileDescriptorSet{}
	check(proto.Unmarshal(raw, set))
	request := &pluginpb.CodeGeneratorRequest{ProtoFile: set.File}
	var parameters, imports []string
	for n, file := range set.File {
		if strings.HasPrefix(file.GetOptions().GetGoPackage(), "google.golang.org/protobuf/types/") {
			continue
		}
		path := fmt.Sprintf("%s/c/f%d", own, n)
		parameters = append(parameters, fmt.Sprintf("M%s=%s;f%d", file.GetName(), path, n))
		imports = append(imports, fmt.Sprintf("\t_ %q\n", path))
		request.FileToGenerate = append(request.FileToGenerate, file.GetName())
	}
	request.Parameter = proto.String(strings.Join(parameters, ","))
	plugin, err := protogen.Options{}.New(request)
	check(err)
	for _, file := range plugin.Files {
		if file.Generate {
			gengo.GenerateFile(plugin, file)
		}
	}
	response := plugin.Response()
	if response.Error != nil {
		check(fmt.Errorf("%s", response.GetError()))
	}
	for _, file := range response.File {
		path := strings.TrimPrefix(file.GetName(), own+"/")
		check(os.MkdirAll(filepath.Dir(path), 0o777))
		check(os.WriteFile(path, []byte(file.GetContent()), 0o666))
	}
	contract := "package main\n\nimport (\n" + strings.Join(imports, "") + ")\n"
	check(os.WriteFile("contract.go", []byte(contract), 0o666))
}
