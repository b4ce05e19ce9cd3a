"""Holds the lens `validation` to protovalidate: `pairs.py FOLDER PROTO LANGUAGE=COMMAND… [-- FAMILY…]`.

Every pair of rules of one type makes three changes: one takes the other's place, or joins it, either way round; and every
rule comes and goes. The runtimes say which of the values each state of the field lets through. What the lens calls ok
may let nothing through that is refused after the change, and of what it calls a rejection there has to be a value."""

import collections
import concurrent.futures
import itertools
import json
import os
import pathlib
import subprocess
import sys

import rules

HEAD = """syntax = "proto3";
package t;
import "buf/validate/validate.proto";
import "google/protobuf/any.proto";
import "google/protobuf/duration.proto";
import "google/protobuf/field_mask.proto";
import "google/protobuf/timestamp.proto";
import "google/protobuf/wrappers.proto";
import "t/more.proto";
"""
MORE = """syntax = "proto2";
package t;
import "buf/validate/validate.proto";
extend buf.validate.Int32Rules {
  optional bool even = 1001 [(buf.validate.predefined).cel = {id: "even", message: "odd", expression: "this % 2 == 0"}];
}
"""
TYPES = """enum Open { NONE = 0; ONE = 1; TWO = 2; SEVEN = 7; }
message Inner { int32 n = 1; }
"""


class Family:
    """The states of one field or message, each a list of rules, and what the runtimes say of them."""

    def __init__(self, name, own, values, body):
        self.name, self.own, self.body = name, own, body
        self.values = list(dict.fromkeys(values))
        self.states = [()]
        self.moves = []
        self.said = {}
        known = {(): 0}

        def state(*chosen):
            if chosen not in known:
                known[chosen] = len(self.states)
                self.states.append(chosen)
            return known[chosen]

        for one in range(len(own)):
            self.moves.append((0, state(one)))
        for one, other in itertools.combinations(range(len(own)), 2):
            self.moves.append((state(one), state(other)))
            if not set(own[one][0].split()) & set(own[other][0].split()):
                both = state(one, other)
                self.moves += [(state(one), both), (state(other), both)]

    def text(self, state, name):
        return self.body([self.own[rule] for rule in self.states[state]], name)

    def show(self, state):
        return " and ".join(self.own[rule][1] for rule in self.states[state]) or "nothing"


def field_body(declaration):
    def body(chosen, name):
        options = ", ".join(f"(buf.validate.field) = {{{text}}}" for _, text in merged(chosen))
        return f"message {name} {{ {declaration}{f' [{options}]' if options else ''}; }}\n"

    return body


def merged(chosen):
    """Rules of one field are one option: parts of one message stand in one text."""
    return [("", ", ".join(join([text for _, text, *_ in chosen])))] if chosen else []


def join(texts):
    """Texts of messages, put together: `int32: {gt: 1}` and `int32: {lt: 3}` are `int32: {gt: 1, lt: 3}`."""
    parts = collections.OrderedDict()
    for text in texts:
        key, _, value = text.partition(": ")
        if value.startswith("{") and key not in ("cel", "const", "lt", "lte", "gt", "gte", "within"):
            parts.setdefault(key, []).extend(split(value[1:-1]))
        else:
            parts.setdefault(f"{key} {len(parts)}", []).append(text)
    return [f"{key}: {{{', '.join(join(inner))}}}" if " " not in key else inner[0] for key, inner in parts.items()]


def split(text):
    """At the commas that are in no brackets and no quotes."""
    out, deep, quote, last = [], 0, False, ""
    for at, c in enumerate(text):
        if quote:
            quote = not (c == '"' and text[at - 1] != "\\")
        elif c == '"':
            quote = True
        deep += 0 if quote else (c in "{[") - (c in "]}")
        if c == "," and not deep and not quote:
            out.append(last.strip())
            last = ""
        else:
            last += c
    return [*out, last.strip()]


def message_body(fields, oneof):
    def body(chosen, name):
        out = "".join(text for _, text, where in chosen if not where)
        inner = "".join(text for _, text, where in chosen if where == oneof and oneof)
        for field, declaration in fields.items():
            own = [(key, text) for key, text, where in chosen if where == field]
            options = "".join(f" [(buf.validate.field) = {{{text}}}]" for _, text in merged(own))
            inner += f"{declaration}{options}; "
        return f"message {name} {{ {out}{f'oneof {oneof} {{ {inner} }}' if oneof else inner} }}\n"

    return body


def write(folder, proto, texts):
    """A contract of these messages, all of them in one request."""
    for name, text in {"buf/validate/validate.proto": proto.read_text(), "t/more.proto": MORE}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    held = "".join(f"{name} m{at + 1} = {at + 1 if at < 18999 else at + 1002}; " for at, name in enumerate(texts))
    all_of = f"message All {{ {held} }}\nservice S {{ rpc Call(All) returns (All); }}\n"
    (folder / "t/a.proto").write_text(HEAD + TYPES + "".join(texts.values()) + all_of)


def run(command, **more):
    done = subprocess.run(command, capture_output=True, text=True, **more)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout[-2000:]}{done.stderr[-4000:]}")
    return done.stdout


