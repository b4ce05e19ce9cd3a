//! Defaults, files and flags become settings.
//!
//! A flag wins over `protopact.toml`, which wins over `buf.yaml`, which wins over the defaults. Ignores add up:
//! a file that any of them ignores stays ignored.

use std::path::PathBuf;

use super::against::Baseline;
use super::buf::{Workspace, default_workspace};
use super::file::{File, backend};
use super::path::PathPattern;
use super::policy::{Policy, RuleRef, Selection, lenses};
use super::settings::{CheckSettings, CompileSettings, ImportPlace, Modules, Settings, level};
use super::{ConfigError, Place};
use crate::words::{LensSelector, Level, Mode};

/// The configuration files that were found, read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    /// `protopact.toml`, with the name a person knows it by.
    pub protopact: Option<(String, File)>,
    /// buf's files, with the names a person knows them by.
    pub buf: Option<(Vec<String>, Workspace)>,
    /// Sentences about how they were read, for people.
    pub notes: Vec<String>,
}

/// What flags say. `None` and empty mean the flag was not given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overrides {
    /// `--against`.
    pub against: Vec<String>,
    /// `--deny`: lenses.
    pub deny: Option<Vec<String>>,
    /// `--mode`: the directions that the denied lenses keep; rules, which have none, do not count beside it.
    pub mode: Option<Mode>,
    /// `--use`: rules and categories.
    pub use_rules: Option<Vec<String>>,
    /// `--except`.
    pub except: Vec<String>,
    /// `--ignore`: path patterns, relative to the configuration's folder.
    pub ignore: Vec<String>,
    /// `--ignore-unstable-packages`.
    pub ignore_unstable_packages: Option<bool>,
    /// `--fail-on`.
    pub fail_on: Option<String>,
    /// `--compiler`.
    pub backend: Option<String>,
    /// `--protoc`.
    pub protoc: Option<PathBuf>,
    /// `--imports`, with absolute paths.
    pub imports: Vec<ImportPlace>,
    /// `--tag`: the shape of version tags.
    pub tag: Option<String>,
    /// Where nothing says what counts as a break, what buf would say: its FILE category.
    pub buf_defaults: bool,
}

