//! The programs of other worlds that protopact works with.

use std::path::{Path, PathBuf};

use super::Host;

/// A program that is looked up on the path, or a part of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tool {
    /// What people call it.
    pub name: &'static str,
    /// The program that has it.
    pub program: &'static str,
    /// The arguments that make it tell its version.
    pub version: &'static [&'static str],
    /// How to get it. Which version is enough is said by what is made for it.
    pub hint: &'static str,
}

/// Those that protopact starts by name.
pub static TOOLS: [Tool; 9] = [
    tool("go", &["version"], "install Go"),
    // JDK 8 knows no `--version`, and is the one that is to be told apart.
    tool("java", &["-version"], "install a JDK"),
    tool("javac", &["-version"], "install a JDK"),
    tool("mvn", &["--version"], "install Maven and a JDK"),
    tool("python3", &["--version"], "install Python with pip"),
    Tool {
        name: "pip",
        program: "python3",
        version: &["-m", "pip", "--version"],
        hint: "run `python3 -m ensurepip`, or install the system's package for it (`python3-pip`)",
    },
    Tool {
        name: "venv",
        program: "python3",
        version: &["-c", "import venv, ensurepip"],
        hint: "install the system's package for it (`python3-venv`)",
    },
    tool("cargo", &["--version"], "install Rust with rustup"),
    tool("rustc", &["--version"], "install Rust with rustup"),
];

const fn tool(program: &'static str, version: &'static [&'static str], hint: &'static str) -> Tool {
    Tool { name: program, program, version, hint }
}

/// How to get a program.
#[must_use]
pub fn hint(program: &str) -> &'static str {
    let tool = TOOLS.iter().find(|tool| tool.name == program);
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
