//! Getting dependencies, and writing down which they are.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use super::UpdateArgs;
use crate::cli::plugins::tell_program;
use crate::cli::{CliError, Ctx, Exit, files, imports, pipeline};
use crate::config::Settings;
use crate::config::deps::{Dep, DepSource, is_version};
use crate::deps::fetch::{Fetcher, Got};
use crate::deps::{self, DepsError, Known, Lock, Locked, locked};
use crate::lock::FILE_NAME;
use crate::machine::{Cache, Host};
use crate::text::{Line, Style};

/// What every `deps` command works with.
pub(super) struct Run {
    pub(super) settings: Settings,
    pub(super) folder: PathBuf,
    host: Host,
    cache: Cache,
    patience: Duration,
    pub(super) old: Lock,
    old_text: String,
}

impl Run {
    pub(super) fn of(patience: Duration, ctx: &mut Ctx<'_>) -> Result<Run, CliError> {
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
        Ok(Run { settings, folder, host, cache, patience, old, old_text })
    }

    /// Gets one dependency, and enters it in a lock.
    pub(super) fn get(&self, dep: &Dep, lock: &mut Lock, ctx: &mut Ctx<'_>) -> Result<(), CliError> {
        let progress = ctx.progress(&format!("getting {}", dep.name));
        let got = Fetcher { host: &self.host, cache: &self.cache, patience: self.patience }.get(dep);
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

    pub(super) fn save(&self, lock: &Lock) -> Result<(), CliError> {
        if *lock == self.old {
            return Ok(());
        }
        let text = locked::render(&self.old_text, lock).map_err(DepsError::from)?;
        files::write_whole(&self.folder.join(FILE_NAME), FILE_NAME, |out| out.write_all(text.as_bytes()))
    }
}

/// Gets what is named and what imports need, and locks it.
pub(super) fn update(args: &UpdateArgs, run: &Run, ctx: &mut Ctx<'_>) -> Result<Exit, CliError> {
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
