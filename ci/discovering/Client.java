import io.grpc.CallOptions;
import io.grpc.ChannelCredentials;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * Calls shop.v1.Shop/Which at the target that is named, from four threads, until its input ends. For each line of its input
 * it prints what has come of the calls since the last one: how many, by answer, and the errors.
 */
public final class Client {
    private static final MethodDescriptor.Marshaller<byte[]> RAW = new MethodDescriptor.Marshaller<>() {
        @Override
        public InputStream stream(byte[] value) {
            return new ByteArrayInputStream(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
            try {
                return stream.readAllBytes();
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        }
    };

    private static Map<String, Integer> answers = new TreeMap<>();
    private static Map<String, Integer> errors = new TreeMap<>();

    public static void main(String[] args) throws IOException {
        ChannelCredentials plain = InsecureChannelCredentials.create();
        ManagedChannel channel = Grpc.newChannelBuilder(args[0], plain).build();
        MethodDescriptor<byte[], byte[]> which = MethodDescriptor.<byte[], byte[]>newBuilder(RAW, RAW)
                .setType(MethodDescriptor.MethodType.UNARY)
                .setFullMethodName("shop.v1.Shop/Which")
                .build();
        for (int i = 0; i < 4; i++) {
            Thread thread = new Thread(() -> call(channel, which));
            thread.setDaemon(true);
            thread.start();
        }
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        while (lines.readLine() != null) {
            synchronized (Client.class) {
                System.out.println("{\"answers\": " + json(answers) + ", \"errors\": " + json(errors) + "}");
                answers = new TreeMap<>();
                errors = new TreeMap<>();
            }
        }
        System.exit(0);
    }

    private static void call(ManagedChannel channel, MethodDescriptor<byte[], byte[]> which) {
        while (true) {
            try {
                CallOptions options = CallOptions.DEFAULT.withDeadlineAfter(30, TimeUnit.SECONDS).withWaitForReady();
                byte[] out = ClientCalls.blockingUnaryCall(channel, which, options, new byte[0]);
                // A message with one field, the name.
                count(true, new String(out, 2, out.length - 2, StandardCharsets.UTF_8));
                Thread.sleep(1);
            } catch (StatusRuntimeException e) {
                count(false, e.getStatus().toString());
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private static synchronized void count(boolean fine, String what) {
        (fine ? answers : errors).merge(what, 1, Integer::sum);
    }

    private static String json(Map<String, Integer> counts) {
        return counts.entrySet().stream()
                .map(e -> '"' + e.getKey().replaceAll("[^ -~]|[\"\\\\]", "?") + "\": " + e.getValue())
                .collect(Collectors.joining(", ", "{", "}"));
    }
}
