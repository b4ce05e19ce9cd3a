//! `protopact deps`.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::path::Path;

use clap::{Args, Subcommand};

use super::plugins::tell_program;
use super::{CliError, Ctx, ErrorKind, Exit, files, imports, pipeline};
use crate::config::deps::{Dep, DepSource, is_version};
use crate::config::{self, Settings};
use crate::deps::fetch::{Fetcher, Got};
use crate::deps::{self, DepsError, Known, Lock, Locked, locked};
use crate::lock::FILE_NAME;
use crate::machine::{Cache, Host};
use crate::text::{Line, Style};

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
    let run = Run::of(ctx)?;
    match args.command {
        DepsCommand::Add(args) => add(&args, &run, ctx),
        DepsCommand::Update(args) => update(&args, &run, ctx),
        DepsCommand::Remove(args) => remove(&args, &run),
        DepsCommand::Vendor(args) => vendor(&args, &run, ctx),
        DepsCommand::Graph => graph(&run, ctx),
        DepsCommand::Why(args) => why(&args.import, ctx),
    }
}

struct Run {
    settings: Settings,
    folder: std::path::PathBuf,
    host: Host,
    cache: Cache,
    old: Lock,
    old_text: String,
}

impl Run {
    fn of(ctx: &mut Ctx<'_>) -> Result<Run, CliError> {
        let (settings, folder) = pipeline::here(ctx)?;
        // Paths of dependencies are relative to the configuration.
        let host = Host { env: ctx.io.env.clone(), cwd: folder.clone() };
        let cache = Cache::of(&host).ok_or(DepsError::NoCache)?;
        let old_text = match fs::read_to_string(folder.join(FILE_NAME)) {
            Ok(text) => text,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(e) => return Err(CliError::outside(format!("cannot read `{FILE_NAME}`"), e)),
        };
        let old = locked::parse(&old_text).map_err(DepsError::from)?;
        Ok(Run { settings, folder, host, cache, old, old_text })
    }

    /// Gets one dependency, and enters it in a lock.
    fn get(&self, dep: &Dep, lock: &mut Lock, ctx: &mut Ctx<'_>) -> Result<(), CliError> {
        let progress = ctx.progress(&format!("getting {}", dep.name));
        let got = Fetcher { host: &self.host, cache: &self.cache }.get(dep);
        drop(progress);
        let Got { version, files } = match got {
            Ok(got) => got,
            Err(error) => {
                tell_program(error.messages(), ctx)?;
                return Err(error.into());
            }
        };
        let entry = Locked::new(dep, version, &files, &deps::roots(dep, &files));
        locked::keep(&self.cache, &dep.name, &files)?;
        if !ctx.global.quiet && self.old.get(&dep.name) != Some(&entry) {
            let view = ctx.view();
            let line =
                Line::new().styled(Style::Good, "locked").plain(format!(" {} ({})", dep.name, entry.told()));
            line.write(&view, &mut ctx.io.out)?;
            ctx.io.out.flush()?;
        }
        lock.insert(dep.name.clone(), entry);
        Ok(())
    }

    fn save(&self, lock: &Lock) -> Result<(), CliError> {
        if *lock == self.old {
            return Ok(());
        }
        let text = locked::render(&self.old_text, lock).map_err(DepsError::from)?;
        files::write_whole(&self.folder.join(FILE_NAME), FILE_NAME, |out| out.write_all(text.as_bytes()))
    }
}

