#!/usr/bin/env bash
# A registry of go-containerregistry takes a blob with `201 Created` and names no place for it, though the distribution
# specification wants a `Location` there (spec.md, "POST then PUT"). The blob is there all the same. A client that holds
# registries to the specification calls such an upload a failure: oci-client for Rust, 0.18.0, ends with "Registry did not
# return a location header", whichever way it pushes. Whoever publishes has to look whether the blob is there.
#
#   findings/registry-blob-without-location.sh
#
# Seen with github.com/google/go-containerregistry/cmd/registry v0.22.1. Fails if that changes. Needs go and curl.
set -euo pipefail
dir=$(mktemp -d)
server=
trap 'kill $server 2>/dev/null || true; chmod -R u+w "$dir"; rm -rf "$dir"' EXIT
GOBIN=$dir GOFLAGS=-mod=mod go install github.com/google/go-containerregistry/cmd/registry@v0.22.1
"$dir/registry" -port 0 2>"$dir/log" &
server=$!
until port=$(sed -n 's/.*serving on port \([0-9]*\).*/\1/p' "$dir/log") && [ -n "$port" ]; do
    kill -0 $server
    read -rt 0.1 <> <(:) || true
done
base=http://127.0.0.1:$port/v2/some/name/blobs
printf 'some text' >"$dir/blob"
digest=sha256:$(sha256sum "$dir/blob" | cut -d' ' -f1)
upload=$(curl -fsS -X POST -o /dev/null -D - "$base/uploads/" | sed -n 's/^[Ll]ocation: \([^\r]*\)\r$/\1/p')
curl -sS -X PUT -o /dev/null -D "$dir/head" -H 'Content-Type: application/octet-stream' \
    --data-binary "@$dir/blob" "http://127.0.0.1:$port$upload?digest=$digest"
{
    printf 'status %s\n' "$(sed -n '1s/[^ ]* \([0-9]*\).*/\1/p' "$dir/head")"
    grep -qi '^location:' "$dir/head" && printf 'a location\n' || printf 'no location\n'
    printf 'read back: %s\n' "$(curl -fsS "$base/$digest")"
} | tee "$dir/seen"
printf 'status 201\nno location\nread back: some text\n' | diff - "$dir/seen" || {
    printf 'changed: the blob was taken without a location, and is there\n'
    exit 1
}
