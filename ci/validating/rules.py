"""What is tried of each type: a field, rules for it, and values of it in wire form.

A rule is its text, and the names of what it sets: two rules that set one thing do not go together."""

import itertools
import re
import struct

INTS = {
    "int32": ("varint", -(2**31), 2**31 - 1),
    "int64": ("varint", -(2**63), 2**63 - 1),
    "uint32": ("varint", 0, 2**32 - 1),
    "uint64": ("varint", 0, 2**64 - 1),
    "sint32": ("zigzag", -(2**31), 2**31 - 1),
    "sint64": ("zigzag", -(2**63), 2**63 - 1),
    "fixed32": ("<I", 0, 2**32 - 1),
    "fixed64": ("<Q", 0, 2**64 - 1),
    "sfixed32": ("<i", -(2**31), 2**31 - 1),
    "sfixed64": ("<q", -(2**63), 2**63 - 1),
}
SMALL, LARGE = (2**32, 2**64)


def varint(number):
    number %= LARGE
    out = bytearray()
    while True:
        out.append(number & 127 | (128 if number > 127 else 0))
        number >>= 7
        if not number:
            return bytes(out)


def tagged(number, wire, data):
    return varint(number << 3 | wire) + data


def blob(number, data):
    return tagged(number, 2, varint(len(data)) + data)


def integer(kind):
    form = INTS[kind][0]
    if form == "varint":
        return lambda field, n: tagged(field, 0, varint(n))
    if form == "zigzag":
        return lambda field, n: tagged(field, 0, varint(n * 2 if n >= 0 else -n * 2 - 1))
    return lambda field, n: tagged(field, 5 if struct.calcsize(form) == 4 else 1, struct.pack(form, n))


def floating(kind):
    form, wire = ("<f", 5) if kind == "float" else ("<d", 1)

    def encode(field, number):
        try:
            return tagged(field, wire, struct.pack(form, number))
        except OverflowError:
            return tagged(field, wire, struct.pack(form, float("inf")))

    return encode


def text(field, value):
    return blob(field, value.encode() if isinstance(value, str) else value)


