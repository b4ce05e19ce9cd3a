//! `protopact doctor`.

use std::io;
use std::path::Path;

use clap::Args;
use serde::Serialize;

use super::plugins::{Machine, needed};
use super::{CliError, Ctx, Exit, imports, pipeline, toolchain};
use crate::codegen::plugin::{LockError, Source};
use crate::codegen::{Target, plan};
use crate::compile::{Backend, PROTOX};
use crate::config::Settings;
use crate::machine::tools;
use crate::present::{Choice, Format, Formats};
use crate::text::{Line, Style, View, plural, pretty_json, size};
use crate::words::Language;

/// Say which compilers, toolchains and plugins are here, and how to get what is missing
///
/// Compilers are told with what each compiles here. Toolchains get plugins (go, mvn, python3) and build packages (go, javac
/// and mvn, python3 with pip and venv, cargo); one that is older than packages ask for is told with the way out. Only what
/// the languages need is asked for. What the contract imports and does not find is named as well. Nothing is changed, and
/// nothing is fetched.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  protopact doctor
  protopact doctor --require               exit with 4 when something is missing
  protopact doctor --format json")]
pub(super) struct DoctorArgs {
    /// For these languages; for those that are configured, or all four, when nothing is said
    #[arg(long, value_name = "LANGUAGE", value_enum, value_delimiter = ',')]
    lang: Vec<Language>,

    /// Exit with 4 when something is missing
    #[arg(long)]
    require: bool,

    /// How to print the answer
    #[arg(long, value_name = "FORMAT", default_value_t)]
    format: Choice<OfDoctor>,
}

/// The formats of what was found.
#[derive(Debug)]
struct OfDoctor;

impl Formats for OfDoctor {
    type Document = Found;

    const ALL: &'static [Format<Found>] = &[
        Format { name: "text", help: "For people", hidden: false, write: text },
        Format { name: "json", help: "For programs", hidden: false, write: json },
    ];
}

/// Everything that was looked for.
#[derive(Debug, Serialize)]
struct Found {
    findings: Vec<Finding>,
    cache: Option<Room>,
}

/// One thing that is there or not.
#[derive(Debug, Serialize)]
pub(super) struct Finding {
    pub(super) name: String,
    pub(super) kind: &'static str,
    pub(super) ok: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) version: Option<String>,
    /// The oldest version that is enough; older ones have the problem that they are.
    #[serde(rename = "at_least", skip_serializing_if = "Option::is_none")]
    pub(super) floor: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) problem: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) fix: Option<String>,
    pub(super) needed_for: Vec<&'static str>,
}

impl Finding {
    /// Whether it is there, and not enough.
    fn is_old(&self) -> bool {
        !self.ok && self.version.is_some() && self.floor.is_some()
    }
}

/// Runs the command.
pub(super) fn exec(args: DoctorArgs, ctx: &mut Ctx<'_>) -> Result<Exit, CliError> {
    let (settings, folder) = pipeline::here(ctx)?;
    let machine = Machine::of(ctx, &settings, &folder);
    let template = toolchain::template(&settings, &machine, &folder);
    let wanted = wanted(&settings, args.lang, template.is_some());
    let plugins = needed(&settings, &wanted);
    let (lock, broken) = match machine.read_lock() {
        Ok(lock) => (lock.unwrap_or_default(), None),
        Err(error) => (crate::codegen::plugin::Lock::default(), Some(error.source.to_string())),
    };
    let mut findings = toolchain::look(&wanted, &plugins, &machine, &folder);
    for plugin in plugins {
        let state = lock.ready(plugin, machine.around()).and_then(|ready| ready.verify());
        let problem = broken.clone().or_else(|| state.as_ref().err().map(ToString::to_string));
        let fix = state.as_ref().err().map(|error| fix(error, plugin.source));
        findings.push(Finding {
            name: plugin.name.to_owned(),
            kind: "plugin",
            ok: problem.is_none(),
            version: Some(plugin.version.to_owned()),
            floor: None,
            path: None,
            problem,
            fix,
            needed_for: toolchain::users(plugin, &wanted),
        });
    }
    findings.extend(toolchain::named(&settings, template, &machine, &folder));
    findings.extend(compilers(&settings, &machine, &folder));
    findings.extend(absent(ctx));
    let cache = machine.cache.as_ref().and_then(|cache| Room::of(cache.root()));
    let missing = findings.iter().any(|f| !f.ok);
    let view = ctx.view();
    args.format.write(&Found { findings, cache }, &view, &mut ctx.io.out)?;
    Ok(if args.require && missing { Exit::Outside } else { Exit::Clean })
}

/// The languages that are asked for: those that are named, or configured; all when nothing is made at all, by a template
/// neither.
fn wanted(settings: &Settings, named: Vec<Language>, template: bool) -> Vec<Language> {
    let generate = settings.generate.clone().unwrap_or_default();
    let configured = || plan::targets(&generate, "").iter().map(Target::language).collect::<Vec<_>>();
    let mut wanted = if named.is_empty() { configured() } else { named };
    if wanted.is_empty() && generate.plugins.is_empty() && !template {
        wanted = Language::ALL.to_vec();
    }
    wanted.sort();
    wanted.dedup();
    wanted
}

