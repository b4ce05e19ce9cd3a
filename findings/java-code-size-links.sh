#!/usr/bin/env bash
# `option optimize_for = CODE_SIZE` changes neither a name nor a type that Java code sees: what was written for the classes
# of before compiles. What was compiled with them does not run with the new ones: the builder does not have `mergeFrom` with
# its own type any more but inherits it with another, and a library between the two, which nobody compiled again, ends with
# NoSuchMethodError. The way back is harmless: the fuller classes have the inherited form too.
#
#   findings/java-code-size-links.sh
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

cat >Use.java <<'END'
public class Use {
  public static void main(String[] args) {
    shop.Item one = shop.Item.newBuilder().setCount(3).build();
    com.google.protobuf.Message other = one;
    System.out.println("count " + shop.Item.newBuilder().mergeFrom(other).build().getCount());
  }
}
END
for how in SPEED CODE_SIZE; do
    mkdir -p "$how/src" "$how/classes" "$how/use"
    printf 'syntax = "proto3";\npackage shop;\noption java_multiple_files = true;\noption optimize_for = %s;\nmessage Item { int32 count = 1; }\n' "$how" >item.proto
    tools/protoc-* -I. --java_out="$how/src" item.proto
    javac -nowarn -cp 'tools/*' -d "$how/classes" "$how"/src/shop/*.java
    javac -nowarn -cp "tools/*:$how/classes" -d "$how/use" Use.java
done
# Which classes the program was compiled with, and which it runs with.
run() {
    printf 'compiled with %s, run with %s: ' "$1" "$2"
    { java -cp "tools/*:$2/classes:$1/use" Use 2>&1 || true; } | sed -n 's/.*\(NoSuchMethodError\).*/\1/p; /^count/p' | head -1
}
{
    run SPEED SPEED
    run SPEED CODE_SIZE
    run CODE_SIZE CODE_SIZE
    run CODE_SIZE SPEED
} | tee seen
cat >expected <<'OUT'
compiled with SPEED, run with SPEED: count 3
compiled with SPEED, run with CODE_SIZE: NoSuchMethodError
compiled with CODE_SIZE, run with CODE_SIZE: count 3
compiled with CODE_SIZE, run with SPEED: count 3
OUT
diff expected seen || {
    printf 'changed: code compiled with the classes of SPEED did not run with those of CODE_SIZE\n'
    exit 1
}
