import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.protobuf.Message;
import io.grpc.Grpc;
import io.grpc.InsecureServerCredentials;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerCredentials;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServiceDescriptor;
import io.grpc.Status;
import io.grpc.TlsServerCredentials;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Answers. */
final class Server {
    /** How many messages a stream of answers to one request has. */
    private static final int REPLIES = 3;
    /** Trailers have a limit; longer requests are not repeated in them. */
    private static final int MOST = 3000;

    private static final Map<String, List<byte[]>> SAMPLES = new HashMap<>();

    private Server() {}

    static void serve(JsonObject settings) throws Exception {
        for (String line : Files.readAllLines(Paths.get(Driver.text(settings, "samples")))) {
            JsonObject entry = JsonParser.parseString(line).getAsJsonObject();
            List<byte[]> all = new ArrayList<>();
            for (JsonElement text : entry.getAsJsonArray("hex")) {
                all.add(Driver.unhex(text.getAsString()));
            }
            SAMPLES.put(Driver.text(entry, "message"), all);
        }
        List<ServerServiceDefinition> services = new ArrayList<>();
        for (ServiceDescriptor service : Calls.SERVICES.values()) {
            ServerServiceDefinition.Builder definition = ServerServiceDefinition.builder(service);
            for (MethodDescriptor<?, ?> method : service.getMethods()) {
                add(definition, method);
            }
            services.add(definition.build());
        }
        JsonArray ports = new JsonArray();
        for (JsonElement tls : settings.getAsJsonArray("tls")) {
            ports.add(listen(tls, services));
        }
        JsonObject ready = new JsonObject();
        ready.addProperty("event", "ready");
        ready.add("ports", ports);
        Driver.say(ready);
        // The end of standard input is the end of the run, whatever calls there are.
        while (System.in.read() >= 0) {
            continue;
        }
        Runtime.getRuntime().halt(0);
    }

