"""What a linker has to know of macOS' own libraries where there is no macOS.

An SDK of Apple's may not be handed on, and is not needed: a library that comes with the system is linked by its name and
the names of what it exports, which is what a text-based stub (`.tbd`) holds. The names are read from the bindings that
the program is compiled with, so a binding more is a name more.
"""

import json
import re
import subprocess
from pathlib import Path

# Package of the bindings, library, where macOS keeps it.
FRAMEWORKS = [
    ("core-foundation-sys", "CoreFoundation"),
    ("security-framework-sys", "Security"),
]
INSTALLED = "/System/Library/Frameworks/{0}.framework/Versions/A/{0}"
# libgit2 compares names of files in one normal form; these are all functions that `iconv.h` has.
ICONV = ["iconv", "iconv_open", "iconv_close", "iconvctl"]
TARGETS = "[ x86_64-macos, arm64-macos ]"


def write(project, target, folder):
    """Writes the stubs into a folder, and gives the arguments for the linker that find them there."""
    frameworks, libraries = folder / "frameworks", folder / "libraries"
    sources = bindings(project, target)
    for package, name in FRAMEWORKS:
        symbols = declared(sources[package])
        place = frameworks / f"{name}.framework"
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{name}.tbd").write_text(stub(INSTALLED.format(name), symbols))
    libraries.mkdir(parents=True, exist_ok=True)
    (libraries / "libiconv.tbd").write_text(stub("/usr/lib/libiconv.2.dylib", ICONV))
    return [f"-Clink-arg=-F{frameworks}", f"-Clink-arg=-L{libraries}"]


def bindings(project, target):
    """Where the sources of the bindings are."""
    command = ["cargo", "metadata", "--locked", "--format-version", "1", "--filter-platform", target]
    said = subprocess.run(command, cwd=project, check=True, capture_output=True, text=True).stdout
    wanted = {package for package, _ in FRAMEWORKS}
    found = {}
    for package in json.loads(said)["packages"]:
        if package["name"] in wanted:
            found[package["name"]] = package["manifest_path"].rsplit("/", 1)[0]
    missing = wanted - found.keys()
    if missing:
        raise SystemExit(f"error: macOS is bound by other packages than {', '.join(sorted(missing))} now")
    return found


def declared(folder):
    """The functions and constants that the sources below a folder declare as another's."""
    symbols = set()
    for path in sorted(Path(folder).rglob("*.rs")):
        text = re.sub(r"//[^\n]*", "", path.read_text())
        for block in re.finditer(r'(?:unsafe )?extern(?: "C")?\s*\{(.*?)\n\}', text, re.S):
            symbols.update(re.findall(r"\b(?:fn|static)\s+(?:mut\s+)?(\w+)\s*[(:]", block[1]))
    return sorted(symbols)


def stub(installed, symbols):
    """A text-based stub of version 4, as LLVM's TextAPI defines it."""
    names = ",\n               ".join(f"_{name}" for name in symbols)
    return f"""--- !tapi-tbd
tbd-version:     4
targets:         {TARGETS}
install-name:    '{installed}'
exports:
  - targets:     {TARGETS}
    symbols: [ {names} ]
...
"""
