#!/usr/bin/env bash
# protobuf for Python 5.26.1, the first release that knows editions: a file of edition 2023 that says
# `option features.message_encoding = DELIMITED;` has numbers, texts and flags that the pure back end never reads.
#
# The feature is about how messages in messages are written, and means nothing to an int32. The pure back end of that
# release takes every field of such a file for a group all the same: a scalar that is in the bytes has its default, is in
# no list of fields that are set, and is kept among the unknown ones, so that the message is written again as it was and
# nothing is noticed on the way. upb in the same release reads the field, and so does either back end of 5.27.5.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cat >"$work/read.py" <<'PY'
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

file = descriptor_pb2.FileDescriptorProto(name="n.proto", package="n", syntax="editions")
file.edition = descriptor_pb2.EDITION_2023
file.options.features.message_encoding = descriptor_pb2.FeatureSet.DELIMITED
message = file.message_type.add(name="Count")
field = message.field.add(name="value", number=1, label=1)
field.type = descriptor_pb2.FieldDescriptorProto.TYPE_INT32
pool = descriptor_pool.DescriptorPool()
pool.AddSerializedFile(file.SerializeToString())
read = message_factory.GetMessageClass(pool.FindMessageTypeByName("n.Count")).FromString(b"\x08\x05")
print(read.value, read.HasField("value"), read.SerializeToString().hex())
PY

expect() {
    [ "$2" = "$3" ] || {
        printf '%s: %s, not %s any more\n' "$1" "$2" "$3"
        exit 1
    }
    printf '%s: 0805 is read as, is set, is written as: %s\n' "$1" "$2"
}

for version in 5.26.1 5.27.5; do
    python3 -m venv "$work/$version"
    "$work/$version/bin/pip" install --quiet --disable-pip-version-check "protobuf==$version"
    python=$work/$version/bin/python
    pure='5 True 0805'
    [ "$version" != 5.26.1 ] || pure='0 False 0805'
    expect "protobuf $version, upb" "$("$python" "$work/read.py")" '5 True 0805'
    expect "protobuf $version, pure" "$(PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION=python "$python" "$work/read.py")" "$pure"
done
