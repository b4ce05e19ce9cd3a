#!/usr/bin/env bash
# A field `from` of its own message's type makes, in the builder, a method mergeFrom(M): the name and the arguments of the
# method that merges a whole message. With the full runtime javac refuses the two. With the lite runtime the generated one
# overrides the one of the base class, protoc and javac say nothing, and who merges or copies a message through a builder
# gets it inside the field: toBuilder() is made of mergeFrom.
#
#   findings/java-lite-merge-from.sh
#
# Seen with protobuf-java and protobuf-javalite 4.36.2 and their protoc, 36.2. Fails if that changes. Needs a JDK, mvn, and
# a machine for which Maven has protoc.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
system=$(uname -s | sed 's/Darwin/osx/' | tr '[:upper:]' '[:lower:]')-$(uname -m | sed 's/aarch64\|arm64/aarch_64/')
get() {
    mvn --quiet --batch-mode -Dstyle.color=never dependency:copy -Dartifact="com.google.protobuf:$1" -DoutputDirectory="$2"
}
get "protoc:4.36.2:exe:$system" tools
get protobuf-java:4.36.2 full
get protobuf-javalite:4.36.2 lite
chmod +x tools/protoc*
printf 'syntax = "proto3";\npackage a;\noption java_multiple_files = true;\nmessage M { M from = 1; string name = 2; }\n' >a.proto
cat >Use.java <<'JAVA'
import a.M;

public class Use {
    static String told(M m) {
        return "name '" + m.getName() + "'" + (m.hasFrom() ? ", from (" + told(m.getFrom()) + ")" : "");
    }

    public static void main(String[] arguments) {
        M ada = M.newBuilder().setName("Ada").build();
        System.out.println("a message: " + told(ada));
        System.out.println("merged into a new one: " + told(M.newBuilder().mergeFrom(ada).build()));
        System.out.println("toBuilder().build(): " + told(ada.toBuilder().build()));
    }
}
JAVA
{
    tools/protoc-* --java_out=. a.proto
    javac -nowarn -cp 'full/*' -d full/classes a/*.java 2>log || sed -n 's/.*error: /full: /p' log | sort -u
    rm -r a
    tools/protoc-* --java_out=lite:. a.proto
    javac -nowarn -cp 'lite/*' -d lite/classes a/*.java Use.java
    java -cp "lite/classes:$(ls lite/*.jar)" Use | sed 's/^/lite: /'
} | tee seen
cat >expected <<'OUT'
full: method mergeFrom(M) is already defined in class Builder
lite: a message: name 'Ada'
lite: merged into a new one: name '', from (name 'Ada')
lite: toBuilder().build(): name '', from (name 'Ada')
OUT
diff expected seen || {
    printf 'changed: the full runtime refused it, and with the lite one a copy was a message with the original in it\n'
    exit 1
}
