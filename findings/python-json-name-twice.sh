#!/usr/bin/env bash
# A proto2 message may have `camId` and `cam_id`: protoc says that their JSON names are one and the same, as a warning,
# and ends with 0. What Python makes of the module depends on the implementation that it finds: upb, the usual one,
# refuses the module when it is imported, for the whole file and all who import it; the pure Python one takes it, and
# JSON that was written for `camId` is read into the field that was added later.
#
#   findings/python-json-name-twice.sh
#
# Seen with protobuf 7.36.2 and grpcio-tools 1.85.1. Fails if that changes. Needs python3 with venv and pip.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv env
env/bin/pip --quiet --disable-pip-version-check install protobuf==7.36.2 grpcio-tools==1.85.1
printf 'syntax = "proto2";\npackage door;\n\nmessage Door {\n  optional string camId = 1;\n}\n' >old.proto
sed -e '/camId/a\  optional string cam_id = 2;' old.proto >door.proto
env/bin/python -m grpc_tools.protoc -I. --python_out=. door.proto 2>warned
grep -o 'The default JSON name.*' warned | head -1
cat >seen.py <<'PY'
try:
    import door_pb2
except TypeError as error:
    print(error)
else:
    from google.protobuf import json_format

    read = json_format.Parse('{"camId": "front"}', door_pb2.Door())
    print([(field.name, value) for field, value in read.ListFields()])
PY
for kind in upb python; do
    printf '%s: ' "$kind"
    PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION=$kind env/bin/python seen.py
done 2>/dev/null | tee seen
cat >expected <<'OUT'
upb: Couldn't build proto file into descriptor pool: duplicate json_name (camId)
python: [('cam_id', 'front')]
OUT
diff expected seen || {
    printf 'changed: upb refused the module, pure Python read the old key into the new field\n'
    exit 1
}
