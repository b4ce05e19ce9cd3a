"""Runs the services of a kit as its Dockerfiles and Compose say, without containers.

run.py KIT SCRATCH PROTOPACT LANGUAGE…

Absolute paths of a Dockerfile (/src, /out, /venv, /app, /service) stand for paths below a folder for each stage. RUN lines go
to a shell as they are, but for that.
"""

import itertools
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time

import grpc
import yaml
from dockerfile_parse import DockerfileParser
from google.protobuf import descriptor_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2

OWN = re.compile(r"(?<![\w.$}/-])/(src|out|venv|app|service|certs|run/secrets)(?![\w-])")
# Somebody else, where this one may become that: as whom the images run.
NOBODY = 65532 if os.geteuid() == 0 else None
PATIENCE = 120


class Stage:
    """What a stage of a Dockerfile comes to."""

    def __init__(self, root):
        self.root, self.folder, self.env, self.user = root, "/", {}, None
        self.entry, self.health = None, None
        root.mkdir(parents=True)

    def at(self, path):
        return self.root / str(pathlib.PurePosixPath(self.folder, path)).lstrip("/")

    def words(self, text):
        return OWN.sub(lambda found: str(self.root) + found.group(0), text)


def copy(source, place):
    if source.is_dir():
        shutil.copytree(source, place, dirs_exist_ok=True, symlinks=True)
    else:
        place = place / source.name if place.is_dir() else place
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, place)


def build(kit, language, sdk, scratch):
    """Does what the Dockerfile of a language says, and gives its last stage."""
    stages, stage = {}, None
    for step in DockerfileParser(path=str(kit / language)).structure:
        what, value = step["instruction"], step["value"]
        if what == "FROM":
            name = value.split(" AS ")[1] if " AS " in value else "last"
            stage = stages[name] = Stage(scratch / language / name)
        elif what == "COPY":
            words = value.split()
            source = kit / language
            origin = None
            if words[0].startswith("--from="):
                origin = stages.get(words.pop(0).removeprefix("--from="))
                source = sdk / language if origin is None else None
            *sources, place = words
            place = stage.at(place)
            if len(sources) > 1:
                place.mkdir(parents=True, exist_ok=True)
            for one in sources:
                copy(origin.at(one) if origin else source / one, place)
        elif what == "WORKDIR":
            stage.folder = value
            stage.at(".").mkdir(parents=True, exist_ok=True)
        elif what == "ENV":
            stage.env.update(re.findall(r'(\w+)="?((?<=")[^"]*|[^\s"]*)"?', value))
        elif what == "USER":
            stage.user = value
        elif what == "RUN":
            (stage.root / "out").mkdir(exist_ok=True)
            begun = time.monotonic()
            command = stage.words(value)
            done = subprocess.run(["sh", "-ec", command], cwd=stage.at("."), env={**os.environ, **stage.env},
                                  capture_output=True, text=True)
            if done.returncode:
                sys.exit(f"{language}: {command}\n{done.stdout}{done.stderr}")
            print(f"built: {language}, in {time.monotonic() - begun:.0f} s")
        elif what == "HEALTHCHECK":
            stage.health = json.loads(value.split(" CMD ")[1])
        elif what == "ENTRYPOINT":
            stage.entry = json.loads(value)
    last = stages["last"]
    assert last.user == "65532:65532" and last.env["LISTEN"] == "0.0.0.0:50051", (last.user, last.env)
    return last


def somebody(name, program):
    """Whom a program runs as: nobody who owns anything, where that one reaches it."""
    who = {"user": NOBODY, "group": NOBODY, "extra_groups": [] if NOBODY else None, "cwd": "/"}
    try:
        subprocess.run([program, "--version"], capture_output=True, **who)
        return who
    except PermissionError:
        print(f"ignored: {name} as another user, who does not reach what it is run by")
        return {"cwd": "/"}


class Running:
    """A service that runs."""

    def __init__(self, name, command, env, health, who):
        self.name, self.health, self.env, self.who = name, health, env, who
        self.process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **who)
        line = self.process.stdout.readline()
        found = re.fullmatch(r"listening on (?:127\.0\.0\.1|\[::1\]):(\d+)\n", line)
        if not found:
            self.process.kill()
            sys.exit(f"{name} said {line!r}\n{self.process.stderr.read()}")
        self.address = f"127.0.0.1:{found.group(1)}"

    def ask(self, words, **more):
        """Runs a health check, up to three times where it fails: so do Compose and Kubernetes, on a busy machine too."""
        for _ in range(3):
            done = self.once(words, **more)
            if done.returncode == 0:
                break
        return done

    def once(self, words, **more):
        return subprocess.run(words, env={**self.env, **more}, capture_output=True, text=True, timeout=PATIENCE,
                              **self.who)

    def end(self):
        begun = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(PATIENCE)
        took = time.monotonic() - begun
        if code or took > 15:
            sys.exit(f"{self.name} ended with {code} after {took:.1f} s\n{self.process.stderr.read()}")
        return took


def called(address, credentials, services):
    """Asks for health and services, and makes a call of each service; how many calls ended as they should."""
    if credentials:
        channel = grpc.secure_channel(address, credentials)
    else:
        channel = grpc.insecure_channel(address)
    with channel:
        health = health_pb2_grpc.HealthStub(channel)
        for name in ["", *services]:
            status = health.Check(health_pb2.HealthCheckRequest(service=name), timeout=20).status
            assert status == health_pb2.HealthCheckResponse.SERVING, (name, status)
        assert set(services) <= listed(channel), (services, listed(channel))
        for name, method in services.items():
            call = channel.stream_stream(f"/{name}/{method}")
            try:
                list(call(iter([b""]), timeout=20))
            except grpc.RpcError as error:
                assert error.code() == grpc.StatusCode.UNIMPLEMENTED, (name, method, error)
            else:
                raise AssertionError(f"{name}/{method} was answered")
    return len(services)


