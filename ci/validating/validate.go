// Validates messages with protovalidate for Go: as validate.py, beside this file, says.
package main

import (
	"bufio"
	"encoding/hex"
	"errors"
	"fmt"
	"log"
	"os"
	"strings"

	"buf.build/go/protovalidate"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"
)

func main() {
	set, err := os.ReadFile(os.Args[1])
	check(err)
	var files descriptorpb.FileDescriptorSet
	check(proto.Unmarshal(set, &files))
	registry, err := protodesc.NewFiles(&files)
	check(err)
	validator, err := protovalidate.New(protovalidate.WithExtensionTypeResolver(dynamicpb.NewTypes(registry)))
	check(err)
	cases, err := os.Open(os.Args[2])
	check(err)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	lines := bufio.NewScanner(cases)
	lines.Buffer(nil, 1<<26)
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		found, err := registry.FindDescriptorByName(protoreflect.FullName(words[0]))
		check(err)
		letters, why := []byte{}, ""
		for _, word := range words[1:] {
			letter := byte('y')
			if err := validate(validator, found.(protoreflect.MessageDescriptor), word); err != nil {
				var invalid *protovalidate.ValidationError
				if letter = 'n'; !errors.As(err, &invalid) {
					letter = 'e'
					if why == "" {
						why = strings.ReplaceAll(err.Error(), "\n", " ")
					}
				}
			}
			letters = append(letters, letter)
		}
		fmt.Fprintln(out, words[0], string(letters), why)
	}
	check(lines.Err())
}

func validate(validator protovalidate.Validator, kind protoreflect.MessageDescriptor, word string) error {
	bytes, err := hex.DecodeString(strings.Trim(word, "-"))
	if err != nil {
		return err
	}
	message := dynamicpb.NewMessage(kind)
	if err := proto.Unmarshal(bytes, message); err != nil {
		return err
	}
	return validator.Validate(message)
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
