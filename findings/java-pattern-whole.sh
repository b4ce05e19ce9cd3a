#!/usr/bin/env bash
# protovalidate's rule `pattern` is written down as the expression `this.matches(rules.pattern)`, and in CEL a part of a text
# is enough to match. So it is for Go, and for Java where the same is written as an expression, or where its native rules are
# switched off. With these, which are the default, protovalidate for Java wants all of the text to match: a value that a
# client of Go has found valid is refused by a server of Java, for every pattern without `^` and `$`.
#
#   findings/java-pattern-whole.sh
#
# Seen with build.buf:protovalidate 1.3.0 and buf.build/go/protovalidate 1.4.0. Fails if that changes. Needs a JDK, mvn, go.
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
      <groupId>build.buf</groupId>
      <artifactId>protovalidate</artifactId>
      <version>1.3.0</version>
    </dependency>
  </dependencies>
</project>
XML
mvn --quiet --batch-mode -Dstyle.color=never dependency:copy-dependencies -DoutputDirectory=lib
# The contract is made of descriptors, and handed on to Go: field 1 has the pattern `b`, or the expression.
cat >Seen.java <<'JAVA'
import build.buf.protovalidate.Config;
import build.buf.protovalidate.Validator;
import build.buf.protovalidate.ValidatorFactory;
import build.buf.validate.FieldRules;
import build.buf.validate.Rule;
import build.buf.validate.StringRules;
import build.buf.validate.ValidateProto;
import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldOptions;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.DynamicMessage;
import java.nio.file.Files;
import java.nio.file.Path;

class Seen {
  static DescriptorProto message(String name, FieldRules.Builder rules) {
    return DescriptorProto.newBuilder()
        .setName(name)
        .addField(
            FieldDescriptorProto.newBuilder()
                .setName("f")
                .setNumber(1)
                .setType(FieldDescriptorProto.Type.TYPE_STRING)
                .setLabel(FieldDescriptorProto.Label.LABEL_OPTIONAL)
                .setOptions(FieldOptions.newBuilder().setExtension(ValidateProto.field, rules.build())))
        .build();
  }

  public static void main(String[] texts) throws Exception {
    FileDescriptorProto file =
        FileDescriptorProto.newBuilder()
            .setName("seen.proto")
            .setSyntax("proto3")
            .addDependency("buf/validate/validate.proto")
            .addMessageType(
                message("Rule", FieldRules.newBuilder().setString(StringRules.newBuilder().setPattern("b"))))
            .addMessageType(
                message(
                    "Expression",
                    FieldRules.newBuilder()
                        .addCel(Rule.newBuilder().setId("x").setMessage("m").setExpression("this.matches('b')"))))
            .build();
    Files.write(Path.of("seen.binpb"), file.toByteArray());
    FileDescriptor built =
        FileDescriptor.buildFrom(file, new FileDescriptor[] {ValidateProto.getDescriptor()});
    for (boolean nativeRules : new boolean[] {true, false}) {
      Validator validator =
          ValidatorFactory.newBuilder()
              .withConfig(Config.newBuilder().setEnableNativeRules(nativeRules).build())
              .build();
      for (Descriptor kind : built.getMessageTypes()) {
        for (String text : texts) {
          DynamicMessage message =
              DynamicMessage.newBuilder(kind).setField(kind.findFieldByNumber(1), text).build();
          System.out.println(
              (nativeRules ? "java: " : "java, native rules off: ")
                  + kind.getName() + " " + text + " " + validator.validate(message).isSuccess());
        }
      }
    }
  }
}
JAVA
cat >main.go <<'GO'
package main

import (
	"fmt"
	"os"

	"buf.build/go/protovalidate"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"
)

func main() {
	bytes, _ := os.ReadFile("seen.binpb")
	file := &descriptorpb.FileDescriptorProto{}
	if err := proto.Unmarshal(bytes, file); err != nil {
		panic(err)
	}
	built, err := protodesc.NewFile(file, protoregistry.GlobalFiles)
	if err != nil {
		panic(err)
	}
	for at := range built.Messages().Len() {
		kind := built.Messages().Get(at)
		for _, text := range os.Args[1:] {
			message := dynamicpb.NewMessage(kind)
			message.Set(kind.Fields().ByNumber(1), protoreflect.ValueOfString(text))
			fmt.Println("go:", kind.Name(), text, protovalidate.Validate(message) == nil)
		}
	}
}
GO
go mod init seen >go.log 2>&1 && go get buf.build/go/protovalidate@v1.4.0 >>go.log 2>&1 && go mod tidy >>go.log 2>&1
{
    java -cp 'lib/*' Seen.java b abc
    go run . b abc
} | tee seen
cat >expected <<'OUT'
java: Rule b true
java: Rule abc false
java: Expression b true
java: Expression abc true
java, native rules off: Rule b true
java, native rules off: Rule abc true
java, native rules off: Expression b true
java, native rules off: Expression abc true
go: Rule b true
go: Rule abc true
go: Expression b true
go: Expression abc true
OUT
diff expected seen || {
    printf 'changed: the rule in Java wanted all of the text to match, and everything else a part of it\n'
    exit 1
}
