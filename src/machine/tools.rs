//! The programs of other worlds that protopact works with.

use std::path::{Path, PathBuf};

use super::Host;

/// A program that is looked up on the path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tool {
    /// Its name.
    pub program: &'static str,
    /// The arguments that make it tell its version.
    pub version: &'static [&'static str],
    /// How to get it.
    pub hint: &'static str,
}

/// Those that protopact starts by name.
pub static TOOLS: [Tool; 5] = [
    Tool { program: "go", version: &["version"], hint: "install Go 1.24 or later" },
    Tool { program: "javac", version: &["--version"], hint: "install a JDK, 11 or later" },
    Tool { program: "mvn", version: &["--version"], hint: "install Maven 3.8 or later and a JDK" },
    Tool { program: "python3", version: &["--version"], hint: "install Python 3.10 or later with pip" },
    Tool { program: "cargo", version: &["--version"], hint: "install Rust with rustup" },
];

/// How to get a program.
#[must_use]
pub fn hint(program: &str) -> &'static str {
    let tool = TOOLS.iter().find(|tool| tool.program == program);
    tool.map_or("install it, or name it in the configuration", |tool| tool.hint)
}

/// The protoc that comes with protopact; `None` where there is none for the platform, or when protopact runs on another
/// machine than it was built on.
#[must_use]
pub fn bundled_protoc() -> Option<PathBuf> {
    protoc_bin_vendored::protoc_bin_path().ok().filter(|path| path.is_file())
}

/// The protoc in use: the configured one, or the one that comes with protopact, or the one on the path.
#[must_use]
pub fn protoc(configured: Option<&Path>, host: &Host) -> Option<PathBuf> {
    configured.map(Path::to_owned).or_else(bundled_protoc).or_else(|| host.find("protoc"))
}
