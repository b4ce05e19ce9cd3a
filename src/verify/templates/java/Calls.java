import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.protobuf.Message;
import io.grpc.CallOptions;
import io.grpc.ChannelCredentials;
import io.grpc.ClientCall;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServiceDescriptor;
import io.grpc.Status;
import io.grpc.TlsChannelCredentials;
import java.io.ByteArrayInputStream;
import java.io.File;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Calls. */
final class Calls {
    static final String PREFIX = "x-protopact-";
    /** No answer of a server is waited for longer than this, in milliseconds. */
    static final long PATIENCE = 10_000;

    static final Map<String, ServiceDescriptor> SERVICES = new TreeMap<>();
    static final Map<String, MethodDescriptor<?, ?>> METHODS = new TreeMap<>();
    private static final Map<String, ManagedChannel> CHANNELS = new HashMap<>();

    private Calls() {}

    /** Takes a class for a service, where it is one. */
    static void take(String name, Class<?> found) throws Exception {
        if (!name.endsWith("Grpc") || name.contains("$")) {
            return;
        }
        ServiceDescriptor service;
        try {
            service = (ServiceDescriptor) found.getMethod("getServiceDescriptor").invoke(null);
        } catch (NoSuchMethodException e) {
            return;
        }
        SERVICES.put(service.getName(), service);
        for (MethodDescriptor<?, ?> method : service.getMethods()) {
            METHODS.put("/" + method.getFullMethodName(), method);
        }
    }

    static void serve(JsonObject settings) throws Exception {
        Server.serve(settings);
    }

    static JsonArray pairs(Metadata metadata) {
        TreeMap<String, String> found = new TreeMap<>();
        if (metadata != null) {
            for (String key : metadata.keys()) {
                if (!key.startsWith(PREFIX)) {
                    continue;
                }
                if (key.endsWith("-bin")) {
                    found.put(key, Driver.hex(metadata.get(binary(key))));
                } else {
                    found.put(key, metadata.get(ascii(key)));
                }
            }
        }
        JsonArray out = new JsonArray();
        found.forEach((key, value) -> {
            JsonArray pair = new JsonArray();
            pair.add(key);
            pair.add(value);
            out.add(pair);
        });
        return out;
    }

