//! The `protopact` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    protopact::cli::catch_panics();
    let mut io = protopact::cli::Io::process();
    ExitCode::from(protopact::run(std::env::args_os(), &mut io))
}
