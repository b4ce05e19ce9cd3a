//! Which program this is.

use std::time::UNIX_EPOCH;

/// This very program, as a text that no other has: of one version there are many while it is worked on. What is kept for
/// it alone is named by that. `None` where the system does not say.
#[must_use]
pub fn this_program() -> Option<String> {
    let file = std::fs::metadata(std::env::current_exe().ok()?).ok()?;
    let written = file.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some(format!("{} {} {}", env!("CARGO_PKG_VERSION"), file.len(), written.as_nanos()))
}