    /** Serves in one way of securing calls, and says on which port. */
    private static int listen(JsonElement secured, List<ServerServiceDefinition> services) throws Exception {
        ServerCredentials credentials = InsecureServerCredentials.create();
        if (secured.isJsonObject()) {
            JsonObject tls = secured.getAsJsonObject();
            TlsServerCredentials.Builder builder = TlsServerCredentials.newBuilder()
                    .keyManager(new File(Driver.text(tls, "cert")), new File(Driver.text(tls, "key")));
            if (Driver.text(tls, "ca") != null) {
                builder.trustManager(new File(Driver.text(tls, "ca")));
                builder.clientAuth(TlsServerCredentials.ClientAuth.REQUIRE);
            }
            credentials = builder.build();
        }
        return io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder
                .forAddress(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), credentials)
                .maxInboundMessageSize(Integer.MAX_VALUE)
                .addServices(services)
                .build()
                .start()
                .getPort();
    }

    private static <Q, R> void add(ServerServiceDefinition.Builder definition, MethodDescriptor<Q, R> method) {
        definition.addMethod(method, (ServerCallHandler<Q, R>) (call, asked) -> new Conversation<>(call, asked));
    }

    /** One call as the server sees it. */
    private static final class Conversation<Q, R> extends ServerCall.Listener<Q> {
        private final ServerCall<Q, R> call;
        private final MethodDescriptor<Q, R> method;
        private final Metadata asked;
        private final List<Q> seen = new ArrayList<>();
        private boolean held;
        private boolean ended;

        Conversation(ServerCall<Q, R> call, Metadata asked) {
            this.call = call;
            this.method = call.getMethodDescriptor();
            this.asked = asked;
            if (!word("gzip").isEmpty()) {
                call.setCompression("gzip");
            }
            Metadata head = new Metadata();
            if (!word("echo").isEmpty()) {
                head.put(Calls.ascii(Calls.PREFIX + "echo"), word("echo"));
            }
            call.sendHeaders(head);
            if (!word("gzip").isEmpty()) {
                call.setMessageCompression(true);
            }
            call.request(1);
        }

        private String word(String key) {
            String found = asked.get(Calls.ascii(Calls.PREFIX + key));
            return found == null ? "" : found;
        }

        private boolean streams(MethodDescriptor.MethodType kind) {
            return method.getType() == kind || method.getType() == MethodDescriptor.MethodType.BIDI_STREAMING;
        }

        @Override
        public void onMessage(Q message) {
            if (held || ended) {
                return;
            }
            seen.add(message);
            boolean client = streams(MethodDescriptor.MethodType.CLIENT_STREAMING);
            boolean server = streams(MethodDescriptor.MethodType.SERVER_STREAMING);
            if (client && server) {
                if (!word("status").isEmpty()) {
                    // The caller waits for an answer to each request before it sends the next.
                    end();
                    return;
                }
                reply(message, seen.size() - 1);
            }
            if (!word("hold").isEmpty()) {
                held = true;
                if (server && !client) {
                    reply(message, 0);
                }
                return;
            }
            call.request(1);
        }

        @Override
        public void onHalfClose() {
            if (held || ended) {
                return;
            }
            Q last = seen.isEmpty() ? null : seen.get(seen.size() - 1);
            boolean client = streams(MethodDescriptor.MethodType.CLIENT_STREAMING);
            boolean server = streams(MethodDescriptor.MethodType.SERVER_STREAMING);
            if (word("status").isEmpty() && !(client && server)) {
                for (int index = 0; index < (server ? REPLIES : 1); index++) {
                    reply(last, index);
                }
            }
            end();
        }

        @Override
        public void onCancel() {
            // A held call ends when the caller goes, before the server has read everything or after.
            if (!word("hold").isEmpty()) {
                JsonObject gone = new JsonObject();
                gone.addProperty("event", "gone");
                gone.addProperty("call", word("call"));
                Driver.say(gone);
            }
        }

        private void reply(Q request, int index) {
            boolean same = request instanceof Message
                    && method.getResponseMarshaller() instanceof MethodDescriptor.PrototypeMarshaller
                    && ((MethodDescriptor.PrototypeMarshaller<R>) method.getResponseMarshaller()).getMessageClass()
                            == request.getClass();
            if (same) {
                @SuppressWarnings("unchecked")
                R echoed = (R) request;
                call.sendMessage(echoed);
                return;
            }
            MethodDescriptor.PrototypeMarshaller<R> marshaller =
                    (MethodDescriptor.PrototypeMarshaller<R>) method.getResponseMarshaller();
            String name = ((Message) marshaller.getMessagePrototype()).getDescriptorForType().getFullName();
            List<byte[]> found = SAMPLES.get(name);
            int first = word("sample").isEmpty() ? 0 : Integer.parseInt(word("sample"));
            byte[] bytes = found == null || found.isEmpty() ? new byte[0] : found.get((first + index) % found.size());
            call.sendMessage(method.parseResponse(new ByteArrayInputStream(bytes)));
        }

        private void end() {
            ended = true;
            Metadata tail = new Metadata();
            if (!word("bare").isEmpty()) {
                // It is timed, and has nothing around its answers.
                call.close(Status.OK, tail);
                return;
            }
            byte[] raw = asked.get(Calls.binary(Calls.PREFIX + "echo-bin"));
            if (raw != null) {
                tail.put(Calls.binary(Calls.PREFIX + "echo-bin"), raw);
            }
            tail.put(Calls.ascii(Calls.PREFIX + "count"), Integer.toString(seen.size()));
            ByteArrayOutputStream all = new ByteArrayOutputStream();
            for (Q message : seen) {
                byte[] bytes = ((Message) message).toByteArray();
                all.writeBytes((bytes.length + ":").getBytes(StandardCharsets.US_ASCII));
                all.writeBytes(bytes);
            }
            if (all.size() <= MOST) {
                tail.put(Calls.binary(Calls.PREFIX + "seen-bin"), all.toByteArray());
            }
            Status status = Status.OK;
            if (!word("status").isEmpty()) {
                status = Status.fromCodeValue(Integer.parseInt(word("status"))).withDescription(word("message"));
            }
            call.close(status, tail);
        }
    }
}
