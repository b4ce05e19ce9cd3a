//! SDK packages: what is given to the plugins, what comes out, and what is refused.
//!
//! Building the packages with the languages' own tools takes minutes and a network; `ci/sdk` asks for it with
//! `PROTOPACT_SDK=1`, with protoc-gen-go, protoc-gen-go-grpc and protoc-gen-grpc-java on the search path and
//! grpcio-tools in its `python3`.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "tests may panic, say what they skip, and start programs"
)]

mod drive;
mod lower;
mod refuse;
mod sdk;
mod shape;