def listed(channel):
    """The services that reflection lists. A server has the newer one or both; their messages are the same."""
    asked = reflection_pb2.ServerReflectionRequest(list_services="")
    for version in ("v1", "v1alpha"):
        call = channel.stream_stream(f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo")
        try:
            (answer,) = call(iter([asked.SerializeToString()]), timeout=20)
        except grpc.RpcError as error:
            assert error.code() == grpc.StatusCode.UNIMPLEMENTED, error
            continue
        found = reflection_pb2.ServerReflectionResponse.FromString(answer).list_services_response.service
        return {service.name for service in found}
    raise AssertionError("there is no reflection")


def main(kit, scratch, protopact, *languages):
    kit, scratch = pathlib.Path(kit), pathlib.Path(scratch)
    contract = descriptor_pb2.FileDescriptorSet.FromString((kit / "reference/contract.binpb").read_bytes())
    services = {
        f"{file.package}.{service.name}": service.method[0].name
        for file in contract.file for service in file.service if not file.package.startswith("google.")
    }
    stages = {language: build(kit, language, kit.parent / "sdk", scratch / "root") for language in languages}
    # Whoever runs the services owns the keys.
    certs = scratch / "certs"
    shutil.copytree(kit / "certs", certs)
    for file in [certs, *certs.iterdir()]:
        assert file.suffix != ".key" or file.stat().st_mode & 0o777 == 0o600, file
        if NOBODY:
            os.chown(file, NOBODY, NOBODY)
    compose = yaml.safe_load((kit / "compose.yaml").read_text())["services"]
    overlay = yaml.safe_load((kit / "compose.tls.yaml").read_text())["services"]
    users = {language: somebody(language, stage.words(stage.entry[0])) for language, stage in stages.items()}
    users["reference"] = somebody("reference", protopact)
    first = languages[0]
    read = lambda name: (certs / name).read_bytes()
    plain = {name: os.environ[name] for name in ("PATH", "JAVA_HOME", "HOME") if name in os.environ}
    plain["HOME"] = "/tmp"
    for mode in ("plain", "tls", "mutual"):
        running = []
        for language, stage in stages.items():
            env = {**plain, **stage.env, **compose[language]["environment"], "LISTEN": "127.0.0.1:0"}
            if mode != "plain":
                said = overlay[language]["environment"]
                env.update({name: value.replace("/run/secrets", str(certs)) for name, value in said.items()})
            if mode == "mutual":
                env["TLS_CLIENT_CA"] = str(certs / "ca.pem")
            entry = [stage.words(word) for word in stage.entry]
            assert compose[language]["healthcheck"]["test"] == ["CMD", *stage.health], language
            running.append(Running(language, entry, env, [stage.words(word) for word in stage.health],
                                   users[language]))
        words = (overlay if mode != "plain" else compose)["reference"]["command"]
        words = [word.replace("/run/secrets", str(certs)) for word in words if not word.startswith("--register")]
        words = ["--listen=127.0.0.1:0" if word.startswith("--listen") else word for word in words]
        words = [str(kit / "reference/contract.binpb") if word.startswith("/contract/") else word for word in words]
        if mode == "mutual":
            words.append(f"--tls-client-ca={certs}/ca.pem")
        test = (overlay if mode != "plain" else compose)["reference"]["healthcheck"]["test"][2:]
        reference = Running("reference", [protopact, *words], plain, None, users["reference"])
        # Its log is nobody's to read here, and may not fill a pipe.
        test = [word.replace("/run/secrets", str(certs)).replace("127.0.0.1:50051", reference.address) for word in test]
        if mode == "mutual":
            test = [re.sub(r"#(.*)", rf"#\1,tls_cert={certs}/reference.pem,tls_key={certs}/reference.key", w) for w in test]
        done = reference.ask([protopact, *test])
        assert done.returncode == 0, f"the reference is not well: {done}"
        asked = 0
        for one in running:
            done = one.ask(one.health, LISTEN=one.address)
            assert done.returncode == 0, f"{one.name} is not well: {done}"
        for one, other in itertools.product(running, [*running, reference]):
            done = one.ask([*one.health, other.address])
            assert done.returncode == 0, f"{mode}: {one.name} asks {other.name}: {done}"
            asked += 1
        refused = 0
        if mode != "plain":
            # Whoever is not told whom to trust, or speaks without TLS, gets nothing.
            for one in running:
                without = {"TLS_CA": "", "TLS_CERT": ""}
                assert one.once([*one.health, one.address], **without).returncode == 1, f"{one.name} speaks without TLS"
                refused += 1
                if mode == "mutual":
                    assert one.once([*one.health, one.address], TLS_CERT="").returncode == 1, f"{one.name} lets anybody in"
                    refused += 1
        credentials = {
            "plain": lambda: None,
            "tls": lambda: grpc.ssl_channel_credentials(read("ca.pem")),
            "mutual": lambda: grpc.ssl_channel_credentials(read("ca.pem"), read(f"{first}.key"), read(f"{first}.pem")),
        }[mode]()
        calls = sum(called(one.address, credentials, services) for one in running)
        took = max(one.end() for one in [*running, reference])
        print(f"{mode}: {len(running)} services and the reference, {asked} asked each other, {refused} refused, "
              f"{calls} calls UNIMPLEMENTED, ended in {took:.1f} s")


main(*sys.argv[1:])
