import japicmp.cmp.JApiCmpArchive;
import japicmp.cmp.JarArchiveComparator;
import japicmp.cmp.JarArchiveComparatorOptions;
import japicmp.model.JApiClass;
import japicmp.model.JApiCompatibility;
import japicmp.model.JApiCompatibilityChange;
import japicmp.model.JApiCompatibilityChangeType;
import java.io.File;
import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.GenericArrayType;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.lang.reflect.WildcardType;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.ToolProvider;

/**
 * Holds Java code that uses all that an old package has to a new one: {@code java -cp LIBS Consume.java OLD NEW}, folders
 * of Maven projects.
 *
 * <p>Of every case two consumers are written from the classes of the old side: a plain one that calls, reads, writes and
 * extends all that is public, and a strict one whose switches over enums are exhaustive. Both have to compile with the old
 * side. What javac says of them with the new one is printed, and, as {@code link}, what the virtual machine says of the
 * plain one as it was compiled with the old side: JSON, a line a case. {@code peer} is what japicmp says does not compile
 * any more, or not link, and {@code peerLink} the latter alone: but for interfaces of messages, which nobody implements but
 * what is generated, and for numbers of fields, which javac writes into what uses them.
 */
public class Consume {
  static final String[] NAMES = {"Plain", "Strict"};

  static final class Consumer {
    final String[] text = new String[2];
    final String[] error = new String[2];
    String link;
    String peer;
    String peerLink;
  }

  public static void main(String[] args) throws Exception {
    Path old = Path.of(args[0]);
    Path now = Path.of(args[1]);
    Path work = Files.createDirectories(old.toAbsolutePath().getParent().getParent().getParent().resolve("classes"));
    Path oldClasses = build(old, work.resolve("old"));
    Path newClasses = build(now, work.resolve("new"));

    Map<String, Consumer> consumers = new TreeMap<>();
    try (var loader = loader(oldClasses)) {
      Map<String, List<Class<?>>> cases = new TreeMap<>();
      for (String name : names(oldClasses)) {
        Class<?> type = Class.forName(name, false, loader);
        var at = java.util.regex.Pattern.compile("\\bc\\d{4}").matcher(name);
        if (at.find()) cases.computeIfAbsent(at.group(), k -> new ArrayList<>()).add(type);
      }
      for (var entry : cases.entrySet()) {
        Consumer consumer = new Consumer();
        for (int i = 0; i < 2; i++) {
          consumer.text[i] = new Writer(i == 1).write(entry.getKey() + NAMES[i], entry.getValue());
        }
        consumers.put(entry.getKey(), consumer);
      }
    }
    Path linked = compile(consumers, oldClasses, work.resolve("consumer-old"));
    for (var entry : consumers.entrySet()) {
      for (String error : entry.getValue().error) {
        if (error != null) throw new IllegalStateException(entry.getKey() + ": the consumer does not fit the old side: " + error);
      }
    }
    link(consumers, linked, newClasses);
    compile(consumers, newClasses, work.resolve("consumer-new"));
    compare(consumers, oldClasses, newClasses);
    for (var entry : consumers.entrySet()) {
      Consumer c = entry.getValue();
      String strict = c.error[1] == null ? c.error[0] : c.error[1];
      System.out.println("{\"case\":" + json(entry.getKey()) + ",\"plain\":" + json(c.error[0]) + ",\"strict\":" + json(strict)
          + ",\"link\":" + json(c.link) + ",\"peer\":" + json(c.peer) + ",\"peerLink\":" + json(c.peerLink) + "}");
    }
  }

  static String json(String text) {
    if (text == null) return "null";
    StringBuilder out = new StringBuilder("\"");
    for (char c : text.toCharArray()) {
      if (c == '"' || c == '\\') out.append('\\').append(c);
      else if (c < ' ') out.append(' ');
      else out.append(c);
    }
    return out.append('"').toString();
  }

