//! The plugins that protopact knows, each at the one version its packages are made for.
//!
//! One version, because generated code and the runtime it needs belong together: the packages of this release
//! depend on the runtimes that go with these.

use crate::words::Language;

/// Where a plugin comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The protoc that comes with protopact, or the configured one.
    Protoc,
    /// A Go package that `go install` builds.
    Go {
        /// The package's import path.
        package: &'static str,
    },
    /// An executable artifact of a Maven repository.
    Maven {
        /// `io.grpc`.
        group: &'static str,
    },
    /// A distribution of a Python package index, with a protoc in it.
    Pip,
    /// A library that is part of protopact.
    Library,
}

impl Source {
    /// The word in the lock.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Source::Protoc => "protoc",
            Source::Go { .. } => "go",
            Source::Maven { .. } => "maven",
            Source::Pip => "pip",
            Source::Library => "built-in",
        }
    }

    /// The program that gets it, when one is needed.
    #[must_use]
    pub fn installer(self) -> Option<&'static str> {
        match self {
            Source::Go { .. } => Some("go"),
            Source::Maven { .. } => Some("mvn"),
            Source::Pip => Some("python3"),
            Source::Protoc | Source::Library => None,
        }
    }
}

/// A plugin at its version.
#[derive(Debug, PartialEq, Eq)]
pub struct Pinned {
    /// The name in the lock and in messages.
    pub name: &'static str,
    /// The version, as its own world writes it.
    pub version: &'static str,
    /// Where it comes from.
    pub source: Source,
    /// The languages whose packages need it.
    pub languages: &'static [Language],
    /// Whether it only has work where there are services.
    pub services_only: bool,
}

/// protoc.
pub static PROTOC: Pinned = Pinned {
    name: "protoc",
    version: "36.2",
    source: Source::Protoc,
    languages: &[Language::Java, Language::Python],
    services_only: false,
};

/// Messages in Go.
pub static GO: Pinned = Pinned {
    name: "protoc-gen-go",
    version: "v1.36.12",
    source: Source::Go { package: "google.golang.org/protobuf/cmd/protoc-gen-go" },
    languages: &[Language::Go],
    services_only: false,
};

/// Services in Go.
pub static GO_GRPC: Pinned = Pinned {
    name: "protoc-gen-go-grpc",
    version: "v1.6.2",
    source: Source::Go { package: "google.golang.org/grpc/cmd/protoc-gen-go-grpc" },
    languages: &[Language::Go],
    services_only: true,
};

/// Services in Java. 1.83.1 is the last version with executables; what it writes runs with later runtimes.
pub static GRPC_JAVA: Pinned = Pinned {
    name: "protoc-gen-grpc-java",
    version: "1.83.1",
    source: Source::Maven { group: "io.grpc" },
    languages: &[Language::Java],
    services_only: true,
};

/// Services in Python.
pub static GRPC_PYTHON: Pinned = Pinned {
    name: "grpcio-tools",
    version: "1.85.1",
    source: Source::Pip,
    languages: &[Language::Python],
    services_only: true,
};

/// Messages in Rust.
pub static PROST: Pinned = Pinned {
    name: "protoc-gen-prost",
    version: "0.5.0",
    source: Source::Library,
    languages: &[Language::Rust],
    services_only: false,
};

/// Services in Rust.
pub static TONIC: Pinned = Pinned {
    name: "protoc-gen-tonic",
    version: "0.5.0",
    source: Source::Library,
    languages: &[Language::Rust],
    services_only: true,
};

/// Every plugin, by name.
pub static PINNED: [&Pinned; 7] = [&GRPC_PYTHON, &PROTOC, &GO, &GO_GRPC, &GRPC_JAVA, &PROST, &TONIC];

/// The plugins that some languages need, by name.
pub fn needed<'a>(languages: &'a [Language], services: bool) -> impl Iterator<Item = &'static Pinned> + 'a {
    let wanted = move |p: &&'static Pinned| {
        p.languages.iter().any(|l| languages.contains(l)) && (services || !p.services_only)
    };
    PINNED.iter().copied().filter(wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_the_libraries_are_those_that_are_linked() {
        assert!(PINNED.is_sorted_by_key(|p| p.name));
        let lock = include_str!("../../../Cargo.lock");
        for library in PINNED.iter().filter(|p| p.source == Source::Library) {
            let entry = format!("name = \"{}\"\nversion = \"{}\"\n", library.name, library.version);
            assert!(lock.contains(&entry), "{entry}");
        }
    }
}
