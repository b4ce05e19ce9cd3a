//! `protopact completions`.

use clap::Args;
use clap_complete::Shell;

use super::{CliError, Ctx, Exit};

/// Print the completion script of a shell
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  protopact completions bash > ~/.local/share/bash-completion/completions/protopact
  protopact completions zsh > \"${fpath[1]}/_protopact\"
  protopact completions fish > ~/.config/fish/completions/protopact.fish")]
pub(super) struct CompletionsArgs {
    /// The shell
    #[arg(value_name = "SHELL", value_enum)]
    shell: Shell,
}

/// Runs the command.
pub(super) fn exec(args: CompletionsArgs, ctx: &mut Ctx<'_>) -> Result<Exit, CliError> {
    // The generator panics where its writer fails, so it writes into memory.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut super::command(), "protopact", &mut script);
    ctx.io.out.write_all(&script)?;
    Ok(Exit::Clean)
}