/// Merges what was found with the flags.
///
/// # Errors
///
/// A flag's value is not valid.
pub fn merge(found: Found, overrides: &Overrides) -> Result<Settings, ConfigError> {
    let mut files = Vec::new();
    let file = found.protopact.map(|(name, file)| {
        files.push(name);
        file
    });
    let file = file.unwrap_or_default();
    let workspace = found.buf.map(|(names, workspace)| {
        files.extend(names);
        workspace
    });

    let mut policy_wins = file.selection.is_some();
    let mut policy = match (&file.selection, &workspace) {
        (Some(selection), _) => Policy { selection: selection.clone(), ..Policy::default() },
        (None, Some(workspace)) => workspace.policy.clone(),
        (None, None) if overrides.buf_defaults => default_workspace("v2").policy,
        (None, None) => Policy { selection: Selection::lenses(), ..Policy::default() },
    };
    policy.ignore.extend(file.ignores.ignore.iter().cloned());
    policy.ignore_only.extend(file.ignores.ignore_only.iter().cloned());
    if let Some(unstable) = file.ignore_unstable_packages {
        policy.ignore_unstable_packages = unstable;
    }

    if overrides.deny.is_some() || overrides.use_rules.is_some() {
        let deny = overrides.deny.iter().flatten().map(|d| (d.as_str(), Place::whole("--deny")));
        policy.selection = Selection {
            deny: lenses(deny)?,
            use_rules: rules(overrides.use_rules.as_deref().unwrap_or_default(), "--use"),
            except: Vec::new(),
        };
        policy_wins = true;
    }
    let mut packages = file.packages;
    if let Some(mode) = overrides.mode {
        policy.selection = in_mode(mode, &policy.selection)?;
        policy_wins = true;
        for package in &mut packages {
            package.selection = in_mode(mode, &package.selection)?;
        }
    }
    policy.selection.except.extend(rules(&overrides.except, "--except"));
    for pattern in &overrides.ignore {
        let read = PathPattern::parse(pattern);
        policy.ignore.push(read.map_err(|e| ConfigError::new(Place::whole("--ignore"), e.to_string()))?);
    }
    if let Some(unstable) = overrides.ignore_unstable_packages {
        policy.ignore_unstable_packages = unstable;
    }

    let fail_on = match &overrides.fail_on {
        Some(name) => Some(level(name, || Place::whole("--fail-on"))?),
        None => file.fail_on,
    };
    let backend = match &overrides.backend {
        Some(name) => Some(backend(name, || Place::whole("--compiler"))?),
        None => file.backend,
    };
    let release = file.release.used(file.name.as_deref(), overrides.tag.as_ref())?;
    // A flag or protopact.toml that adds to what modules say of themselves: except and ignores reach them too.
    let modules = match (file.roots, workspace) {
        (Some(roots), _) => Modules::Roots(roots),
        (None, Some(workspace)) => {
            Modules::Buf(adapt(workspace, &policy, policy_wins, &file.ignores, overrides))
        }
        (None, None) => Modules::Detect,
    };
    Ok(Settings {
        files,
        notes: found.notes,
        name: file.name,
        modules,
        deps: file.deps,
        imports: file.imports.into_iter().chain(overrides.imports.iter().cloned()).collect(),
        policy,
        policy_wins,
        packages,
        history: file.history,
        deprecation: file.deprecation,
        waivers: file.waivers,
        waiver_policy: file.waiver_policy,
        check: CheckSettings {
            against: match &overrides.against[..] {
                [] => file.against,
                flags => flags.iter().cloned().map(Baseline::plain).collect(),
            },
            fail_on: fail_on.unwrap_or(Level::Error),
            path: file.path,
            exclude_path: file.exclude_path,
        },
        release,
        compile: CompileSettings {
            backend: backend.unwrap_or_default(),
            protoc: overrides.protoc.clone().or(file.protoc),
        },
        generate: file.generate,
        runtimes: file.runtimes,
    })
}

/// What a selection denies, in the directions of a mode. Where only rules were selected it is the standard lenses.
fn in_mode(mode: Mode, selection: &Selection) -> Result<Selection, ConfigError> {
    let only_rules = selection.deny.is_empty() && !selection.use_rules.is_empty();
    let before = if only_rules { LensSelector::standard() } else { selection.deny.clone() };
    let deny: Vec<_> = before.iter().flat_map(|selector| mode.narrow(*selector)).collect();
    if let (true, Some(first)) = (deny.is_empty(), before.first()) {
        let message = format!("`{}` leaves nothing of what is denied, `{first}` for one", mode.as_str());
        let hint = "deny a lens that has this direction, such as `wire`";
        return Err(ConfigError::new(Place::whole("--mode"), message).hint(hint));
    }
    Ok(Selection { deny, ..Selection::default() })
}

/// Applies what was decided for the whole contract to each module's own policy.
fn adapt(
    mut workspace: Workspace,
    policy: &Policy,
    wins: bool,
    file: &Policy,
    overrides: &Overrides,
) -> Workspace {
    let extra = &policy.ignore[policy.ignore.len() - overrides.ignore.len()..];
    for module in &mut workspace.modules {
        let own = &mut module.policy;
        if wins {
            own.selection = policy.selection.clone();
        } else {
            own.selection.except.extend(rules(&overrides.except, "--except"));
        }
        own.ignore.extend(file.ignore.iter().chain(extra).cloned());
        own.ignore_only.extend(file.ignore_only.iter().cloned());
        if file.ignore_unstable_packages || overrides.ignore_unstable_packages.is_some() {
            own.ignore_unstable_packages = policy.ignore_unstable_packages;
        }
    }
    workspace
}

fn rules(ids: &[String], flag: &str) -> Vec<RuleRef> {
    ids.iter().map(|id| RuleRef { id: id.clone(), place: Place::whole(flag) }).collect()
}
