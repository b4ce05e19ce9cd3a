#!/usr/bin/env bash
# protoc writes stubs in the order of the file, and names a type by its name alone. Where a message that is called like
# something Python has (`Warning`) stands behind the message that uses it, mypy takes the name for Python's own, although in
# a stub names may be used before they are declared: fields of that type have the members of the builtin, without a word.
# In the other order it finds the message. Modules themselves run.
#
#   findings/mypy-builtin-before-its-class.sh
#
# Seen with grpcio-tools 1.85.1 and mypy 2.3.0. Fails if that changes. Needs python3 with venv and pip.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv env
env/bin/pip --quiet --disable-pip-version-check install grpcio-tools==1.85.1 types-protobuf mypy==2.3.0
use='message Report { Warning worst = 1; }'
warning='message Warning { string text = 1; }'
printf 'syntax = "proto3";\npackage before;\n%s\n%s\n' "$use" "$warning" >before.proto
printf 'syntax = "proto3";\npackage after;\n%s\n%s\n' "$warning" "$use" >after.proto
env/bin/python -m grpc_tools.protoc -I. --python_out=. --pyi_out=. before.proto after.proto
for file in before after; do
    printf 'from %s_pb2 import Report\nprint(Report().worst.text)\n' "$file" >"use_$file.py"
    env/bin/python "use_$file.py" >/dev/null
    said=$(env/bin/mypy --no-error-summary "use_$file.py" 2>&1 | tail -1 || true)
    printf '%s: %s\n' "$file" "${said:-mypy says nothing}"
done | tee seen
diff seen - <<'SEEN'
before: use_before.py:2: error: "Warning" has no attribute "text"  [attr-defined]
after: mypy says nothing
SEEN
