#!/usr/bin/env bash
# A map whose key changed from int32 to string, read by Python as it was written before: upb does not take the entries
# for entries and keeps them whole as unknown fields, so the map is empty and nothing is lost on the way back. The pure
# Python implementation of the same release puts the value under the empty key, where the last entry wins, and writes
# that: five keys become one that nobody has written.
#
#   findings/python-map-other-key.sh
#
# Seen with protobuf 7.36.2 and grpcio-tools 1.85.1. Fails if that changes. Needs python3 with venv and pip.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv env
env/bin/pip --quiet --disable-pip-version-check install protobuf==7.36.2 grpcio-tools==1.85.1
cat >stock.proto <<'PROTO'
syntax = "proto3";
package stock;

message Written {
  map<int32, int32> pieces = 1;
}

message Reads {
  map<string, int32> pieces = 1;
}
PROTO
env/bin/python -m grpc_tools.protoc -I. --python_out=. stock.proto
cat >seen.py <<'PY'
import stock_pb2

written = stock_pb2.Written(pieces={number: number * 10 for number in range(1, 6)})
read = stock_pb2.Reads.FromString(written.SerializeToString())
back = stock_pb2.Written.FromString(read.SerializeToString())
print("read", dict(read.pieces), "and back", dict(sorted(back.pieces.items())))
PY
for kind in upb python; do
    printf '%s: ' "$kind"
    PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION=$kind env/bin/python seen.py
done | tee seen
grep -qx 'upb: read {} and back {1: 10, 2: 20, 3: 30, 4: 40, 5: 50}' seen &&
    grep -qE "^python: read \{'': [1-5]0\} and back \{0: [1-5]0\}$" seen || {
    printf 'changed: upb kept the entries aside, pure Python filed one of them under the empty key\n'
    exit 1
}
