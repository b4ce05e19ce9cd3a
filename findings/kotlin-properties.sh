#!/usr/bin/env bash
# protoc's code for Kotlin calls Java's getters in its line 3.25, and reads them as properties since. Kotlin makes properties of
# getters by a rule of its own: capitals at the beginning become small. So getFooBytes() and getFOOBytes(), two methods for Java,
# are one property, and code that reads it is ambiguous. For oneofs of the lite runtime protoc itself writes another name than the
# property has. And in both lines a field `com` is a property that hides the package of the runtime in the code beside it.
#
#   findings/kotlin-properties.sh
#
# Seen with protoc 25.9 and 36.2, protobuf-java and -javalite 3.25.9 and 4.36.2, protobuf-kotlin and -kotlin-lite 3.25.8 and
# 4.36.2, and Kotlin 2.2.21. Fails if that changes. Needs a JDK, mvn, and a machine for which Maven has protoc.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
system=$(uname -s | sed 's/Darwin/osx/' | tr '[:upper:]' '[:lower:]')-$(uname -m | sed 's/aarch64\|arm64/aarch_64/')
# Jars with all that they need.  jars FOLDER GROUP:NAME:VERSION…
jars() {
    local folder=$1 artifact
    shift
    mkdir "$folder"
    {
        printf '<project><modelVersion>4.0.0</modelVersion><groupId>a</groupId><artifactId>a</artifactId><version>1</version><dependencies>'
        for artifact; do
            IFS=: read -r group name version <<<"$artifact"
            printf '<dependency><groupId>%s</groupId><artifactId>%s</artifactId><version>%s</version></dependency>' "$group" "$name" "$version"
        done
        printf '</dependencies></project>'
    } >"$folder/pom.xml"
    mvn --quiet --batch-mode -Dstyle.color=never -f "$folder/pom.xml" dependency:copy-dependencies -DoutputDirectory="$PWD/$folder"
}
for protoc in 3.25.9 4.36.2; do
    mvn --quiet --batch-mode -Dstyle.color=never dependency:copy -Dartifact="com.google.protobuf:protoc:$protoc:exe:$system" -DoutputDirectory="$protoc"
done
chmod +x ./*/protoc*
jars compiler org.jetbrains.kotlin:kotlin-compiler-embeddable:2.2.21
google=com.google.protobuf
jars 3.25.9-full "$google:protobuf-java:3.25.9" "$google:protobuf-kotlin:3.25.8" org.jetbrains.kotlin:kotlin-stdlib:2.2.21
jars 4.36.2-full "$google:protobuf-java:4.36.2" "$google:protobuf-kotlin:4.36.2" org.jetbrains.kotlin:kotlin-stdlib:2.2.21
jars 3.25.9-lite "$google:protobuf-javalite:3.25.9" "$google:protobuf-kotlin-lite:3.25.8" org.jetbrains.kotlin:kotlin-stdlib:2.2.21
jars 4.36.2-lite "$google:protobuf-javalite:4.36.2" "$google:protobuf-kotlin-lite:4.36.2" org.jetbrains.kotlin:kotlin-stdlib:2.2.21
# What the compilers say of a message.  told FIELDS
told() {
    printf '%s\n' "$1"
    printf 'syntax = "proto3";\npackage a.b;\noption java_multiple_files = true;\nmessage M { %s }\n' "$1" >m.proto
    local version form path
    for version in 3.25.9 4.36.2; do
        for form in full lite; do
            rm -rf made classes
            mkdir made classes
            "$version"/protoc-* "--java_out=$([ "$form" = full ] || echo lite:)made" "--kotlin_out=$([ "$form" = full ] || echo lite:)made" m.proto
            path=$(printf '%s:' "$version-$form"/*.jar)
            javac -proc:none -nowarn -cp "$path" -d classes made/a/b/*.java 2>log || sed -n 's/.*error: /javac: /p' log
            java -cp "$(printf '%s:' compiler/*.jar)" org.jetbrains.kotlin.cli.jvm.K2JVMCompiler -no-stdlib -no-reflect -nowarn \
                -cp "classes:$path" -d built made >log 2>&1 && printf 'built\n' >log
            printf '  %s %s: %s\n' "$version" "$form" "$(sed -n '/annotation argument/d; s/.*: error: //p; /^built/p' log | head -1 | tr -d ':')"
        done
    done
}
{
    told 'string FOO = 1; string foo_bytes = 2;'
    told 'oneof KIND { int32 a = 1; }'
    told 'repeated string com = 1;'
} | tee seen
cat >expected <<'OUT'
string FOO = 1; string foo_bytes = 2;
  3.25.9 full: built
  3.25.9 lite: built
  4.36.2 full: overload resolution ambiguity between candidates
  4.36.2 lite: overload resolution ambiguity between candidates
oneof KIND { int32 a = 1; }
  3.25.9 full: built
  3.25.9 lite: built
  4.36.2 full: built
  4.36.2 lite: unresolved reference 'kINDCase'.
repeated string com = 1;
  3.25.9 full: unresolved reference 'google'.
  3.25.9 lite: unresolved reference 'google'.
  4.36.2 full: unresolved reference 'google'.
  4.36.2 lite: unresolved reference 'google'.
OUT
diff expected seen || {
    printf 'changed: which messages of protoc Kotlin takes\n'
    exit 1
}
