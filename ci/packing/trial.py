"""Packages are tried as their users get them: installed into fresh environments, and unpacked where nothing else is."""

import os
import platform
import shutil
import subprocess
import tarfile
import tempfile
import venv
from pathlib import Path

OLD = 'syntax = "proto3";\npackage a;\nmessage Item {\n  int32 stock = 1;\n}\n'
NEW = OLD.replace("int32", "string")


def everything(out, version, targets):
    """Tries the packages for this machine; says of the others that they were not."""
    mine = [t for t in targets if t.startswith(platform.machine()) and "linux" in t]
    for target in targets:
        if target not in mine:
            print(f"not tried {target}: this machine does not run it")
    if not mine:
        return
    with tempfile.TemporaryDirectory(prefix="protopact-trial-") as scratch:
        scratch = Path(scratch)
        for name, text in [("old/a.proto", OLD), ("new/a.proto", NEW)]:
            (scratch / name).parent.mkdir(exist_ok=True)
            (scratch / name).write_text(text)
        wheel(out, version, scratch)
        npm(out, version, scratch)
        image(out, version, scratch)


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
