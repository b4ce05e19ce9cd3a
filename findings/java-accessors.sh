#!/usr/bin/env bash
# protoc ends with 0 and writes Java that javac refuses, where one field's helpers meet another field: a string `text` has
# getTextBytes for its bytes, and so has a field `text_bytes`; a oneof `_a` is cleared by clearA, and so is a field `a`.
# Where it does see a clash (an enum field `stage` has getStageValue) it gives number suffixes to both fields, the one
# that was there before too: adding `stage_value` takes getStage away from those who call it.
#
#   findings/java-accessors.sh
#
# Seen with protobuf-java 4.36.2 and its protoc, 36.2. Fails if that changes. Needs a JDK, mvn, and a machine for which
# Maven has protoc.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
system=$(uname -s | sed 's/Darwin/osx/' | tr '[:upper:]' '[:lower:]')-$(uname -m | sed 's/aarch64\|arm64/aarch_64/')
for artifact in "protoc:4.36.2:exe:$system" protobuf-java:4.36.2; do
    mvn --quiet --batch-mode -Dstyle.color=never dependency:copy -Dartifact="com.google.protobuf:$artifact" \
        -DoutputDirectory=tools
done
chmod +x tools/protoc*

# NAME, and the body of a message M
say() {
    printf 'syntax = "proto3";\npackage %s;\noption java_multiple_files = true;\nmessage M { %s }\n' "$1" "$2" >"$1.proto"
    mkdir -p "$1"
    tools/protoc-* -I. --java_out="$1" "$1.proto"
    if javac -nowarn -cp 'tools/*' -d "$1/classes" $(find "$1" -name '*.java') 2>"$1.log"; then
        printf '%s: builds, %s\n' "$1" "$(javap -cp "$1/classes" "$1.M" | grep -o 'getStage[A-Za-z0-9]*' | sort -u | xargs)"
    else
        printf '%s: %s\n' "$1" "$(sed -n 's/.*error: //p' "$1.log" | sort -u | head -1)"
    fi
}
{
    say text 'string text = 1; bytes text_bytes = 2;'
    say oneof 'oneof _a { string c = 1; } string a = 2;'
    say stage 'enum Stage { NONE = 0; } Stage stage = 1;'
    say later 'enum Stage { NONE = 0; } Stage stage = 1; int32 stage_value = 2;'
} | tee seen
cat >expected <<'OUT'
text: method getTextBytes() is already defined in class Builder
oneof: method clearA() is already defined in class Builder
stage: builds, getStage getStageValue
later: builds, getStage1 getStage1Value getStageValue2
OUT
diff expected seen || {
    printf 'changed: two did not build, and the last field renamed the accessors of the first\n'
    exit 1
}
