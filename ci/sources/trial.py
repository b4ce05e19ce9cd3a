"""Draws edits, asks the lenses `source.*` what they do to code on the old packages, and asks the languages' own tools.

`python3 trial.py FOLDER COUNT SEED LANG=COMMAND…`: each command is given the folders of an old and a new package and
prints, a JSON line a case, what its tools say of code on the old one: `plain` and `strict`, null or the first error,
and `peer`, what a tool for comparing interfaces says does not go on. PROTOPACT is the program that is asked.
"""

import collections
import concurrent.futures
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys

import edits

CASE = re.compile(r"\bc\d{4}\b")
WORST = ["ok", "unknown", "lossy", "corrupt", "rejects"]


def protopact(*args):
    return subprocess.run([os.environ["PROTOPACT"], *map(str, args)], capture_output=True, text=True, check=False)


def verdicts(root, cases):
    """Of each case and language the worst effect, with its reasons and what it breaks. Each is asked about alone: what is
    gone in one and what is new in another would be taken for one thing with two names."""

    def ask_about(case):
        alone = root / "alone" / case
        for side in ("old", "new"):
            shutil.copytree(root / side / "proto" / case, alone / side / case)
        said = protopact("diff", alone / "old", alone / "new", "--format", "json", "--quiet")
        if said.returncode:
            sys.exit(f"protopact diff: {said.stderr}")
        return case, json.loads(said.stdout)["changes"]

    worst = collections.defaultdict(lambda: ("ok", [], set()))
    with concurrent.futures.ThreadPoolExecutor() as pool:
        for case, changes in pool.map(ask_about, cases):
            for change in changes:
                for language, verdict in change["verdict"]["source"].items():
                    effect, reasons, breaks = worst[case, language]
                    reason = f"{change['change']}: {verdict['effect']}: {verdict.get('reason', '')}"
                    worst[case, language] = (
                        max(effect, verdict["effect"], key=WORST.index),
                        [*reasons, reason],
                        breaks | set(verdict.get("stages", [])),
                    )
    return worst


def generate(root, language):
    """Makes both packages; cases that are refused are taken away, and those that the new side is refused are told."""
    refused = {}
    while True:
        again = False
        for side in ("old", "new"):
            here = root / language / side
            said = protopact("-C", here, "generate", "--lang", language, "--as", "1.0.0", "--quiet")
            if said.returncode == 0:
                continue
            found = set(CASE.findall(said.stderr))
            if not found:
                sys.exit(f"protopact generate: {said.stderr}")
            for case in found:
                if side == "new":
                    refused[case] = next(line for line in said.stderr.splitlines() if case in line)
                for both in ("old", "new"):
                    shutil.rmtree(root / language / both / "proto" / case)
            again = True
        if not again:
            return refused


def ask(root, language, command):
    for side in ("old", "new"):
        shutil.copytree(root / side, root / language / side)
    refused = generate(root, language)
    folders = [root / language / side / "sdk" / language for side in ("old", "new")]
    with (root / language / "log").open("w") as log:
        done = subprocess.run([*shlex.split(command), *folders], stdout=subprocess.PIPE, stderr=log, text=True, check=False)
    if done.returncode:
        sys.exit(f"{command}: {(root / language / 'log').read_text()[-4000:]}")
    answers = {}
    for line in done.stdout.splitlines():
        answer = json.loads(line)
        answers[answer["case"]] = answer
    for case, line in refused.items():
        answers[case] = {"case": case, "plain": f"refused: {line}", "strict": "refused", "peer": None}
    return answers


def at_run_time(language, said):
    """Whether only a run would show it: what an extension holds is in no type of Go's."""
    return language == "go" and any(re.fullmatch(r"extension \w+ is \w+", edit) for edit in said)


def expected(answer):
    if answer["plain"]:
        return "rejects"
    return "unknown" if answer["strict"] or answer.get("link") else "ok"


def misses(answer):
    """What goes on no more, where a language compiles code apart from the package. Code that is written a certain way is
    not linked."""
    return {what for what, where in (("compile", "strict"), ("link", "link")) if answer[where]}


def main():
    root, count, seed = pathlib.Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    commands = dict(arg.split("=", 1) for arg in sys.argv[4:])
    shutil.rmtree(root, ignore_errors=True)
    sys.argv[1:] = [str(root), str(count), str(seed)]
    edits.main()
    for side in ("old", "new"):
        shutil.copy(os.environ["LOCK"], root / side / "protopact.lock")
    said = json.loads((root / "edits.json").read_text())
    verdict = verdicts(root, said)
    wrong = 0
    for language, command in commands.items():
        answers = ask(root, language, command)
        tally = collections.Counter()
        for case, answer in sorted(answers.items()):
            if at_run_time(language, said[case]):
                tally["not asked"] += 1
                continue
            effect, reasons, breaks = verdict[case, language]
            effect = "ok" if effect in ("lossy", "corrupt") else effect
            truth = expected(answer)
            tally[truth] += 1
            if effect == truth:
                # What is refused was not compiled.
                asked = "link" in answer and (answer["plain"] or answer["link"])
                if not asked or breaks == misses(answer):
                    continue
                effect, truth = (" and ".join(sorted(what)) for what in (breaks, misses(answer)))
            wrong += 1
            print(f"{language} {case}: {effect}, but {truth}: {'; '.join(said[case])}")
            print(f"    lens: {' | '.join(reasons) or 'no change'}")
            for which in ("plain", "strict", "link"):
                if answer.get(which):
                    print(f"    {which}: {answer[which][:300]}")
        # The lens has to see what a tool for comparing interfaces sees.
        for case, answer in sorted(answers.items()):
            effect, reasons, breaks = verdict[case, language]
            only = [answer["peer"]] if answer["peer"] and effect == "ok" else []
            if answer.get("peerLink") and "link" not in breaks:
                only.append(f"does not link: {answer['peerLink']}")
            if only:
                wrong += 1
                print(f"{language} {case}: only the peer: {'; '.join(said[case])}: {'; '.join(only)[:300]}")
                print(f"    lens: {' | '.join(reasons) or 'no change'}")
        apart = collections.Counter(" and ".join(sorted(misses(a))) or "nothing" for a in answers.values() if "link" in a)
        if apart:
            print(f"{language}: breaks {dict(apart)}")
        print(f"{language}: {len(answers)} edits: {dict(tally)}")
    print(f"{wrong} disagreements")
    sys.exit(wrong > 0)


if __name__ == "__main__":
    main()
