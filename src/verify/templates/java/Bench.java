import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import java.lang.management.ManagementFactory;
import java.util.function.Supplier;

/** Times what is done with messages: {@code docs/bench.md} of protopact says what is timed, and how. */
public final class Bench {
    /** What is made is kept here, so that the compiler has to make it. */
    static Object sink;

    private Bench() {}

    /** Something that is done so many times. */
    private interface Loop {
        void run(long times) throws Exception;
    }

    private static long allocated() {
        java.lang.management.ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        if (threads instanceof com.sun.management.ThreadMXBean) {
            return ((com.sun.management.ThreadMXBean) threads).getThreadAllocatedBytes(Thread.currentThread().getId());
        }
        return -1;
    }

    private static long timed(Loop loop, long times) throws Exception {
        long begun = System.nanoTime();
        loop.run(times);
        return System.nanoTime() - begun;
    }

    /** Runs a loop until it is warm and a batch of it takes as long as asked for, then as many batches as asked for. */
    private static JsonObject measure(Loop loop, JsonObject request) throws Exception {
        long warmup = request.get("warmup").getAsLong();
        long batch = request.get("batch").getAsLong();
        System.gc();
        long times = 1;
        long spent = 0;
        while (true) {
            long took = timed(loop, times);
            spent += took;
            if (took >= batch && spent >= warmup) {
                times = Math.max(1, (long) ((double) times * batch / took));
                break;
            }
            if (took < batch) {
                times *= 2;
            }
        }
        JsonArray all = new JsonArray();
        for (int i = 0; i < request.get("batches").getAsInt(); i++) {
            all.add(timed(loop, times));
        }
        JsonObject out = new JsonObject();
        out.addProperty("times", times);
        out.add("ns", all);
        // How often is not told, only how much.
        out.add("allocations", JsonNull.INSTANCE);
        long before = allocated();
        loop.run(times);
        if (before >= 0) {
            out.addProperty("bytes", (double) (allocated() - before) / times);
        } else {
            out.add("bytes", JsonNull.INSTANCE);
        }
        return out;
    }

    private static void answer(JsonObject request, JsonObject answer) throws Exception {
        String name = Driver.text(request, "message");
        Message kind = Driver.MESSAGES.get(name);
        if (kind == null) {
            throw new IllegalArgumentException("no message " + name);
        }
        byte[] raw = Driver.unhex(Driver.text(request, "hex"));
        Parser<? extends Message> parser = kind.getParserForType();
        Message read = parser.parseFrom(raw);
        Supplier<Message> build = Builders.of(name);
        Message message = build == null ? read : build.get();
        if (build != null) {
            answer.addProperty("built", Driver.hex(message.toByteArray()));
        }
        JsonObject timings = new JsonObject();
        for (JsonElement op : request.getAsJsonArray("ops")) {
            Loop loop = null;
            switch (op.getAsString()) {
                case "build":
                    if (build != null) {
                        loop = times -> {
                            for (long i = 0; i < times; i++) {
                                sink = build.get();
                            }
                        };
                    }
                    break;
                case "serialise":
                    loop = times -> {
                        for (long i = 0; i < times; i++) {
                            sink = message.toByteArray();
                        }
                    };
                    break;
                case "parse":
                    loop = times -> {
                        for (long i = 0; i < times; i++) {
                            sink = parser.parseFrom(raw);
                        }
                    };
                    break;
                case "copy":
                    loop = times -> {
                        for (long i = 0; i < times; i++) {
                            sink = message.toBuilder().build();
                        }
                    };
                    break;
                default:
                    break;
            }
            if (loop != null) {
                timings.add(op.getAsString(), measure(loop, request));
            }
        }
        answer.add("timings", timings);
        answer.addProperty("ok", true);
    }

    private static JsonObject bench(JsonObject request) {
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

    public static void main(String[] arguments) throws Exception {
        Driver.OPS.put("bench", Bench::bench);
        Driver.OPS.put("load", Load::load);
        Driver.main(arguments);
    }
}
