"""Draws contracts and edits of them: an old and a new side with so many packages, each edited once or twice.

`python3 edits.py FOLDER COUNT SEED` writes FOLDER/old and FOLDER/new, contracts with one package a case (`c0001.v1`), and
FOLDER/edits.json: what was done to each, in words.
"""

import copy
import json
import pathlib
import random
import sys

SCALARS = [
    "int32", "int64", "uint32", "uint64", "sint32", "sint64", "fixed32", "fixed64", "sfixed32", "sfixed64",
    "bool", "float", "double", "string", "bytes",
]
KEYS = ["int32", "int64", "uint64", "bool", "string", "sint32", "fixed64"]
# Names that languages spell alike, or otherwise than they are.
NAMES = [
    "id", "name", "page_size", "pageSize", "page__size", "state", "kind", "value", "url", "sha256_sum", "sha256sum",
    "is_on", "type", "items", "items_count", "x1_y2", "Upper", "UPPER_CASE", "content", "labels", "labels_map", "tag",
    "class", "size", "get_name", "has_name", "name_bytes", "owner", "owner_id", "note", "limit",
]
CONFIG = """\
[contract]
name = "trial/contract"
roots = ["proto"]

[generate]
licence = "Apache-2.0"

[generate.go]
module = "example.com/sdk"

[generate.java]
group = "com.example.sdk"

[generate.python]
package = "trial-sdk"

[generate.rust]
crate = "trial-sdk"
"""


class Field:
    def __init__(self, name, number, kind, label=""):
        self.name, self.number, self.kind, self.label = name, number, kind, label
        self.key = None
        self.oneof = None
        self.options = {}


class Enum:
    def __init__(self, name, values):
        self.name, self.values = name, values
        self.alias = False
        self.closed = None


class Message:
    def __init__(self, name):
        self.name = name
        self.fields, self.oneofs, self.enums, self.messages, self.reserved = [], [], [], [], []


class Method:
    def __init__(self, name, takes, gives, streams=(False, False)):
        self.name, self.takes, self.gives, self.streams = name, takes, gives, streams


class File:
    def __init__(self, name):
        self.name = name
        self.syntax = "proto3"
        self.package = ""
        self.options, self.imports = {}, []
        self.messages, self.enums, self.services, self.extensions = [], [], [], []


class Impossible(Exception):
    """An edit that this contract has no place for."""


def every(messages):
    for message in messages:
        yield message
        yield from every(message.messages)


def text(file):
    out = []
    if file.syntax.isdigit():
        out.append(f'edition = "{file.syntax}";')
    else:
        out.append(f'syntax = "{file.syntax}";')
    out.append(f"package {file.package};")
    out += [f"import {kind}{path!r};".replace("'", '"') for path, kind in file.imports]
    out += [f"option {name} = {value};" for name, value in sorted(file.options.items())]

    def field(f, indent):
        options = ", ".join(f"{name} = {value}" for name, value in sorted(f.options.items()))
        kind = f"map<{f.key}, {f.kind}>" if f.key else f.kind
        label = f.label + " " if f.label and not f.key and not f.oneof else ""
        out.append(f"{indent}{label}{kind} {f.name} = {f.number}{f' [{options}]' if options else ''};")

    def enum(e, indent):
        out.append(f"{indent}enum {e.name} {{")
        if e.alias:
            out.append(f"{indent}  option allow_alias = true;")
        if e.closed is not None:
            out.append(f"{indent}  option features.enum_type = {'CLOSED' if e.closed else 'OPEN'};")
        out.extend(f"{indent}  {name} = {number};" for name, number in e.values)
        out.append(f"{indent}}}")

    def message(m, indent):
        out.append(f"{indent}message {m.name} {{")
        for inner in m.enums:
            enum(inner, indent + "  ")
        for inner in m.messages:
            message(inner, indent + "  ")
        told = set()
        for f in m.fields:
            if f.oneof is None:
                field(f, indent + "  ")
            elif f.oneof not in told:
                told.add(f.oneof)
                out.append(f"{indent}  oneof {f.oneof} {{")
                for member in m.fields:
                    if member.oneof == f.oneof:
                        field(member, indent + "    ")
                out.append(f"{indent}  }}")
        out.extend(f"{indent}  reserved {r};" for r in m.reserved)
        if file.extensions and m.name == "Open":
            out.append(f"{indent}  extensions 100 to 199;")
        out.append(f"{indent}}}")

    for e in file.enums:
        enum(e, "")
    for m in file.messages:
        message(m, "")
    for f in file.extensions:
        out.append("extend Open {")
        field(f, "  ")
        out.append("}")
    for name, methods in file.services:
        out.append(f"service {name} {{")
        for r in methods:
            takes, gives = (("stream " if s else "") + t for s, t in zip(r.streams, (r.takes, r.gives)))
            out.append(f"  rpc {r.name}({takes}) returns ({gives});")
        out.append("}")
    return "\n".join(out) + "\n"


