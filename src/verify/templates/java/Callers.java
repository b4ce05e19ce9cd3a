import com.google.gson.JsonObject;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import java.io.ByteArrayInputStream;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/** Calls one method again and again from several callers, wherever its instances are, and counts what comes of it. */
public final class Callers {
    private static final Metadata.Key<String> INSTANCE = Calls.ascii("protopact-instance");
    private static Map<String, Long> answers = new TreeMap<>();
    private static Map<String, Long> failures = new TreeMap<>();

    private Callers() {}

    private static synchronized void count(boolean fine, String what) {
        (fine ? answers : failures).merge(what, 1L, Long::sum);
    }

    private static <Q, R> void calls(ManagedChannel over, MethodDescriptor<Q, R> method, Q request) {
        Metadata asked = new Metadata();
        asked.put(INSTANCE, "1");
        AtomicReference<Metadata> head = new AtomicReference<>();
        AtomicReference<Metadata> tail = new AtomicReference<>();
        Channel channel = ClientInterceptors.intercept(over, MetadataUtils.newAttachHeadersInterceptor(asked),
                MetadataUtils.newCaptureMetadataInterceptor(head, tail));
        while (true) {
            try {
                CallOptions options = CallOptions.DEFAULT.withDeadlineAfter(Calls.PATIENCE, TimeUnit.MILLISECONDS);
                ClientCalls.blockingUnaryCall(channel, method, options, request);
                String who = head.get() == null ? null : head.get().get(INSTANCE);
                count(true, who == null ? "" : who);
                Thread.sleep(1);
            } catch (StatusRuntimeException e) {
                Status status = e.getStatus();
                count(false, status.getCode() + ": " + status.getDescription());
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private static <Q, R> void start(JsonObject request) throws Exception {
        @SuppressWarnings("unchecked")
        MethodDescriptor<Q, R> method = (MethodDescriptor<Q, R>) Calls.METHODS.get(Driver.text(request, "method"));
        if (method == null) {
            throw new IllegalArgumentException("no method " + Driver.text(request, "method"));
        }
        Q input = method.parseRequest(new ByteArrayInputStream(Driver.unhex(Driver.text(request, "hex"))));
        ManagedChannelBuilder<?> builder =
                Grpc.newChannelBuilder(Driver.text(request, "target"), InsecureChannelCredentials.create());
        if (request.has("balance")) {
            builder.defaultLoadBalancingPolicy(Driver.text(request, "balance"));
        }
        ManagedChannel over = builder.build();
        // A client that has not found anybody yet loses no call of a rollout: its callers begin when one call was
        // answered.
        try {
            CallOptions options = CallOptions.DEFAULT
                    .withDeadlineAfter(request.get("start").getAsLong(), TimeUnit.MILLISECONDS)
                    .withWaitForReady();
            ClientCalls.blockingUnaryCall(over, method, options, input);
        } catch (StatusRuntimeException e) {
            // What goes wrong is counted where calls are.
        }
        for (int i = 0; i < request.get("callers").getAsInt(); i++) {
            Thread caller = new Thread(() -> calls(over, method, input));
            caller.setDaemon(true);
            caller.start();
        }
    }

    private static JsonObject begin(JsonObject request) {
        JsonObject answer = new JsonObject();
        answer.add("id", request.get("id"));
        try {
            start(request);
            answer.addProperty("ok", true);
        } catch (Exception e) {
            answer.addProperty("ok", false);
            answer.addProperty("error", e.toString());
        }
        return answer;
    }

    /** What has come of the calls since it was last asked for. */
    private static synchronized JsonObject tally(JsonObject request) {
        JsonObject answer = new JsonObject();
        answer.add("id", request.get("id"));
        answer.addProperty("ok", true);
        JsonObject fine = new JsonObject();
        answers.forEach(fine::addProperty);
        JsonObject failed = new JsonObject();
        failures.forEach(failed::addProperty);
        answer.add("answers", fine);
        answer.add("errors", failed);
        answers = new TreeMap<>();
        failures = new TreeMap<>();
        return answer;
    }

    public static void main(String[] arguments) throws Exception {
        Driver.OPS.put("callers", Callers::begin);
        Driver.OPS.put("tally", Callers::tally);
        Driver.main(arguments);
    }
}
