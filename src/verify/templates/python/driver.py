"""One side of a conversation between two versions of a contract.

docs/design/verify.md of protopact says what is spoken on standard input and output; this program holds no knowledge of
what ought to come out.
"""

import importlib
import json
import os
import queue
import sys
import threading
from concurrent import futures
from pathlib import Path

from google.protobuf import descriptor_pool, json_format, message_factory
from google.protobuf.message import EncodeError

from contract import MODULES, SERVICES

PREFIX = "x-protopact-"
# No answer of a server is waited for longer than this, in seconds.
PATIENCE = 10
# How many messages a stream of answers to one request has.
REPLIES = 3

for name in MODULES:
    importlib.import_module(name)

pool = descriptor_pool.Default()
output = threading.Lock()


def say(what):
    """Says one thing; lines of several threads do not mix."""
    line = json.dumps(what, ensure_ascii=True)
    with output:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


def message(name):
    """The generated class."""
    found = pool.FindMessageTypeByName(name)
    if hasattr(message_factory, "GetMessageClass"):
        return message_factory.GetMessageClass(found)
    return message_factory.MessageFactory(pool).GetPrototype(found)


def encoded(value):
    return value.SerializeToString(deterministic=True)


def codec(request):
    answer = {"id": request["id"], "ok": False}
    try:
        kind = message(request["message"])
        if request["op"] == "json":
            value = json_format.Parse(request["json"], kind(), ignore_unknown_fields=request.get("lenient", False))
        else:
            value = kind.FromString(bytes.fromhex(request["hex"]))
        answer["hex"] = encoded(value).hex()
        answer["ok"] = True
    except Exception as error:  # whatever the runtime has against it is the answer
        answer["error"] = f"{type(error).__name__}: {error}"
        return answer
    try:
        answer["json"] = json_format.MessageToJson(value, indent=None)
    except Exception as error:
        answer["json_error"] = f"{type(error).__name__}: {error}"
    return answer


# -- calls ------------------------------------------------------------------------------------------------------------


def read(path):
    return Path(path).read_bytes() if path else None


channels = {}


def channel(request):
    import grpc

    tls = request.get("tls")
    # What is asked of a call alone is not heard where a stream of requests has one answer and that is a future.
    compression = grpc.Compression.Gzip if request.get("gzip") else grpc.Compression.NoCompression
    key = json.dumps([request["address"], tls, compression.value])
    if key not in channels:
        options = [("grpc.max_receive_message_length", -1)]
        if tls is None:
            channels[key] = grpc.insecure_channel(request["address"], options, compression)
        else:
            credentials = grpc.ssl_channel_credentials(read(tls["ca"]), read(tls.get("key")), read(tls.get("cert")))
            channels[key] = grpc.secure_channel(request["address"], credentials, options, compression)
    return channels[key]


def pairs(metadata):
    found = []
    for key, value in metadata or ():
        if key.startswith(PREFIX):
            found.append([key, value.hex() if isinstance(value, bytes) else value])
    return sorted(found)


def method(path):
    return pool.FindMethodByName(path.lstrip("/").replace("/", "."))


def stub_method(path, over):
    """The method of the generated stub."""
    service, name = path.lstrip("/").split("/")
    module = importlib.import_module(SERVICES[service])
    return getattr(getattr(module, service.rsplit(".", 1)[-1] + "Stub")(over), name)