class Drawer:
    def __init__(self, seed):
        self.r = random.Random(seed)

    def label(self, file, odds=3):
        """One that the syntax knows."""
        if self.r.randrange(odds) == 0:
            return "repeated"
        if file.syntax == "proto2":
            return self.r.choice(["optional", "optional", "optional", "required"])
        return "optional" if file.syntax == "proto3" and self.r.randrange(3) == 0 else ""

    def kind(self, names):
        return self.r.choice(SCALARS) if not names or self.r.randrange(3) else self.r.choice(names)

    def field(self, file, taken, names, plain=False):
        name = self.r.choice([n for n in NAMES if n not in taken])
        taken.add(name)
        f = Field(name, 0, self.kind(names))
        if plain:
            f.label = "optional" if file.syntax == "proto2" else ""
        elif self.r.randrange(7) == 0:
            f.key = self.r.choice(KEYS)
        else:
            f.label = self.label(file)
        return f

    def message(self, file, name, names, nested=True):
        m = Message(name)
        inner = list(names)
        if nested and self.r.randrange(2):
            m.enums.append(Enum("State", [("STATE_UNSET", 0), ("STATE_ON", 1), ("STATE_OFF", 2)]))
            inner.append("State")
        if nested and self.r.randrange(2):
            sub = self.message(file, "Part", [], nested=False)
            m.messages.append(sub)
            inner.append("Part")
        taken = set()
        for _ in range(self.r.randint(2, 5)):
            m.fields.append(self.field(file, taken, inner))
        if self.r.randrange(2):
            for _ in range(self.r.randint(1, 3)):
                f = self.field(file, taken, inner, plain=True)
                f.oneof, f.label = "choice", ""
                m.fields.append(f)
        for number, f in enumerate(m.fields, 1):
            f.number = number
            if file.syntax == "proto2" and f.label == "optional" and f.kind in ("int32", "string", "bool"):
                if self.r.randrange(3) == 0:
                    f.options["default"] = {"int32": "7", "string": '"x"', "bool": "true"}[f.kind]
        return m

    def files(self, package):
        """A contract of one or two files."""
        folder = package.replace(".", "/")
        file = File(f"{folder}/a.proto")
        file.package = package
        file.syntax = self.r.choice(["proto3", "proto3", "proto3", "proto2", "2023"])
        file.enums.append(Enum("Kind", [("KIND_UNSET", 0), ("KIND_BIG", 1), ("KIND_SMALL", 2)]))
        if self.r.randrange(6) == 0:
            file.enums[0].alias = True
            file.enums[0].values.append(("KIND_TINY", 2))
        names = ["Kind", "Item", "Order"]
        file.messages = [self.message(file, "Item", ["Kind"]), self.message(file, "Order", names)]
        if self.r.randrange(3) == 0:
            file.messages.append(self.message(file, "Empty", [], nested=False))
            file.messages[-1].fields = []
        if file.syntax == "proto2" and self.r.randrange(2):
            file.messages.append(Message("Open"))
            for number, kind in ((100, self.kind(["Item"])), (101, "int32")):
                f = Field(f"ext_{number}", number, kind, self.r.choice(["optional", "repeated"]))
                file.extensions.append(f)
        if self.r.randrange(4):
            shapes = [(False, False), (False, True), (True, False), (True, True)]
            methods = [
                Method(name, "Item", self.r.choice(["Item", "Order"]), self.r.choice(shapes))
                for name in self.r.sample(["Get", "List", "Put", "Watch", "make_it"], self.r.randint(1, 3))
            ]
            file.services.append(("Store", methods))
        # Said, for packages have another default than protoc.
        multiple = self.r.choice(["true", "true", "false"])
        file.options["java_multiple_files"] = multiple
        files = [file]
        if self.r.randrange(3) == 0:
            other = File(f"{folder}/b.proto")
            other.package, other.syntax = package, file.syntax
            other.options["java_multiple_files"] = multiple
            other.messages = [self.message(other, "Side", [])]
            file.imports.append((other.name, self.r.choice(["", "public "])))
            file.messages[1].fields.append(Field("side", 40, "Side", "optional" if file.syntax == "proto2" else ""))
            files.append(other)
        return files

    def edit(self, files):
        """One edit, in words; raises Impossible where there is nothing of its kind."""
        file = self.r.choice(files)
        return self.r.choice(EDITS)(self, files, file)

    def pick(self, from_):
        from_ = list(from_)
        if not from_:
            raise Impossible
        return self.r.choice(from_)


