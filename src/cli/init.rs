//! `protopact init`.

use std::io::Write as _;

use clap::Args;

use super::{CliError, Ctx, ErrorKind, Exit, files, imports, pipeline};
use crate::config::init::Known;
use crate::config::{self, Modules, Settings, protofetch};
use crate::deps;
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
    let deps = deps(ctx)?;
    let name = name(&settings);
    let has_versions = has_versions(name, ctx);
    let (roots, imports) = (&roots[..], &imports[..]);
    let text =
        config::init::render(&Known { settings: &settings, roots, imports, deps: &deps, name, has_versions });
    files::write_whole(&path, config::FILE_NAME, |out| out.write_all(text.as_bytes()))?;
    if !ctx.global.quiet {
        writeln!(ctx.io.out, "wrote {}", config::FILE_NAME)?;
    }
    Ok(Exit::Clean)
}

/// The lines of `[deps]` that the files of other tools ask for.
fn deps(ctx: &mut Ctx<'_>) -> Result<Vec<String>, CliError> {
    let mut lines = Vec::new();
    match std::fs::read_to_string(ctx.io.cwd.join(protofetch::FILE_NAME)) {
        Ok(text) => {
            let found = protofetch::parse(&text)?;
            lines.push(format!("# Taken over from {}.", protofetch::FILE_NAME));
            lines.extend(found.deps.iter().map(deps::whole_line));
            for note in &found.notes {
                ctx.note(note)?;
            }
        }
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
        Err(e) => return Err(CliError::outside(format!("cannot read `{}`", protofetch::FILE_NAME), e)),
    }
    // What buf's files say is wrong is told by whatever is run next.
    for name in imports::registry_names(ctx).unwrap_or_default() {
        let plain = name.split(':').next().unwrap_or_default();
        // A version on the registry is a commit of it, which no package has.
        lines.push(match deps::Known::of_buf(&name) {
            Some(known) => format!("# {plain} is taken from: {}", known.line()),
            None => {
                let way = format!("`buf export {plain} -o third_party/proto` writes it where it is found");
                ctx.note(&format!(
                    "`{plain}`, which buf's files name, is in no package that is known: {way}"
                ))?;
                format!("# {plain} is in no package that is known: {way}.")
            }
        });
    }
    Ok(lines)
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
fn has_versions(contract: Option<&str>, ctx: &Ctx<'_>) -> bool {
    let versions = || Repo::discover(&ctx.io.cwd).ok()?.versions(&TagPattern::default().of(contract)).ok();
    versions().is_some_and(|versions| !versions.is_empty())
}
