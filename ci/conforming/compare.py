"""Lays what runtimes fail of the official suite beside what their models fail: ci/conformance --runtimes, which see.

compare.py RESULTS LIST [hold|table DOC]

RESULTS has a folder for each runtime that was asked, with `reader.log` and `runtime.log`, what the runner said of the model
and of the runtime, and `libraries`, what the runtime was built with. LIST is the list of differences that stand. With DOC
the table there is held against what came out, or written.
"""

import fnmatch
import re
import sys
from pathlib import Path

BEGIN, END = "<!-- begin: official suite -->\n", "<!-- end: official suite -->\n"


def entries(path):
    """The lines of the list: the globs of runtimes, the glob of tests, and the reason above them."""
    reason, found = None, []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        if not line.startswith(" "):
            reason = line
            continue
        words = line.split()
        if reason is None or len(words) != 2:
            sys.exit(f"{path}:{number}: a line of RUNTIMES and TESTS stands indented below its reason")
        found.append((words[0].split(","), words[1], f"{path}:{number}: {line.strip()}"))
    return found


def failed(log):
    """How many tests were asked, and which of them failed."""
    text = log.read_text(errors="replace")
    told = re.findall(r"^CONFORMANCE SUITE \w+: (\d+) successes, \d+ skipped, 0 expected failures, (\d+) unexpected", text, re.M)
    if not told or int(told[0][0]) < 1000:
        sys.exit(f"{log}: the runner did not come to an end, or asked for nothing\n" + "\n".join(text.splitlines()[-20:]))
    names = set(re.findall(r"^  ((?:Required|Recommended)\.\S+)", text, re.M))
    asked, unexpected = sum(map(int, told[0])), sum(int(wrong) for _, wrong in told)
    if len(names) != unexpected:
        sys.exit(f"{log}: the runner counts {unexpected} failures and names {len(names)}")
    return asked, names


def compare(folder, listed, wrong):
    """One runtime; a line of the table."""
    name = folder.name
    asked, real = failed(folder / "runtime.log")
    asked_of_model, model = failed(folder / "reader.log")
    if asked != asked_of_model:
        wrong.append(f"{name}: the runtime was asked {asked} tests, and its model {asked_of_model}")
    open_ = real ^ model
    for runtimes, tests, line in listed:
        if any(fnmatch.fnmatchcase(name, glob) for glob in runtimes):
            hit = {test for test in real ^ model if fnmatch.fnmatchcase(test, tests)}
            if not hit:
                wrong.append(f"{name}: runtime and model are at one about all of `{tests}`: {line}")
            open_ -= hit
    for test in sorted(open_):
        wrong.append(f"{name}: only the {'runtime' if test in real else 'model'} fails {test}")
    # A release says itself what it is.
    title = f"`{name}`" if "=" in name else f"`{name}` ({(folder / 'libraries').read_text().strip()})"
    print(f"{name}: {asked} tests; fails {len(real)}, its model {len(model)}, {len(real & model)} of them alike")
    both, alone, foreseen = len(real & model), len(real - model), len(model - real)
    return name, f"| {title} | {asked} | {len(real)} | {both} | {alone} | {foreseen} |\n"


def main():
    results, listed = Path(sys.argv[1]), entries(Path(sys.argv[2]))
    wrong, lines = [], []
    for name in (results / "asked").read_text().split():
        lines.append(compare(results / name, listed, wrong))
    if wrong:
        sys.exit("\n".join(wrong))
    table = (
        "| runtime | tests | fails | as its model | otherwise, and listed | only its model, and listed |\n"
        "| --- | --- | --- | --- | --- | --- |\n"
    ) + "".join(line for _, line in lines)
    if len(sys.argv) < 5:
        return
    how, doc = sys.argv[3], Path(sys.argv[4])
    text = doc.read_text()
    before, rest = text.split(BEGIN)
    now, after = rest.split(END)
    if how == "table":
        doc.write_text(before + BEGIN + table + END + after)
    elif now != table:
        sys.exit(f"{doc} has another table: `ci/conformance --runtimes --table` writes it\n{table}")


main()