def asked(families, folder, proto, protopact, programs):
    """What each program says of each state."""
    texts = {f"S{at}x{state}": family.text(state, f"S{at}x{state}") for at, family in enumerate(families) for state in range(len(family.states))}
    write(folder / "states", proto, texts)
    run([protopact, "build", folder / "states", "-o", folder / "states.binpb"])
    with open(folder / "cases", "w") as cases:
        for at, family in enumerate(families):
            values = " ".join(value.hex() or "-" for value in family.values)
            cases.writelines(f"t.S{at}x{state} {values}\n" for state in range(len(family.states)))
    with concurrent.futures.ThreadPoolExecutor() as pool:
        answers = dict(zip(programs, pool.map(lambda p: run([*p.split(), folder / "states.binpb", folder / "cases"]), programs.values())))
    errors = collections.Counter()
    for language, answer in answers.items():
        for line in answer.splitlines():
            name, letters, *why = line.split(" ", 2)
            at, state = map(int, name.removeprefix("t.S").split("x"))
            families[at].said[language, state] = letters
            if why and why[0]:
                errors[language] += 1
                print(f"note: {language}: {families[at].name}: {families[at].show(state)}: {why[0][:200]}", file=sys.stderr)
    return errors


def judged(families, folder, proto, protopact):
    """What the lens says of each move, as the worst of both directions' cells."""
    moves = [(at, move) for at, family in enumerate(families) for move in family.moves]
    for side in (0, 1):
        texts = {f"P{n}": families[at].text(move[side], f"P{n}") for n, (at, move) in enumerate(moves)}
        write(folder / ("old", "new")[side], proto, texts)
    report = json.loads(run([protopact, "diff", folder / "old", folder / "new", "--format", "json"]))
    order = ["ok", "unknown", "rejects"]
    said = [[("ok", ""), ("ok", "")] for _ in moves]
    for change in report["changes"]:
        name = change["symbol"].split(".")[1]
        if not name.startswith("P"):
            continue
        for way, direction in enumerate(("backward", "forward")):
            cell = change["verdict"]["validation"][direction]
            worst = said[int(name[1:])]
            worst[way] = max(worst[way], (cell["effect"], cell.get("reason", "")), key=lambda c: order.index(c[0]))
    return zip(moves, said)


def main():
    folder, proto = map(pathlib.Path, sys.argv[1:3])
    programs = dict(word.split("=", 1) for word in sys.argv[3:] if "=" in word)
    only = [word for word in sys.argv[3:] if "=" not in word]
    protopact = os.environ["PROTOPACT"]
    families = [Family(name, own, values, field_body(declaration)) for name, declaration, own, values in rules.families()]
    families += [Family(name, own, values, message_body(fields, oneof)) for name, fields, oneof, own, values in rules.messages()]
    families = [family for family in families if not only or family.name in only]
    asked(families, folder, proto, protopact, programs)
    counts, wrong, reasons = collections.defaultdict(collections.Counter), [], collections.Counter()
    before = collections.defaultdict(collections.Counter)
    if earlier := os.environ.get("PROTOPACT_BEFORE"):
        for (at, _), said in judged(families, folder, proto, earlier):
            before[families[at].name].update(effect for effect, _ in said)
    for (at, move), said in judged(families, folder, proto, protopact):
        family = families[at]
        for (old, new), (effect, reason) in zip([move, move[::-1]], said):
            counts[family.name][effect] += 1
            if effect == "unknown":
                reasons[reason.split(":")[0].split("`")[0]] += 1
            against = []
            for language in programs:
                letters = zip(family.values, family.said[language, old], family.said[language, new])
                lost = [(value.hex() or "-", after) for value, before, after in letters if before == "y" and after != "y"]
                told = [value for value, after in lost if after == "n"]
                if (effect == "ok" and lost) or (effect == "rejects" and not told):
                    against.append(f"{language}: {' '.join(value for value, _ in lost[:4]) or 'nothing of what was tried'}")
            if against:
                what = f"{family.name}: {family.show(old)} -> {family.show(new)}: {effect}: {reason}"
                wrong.append((what, "; ".join(against)))
    differ = []
    for family in families:
        for state in range(len(family.states)):
            said = zip(*[family.said[language, state] for language in programs])
            odd = [(value.hex() or "-", letters) for value, letters in zip(family.values, said) if len(set(letters)) > 1]
            if odd:
                first, letters = odd[0]
                answers = " ".join(f"{language}={letter}" for language, letter in zip(programs, letters))
                differ.append(f"{family.name}: {family.show(state)}: of {len(odd)} values, such as {first}: {answers}")
    if before:
        table("before", before)
    table("now", counts)
    show(counts, wrong, differ, reasons, programs)
    sys.exit(1 if wrong else 0)


def table(title, counts):
    effects = ("ok", "rejects", "unknown")
    total = collections.Counter()
    print(f"{title:20}" + "".join(f"{effect:>9}" for effect in effects))
    for count in counts.values():
        total.update(count)
    for name, count in [*counts.items(), ("all", total)]:
        print(f"{name:20}" + "".join(f"{count[effect]:9}" for effect in effects))


def show(counts, wrong, differ, reasons, programs):
    total = sum(sum(count.values()) for count in counts.values())
    for reason, count in reasons.most_common(8):
        print(f"  unknown, {count}: {reason}")
    listed(f"the runtimes differ: {len(differ)}", differ)
    listed(f"values of the runtimes against the lens: {len(wrong)}", [f"{what}\n    {value}" for what, value in wrong])
    print(f"{total} changes of rules, beside protovalidate for {', '.join(programs)}: {len(wrong)} wrong")


def listed(title, lines):
    most = int(os.environ.get("PROTOPACT_LISTED", "20"))
    if lines:
        print(title)
        for line in lines[:most]:
            print(f"  {line}")
        if len(lines) > most:
            print(f"  and {len(lines) - most} more, which PROTOPACT_LISTED={len(lines)} shows")


if __name__ == "__main__":
    main()