def scope(file, message):
    """What fields of a message can be of."""
    inner = [e.name for e in message.enums] + [m.name for m in message.messages]
    return inner + [e.name for e in file.enums] + [m.name for m in file.messages if m is not message]


def settle(file, f):
    """Takes away what goes no longer with the field."""
    f.options.pop("default", None)
    if file.syntax == "proto2" and not f.key and f.oneof is None and not f.label:
        f.label = "optional"
    if f.key or f.oneof is not None:
        f.label = ""


def field_of(d, file):
    message = d.pick(m for m in every(file.messages) if m.fields)
    return message, d.pick(message.fields)


def add_field(d, files, file):
    message = d.pick(every(file.messages))
    f = d.field(file, {f.name for f in message.fields}, scope(file, message))
    if f.label == "required":
        f.label = "optional"
    f.number = max([f.number for f in message.fields] + [0]) + 1
    oneofs = {f.oneof for f in message.fields if f.oneof}
    if oneofs and d.r.randrange(2):
        f.oneof, f.key, f.label = d.pick(sorted(oneofs)), None, ""
    message.fields.insert(d.r.randint(0, len(message.fields)), f)
    return f"{message.name}.{f.name} added"


def remove_field(d, files, file):
    message, f = field_of(d, file)
    message.fields.remove(f)
    message.reserved.append(str(f.number))
    return f"{message.name}.{f.name} removed"


def rename_field(d, files, file):
    message, f = field_of(d, file)
    old = f.name
    taken = {f.name for f in message.fields}
    like = {"pageSize": "page_size", "page_size": "page__size", "page__size": "pageSize", "sha256sum": "sha256_sum",
            "sha256_sum": "sha256sum", "Upper": "upper", "id": "Id", "UPPER_CASE": "upper_case", "type": "type_",
            "class": "class_", "labels": "labels_"}
    names = [n for n in NAMES if n not in taken]
    if old in like and like[old] not in taken and d.r.randrange(2):
        names = [like[old]]
    f.name = d.pick(names)
    return f"{message.name}.{old} is called {f.name}"


def retype_field(d, files, file):
    message, f = field_of(d, file)
    old = f.kind
    f.kind = d.pick(k for k in SCALARS + scope(file, message) if k != old)
    settle(file, f)
    return f"{message.name}.{f.name} was {old}, is {f.kind}"


