//! Where the Go packages of a contract are: folders, names of packages and of files that the go command and a module's
//! archive take.

use std::collections::BTreeMap;

use super::super::{PackageError, shared};
use super::LANGUAGE;
use crate::codegen::Contract;
use crate::schema::{FileId, Schema};
use crate::surface::go::KEYWORDS;

/// The Go package of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// Below the module; empty for its root.
    pub(super) folder: String,
    pub(super) name: String,
}

pub(super) struct Layout {
    /// The module path with its major version.
    pub(super) module: String,
    /// The module path without it.
    pub(super) root: String,
    pub(super) files: Vec<FileId>,
    pub(super) places: BTreeMap<FileId, Place>,
}

impl Layout {
    pub(super) fn new(contract: &Contract<'_>, module: &str) -> Result<Layout, PackageError> {
        let valid = |c: char| c.is_ascii_alphanumeric() || "-._~/".contains(c);
        let parts = || module.split('/');
        if module.is_empty()
            || !module.chars().all(valid)
            || parts().any(|p| p.is_empty() || p.starts_with('.') || p.ends_with('.'))
        {
            return Err(PackageError::Target {
                language: LANGUAGE,
                what: "Go module path",
                value: module.to_owned(),
            });
        }
        let version = shared::version(contract, LANGUAGE)?;
        if !version.build.is_empty() {
            return Err(PackageError::NoForm { language: LANGUAGE, version: version.to_string() });
        }
        let major = version.major;
        let versioned = if major >= 2 { format!("{module}/v{major}") } else { module.to_owned() };
        let files = shared::generated(contract, LANGUAGE);
        let places = files.iter().map(|id| (*id, place(contract.schema, *id, module))).collect();
        Ok(Layout { module: versioned, root: module.to_owned(), files, places })
    }

    pub(super) fn import(&self, file: FileId) -> String {
        join(&self.module, &self.places[&file].folder)
    }
}

pub(super) fn join(first: &str, second: &str) -> String {
    if second.is_empty() { first.to_owned() } else { format!("{first}/{second}") }
}

/// What `go_package` says of a file, where it names a package of the module: the folder, and the name.
pub(super) fn said<'s>(schema: &'s Schema, id: FileId, module: &str) -> Option<(&'s str, &'s str)> {
    let own = schema.file(id).options.as_deref()?.go_package.as_deref()?;
    let (path, name) = own.split_once(';').unwrap_or((own, ""));
    let folder = match path.strip_prefix(module)? {
        "" => "",
        rest => rest.strip_prefix('/')?,
    };
    Some((folder, if name.is_empty() { path.rsplit('/').next().unwrap_or_default() } else { name }))
}

fn place(schema: &Schema, id: FileId, module: &str) -> Place {
    if let Some((folder, name)) = said(schema, id, module) {
        return Place { folder: folder.to_owned(), name: package_name(name) };
    }
    // Folders that the go command gives a meaning, or does not look into, and those that no module may have.
    let special = |p: &str| {
        matches!(p, "internal" | "vendor" | "testdata" | "main") || p.starts_with('_') || is_of_windows(p)
    };
    let other = |p: &str| match p.trim_start_matches('_') {
        "" => "x_pb".to_owned(),
        rest => format!("{rest}_pb"),
    };
    let parts: Vec<String> = schema
        .file(id)
        .package
        .split('.')
        .filter(|p| !p.is_empty())
        .map(|p| if special(p) { other(p) } else { p.to_owned() })
        .collect();
    let name = match parts.as_slice() {
        [] => module.rsplit('/').next().unwrap_or_default().to_owned(),
        [.., before, last] if is_version(last) => format!("{before}{last}"),
        [.., last] => last.clone(),
    };
    Place { folder: parts.join("/"), name: package_name(&name) }
}

/// `v1`, `v2beta3`.
pub(super) fn is_version(part: &str) -> bool {
    part.strip_prefix('v').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

/// A name that Go takes for a package which can be imported.
fn package_name(text: &str) -> String {
    let mut name: String =
        text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    if KEYWORDS.contains(&name.as_str()) || name == "main" || name.is_empty() {
        name.push_str("pb");
    }
    if name.starts_with(|c: char| c.is_ascii_digit()) {
        name.insert(0, 'x');
    }
    name
}

/// The folder of the contract's own data: not one that a proto package has.
pub(super) fn info_folder(layout: &Layout) -> &'static str {
    let taken = |name: &str| {
        layout
            .places
            .values()
            .any(|p| p.folder.split('/').next().is_some_and(|f| f.eq_ignore_ascii_case(name)))
    };
    shared::info_name(taken)
}

