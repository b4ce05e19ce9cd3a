"""A server for the services of a contract, as services.py enters them.

service.py                    serves until SIGTERM
service.py health [ADDRESS]   asks a server, itself where none is named, and ends with 0 when it serves

LISTEN is the address to listen on, GRACE how many seconds calls in flight may take at the end, WORKERS how many calls are
answered at a time. TLS_CERT and TLS_KEY are what the server shows, TLS_CLIENT_CA is whom it asks clients for a certificate
of; TLS_CA is whom the client trusts.
"""

import os
import signal
import sys
import threading
from concurrent import futures

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

import services


def main(arguments):
    if not arguments:
        return serve()
    if arguments[0] == "health" and len(arguments) <= 2:
        return ask(*arguments[1:])
    return "usage: service.py [health [ADDRESS]]"


def serve():
    grace = float(setting("GRACE", "10"))
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=int(setting("WORKERS", "16"))))
    services.register(server)
    alive = health.HealthServicer()
    for name in services.NAMES:
        alive.set(name, health_pb2.HealthCheckResponse.SERVING)
    health_pb2_grpc.add_HealthServicer_to_server(alive, server)
    reflection.enable_server_reflection([*services.NAMES, health.SERVICE_NAME, reflection.SERVICE_NAME], server)
    listen = setting("LISTEN", "127.0.0.1:50051")
    shown = shown_certificate()
    port = server.add_secure_port(listen, shown) if shown else server.add_insecure_port(listen)
    server.start()
    print(f"listening on {listen.rpartition(':')[0]}:{port}", flush=True)
    # A thread that waits without an end hears of no signal on some platforms.
    while not stopped.wait(1):
        pass
    alive.enter_graceful_shutdown()
    server.stop(grace).wait()
    return 0


def ask(address=None):
    """Calls the health service of a server."""
    if address is None:
        host, _, port = setting("LISTEN", "127.0.0.1:50051").rpartition(":")
        address = f"{'127.0.0.1' if host in ('', '0.0.0.0', '[::]') else host}:{port}"
    trusted = trusted_certificates()
    channel = grpc.secure_channel(address, trusted) if trusted else grpc.insecure_channel(address)
    with channel:
        try:
            client = health_pb2_grpc.HealthStub(channel)
            status = client.Check(health_pb2.HealthCheckRequest(), timeout=2).status
        except grpc.RpcError as error:
            return f"{error.code().name}: {error.details()}"
    serving = health_pb2.HealthCheckResponse.SERVING
    return 0 if status == serving else health_pb2.HealthCheckResponse.ServingStatus.Name(status)


def shown_certificate():
    """What the server shows."""
    if not setting("TLS_CERT", ""):
        return None
    asks = setting("TLS_CLIENT_CA", "")
    pair = (read("TLS_KEY"), read("TLS_CERT"))
    roots = read("TLS_CLIENT_CA") if asks else None
    return grpc.ssl_server_credentials([pair], root_certificates=roots, require_client_auth=bool(asks))


def trusted_certificates():
    """Whom a client of other services trusts; it shows the certificate that the server has."""
    if not setting("TLS_CA", ""):
        return None
    if not setting("TLS_CERT", ""):
        return grpc.ssl_channel_credentials(read("TLS_CA"))
    return grpc.ssl_channel_credentials(read("TLS_CA"), read("TLS_KEY"), read("TLS_CERT"))


def read(name):
    with open(setting(name, ""), "rb") as file:
        return file.read()


def setting(name, usual):
    return os.environ.get(name) or usual


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
