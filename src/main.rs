//! The `protopact` command.

use std::process::ExitCode;

/// A run is millions of small, short-lived pieces on every thread: with the allocator of the C library, a fifth of the
/// time of `check` goes to it, and with musl's a good deal more.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    protopact::cli::catch_panics();
    let mut io = protopact::cli::Io::process();
    ExitCode::from(protopact::run(std::env::args_os(), &mut io))
}