  static URLClassLoader loader(Path... folders) throws IOException {
    URL[] urls = new URL[folders.length];
    for (int i = 0; i < urls.length; i++) urls[i] = folders[i].toUri().toURL();
    return new URLClassLoader(urls, Consume.class.getClassLoader());
  }

  static List<String> names(Path classes) throws IOException {
    try (Stream<Path> all = Files.walk(classes)) {
      return all.map(p -> classes.relativize(p).toString()).filter(p -> p.endsWith(".class"))
          .map(p -> p.substring(0, p.length() - 6).replace('/', '.')).sorted().collect(Collectors.toList());
    }
  }

  static List<Diagnostic<? extends JavaFileObject>> javac(List<Path> sources, String path, Path out) throws IOException {
    Files.createDirectories(out);
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    var said = new DiagnosticCollector<JavaFileObject>();
    try (var manager = compiler.getStandardFileManager(said, null, null)) {
      compiler.getTask(null, manager, said,
          List.of("-proc:none", "-nowarn", "-Xmaxerrs", "1000000", "-XDshould-stop.ifError=FLOW", "-d", out.toString(), "-cp", path),
          null, manager.getJavaFileObjectsFromPaths(sources)).call();
    }
    return said.getDiagnostics().stream().filter(d -> d.getKind() == Diagnostic.Kind.ERROR).collect(Collectors.toList());
  }

  static Path build(Path project, Path out) throws IOException {
    List<Path> sources;
    try (Stream<Path> all = Files.walk(project.resolve("src/main/java"))) {
      sources = all.filter(p -> p.toString().endsWith(".java")).collect(Collectors.toList());
    }
    var errors = javac(sources, System.getProperty("java.class.path"), out);
    if (!errors.isEmpty()) throw new IllegalStateException("the package does not compile: " + errors.get(0));
    return out;
  }

  /** Compiles those that have no error yet; as one error can keep the compiler from others, again until there is none. */
  static Path compile(Map<String, Consumer> consumers, Path classes, Path out) throws IOException {
    Path sources = Files.createDirectories(out.resolve("src"));
    while (true) {
      List<Path> files = new ArrayList<>();
      for (var entry : consumers.entrySet()) {
        for (int i = 0; i < 2; i++) {
          if (entry.getValue().error[i] != null) continue;
          Path file = sources.resolve(entry.getKey() + NAMES[i] + ".java");
          Files.writeString(file, entry.getValue().text[i]);
          files.add(file);
        }
      }
      var errors = javac(files, classes + ":" + System.getProperty("java.class.path"), out.resolve("classes"));
      if (errors.isEmpty()) return out.resolve("classes");
      for (var error : errors) {
        if (error.getSource() == null) throw new IllegalStateException(error.toString());
        String file = Path.of(error.getSource().toUri()).getFileName().toString();
        int which = file.endsWith("Plain.java") ? 0 : 1;
        Consumer consumer = consumers.get(file.substring(0, 5));
        if (consumer.error[which] == null) {
          String line = consumer.text[which].split("\n")[(int) error.getLineNumber() - 1];
          consumer.error[which] = error.getMessage(null) + " in " + line;
        }
      }
    }
  }

  /** Every method does one thing, with nothing: the virtual machine looks for what it names before it sees that. */
  static void link(Map<String, Consumer> consumers, Path compiled, Path classes) throws Exception {
    // What the classes print when they are asked for odd things is of no interest.
    for (var entry : consumers.entrySet()) {
      try (var loader = loader(classes, compiled)) {
        for (String name : names(compiled)) {
          if (!name.startsWith(entry.getKey() + "Plain")) continue;
          Class<?> type;
          Method[] methods;
          try {
            type = Class.forName(name, true, loader);
            methods = type.getDeclaredMethods();
          } catch (LinkageError e) {
            entry.getValue().link = e.toString();
            continue;
          }
          for (Method method : methods) {
            if (!Modifier.isStatic(method.getModifiers()) || method.isSynthetic()) continue;
            method.setAccessible(true);
            Object[] nothing = Arrays.stream(method.getParameterTypes()).map(Consume::nothing).toArray();
            try {
              method.invoke(null, nothing);
            } catch (InvocationTargetException e) {
              if (e.getCause() instanceof LinkageError) entry.getValue().link = e.getCause().toString();
            }
          }
        }
      }
    }
  }