fn update(args: &UpdateArgs, run: &Run, ctx: &mut Ctx<'_>) -> Result<Exit, CliError> {
    let own: Vec<&Dep> =
        run.settings.deps.iter().filter(|d| !matches!(d.source, DepSource::Path(_))).collect();
    if args.locked || args.offline {
        return restore(args, &own, run, ctx);
    }
    let named = |name: &str| args.names.is_empty() || args.names.iter().any(|n| n == name);
    if let Some(unknown) =
        args.names.iter().find(|n| !run.old.contains_key(*n) && !own.iter().any(|d| d.name == **n))
    {
        return Err(CliError::usage(format!("there is no dependency `{unknown}`"))
            .hint("`protopact deps graph` lists them"));
    }
    let mut lock = Lock::new();
    for dep in &own {
        match run.old.get(&dep.name).filter(|_| !named(&dep.name)) {
            Some(entry) => {
                lock.insert(dep.name.clone(), entry.clone());
            }
            None => run.get(dep, &mut lock, ctx)?,
        }
    }
    let registry = imports::registry_names(ctx)?;
    let mut failed = None;
    let missing = loop {
        let missing = imports::missing(Some(&lock), true, ctx)?;
        let wanted: BTreeSet<&str> = missing
            .iter()
            .filter_map(|m| Known::of_import(&m.import, &registry))
            .map(|known| known.name.as_str())
            .filter(|name| !lock.contains_key(*name))
            .collect();
        if wanted.is_empty() || failed.is_some() {
            break missing;
        }
        for name in wanted {
            match run.old.get(name).filter(|entry| !named(name) && entry.files(&run.cache).is_some()) {
                Some(entry) => {
                    lock.insert(name.to_owned(), entry.clone());
                }
                None => {
                    let known = deps::known().iter().find(|k| k.name == name).expect("it was found there");
                    // What can be got is got, and what cannot is told at the end.
                    if let Err(error) = run.get(&known.dep(), &mut lock, ctx) {
                        failed = failed.or(Some(error));
                    }
                }
            }
        }
    };
    run.save(&lock)?;
    if let Some(error) = failed {
        return Err(error);
    }
    tell_registry(&lock, run, ctx)?;
    for lack in &missing {
        ctx.note(&lack.told())?;
    }
    if !ctx.global.quiet {
        let count = crate::text::plural(lock.len(), "dependency").replace("dependencys", "dependencies");
        writeln!(ctx.io.out, "{count} in {FILE_NAME}")?;
    }
    Ok(if missing.is_empty() { Exit::Clean } else { Exit::Sources })
}

/// Says what stands for the names that buf's files give.
fn tell_registry(lock: &Lock, run: &Run, ctx: &mut Ctx<'_>) -> Result<(), CliError> {
    for name in imports::registry_names(ctx)? {
        let taken = Known::of_buf(&name).and_then(|known| lock.get(&known.name));
        if let Some(entry) = taken.filter(|entry| !run.old.values().any(|old| old == *entry)) {
            ctx.note(&format!("`{name}`, which buf's files name, is taken from {}", entry.told()))?;
        }
    }
    Ok(())
}

/// Gets exactly what is locked.
fn restore(args: &UpdateArgs, own: &[&Dep], run: &Run, ctx: &mut Ctx<'_>) -> Result<Exit, CliError> {
    if let Some(dep) = own.iter().find(|dep| !run.old.contains_key(&dep.name)) {
        return Err(DepsError::NotLocked { name: dep.name.clone() }.into());
    }
    for (name, entry) in &run.old {
        if entry.files(&run.cache).is_some() {
            continue;
        }
        let version = entry.version.clone();
        if args.offline {
            return Err(DepsError::Offline { name: name.clone(), version }.into());
        }
        let dep = entry.dep(name).filter(|d| d.source.refused().is_none() && is_version(&version));
        let dep = dep.ok_or_else(|| {
            CliError::usage(format!("`{FILE_NAME}` has no valid source for `{name}`"))
                .hint("take its entry out of the file, and run `protopact deps update`")
        })?;
        let mut lock = Lock::new();
        run.get(&dep, &mut lock, ctx)?;
        let found = lock.remove(name).map(|e| e.sha256).unwrap_or_default();
        if found != entry.sha256 {
            let locked = entry.sha256.clone();
            return Err(DepsError::Hash { name: name.clone(), version, locked, found }.into());
        }
    }
    Ok(Exit::Clean)
}

