#!/usr/bin/env bash
# Java's JsonFormat prints an extension under its bare name, as if it were a field. No parser takes that key, its own
# included: ProtoJSON writes extensions as "[package.name]". Two extensions of one name from two packages come out under
# one key, twice in one object.
#
#   findings/java-json-extension.sh
#
# Seen with protobuf-java-util 4.36.2 and protoc 36.2 (the artifact com.google.protobuf:protoc:4.36.2). Fails if that
# changes. Needs a JDK, mvn, and a machine for which Maven has protoc.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
cat >pom.xml <<'XML'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>seen</groupId>
  <artifactId>seen</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>com.google.protobuf</groupId>
      <artifactId>protobuf-java-util</artifactId>
      <version>4.36.2</version>
    </dependency>
  </dependencies>
</project>
XML
mvn --quiet --batch-mode -Dstyle.color=never dependency:copy-dependencies -DoutputDirectory=lib
system=$(uname -s | sed 's/Darwin/osx/' | tr '[:upper:]' '[:lower:]')-$(uname -m | sed 's/aarch64\|arm64/aarch_64/')
mvn --quiet --batch-mode -Dstyle.color=never dependency:copy -Dartifact="com.google.protobuf:protoc:4.36.2:exe:$system" -DoutputDirectory=tool
chmod +x tool/*
cat >base.proto <<'PROTO'
syntax = "proto2";
package base;
option java_multiple_files = true;

message Order {
  optional string id = 1;
  extensions 100 to max;
}
PROTO
for team in red blue; do
    number=$([ $team = red ] && printf 100 || printf 101)
    cat >$team.proto <<PROTO
syntax = "proto2";
package $team;
import "base.proto";

extend base.Order {
  optional string note = $number;
}
PROTO
done
mkdir made
tool/protoc* -I. --java_out=made base.proto red.proto blue.proto
cat >made/Seen.java <<'JAVA'
import com.google.protobuf.util.JsonFormat;

class Seen {
  public static void main(String[] arguments) throws Exception {
    base.Order order =
        base.Order.newBuilder().setId("7").setExtension(red.Red.note, "r").setExtension(blue.Blue.note, "b").build();
    String text = JsonFormat.printer().omittingInsignificantWhitespace().print(order);
    System.out.println(text);
    try {
      JsonFormat.parser().merge(text, base.Order.newBuilder());
      System.out.println("read");
    } catch (com.google.protobuf.InvalidProtocolBufferException refused) {
      System.out.println(refused.getMessage());
    }
  }
}
JAVA
javac -nowarn -cp 'lib/*' -d classes $(find made -name '*.java')
java -cp 'lib/*:classes' Seen | tee seen
cat >expected <<'OUT'
{"id":"7","note":"r","note":"b"}
OUT
head -1 seen | diff expected - && [ "$(tail -1 seen)" != read ] || {
    printf 'changed: both extensions were printed as "note", and refused\n'
    exit 1
}