    static Metadata.Key<String> ascii(String name) {
        return Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER);
    }

    static Metadata.Key<byte[]> binary(String name) {
        return Metadata.Key.of(name, Metadata.BINARY_BYTE_MARSHALLER);
    }

    static ManagedChannel channel(JsonObject request) throws Exception {
        String key = request.get("address") + " " + request.get("tls");
        ManagedChannel found = CHANNELS.get(key);
        if (found == null) {
            ChannelCredentials credentials = InsecureChannelCredentials.create();
            if (request.get("tls") != null && request.get("tls").isJsonObject()) {
                JsonObject tls = request.getAsJsonObject("tls");
                TlsChannelCredentials.Builder builder = TlsChannelCredentials.newBuilder();
                builder.trustManager(new File(Driver.text(tls, "ca")));
                if (Driver.text(tls, "cert") != null) {
                    builder.keyManager(new File(Driver.text(tls, "cert")), new File(Driver.text(tls, "key")));
                }
                credentials = builder.build();
            }
            found = Grpc.newChannelBuilder(Driver.text(request, "address"), credentials)
                    .maxInboundMessageSize(Integer.MAX_VALUE)
                    .build();
            CHANNELS.put(key, found);
        }
        return found;
    }

    static <Q, R> JsonObject call(JsonObject request) {
        JsonObject answer = new JsonObject();
        answer.add("id", request.get("id"));
        try {
            @SuppressWarnings("unchecked")
            MethodDescriptor<Q, R> method = (MethodDescriptor<Q, R>) METHODS.get(Driver.text(request, "method"));
            if (method == null) {
                throw new IllegalArgumentException("no method " + Driver.text(request, "method"));
            }
            List<Q> inputs = new ArrayList<>();
            for (JsonElement text : request.getAsJsonArray("requests")) {
                InputStream bytes = new ByteArrayInputStream(Driver.unhex(text.getAsString()));
                inputs.add(method.parseRequest(bytes));
            }
            exchange(request, method, inputs, answer);
            answer.addProperty("ok", true);
        } catch (Exception e) {
            answer.addProperty("ok", false);
            answer.addProperty("error", e.toString());
        }
        return answer;
    }

    private static <Q, R> void exchange(
            JsonObject request, MethodDescriptor<Q, R> method, List<Q> inputs, JsonObject answer) throws Exception {
        Metadata asked = new Metadata();
        for (JsonElement pair : request.getAsJsonArray("metadata")) {
            String name = pair.getAsJsonArray().get(0).getAsString();
            String value = pair.getAsJsonArray().get(1).getAsString();
            if (name.endsWith("-bin")) {
                asked.put(binary(name), Driver.unhex(value));
            } else {
                asked.put(ascii(name), value);
            }
        }
        JsonElement deadline = request.get("deadline");
        boolean limited = deadline != null && !deadline.isJsonNull() && deadline.getAsLong() > 0;
        long limit = limited ? deadline.getAsLong() : PATIENCE;
        // Made before the time runs: the first one loads half of the library.
        ManagedChannel channel = channel(request);
        CallOptions options = CallOptions.DEFAULT.withDeadlineAfter(limit, TimeUnit.MILLISECONDS);
        if (flag(request, "gzip")) {
            options = options.withCompression("gzip");
        }
        boolean both = method.getType() == MethodDescriptor.MethodType.BIDI_STREAMING;
        boolean cancel = flag(request, "cancel");
        ClientCall<Q, R> call = channel.newCall(method, options);
        CountDownLatch done = new CountDownLatch(1);
        JsonArray responses = new JsonArray();
        ClientCall.Listener<R> listener = new ClientCall.Listener<>() {
            private int sent = both && !inputs.isEmpty() ? 1 : inputs.size();
            private Metadata head;

            @Override
            public void onHeaders(Metadata headers) {
                head = headers;
                if (cancel && !both) {
                    call.cancel("asked to", null);
                }
            }

            @Override
            public void onMessage(R message) {
                responses.add(Driver.hex(((Message) message).toByteArray()));
                call.request(1);
                if (cancel) {
                    call.cancel("asked to", null);
                } else if (both && sent < inputs.size()) {
                    call.sendMessage(inputs.get(sent++));
                } else if (both && sent == inputs.size()) {
                    sent++;
                    call.halfClose();
                }
            }

            @Override
            public void onClose(Status status, Metadata trailers) {
                answer.addProperty("code", status.getCode().value());
                answer.addProperty("status", status.getDescription() == null ? "" : status.getDescription());
                answer.add("responses", responses);
                answer.add("initial", pairs(head));
                answer.add("trailing", pairs(trailers));
                done.countDown();
            }
        };
        call.start(listener, asked);
        call.request(2);
        try {
            send(call, inputs, method.getType(), flag(request, "gzip"), cancel);
        } catch (IllegalStateException e) {
            // The headers were here before everything was sent, and the listener has cancelled.
            if (!cancel) {
                throw e;
            }
        }
        if (!done.await(limit + PATIENCE, TimeUnit.MILLISECONDS)) {
            throw new IllegalStateException("the call did not end");
        }
    }

    private static <Q, R> void send(
            ClientCall<Q, R> call, List<Q> inputs, MethodDescriptor.MethodType kind, boolean gzip, boolean cancel) {
        boolean both = kind == MethodDescriptor.MethodType.BIDI_STREAMING;
        if (gzip) {
            call.setMessageCompression(true);
        }
        for (Q input : both ? inputs.subList(0, Math.min(1, inputs.size())) : inputs) {
            call.sendMessage(input);
        }
        boolean streams = kind == MethodDescriptor.MethodType.CLIENT_STREAMING || both;
        // A caller that goes away in the middle has not ended its stream of requests before.
        if (!both && !(cancel && streams) || inputs.isEmpty()) {
            call.halfClose();
        }
    }

    static boolean flag(JsonObject object, String key) {
        JsonElement found = object.get(key);
        return found != null && found.isJsonPrimitive() && found.getAsBoolean();
    }
}