fn add(args: &AddArgs, run: &Run, ctx: &mut Ctx<'_>) -> Result<Exit, CliError> {
    let kinds = || DepSource::KEYS.map(|k| format!("`{k}=…`")).join(", ");
    let wrong = |message: String| CliError::usage(message).hint(format!("one of {}", kinds()));
    let (key, value) = args.package.split_once('=').unwrap_or((&args.package, ""));
    let source = DepSource::of(key, value).filter(|_| !value.is_empty());
    let source = source.ok_or_else(|| wrong(format!("`{}` is no package", args.package)))?;
    if let Some(reason) = source.refused() {
        return Err(CliError::usage(format!("`{}` is no package", args.package)).hint(reason));
    }
    if let Some(version) = args.at.as_ref().filter(|v| !is_version(v)) {
        return Err(CliError::usage(format!("`{version}` is no version")));
    }
    let last = |text: &str| {
        let parts = text.trim_end_matches(".git").rsplit(['/', ':']);
        let mut plain = parts.filter(|p| !(p.starts_with('v') && p[1..].parse::<u32>().is_ok()));
        plain.next().unwrap_or(text).replace('.', "-")
    };
    let name = args.name.clone().unwrap_or_else(|| last(value));
    if run.settings.deps.iter().any(|d| d.name == name) {
        return Err(
            CliError::usage(format!("there is a dependency `{name}` already")).hint("give it a `--name`")
        );
    }
    let dep = Dep { name, source, version: args.at.clone(), roots: Vec::new(), include: Vec::new() };
    let mut lock = run.old.clone();
    if !matches!(dep.source, DepSource::Path(_)) {
        run.get(&dep, &mut lock, ctx)?;
    }
    let path = run.folder.join(config::FILE_NAME);
    let old = read_config(&path)?;
    let text = with_line(&old, &deps::line(&dep));
    config::file::parse(&text, config::FILE_NAME)?;
    files::write_whole(&path, config::FILE_NAME, |out| out.write_all(text.as_bytes()))?;
    run.save(&lock)?;
    Ok(Exit::Clean)
}

fn remove(args: &RemoveArgs, run: &Run) -> Result<Exit, CliError> {
    let mut lock = run.old.clone();
    let was_locked = lock.remove(&args.name).is_some();
    let written = run.settings.deps.iter().any(|d| d.name == args.name);
    if !was_locked && !written {
        return Err(CliError::usage(format!("there is no dependency `{}`", args.name))
            .hint("`protopact deps graph` lists them"));
    }
    if written {
        let path = run.folder.join(config::FILE_NAME);
        let text = without_line(&read_config(&path)?, &args.name);
        let left = config::file::parse(&text, config::FILE_NAME)?;
        if left.deps.iter().any(|d| d.name == args.name) {
            return Err(CliError::usage(format!(
                "`{}` is written in a way that cannot be changed",
                args.name
            ))
            .hint(format!("take it out of {} by hand", config::FILE_NAME)));
        }
        files::write_whole(&path, config::FILE_NAME, |out| out.write_all(text.as_bytes()))?;
    }
    run.save(&lock)?;
    Ok(Exit::Clean)
}

fn read_config(path: &Path) -> Result<String, CliError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(text),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
        Err(e) => Err(CliError::outside(format!("cannot read `{}`", config::FILE_NAME), e)),
    }
}

/// The configuration with one more line under `[deps]`.
fn with_line(text: &str, line: &str) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    match lines.iter().position(|l| l.trim() == "[deps]") {
        Some(at) => lines.insert(at + 1, line),
        None => {
            if !lines.is_empty() {
                lines.push("");
            }
            lines.extend(["[deps]", line]);
        }
    }
    lines.join("\n") + "\n"
}

/// The configuration without the line of a dependency.
fn without_line(text: &str, name: &str) -> String {
    let mut inside = false;
    let kept = text.lines().filter(|line| {
        let trimmed = line.trim();
        if trimmed.starts_with('[') {
            inside = trimmed == "[deps]";
        }
        let key = trimmed.split('=').next().unwrap_or_default().trim().trim_matches('"');
        !(inside && key == name)
    });
    kept.collect::<Vec<_>>().join("\n") + "\n"
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
        let mark = format!("{name}@{}/", entry.version);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_the_configuration_come_and_go() {
        let line = "x = { go = \"example.com/x\" }";
        assert_eq!(with_line("", line), format!("[deps]\n{line}\n"));
        let some = "# mine\n[contract]\nroots = [\".\"]\n";
        let with = with_line(some, line);
        assert_eq!(with, format!("{some}\n[deps]\n{line}\n"));
        let more = with_line(&with, "\"a.b\" = { npm = \"a\" }");
        assert_eq!(without_line(&more, "a.b"), with);
        assert_eq!(without_line(&with, "roots"), with, "only in its section");
    }
}
