#!/usr/bin/env bash
# Two names of one enum number change places: no number and no name is another, and nothing on the wire is. In Java the name
# that stood first was a constant of the enum and is now a static field beside it: `case` does not take it, while everything
# else that names it compiles. prost has a variant for the first name and none for the others: the old one is gone. The same
# happens where a new name is put in front, as one does whose JSON should be written with it.
#
#   findings/enum-alias-order.sh
#
# Seen with protobuf-java 4.36.2 and its protoc, 36.2, and protoc-gen-prost 0.5.0. Fails if that changes. Needs a JDK, mvn,
# cargo, and a machine for which Maven has protoc.
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
cargo install --quiet --locked --debug --root tools protoc-gen-prost@0.5.0

printf 'class Name { String of(pay.Stage s) { return s == pay.Stage.PAID ? "paid" : ""; } }\n' >Name.java
printf 'class Case { int of(pay.Stage s) { switch (s) { case PAID: return 1; default: return 0; } } }\n' >Case.java
# NAME, and the names of number 1
say() {
    mkdir -p "$1/classes"
    printf 'syntax = "proto3";\npackage pay;\noption java_multiple_files = true;\nenum Stage { option allow_alias = true; NONE = 0; %s }\n' "$2" >stage.proto
    tools/protoc-* -I. --plugin=tools/bin/protoc-gen-prost --prost_out="$1" --java_out="$1" stage.proto
    javac -nowarn -cp 'tools/*' -d "$1/classes" "$1"/pay/*.java
    for code in Name Case; do
        javac -nowarn -cp "tools/*:$1/classes" -d "$1/classes" "$code.java" 2>/dev/null && is=compiles || is='does not compile'
        printf '%s: %s.java %s\n' "$1" "$code" "$is"
    done
    printf '%s: prost has %s\n' "$1" "$(find "$1" -name '*.rs' -exec grep -ohE '^ +[A-Z][a-z]+ = [0-9]+' {} + | tr -d ' ' | xargs)"
}
{
    say first 'PAID = 1; SETTLED = 1;'
    say second 'SETTLED = 1; PAID = 1;'
} | tee seen
cat >expected <<'OUT'
first: Name.java compiles
first: Case.java compiles
first: prost has None=0 Paid=1
second: Name.java compiles
second: Case.java does not compile
second: prost has None=0 Settled=1
OUT
diff expected seen || {
    printf 'changed: the first of two names was a constant in Java and the only variant in Rust\n'
    exit 1
}
