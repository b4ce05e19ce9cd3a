//! The runtimes that packages depend on, together with the plugins they match.
//!
//! A runtime must not be older than the plugin that wrote the code. Where generated code says which version wrote
//! it, that version is used; where it does not, the plugin that is pinned by default and the runtime here are one
//! pair and are raised together. `ci/sdk` builds packages with them.

/// protoc-gen-go and `google.golang.org/protobuf`; the generated header wins.
pub const PROTOBUF_GO: &str = "1.36.12";
/// protoc-gen-go-grpc.
pub const PROTOC_GEN_GO_GRPC: &str = "1.6.2";
/// `google.golang.org/grpc`; protoc-gen-go-grpc 1.6 needs at least 1.64.
pub const GRPC_GO: &str = "1.85.0";
/// What `google.golang.org/grpc` of this version asks of the Go toolchain.
pub const GO: &str = "1.26.0";

/// `protobuf-java`; the generated header wins.
pub const PROTOBUF_JAVA: &str = "4.36.2";
/// protoc-gen-grpc-java and `io.grpc`: the highest version whose executable is published.
pub const GRPC_JAVA: &str = "1.83.1";
/// Kotlin, its compiler and its library: who uses a package may be one release behind.
pub const KOTLIN: &str = "2.2.21";
/// protoc-gen-grpc-kotlin and `grpc-kotlin-stub`.
pub const GRPC_KOTLIN: &str = "1.5.0";
/// `kotlinx-coroutines-core-jvm`, as `grpc-kotlin-stub` of this version asks for it.
pub const COROUTINES: &str = "1.10.2";
/// The release of Java that packages are compiled for.
pub const JAVA: &str = "11";
/// What the plugins of Maven that packages name ask of it: `maven-compiler-plugin` 3.14 asks for the most.
pub const MAVEN: &str = "3.6.3";

/// `protobuf` on PyPI; the generated header wins.
pub const PROTOBUF_PYTHON: &str = "7.36.2";
/// grpcio-tools and `grpcio`; the generated code wins.
pub const GRPC_PYTHON: &str = "1.85.1";
/// The Python that packages say they need; `grpcio` of this version asks for no later one.
pub const PYTHON: &str = "3.10";
/// The build backend of the Python package.
pub const HATCHLING: &str = "1.33.0";

/// protoc-gen-prost.
pub const PROTOC_GEN_PROST: &str = "0.5.0";
/// protoc-gen-tonic.
pub const PROTOC_GEN_TONIC: &str = "0.5.0";
/// `prost` and `prost-types`, as protoc-gen-prost writes for.
pub const PROST: &str = "0.14.4";
/// `tonic` and `tonic-prost`, as protoc-gen-tonic writes for.
pub const TONIC: &str = "0.14.9";
/// What tonic of this version asks of the Rust toolchain.
pub const RUST: &str = "1.88";

/// The oldest version of a tool that packages can be built with, where they ask for one.
#[must_use]
pub fn floor(tool: &str) -> Option<&'static str> {
    match tool {
        "go" => Some(GO),
        "java" | "javac" => Some(JAVA),
        "mvn" => Some(MAVEN),
        "python3" => Some(PYTHON),
        "cargo" | "rustc" => Some(RUST),
        _ => None,
    }
}
