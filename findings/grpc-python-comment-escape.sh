#!/usr/bin/env bash
# The gRPC plugin for Python copies the comment of a method into a docstring as it stands, without escaping it. A path of
# Windows (`C:\Users\…`) in the comment makes the module a SyntaxError (`\U` has to be followed by eight digits), and a
# `\t` in it becomes a tab. The messages' module of the same file is fine, and the plugin ends with 0.
#
#   findings/grpc-python-comment-escape.sh
#
# Seen with grpcio-tools 1.85.1. Fails if that changes. Needs python3 with venv and pip.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv env
env/bin/pip --quiet --disable-pip-version-check install grpcio-tools==1.85.1
cat >files.proto <<'PROTO'
syntax = "proto3";
package files;

message Folder {}

service Files {
  // Lists what is in a folder, such as C:\Users\all.
  rpc List(Folder) returns (Folder);
}
PROTO
env/bin/python -m grpc_tools.protoc -I. --python_out=. --grpc_python_out=. files.proto
printf 'plugin: %s\n' $?
for module in files_pb2 files_pb2_grpc; do
    said=$(env/bin/python -c "import $module" 2>&1 | tail -1 || true)
    printf '%s: %s\n' "$module" "${said:-imported}"
done | tee seen
grep -qx 'files_pb2: imported' seen && grep -q '^files_pb2_grpc: SyntaxError: (unicode error)' seen || {
    printf 'changed: the module with the stubs was a SyntaxError\n'
    exit 1
}