/// The go command leaves files out whose name ends in a platform, with or without a `_test` behind it, or begins with
/// `_` or `.`; and no module may hold a file of Windows's own.
pub(super) fn file_name(path: &str) -> String {
    let (folder, base) = path.rsplit_once('/').map_or(("", path), |(f, b)| (f, b));
    let base = if base.starts_with(['_', '.']) { format!("x{base}") } else { base.to_owned() };
    let stem = base.split('.').next().unwrap_or_default();
    let parts = stem.strip_suffix("_test").unwrap_or(stem);
    let platform = parts.rsplit_once('_').is_some_and(|(_, last)| PLATFORMS.contains(&last));
    let more = if platform || is_of_windows(stem) { "_pb" } else { "" };
    join(folder, &format!("{stem}{more}{}", &base[stem.len()..])).trim_start_matches('/').to_owned()
}

/// Whether Windows takes a name, up to its first dot, for a device of its own; modules may hold no such file or folder.
pub(super) fn is_of_windows(name: &str) -> bool {
    let short = name.split('.').next().unwrap_or_default().to_ascii_lowercase();
    let numbered = |front: &str| {
        short
            .strip_prefix(front)
            .is_some_and(|n| n.len() == 1 && n.chars().all(|c| c.is_ascii_digit() && c != '0'))
    };
    matches!(&*short, "con" | "prn" | "aux" | "nul") || numbered("com") || numbered("lpt")
}

/// What `internal/syslist` of Go 1.26 lists: the systems that there are, were and will be, then the processors.
const PLATFORMS: [&str; 42] = [
    "aix",
    "android",
    "darwin",
    "dragonfly",
    "freebsd",
    "hurd",
    "illumos",
    "ios",
    "js",
    "linux",
    "nacl",
    "netbsd",
    "openbsd",
    "plan9",
    "solaris",
    "wasip1",
    "windows",
    "zos",
    "386",
    "amd64",
    "amd64p32",
    "arm",
    "armbe",
    "arm64",
    "arm64be",
    "loong64",
    "mips",
    "mipsle",
    "mips64",
    "mips64le",
    "mips64p32",
    "mips64p32le",
    "ppc",
    "ppc64",
    "ppc64le",
    "riscv",
    "riscv64",
    "s390",
    "s390x",
    "sparc",
    "sparc64",
    "wasm",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_the_go_command_would_skip_get_another_name() {
        assert_eq!(file_name("a/user_windows.pb.go"), "a/user_windows_pb.pb.go");
        assert_eq!(file_name("a/user_windows_grpc.pb.go"), "a/user_windows_grpc.pb.go");
        assert_eq!(file_name("linux.pb.go"), "linux.pb.go");
        assert_eq!(file_name("_x.pb.go"), "x_x.pb.go");
        assert_eq!(file_name("_windows.pb.go"), "x_windows_pb.pb.go");
        assert_eq!(file_name("a/user_windows_test.pb.go"), "a/user_windows_test_pb.pb.go");
        assert_eq!(file_name("a/user_test.pb.go"), "a/user_test.pb.go");
        assert_eq!(file_name("windows_test.pb.go"), "windows_test.pb.go");
        assert_eq!(file_name("a_mips64p32le.v1.pb.go"), "a_mips64p32le_pb.v1.pb.go");
        assert_eq!(file_name("a/Aux.v1.pb.go"), "a/Aux_pb.v1.pb.go");
        assert_eq!(file_name("aux_grpc.pb.go"), "aux_grpc.pb.go");
    }

    #[test]
    fn a_package_name_can_be_imported() {
        assert_eq!(package_name("type"), "typepb");
        assert_eq!(package_name("main"), "mainpb");
        assert_eq!(package_name("contracts-go"), "contractsgo");
        assert_eq!(package_name("2fa"), "x2fa");
    }
}
