#!/usr/bin/env bash
# protobuf for Python, 4.25.8 and 7.36.2: a tag that is filled up with bytes that add nothing (a varint of another length
# and the same number) is a field to the one back end and none to the other.
#
# upb reads the field while the tag has five bytes at most, and refuses the message from the sixth on, though every
# other varint may have ten. The pure back end never refuses, and never finds the field either: it looks fields up by
# the bytes of their tags, so the value lands among the unknown fields and the field has its default. Go, Java and prost
# read the field with up to ten bytes. A writer that fills varints up to a fixed width, to come back to them later, is
# read as if it had sent nothing.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cat >"$work/read.py" <<'PY'
from google.protobuf import wrappers_pb2

answers = []
for length in (1, 2, 5, 6, 10):
    tag = b"\x08" if length == 1 else b"\x88" + b"\x80" * (length - 2) + b"\x00"
    try:
        answers.append(str(wrappers_pb2.Int32Value.FromString(tag + b"\x05").value))
    except Exception as error:
        answers.append(type(error).__name__)
print(" ".join(answers))
PY

expect() {
    [ "$2" = "$3" ] || {
        printf '%s: %s, not %s any more\n' "$1" "$2" "$3"
        exit 1
    }
    printf '%s: tags of 1, 2, 5, 6 and 10 bytes: %s\n' "$1" "$2"
}

for version in 4.25.8 7.36.2; do
    python3 -m venv "$work/$version"
    "$work/$version/bin/pip" install --quiet --disable-pip-version-check "protobuf==$version"
    expect "protobuf $version, upb" "$("$work/$version/bin/python" "$work/read.py")" '5 5 5 DecodeError DecodeError'
    expect "protobuf $version, pure" \
        "$(PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION=python "$work/$version/bin/python" "$work/read.py")" '5 0 0 0 0'
done
