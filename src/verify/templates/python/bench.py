"""Times what is done with messages: docs/bench.md of protopact says what is timed, and how."""

import gc
import itertools
import keyword
import queue
import time
from concurrent import futures

import driver
from google.protobuf.message import Message

# What is timed, `n` times: everything that it names is local.
LOOP = """
def run(n):
    begun = clock()
    for _ in repeat(None, n):
        {statement}
    return clock() - begun
"""


# Numbers that are no literals.
NO_LITERALS = ("nan", "inf", "-inf")


def code(value, names):
    """The expression that makes a message; None where a field of it has no name."""
    kind = type(value)
    name = names.setdefault(kind, f"T{len(names)}")
    words, others = [], []
    for field, held in value.ListFields():
        if field.is_extension:
            return None
        entry = field.message_type if field.message_type and field.message_type.GetOptions().map_entry else None

        def one(of, message):
            text = code(of, names) if message else repr(of)
            return None if text in NO_LITERALS else text

        if entry:
            message = entry.fields_by_name["value"].message_type is not None
            parts = [(repr(key), one(held[key], message)) for key in held]
            if any(part is None for _, part in parts):
                return None
            text = "{" + ", ".join(f"{key}: {part}" for key, part in parts) + "}"
        elif isinstance(held, (str, bytes, int, float, Message)):
            text = one(held, isinstance(held, Message))
        else:
            parts = [one(part, field.message_type is not None) for part in held]
            text = None if None in parts else "[" + ", ".join(parts) + "]"
        if text is None:
            return None
        if field.name.isidentifier() and not keyword.iskeyword(field.name):
            words.append(f"{field.name}={text}")
        else:
            others.append(f"{field.name!r}: {text}")
    if others:
        words.append("**{" + ", ".join(others) + "}")
    return f"{name}({', '.join(words)})"


def loop(statement, **local):
    """A function that does something so often, and says how long it took in nanoseconds."""
    text = LOOP.format(statement=statement)
    names = ", ".join(["clock", "repeat", *local])
    # In a function around it, so that names are looked up as those of a function are.
    indented = text.replace("\n", "\n    ")
    scope = {}
    exec(f"def outer({names}):{indented}\n    return run\n", scope)
    return scope["outer"](time.perf_counter_ns, itertools.repeat, **local)


def measure(run, request):
    """Runs a loop until it is warm and a batch takes as long as asked for, then as many batches as asked for."""
    warmup, batch = request["warmup"], request["batch"]
    gc.collect()
    times, spent = 1, 0
    while True:
        took = run(times)
        spent += took
        if took >= batch and spent >= warmup:
            times = max(1, times * batch // took)
            break
        if took < batch:
            times *= 2
    taken = [run(times) for _ in range(request["batches"])]
    # The memory of messages is not Python's, and nothing counts it.
    return {"times": times, "ns": taken, "allocations": None, "bytes": None}


def bench(request):
    answer = {"id": request["id"], "ok": False}
    try:
        kind = driver.message(request["message"])
        raw = bytes.fromhex(request["hex"])
        value = kind.FromString(raw)
        names = {}
        text = code(value, names) if len(raw) <= 1 << 16 else None
        loops = {}
        if text is not None:
            local = {name: of for of, name in names.items()}
            value = eval(text, dict(local))
            answer["built"] = value.SerializeToString().hex()
            loops["build"] = loop(text, **local)
        loops["serialise"] = loop("value.SerializeToString()", value=value)
        loops["parse"] = loop("parse(raw)", parse=kind.FromString, raw=raw)
        loops["copy"] = loop("kind().CopyFrom(value)", kind=kind, value=value)
        wanted = [op for op in request["ops"] if op in loops]
        answer["timings"] = {op: measure(loops[op], request) for op in wanted}
        answer["ok"] = True
    except Exception as error:  # whatever the runtime has against it is the answer
        answer["error"] = f"{type(error).__name__}: {error}"
    return answer


def load(request):
    """Calls one after the other, each timed, and then several at once, all counted."""
    answer = {"id": request["id"], "ok": False}
    try:
        descriptor = driver.method(request["method"])
        value = driver.message(descriptor.input_type.full_name).FromString(bytes.fromhex(request["hex"]))
        ask = driver.stub_method(request["method"], driver.channel(request))
        one = caller(descriptor, ask, value)
        clock = time.perf_counter_ns
        begun = clock()
        while clock() - begun < request["warmup"]:
            one()
        latencies, begun = [], clock()
        while clock() - begun < request["time"]:
            start = clock()
            one()
            latencies.append(clock() - start)
        wrong, begun = [], clock()

        def client():
            count = 0
            try:
                while clock() - begun < request["time"]:
                    one()
                    count += 1
            except Exception as error:
                wrong.append(error)
            return count

        with futures.ThreadPoolExecutor(request["clients"]) as pool:
            counts = [pool.submit(client) for _ in range(request["clients"])]
            answer["calls"] = sum(count.result() for count in counts)
        answer["elapsed"] = clock() - begun
        if wrong:
            raise wrong[0]
        answer["latencies"] = latencies
        answer["ok"] = True
    except Exception as error:  # whatever the runtime has against it is the answer
        answer["error"] = f"{type(error).__name__}: {error}"
    return answer


def caller(descriptor, ask, value):
    """What makes one call to its end."""
    metadata = ((driver.PREFIX + "bare", "1"),)
    if not descriptor.client_streaming and not descriptor.server_streaming:
        return lambda: ask(value, metadata=metadata)
    if not descriptor.client_streaming:
        return lambda: [None for _ in ask(value, metadata=metadata)]
    if not descriptor.server_streaming:
        return lambda: ask(itertools.repeat(value, driver.REPLIES), metadata=metadata)

    def turns():
        # The next request goes when the answer to the one before is here.
        turn = queue.SimpleQueue()
        turn.put(value)
        sent = 1
        for _ in ask(iter(turn.get, None), metadata=metadata):
            turn.put(value if sent < driver.REPLIES else None)
            sent += 1

    return turns


driver.OPS["bench"] = bench
driver.OPS["load"] = load

if __name__ == "__main__":
    driver.main()