/// The back ends, and what each compiles here.
fn compilers(settings: &Settings, machine: &Machine, folder: &Path) -> Vec<Finding> {
    let backend = settings.compile.backend;
    let for_ = |of: Backend| -> Vec<&'static str> {
        match of {
            Backend::Protoc if backend == Backend::Auto => vec!["editions"],
            Backend::Protoc if backend == of => vec!["proto2", "proto3", "editions"],
            Backend::Builtin if matches!(backend, Backend::Auto | Backend::Builtin) => {
                vec!["proto2", "proto3"]
            }
            Backend::Protox if backend == of => vec!["proto2", "proto3"],
            _ => Vec::new(),
        }
    };
    let inside = |name: &str, version: &str, of| Finding {
        name: name.to_owned(),
        kind: "compiler",
        ok: true,
        version: Some(version.to_owned()),
        floor: None,
        path: None,
        problem: None,
        fix: None,
        needed_for: for_(of),
    };
    let program = tools::protoc(settings.compile.protoc.as_deref(), &machine.host);
    let (version, problem) = toolchain::ask("protoc", program.as_deref(), &["--version"], machine, folder);
    let needed_for = for_(Backend::Protoc);
    let fix = "name one with `--protoc`, or in `[compile]`";
    let protoc = Finding {
        name: "protoc".to_owned(),
        kind: "compiler",
        // Where nobody asks for it, it is not missed.
        ok: problem.is_none() || needed_for.is_empty(),
        version,
        floor: None,
        path: program.map(|p| p.display().to_string()),
        fix: problem.as_ref().map(|_| fix.to_owned()),
        problem,
        needed_for,
    };
    let own = env!("CARGO_PKG_VERSION");
    vec![inside("builtin", own, Backend::Builtin), protoc, inside("protox", PROTOX, Backend::Protox)]
}

/// What the contract imports and does not find. A folder without a contract has nothing to miss.
fn absent(ctx: &mut Ctx<'_>) -> Vec<Finding> {
    let missing = imports::missing(None, false, ctx).unwrap_or_default();
    let finding = |lack: imports::Lack| Finding {
        problem: Some(format!("{} would import it", plural(lack.missing.wanted_by.len(), "file"))),
        name: lack.import,
        kind: "import",
        ok: false,
        version: None,
        floor: None,
        path: None,
        fix: (!lack.missing.why.is_empty()).then(|| lack.missing.why.join("; ")),
        needed_for: Vec::new(),
    };
    missing.into_iter().map(finding).collect()
}

/// What the cache takes on the disk.
#[derive(Debug, Serialize)]
struct Room {
    path: String,
    bytes: u64,
}

impl Room {
    /// `None` when there is no cache yet. What cannot be read is not counted.
    fn of(root: &Path) -> Option<Room> {
        if !root.is_dir() {
            return None;
        }
        let files = walkdir::WalkDir::new(root).into_iter().flatten().filter(|e| e.file_type().is_file());
        let bytes = files.filter_map(|e| e.metadata().ok()).map(|m| m.len()).sum();
        Some(Room { path: root.display().to_string(), bytes })
    }
}

fn fix(error: &LockError, source: Source) -> String {
    match source.installer() {
        Some(program) if matches!(error, LockError::NotInstalled { .. } | LockError::Missing { .. }) => {
            format!("{} (uses `{program}`)", error.hint())
        }
        _ => error.hint().to_owned(),
    }
}

fn json(found: &Found, _view: &View, out: &mut dyn io::Write) -> io::Result<()> {
    writeln!(out, "{}", pretty_json(&serde_json::json!(found))?)
}

fn text(found: &Found, view: &View, out: &mut dyn io::Write) -> io::Result<()> {
    let Found { findings, cache } = found;
    for (kind, title) in
        [("compiler", "compilers"), ("toolchain", "toolchains"), ("plugin", "plugins"), ("import", "imports")]
    {
        if kind == "import" && !findings.iter().any(|f| f.kind == kind) {
            continue;
        }
        Line::new().styled(Style::Strong, title).write(view, out)?;
        for finding in findings.iter().filter(|f| f.kind == kind) {
            let (style, word) = match finding {
                Finding { ok: true, .. } => (Style::Good, "ok     "),
                old if old.is_old() => (Style::Error, "too old"),
                _ => (Style::Error, "missing"),
            };
            let version = finding.version.as_deref().unwrap_or("-");
            Line::new()
                .plain("  ")
                .styled(style, word)
                .plain(match (finding.needed_for.is_empty(), &finding.version) {
                    (true, None) => format!(" {}", finding.name),
                    (true, Some(_)) => format!(" {:21}{version}", finding.name),
                    (false, _) => {
                        format!(" {:21}{version:10} for {}", finding.name, finding.needed_for.join(", "))
                    }
                })
                .write(view, out)?;
            if let Some(problem) = &finding.problem {
                Line::new().plain("          ").plain(problem).hang(10).write(view, out)?;
            }
            if let Some(fix) = &finding.fix {
                Line::new()
                    .plain("          ")
                    .styled(Style::Note, "hint")
                    .plain(": ")
                    .plain(fix)
                    .write(view, out)?;
            }
        }
    }
    if let Some(cache) = cache {
        Line::new().styled(Style::Strong, "cache").write(view, out)?;
        Line::new()
            .plain("  ")
            .plain(&cache.path)
            .plain(format!(", {}", size(cache.bytes)))
            .write(view, out)?;
    }
    let missing = findings.iter().filter(|f| !f.ok).count();
    match missing {
        0 => writeln!(out, "everything is here")?,
        n if findings.iter().any(Finding::is_old) => {
            writeln!(out, "{} missing or too old", plural(n, "thing"))?;
        }
        n => writeln!(out, "{} missing", plural(n, "thing"))?,
    }
    Ok(())
}
