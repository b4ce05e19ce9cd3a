//! The `protopact` command.
fn main() {}
