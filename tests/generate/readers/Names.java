import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.ModifiersTree;
import com.sun.source.tree.Tree;
import com.sun.source.tree.VariableTree;
import com.sun.source.util.JavacTask;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.lang.model.element.Modifier;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;

/** Prints the public names of Java files: first folder, tab, name, and behind another tab its type. {@code java Names.java FOLDER}. */
public class Names {
  public static void main(String[] args) throws Exception {
    Path root = Path.of(args[0]);
    List<Path> files;
    try (Stream<Path> all = Files.walk(root)) {
      files = all.filter(p -> p.toString().endsWith(".java")).sorted().collect(Collectors.toList());
    }
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    try (var manager = compiler.getStandardFileManager(null, null, null)) {
      var task = (JavacTask) compiler.getTask(null, manager, null, null, null, manager.getJavaFileObjectsFromPaths(files));
      for (CompilationUnitTree unit : task.parse()) {
        Path path = root.relativize(Path.of(unit.getSourceFile().toUri()));
        String front = unit.getPackageName() == null ? "" : unit.getPackageName() + ".";
        for (Tree tree : unit.getTypeDecls()) {
          if (tree instanceof ClassTree) {
            type(path.getName(0).toString(), front, (ClassTree) tree, false);
          }
        }
      }
    }
  }

  static boolean shown(ModifiersTree modifiers, boolean inInterface) {
    return inInterface || modifiers.getFlags().contains(Modifier.PUBLIC);
  }

  static String erased(Tree type) {
    StringBuilder out = new StringBuilder();
    int depth = 0;
    for (char c : type.toString().toCharArray()) {
      if (c == '<') depth++;
      if (depth == 0) out.append(c);
      if (c == '>') depth--;
    }
    return out.toString().replaceAll("@[\\w.]+(\\([^)]*\\))? ?", "").trim();
  }

  static String annotated(Tree type) {
    return type == null ? "" : type.toString().replaceAll("@[\\w.]+(\\([^)]*\\))? ?", "").replaceAll("\\s", "");
  }

  static void type(String folder, String front, ClassTree type, boolean inInterface) {
    if (!shown(type.getModifiers(), inInterface)) return;
    String name = front + type.getSimpleName();
    System.out.println(folder + "\t" + name);
    boolean isInterface = type.getKind() == Tree.Kind.INTERFACE;
    for (Tree member : type.getMembers()) {
      if (member instanceof ClassTree) {
        type(folder, name + ".", (ClassTree) member, isInterface);
      } else if (member instanceof MethodTree) {
        MethodTree method = (MethodTree) member;
        if (!shown(method.getModifiers(), isInterface)) continue;
        List<String> parameters = new ArrayList<>();
        for (VariableTree parameter : method.getParameters()) parameters.add(erased(parameter.getType()));
        System.out.println(folder + "\t" + name + "." + method.getName() + "(" + String.join(", ", parameters) + ")\t" + annotated(method.getReturnType()));
      } else if (member instanceof VariableTree) {
        VariableTree field = (VariableTree) member;
        if (shown(field.getModifiers(), isInterface)) System.out.println(folder + "\t" + name + "." + field.getName() + "\t" + annotated(field.getType()));
      }
    }
  }
}