def call(request):
    import grpc

    answer = {"id": request["id"], "ok": True, "responses": [], "initial": [], "trailing": []}
    try:
        descriptor = method(request["method"])
        kind = message(descriptor.input_type.full_name)
        inputs = [kind.FromString(bytes.fromhex(text)) for text in request["requests"]]
        over = channel(request)
        ask = stub_method(request["method"], over)
        if request.get("cancel") and not (descriptor.client_streaming or descriptor.server_streaming):
            # A unary call of grpcio has its headers only together with its end. On the wire a stream of one answer is
            # the same, and tells when the server has begun.
            answers = message(descriptor.output_type.full_name)
            ask = over.unary_stream(request["method"], kind.SerializeToString, answers.FromString)
    except Exception as error:
        return {"id": request["id"], "ok": False, "error": f"{type(error).__name__}: {error}"}
    metadata = [(k, bytes.fromhex(v) if k.endswith("-bin") else v) for k, v in request["metadata"]]
    options = {
        "metadata": metadata,
        "timeout": request["deadline"] / 1000 if request.get("deadline") else PATIENCE,
    }
    try:
        exchange(descriptor, ask, inputs, options, request.get("cancel"), answer)
    except EncodeError as error:
        # A message without what it requires is read, and not written again.
        return {"id": request["id"], "ok": False, "error": f"{type(error).__name__}: {error}"}
    return answer


def exchange(descriptor, ask, inputs, options, cancel, answer):
    import grpc

    client, server = descriptor.client_streaming, descriptor.server_streaming
    take = lambda value: answer["responses"].append(encoded(value).hex())
    # A stream of requests ends when nobody waits for more of them; when cancelling, it never does.
    turn, over = threading.Semaphore(0 if client and server else len(inputs)), threading.Event()

    def feed():
        for value in inputs:
            turn.acquire()
            yield value
        if cancel:
            over.wait()

    started = None
    try:
        given = feed() if client else inputs[0]
        if server or cancel and not client:
            started = ask(given, **options)
        else:
            started = ask.future(given, **options)
        if cancel and not (client and server):
            # The server has begun when its headers are here.
            started.initial_metadata()
            started.cancel()
        if cancel and not client:
            for value in started:
                take(value)
        elif not server:
            # Where more than one answer comes, grpcio ends the call at its deadline, not before.
            take(started.result(options["timeout"] + 1))
        elif client:
            for _ in inputs:
                turn.release()
                take(next(started))
                if cancel:
                    started.cancel()
            for value in started:
                take(value)
        else:
            for value in started:
                take(value)
    except StopIteration:
        pass
    except (grpc.RpcError, grpc.FutureCancelledError):
        pass
    except grpc.FutureTimeoutError:
        started.cancel()
        answer["ok"], answer["error"] = False, "the call does not end"
        return
    finally:
        over.set()
        turn.release(len(inputs) or 1)
    answer["code"] = started.code().value[0]
    answer["status"] = started.details() or ""
    answer["initial"] = pairs(started.initial_metadata())
    answer["trailing"] = pairs(started.trailing_metadata())


class Conversation:
    """One call as the server sees it."""

    def __init__(self, descriptor, samples, context):
        import grpc

        self.descriptor, self.samples, self.context = descriptor, samples, context
        self.asked = dict(context.invocation_metadata())
        self.echo = descriptor.input_type.full_name == descriptor.output_type.full_name
        self.seen = []
        self.gone = threading.Event()
        if self.word("bare"):
            # It is timed, and has nothing around its answers.
            return
        # Not where the call is handled: a stream of answers is not resumed once nobody takes them.
        context.add_callback(self.left)
        if self.word("gzip"):
            context.set_compression(grpc.Compression.Gzip)
        text = self.word("echo")
        context.send_initial_metadata(((PREFIX + "echo", text),) if text else ())

    def word(self, key):
        return self.asked.get(PREFIX + key, "")

    def left(self):
        if self.word("hold"):
            say({"event": "gone", "call": self.word("call")})
        self.gone.set()

    def hold(self):
        """Waits until the caller has gone."""
        self.gone.wait()

    def reply(self, value, index):
        if self.echo and value is not None:
            return value
        name = self.descriptor.output_type.full_name
        found = self.samples.get(name)
        index += int(self.word("sample") or 0)
        return message(name).FromString(found[index % len(found)] if found else b"")

    def end(self):
        """Sends what was asked for in the trailers; the call may end here."""
        import grpc

        if self.word("bare"):
            return
        tail = []
        if self.word("echo-bin"):
            tail.append((PREFIX + "echo-bin", self.word("echo-bin")))
        tail.append((PREFIX + "count", str(len(self.seen))))
        parts = [encoded(value) for value in self.seen]
        whole = b"".join(str(len(part)).encode() + b":" + part for part in parts)
        if len(whole) <= 3000:
            tail.append((PREFIX + "seen-bin", whole))
        self.context.set_trailing_metadata(tuple(tail))
        if self.word("status"):
            code = next(c for c in grpc.StatusCode if c.value[0] == int(self.word("status")))
            self.context.abort(code, self.word("message"))


