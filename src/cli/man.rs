//! `protopact man`.

use std::path::PathBuf;

use clap::Args;
use clap_mangen::Man;

use super::{CliError, Ctx, Exit, files};

/// Write the manual pages into a folder, or print the main one
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  protopact man | man -l -
  protopact man ~/.local/share/man/man1")]
pub(super) struct ManArgs {
    /// The folder, made when it is not there; without it the main page is printed
    #[arg(value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    dir: Option<PathBuf>,
}

/// Runs the command.
pub(super) fn exec(args: ManArgs, ctx: &mut Ctx<'_>) -> Result<Exit, CliError> {
    let mut tree = super::command();
    // Pages name their parent: protopact-check.1.
    tree.build();
    let Some(dir) = args.dir else {
        Man::new(tree).render(&mut ctx.io.out)?;
        return Ok(Exit::Clean);
    };
    let path = ctx.io.cwd.join(&dir);
    std::fs::create_dir_all(&path)
        .map_err(|e| CliError::outside(format!("cannot make the folder `{}`", dir.display()), e))?;
    let mut commands = vec![tree];
    while let Some(command) = commands.pop() {
        commands.extend(command.get_subcommands().cloned());
        let page = Man::new(command);
        let name = page.get_filename();
        let shown = dir.join(&name).display().to_string();
        files::write_whole(&path.join(&name), &shown, |out| page.render(out))?;
    }
    Ok(Exit::Clean)
}
