"""Holds Python code that uses all that an old package has to a new one: `python3 consume.py OLD NEW`, folders of packages.

Of every case two consumers are written, from the stubs and the descriptors of the old side: a plain one, which is run, and
a strict one, which also has to pass mypy and asks which member of a oneof is set. Both have to be well with the old side;
what becomes of them with the new one is printed: JSON, a line a case.
"""

import ast
import collections
import importlib
import json
import os
import pathlib
import re
import subprocess
import sys

CASE = re.compile(r"\bc\d{4}\b")


def modules(side):
    """The modules of each case, without their suffixes, as they are imported."""
    root = side / "src"
    found = collections.defaultdict(list)
    for path in sorted(root.rglob("*_pb2*.pyi")):
        name = ".".join(path.relative_to(root).with_suffix("").parts)
        if case := CASE.search(name):
            found[case.group()].append((name, ast.parse(path.read_text())))
    return found


class Writer:
    """Writes functions that use what a stub declares."""

    def __init__(self):
        self.imports = {}
        self.body = {"plain": [], "strict": []}
        self.count = 0
        self.module = self.tree = self.real = None

    def say(self, *lines, strict=False):
        self.count += 1
        text = f"def use_{self.count}() -> None:\n" + "".join(f"    {line}\n" for line in lines)
        self.body["strict"].append(text)
        if not strict:
            self.body["plain"].append(text)

    def name(self, module):
        return self.imports.setdefault(module, f"m{len(self.imports)}")

    def full(self, annotation):
        """A type of the stub as it is called elsewhere."""
        text = ast.unparse(annotation)

        def outside(match):
            name = match.group()
            head, dot, rest = name.partition(".")
            if head in self.short:
                return self.short[head] + dot + rest
            return f"{self.name(self.module)}.{name}" if head in self.own else name

        return re.sub(r"\b[A-Za-z_][\w.]*", outside, text)

    def value(self, annotation):
        """An expression of the type."""
        text = ast.unparse(annotation)
        plain = {"int": "1", "float": "1.5", "bool": "True", "str": "'x'", "bytes": "b'x'"}
        if text in plain:
            return plain[text]
        kind = self.enums.get(text)
        if kind:
            return f"{self.full(annotation)}.{kind}"
        return f"{self.full(annotation)}()"

    def write(self, name, tree):
        self.module, self.tree = name, tree
        self.real = importlib.import_module(name)
        self.own = {n.name for n in tree.body if isinstance(n, ast.ClassDef)}
        self.enums = {}
        here = self.name(name)
        # Modules of the package by what the stub calls them.
        short = {}
        for node in ast.walk(tree):
            if not isinstance(node, ast.ImportFrom):
                continue
            front = name.split(".")[: -node.level] if node.level else []
            module = ".".join([*front, *([node.module] if node.module else [])])
            if not module.startswith("trial_sdk"):
                continue
            for alias in node.names:
                if module.endswith("_pb2"):
                    # What a public import makes one's own.
                    self.say(f"{here}.{alias.asname}")
                else:
                    short[alias.asname] = self.name(f"{module}.{alias.name}")
        self.short = short
        self.enums.update(enums_of(tree.body, ""))
        for other, other_tree in self.others:
            for path, value in enums_of(other_tree.body, "").items():
                for head, full in short.items():
                    if full == self.name(other):
                        self.enums[f"{head}.{path}"] = value
        if name.endswith("_grpc"):
            self.services(tree.body, here)
        else:
            self.members(tree.body, here, None)

    def members(self, body, here, descriptor):
        fields = {}
        for node in body:
            if isinstance(node, ast.AnnAssign):
                text = ast.unparse(node.annotation)
                name = node.target.id
                if descriptor is not None and name in descriptor.fields_by_name:
                    fields[name] = node.annotation
                elif text.startswith("_ClassVar[int]"):
                    self.say(f"x: int = {here}.{name}")
                elif text.startswith("_ClassVar") or name.startswith("__"):
                    continue
                elif text == "_descriptor.FieldDescriptor":
                    self.extension(here, name, descriptor)
                elif text == "_descriptor.FileDescriptor":
                    self.say(f"{here}.{name}.serialized_pb")
                elif text in self.enums:
                    self.say(f"x: {self.full(node.annotation)} = {here}.{name}")
            elif isinstance(node, ast.ClassDef):
                of = f"{here}.{node.name}"
                bases = [ast.unparse(b) for b in node.bases]
                if "_message.Message" in bases:
                    real = self.real
                    for part in of.split(".")[1:]:
                        real = getattr(real, part)
                    self.message(node, of, real.DESCRIPTOR)
                elif "int" in bases:
                    for value in (n for n in node.body if isinstance(n, ast.AnnAssign)):
                        self.say(f"x: {of} = {of}.{value.target.id}", f"y: str = {of}.Name(x)")
                        self.say(f"x: int = {of}.Value({value.target.id!r})")
        return fields

    def message(self, node, here, descriptor):
        # Nested map entries are nobody's.
        inner = [n for n in node.body if not (isinstance(n, ast.ClassDef) and descriptor.nested_types_by_name.get(n.name)
                 and descriptor.nested_types_by_name[n.name].GetOptions().map_entry)]
        annotations = self.members(inner, here, descriptor)
        self.say(f"x: {here} = {here}()", "x.MergeFrom(x)", "x.SerializePartialToString()")
        for field in descriptor.fields:
            annotation = annotations.get(field.name)
            if annotation is None:
                self.dynamic(here, field)
                continue
            text = ast.unparse(annotation)
            name = field.name
            of = self.full(annotation)
            new = f"x: {here} = {here}()"
            inside = annotation.slice if isinstance(annotation, ast.Subscript) else None
            if "RepeatedScalar" in text:
                self.say(f"x: {here} = {here}({name}=[{self.value(inside)}])", f"x.{name}.append({self.value(inside)})",
                         f"y: {self.full(inside)} = x.{name}[0]", f"for z in x.{name}: y = z",
                         f"assert type(y) is type({self.value(inside)})")
            elif "RepeatedComposite" in text:
                self.say(f"x: {here} = {here}({name}=[{self.value(inside)}])", f"y: {self.full(inside)} = x.{name}.add()",
                         f"for z in x.{name}: y = z")
            elif "ScalarMap" in text:
                key, value = map(self.value, inside.elts)
                self.say(f"x: {here} = {here}({name}={{{key}: {value}}})", f"x.{name}[{key}] = {value}",
                         f"y: {self.full(inside.elts[1])} = x.{name}[{key}]", f"assert type(y) is type({value})",
                         f"assert all(type(k) is type({key}) for k in x.{name})")
            elif "MessageMap" in text:
                key, value = map(self.value, inside.elts)
                self.say(f"x: {here} = {here}({name}={{{key}: {value}}})", f"y: {self.full(inside.elts[1])} = x.{name}[{key}]")
            elif field.message_type is not None:
                self.say(f"x: {here} = {here}({name}={self.value(annotation)})", f"y: {of} = x.{name}",
                         f"x.{name}.CopyFrom(y)", f"x.{name}.MergeFrom({self.value(annotation)})")
            else:
                self.say(f"x: {here} = {here}({name}={self.value(annotation)})", f"y: {of} = x.{name}",
                         f"x.{name} = {self.value(annotation)}", f"assert type(x.{name}) is type({self.value(annotation)})")
            if field.has_presence:
                self.say(new, f"x.HasField({name!r})")
            self.say(new, f"x.ClearField({name!r})")
            if field.containing_oneof and not field.containing_oneof.name.startswith("_"):
                which = field.containing_oneof.name
                set_ = f"x: {here} = {here}({name}={self.value(annotation)})"
                self.say(set_, f"x.WhichOneof({which!r})", f"x.ClearField({which!r})")
                self.say(set_, f"assert x.WhichOneof({which!r}) == {name!r}", strict=True)

    def extension(self, here, name, descriptor):
        """An extension of a message of the same file; stubs do not say what it holds."""
        field = self.real
        for part in here.split(".")[1:]:
            field = getattr(field, part)
        field = getattr(field, name)
        value = scalar(field)
        of = f"{self.name(self.module)}.{field.containing_type.full_name.removeprefix(field.file.package + '.')}"
        at = f"x.Extensions[{here}.{name}]"
        lines = [f"x: typing.Any = {of}()"]
        if field.message_type is not None:
            lines += [f"{at}.{'add' if field.is_repeated else 'SetInParent'}()", f"y: typing.Any = {here}.{name}", f"assert y.message_type.name == {field.message_type.name!r}"]
        elif field.is_repeated:
            lines += [f"{at}.append({value})", f"assert type({at}[0]) is type({value})"]
        else:
            lines += [f"{at} = {value}", f"assert type({at}) is type({value})"]
        self.say(*lines)

    def dynamic(self, here, field):
        """A field that no stub can have, for it is called like a word of Python: run, and seen by no type checker."""
        name = field.name
        new = f"x: typing.Any = {here}()"
        value = scalar(field)
        self.say(new, f"getattr(x, {name!r})", f"x.ClearField({name!r})")
        if is_map(field):
            key, held = (field.message_type.fields_by_name[part] for part in ("key", "value"))
            if held.message_type is None:
                self.say(new, f"getattr(x, {name!r})[{scalar(key)}] = {scalar(held)}",
                         f"assert type(getattr(x, {name!r})[{scalar(key)}]) is type({scalar(held)})")
            else:
                self.say(new, f"getattr(x, {name!r})[{scalar(key)}].SetInParent()")
        elif field.message_type is not None:
            package = field.message_type.file.package
            of = f"{self.name(self.module)}.{field.message_type.full_name.removeprefix(package + '.')}"
            if field.message_type.file.name == field.file.name:
                self.say(new, f"getattr(x, {name!r}).{f'append({of}())' if field.is_repeated else f'CopyFrom({of}())'}")
        elif field.is_repeated:
            self.say(new, f"getattr(x, {name!r}).append({value})",
                     f"assert type(getattr(x, {name!r})[0]) is type({value})")
        else:
            self.say(new, f"setattr(x, {name!r}, {value})", f"assert type(getattr(x, {name!r})) is type({value})")
        if field.has_presence:
            self.say(new, f"x.HasField({name!r})")
        if field.containing_oneof and not field.containing_oneof.name.startswith("_"):
            self.say(new, f"x.WhichOneof({field.containing_oneof.name!r})")

    def services(self, body, here):
        for node in body:
            if not isinstance(node, ast.ClassDef) or not node.name.endswith("Servicer"):
                continue
            service = node.name.removesuffix("Servicer")
            methods = [n for n in node.body if isinstance(n, ast.FunctionDef)]
            stub = next(n for n in body if isinstance(n, ast.ClassDef) and n.name == f"{service}Stub")
            kinds = {n.target.id: n.annotation for n in stub.body if isinstance(n, ast.AnnAssign)}
            channel = "c: grpc.Channel = grpc.insecure_channel('localhost:1')"
            for name, annotation in kinds.items():
                takes, gives = annotation.slice.elts
                kind = ast.unparse(annotation.value).replace("_grpc.", "grpc.")
                ask = f"s = {here}.{service}Stub(c)"
                self.say(channel, ask, f"assert isinstance(s.{name}, {kind})",
                         f"assert getattr(s.{name}, '_request_serializer') == {self.full(takes)}.SerializeToString",
                         f"assert getattr(s.{name}, '_response_deserializer') == {self.full(gives)}.FromString")
                request = f"{self.full(takes)}()"
                if "StreamUnary" in kind or "StreamStream" in kind:
                    request = f"iter([{request}])"
                if kind.endswith(("UnaryUnaryMultiCallable", "StreamUnaryMultiCallable")):
                    lines = [f"def call() -> {self.full(gives)}: return s.{name}({request})"]
                else:
                    lines = ["def call() -> None:", f"    for x in s.{name}({request}): y: {self.full(gives)} = x"]
                self.say(channel, ask, *lines)
            lines = [f"class Own({here}.{service}Servicer):"]
            for method in methods:
                request = method.args.args[1]
                spelled = [
                    re.sub(r"\bm\d+\._MaybeAsyncIterator\b", "collections.abc.Iterator", text).replace("_collections.", "collections.abc.")
                    for text in (self.full(request.annotation), self.full(method.returns).split(" | ")[0])
                ]
                lines.append(f"    def {method.name}(self, {request.arg}: {spelled[0]}, context: typing.Any) -> {spelled[1]}: "
                             "raise NotImplementedError")
            self.say(*lines, f"{here}.add_{service}Servicer_to_server(Own(), grpc.server(None))  # type: ignore[arg-type]",
                     *[f"assert hasattr({here}.{service}Servicer, {m.name!r})" for m in methods])


