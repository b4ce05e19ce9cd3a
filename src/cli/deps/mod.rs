//! `protopact deps`.

mod edit;
mod update;

use std::fs;
use std::io::Write as _;
use std::time::Duration;

use clap::{Args, Subcommand};

use super::{CliError, Ctx, ErrorKind, Exit, files, imports};
use crate::deps::DepsError;
use crate::deps::fetch::PATIENCE;
use crate::text::{Line, Style};
use update::Run;

/// Get what the contract imports from others, and lock it
///
/// Dependencies are packages that carry .proto files: Go modules, Maven artifacts, Python distributions, crates, npm
/// packages, git repositories. Each comes through the program of its own world (`go`, `mvn`, `pip`, `cargo`, `npm`,
/// `git`), with the proxies and credentials that it has. protopact.lock says which bytes they are; everything else
/// reads them from the cache and never uses the network.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  protopact deps update                get what is imported and not here, and lock it
  protopact deps update --locked       get exactly what is locked
  protopact deps add go=github.com/grpc-ecosystem/grpc-gateway/v2
  protopact deps why google/api/http.proto")]
pub(super) struct DepsArgs {
    #[command(subcommand)]
    command: DepsCommand,

    /// How long getting one package may take, in seconds
    #[arg(long, value_name = "SECONDS", global = true, default_value_t = PATIENCE.as_secs(), value_parser = clap::value_parser!(u64).range(1..))]
    timeout: u64,
}

#[derive(Debug, Subcommand)]
enum DepsCommand {
    /// Add a dependency to protopact.toml, and lock it
    Add(AddArgs),
    /// Get the dependencies that are named, and those that imports need and that are known, and lock them
    Update(UpdateArgs),
    /// Take a dependency out of protopact.toml and the lock
    Remove(RemoveArgs),
    /// Copy what imports reach into a folder
    Vendor(VendorArgs),
    /// Say which dependencies are locked, and which of their files are imported
    Graph,
    /// Say where an import comes from, and who wants it
    Why(WhyArgs),
}

#[derive(Debug, Args)]
struct AddArgs {
    /// The package: go=MODULE, maven=GROUP:ARTIFACT, pypi=NAME, crate=NAME, npm=NAME, git=URL or path=FOLDER
    #[arg(value_name = "KIND=NAME")]
    package: String,

    /// What to call it; made from the package when nothing is said
    #[arg(long, value_name = "NAME")]
    name: Option<String>,

    /// Which version, or revision; the newest when nothing is said
    #[arg(long, value_name = "VERSION")]
    at: Option<String>,
}

#[derive(Debug, Args)]
struct UpdateArgs {
    /// Only these
    #[arg(value_name = "NAME")]
    names: Vec<String>,

    /// Get exactly what is locked, and change nothing
    #[arg(long)]
    locked: bool,

    /// Never use the network: only look at what is there
    #[arg(long)]
    offline: bool,
}

#[derive(Debug, Args)]
struct RemoveArgs {
    /// The dependency
    #[arg(value_name = "NAME")]
    name: String,
}

#[derive(Debug, Args)]
struct VendorArgs {
    /// The folder
    #[arg(short, long, value_name = "DIR", default_value = "third_party/proto")]
    output: String,
}

#[derive(Debug, Args)]
struct WhyArgs {
    /// The import path
    #[arg(value_name = "IMPORT")]
    import: String,
}

/// Runs the command.
pub(super) fn exec(args: DepsArgs, ctx: &mut Ctx<'_>) -> Result<Exit, CliError> {
    let run = Run::of(Duration::from_secs(args.timeout), ctx)?;
    match args.command {
        DepsCommand::Add(args) => edit::add(&args, &run, ctx),
        DepsCommand::Update(args) => update::update(&args, &run, ctx),
        DepsCommand::Remove(args) => edit::remove(&args, &run),
        DepsCommand::Vendor(args) => vendor(&args, &run, ctx),
        DepsCommand::Graph => graph(&run, ctx),
        DepsCommand::Why(args) => why(&args.import, ctx),
    }
}

fn vendor(args: &VendorArgs, run: &Run, ctx: &mut Ctx<'_>) -> Result<Exit, CliError> {
    let reached = imports::from_deps(&run.old, ctx)?;
    let place = ctx.io.cwd.join(&args.output);
    for file in &reached {
        let path = place.join(&*file.name);
        let shown = format!("{}/{}", args.output, file.name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)
                .map_err(|e| CliError::outside(format!("cannot write `{shown}`"), e))?;
        }
        files::write_whole(&path, &shown, |out| out.write_all(&file.content))?;
    }
    if !ctx.global.quiet {
        writeln!(ctx.io.out, "{} in {}", crate::text::plural(reached.len(), "file"), args.output)?;
    }
    Ok(Exit::Clean)
}

fn graph(run: &Run, ctx: &mut Ctx<'_>) -> Result<Exit, CliError> {
    let reached = imports::from_deps(&run.old, ctx)?;
    let view = ctx.view();
    for (name, entry) in &run.old {
        let mark = entry.mark(name);
        let line = Line::new().styled(Style::Strong, name.as_str()).plain(format!("  {}", entry.told()));
        line.write(&view, &mut ctx.io.out)?;
        for file in reached.iter().filter(|f| f.display.starts_with(&mark)) {
            Line::new().plain(format!("  {}", file.name)).write(&view, &mut ctx.io.out)?;
        }
    }
    Ok(Exit::Clean)
}

fn why(import: &str, ctx: &mut Ctx<'_>) -> Result<Exit, CliError> {
    let told = imports::why(import, ctx)?;
    let Some(told) = told else {
        return Err(
            CliError::usage(format!("nothing imports `{import}`")).hint("give the path as an import has it")
        );
    };
    let view = ctx.view();
    for line in told {
        Line::new().plain(line).write(&view, &mut ctx.io.out)?;
    }
    Ok(Exit::Clean)
}

impl From<DepsError> for CliError {
    fn from(error: DepsError) -> CliError {
        let kind = match error {
            DepsError::Lock(_) | DepsError::NotLocked { .. } => ErrorKind::Usage,
            _ => ErrorKind::Outside,
        };
        let hint = error.hint();
        CliError::new(kind, error).hint_opt(hint)
    }
}