def relabel_field(d, files, file):
    message, f = field_of(d, file)
    if f.oneof:
        raise Impossible
    old = f"map<{f.key}>" if f.key else f.label or "plain"
    if f.key:
        f.key = d.r.choice([None, d.pick(k for k in KEYS if k != f.key)])
        f.label = "repeated" if d.r.randrange(2) else ""
    elif d.r.randrange(5) == 0:
        f.key = d.pick(KEYS)
    else:
        labels = {"proto2": ["optional", "required", "repeated"], "proto3": ["", "optional", "repeated"]}
        f.label = d.pick(x for x in labels.get(file.syntax, ["", "repeated"]) if x != f.label)
    settle(file, f)
    return f"{message.name}.{f.name} was {old}, is {f'map<{f.key}>' if f.key else f.label or 'plain'}"


def into_oneof(d, files, file):
    message, f = field_of(d, file)
    if f.oneof or f.key or f.label in ("repeated", "required"):
        raise Impossible
    oneofs = sorted({f.oneof for f in message.fields if f.oneof}) + ["fresh"]
    f.oneof = d.pick(oneofs)
    f.label = ""
    settle(file, f)
    return f"{message.name}.{f.name} went into oneof {f.oneof}"


def out_of_oneof(d, files, file):
    message, f = field_of(d, file)
    if not f.oneof:
        raise Impossible
    f.oneof = d.pick([None, None, "another"])
    settle(file, f)
    if f.oneof is None and file.syntax == "proto3" and d.r.randrange(2):
        f.label = "optional"
    return f"{message.name}.{f.name} is in oneof {f.oneof} now"


def rename_oneof(d, files, file):
    message = d.pick(m for m in every(file.messages) if any(f.oneof for f in m.fields))
    old = d.pick(sorted({f.oneof for f in message.fields if f.oneof}))
    name = d.pick(["choices", "Choice", "chosen", "choice_"])
    for f in message.fields:
        if f.oneof == old:
            f.oneof = name
    return f"oneof {message.name}.{old} is called {name}"


def renumber_field(d, files, file):
    message, f = field_of(d, file)
    f.number = 77
    return f"{message.name}.{f.name} has number 77"


def option_of_field(d, files, file):
    message, f = field_of(d, file)
    which = d.r.choice(["deprecated", "json_name", "packed", "default", "presence", "jstype"])
    if which == "deprecated":
        f.options["deprecated"] = "true"
    elif which == "json_name":
        f.options["json_name"] = '"someName"'
    elif which == "packed" and f.label == "repeated" and f.kind in ("int32", "bool", "double"):
        if file.syntax == "2023":
            f.options["features.repeated_field_encoding"] = "EXPANDED"
        else:
            f.options["packed"] = "true" if file.syntax == "proto2" else "false"
    elif which == "default" and file.syntax == "proto2" and f.label == "optional" and f.kind in ("int32", "string"):
        if "default" in f.options:
            del f.options["default"]
        else:
            f.options["default"] = "9" if f.kind == "int32" else '"y"'
    elif which == "presence" and file.syntax == "2023" and not (f.key or f.label or f.oneof) and f.kind in SCALARS:
        f.options["features.field_presence"] = d.r.choice(["IMPLICIT", "LEGACY_REQUIRED"])
    elif which == "jstype" and f.kind == "int64" and not f.key:
        f.options["jstype"] = "JS_STRING"
    else:
        raise Impossible
    return f"{message.name}.{f.name}: option {which}"


def reorder_fields(d, files, file):
    message = d.pick(m for m in every(file.messages) if len(m.fields) > 1)
    before = [f.name for f in message.fields]
    d.r.shuffle(message.fields)
    if before == [f.name for f in message.fields]:
        raise Impossible
    return f"fields of {message.name} in another order"


def an_enum(d, file):
    return d.pick(file.enums + [e for m in every(file.messages) for e in m.enums])