def scalar(field):
    """An expression of a value that is no message."""
    kind = next(k[5:] for k in dir(field) if k.startswith("TYPE_") and getattr(field, k) == field.type)
    values = {"BOOL": "True", "STRING": "'x'", "BYTES": "b'x'", "FLOAT": "1.5", "DOUBLE": "1.5"}
    return str(field.enum_type.values[0].number) if field.enum_type else values.get(kind, "1")


def is_map(field):
    return field.message_type is not None and field.message_type.GetOptions().map_entry


def enums_of(body, front):
    """A value of each enum, by the enum's name in its module."""
    found = {}
    for node in body:
        if isinstance(node, ast.ClassDef):
            bases = [ast.unparse(b) for b in node.bases]
            if "int" in bases:
                values = [n.target.id for n in node.body if isinstance(n, ast.AnnAssign)]
                found[front + node.name] = values[0]
            else:
                found.update(enums_of(node.body, f"{front}{node.name}."))
    return found


HEAD = "import collections.abc\nimport typing\nimport grpc\n"
TAIL = """
def first_error() -> str | None:
    for name, use in list(globals().items()):
        if name.startswith("use_"):
            try:
                use()
            except Exception as e:
                import inspect
                return f"{type(e).__name__}: {e} in {' '.join(inspect.getsource(use).split())}"
    return None
"""


