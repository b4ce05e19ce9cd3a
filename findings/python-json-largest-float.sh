#!/usr/bin/env bash
# Python's json_format prints the largest finite float as 3.4028235e+38, which are the shortest digits that name it, and
# its parser refuses those digits as too large: it compares the number, read as a double, with the exact value of the
# float. Only all seventeen digits come back. So a FloatValue that Python has printed cannot be read by Python, and
# what Java prints of the same message (the same digits, with a capital E) cannot either.
#
#   findings/python-json-largest-float.sh
#
# Seen with protobuf 7.36.2, upb and pure Python alike. Fails if that changes. Needs python3 with venv and pip.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv env
env/bin/pip --quiet --disable-pip-version-check install protobuf==7.36.2
cat >seen.py <<'PY'
import struct

from google.protobuf import json_format
from google.protobuf.wrappers_pb2 import FloatValue

largest = FloatValue(value=struct.unpack("<f", bytes.fromhex("ffff7f7f"))[0])
printed = json_format.MessageToJson(largest)
print("printed", printed)
for text in (printed, "3.4028235E38", "3.4028234663852886e38"):
    try:
        print(text, json_format.Parse(text, FloatValue()) == largest)
    except json_format.ParseError as error:
        print(text, error)
PY
cat >expected <<'OUT'
printed 3.4028235e+38
3.4028235e+38 Float value too large at FloatValue.value
3.4028235E38 Float value too large at FloatValue.value
3.4028234663852886e38 True
OUT
for kind in upb python; do
    printf '%s\n' "$kind"
    PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION=$kind env/bin/python seen.py | tee seen
    diff expected seen || {
        printf 'changed: the two short forms were refused, the long one was read\n'
        exit 1
    }
done
