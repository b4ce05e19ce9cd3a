//! What is to be made: from the configuration to units and their plugins.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use thiserror::Error;

use super::generate::{Selection, Step, Unit, Work, package_steps};
use super::plugin::lock::Around;
use super::plugin::{Lock, LockError, Ready, Tool, spec};
use super::{Target, sdk};
use crate::config::generate::{Generate, PluginEntry, PluginRun};
use crate::config::{self, Place, below};
use crate::machine::{Limits, sha256_file};
use crate::words::Language;

/// What decides which units there are.
#[derive(Clone, Copy, Debug)]
pub struct Wish<'a> {
    /// `[generate]`.
    pub settings: &'a Generate,
    /// The contract's name.
    pub contract: &'a str,
    /// Its version, when each gets a folder of its own.
    pub folder: Option<&'a str>,
    /// Only these languages, and no other plugins; all when nothing is said.
    pub only: Option<&'a [Language]>,
    /// Whether the contract has services.
    pub services: bool,
    /// The folder of the configuration.
    pub root: &'a Path,
    /// The lock.
    pub lock: Option<&'a Lock>,
    /// What the lock is held against.
    pub around: Around<'a>,
}

/// Why there is no plan.
#[derive(Debug, Error)]
pub enum PlanError {
    /// A plugin is not what it should be.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// A plugin that the configuration names is not there.
    #[error("{place}: there is no program `{program}`")]
    NoProgram {
        /// Where it is named.
        place: Place,
        /// The program.
        program: String,
    },
    /// A plugin's folder is that of a language.
    #[error("{place}: folder `{out}` belongs to the package of {language}")]
    Taken {
        /// Where it is named.
        place: Place,
        /// The folder.
        out: String,
        /// The language.
        language: &'static str,
    },
    /// The configuration has no section for a language.
    #[error("there is no `[generate.{0}]` in the configuration")]
    NoSection(&'static str),
    /// A plugin's program cannot be read.
    #[error("cannot read `{program}`")]
    Read {
        /// The program.
        program: String,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
}

/// What each plugin may take.
#[must_use]
pub fn limits(settings: &Generate) -> Limits {
    let usual = Limits::default();
    Limits { time: settings.timeout.map_or(usual.time, Duration::from_secs), ..usual }
}

/// Where each language's package goes, for the languages that are configured.
#[must_use]
pub fn targets(settings: &Generate, contract: &str) -> Vec<Target> {
    let sections = settings.languages.iter();
    sections.map(|(language, section)| sdk::target(*language, section, contract)).collect()
}

/// The units of a wish, sorted by path.
///
/// # Errors
///
/// A plugin cannot be used, or the configuration contradicts itself.
pub fn plan(wish: &Wish<'_>) -> Result<Vec<Unit>, PlanError> {
    let mut units = Vec::new();
    let targets = targets(wish.settings, wish.contract);
    if let Some(missing) =
        wish.only.into_iter().flatten().find(|l| !targets.iter().any(|t| t.language() == **l))
    {
        return Err(PlanError::NoSection(missing.as_str()));
    }
    let path = |folder: &str| match wish.folder {
        Some(version) => format!("{folder}/{version}"),
        None => folder.to_owned(),
    };
    for target in &targets {
        let language = target.language();
        if wish.only.is_none_or(|only| only.contains(&language)) {
            let steps = package_steps(target, wish.services, &mut |plugin| wish.pinned(plugin))?;
            units.push(Unit { path: path(language.as_str()), work: Work::Package(target.clone()), steps });
        }
    }
    if wish.only.is_none() {
        for (folder, steps) in plugin_steps(wish)? {
            units.push(Unit { path: path(&folder), work: Work::Files, steps });
        }
    }
    units.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(units)
}

impl Wish<'_> {
    fn pinned(&self, plugin: &'static spec::Pinned) -> Result<Ready, LockError> {
        let (name, version) = (plugin.name, plugin.version);
        self.lock.ok_or(LockError::Missing { name, version })?.ready(plugin, self.around)
    }

    fn ready(&self, entry: &PluginEntry) -> Result<Ready, PlanError> {
        match &entry.run {
            PluginRun::ProtocBuiltin(generator) => {
                let ready = match &entry.protoc {
                    Some(program) => {
                        let program = self.root.join(program);
                        let identity = identity(&program)?;
                        let tool = Tool::Protoc { program, arguments: Vec::new(), generator: String::new() };
                        Ready { name: "protoc".to_owned(), identity, tool, locked: None }
                    }
                    None if generator == config::generate::GRPC_PYTHON => {
                        let targets = targets(self.settings, self.contract);
                        self.pinned(spec::chosen(&spec::GRPC_PYTHON, &targets))?
                    }
                    None => self.pinned(&spec::PROTOC)?,
                };
                Ok(ready.generator(generator))
            }
            PluginRun::Local(words) => {
                let (name, arguments) = words.split_first().expect("checked when it was read");
                let here = name.contains(['/', '\\']).then(|| self.root.join(name));
                let program = match here {
                    Some(path) => Some(path).filter(|p| p.is_file()),
                    None => self.around.host.find(name),
                };
                let missing = || PlanError::NoProgram { place: entry.place.clone(), program: name.clone() };
                let program = program.ok_or_else(missing)?;
                let identity = format!("{} {words:?}", identity(&program)?);
                let folder = Some(self.root.to_owned());
                let tool = Tool::Program { program, arguments: arguments.to_vec(), folder };
                let short = name.rsplit(['/', '\\']).next().unwrap_or(name);
                Ok(Ready { name: short.to_owned(), identity, tool, locked: None })
            }
        }
    }
}

fn identity(program: &Path) -> Result<String, PlanError> {
    sha256_file(program).map_err(|source| PlanError::Read { program: program.display().to_string(), source })
}

/// The plugins that the configuration names, by the folder they share. One folder inside another is part of it.
fn plugin_steps(wish: &Wish<'_>) -> Result<BTreeMap<String, Vec<Step>>, PlanError> {
    for entry in &wish.settings.plugins {
        let taken = Language::ALL.into_iter().find(|l| below(&entry.out, l.as_str()).is_some());
        if let Some(language) = taken {
            let (place, out) = (entry.place.clone(), entry.out.clone());
            return Err(PlanError::Taken { place, out, language: language.as_str() });
        }
    }
    grouped(wish)
}

fn grouped(wish: &Wish<'_>) -> Result<BTreeMap<String, Vec<Step>>, PlanError> {
    let entries = &wish.settings.plugins;
    let mut units: BTreeMap<String, Vec<Step>> = BTreeMap::new();
    for entry in entries {
        let outer = entries.iter().map(|e| &*e.out).filter(|out| below(&entry.out, out).is_some());
        let outer = outer.min_by_key(|out| out.len()).unwrap_or(&entry.out);
        units.entry(outer.to_owned()).or_default().push(step(wish, entry, outer)?);
    }
    Ok(units)
}

fn step(wish: &Wish<'_>, entry: &PluginEntry, outer: &str) -> Result<Step, PlanError> {
    Ok(Step {
        plugin: wish.ready(entry)?,
        parameter: entry.opt.join(","),
        selection: Selection {
            imports: entry.include_imports,
            well_known: entry.include_wkt,
            strategy: entry.strategy,
        },
        folder: below(&entry.out, outer).unwrap_or_default().to_owned(),
    })
}

/// The plugins of a `buf.gen.yaml`: one unit for each outermost folder, by that folder.
///
/// # Errors
///
/// As for [`plan`].
pub fn plan_template(wish: &Wish<'_>) -> Result<Vec<(String, Unit)>, PlanError> {
    let unit = |steps| Unit { path: String::new(), work: Work::Files, steps };
    Ok(grouped(wish)?.into_iter().map(|(out, steps)| (out, unit(steps))).collect())
}