def add_value(d, files, file):
    e = an_enum(d, file)
    front = e.values[0][0].rsplit("_", 1)[0]
    name = d.pick(n for n in (f"{front}_NEW", "OTHER_ONE", f"{front}_new_one") if n not in dict(e.values))
    number = max(number for _, number in e.values) + 1
    if e.alias and d.r.randrange(2):
        number = 1
    e.values.insert(d.r.randint(1, len(e.values)), (name, number))
    return f"{e.name}.{name} = {number} added"


def remove_value(d, files, file):
    e = an_enum(d, file)
    value = d.pick(e.values[1:])
    e.values.remove(value)
    e.alias &= len({number for _, number in e.values}) < len(e.values)
    return f"{e.name}.{value[0]} removed"


def rename_value(d, files, file):
    e = an_enum(d, file)
    index = d.r.randrange(len(e.values))
    name, number = e.values[index]
    front = name.rsplit("_", 1)[0]
    new = d.pick(n for n in (f"{front}_CHANGED", name.lower(), f"{front}__{name.rsplit('_', 1)[-1]}", "BARE")
                 if n not in dict(e.values) and n != name)
    e.values[index] = (new, number)
    return f"{e.name}.{name} is called {new}"


def renumber_value(d, files, file):
    e = an_enum(d, file)
    index = d.r.randrange(1, len(e.values))
    name, _ = e.values[index]
    e.values[index] = (name, 55)
    e.alias &= len({number for _, number in e.values}) < len(e.values)
    return f"{e.name}.{name} has number 55"


def alias_value(d, files, file):
    e = an_enum(d, file)
    e.alias = True
    name, number = d.pick(e.values)
    if d.r.randrange(2):
        e.values.append((f"{name}_TOO", number))
        return f"{e.name}.{name} has an alias"
    e.values.insert(e.values.index((name, number)), (f"{name}_TOO", number))
    return f"{e.name}.{name} has an alias in front"


def reorder_values(d, files, file):
    e = an_enum(d, file)
    before = list(e.values)
    d.r.shuffle(e.values)
    if e.values == before:
        raise Impossible
    return f"values of {e.name} in another order"


def close_enum(d, files, file):
    if file.syntax != "2023":
        raise Impossible
    e = an_enum(d, file)
    e.closed = True
    return f"{e.name} is closed"


def add_type(d, files, file):
    where = d.pick([file, *every(file.messages)])
    name = d.pick(["Extra", "Builder", "Kinds", "ItemOrBuilder", "StoreClient", "Choice", "Fresh"])
    if d.r.randrange(2):
        values = [("EXTRA_NONE", 0), ("EXTRA_ONE", 1)]
        where.enums.append(Enum(name, values))
    else:
        where.messages.append(d.message(file, name, [], nested=False))
    return f"{name} added in {where.name}"


def used(files, name, where=None):
    """The fields, extensions and methods that name a type: one of a file, or one inside a message."""
    if isinstance(where, Message):
        return [f for f in where.fields if f.kind == name]
    of = [f for file in files for m in every(file.messages) for f in m.fields if f.kind == name]
    of += [f for file in files for f in file.extensions if f.kind == name]
    return of + [r for file in files for _, methods in file.services for r in methods if name in (r.takes, r.gives)]


def remove_type(d, files, file):
    where = d.pick([file, *every(file.messages)])
    kind = d.pick(["messages", "enums"])
    gone = d.pick(t for t in getattr(where, kind) if not used(files, t.name, where) and t.name != "Open")
    if where is file and kind == "messages" and len(file.messages) == 1:
        raise Impossible
    getattr(where, kind).remove(gone)
    return f"{gone.name} removed from {where.name}"


def rename_type(d, files, file):
    where = d.pick([file, *every(file.messages)])
    kind = d.pick(["messages", "enums"])
    type_ = d.pick(t for t in getattr(where, kind) if t.name != "Open")
    old = type_.name
    new = d.pick([old + "s", old.lower(), "Changed"])
    type_.name = new
    for f in used(files, old, where):
        if isinstance(f, Method):
            f.takes, f.gives = (new if t == old else t for t in (f.takes, f.gives))
        else:
            f.kind = new
    return f"{old} in {where.name} is called {new}"


