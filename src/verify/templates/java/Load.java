import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.io.ByteArrayInputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;

/** Times calls: {@code docs/bench.md} of protopact says what is timed, and how. */
final class Load {
    /** How many messages a stream has. */
    private static final int MESSAGES = 3;

    private Load() {}

    /** Makes one call to its end. */
    private static <Q, R> void one(ManagedChannel channel, MethodDescriptor<Q, R> method, Q request) throws Exception {
        MethodDescriptor.MethodType kind = method.getType();
        boolean both = kind == MethodDescriptor.MethodType.BIDI_STREAMING;
        int requests = both || kind == MethodDescriptor.MethodType.CLIENT_STREAMING ? MESSAGES : 1;
        Metadata asked = new Metadata();
        asked.put(Calls.ascii(Calls.PREFIX + "bare"), "1");
        ClientCall<Q, R> call = channel.newCall(method, CallOptions.DEFAULT);
        CompletableFuture<Status> done = new CompletableFuture<>();
        call.start(
                new ClientCall.Listener<R>() {
                    private int sent = 1;

                    @Override
                    public void onMessage(R message) {
                        if (both && sent < requests) {
                            sent++;
                            call.sendMessage(request);
                        } else if (both && sent == requests) {
                            sent++;
                            call.halfClose();
                        }
                        call.request(1);
                    }

                    @Override
                    public void onClose(Status status, Metadata trailers) {
                        done.complete(status);
                    }
                },
                asked);
        call.request(2);
        for (int i = 0; i < (both ? 1 : requests); i++) {
            call.sendMessage(request);
        }
        if (!both) {
            call.halfClose();
        }
        Status status = done.get();
        if (!status.isOk()) {
            throw status.asException();
        }
    }

    private static <Q, R> void answer(JsonObject request, JsonObject answer) throws Exception {
        @SuppressWarnings("unchecked")
        MethodDescriptor<Q, R> method = (MethodDescriptor<Q, R>) Calls.METHODS.get(Driver.text(request, "method"));
        if (method == null) {
            throw new IllegalArgumentException("no method " + Driver.text(request, "method"));
        }
        Q input = method.parseRequest(new ByteArrayInputStream(Driver.unhex(Driver.text(request, "hex"))));
        ManagedChannel channel = Calls.channel(request);
        long time = request.get("time").getAsLong();
        long warmup = request.get("warmup").getAsLong();
        for (long begun = System.nanoTime(); System.nanoTime() - begun < warmup; ) {
            one(channel, method, input);
        }
        JsonArray latencies = new JsonArray();
        for (long begun = System.nanoTime(); System.nanoTime() - begun < time; ) {
            long start = System.nanoTime();
            one(channel, method, input);
            latencies.add(System.nanoTime() - start);
        }
        AtomicLong calls = new AtomicLong();
        AtomicReference<Exception> wrong = new AtomicReference<>();
        List<Thread> clients = new ArrayList<>();
        long begun = System.nanoTime();
        for (int i = 0; i < request.get("clients").getAsInt(); i++) {
            Thread client = new Thread(() -> {
                try {
                    while (System.nanoTime() - begun < time) {
                        one(channel, method, input);
                        calls.incrementAndGet();
                    }
                } catch (Exception e) {
                    wrong.set(e);
                }
            });
            clients.add(client);
            client.start();
        }
        for (Thread client : clients) {
            client.join();
        }
        answer.addProperty("elapsed", System.nanoTime() - begun);
        answer.addProperty("calls", calls.get());
        answer.add("latencies", latencies);
        if (wrong.get() != null) {
            throw wrong.get();
        }
        answer.addProperty("ok", true);
    }

    static JsonObject load(JsonObject request) {
        JsonObject answer = new JsonObject();
        answer.add("id", request.get("id"));
        answer.addProperty("ok", false);
        try {
            answer(request, answer);
        } catch (Exception e) {
            // Whatever the runtime has against it is the answer.
            answer.addProperty("error", e.toString());
        }
        return answer;
    }
}
