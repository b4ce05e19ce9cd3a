"""Packages are tried as their users get them: installed into fresh environments, and unpacked where nothing else is."""

import os
import platform
import shutil
import subprocess
import tarfile
import tempfile
import time
import venv
import zipfile
from pathlib import Path

import macho

OLD = 'syntax = "proto3";\npackage a;\nmessage Item {\n  int32 stock = 1;\n}\n'
NEW = OLD.replace("int32", "string")


def everything(out, version, targets):
    """Tries the packages for this machine, and what an emulator of it runs; says of the others that they were not."""
    mine = [t for t in targets if t.startswith(platform.machine()) and "linux" in t]
    with tempfile.TemporaryDirectory(prefix="protopact-trial-") as scratch:
        scratch = Path(scratch)
        for name, text in [("old/a.proto", OLD), ("new/a.proto", NEW)]:
            (scratch / name).parent.mkdir(exist_ok=True)
            (scratch / name).write_text(text)
        if mine:
            wheel(out, version, scratch)
            npm(out, version, scratch)
            image(out, version, scratch)
        for target in targets:
            if target not in mine:
                emulated(out, version, target, scratch)


def emulated(out, version, target, scratch):
    """The program of an archive, where something here runs programs of its platform."""
    cpu = target.split("-")[0]
    if "windows" in target:
        kind = ["wine64", "wine"]
    elif "linux" in target:
        kind = [f"qemu-{cpu}-static", f"qemu-{cpu}"]
    else:
        with tarfile.open(out / f"protopact-{version}-{target}.tar.gz") as archive:
            program = archive.extractfile(f"protopact-{version}-{target}/protopact").read()
        # Only where the processor is of ARM does the system refuse what is not signed, and do linkers sign by themselves.
        if cpu == "aarch64":
            macho.signed(program)
            print(f"not tried {target}: this machine does not run it; its signature fits its bytes")
        else:
            print(f"not tried {target}: this machine does not run it")
        return
    runner = [path for path in map(shutil.which, kind) if path][:1]
    if not runner:
        print(f"not tried {target}: there is no {' and no '.join(kind)}")
        return
    name = f"protopact-{version}-{target}"
    if "windows" in target:
        with zipfile.ZipFile(out / f"{name}.zip") as archive:
            archive.extractall(scratch)
        on_windows([*runner, str(scratch / name / "protopact.exe")], version, scratch)
    else:
        with tarfile.open(out / f"{name}.tar.gz") as archive:
            archive.extractall(scratch)
        command = [*runner, str(scratch / name / "protopact")]
        judged(f"{target} by {kind[-1]}", command, scratch, version)
        history(f"{target} by {kind[-1]}", command, scratch)


def on_windows(command, version, scratch):
    """Paths with backslashes, checkouts with CRLF, files that are replaced, a file that a repair leaves as it was."""
    env = dict(os.environ, WINEPREFIX=str(scratch / "wine"), WINEDEBUG="-all", DISPLAY="")
    random_numbers(Path(command[-1]).parent)
    # What wine starts beside the first program would hold on to the pipes of that.
    silent = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run([*command[:-1], "wineboot", "--init"], env=env, check=False, timeout=600, **silent)
    judged("the program for Windows by wine", command, scratch, version, env=env)
    checkout = scratch / "crlf"
    for side in ["old", "new"]:
        (checkout / side / "deep").mkdir(parents=True)
        text = (scratch / side / "a.proto").read_text().replace("\n", "\r\n")
        (checkout / side / "deep/a.proto").write_bytes(text.encode())
    run = {"cwd": checkout, "env": env, "capture_output": True, "text": True, "check": False}
    report = checkout / "out.json"
    report.write_text("of an earlier run")
    check = ["check", ".\\new", "--against", ".\\old", "--report", "json=.\\out.json"]
    done = subprocess.run([*command, *check], **run)
    assert done.returncode == 1 and "FIELD_SAME_TYPE" in done.stdout, done
    assert "new/deep/a.proto:4:3" in done.stdout.replace("\\", "/"), done.stdout
    assert report.read_text().startswith("{"), "an old report is replaced"
    assert not list(checkout.glob("*.tmp*")), "nothing is left beside it"
    fixed = subprocess.run([*command, "-C", ".\\new", "fix", "--against", "..\\old"], **run)
    assert fixed.returncode == 0, fixed
    lines = (checkout / "new/deep/a.proto").read_bytes().split(b"\n")
    assert all(line.endswith(b"\r") for line in lines[:-1]), (fixed, lines)
    again = subprocess.run([*command, *check], **run)
    assert again.returncode == 0, (fixed, again)
    history("the program for Windows by wine", command, scratch, env=env)
    groups(command, scratch, env)
    # What wine keeps running writes into its folder for a while, which cannot be removed meanwhile.
    server = next((path for path in map(shutil.which, ["wineserver", "wineserver64"]) if path), None)
    for flag in ["--kill", "--wait"] if server else []:
        subprocess.run([server, flag], env=env, check=False, timeout=60, **silent)


