"""Lets clients find instances of a service while these leave and join.

run.py SOURCE[,SOURCE…] NAME=COMMAND…

A source is file, consul or etcd, for clients that find instances by xDS, and consul-dns or coredns for those that do by
DNS; PROTOPACT, CONSUL, ETCD and COREDNS are the programs. A command is a client, as those beside this file are: it calls
without pause, and for each line that it is given it says what has come of the calls since the last.
"""

import contextlib
import json
import os
import pathlib
import queue
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

PROTO = """syntax = "proto3";
package shop.v1;
message Item { string name = 1; }
service Shop { rpc Which(Item) returns (Item); }
"""
PATIENCE = 60
# How much of the calls an instance may have more or less than its share.
UNEVEN = 0.1
# How many calls a share is looked at of.
ENOUGH = 1500

programs = []


def start(command, **options):
    """A program whose lines of output are at hand, and which ends with this one."""
    program = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, **options)
    programs.append(program)
    program.lines = queue.Queue()

    def read():
        for line in program.stdout:
            program.lines.put(line.rstrip("\n"))
        program.lines.put(None)

    threading.Thread(target=read, daemon=True).start()
    return program


def line(program, what):
    said = program.lines.get(timeout=PATIENCE)
    if said is None:
        raise SystemExit(f"{what} has ended")
    return said


def end(program):
    """Ends a program as a container's host does; it has to end well."""
    program.send_signal(signal.SIGTERM)
    code = program.wait(PATIENCE)
    if code:
        raise SystemExit(f"it ends with {code}: {program.args}")


def ports(count):
    """Ports that are free now over TCP and UDP, for programs that do not say which one they took."""
    found = []
    with contextlib.ExitStack() as stack:
        while len(found) < count:
            tcp = stack.enter_context(socket.socket())
            udp = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            tcp.bind(("127.0.0.1", 0))
            with contextlib.suppress(OSError):
                udp.bind(tcp.getsockname())
                found.append(tcp.getsockname()[1])
    return found


def listening(port, what):
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise SystemExit(f"{what} does not listen")


quiet = {"stderr": subprocess.DEVNULL}


def consul():
    """The place of a service in a Consul that was started for it, and where its DNS is."""
    http, dns, grpc, tls, server, lan, wan = ports(7)
    start(
        [os.environ["CONSUL"], "agent", "-dev", "-bind", "127.0.0.1", "-client", "127.0.0.1"]
        + [f"-http-port={http}", f"-dns-port={dns}", f"-grpc-port={grpc}", f"-grpc-tls-port={tls}"]
        + [f"-server-port={server}", f"-serf-lan-port={lan}", f"-serf-wan-port={wan}", "-log-level=error"],
        **quiet,
    )
    listening(http, "consul")
    listening(dns, "consul's DNS")
    return f"consul://127.0.0.1:{http}/which", f"127.0.0.1:{dns}"


def etcd(scratch):
    """The place of a service in an etcd that was started for it."""
    client, peer = ports(2)
    urls = [f"http://127.0.0.1:{port}" for port in (client, peer)]
    start(
        [os.environ["ETCD"], "--data-dir", str(scratch / "etcd"), "--name", "one", "--log-level", "error"]
        + ["--listen-client-urls", urls[0], "--advertise-client-urls", urls[0], "--listen-peer-urls", urls[1]]
        + ["--initial-advertise-peer-urls", urls[1], "--initial-cluster", f"one={urls[1]}"],
        **quiet,
    )
    listening(client, "etcd")
    return f"etcd://127.0.0.1:{client}/which"


def registry(kind, scratch):
    """The place of a service in a registry that was started for it."""
    return consul()[0] if kind == "consul" else etcd(scratch)


def coredns(scratch):
    """A CoreDNS that answers what a file of addresses says: where it is, and the file."""
    (port,) = ports(1)
    config, hosts = scratch / "Corefile", scratch / "hosts"
    hosts.touch()
    config.write_text(f"""test:{port} {{
    bind 127.0.0.1
    hosts {hosts} {{
        ttl 1
        reload 200ms
    }}
}}
""")
    server = start([os.environ["COREDNS"], "-conf", str(config)], **quiet)
    threading.Thread(target=lambda: list(iter(server.lines.get, None)), daemon=True).start()
    listening(port, "coredns")
    return f"127.0.0.1:{port}", hosts


class Instances:
    """Servers that say which one they are, and where clients learn of them."""

    def __init__(self, scratch, place):
        self.scratch, self.place, self.running = scratch, place, {}
        self.file = scratch / "services.json"
        (scratch / "contract").mkdir()
        (scratch / "contract/shop.proto").write_text(PROTO)
        self.tell()

    def tell(self):
        """Puts those that are there into the file, at once."""
        new = self.scratch / "new.json"
        addresses = [address for _, address in self.running.values()]
        new.write_text(json.dumps({"services": {"which": addresses}}))
        new.rename(self.file)

    def join(self, name):
        answers = self.scratch / name / "shop.v1.Shop"
        answers.mkdir(parents=True)
        (answers / "Which.json").write_text(json.dumps({"name": name}))
        command = [os.environ["PROTOPACT"], "--quiet", "serve", str(self.scratch / "contract"), "--log", "off"]
        command += ["--answers", str(self.scratch / name)]
        if self.place:
            command += ["--register", self.place]
        server = start(command)
        self.running[name] = (server, line(server, name).removeprefix("listening on "))
        self.tell()

    def leave(self, name, clients):
        server, _ = self.running.pop(name)
        self.tell()
        if not self.place:
            # Nobody but the file says that it is going, so it goes when everybody has heard of it.
            for client in clients:
                client.settled(set(self.running))
        end(server)


