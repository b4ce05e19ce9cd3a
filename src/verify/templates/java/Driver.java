import com.google.gson.Gson;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.protobuf.ExtensionRegistry;
import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;
import java.io.BufferedReader;
import java.io.File;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Enumeration;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.UnaryOperator;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;

/**
 * One side of a conversation between two versions of a contract.
 *
 * <p>docs/design/verify.md of protopact says what is spoken on standard input and output; this program holds no
 * knowledge of what ought to come out. What the contract has is found in the jar of its package: every class of a
 * message, every class of a service.
 */
public final class Driver {
    static final Map<String, Message> MESSAGES = new TreeMap<>();
    static final PrintStream OUT = new PrintStream(new java.io.FileOutputStream(java.io.FileDescriptor.out), false,
            StandardCharsets.UTF_8);
    /** What other classes of the program answer, by op. */
    static final Map<String, UnaryOperator<JsonObject>> OPS = new TreeMap<>();
    private static final ExtensionRegistry EXTENSIONS = ExtensionRegistry.newInstance();
    private static JsonFormat.TypeRegistry registry;

    private Driver() {}

    /** Says one thing; lines of several threads do not mix. */
    static synchronized void say(JsonObject what) {
        OUT.println(new Gson().toJson(what));
        OUT.flush();
    }

    private static void scan(File jar) throws Exception {
        try (JarFile file = new JarFile(jar)) {
            for (Enumeration<JarEntry> e = file.entries(); e.hasMoreElements();) {
                String name = e.nextElement().getName();
                if (name.endsWith(".class") && !name.startsWith("META-INF/")) {
                    take(name.substring(0, name.length() - 6).replace('/', '.'));
                }
            }
        }
    }

    private static void take(String name) throws Exception {
        Class<?> found = Class.forName(name, false, Driver.class.getClassLoader());
        if (Message.class.isAssignableFrom(found) && !found.isInterface()) {
            Message message = (Message) found.getMethod("getDefaultInstance").invoke(null);
            MESSAGES.put(message.getDescriptorForType().getFullName(), message);
        } else if (!name.contains("$") && !found.isInterface() && !found.isEnum()) {
            try {
                found.getMethod("registerAllExtensions", ExtensionRegistry.class).invoke(null, EXTENSIONS);
            } catch (NoSuchMethodException e) {
                // Not the class of a file.
            }
        }
        Calls.take(name, found);
    }

    static String hex(byte[] bytes) {
        StringBuilder out = new StringBuilder(bytes.length * 2);
        for (byte b : bytes) {
            out.append(Character.forDigit(b >> 4 & 15, 16)).append(Character.forDigit(b & 15, 16));
        }
        return out.toString();
    }

    static byte[] unhex(String text) {
        byte[] out = new byte[text.length() / 2];
        for (int i = 0; i < out.length; i++) {
            out[i] = (byte) (Character.digit(text.charAt(2 * i), 16) << 4 | Character.digit(text.charAt(2 * i + 1), 16));
        }
        return out;
    }

    static String text(JsonObject object, String key) {
        JsonElement found = object.get(key);
        return found == null || found.isJsonNull() ? null : found.getAsString();
    }

    private static JsonObject codec(JsonObject request) {
        JsonObject answer = new JsonObject();
        answer.add("id", request.get("id"));
        answer.addProperty("ok", false);
        Message read;
        try {
            Message kind = MESSAGES.get(text(request, "message"));
            if (kind == null) {
                throw new IllegalArgumentException("no message " + text(request, "message"));
            }
            if ("json".equals(text(request, "op"))) {
                Message.Builder builder = kind.newBuilderForType();
                JsonFormat.Parser parser = JsonFormat.parser().usingTypeRegistry(registry);
                if ("true".equals(text(request, "lenient"))) {
                    parser = parser.ignoringUnknownFields();
                }
                parser.merge(text(request, "json"), builder);
                read = builder.build();
            } else {
                read = kind.getParserForType().parseFrom(unhex(text(request, "hex")), EXTENSIONS);
            }
            answer.addProperty("hex", hex(read.toByteArray()));
            answer.addProperty("ok", true);
        } catch (Exception e) {
            // Whatever the runtime has against it is the answer.
            answer.addProperty("error", e.toString());
            return answer;
        }
        try {
            answer.addProperty("json", JsonFormat.printer().usingTypeRegistry(registry).omittingInsignificantWhitespace().print(read));
        } catch (Exception e) {
            answer.addProperty("json_error", e.toString());
        }
        return answer;
    }

    /**
     * Reads requests as they come, whatever the one at hand does. Once standard input ends nobody waits: what was read has
     * as much time as any call, and the program ends with it.
     */
    private static void read(BlockingQueue<Optional<String>> lines) {
        try (BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                lines.add(Optional.of(line));
            }
            lines.add(Optional.empty());
            Thread.sleep(Calls.PATIENCE);
        } catch (Exception e) {
            System.err.println(e);
        }
        Runtime.getRuntime().halt(1);
    }

    public static void main(String[] arguments) throws Exception {
        scan(new File(arguments[0]));
        JsonFormat.TypeRegistry.Builder types = JsonFormat.TypeRegistry.newBuilder();
        MESSAGES.values().forEach(m -> types.add(m.getDescriptorForType()));
        registry = types.build();
        if (arguments.length == 3 && arguments[1].equals("server")) {
            Calls.serve(JsonParser.parseString(arguments[2]).getAsJsonObject());
            return;
        }
        BlockingQueue<Optional<String>> lines = new LinkedBlockingQueue<>();
        Thread reader = new Thread(() -> read(lines));
        reader.setDaemon(true);
        reader.start();
        for (Optional<String> line = lines.take(); line.isPresent(); line = lines.take()) {
            JsonObject request = JsonParser.parseString(line.get()).getAsJsonObject();
            UnaryOperator<JsonObject> other = OPS.get(text(request, "op"));
            if (other != null) {
                say(other.apply(request));
            } else {
                say("call".equals(text(request, "op")) ? Calls.call(request) : codec(request));
            }
        }
        // Threads of channels may still be there.
        System.exit(0);
    }
}