  /** What japicmp says of all that can be named from outside. */
  static void compare(Map<String, Consumer> consumers, Path oldClasses, Path newClasses) throws IOException {
    var options = new JarArchiveComparatorOptions();
    // The libraries are the same on both sides, and it would take them apart again for every class that extends theirs.
    options.getIgnoreMissingClasses().setIgnoreAllMissingClasses(true);
    for (JApiClass type : new JarArchiveComparator(options).compare(jar(oldClasses), jar(newClasses))) {
      var at = java.util.regex.Pattern.compile("\\bc\\d{4}").matcher(type.getFullyQualifiedName());
      Consumer consumer = at.find() ? consumers.get(at.group()) : null;
      if (consumer == null) continue;
      String name = type.getFullyQualifiedName();
      said(consumer, type, name);
      said(consumer, type.getSuperclass(), name + " extends");
      type.getInterfaces().forEach(i -> said(consumer, i, name + " implements " + i.getFullyQualifiedName()));
      type.getMethods().forEach(m -> said(consumer, m, name + "." + m.getName()));
      type.getConstructors().forEach(m -> said(consumer, m, name + "." + m.getName()));
      type.getFields().forEach(f -> said(consumer, f, name + "." + f.getName()));
    }
  }

  static void said(Consumer consumer, JApiCompatibility element, String name) {
    for (JApiCompatibilityChange change : element.getCompatibilityChanges()) {
      String said = name + ": " + change.getType();
      boolean links = change.isBinaryCompatible() || name.endsWith("_FIELD_NUMBER");
      boolean builds = change.isSourceCompatible() || change.getType() == JApiCompatibilityChangeType.METHOD_ADDED_TO_INTERFACE && name.contains("OrBuilder.");
      if (!links && consumer.peerLink == null) consumer.peerLink = said;
      if (!(links && builds) && consumer.peer == null) consumer.peer = said;
    }
  }

  static JApiCmpArchive jar(Path classes) {
    File jar = new File(classes + ".jar");
    var tool = java.util.spi.ToolProvider.findFirst("jar").orElseThrow();
    if (tool.run(System.out, System.err, "--create", "--file", jar.toString(), "-C", classes.toString(), ".") != 0) {
      throw new IllegalStateException("jar: " + jar);
    }
    return new JApiCmpArchive(jar, "1.0.0");
  }

  static Object nothing(Class<?> type) {
    if (!type.isPrimitive()) return null;
    return java.lang.reflect.Array.get(java.lang.reflect.Array.newInstance(type, 1), 0);
  }

  static final class Writer {
    final boolean strict;
    final StringBuilder out = new StringBuilder();
    int count;

    Writer(boolean strict) {
      this.strict = strict;
    }

    String write(String name, List<Class<?>> types) {
      out.append("@SuppressWarnings(\"all\") public class ").append(name).append(" {\n");
      for (Class<?> type : types) {
        if (shown(type)) use(type);
      }
      return out.append("}\n").toString();
    }

    static boolean shown(Class<?> type) {
      for (Class<?> t = type; t != null; t = t.getEnclosingClass()) {
        if (!Modifier.isPublic(t.getModifiers()) || t.isAnonymousClass() || t.isSynthetic()) return false;
      }
      return true;
    }

    static String text(Type type) {
      if (type instanceof Class<?>) return ((Class<?>) type).getCanonicalName();
      if (type instanceof ParameterizedType) {
        var p = (ParameterizedType) type;
        return text(p.getRawType()) + Arrays.stream(p.getActualTypeArguments()).map(Writer::text).collect(Collectors.joining(", ", "<", ">"));
      }
      if (type instanceof GenericArrayType) return text(((GenericArrayType) type).getGenericComponentType()) + "[]";
      if (type instanceof WildcardType) {
        var w = (WildcardType) type;
        if (w.getLowerBounds().length > 0) return "? super " + text(w.getLowerBounds()[0]);
        return w.getUpperBounds()[0] == Object.class ? "?" : "? extends " + text(w.getUpperBounds()[0]);
      }
      return ((TypeVariable<?>) type).getName();
    }