class Client:
    def __init__(self, name, command, bootstrap):
        environment = dict(os.environ, GRPC_XDS_BOOTSTRAP=str(bootstrap))
        self.name = name
        self.program = start(
            shlex.split(command) + ["xds:///which"], stdin=subprocess.PIPE, env=environment
        )
        self.calls, self.errors = 0, {}

    def tally(self):
        self.program.stdin.write("\n")
        self.program.stdin.flush()
        said = json.loads(line(self.program, self.name))
        self.calls += sum(said["answers"].values())
        for error, count in said["errors"].items():
            self.errors[error] = self.errors.get(error, 0) + count
        return said["answers"]

    def settled(self, names):
        """Waits until exactly these are called, and says how the calls after that are spread."""
        deadline = time.monotonic() + PATIENCE
        while set(self.tally()) != names:
            if time.monotonic() > deadline:
                raise SystemExit(f"{self.name} does not come to call {sorted(names)}; errors: {self.errors}")
            time.sleep(0.2)
        # Whoever had just come or gone has a part of the time only.
        self.tally()
        spread = {}
        while sum(spread.values()) < ENOUGH:
            if time.monotonic() > deadline:
                raise SystemExit(f"{self.name} is slow: {spread}; errors: {self.errors}")
            time.sleep(0.2)
            for name, count in self.tally().items():
                spread[name] = spread.get(name, 0) + count
        share = sum(spread.values()) / len(names)
        if set(spread) != names or any(abs(count - share) > UNEVEN * share for count in spread.values()):
            raise SystemExit(f"{self.name} calls unevenly: {spread}")
        return spread


def shown(spread):
    return " ".join(f"{name} {count}" for name, count in sorted(spread.items()))


def run(kind, clients, scratch):
    place = None if kind == "file" else registry(kind, scratch)
    instances = Instances(scratch, place)
    for name in ("one", "two", "three"):
        instances.join(name)
    bootstrap = scratch / "xds.json"
    command = [os.environ["PROTOPACT"], "--quiet", "discover", "--xds", "127.0.0.1:0", "--bootstrap", str(bootstrap)]
    server = start(command + ["--from", place or str(instances.file)], stderr=subprocess.DEVNULL)
    line(server, "discover")
    clients = [Client(name, command, bootstrap) for name, command in clients]
    before = [client.settled({"one", "two", "three"}) for client in clients]
    instances.leave("one", clients)
    instances.join("four")
    after = [client.settled({"two", "three", "four"}) for client in clients]
    # Whoever knows where to call goes on when nobody tells any more.
    end(server)
    alone = [client.settled({"two", "three", "four"}) for client in clients]
    failed = False
    for client, first, second, third in zip(clients, before, after, alone, strict=True):
        print(f"{kind}, {client.name}: {client.calls} calls, {sum(client.errors.values())} errors")
        for when, spread in (("three", first), ("one left, one joined", second), ("without discover", third)):
            print(f"    {when}: {shown(spread)}")
        for error, count in client.errors.items():
            print(f"    {count} x {error}")
        failed |= bool(client.errors)
    if failed:
        raise SystemExit("calls failed")


def rollout(kind, scratch):
    """The same as `verify` does it, with clients on generated packages."""
    contract = scratch / "contract"
    contract.mkdir(exist_ok=True)
    (contract / "shop.proto").write_text(PROTO)
    if kind == "consul-dns":
        place, dns = consul()
        by = ["--discover", place, "--dns", dns]
    elif kind == "coredns":
        dns, hosts = coredns(scratch)
        by = ["--dns", f"{dns}/which.test", "--hosts", str(hosts)]
    elif kind == "file":
        by = []
    else:
        by = ["--discover", registry(kind, scratch / "rollout")]
    command = [os.environ["PROTOPACT"], "--quiet", "-C", str(contract)]
    tools = {"go": "go", "java": "mvn", "python": "python3", "rust": "cargo"}
    languages = ",".join(language for language, tool in tools.items() if shutil.which(tool))
    subprocess.run(command + ["plugins", "install", "--lang", languages], check=True, stdout=subprocess.DEVNULL)
    command += ["verify", "--from", ".", "--instances", "3", "--lang", languages, *by]
    print(f"{kind}, a rollout:", flush=True)
    if subprocess.run(command).returncode:
        raise SystemExit("calls were lost in a rollout")


sources, *named = sys.argv[1:]
named = [client.split("=", 1) for client in named]
for kind in sources.split(","):
    with tempfile.TemporaryDirectory() as folder:
        try:
            if kind not in ("consul-dns", "coredns"):
                run(kind, named, pathlib.Path(folder))
            rollout(kind, pathlib.Path(folder))
        finally:
            for program in programs:
                program.kill()
                program.wait()
            programs.clear()
