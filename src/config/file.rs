//! `protopact.toml` as written.
//!
//! Unknown keys are errors. Values keep their place, so that an error found later still names line and column.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use serde::Deserialize;
use toml::Spanned;

use super::against::{self, Baseline, RawAgainst};
use super::deprecation::{self, Deprecation, RawDeprecation};
use super::deps::{self, Dep, RawDep};
use super::error::fits;
use super::generate::{self, Generate, RawGenerate};
use super::package::{self, RawAbout};
use super::path::{PathPattern, normalize};
use super::policy::{PackagePolicy, Policy, RuleRef, Selection, lenses};
use super::release::{self, RawRelease, ReleaseFile};
use super::settings::{Declared, ImportPlace, Root, Waiver, WaiverPolicy, level};
use super::{ConfigError, Place};
use crate::compile::Backend;
use crate::words::{Language, Level, Pinned, PinnedError};

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Raw {
    #[serde(default)]
    contract: RawContract,
    #[serde(default)]
    check: RawCheck,
    #[serde(default)]
    policy: BTreeMap<Spanned<String>, RawSelection>,
    #[serde(default)]
    history: RawHistory,
    deprecation: Option<RawDeprecation>,
    #[serde(default)]
    waiver: Vec<RawWaiver>,
    #[serde(default)]
    waivers: RawWaivers,
    #[serde(default)]
    release: RawRelease,
    #[serde(default)]
    compile: RawCompile,
    package: Option<RawAbout>,
    generate: Option<RawGenerate>,
    #[serde(default)]
    verify: RawVerify,
    #[serde(default)]
    deps: BTreeMap<Spanned<String>, RawDep>,
}

