//! Builds the well-known .proto files in: those that come with the protoc whose output the built-in compiler
//! matches.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

fn main() {
    let include = protoc_bin_vendored::include_path().expect("the build platform has a bundled protoc");
    let mut files = Vec::new();
    collect(&include, &mut files);
    files.sort();
    let mut code = String::from("&[\n");
    for file in &files {
        let name = file.strip_prefix(&include).expect("it was found below");
        let name = name.to_str().expect("protobuf's file names are ASCII").replace('\\', "/");
        writeln!(code, "    ({name:?}, include_str!({file:?})),").expect("writing to a string");
    }
    code.push(']');
    #[expect(clippy::disallowed_methods, reason = "cargo tells build scripts by environment")]
    let out = std::env::var_os("OUT_DIR").expect("cargo sets it");
    let made = Path::new(&out).join("well_known.rs");
    std::fs::write(&made, code).expect("the output folder is writable");
    // Some tests are about what only the superuser may do, or everybody else may not: the others say that they are
    // ignored.
    println!("cargo::rustc-check-cfg=cfg(superuser)");
    if is_of_superuser(&made) {
        println!("cargo::rustc-cfg=superuser");
    }
    // Others are about what programs of the machine make of a signature, or need one that sets limits.
    println!("cargo::rustc-check-cfg=cfg(has_ssh_keygen)");
    println!("cargo::rustc-check-cfg=cfg(has_gpg)");
    println!("cargo::rustc-check-cfg=cfg(has_prlimit)");
    for (program, here) in [("ssh-keygen", "has_ssh_keygen"), ("gpg", "has_gpg"), ("prlimit", "has_prlimit")]
    {
        if is_on_the_path(program) {
            println!("cargo::rustc-cfg={here}");
        }
    }
    println!("cargo::rerun-if-env-changed=PATH");
    println!("cargo::rerun-if-changed=build.rs");
}

#[expect(clippy::disallowed_methods, reason = "where programs are")]
fn is_on_the_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let name = format!("{program}{}", std::env::consts::EXE_SUFFIX);
    std::env::split_paths(&path).any(|folder| folder.join(&name).is_file())
}

#[cfg(unix)]
fn is_of_superuser(file: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    file.metadata().is_ok_and(|about| about.uid() == 0)
}

#[cfg(not(unix))]
fn is_of_superuser(_: &Path) -> bool {
    false
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("the include folder is readable") {
        let path = entry.expect("the include folder is readable").path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|e| e == "proto") {
            files.push(path);
        }
    }
}
