import build.buf.protovalidate.Config;
import build.buf.protovalidate.Validator;
import build.buf.protovalidate.ValidatorFactory;
import build.buf.validate.ValidateProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.ExtensionRegistry;
import java.io.BufferedReader;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/** Validates messages with protovalidate for Java: as validate.py, beside this file, says. */
public final class Validate {
  public static void main(String[] args) throws Exception {
    ExtensionRegistry options = ExtensionRegistry.newInstance();
    ValidateProto.registerAllExtensions(options);
    FileDescriptorSet set = FileDescriptorSet.parseFrom(Files.readAllBytes(Path.of(args[0])), options);
    Map<String, FileDescriptor> files = new HashMap<>();
    // What the runtime has is its own: extensions are of the messages that it was generated with.
    FileDescriptor known = ValidateProto.getDescriptor();
    files.put(known.getName(), known);
    for (FileDescriptor one : known.getDependencies()) {
      files.put(one.getName(), one);
    }
    Map<String, Descriptor> kinds = new HashMap<>();
    ExtensionRegistry rules = ExtensionRegistry.newInstance();
    ValidateProto.registerAllExtensions(rules);
    for (FileDescriptorProto file : set.getFileList()) {
      if (files.containsKey(file.getName())) {
        continue;
      }
      List<FileDescriptor> imports = new ArrayList<>();
      for (String name : file.getDependencyList()) {
        imports.add(files.get(name));
      }
      FileDescriptor built = FileDescriptor.buildFrom(file, imports.toArray(new FileDescriptor[0]));
      files.put(file.getName(), built);
      for (Descriptor kind : built.getMessageTypes()) {
        kinds.put(kind.getFullName(), kind);
      }
      for (FieldDescriptor extension : built.getExtensions()) {
        rules.add(extension);
      }
    }
    Validator validator =
        ValidatorFactory.newBuilder().withConfig(Config.newBuilder().setExtensionRegistry(rules).build()).build();
    PrintStream out = new PrintStream(System.out, false, "UTF-8");
    try (BufferedReader lines = Files.newBufferedReader(Path.of(args[1]))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        String[] words = line.split(" ");
        Descriptor kind = kinds.get(words[0]);
        StringBuilder letters = new StringBuilder();
        String why = "";
        for (int at = 1; at < words.length; at++) {
          try {
            byte[] bytes = HexFormat.of().parseHex(words[at].replace("-", ""));
            DynamicMessage message = DynamicMessage.parseFrom(kind, bytes);
            letters.append(validator.validate(message).isSuccess() ? 'y' : 'n');
          } catch (Exception | StackOverflowError error) {
            letters.append('e');
            why = why.isEmpty() ? error.toString().replace("\n", " ") : why;
          }
        }
        out.println(words[0] + " " + letters + " " + why);
      }
    }
    out.flush();
  }
}
