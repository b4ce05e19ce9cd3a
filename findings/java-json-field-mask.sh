#!/usr/bin/env bash
# FieldMask has a JSON form of its own, `fooBar` for the path `foo_bar`, and paths that do not survive it: those with a
# digit or another `_` behind a `_`, and those with capital letters. Python refuses to print such a mask. Java prints it,
# and what it reads of its own text are other paths: `item_1` becomes `item1`, `fooBar` becomes `foobar`. The style guide
# advises against such field names and the compiler takes them; an update of such a field that goes through JSON in Java
# asks for another one, or for none.
#
#   findings/java-json-field-mask.sh
#
# Seen with protobuf-java-util 4.36.2 and protobuf 7.36.2 of Python. Fails if that changes. Needs a JDK, mvn, and python3
# with venv and pip.
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
cat >Seen.java <<'JAVA'
import com.google.protobuf.FieldMask;
import com.google.protobuf.util.JsonFormat;

class Seen {
  public static void main(String[] paths) throws Exception {
    for (String path : paths) {
      String text = JsonFormat.printer().print(FieldMask.newBuilder().addPaths(path));
      FieldMask.Builder read = FieldMask.newBuilder();
      JsonFormat.parser().merge(text, read);
      System.out.println("java: " + path + " " + text + " " + read.getPathsList());
    }
  }
}
JAVA
python3 -m venv env
env/bin/pip --quiet --disable-pip-version-check install protobuf==7.36.2
cat >seen.py <<'PY'
import sys

from google.protobuf import field_mask_pb2, json_format

for path in sys.argv[1:]:
    try:
        print("python:", path, json_format.MessageToJson(field_mask_pb2.FieldMask(paths=[path])))
    except ValueError:
        print("python:", path, "is not printed")
PY
paths=(foo_bar item_1 a__b fooBar)
{
    java -cp 'lib/*' Seen.java "${paths[@]}"
    env/bin/python seen.py "${paths[@]}"
} | tee seen
cat >expected <<'OUT'
java: foo_bar "fooBar" [foo_bar]
java: item_1 "item1" [item1]
java: a__b "aB" [a_b]
java: fooBar "foobar" [foobar]
python: foo_bar "fooBar"
python: item_1 is not printed
python: a__b is not printed
python: fooBar is not printed
OUT
diff expected seen || {
    printf 'changed: Java read other paths than it had printed, Python printed none of them\n'
    exit 1
}