def seconds(field, value):
    whole = int(value // 1)
    nanos = round((value - whole) * 1e9)
    return blob(field, tagged(1, 0, varint(whole)) + (tagged(2, 0, varint(nanos)) if nanos else b""))


def quoted(value):
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def cel(expression):
    return ("", f"cel: {{id: \"x\", message: \"m\", expression: {quoted(expression)}}}")


def rules(outer, *texts):
    """Rules of one message of rules; each sets what stands before its colon, and of `lt` and `lte` there is one."""
    one = {"lt": "less", "lte": "less", "lt_now": "less", "gt": "more", "gte": "more", "gt_now": "more"}

    def sets(text):
        names = re.findall(r"(?:^|, )(\w+):", text) if "{" not in text and "[" not in text else [text.split(":")[0]]
        return " ".join(one.get(name, name) for name in names)

    return [(sets(t), f"{outer}: {{{t}}}") for t in texts]


def within(outer, inner, own):
    """Rules of what is in a list or map."""
    parts = [(key, text) for key, text in own if key != "required"]
    return [(" ".join(f"{inner}.{k}" for k in key.split()), f"{outer}: {{{inner}: {{{text}}}}}") for key, text in parts]


COMMON = [("required", "required: true"), ("ignore", "ignore: IGNORE_IF_ZERO_VALUE"), ("ignore", "ignore: IGNORE_ALWAYS")]


def number_rules(kind, suffix=""):
    ordered = ["const: 5", "lt: 5", "lt: 10", "lte: 4", "gt: 0", "gt: 5", "gte: 1", "in: [1, 5, 9]", "in: [0, 5]", "not_in: [5]"]
    about = [f"this < 5{suffix}", f"this > 4{suffix} && this <= 10{suffix}", f"this in [1{suffix}, 5{suffix}]", f"this != 0{suffix}"]
    return rules(kind, *ordered) + [cel(e) for e in about] + COMMON


def families():
    """Each: its name, the declaration of the field, the rules, the values."""
    for kind, (_, low, high) in INTS.items():
        encode, suffix = integer(kind), "u" if kind in ("uint32", "uint64", "fixed32", "fixed64") else ""
        points = [n for n in [*range(-3, 13), 99, 100, low, low + 1, high - 1, high] if low <= n <= high]
        numbers = [b""] + [encode(1, n) for n in points if n]
        own = number_rules(kind, suffix)
        if kind == "int64":
            own += rules(kind, "gt: 10, lt: 2", "gte: 9007199254740993", "lte: -9223372036854775808")
            own += [cel(e) for e in ["this % 2 == 0", "this * 9223372036854775807 < 10", "10 / this > 1", "string(this).size() < 2",
                                     "this > 3 ? 'large' : ''", "this < 5 || this > 8", "!(this < 5)", "this > 1.5"]]
        if kind == "int32":
            own += [("", "int32: {[t.even]: true}"), ("", 'cel_expression: "this != 7"')]
            yield "optional int32", "optional int32 f = 1", own, [b""] + [encode(1, n) for n in points]
            yield "Int32Value", "google.protobuf.Int32Value f = 1", number_rules(kind), [b""] + [
                blob(1, encode(1, n) if n else b"") for n in points
            ]
            few = range(-1, 12)
            lists = [[], *[[n] for n in points], *(list(c) for n in (2, 3) for c in itertools.combinations_with_replacement(few, n))]
            lists += [*([n] * 4 for n in few), [1, 2, 3, 4], [6, 7, 8, 9], [9, 8, 7, 6], [-1, 0, 1, 2], [0, 1, 5, 9], [0, 1, 2, 3], [1, 1, 5, 9]]
            yield "repeated int32", "repeated int32 f = 1", within("repeated", "items", number_rules(kind)) + [
                ("min", "repeated: {min_items: 2}"),
                ("min", "repeated: {min_items: 1}"),
                ("max", "repeated: {max_items: 0}"),
                ("max", "repeated: {max_items: 2}"),
                ("max", "repeated: {max_items: 3}"),
                ("unique", "repeated: {unique: true}"),
                cel("this.all(x, x > 0)"),
                cel("this.size() < 3"),
                cel("this.exists(x, x == 5)"),
                cel("this.unique()"),
                *COMMON,
            ], [b"".join(encode(1, n) for n in values) for values in lists]
        yield kind, f"{kind} f = 1", own, numbers
    for kind in ("float", "double"):
        encode = floating(kind)
        points = [-1.5, -1.0, 0.5, 1.0, 1.5, 2.0, 4.0, 4.5, 4.999, 5.0, 5.001, 5.5, 9.0, 9.5, 10.0, 10.5, 1e30, -1e30, 1e-30]
        points += [float("inf"), float("-inf"), float("nan")]
        own = number_rules(kind, ".0") + rules(kind, "finite: true", "gt: 10, lt: 2", "lt: 1.5", "lte: 1.5")
        own += [cel(e) for e in ["!this.isNan()", "!this.isInf()", "!(this < 5.0)", "this * 2.0 > 3.0"]]
        yield kind, f"{kind} f = 1", own, [b""] + [encode(1, n) for n in points]
    flags = rules("bool", "const: true", "const: false") + [cel("this"), cel("!this"), *COMMON]
    yield "bool", "bool f = 1", flags, [b"", b"\x08\x01"]
    yield "optional bool", "optional bool f = 1", flags, [b"", b"\x08\x00", b"\x08\x01"]
    lists = [b"".join(tagged(1, 0, varint(n)) for n in values) for values in [[], [0], [1], [0, 1], [1, 1], [0, 0], [1, 0], [0, 1, 1], [1, 1, 1], [0, 0, 0]]]
    yield "repeated bool", "repeated bool f = 1", [
        ("unique", "repeated: {unique: true}"),
        *[("min", f"repeated: {{min_items: {n}}}") for n in (1, 3)],
        *[("max", f"repeated: {{max_items: {n}}}") for n in (0, 1, 2)],
        ("items", "repeated: {items: {bool: {const: true}}}"),
        cel("this.all(x, x)"),
        *COMMON,
    ], lists
    enums = rules("enum", "const: 1", "defined_only: true", "in: [0, 1]", "in: [1, 7]", "not_in: [1]", "not_in: [0]")
    enums += [cel("this != 1"), cel("this in [0, 1, 2]"), *COMMON]
    numbers = [n for n in (-1, 1, 2, 3, 7, 8, 2**31 - 1)]
    yield "enum", "Open f = 1", enums, [b""] + [integer("int32")(1, n) for n in numbers]
    yield from texts()
    yield from times()
    yield from others()


def long_texts():
    """Texts of every length up to eight that begin and end with something, and are filled with something else."""
    frames = itertools.product(["", "a", "ab"], ["a", "x", "1", "Z", "é", "🐎", "\0", "\n"], range(8), ["", "b", "ab"])
    return [before + filling * count + after for before, filling, count, after in frames]


def texts():
    words = ["a", "b", "ab", "abc", "abcd", "abcde", "abcdef", "aaaa", "ba", "xab", "abx", "x", "A", "ABC", "1", "12", "123", "1234", "12345"]
    words += ["é", "éé", "世", "🐎", "🐎🐎", "aé", "a\n", "\n", "\0", " ", "a b", "-", "a-b", "foo", "foobar", "barfoo", "quux", "a" * 36, "a" * 64]
    words += ["a@b.co", "example.com", "example.com.", "-a.b", "a.b.1", "1.2.3.4", "1.2.3", "01.2.3.4", "256.1.1.1", "10.0.0.0/8", "10.0.0.1/8"]
    words += ["10.0.0.0/33", "::1", "::", "1::2::3", "::1%eth0", "2001:db8::/32", "2001:db8::1/32", "::ffff:1.2.3.4", "https://example.com/a"]
    words += ["http://a", "mailto:a@b.co", "/a/b", "a/b", "?a=b", "#f", "a:b", ":", "http://[::1]/", "%zz", "123e4567-e89b-12d3-a456-426614174000"]
    words += ["123e4567e89b12d3a456426614174000", "01ARZ3NDEKTSV4RRFFQ69G5FAV", "81ARZ3NDEKTSV4RRFFQ69G5FAV", "pay.v1.Charge", ".pay.v1.Charge"]
    words += ["pay..v1", "a1.b_2", "example.com:80", "example.com:080", "1.2.3.4:80", "[::1]:80", "a:99999", "Content-Type", ":path", "a\tb", "\u212a"]
    words += long_texts()
    formats = "email hostname ip ipv4 ipv6 uri uri_ref address uuid tuuid ulid ip_with_prefixlen ipv4_with_prefixlen ipv6_with_prefixlen"
    formats += " ip_prefix ipv4_prefix ipv6_prefix host_and_port protobuf_fqn protobuf_dot_fqn"
    own = rules("string", 'const: "abc"', "len: 3", "min_len: 2", "min_len: 1", "max_len: 3", "max_len: 5", "len_bytes: 4", "min_bytes: 3")
    own += rules("string", "max_bytes: 4", 'prefix: "a"', 'prefix: "ab"', 'suffix: "b"', 'contains: "ab"', 'not_contains: "x"')
    own += rules("string", 'in: ["abc", "12"]', 'in: ["", "a"]', 'not_in: ["abc"]')
    for pattern in [r"^[a-z]{3,5}$", r"^[a-z]+$", r"^\d+$", r"^\w*$", r"^.*$", r"^$", r"(?i)^abc$", r"\bb", r"^[[:alpha:]]\S?$", r"^[^\d]+$", "a|b"]:
        own += [("pattern", f"string: {{pattern: {quoted(pattern)}}}")]
    own += [("format", f"string: {{{name}: true}}") for name in formats.split()]
    own += [("format", f"string: {{well_known_regex: KNOWN_REGEX_HTTP_HEADER_{w}}}") for w in ("NAME", "VALUE")]
    own += [cel(e) for e in ["this.size() < 4", "this.startsWith('a')", "this != 'abc'", "this.matches('^[a-z]*$')", "this.isEmail()",
                             "this == '' || this.size() > 2", "this.contains('b') ? 'no b' : ''", "this < 'b'", "this.lowerAscii() == this"]]
    yield "string", "string f = 1", own + COMMON, [b""] + [text(1, w) for w in words]
    few = own[:2] + own[2:6] + own[9:13] + own[17:20] + own[29:32] + own[-9:-6]
    yield "optional string", "optional string f = 1", few + COMMON, [b""] + [text(1, w) for w in ["", *words]]
    yield "StringValue", "google.protobuf.StringValue f = 1", few + COMMON, [b""] + [
        blob(1, text(1, w) if w else b"") for w in ["", *words]
    ]
    short = words[: -len(long_texts())]
    lists = [[w] for w in ["", *words]] + [[w] * n for w in ["", *short] for n in (2, 3)] + [["", "a"], ["a", ""], ["a", "a"], ["a", "b"], ["abc", "12"], ["a", "b", "abc"], ["abc", "abc"], ["x", "abc"], ["abcd", "1234"]]
    yield "repeated string", "repeated string f = 1", within("repeated", "items", few) + [
        ("min", "repeated: {min_items: 2}"),
        ("max", "repeated: {max_items: 0}"),
        ("max", "repeated: {max_items: 1}"),
        ("unique", "repeated: {unique: true}"),
        cel("this.all(x, x != '')"),
        cel("this.exists(x, x.startsWith('a'))"),
        *COMMON,
    ], [b""] + [b"".join(text(1, w) for w in ws) for ws in lists]
    pairs = [{}] + [{w: n} for w in ["", "a", "b", "abc", "abcd", "12", "abcdef", "x", "xxx", "aa", "aaaaaa", "é"] for n in (0, 1, 5, 9, 10, 11, -1)]
    pairs += [{"a": n, "b": m} for n in (0, 1, 5, 9) for m in (0, 1, 6)] + [{"abc": n, "12": n, "a": n} for n in (0, 1, 5, 9)]
    pairs += [{"abc": n, "abd": m} for n in (0, 1, 5) for m in (0, 1, 9)] + [{long: n, "x": 1} for long in ("abcd", "abcdef", "aaab") for n in (0, 1, 5)]
    pairs += [{"a": n, "b": 1} for n in (10, -1)] + [{"abc": n, "12": n} for n in (0, 1, 5, 9)] + [{"": n, "a": n} for n in (0, 1, 5)]
    pairs += [{"a": 1, "b": 2}, {"abc": 5, "12": 1}, {"a": 1, "b": 2, "c": 3}, {"abc": 0, "12": 5}, {"a": 6, "abc": 7}]
    keyed, valued = within("map", "keys", few[:8]), within("map", "values", number_rules("int32")[:12])
    number = integer("int32")
    yield "map<string, int32>", "map<string, int32> f = 1", keyed + valued + [
        ("min", "map: {min_pairs: 2}"),
        ("max", "map: {max_pairs: 0}"),
        ("max", "map: {max_pairs: 1}"),
        cel("this.size() < 2"),
        cel("this.all(k, k != 'a')"),
        cel("!('a' in this)"),
        *COMMON,
    ], [b"".join(blob(1, text(1, w) + number(2, n)) for w, n in pair.items()) for pair in pairs]
    bytes_of = [prefix + filling * count + suffix for prefix in (b"", b"a") for filling in (b"a", b"x", b"\0") for count in range(5) for suffix in (b"", b"b", b"abc")]
    bytes_of += [b"a", b"ab", b"abc", b"\x00", b"\xff", b"a\xff", b"abcd", b"abcde", bytes(4), bytes(16), b"xx", "é".encode(), b"ba"]
    own = rules("bytes", 'const: "abc"', "len: 3", "min_len: 2", "max_len: 3", 'prefix: "a"', 'suffix: "b"', 'contains: "b"', 'in: ["abc", "a"]')
    own += rules("bytes", 'not_in: ["abc"]', 'pattern: "^[a-z]*$"') + [("format", f"bytes: {{{n}: true}}") for n in "ip ipv4 ipv6 uuid".split()]
    own += [cel("this.size() < 4"), cel("this != b'abc'")]
    yield "bytes", "bytes f = 1", own + COMMON, [b""] + [text(1, w) for w in bytes_of]


def times():
    points = [0, 0.5, 1, 1.5, 2, 5, -1, 10, 3600, 1e9, -1e9, 2e11, 4e9, 1e10]
    limits = [f"{{seconds: {n}}}" for n in (0, 1, 5)]
    ordered = [f"{rule}: {limit}" for rule in ("lt", "lte", "gt", "gte") for limit in limits]
    own = ["const: {seconds: 5}", *ordered, "in: [{seconds: 1}, {seconds: 5}]", "not_in: [{seconds: 5}]"]
    expressions = ["this < duration('5s')", "this > duration('1s')"]
    yield "Duration", "google.protobuf.Duration f = 1", rules("duration", *own) + [cel(e) for e in expressions] + COMMON, [b""] + [
        seconds(1, n) for n in points
    ]
    own = ["const: {seconds: 5}", *ordered, "lt_now: true", "gt_now: true", "within: {seconds: 3600}", "within: {seconds: 7200}"]
    expressions = ["this < timestamp('2020-01-01T00:00:00Z')", "this.getFullYear() > 1970"]
    yield "Timestamp", "google.protobuf.Timestamp f = 1", rules("timestamp", *own) + [cel(e) for e in expressions] + COMMON, [b""] + [
        seconds(1, n) for n in points
    ]


def others():
    any_rules = rules("any", 'in: ["a.b/c"]', 'in: ["a.b/c", "a.b/d"]', 'not_in: ["a.b/c"]') + COMMON
    yield "Any", "google.protobuf.Any f = 1", any_rules, [b""] + [blob(1, text(1, u) if u else b"") for u in ["", "a.b/c", "a.b/d", "x"]]
    masks = rules("field_mask", 'const: {paths: ["a"]}', 'in: ["a", "b"]', 'not_in: ["a"]') + COMMON
    yield "FieldMask", "google.protobuf.FieldMask f = 1", masks, [b""] + [
        blob(1, b"".join(text(1, p) for p in paths)) for paths in [[], ["a"], ["b"], ["a", "b"], ["c"], ["a.c"]]
    ]
    yield "message", "Inner f = 1", [*COMMON, cel("this.n > 2"), cel("has(this.n)")], [b"", blob(1, b""), blob(1, b"\x08\x01"), blob(1, b"\x08\x05")]


def whole(expression):
    return ("", f"option (buf.validate.message).cel = {{id: \"x\", message: \"m\", expression: {quoted(expression)}}};", "")


def messages():
    """Rules of a message as a whole beside those of its fields: text before the fields, or of one of them."""
    number = integer("int32")
    fields = {"a": "int32 a = 1", "b": "optional int32 b = 2", "c": "string c = 3"}
    about = ["this.a < this.b", "has(this.b)", "!has(this.b) || this.b > 2", "this.a > 0 ? '' : 'no'", "this.c != '' || this.a == 5",
             "this.a + this.b < 10", "size(this.c) <= this.a", "this.c.startsWith('a')"]
    own = [whole(e) for e in about]
    own += [("", f"option (buf.validate.message).oneof = {{fields: [{f}]{r}}};", "") for f in ('"a", "b"', '"a", "b", "c"') for r in ("", ", required: true")]
    own += [("a.more", "int32: {gt: 0}", "a"), ("a.less", "int32: {lt: 5}", "a"), ("b.required", "required: true", "b"), ("b.const", "int32: {const: 3}", "b")]
    own += [("c.min", "string: {min_len: 1}", "c"), ("c.in", 'string: {in: ["a", "abc"]}', "c"), ("a.required", "required: true", "a")]
    values = [
        (number(1, a) if a else b"") + (number(2, b) if b is not None else b"") + (text(3, c) if c else b"")
        for a in (0, 1, 2, 5, -1, 9, 10)
        for b in (None, 0, 1, 3, 5, 9)
        for c in ("", "a", "aa", "abc", "x")
    ]
    yield "messages", fields, "", own, values
    fields = {"a": "int32 a = 1", "b": "string b = 2"}
    own = [("o", "option (buf.validate.oneof).required = true;", "o"), ("a.required", "required: true", "a"), ("b.required", "required: true", "b")]
    own += [("a.more", "int32: {gt: 0}", "a"), whole("has(this.a)"), whole("has(this.a) || has(this.b)"), whole("this.a > 0 || this.b != ''")]
    yield "oneof", fields, "o", own, [b""] + [number(1, n) for n in (0, 1, 5)] + [text(2, t) for t in ("", "a")]
