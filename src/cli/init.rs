//! `protopact init`.

use std::io::Write as _;

use clap::Args;

use super::{CliError, Ctx, ErrorKind, Exit, files, pipeline};
use crate::config::init::Known;
use crate::config::{self, Modules, Settings};
use crate::git::{Repo, TagPattern};

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
    let (settings, roots, imports) = match pipeline::survey(ctx) {
        // The file that is to be replaced may be the one that is wrong.
        Err(error) if args.force && error.kind == ErrorKind::Usage => {
            ctx.note(&format!("starting afresh: {}", error.source))?;
            (
                config::merge(config::Found::default(), &config::Overrides::default())?,
                vec![config::Root::plain("")],
                Vec::new(),
            )
        }
        other => other?,
    };
    let name = name(&settings);
    let has_versions = has_versions(ctx);
    let (roots, imports) = (&roots[..], &imports[..]);
    let text = config::init::render(&Known { settings: &settings, roots, imports, name, has_versions });
    files::write_whole(&path, config::FILE_NAME, |out| out.write_all(text.as_bytes()))?;
    if !ctx.global.quiet {
        writeln!(ctx.io.out, "wrote {}", config::FILE_NAME)?;
    }
    Ok(Exit::Clean)
}

/// The name of the one module that buf's files name, without the registry.
fn name(settings: &Settings) -> Option<&str> {
    if let Some(name) = &settings.name {
        return Some(name);
    }
    let Modules::Buf(workspace) = &settings.modules else { return None };
    let mut names = workspace.modules.iter().filter_map(|m| m.name.as_deref());
    let (name, None) = (names.next()?, names.next()) else { return None };
    name.split_once('/').map(|(_, name)| name)
}

/// Whether there is a version that `latest` would find.
fn has_versions(ctx: &Ctx<'_>) -> bool {
    let versions = || {
        let pattern = TagPattern::parse("v{version}").ok()?;
        Repo::discover(&ctx.io.cwd).ok()?.versions(&pattern).ok()
    };
    versions().is_some_and(|versions| !versions.is_empty())
}