def move_type(d, files, file):
    if len(files) < 2:
        raise Impossible
    a, b = files
    if d.r.randrange(2):
        # What a imports can be there.
        e = d.pick(a.enums)
        a.enums.remove(e)
        b.enums.append(e)
        return f"{e.name} moved to {b.name}"
    if not any(path == b.name for path, _ in a.imports):
        raise Impossible
    message = d.pick(m for m in b.messages)
    if len(b.messages) < 2:
        b.messages.append(Message("Left"))
    b.messages.remove(message)
    a.messages.append(message)
    return f"{message.name} moved to {a.name}"


def service_of(d, file):
    if not file.services:
        raise Impossible
    return file.services[0]


def add_method(d, files, file):
    name, methods = service_of(d, file)
    new = d.pick(n for n in ("Fresh", "Get", "get_it", "New", "Watch") if n not in {r.name for r in methods})
    methods.append(Method(new, "Item", "Item", d.r.choice([(False, False), (True, True)])))
    return f"{name}.{new} added"


def remove_method(d, files, file):
    name, methods = service_of(d, file)
    gone = d.pick(methods)
    methods.remove(gone)
    return f"{name}.{gone.name} removed"


def change_method(d, files, file):
    name, methods = service_of(d, file)
    r = d.pick(methods)
    what = d.r.randrange(4)
    if what == 0:
        old, r.name = r.name, d.pick(["Other", r.name.lower() + "_it", r.name + "Now"])
        return f"{name}.{old} is called {r.name}"
    types = [m.name for m in file.messages]
    if what == 1:
        r.takes = d.pick(t for t in types if t != r.takes)
    elif what == 2:
        r.gives = d.pick(t for t in types if t != r.gives)
    else:
        r.streams = d.pick(s for s in [(False, False), (False, True), (True, False), (True, True)] if s != r.streams)
    return f"{name}.{r.name}: {['', 'request', 'response', 'streaming'][what]}"


def change_service(d, files, file):
    name, methods = service_of(d, file)
    if d.r.randrange(3) == 0:
        file.services.append(("Second", [Method("Get", "Item", "Item")]))
        return "Second added"
    if d.r.randrange(2):
        file.services[0] = ("Shop", methods)
        return f"service {name} is called Shop"
    file.services.pop(0)
    return f"service {name} removed"


def option_of_file(d, files, file):
    name, values = d.pick([
        ("java_multiple_files", ["true", "false"]),
        ("java_outer_classname", ['"Outer"', '"AProto"']),
        ("java_package", ['"com.other.c"']),
        ("optimize_for", ["CODE_SIZE", "SPEED"]),
        ("java_string_check_utf8", ["true"]),
        ("deprecated", ["true"]),
        ("cc_enable_arenas", ["true"]),
    ])
    value = d.pick(values)
    if name == "java_package":
        value = value.replace("c\"", file.package.replace(".", "_") + '"')
    if file.options.get(name) == value or name == "java_string_check_utf8" and file.syntax == "2023":
        raise Impossible
    file.options[name] = value
    return f"{file.name}: {name} = {value}"


def rename_file(d, files, file):
    old = file.name
    file.name = old.replace("/a.proto", "/renamed.proto").replace("/b.proto", "/side_b.proto")
    for other in files:
        other.imports = [(file.name if path == old else path, kind) for path, kind in other.imports]
    return f"{old} is called {file.name}"


def change_import(d, files, file):
    if len(files) < 2 or not files[0].imports:
        raise Impossible
    path, kind = files[0].imports[0]
    files[0].imports[0] = (path, "" if kind else "public ")
    return f"import of {path} is {'plain' if kind else 'public'} now"


