#!/usr/bin/env bash
# In Python the fields of a message and the methods of its class share one namespace, and who wins depends on the kind of
# element: a field hides the method (a message with a field `SerializeToString` cannot be serialised by that method any
# more), while for an enum value inside the message it is the method that stays (`Clear` of the enum is reachable through
# the enum only), and a nested message called DESCRIPTOR cannot be reached at all. All of it compiles, nothing warns.
#
#   findings/python-names-over-methods.sh
#
# Seen with protobuf 7.36.2 (upb) and grpcio-tools 1.85.1. Fails if that changes. Needs python3 with venv and pip.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv env
env/bin/pip --quiet --disable-pip-version-check install protobuf==7.36.2 grpcio-tools==1.85.1
cat >names.proto <<'PROTO'
syntax = "proto3";
package names;

message Field {
  int32 SerializeToString = 1;
}

message Value {
  enum Wish {
    NONE = 0;
    Clear = 1;
  }
  Wish wish = 1;
}

message Nested {
  message DESCRIPTOR {}
}
PROTO
env/bin/python -m grpc_tools.protoc -I. --python_out=. --fatal_warnings names.proto
cat >seen.py <<'PY'
import names_pb2

try:
    names_pb2.Field(SerializeToString=1).SerializeToString()
except TypeError as error:
    print("field:", error)
print("enum value:", callable(names_pb2.Value.Clear), names_pb2.Value.Wish.Value("Clear"))
print("message:", type(names_pb2.Nested.DESCRIPTOR).__name__)
PY
env/bin/python seen.py | tee seen
cat >expected <<'OUT'
field: 'int' object is not callable
enum value: True 1
message: Descriptor
OUT
diff expected seen || {
    printf 'changed: the field hid the method, the methods hid the enum value and the message\n'
    exit 1
}
