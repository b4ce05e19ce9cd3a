#!/usr/bin/env bash
# `ignore` in buf.yaml takes folders and files. A pattern (`legacy/*.proto`, `**/v1alpha1`) is taken without a word, is a
# path that does not exist, and ignores nothing: the check goes on failing for what the team believes it has left out.
#
#   findings/buf-ignore-glob.sh
#
# Seen with buf 1.75.0 (the npm package @bufbuild/buf). Fails if that changes. Needs npm.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm --silent install --no-audit --no-fund @bufbuild/buf@1.75.0
mkdir -p old/legacy new/legacy
printf 'syntax = "proto3";\npackage legacy;\nmessage Note { string text = 1; }\n' >old/legacy/note.proto
sed 's/string text/int32 text/' old/legacy/note.proto >new/legacy/note.proto
for ignore in legacy 'legacy/*.proto' '**/legacy'; do
    printf 'version: v2\nbreaking:\n  use: [FILE]\n  ignore: ["%s"]\n' "$ignore" >new/buf.yaml
    code=0
    said=$(npx buf breaking new --against old 2>&1) || code=$?
    printf '%s: exit %s, %s\n' "$ignore" "$code" "$(grep -qi 'glob\|pattern\|not exist' <<<"$said" && echo warned || echo no word)"
done | tee seen
printf 'legacy: exit 0, no word\nlegacy/*.proto: exit 100, no word\n**/legacy: exit 100, no word\n' | diff - seen || {
    printf 'changed: the folder was ignored, the patterns were taken and ignored nothing\n'
    exit 1
}
