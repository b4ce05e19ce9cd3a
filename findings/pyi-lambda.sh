#!/usr/bin/env bash
# protoc writes stubs for enum values and extensions that are called like a keyword of Python as they are: `None: E` is a
# syntax error, for every keyword but one. `lambda: E` is an expression, a function without arguments that gives `E`: the stub
# is read, no checker says a word, and the name is nowhere. At run time the module has it.
#
#   findings/pyi-lambda.sh
#
# Seen with grpcio-tools 1.85.1 and mypy 2.3.0. Fails if that changes. Needs python3 with venv and pip.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv env
env/bin/pip --quiet --disable-pip-version-check install grpcio-tools==1.85.1 types-protobuf mypy==2.3.0
for word in lambda yield; do
    printf 'syntax = "proto3";\npackage %s_;\nenum E { %s = 0; }\n' $word $word >a_$word.proto
    env/bin/python -m grpc_tools.protoc -I. --python_out=. --pyi_out=. a_$word.proto
    env/bin/python -c "import a_${word}_pb2 as module; print('$word at run time:', getattr(module, '$word'))"
    said=$(env/bin/mypy --strict --no-error-summary a_${word}_pb2.pyi 2>&1 | head -1 || true)
    printf '%s: %s\n' $word "${said:-mypy says nothing}"
done | tee seen
grep -q '^lambda: E$' a_lambda_pb2.pyi
diff seen - <<'SEEN'
lambda at run time: 0
lambda: mypy says nothing
yield at run time: 0
yield: a_yield_pb2.pyi:9: error: Invalid syntax  [syntax]
SEEN
