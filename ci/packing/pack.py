"""Archives, wheels, npm packages and an image around a program. Nothing here depends on the time, the machine, the user
or the order of a folder."""

import base64
import gzip
import hashlib
import io
import json
import tarfile
import time
import zipfile
from pathlib import Path

# What each platform is called by those who install for it: wheels, npm (os, cpu), containers (os, architecture).
# A program without a C library of the system fits the old and the new kind of wheel.
PLATFORMS = {
    "x86_64-unknown-linux-musl": {
        "wheel": "manylinux_2_17_x86_64.manylinux2014_x86_64.musllinux_1_1_x86_64",
        "npm": ("linux", "x64"),
        "image": ("linux", "amd64"),
    },
    "aarch64-unknown-linux-musl": {
        "wheel": "manylinux_2_17_aarch64.manylinux2014_aarch64.musllinux_1_1_aarch64",
        "npm": ("linux", "arm64"),
        "image": ("linux", "arm64"),
    },
    "x86_64-apple-darwin": {"wheel": "macosx_10_12_x86_64", "npm": ("darwin", "x64")},
    "aarch64-apple-darwin": {"wheel": "macosx_11_0_arm64", "npm": ("darwin", "arm64")},
    "x86_64-pc-windows-gnu": {"wheel": "win_amd64", "npm": ("win32", "x64")},
}

LABEL = "org.opencontainers.image"
SUMMARY = "Contract manager and compatibility checker for Protocol Buffers and gRPC"


def everything(project, out, version, programs, stamp):
    """Writes all packages for {target: program} into a folder, and their checksums."""
    script = (project / "ci/kit/protopact-ci").read_bytes()
    texts = {name: (project / name).read_bytes() for name in ["LICENSE", "README.md", "CHANGELOG.md"]}
    for target, path in sorted(programs.items()):
        program = path.read_bytes()
        archive(out, version, target, program, texts, stamp)
        wheel(out, version, target, program, script, texts, stamp)
        npm_platform(out, version, target, program, texts, stamp)
    npm_main(out, version, script, texts, stamp)
    images = {t: p.read_bytes() for t, p in sorted(programs.items()) if "image" in PLATFORMS[t]}
    if images:
        image(out, version, images, texts, stamp)
    files = sorted(p for p in out.iterdir() if p.is_file())
    sums = "".join(f"{hashlib.sha256(p.read_bytes()).hexdigest()}  {p.name}\n" for p in files)
    (out / "SHA256SUMS").write_text(sums)


def is_windows(target):
    return "windows" in target


def program_name(target):
    return "protopact.exe" if is_windows(target) else "protopact"


