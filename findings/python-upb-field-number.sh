#!/usr/bin/env bash
# In Python with upb, the class of a message takes every name that ends in `_FIELD_NUMBER` for the number of a field, and
# looks nowhere else where there is no such field: an enum in the message, a value of one, or an extension in it that is
# called so is not there (AttributeError), though the stubs list it and a type checker takes it. A message in the message
# is there, and so is everything in pure Python.
#
#   findings/python-upb-field-number.sh
#
# Seen with protobuf 7.36.2 (upb and python) and grpcio-tools 1.85.1. Fails if that changes. Needs python3 with venv and
# pip.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv env
env/bin/pip --quiet --disable-pip-version-check install protobuf==7.36.2 grpcio-tools==1.85.1
cat >sheet.proto <<'PROTO'
syntax = "proto2";
package sheet;

message Sheet {
  enum Of_FIELD_NUMBER { NOTHING = 0; }
  enum Kind { last_FIELD_NUMBER = 0; }
  message Held_FIELD_NUMBER {}
  extensions 100 to 200;
  extend Sheet { optional int32 more_FIELD_NUMBER = 100; }
}
PROTO
env/bin/python -m grpc_tools.protoc -I. --python_out=. sheet.proto
for implementation in upb python; do
    PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION=$implementation env/bin/python - <<'PYTHON'
import google.protobuf
from google.protobuf.internal import api_implementation
import sheet_pb2

names = ("Of", "last", "Held", "more")
there = [name for name in names if hasattr(sheet_pb2.Sheet, name + "_FIELD_NUMBER")]
print(google.protobuf.__version__, api_implementation.Type(), *there)
PYTHON
done | tee seen
printf '7.36.2 upb Held\n7.36.2 python Of last Held more\n' | cmp -s - seen || {
    printf 'changed: upb knew the message alone, pure Python all four\n'
    exit 1
}