type Strings = Vec<Spanned<String>>;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RawContract {
    name: Option<Spanned<String>>,
    roots: Option<Vec<Spanned<toml::Value>>>,
    imports: Option<Strings>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RawCheck {
    #[serde(default)]
    against: RawAgainst,
    deny: Option<Strings>,
    #[serde(rename = "use")]
    use_rules: Option<Strings>,
    except: Option<Strings>,
    ignore: Option<Strings>,
    ignore_only: Option<BTreeMap<Spanned<String>, Strings>>,
    ignore_unstable_packages: Option<bool>,
    fail_on: Option<Spanned<String>>,
    path: Option<Strings>,
    exclude_path: Option<Strings>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RawSelection {
    deny: Option<Strings>,
    #[serde(rename = "use")]
    use_rules: Option<Strings>,
    except: Option<Strings>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RawWaiver {
    finding: Spanned<String>,
    reason: Spanned<String>,
    owner: Option<String>,
    until: Option<Spanned<toml::Value>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RawWaivers {
    #[serde(default)]
    require_owner: bool,
    #[serde(default)]
    require_until: bool,
    max_days: Option<u32>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RawCompile {
    backend: Option<Spanned<String>>,
    protoc: Option<PathBuf>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RawVerify {
    #[serde(default)]
    runtimes: BTreeMap<Spanned<String>, Strings>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RawHistory {
    file: Option<Spanned<String>>,
}

/// A `protopact.toml` whose every value is valid by itself.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct File {
    /// `contract.name`.
    pub name: Option<String>,
    /// `contract.roots`, brought into one form; the folder of the file is the empty string.
    pub roots: Option<Vec<Root>>,
    /// `contract.imports`, relative to the file's folder.
    pub imports: Vec<ImportPlace>,
    /// `check.against`.
    pub against: Vec<Baseline>,
    /// `check.deny`, `use` and `except`, when one of them is there.
    pub selection: Option<Selection>,
    /// The ignores of `[check]`; the selection in it is not used.
    pub ignores: Policy,
    /// Whether `ignore-unstable-packages` was written at all.
    pub ignore_unstable_packages: Option<bool>,
    /// `check.fail-on`.
    pub fail_on: Option<Level>,
    /// `check.path`.
    pub path: Vec<String>,
    /// `check.exclude-path`.
    pub exclude_path: Vec<String>,
    /// `[policy."…"]`, in the order of the globs as text.
    pub packages: Vec<PackagePolicy>,
    /// `history.file`, relative to the file's folder.
    pub history: Option<ImportPlace>,
    /// `[deprecation]`.
    pub deprecation: Option<Deprecation>,
    /// `[[waiver]]`.
    pub waivers: Vec<Waiver>,
    /// `[waivers]`.
    pub waiver_policy: WaiverPolicy,
    /// `[release]`.
    pub release: ReleaseFile,
    /// `compile.backend`.
    pub backend: Option<Backend>,
    /// `compile.protoc`, relative to the file's folder.
    pub protoc: Option<PathBuf>,
    /// `[deps]`, by name.
    pub deps: Vec<Dep>,
    /// `[generate]`.
    pub generate: Option<Generate>,
    /// `[verify.runtimes]`.
    pub runtimes: Vec<Declared>,
}

/// Reads a `protopact.toml`. `name` is the file as a person knows it.
///
/// # Errors
///
/// The first thing wrong, with its line and column.
pub fn parse(text: &str, name: &str) -> Result<File, ConfigError> {
    let reader = Reader { file: name.into(), text };
    fits(name, text.len() as u64)?;
    let raw: Raw = toml::from_str(text).map_err(|e| {
        let place = match e.span() {
            Some(span) => Place::of_offset(&reader.file, text, span.start),
            None => Place::whole(name),
        };
        ConfigError::from_serde(place, e.message())
    })?;
    reader.file(raw)
}

/// Whether a `--config` value is the text of a `protopact.toml`: its first line is a table or sets a key.
#[must_use]
pub fn is_inline(value: &str) -> bool {
    let lines = value.lines().map(str::trim);
    let Some(first) = lines.into_iter().find(|line| !line.is_empty() && !line.starts_with('#')) else {
        return false;
    };
    let key = |text: &str| {
        let of_key = |c: char| c.is_ascii_alphanumeric() || "-_.\"' *".contains(c);
        !text.trim().is_empty() && text.chars().all(of_key)
    };
    match first.strip_prefix('[') {
        Some(table) => table.contains(']'),
        None => first.split_once('=').is_some_and(|(name, _)| key(name)),
    }
}

struct Reader<'a> {
    file: Arc<str>,
    text: &'a str,
}

impl Reader<'_> {
    fn place<T>(&self, value: &Spanned<T>) -> Place {
        Place::of_offset(&self.file, self.text, value.span().start)
    }

    fn file(&self, raw: Raw) -> Result<File, ConfigError> {
        let name = raw.contract.name.map(|n| self.contract_name(&n)).transpose()?;
        let roots = raw.contract.roots.map(|roots| self.roots(&roots)).transpose()?;
        let release = release::read(raw.release, name.as_deref(), &|offset: usize| {
            Place::of_offset(&self.file, self.text, offset)
        })?;
        let check = raw.check;
        let at = |offset: usize| Place::of_offset(&self.file, self.text, offset);
        let mut packages = Vec::new();
        for (pattern, selection) in &raw.policy {
            let place = self.place(pattern);
            let selection = self.selection(&selection.deny, &selection.use_rules, &selection.except)?;
            let selection = selection.ok_or_else(|| {
                ConfigError::new(place.clone(), format!("policy for `{}` says nothing", pattern.get_ref()))
                    .hint("set `deny`, `use` or `except`; `deny = []` accepts everything")
            })?;
            let policy = PackagePolicy::new(pattern.get_ref(), selection);
            packages.push(policy.map_err(|e| ConfigError::new(place, e.to_string()))?);
        }
        let unstable = check.ignore_unstable_packages;
        let mut ignore_only = Vec::new();
        for (rule, paths) in check.ignore_only.iter().flatten() {
            ignore_only.push((self.rule(rule), self.patterns(paths)?));
        }
        let about = raw.package.map(|raw| package::read(raw, &at)).transpose()?;
        let generate =
            raw.generate.map(|raw| generate::read(raw, about.unwrap_or_default(), &at)).transpose()?;
        Ok(File {
            name,
            roots,
            imports: self.imports(raw.contract.imports.as_deref().unwrap_or_default())?,
            against: against::read(check.against, &at)?,
            selection: self.selection(&check.deny, &check.use_rules, &check.except)?,
            ignores: Policy {
                ignore: self.patterns(check.ignore.as_deref().unwrap_or_default())?,
                ignore_only,
                ignore_unstable_packages: unstable.unwrap_or(false),
                ..Policy::default()
            },
            ignore_unstable_packages: unstable,
            fail_on: check.fail_on.map(|v| level(v.get_ref(), || self.place(&v))).transpose()?,
            path: self.paths(check.path.as_deref().unwrap_or_default())?,
            exclude_path: self.paths(check.exclude_path.as_deref().unwrap_or_default())?,
            packages,
            history: raw.history.file.map(|file| self.history(&file)).transpose()?,
            deprecation: raw.deprecation.map(|raw| deprecation::read(raw, &at)).transpose()?,
            waiver_policy: WaiverPolicy {
                require_owner: raw.waivers.require_owner,
                require_until: raw.waivers.require_until,
                max_days: raw.waivers.max_days,
            },
            waivers: raw.waiver.into_iter().map(|w| self.waiver(w)).collect::<Result<_, _>>()?,
            release,
            backend: raw.compile.backend.map(|b| backend(b.get_ref(), || self.place(&b))).transpose()?,
            protoc: raw.compile.protoc,
            deps: raw
                .deps
                .into_iter()
                .map(|(name, dep)| deps::read(&name, dep, &at))
                .collect::<Result<_, _>>()?,
            generate,
            runtimes: self.runtimes(&raw.verify.runtimes)?,
        })
    }

    fn runtimes(&self, written: &BTreeMap<Spanned<String>, Strings>) -> Result<Vec<Declared>, ConfigError> {
        let mut all = Vec::new();
        for (name, ages) in written {
            let languages = Language::ALL.map(Language::as_str);
            let language = Language::named(name.get_ref()).ok_or_else(|| {
                ConfigError::unknown(self.place(name), "language", name.get_ref(), &languages)
            })?;
            for age in ages {
                let place = self.place(age);
                let age = age.get_ref().parse().map_err(|e: PinnedError| {
                    ConfigError::new(place.clone(), e.to_string())
                        .hint("write `\"4.25.8\"`, or `\"7.36.2+pure\"`")
                })?;
                let pinned = Pinned { language, age };
                if all.iter().any(|known: &Declared| known.pinned == pinned) {
                    return Err(ConfigError::new(place, format!("`{pinned}` is listed twice")));
                }
                all.push(Declared { pinned, place });
            }
        }
        Ok(all)
    }

    fn contract_name(&self, name: &Spanned<String>) -> Result<String, ConfigError> {
        let part =
            |p: &str| !p.is_empty() && p.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c));
        // Versions lie in a folder of this name, in every place that is one.
        let folder = |p: &str| !p.chars().all(|c| c == '.');
        let valid = name.get_ref().split('/').all(part);
        if valid && name.get_ref().split('/').all(folder) {
            return Ok(name.get_ref().clone());
        }
        if valid {
            let message = format!("contract name `{}` cannot be a folder of a place", name.get_ref());
            return Err(ConfigError::new(self.place(name), message)
                .hint("no part of it is made of dots alone: for example `acme/contracts`"));
        }
        let message = format!("contract name `{}` is not valid", name.get_ref());
        Err(ConfigError::new(self.place(name), message)
            .hint("use letters, digits, `.`, `-` and `_`, in parts joined by `/`"))
    }

    fn roots(&self, roots: &[Spanned<toml::Value>]) -> Result<Vec<Root>, ConfigError> {
        let mut seen: Vec<Root> = Vec::new();
        for root in roots {
            let path = |text: &str| {
                normalize(text).map_err(|e| {
                    ConfigError::new(self.place(root), e.to_string())
                        .hint("paths are relative to the folder of this file and stay inside it")
                })
            };
            let read = match root.get_ref() {
                toml::Value::String(text) => Root::plain(path(text)?),
                toml::Value::Table(table) => self.prefixed(root, table, &path)?,
                _ => return Err(self.bad_root(root)),
            };
            if seen.contains(&read) {
                let shown = root.get_ref().as_str().unwrap_or(&read.path);
                return Err(ConfigError::new(self.place(root), format!("root `{shown}` is listed twice")));
            }
            seen.push(read);
        }
        Ok(seen)
    }

    /// `{ path = "…", as = "…" }`.
    fn prefixed(
        &self,
        root: &Spanned<toml::Value>,
        table: &toml::Table,
        path: &dyn Fn(&str) -> Result<String, ConfigError>,
    ) -> Result<Root, ConfigError> {
        let text =
            |key: &str| table.get(key).map(|v| v.as_str().ok_or_else(|| self.bad_root(root))).transpose();
        if let Some(other) = table.keys().find(|key| !["path", "as"].contains(&key.as_str())) {
            return Err(ConfigError::unknown(self.place(root), "key", other, &["path", "as"]));
        }
        let folder = text("path")?.ok_or_else(|| self.bad_root(root))?;
        let prefix = match text("as")? {
            Some(prefix) => path(prefix)?,
            None => String::new(),
        };
        Ok(Root { path: path(folder)?, prefix })
    }

    fn bad_root(&self, root: &Spanned<toml::Value>) -> ConfigError {
        ConfigError::new(
            self.place(root),
            "a root is a folder, or a folder with the prefix of its import paths",
        )
        .hint("write `\"proto\"`, or `{ path = \".\", as = \"k8s.io/api\" }`")
    }

    fn imports(&self, imports: &[Spanned<String>]) -> Result<Vec<ImportPlace>, ConfigError> {
        let mut seen: Vec<ImportPlace> = Vec::new();
        for place in imports {
            let written = place.get_ref().clone();
            if written.is_empty() || written.contains(char::is_control) {
                let message = format!("path `{written}` is not valid");
                return Err(ConfigError::new(self.place(place), message));
            }
            if seen.iter().any(|s| s.written == written) {
                return Err(ConfigError::new(self.place(place), format!("`{written}` is listed twice")));
            }
            seen.push(ImportPlace { path: PathBuf::from(&written), written });
        }
        Ok(seen)
    }

    fn history(&self, file: &Spanned<String>) -> Result<ImportPlace, ConfigError> {
        let written = self.path(file)?;
        if written.is_empty() {
            return Err(ConfigError::new(self.place(file), "`history.file` names no file")
                .hint("for example `contract.history`, made by `protopact history --write`"));
        }
        Ok(ImportPlace { path: PathBuf::from(&written), written })
    }

    fn path(&self, path: &Spanned<String>) -> Result<String, ConfigError> {
        normalize(path.get_ref()).map_err(|e| {
            ConfigError::new(self.place(path), e.to_string())
                .hint("paths are relative to the folder of this file and stay inside it")
        })
    }

    fn paths(&self, paths: &[Spanned<String>]) -> Result<Vec<String>, ConfigError> {
        paths.iter().map(|p| self.path(p)).collect()
    }

    fn patterns(&self, patterns: &[Spanned<String>]) -> Result<Vec<PathPattern>, ConfigError> {
        let read = |p: &Spanned<String>| {
            PathPattern::parse(p.get_ref()).map_err(|e| ConfigError::new(self.place(p), e.to_string()))
        };
        patterns.iter().map(read).collect()
    }

    fn rule(&self, id: &Spanned<String>) -> RuleRef {
        RuleRef { id: id.get_ref().clone(), place: self.place(id) }
    }

    fn selection(
        &self,
        deny: &Option<Strings>,
        use_rules: &Option<Strings>,
        except: &Option<Strings>,
    ) -> Result<Option<Selection>, ConfigError> {
        if deny.is_none() && use_rules.is_none() && except.is_none() {
            return Ok(None);
        }
        if let (Some(first), true) = (except.as_ref().and_then(|e| e.first()), use_rules.is_none()) {
            let message = "`except` takes rules out of `use`, which is not set";
            return Err(ConfigError::new(self.place(first), message)
                .hint("add `use = [\"FILE\"]`, or another category"));
        }
        let rules = |list: &Option<Strings>| list.iter().flatten().map(|r| self.rule(r)).collect();
        let named = deny.iter().flatten().map(|d| (d.get_ref().as_str(), self.place(d)));
        Ok(Some(Selection { deny: lenses(named)?, use_rules: rules(use_rules), except: rules(except) }))
    }

    fn waiver(&self, raw: RawWaiver) -> Result<Waiver, ConfigError> {
        let place = self.place(&raw.finding);
        let fingerprint = raw.finding.get_ref();
        if fingerprint.len() < 8 || !fingerprint.chars().all(|c| c.is_ascii_hexdigit()) {
            let message = format!("`{fingerprint}` is not the fingerprint of a finding");
            return Err(ConfigError::new(place, message)
                .hint("copy it from the report: at least eight hexadecimal digits"));
        }
        if raw.reason.get_ref().trim().is_empty() {
            return Err(ConfigError::new(self.place(&raw.reason), "a waiver needs a reason"));
        }
        let until = match &raw.until {
            None => None,
            Some(value) => match value.get_ref() {
                toml::Value::String(text) => Some(text.clone()),
                toml::Value::Datetime(date) => Some(date.to_string()),
                _ => {
                    let message =
                        "`until` must be a version such as `\"2.0.0\"`, or a date such as `2026-01-31`";
                    return Err(ConfigError::new(self.place(value), message));
                }
            },
        };
        Ok(Waiver {
            finding: fingerprint.to_ascii_lowercase(),
            reason: raw.reason.into_inner(),
            owner: raw.owner,
            until,
            place,
        })
    }
}

/// Reads the name of a compiler.
pub(super) fn backend(name: &str, place: impl FnOnce() -> Place) -> Result<Backend, ConfigError> {
    match name {
        "auto" => Ok(Backend::Auto),
        "builtin" => Ok(Backend::Builtin),
        "protoc" => Ok(Backend::Protoc),
        "protox" => Ok(Backend::Protox),
        _ => Err(ConfigError::unknown(place(), "compiler", name, &["auto", "builtin", "protoc", "protox"])),
    }
}