def handler(descriptor, samples):
    client, server = descriptor.client_streaming, descriptor.server_streaming

    def to_stream(given, context):
        c = Conversation(descriptor, samples, context)
        for value in given if client else [given]:
            c.seen.append(value)
            if client and server:
                if c.word("status"):
                    # The caller waits for an answer to each request before it sends the next.
                    break
                yield c.reply(value, len(c.seen) - 1)
            if c.word("hold"):
                if not client:
                    yield c.reply(value, 0)
                c.hold()
                return
        c.end()
        if not client:
            for index in range(REPLIES):
                yield c.reply(c.seen[-1], index)

    def to_one(given, context):
        c = Conversation(descriptor, samples, context)
        for value in given if client else [given]:
            c.seen.append(value)
            if c.word("hold"):
                c.hold()
                return message(descriptor.output_type.full_name)()
        c.end()
        return c.reply(c.seen[-1] if c.seen else None, 0)

    return to_stream if server else to_one


def serve(settings):
    import grpc

    samples = {}
    for line in Path(settings["samples"]).read_text().splitlines():
        entry = json.loads(line)
        samples[entry["message"]] = [bytes.fromhex(text) for text in entry["hex"]]
    server = grpc.server(
        futures.ThreadPoolExecutor(max_workers=48), options=[("grpc.max_receive_message_length", -1)]
    )
    for name, module in SERVICES.items():
        descriptor = pool.FindServiceByName(name)
        methods = {m.name: staticmethod(handler(m, samples)) for m in descriptor.methods}
        servicer = type(descriptor.name, (), methods)()
        add = getattr(importlib.import_module(module), f"add_{descriptor.name}Servicer_to_server")
        add(servicer, server)
    ports = []
    for tls in settings["tls"]:
        if tls is None:
            ports.append(server.add_insecure_port("127.0.0.1:0"))
            continue
        pair = [(read(tls["key"]), read(tls["cert"]))]
        wanted = read(tls.get("ca"))
        credentials = grpc.ssl_server_credentials(pair, wanted, require_client_auth=wanted is not None)
        ports.append(server.add_secure_port("127.0.0.1:0", credentials))
    server.start()
    say({"event": "ready", "ports": ports})
    # The end of standard input is the end of the run.
    sys.stdin.buffer.read()
    server.stop(None)
    sys.stdout.flush()
    os._exit(0)


def work():
    lines = queue.SimpleQueue()

    def read():
        for line in sys.stdin:
            lines.put(line)
        lines.put(None)
        # Nobody waits any more: what was read has as much time as any call.
        threading.Timer(PATIENCE, os._exit, [1]).start()

    threading.Thread(target=read, daemon=True).start()
    for line in iter(lines.get, None):
        request = json.loads(line)
        say(OPS.get(request["op"], codec)(request))
    sys.stdout.flush()
    os._exit(0)


# What is not answered as bytes or JSON, by op; other files of the program add theirs.
OPS = {"call": call}


def main():
    if len(sys.argv) == 3 and sys.argv[1] == "server":
        serve(json.loads(sys.argv[2]))
    else:
        work()


if __name__ == "__main__":
    main()
