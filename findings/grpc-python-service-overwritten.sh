#!/usr/bin/env bash
# For each service the gRPC plugin for Python writes the classes NAME, NAMEStub and NAMEServicer into one module. With the
# services Door and DoorServicer the second one's class takes the name of the first one's servicer: the base class with
# the methods of Door is gone, who derives from it serves the other service's methods, and nobody says a word.
#
#   findings/grpc-python-service-overwritten.sh
#
# Seen with grpcio-tools 1.85.1. Fails if that changes. Needs python3 with venv and pip.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv env
env/bin/pip --quiet --disable-pip-version-check install grpcio-tools==1.85.1
cat >door.proto <<'PROTO'
syntax = "proto3";
package door;

message Key {}

service Door {
  rpc Open(Key) returns (Key);
}

service DoorServicer {
  rpc Repair(Key) returns (Key);
}
PROTO
env/bin/python -W error -m grpc_tools.protoc -I. --python_out=. --grpc_python_out=. --fatal_warnings door.proto
env/bin/python -W error - <<'PY' | tee seen
import door_pb2_grpc as door

print("DoorServicer has", [name for name in vars(door.DoorServicer) if not name.startswith("_")])
print("Open is in", [name for name, made in vars(door).items() if name.endswith("Servicer") and hasattr(made, "Open")])
PY
printf "DoorServicer has ['Repair']\nOpen is in []\n" | diff - seen || {
    printf 'changed: the class of the second service took the name of the servicer of the first\n'
    exit 1
}
