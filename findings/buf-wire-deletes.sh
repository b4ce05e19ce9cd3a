#!/usr/bin/env bash
# buf's category WIRE, which stands for "what is on the wire stays readable", has no rule for what is gone: an rpc that
# callers use, a whole service, and a file with all its messages are deleted with exit 0, though each caller gets
# UNIMPLEMENTED. Nor does it see two fields of one type exchange their numbers, after which each value is read as the
# other. FILE reports all four.
#
#   findings/buf-wire-deletes.sh
#
# Seen with buf 1.75.0 (the npm package @bufbuild/buf). Fails if that changes. Needs npm.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm --silent install --no-audit --no-fund @bufbuild/buf@1.75.0
mkdir old
cat >old/till.proto <<'PROTO'
syntax = "proto3";
package till;

message Sum {
  int64 net = 1;
  int64 gross = 2;
}

service Till {
  rpc Add(Sum) returns (Sum);
  rpc Void(Sum) returns (Sum);
}

service Drawer {
  rpc Open(Sum) returns (Sum);
}
PROTO
printf 'syntax = "proto3";\npackage till;\nmessage Receipt { string text = 1; }\n' >old/receipt.proto
edit() {
    rm -rf new
    cp -r old new
    "${@:2}"
    for use in WIRE FILE; do
        printf 'version: v2\nbreaking:\n  use: [%s]\n' "$use" >new/buf.yaml
        found=$(npx buf breaking new --against old --error-format json | grep -c '"type"' || true)
        printf '%s, %s: %s\n' "$1" "$use" "$([ "$found" -eq 0 ] && echo nothing || echo found)"
    done
}
{
    edit 'rpc deleted' sed -i '/Void/d' new/till.proto
    edit 'service deleted' sed -i '/service Drawer/,$d' new/till.proto
    edit 'file deleted' rm new/receipt.proto
    edit 'numbers exchanged' sed -i 's/net = 1/net = 2/; s/gross = 2/gross = 1/' new/till.proto
} | tee seen
[ "$(grep -c 'WIRE: nothing' seen)" -eq 4 ] && [ "$(grep -c 'FILE: found' seen)" -eq 4 ] || {
    printf 'changed: WIRE found none of the four, FILE all of them\n'
    exit 1
}
