#!/usr/bin/env bash
# `compression=` of a call is heard by grpcio for every shape of a call but one: a stream of requests whose answer is asked
# for as a future (`stub.Method.future(requests, compression=Gzip)`) goes out as it is. The argument is taken and nothing is
# said; the same call without the future is compressed, and so are all when it is asked of the channel.
#
#   findings/grpcio-future-compression.sh
#
# Seen with grpcio 1.85.1: a proxy on the loopback counts what a mebibyte of zeros costs on the way. Fails if that changes.
# Needs python3 with venv and pip.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv env
env/bin/pip --quiet --disable-pip-version-check install grpcio==1.85.1
cat >seen.py <<'PY'
import concurrent.futures
import socket
import threading

import grpc

raw = dict(request_serializer=None, response_deserializer=None)


class Echo(grpc.GenericRpcHandler):
    def service(self, details):
        kinds = {
            "/s/uu": grpc.unary_unary_rpc_method_handler(lambda request, _: b""),
            "/s/us": grpc.unary_stream_rpc_method_handler(lambda request, _: iter([b""])),
            "/s/su": grpc.stream_unary_rpc_method_handler(lambda requests, _: b"".join(requests)[:0]),
            "/s/ss": grpc.stream_stream_rpc_method_handler(lambda requests, _: (b"" for _ in requests)),
        }
        return kinds[details.method]


server = grpc.server(concurrent.futures.ThreadPoolExecutor(4))
server.add_generic_rpc_handlers([Echo()])
port = server.add_insecure_port("127.0.0.1:0")
server.start()
passed = [0]
front = socket.create_server(("127.0.0.1", 0))


def pump(source, sink, counts):
    while True:
        try:
            data = source.recv(1 << 16)
            if not data:
                return
            passed[0] += len(data) if counts else 0
            sink.sendall(data)
        except OSError:
            return


def accept():
    while True:
        client, _ = front.accept()
        behind = socket.create_connection(("127.0.0.1", port))
        threading.Thread(target=pump, args=(client, behind, True), daemon=True).start()
        threading.Thread(target=pump, args=(behind, client, False), daemon=True).start()


threading.Thread(target=accept, daemon=True).start()
zeros, gzip = bytes(1 << 20), grpc.Compression.Gzip
calls = {
    "unary": lambda c, **k: c.unary_unary("/s/uu", **raw)(zeros, **k),
    "unary, future": lambda c, **k: c.unary_unary("/s/uu", **raw).future(zeros, **k).result(),
    "stream of answers": lambda c, **k: list(c.unary_stream("/s/us", **raw)(zeros, **k)),
    "stream of both": lambda c, **k: list(c.stream_stream("/s/ss", **raw)(iter([zeros]), **k)),
    "stream of requests": lambda c, **k: c.stream_unary("/s/su", **raw)(iter([zeros]), **k),
    "stream of requests, future": lambda c, **k: c.stream_unary("/s/su", **raw).future(iter([zeros]), **k).result(),
}


def look(name, channel, **asked):
    for kind, call in calls.items():
        passed[0] = 0
        call(channel, **asked)
        print(f"{name}, {kind}: {'compressed' if passed[0] < 1 << 18 else 'plain'}")


address = f"127.0.0.1:{front.getsockname()[1]}"
with grpc.insecure_channel(address) as channel:
    look("call", channel, compression=gzip)
with grpc.insecure_channel(address, compression=gzip) as channel:
    look("channel", channel)
server.stop(None)
PY
env/bin/python seen.py | tee seen
grep plain seen | diff - <(printf 'call, stream of requests, future: plain\n') && [ "$(wc -l <seen)" -eq 12 ] || {
    printf 'changed: one of twelve was not compressed\n'
    exit 1
}
