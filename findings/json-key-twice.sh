#!/usr/bin/env bash
# A key that is twice in a JSON object: Go and Python refuse the message, Java reads it with the last value. A document that
# one service takes the next one refuses.
#
#   findings/json-key-twice.sh
#
# Seen with protobuf-java-util 3.25.8 and 4.36.2, google.golang.org/protobuf 1.36.12, Python's protobuf 7.36.2. Fails if that
# changes. Needs a JDK, mvn, go, and python3 with venv.
set -euo pipefail
dir=$(mktemp -d)
trap 'chmod -R u+w "$dir" && rm -rf "$dir"' EXIT
cd "$dir"
text='{"amount":1,"amount":2}'

cat >Seen.java <<'JAVA'
import com.google.protobuf.Struct;
import com.google.protobuf.util.JsonFormat;

class Seen {
  public static void main(String[] arguments) throws Exception {
    Struct.Builder read = Struct.newBuilder();
    JsonFormat.parser().merge(arguments[0], read);
    System.out.println(JsonFormat.printer().omittingInsignificantWhitespace().print(read));
  }
}
JAVA
for version in 3.25.8 4.36.2; do
    cat >pom.xml <<XML
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>seen</groupId>
  <artifactId>seen</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>com.google.protobuf</groupId>
      <artifactId>protobuf-java-util</artifactId>
      <version>$version</version>
    </dependency>
  </dependencies>
</project>
XML
    mvn --quiet --batch-mode -Dstyle.color=never dependency:copy-dependencies -DoutputDirectory="lib-$version" >/dev/null
    javac -cp "lib-$version/*" -d "classes-$version" Seen.java
    printf 'java %s: ' "$version"
    java -cp "lib-$version/*:classes-$version" Seen "$text"
done | tee seen

mkdir go
cat >go/main.go <<'GO'
package main

import (
	"fmt"
	"os"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/structpb"
)

func main() {
	err := protojson.Unmarshal([]byte(os.Args[1]), &structpb.Struct{})
	fmt.Println("go:", err)
}
GO
(
    cd go
    export GOFLAGS=-modcacherw
    go mod init seen 2>/dev/null
    go get google.golang.org/protobuf@v1.36.12 2>/dev/null
    go run . "$text"
) | tee -a seen

python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check protobuf==7.36.2
cat >seen.py <<'PYTHON'
import sys

from google.protobuf import json_format, struct_pb2

try:
    print("python:", json_format.Parse(sys.argv[1], struct_pb2.Struct()))
except json_format.ParseError as refused:
    print("python:", refused)
PYTHON
venv/bin/python seen.py "$text" | tee -a seen

for expected in 'java 3.25.8: {"amount":2.0}' 'java 4.36.2: {"amount":2.0}'; do
    grep -qxF "$expected" seen || {
        printf 'changed: Java read the last value\n'
        exit 1
    }
done
grep -q '^go: .*duplicate' seen && grep -qi '^python: .*duplicate' seen || {
    printf 'changed: Go and Python refused the key\n'
    exit 1
}
