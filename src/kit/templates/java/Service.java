import io.grpc.BindableService;
import io.grpc.ChannelCredentials;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.InsecureServerCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.ServerBuilder;
import io.grpc.ServerCredentials;
import io.grpc.TlsChannelCredentials;
import io.grpc.TlsServerCredentials;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import java.io.File;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;

/**
 * A server for the services of a contract, as {@link Services} has them.
 *
 * <p>Without an argument it serves until SIGTERM; with {@code health [ADDRESS]} it asks a server, itself where none is
 * named, and ends with 0 when it serves. LISTEN is the address to listen on, GRACE how many seconds calls in flight may
 * take at the end. TLS_CERT and TLS_KEY are what the server shows, TLS_CLIENT_CA is whom it asks clients for a certificate
 * of; TLS_CA is whom the client trusts.
 */
final class Service {
    private Service() {}

    public static void main(String[] arguments) throws Exception {
        if (arguments.length == 0) {
            serve();
        } else if (arguments[0].equals("health") && arguments.length <= 2) {
            ask(arguments.length == 2 ? arguments[1] : null);
        } else {
            System.err.println("usage: service [health [ADDRESS]]");
            System.exit(1);
        }
    }

    private static void serve() throws Exception {
        int grace = Integer.parseInt(setting("GRACE", "10"));
        String listen = setting("LISTEN", "127.0.0.1:50051");
        InetAddress host = InetAddress.getByName(host(listen));
        HealthStatusManager health = new HealthStatusManager();
        ServerBuilder<?> builder =
                NettyServerBuilder.forAddress(new InetSocketAddress(host, port(listen)), shown());
        for (BindableService service : Services.all()) {
            builder.addService(service);
            health.setStatus(service.bindService().getServiceDescriptor().getName(), ServingStatus.SERVING);
        }
        builder.addService(health.getHealthService()).addService(ProtoReflectionServiceV1.newInstance());
        Server server = builder.build().start();
        System.out.println("listening on " + host.getHostAddress() + ":" + server.getPort());
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            health.enterTerminalState();
            server.shutdown();
            try {
                if (!server.awaitTermination(grace, TimeUnit.SECONDS)) {
                    server.shutdownNow().awaitTermination(1, TimeUnit.SECONDS);
                }
            } catch (InterruptedException e) {
                server.shutdownNow();
            }
            // A server that ended as it was asked to has not failed.
            Runtime.getRuntime().halt(0);
        }));
        server.awaitTermination();
    }

    /** Calls the health service of a server. */
    private static void ask(String address) throws Exception {
        String listen = setting("LISTEN", "127.0.0.1:50051");
        boolean everywhere = InetAddress.getByName(host(listen)).isAnyLocalAddress();
        String own = (everywhere ? "127.0.0.1" : host(listen)) + ":" + port(listen);
        ManagedChannel channel = Grpc.newChannelBuilder(address == null ? own : address, trusted()).build();
        ServingStatus status;
        try {
            status = HealthGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(8, TimeUnit.SECONDS)
                    .check(HealthCheckRequest.getDefaultInstance())
                    .getStatus();
        } finally {
            channel.shutdownNow();
        }
        if (status != ServingStatus.SERVING) {
            System.err.println(status);
            System.exit(1);
        }
    }

    /** What the server shows. */
    private static ServerCredentials shown() throws Exception {
        if (setting("TLS_CERT", "").isEmpty()) {
            return InsecureServerCredentials.create();
        }
        TlsServerCredentials.Builder builder = TlsServerCredentials.newBuilder()
                .keyManager(new File(setting("TLS_CERT", "")), new File(setting("TLS_KEY", "")));
        if (!setting("TLS_CLIENT_CA", "").isEmpty()) {
            builder.trustManager(new File(setting("TLS_CLIENT_CA", "")))
                    .clientAuth(TlsServerCredentials.ClientAuth.REQUIRE);
        }
        return builder.build();
    }

    /** Whom a client of other services trusts; it shows the certificate that the server has. */
    private static ChannelCredentials trusted() throws Exception {
        if (setting("TLS_CA", "").isEmpty()) {
            return InsecureChannelCredentials.create();
        }
        TlsChannelCredentials.Builder builder =
                TlsChannelCredentials.newBuilder().trustManager(new File(setting("TLS_CA", "")));
        if (!setting("TLS_CERT", "").isEmpty()) {
            builder.keyManager(new File(setting("TLS_CERT", "")), new File(setting("TLS_KEY", "")));
        }
        return builder.build();
    }

    private static String host(String address) {
        String host = address.substring(0, address.lastIndexOf(':'));
        return host.isEmpty() ? "0.0.0.0" : host;
    }

    private static int port(String address) {
        return Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
    }

    private static String setting(String name, String usual) {
        String value = System.getenv(name);
        return value == null || value.isEmpty() ? usual : value;
    }
}