def write(side, folder):
    sys.path.insert(0, str(side / "src"))
    folder.mkdir(parents=True, exist_ok=True)
    cases = []
    for case, found in modules(side).items():
        writer = Writer()
        writer.others = found
        for name, tree in found:
            writer.write(name, tree)
        imports = HEAD + "".join(f"import {module} as {name}\n" for module, name in writer.imports.items())
        for kind, body in writer.body.items():
            (folder / f"{case}_{kind}.py").write_text(imports + "".join(body) + TAIL)
        cases.append(case)
    return cases


RUN = """
import importlib, json, sys
sys.path[:0] = sys.argv[1:3]
for name in sys.argv[3:]:
    try:
        said = importlib.import_module(name).first_error()
    except Exception as e:
        said = f"{type(e).__name__}: {e}"
    print(json.dumps([name, said]), flush=True)
"""


def judge(side, folder, cases):
    """What is wrong with each consumer, by its name."""
    names = [f"{case}_{kind}" for case in cases for kind in ("plain", "strict")]
    said = subprocess.run([sys.executable, "-c", RUN, str(side / "src"), str(folder), *names],
                          capture_output=True, text=True, check=True)
    wrong = dict(json.loads(line) for line in said.stdout.splitlines())
    env = {**os.environ, "MYPYPATH": str(side / "src")}
    mypy = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--follow-imports=silent",
         "--cache-dir", str(folder / "cache" / side.parents[1].name), *[str(folder / f"{case}_strict.py") for case in cases]],
        capture_output=True, text=True, env=env, check=False)
    if mypy.returncode > 1 or mypy.stderr:
        sys.exit(f"mypy: {mypy.stderr or mypy.stdout}")
    for line in mypy.stdout.splitlines():
        path, number, rest = line.split(":", 2)
        if " error: " not in f" {rest}":
            continue
        name = pathlib.Path(path).stem
        # What is said of the stubs themselves is for `generate --build`.
        if name not in wrong:
            continue
        source = pathlib.Path(path).read_text().splitlines()[int(number) - 1]
        wrong[name] = wrong[name] or f"mypy: {rest.strip()} in {source.strip()}"
    return wrong