# Rust's standard library takes random numbers from a library that wine has only from version 9 on. Another is in its place,
# beside the program that is tried.
RANDOM = """#include <windows.h>
BOOLEAN NTAPI SystemFunction036(PVOID, ULONG);
__declspec(dllexport) BOOL ProcessPrng(BYTE *to, SIZE_T size) { return SystemFunction036(to, (ULONG)size); }
"""


def random_numbers(folder):
    """Builds what wine lacks, where the compiler for it is at hand."""
    zig = next((path for path in map(shutil.which, ["zig", "python-zig"]) if path), None)
    if zig is None:
        return
    (folder / "random.c").write_text(RANDOM)
    made = ["-shared", "-target", "x86_64-windows-gnu", "-o", "bcryptprimitives.dll", "random.c", "-ladvapi32"]
    subprocess.run([zig, "cc", *made], cwd=folder, check=True)


# A compiler that starts another program, waits for it, and never ends.
COMPILER = """@echo off
start /b cmd /c "%~dp0beat.bat"
:more
ping -n 2 127.0.0.1 >nul
goto more
"""
BEAT = """@echo off
:more
echo . >>"%~dp0beat.txt"
ping -n 2 127.0.0.1 >nul
goto more
"""


def groups(command, scratch, env):
    """A run that is killed takes along the programs that it started, and those that they started."""
    folder = scratch / "groups"
    folder.mkdir()
    (folder / "a.proto").write_text(OLD)
    (folder / "protopact.toml").write_text('[compile]\nbackend = "protoc"\nprotoc = "slow.bat"\n')
    for name, text in [("slow.bat", COMPILER), ("beat.bat", BEAT)]:
        (folder / name).write_text(text.replace("\n", "\r\n"))
    beats = folder / "beat.txt"

    def size():
        return beats.stat().st_size if beats.exists() else 0

    with subprocess.Popen([*command, "build"], cwd=folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as run:
        deadline = time.monotonic() + 120
        while size() == 0:
            assert run.poll() is None, run.communicate()
            assert time.monotonic() < deadline, "the compiler was not started"
            time.sleep(0.1)
        run.kill()
        run.communicate()
    # One that lived on writes every second.
    quiet, last = time.monotonic(), size()
    while time.monotonic() < quiet + 5:
        time.sleep(0.2)
        if size() != last:
            assert time.monotonic() < deadline, "what the compiler started lives on"
            quiet, last = time.monotonic(), size()
    print("tried the end of a killed run on Windows by wine")


def history(what, command, scratch, **more):
    """Versions of a git repository, and a build."""
    folder = Path(tempfile.mkdtemp(prefix="history-", dir=scratch))
    git = ["git", "-C", str(folder), "-c", "user.name=A", "-c", "user.email=a@example.com"]
    subprocess.run([*git, "init", "--quiet"], check=True)
    for side, tag in [("old", "v1.0.0"), ("new", "v2.0.0")]:
        (folder / "a.proto").write_bytes((scratch / side / "a.proto").read_bytes())
        subprocess.run([*git, "add", "."], check=True)
        subprocess.run([*git, "commit", "--quiet", "-m", tag], check=True)
        subprocess.run([*git, "tag", tag], check=True)
    run = {"cwd": folder, "capture_output": True, "text": True, "check": False, **more}
    done = subprocess.run([*command, "check", "--against", "v1.0.0"], **run)
    assert done.returncode == 1 and "error[FIELD_SAME_TYPE]" in done.stdout, done
    done = subprocess.run([*command, "check", "--against", "latest"], **run)
    assert done.returncode == 0, done
    done = subprocess.run([*command, "build", "-o", "out.binpb"], **run)
    assert done.returncode == 0 and (folder / "out.binpb").read_bytes(), done
    print(f"tried {what} in a git repository")


def judged(what, command, folder, version, **more):
    """Both answers of a program: its version, and a break with its exit code."""
    said = subprocess.run([*command, "--version"], cwd=folder, capture_output=True, text=True, check=True, **more)
    assert said.stdout == f"protopact {version}\n", said
    check = [*command, "check", "./new", "--against", "./old", "--report", "sarif=out.sarif"]
    done = subprocess.run(check, cwd=folder, capture_output=True, text=True, check=False, **more)
    assert done.returncode == 1 and "error[FIELD_SAME_TYPE]" in done.stdout, done
    assert (folder / "out.sarif").read_text().startswith("{"), "no report was written"
    (folder / "out.sarif").unlink()
    print(f"tried {what}")


def wheel(out, version, scratch):
    folder = scratch / "venv"
    venv.create(folder, with_pip=True)
    install = [folder / "bin/pip", "install", "--quiet", "--no-index", "--no-deps", "--find-links", out]
    subprocess.run([*install, f"protopact=={version}"], check=True)
    judged("the wheel", [str(folder / "bin/protopact")], scratch, version)
    subprocess.run([folder / "bin/protopact-ci", "--help"], check=True, stdout=subprocess.DEVNULL)


def npm(out, version, scratch):
    if not shutil.which("npm"):
        print("not tried the npm package: there is no npm")
        return
    folder = scratch / "node"
    folder.mkdir()
    cpu = {"x86_64": "x64", "aarch64": "arm64"}[platform.machine()]
    packages = [out / f"protopact-{version}.tgz", out / f"protopact-linux-{cpu}-{version}.tgz"]
    # The packages for other platforms are optional, and not asked for.
    install = ["npm", "install", "--offline", "--no-audit", "--no-fund", "--silent", "--prefix", str(folder)]
    env = dict(os.environ, npm_config_cache=str(scratch / "npm-cache"))
    subprocess.run([*install, *map(str, packages)], check=True, env=env)
    judged("the npm package", [str(folder / "node_modules/.bin/protopact")], scratch, version)


def image(out, version, scratch):
    """The file system of the image, as a root: nothing of this machine helps."""
    change_root = shutil.which("chroot")
    if os.geteuid() != 0 or not change_root:
        print("not tried the image: only the superuser changes the root")
        return
    if not shutil.which("umoci"):
        print("not tried the image: there is no umoci")
        return
    layout, bundle = scratch / "layout", scratch / "bundle"
    with tarfile.open(out / f"protopact-{version}-image.tar") as archive:
        archive.extractall(layout)
    cpu = {"x86_64": "amd64", "aarch64": "arm64"}[platform.machine()]
    unpack = ["umoci", "unpack", "--image", f"{layout}:{version}-{cpu}", str(bundle)]
    subprocess.run(unpack, check=True, stdout=subprocess.DEVNULL)
    root = bundle / "rootfs"
    for name in ["old", "new"]:
        shutil.copytree(scratch / name, root / "work" / name)
    command = [change_root, str(root), "/protopact", "-C", "/work"]
    said = subprocess.run([*command, "--version"], capture_output=True, text=True, check=True, env={})
    assert said.stdout == f"protopact {version}\n", said
    check = [*command, "check", "./new", "--against", "./old", "--report", "sarif=out.sarif"]
    done = subprocess.run(check, capture_output=True, text=True, check=False, env={})
    assert done.returncode == 1 and "error[FIELD_SAME_TYPE]" in done.stdout, done
    assert (root / "work/out.sarif").is_file(), "no report was written"
    print("tried the image")
