// Answers as grpc-gateway does: which method a request reaches, and what the request message holds then.
//
// A line of standard input is a contract and its requests, a line of standard output is what became of them. What a
// generated gateway does for a method is done here by hand with the same run time and messages that are made of
// descriptors, for a program of its own for each of thousands of contracts would have to be compiled.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"github.com/grpc-ecosystem/grpc-gateway/v2/utilities"
	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"
)

var variable = regexp.MustCompile(`\{([^=}]+)`)

// Ask is a contract, as a FileDescriptorSet, and requests for it.
type Ask struct {
	Set      []byte
	Requests []Request
}

// Request is what a client sends; Body is JSON.
type Request struct{ Verb, URL, Body string }

// Answer is what became of a request: the method, the binding that it was reached by and its message in binary, or the
// status of the refusal.
type Answer struct {
	Method  string `json:",omitempty"`
	Binding string `json:",omitempty"`
	Message []byte
	Status  int
}

func main() {
	log.SetOutput(io.Discard)
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := json.NewEncoder(os.Stdout)
	for {
		line, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return
		}
		answers, err := answer(line)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		if err := out.Encode(answers); err != nil {
			os.Exit(1)
		}
	}
}

func answer(line []byte) ([]Answer, error) {
	var ask Ask
	if err := json.Unmarshal(line, &ask); err != nil {
		return nil, err
	}
	set := new(descriptorpb.FileDescriptorSet)
	if err := proto.Unmarshal(ask.Set, set); err != nil {
		return nil, err
	}
	own := rename(set)
	files, err := protodesc.NewFiles(set)
	if err != nil {
		return nil, err
	}
	served := new(Answer)
	mux := runtime.NewServeMux()
	for _, file := range set.File {
		descriptor, err := files.FindFileByPath(file.GetName())
		if err != nil {
			return nil, err
		}
		if string(descriptor.Package()) == own {
			for i := range descriptor.Enums().Len() {
				enum := dynamicpb.NewEnumType(descriptor.Enums().Get(i))
				if err := protoregistry.GlobalTypes.RegisterEnum(enum); err != nil {
					return nil, err
				}
			}
		}
		for i := range descriptor.Services().Len() {
			methods := descriptor.Services().Get(i).Methods()
			for j := range methods.Len() {
				if err := serve(mux, methods.Get(j), served); err != nil {
					return nil, err
				}
			}
		}
	}
	answers := make([]Answer, 0, len(ask.Requests))
	for _, request := range ask.Requests {
		*served = Answer{}
		sent := httptest.NewRequest(request.Verb, request.URL, strings.NewReader(request.Body))
		heard := httptest.NewRecorder()
		mux.ServeHTTP(heard, sent)
		if served.Method == "" {
			served.Status = heard.Code
		}
		served.Method = strings.Replace(served.Method, own+".", contract+".", 1)
		answers = append(answers, *served)
	}
	return answers, nil
}

// contract is the package of every contract that is asked about.
const contract = "t"

var asked int

// rename gives the package of a contract a name of its own: the run time finds enums by name among all of the program.
func rename(set *descriptorpb.FileDescriptorSet) string {
	asked++
	own := fmt.Sprintf("%s%d", contract, asked)
	reference := func(name *string) {
		if name != nil && strings.HasPrefix(*name, "."+contract+".") {
			*name = "." + own + strings.TrimPrefix(*name, "."+contract)
		}
	}
	for _, file := range set.File {
		if file.GetPackage() != contract {
			continue
		}
		file.Package = &own
		for _, message := range file.MessageType {
			for _, field := range message.Field {
				reference(field.TypeName)
			}
		}
		for _, service := range file.Service {
			for _, method := range service.Method {
				reference(method.InputType)
				reference(method.OutputType)
			}
		}
	}
	return own
}

// serve registers all bindings of a method.
func serve(mux *runtime.ServeMux, method protoreflect.MethodDescriptor, served *Answer) error {
	rule, _ := proto.GetExtension(method.Options(), annotations.E_Http).(*annotations.HttpRule)
	if rule == nil {
		return nil
	}
	for _, rule := range append([]*annotations.HttpRule{rule}, rule.AdditionalBindings...) {
		verb, path := pattern(rule)
		var fields []string
		for _, match := range variable.FindAllStringSubmatch(path, -1) {
			fields = append(fields, match[1])
		}
		if err := mux.HandlePath(verb, path, handler(mux, method, rule, fields, served)); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	return nil
}

func handler(mux *runtime.ServeMux, method protoreflect.MethodDescriptor, rule *annotations.HttpRule, fields []string, served *Answer) runtime.HandlerFunc {
	// What the path or the body fills is no query parameter.
	body := rule.Body
	verb, path := pattern(rule)
	var filled [][]string
	for _, field := range fields {
		filled = append(filled, strings.Split(field, "."))
	}
	if body != "" && body != "*" {
		filled = append(filled, []string{body})
	}
	filter := utilities.NewDoubleArray(filled)
	return func(w http.ResponseWriter, r *http.Request, values map[string]string) {
		message := dynamicpb.NewMessage(method.Input())
		inbound, _ := runtime.MarshalerForRequest(mux, r)
		refuse := func(err error) bool {
			if err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
			}
			return err != nil
		}
		if body != "" {
			var into protoreflect.ProtoMessage = message
			if body != "*" {
				field := method.Input().Fields().ByName(protoreflect.Name(body))
				into = message.Mutable(field).Message().Interface()
			}
			err := inbound.NewDecoder(r.Body).Decode(into)
			if refuse(err) {
				return
			}
		}
		for _, field := range fields {
			if refuse(runtime.PopulateFieldFromPath(message, field, values[field])) {
				return
			}
		}
		if body != "*" {
			if refuse(r.ParseForm()) || refuse(runtime.PopulateQueryParameters(message, r.Form, filter)) {
				return
			}
		}
		bytes, err := proto.MarshalOptions{Deterministic: true}.Marshal(message)
		if refuse(err) {
			return
		}
		*served = Answer{Method: string(method.FullName()), Binding: verb + " " + path, Message: bytes}
	}
}

func pattern(rule *annotations.HttpRule) (verb, path string) {
	switch rule := rule.Pattern.(type) {
	case *annotations.HttpRule_Get:
		return http.MethodGet, rule.Get
	case *annotations.HttpRule_Put:
		return http.MethodPut, rule.Put
	case *annotations.HttpRule_Post:
		return http.MethodPost, rule.Post
	case *annotations.HttpRule_Delete:
		return http.MethodDelete, rule.Delete
	case *annotations.HttpRule_Patch:
		return http.MethodPatch, rule.Patch
	case *annotations.HttpRule_Custom:
		return rule.Custom.Kind, rule.Custom.Path
	}
	return "", ""
}