def change_syntax(d, files, file):
    if file.syntax == "proto3":
        if any(f.label == "optional" for m in every(file.messages) for f in m.fields):
            raise Impossible
        file.syntax = "2023"
        if d.r.randrange(2):
            file.options["features.field_presence"] = "IMPLICIT"
    elif file.syntax == "proto2":
        if any(f.label == "required" or f.options for m in every(file.messages) for f in m.fields):
            raise Impossible
        file.syntax = "2023"
        for m in every(file.messages):
            for f in m.fields:
                f.label = f.label.replace("optional", "")
        for f in file.extensions:
            f.label = f.label.replace("optional", "")
        if d.r.randrange(2):
            file.options["features.enum_type"] = "CLOSED"
    else:
        raise Impossible
    return f"{file.name} is edition 2023"


def change_package(d, files, file):
    if len(files) > 1:
        raise Impossible
    file.package += "beta"
    return f"package {file.package}"


def extension(d, files, file):
    if not file.extensions:
        raise Impossible
    f = d.pick(file.extensions)
    what = d.r.randrange(4)
    if what == 0:
        if len(file.extensions) == 1:
            raise Impossible
        file.extensions.remove(f)
        return f"extension {f.name} removed"
    if what == 1:
        f.name += "_x"
        return f"extension is called {f.name}"
    if what == 2:
        f.kind = d.pick(k for k in SCALARS if k != f.kind)
        return f"extension {f.name} is {f.kind}"
    f.label = "optional" if f.label == "repeated" else "repeated"
    return f"extension {f.name} is {f.label}"


EDITS = [
    add_field, add_field, remove_field, rename_field, rename_field, retype_field, retype_field, retype_field,
    relabel_field, relabel_field, into_oneof, out_of_oneof, rename_oneof, renumber_field, option_of_field,
    option_of_field, reorder_fields, add_value, remove_value, rename_value, renumber_value, alias_value, alias_value,
    reorder_values, close_enum,
    add_type, remove_type, rename_type, move_type, add_method, remove_method, change_method, change_method,
    change_service, option_of_file, option_of_file, rename_file, change_import, change_syntax, change_package, extension,
]


def numbers_are_right(files):
    """Whether what protoc demands of the numbers and names of a drawn contract holds."""
    for file in files:
        for m in every(file.messages):
            names = [f.name for f in m.fields] + sorted({f.oneof for f in m.fields if f.oneof})
            numbers = [f.number for f in m.fields]
            inner = [t.name for t in m.enums + m.messages]
            values = [name for e in m.enums for name, _ in e.values]
            for group in (names + inner + values, numbers):
                if len(set(group)) < len(group):
                    return False
            json = [f.options.get("json_name", f.name).replace("_", "").replace('"', "").lower() for f in m.fields]
            if len(set(json)) < len(json):
                return False
        for e in file.enums + [e for m in every(file.messages) for e in m.enums]:
            spelled = [n.replace("_", "").lower().removeprefix(e.name.lower()) for n, _ in e.values]
            if len(set(spelled)) < len(spelled) or e.closed is None and e.values[0][1] != 0:
                return False
    top = [t.name for file in files for t in file.messages + file.enums]
    top += [name for file in files for e in file.enums for name, _ in e.values]
    top += [name for file in files for name, _ in file.services] + [f.name for file in files for f in file.extensions]
    return len(set(top)) == len(top)


def main():
    root, count, seed = pathlib.Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    edits = {}
    drawer = Drawer(seed)
    for side in ("old", "new"):
        (root / side).mkdir(parents=True, exist_ok=True)
        (root / side / "protopact.toml").write_text(CONFIG)
    for number in range(1, count + 1):
        case = f"c{number:04}"
        while True:
            old = drawer.files(f"{case}.v1")
            new = copy.deepcopy(old)
            said = []
            try:
                for _ in range(drawer.r.choice([1, 1, 1, 2])):
                    said.append(drawer.edit(new))
            except Impossible:
                continue
            if numbers_are_right(old) and numbers_are_right(new):
                break
        for side, files in (("old", old), ("new", new)):
            for file in files:
                path = root / side / "proto" / file.name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text(file))
        edits[case] = said
    (root / "edits.json").write_text(json.dumps(edits, indent=1) + "\n")


if __name__ == "__main__":
    main()