def tar(files, stamp):
    """A tar file of (name, bytes, mode), in that order."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, content, mode in files:
            info = tarfile.TarInfo(name)
            info.mtime, info.mode = stamp, mode
            if content is None:
                info.type = tarfile.DIRTYPE
                archive.addfile(info)
            else:
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
    return raw.getvalue()


def gzipped(content):
    raw = io.BytesIO()
    with gzip.GzipFile(filename="", fileobj=raw, mode="wb", compresslevel=9, mtime=0) as out:
        out.write(content)
    return raw.getvalue()


def zipped(files, stamp):
    """A zip file of (name, bytes, mode), in that order."""
    raw = io.BytesIO()
    # Zip files know no time before 1980.
    when = time.gmtime(max(stamp, 315532800))[:6]
    with zipfile.ZipFile(raw, "w") as archive:
        for name, content, mode in files:
            info = zipfile.ZipInfo(name, when)
            info.create_system = 3
            info.external_attr = (0o100000 | mode) << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content, compresslevel=9)
    return raw.getvalue()


def archive(out, version, target, program, texts, stamp):
    folder = f"protopact-{version}-{target}"
    files = [(f"{folder}/{program_name(target)}", program, 0o755)]
    files += [(f"{folder}/{name}", text, 0o644) for name, text in texts.items()]
    if is_windows(target):
        (out / f"{folder}.zip").write_bytes(zipped(files, stamp))
    else:
        (out / f"{folder}.tar.gz").write_bytes(gzipped(tar(files, stamp)))


def wheel(out, version, target, program, script, texts, stamp):
    """A wheel whose only content are programs: pip puts them on the path."""
    platform = PLATFORMS[target]["wheel"]
    info, data = f"protopact-{version}.dist-info", f"protopact-{version}.data/scripts"
    metadata = (
        "Metadata-Version: 2.1\nName: protopact\n"
        f"Version: {version}\nSummary: {SUMMARY}\nLicense: Apache-2.0\nRequires-Python: >=3.7\n"
        "Description-Content-Type: text/markdown\n\n"
    ).encode() + texts["README.md"]
    tags = "".join(f"Tag: py3-none-{tag}\n" for tag in platform.split("."))
    about = f"Wheel-Version: 1.0\nGenerator: protopact\nRoot-Is-Purelib: false\n{tags}".encode()
    files = [(f"{data}/{program_name(target)}", program, 0o755)]
    if not is_windows(target):
        files.append((f"{data}/protopact-ci", script, 0o755))
    files += [(f"{info}/METADATA", metadata, 0o644), (f"{info}/WHEEL", about, 0o644)]
    files.append((f"{info}/licenses/LICENSE", texts["LICENSE"], 0o644))

    def line(name, content):
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        return f"{name},sha256={digest},{len(content)}\n"

    record = "".join(line(name, content) for name, content, _ in files) + f"{info}/RECORD,,\n"
    files.append((f"{info}/RECORD", record.encode(), 0o644))
    (out / f"protopact-{version}-py3-none-{platform}.whl").write_bytes(zipped(files, stamp))


def npm_name(target):
    system, cpu = PLATFORMS[target]["npm"]
    return f"@protopact/{system}-{cpu}"


def npm(out, about, files, texts, stamp):
    """A package as `npm pack` writes it."""
    content = json.dumps(about, indent=2, ensure_ascii=False) + "\n"
    listed = [("package/package.json", content.encode(), 0o644)]
    listed += [(f"package/{name}", text, mode) for name, text, mode in files]
    listed += [(f"package/{name}", texts[name], 0o644) for name in ["LICENSE", "README.md"]]
    name = about["name"].replace("@", "").replace("/", "-")
    (out / f"{name}-{about['version']}.tgz").write_bytes(gzipped(tar(listed, stamp)))


def npm_platform(out, version, target, program, texts, stamp):
    system, cpu = PLATFORMS[target]["npm"]
    about = {
        "name": npm_name(target),
        "version": version,
        "description": f"{SUMMARY}: the program for {system} {cpu}",
        "license": "Apache-2.0",
        "os": [system],
        "cpu": [cpu],
        "files": [program_name(target)],
    }
    npm(out, about, [(program_name(target), program, 0o755)], texts, stamp)


def npm_main(out, version, script, texts, stamp):
    about = {
        "name": "protopact",
        "version": version,
        "description": SUMMARY,
        "license": "Apache-2.0",
        "bin": {"protopact": "protopact.js", "protopact-ci": "protopact-ci"},
        "files": ["protopact.js", "protopact-ci"],
        "engines": {"node": ">=16"},
        "optionalDependencies": {npm_name(target): version for target in PLATFORMS},
    }
    launcher = Path(__file__).with_name("protopact.js").read_bytes()
    files = [("protopact.js", launcher, 0o755), ("protopact-ci", script, 0o755)]
    npm(out, about, files, texts, stamp)


def image(out, version, programs, texts, stamp):
    """An image from scratch in the layout of the Open Container Initiative: one layer, one file that matters, and a
    folder to work in. One image for each architecture, under one name."""
    blobs = {}

    def blob(content, media, **more):
        digest = hashlib.sha256(content).hexdigest()
        blobs[f"blobs/sha256/{digest}"] = content
        return {"mediaType": media, "digest": f"sha256:{digest}", "size": len(content), **more}

    when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(stamp))
    vendor, manifests = "application/vnd.oci.image", []
    for target, program in programs.items():
        system, cpu = PLATFORMS[target]["image"]
        # Reports go to the folder that is mounted at /work, and what is written whole is first written beside it.
        layer = tar(
            [
                ("protopact", program, 0o755),
                ("licenses/", None, 0o755),
                ("licenses/LICENSE", texts["LICENSE"], 0o644),
                ("tmp/", None, 0o1777),
                ("work/", None, 0o1777),
            ],
            stamp,
        )
        config = {
            "created": when,
            "architecture": cpu,
            "os": system,
            "config": {
                "Entrypoint": ["/protopact"],
                "WorkingDir": "/work",
                "Env": ["PATH=/", "HOME=/tmp"],
                "Labels": {f"{LABEL}.version": version, f"{LABEL}.licenses": "Apache-2.0"},
            },
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(layer).hexdigest()}"]},
            "history": [{"created": when, "created_by": "ci/dist"}],
        }
        manifest = {
            "schemaVersion": 2,
            "mediaType": f"{vendor}.manifest.v1+json",
            "config": blob(compact(config), f"{vendor}.config.v1+json"),
            "layers": [blob(gzipped(layer), f"{vendor}.layer.v1.tar+gzip")],
        }
        platform = {"architecture": cpu, "os": system}
        # A name for each architecture, for tools that do not choose one by themselves.
        named = {f"{LABEL}.ref.name": f"{version}-{cpu}"}
        manifests.append(blob(compact(manifest), manifest["mediaType"], platform=platform, annotations=named))
    together = {
        "schemaVersion": 2,
        "mediaType": f"{vendor}.index.v1+json",
        "manifests": [{k: v for k, v in m.items() if k != "annotations"} for m in manifests],
    }
    tagged = {f"{LABEL}.ref.name": version}
    index = {
        "schemaVersion": 2,
        "mediaType": f"{vendor}.index.v1+json",
        "manifests": [blob(compact(together), together["mediaType"], annotations=tagged), *manifests],
    }
    files = [("oci-layout", b'{"imageLayoutVersion":"1.0.0"}', 0o644), ("index.json", compact(index), 0o644)]
    files += [("blobs/", None, 0o755), ("blobs/sha256/", None, 0o755)]
    files += [(name, content, 0o644) for name, content in sorted(blobs.items())]
    (out / f"protopact-{version}-image.tar").write_bytes(tar(files, stamp))


def compact(value):
    return json.dumps(value, separators=(",", ":"), sort_keys=True).encode()