    void line(String format, Object... args) {
      out.append("  ").append(String.format(format, args)).append('\n');
    }

    void use(Class<?> type) {
      String full = type.getCanonicalName();
      // The class of a file is named by code that is about descriptors, or has types and extensions inside.
      boolean ofFile = Arrays.stream(type.getDeclaredMethods()).anyMatch(m -> m.getName().equals("registerAllExtensions"));
      if (!ofFile || strict) line("static %s keep%d;", full, count++);
      for (Field field : sorted(type.getDeclaredFields(), Field::getName)) {
        if (!Modifier.isPublic(field.getModifiers()) || field.isSynthetic()) continue;
        line("static void m%d() throws Throwable { %s v = %s.%s; }", count++, text(field.getGenericType()), full, field.getName());
        if (field.isEnumConstant()) {
          line("static void m%d(%s e) throws Throwable { switch (e) { case %s: break; default: } }", count++, full, field.getName());
        }
      }
      if (type.isEnum() && strict) {
        String arms = Arrays.stream(type.getEnumConstants()).map(c -> "case " + ((Enum<?>) c).name() + " -> 0; ").collect(Collectors.joining());
        line("static void m%d(%s e) throws Throwable { int v = switch (e) { %s }; }", count++, full, arms);
      }
      boolean base = Modifier.isAbstract(type.getModifiers()) && type.getSimpleName().endsWith("ImplBase");
      StringBuilder overrides = new StringBuilder();
      for (Method method : sorted(type.getDeclaredMethods(), Method::toGenericString)) {
        if (!Modifier.isPublic(method.getModifiers()) || method.isSynthetic() || method.getTypeParameters().length > 0) continue;
        if (ofFile && !strict) continue;
        List<String> takes = new ArrayList<>();
        List<String> gives = new ArrayList<>();
        for (Type parameter : method.getGenericParameterTypes()) {
          gives.add("a" + gives.size());
          takes.add(text(parameter) + " a" + takes.size());
        }
        boolean fixed = Modifier.isStatic(method.getModifiers());
        String of = fixed ? full : "x";
        String self = fixed ? "" : full + " x" + (takes.isEmpty() ? "" : ", ");
        String result = text(method.getGenericReturnType());
        line("static void m%d(%s%s) throws Throwable { %s%s.%s(%s); }", count++, self, String.join(", ", takes),
            result.equals("void") ? "" : result + " v = ", of, method.getName(), String.join(", ", gives));
        if (base && !Modifier.isFinal(method.getModifiers()) && !fixed) {
          overrides.append(String.format(" @Override public %s %s(%s) { throw new Error(); }", result, method.getName(), String.join(", ", takes)));
        }
      }
      if (base) {
        // What calls have is in the interface that the base has.
        for (Class<?> service : type.getInterfaces()) {
          if (service.getEnclosingClass() != type.getEnclosingClass()) continue;
          for (Method method : sorted(service.getDeclaredMethods(), Method::toGenericString)) {
            if (method.isSynthetic() || Modifier.isStatic(method.getModifiers())) continue;
            List<String> takes = new ArrayList<>();
            for (Type parameter : method.getGenericParameterTypes()) takes.add(text(parameter) + " a" + takes.size());
            overrides.append(String.format(" @Override public %s %s(%s) { throw new Error(); }", text(method.getGenericReturnType()), method.getName(), String.join(", ", takes)));
          }
        }
        line("static class Server%d extends %s {%s }", count++, full, overrides);
      }
    }

    static <T> List<T> sorted(T[] all, java.util.function.Function<T, String> by) {
      return Arrays.stream(all).sorted(Comparator.comparing(by)).collect(Collectors.toList());
    }
  }
}
