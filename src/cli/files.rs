//! Files a command writes: whole or not at all.

use std::io::{self, Write};
use std::path::Path;

use super::error::CliError;
use crate::machine;

/// Writes a file so that nobody ever reads half of it. `name` is the path as the user typed it.
///
/// # Errors
///
/// What the file system says, with the name of the file.
pub(super) fn write_whole(
    path: &Path,
    name: &str,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), CliError> {
    machine::write_whole(path, write).map_err(|e| CliError::outside(format!("cannot write `{name}`"), e))
}
