//! `protopact init`.

use std::io::Write as _;

use clap::Args;

use super::{CliError, Ctx, Exit, files, pipeline};
use crate::config;

/// Write a commented protopact.toml
///
/// The file says everything that can be decided, with the defaults; roots and rules of a buf.yaml in the same
/// folder are taken over. An existing file is left alone.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  protopact init
  protopact -C contracts init --force")]
pub(super) struct InitArgs {
    /// Replace an existing protopact.toml
    #[arg(long)]
    force: bool,
}

/// Runs the command.
pub(super) fn exec(args: InitArgs, ctx: &mut Ctx<'_>) -> Result<Exit, CliError> {
    let path = ctx.io.cwd.join(config::FILE_NAME);
    // A link that leads nowhere is there, too.
    if !args.force && std::fs::symlink_metadata(&path).is_ok() {
        let message = format!("`{}` is already there", config::FILE_NAME);
        return Err(CliError::usage(message).hint("replace it with `protopact init --force`"));
    }
    let text = pipeline::initial_config(ctx)?;
    files::write_whole(&path, config::FILE_NAME, |out| out.write_all(text.as_bytes()))?;
    if !ctx.global.quiet {
        writeln!(ctx.io.out, "wrote {}", config::FILE_NAME)?;
    }
    Ok(Exit::Clean)
}