def pyright(side, folder, cases):
    """What pyright says of each strict consumer, by the consumer's name: lines and what is wrong there."""
    config = folder / f"{side.parents[1].name}.json"
    config.write_text(json.dumps({"typeCheckingMode": "standard", "extraPaths": [str(side / "src")],
                                  "include": [f"{case}_strict.py" for case in cases]}))
    done = subprocess.run([sys.executable, "-m", "basedpyright", "--outputjson", "--pythonpath", sys.executable,
                           "--project", str(config)], capture_output=True, text=True, check=False)
    if done.returncode > 1:
        sys.exit(f"pyright: {done.stderr or done.stdout}")
    wrong = {}
    for said in json.loads(done.stdout)["generalDiagnostics"]:
        if said["severity"] == "error":
            at = said["range"]["start"]["line"]
            wrong.setdefault(pathlib.Path(said["file"]).stem, {})[at] = said["message"]
            if side.parents[1].name == "old" and said.get("rule") == "reportMissingImports":
                sys.exit(f"pyright: {said['message']}")
    return wrong


def main():
    old, new = (pathlib.Path(arg).resolve() for arg in sys.argv[1:3])
    folder = old.parents[2] / "consumers"
    cases = write(old, folder)
    for name, said in judge(old, folder, cases).items():
        if said:
            sys.exit(f"{name}: the consumer does not fit the old side: {said}")
    wrong = judge(new, folder, cases)
    # What it says of the old side is between it and mypy, which the consumer was written for.
    before, after = pyright(old, folder, cases), pyright(new, folder, cases)
    for case in cases:
        plain, strict = wrong[f"{case}_plain"], wrong[f"{case}_strict"]
        came = {at: said for at, said in after.get(f"{case}_strict", {}).items() if at not in before.get(f"{case}_strict", {})}
        peer = None
        if came:
            at = min(came)
            source = (folder / f"{case}_strict.py").read_text().splitlines()[at]
            peer = f"pyright: {' '.join(came[at].split())} in {source.strip()}"
        print(json.dumps({"case": case, "plain": plain, "strict": strict or plain, "peer": peer}))


if __name__ == "__main__":
    main()
